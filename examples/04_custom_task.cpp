// SPDX-License-Identifier: MIT
// Your own robot: a model, three functions, and it trains. A hinge is to hold a heavy pole upright.
#include <cmath>
#include <string_view>

#include "vantage/mujoco/custom_task.hpp"
#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  const mujoco::CustomEnvironment world(mujoco::CustomTask{
      .model = mujoco::Model::from_xml_string(R"(<mujoco><worldbody><body>
          <joint name="hinge" axis="0 1 0" damping="0.1"/>
          <geom type="capsule" size="0.05" fromto="0 0 0 0 0 1"/>
        </body></worldbody>
        <actuator><motor joint="hinge" gear="40" ctrllimited="true" ctrlrange="-1 1"/></actuator></mujoco>)"),
      .observation_size = 2,
      .observe = [](const mjModel&, const mjData& data, VectorRef<double> out) { out << data.qpos[0], data.qvel[0]; },
      .reward = [](const mjModel&, const mjData& data, auto) { return std::cos(data.qpos[0]); },
      .terminated = [](const mjModel&, const mjData& data) { return std::abs(data.qpos[0]) > 0.8; },
      .reset_noise_scale = 0.1,
      .frame_skip = 10,
      .max_episode_steps = 200});
  check_environment(world);

  Context context({.seed = 1, .threads = 2});
  Collector<mujoco::CustomEnvironment> source(VectorEnvironment<mujoco::CustomEnvironment>{world});
  Agent agent{Policy(2, 1, {}, context.rng()), ValueNetwork<float>(2, {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20}), Vpg<Policy>({.adam = {.learning_rate = 3e-3}})};
  TrainingProgress progress;
  ConsoleProgress console;
  train(source, agent, context, {.steps = is_short ? 8'192 : 400'000}, progress, console);
  console.finish();
  return 0;
}
