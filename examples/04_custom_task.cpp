// SPDX-License-Identifier: MIT
// Your own robot: an MJCF and a struct. A two-wheeled balancer learns to stand: from a return of 20 towards 500.
#include <cmath>
#include <filesystem>

#include "vantage/mujoco/handles.hpp"
#include "vantage/mujoco/robot_task.hpp"
#include "vantage/vantage.hpp"

using namespace vantage;
struct Balancer {
  mujoco::Model model =
      mujoco::Model::from_xml_file(std::filesystem::path(__FILE__).replace_filename("robots/two_wheeled_balancer.xml"));
  mujoco::BodyHandle chassis{model, "chassis"};
  mujoco::JointHandle base{model, "base"}, left{model, "left"}, right{model, "right"};
  int observation_size = 5, max_episode_steps = 500, frame_skip = 2;
  double reset_noise_scale = 0.05;
  double lean(const mjData& data) const { return -std::asin(chassis.rotation(data)(2, 0)); }
  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const {
    out << lean(data), base.velocities(data)[4], base.velocities(data)[5], left.velocity(data), right.velocity(data);
  }
  double reward(const mjModel&, const mjData& data, ConstVectorRef<double>) const {
    return 1 - 0.002 * (std::abs(left.velocity(data)) + std::abs(right.velocity(data)));
  }
  bool terminated(const mjModel&, const mjData& data) const { return std::abs(lean(data)) > 0.5; }
};

int main(int argc, char**) {
  const mujoco::RobotEnvironment<Balancer> world;
  check_environment(world);
  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment{world});
  Agent agent{GaussianPolicy<float>(world.spec(), {.log_std = -1}, context.rng()),
              ValueNetwork<float>(world.spec(), {}, context.rng()), Gae{}, ValueRegression<float>({.steps = 20}),
              Vpg<GaussianPolicy<float>>({.optimizer = AdamOptions{.learning_rate = 3e-3},
                                          .advantage_normalization = AdvantageNormalization::batch})};
  TrainingProgress progress;
  train(source, agent, context, {.steps = argc > 1 ? 8'192 : 600'000}, progress, ConsoleProgress());
  return 0;
}
