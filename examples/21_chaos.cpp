// SPDX-License-Identifier: MIT
// Is your robot chaotic under your policy? The Lyapunov exponent of a balancer that learns; alpha: smooth from 1 on.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "vantage/diagnostics/diagnostics.hpp"
#include "vantage/mujoco/handles.hpp"
#include "vantage/mujoco/robot_task.hpp"
#include "vantage/vantage.hpp"
using namespace vantage;
using Policy = GaussianPolicy<double>;  // single precision does not see how close twins are

struct Balancer {
  mujoco::Model model =
      mujoco::Model::from_xml_file(std::filesystem::path(__FILE__).replace_filename("robots/two_wheeled_balancer.xml"));
  mujoco::BodyHandle chassis{model, "chassis"};
  int observation_size = 2, frame_skip = 2;
  double reset_noise_scale = 0.05;
  double lean(const mjData& data) const { return chassis.rotation(data)(2, 0); }
  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const { out << lean(data), data.qvel[4]; }
  double reward(const mjModel&, const mjData&, ConstVectorRef<double>) const { return 1; }
  bool terminated(const mjModel&, const mjData& data) const { return std::abs(lean(data)) > 0.5; }
};

int main(int argc, char**) {
  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment{mujoco::RobotEnvironment<Balancer>()});
  Agent agent{Policy(source.spec(), {.log_std = -1}, context.rng()),
              ValueNetwork<double>(source.spec(), {}, context.rng()), Gae{.gamma = 0.99},
              ValueRegression<double>({.steps = 20}), Ppo<Policy>()};
  TrainingProgress progress;
  for (const std::int64_t steps : {4'096, argc > 1 ? 8'192 : 300'000}) {
    train(source, agent, context, {.steps = steps}, progress);
    const auto found = closed_loop_exponent(source, agent.policy, context, {{steps / 8}, {.restart = true}, 8}).largest;
    std::printf("return %.0f: lambda = %.4f +- %.4f a step, alpha = %.2f\n", progress.mean_return_last_100(),
                found.exponent.value, found.exponent.standard_error, found.hoelder_exponent(0.99));
  }
  return 0;
}
