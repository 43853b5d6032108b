// SPDX-License-Identifier: MIT
// A reset that leaves something of the last episode behind (Gymnasium-Robotics #207, Gymnasium #928), and simulations
// on several threads that drift apart (MuJoCo #1093 and #1514).
#include <algorithm>

#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage;

namespace {

// a body held by a weld to one that a program moves, an activation with a memory, contacts with a warm start
constexpr const char* kHeldHand = R"(<mujoco>
  <option timestep="0.004"/>
  <worldbody>
    <geom type="plane" size="1 1 .1"/>
    <body name="guide" mocap="true" pos="0 0 .2"/>
    <body name="hand" pos="0 0 .2"><freejoint/><geom type="box" size=".04 .03 .02"/>
      <body pos="0 .05 0"><joint name="knuckle" axis="1 0 0" damping=".02" range="-60 60"/><geom type="capsule" fromto="0 0 0 0 .06 0" size=".01"/></body>
    </body>
    <body pos=".3 0 .05"><freejoint/><geom type="box" size=".05 .05 .05"/></body>
  </worldbody>
  <equality><weld body1="guide" body2="hand"/></equality>
  <actuator><general joint="knuckle" dyntype="filter" dynprm=".05" gainprm="1" ctrlrange="-1 1"/></actuator>
</mujoco>)";

mujoco::CustomEnvironment held_hand() {
  mujoco::CustomTask task{.model = mujoco::Model::from_xml_string(kHeldHand)};
  task.observation_size = task.model->nq + task.model->nv + task.model->na;
  task.observe = [](const mjModel& model, const mjData& data, VectorRef<double> out) {
    double* at = std::copy_n(data.qpos, model.nq, out.data());
    at = std::copy_n(data.qvel, model.nv, at);
    std::copy_n(data.act, model.na, at);
  };
  task.reward = [](const mjModel&, const mjData& data, ConstVectorRef<double>) { return -data.qpos[0]; };
  task.reset_noise_scale = 0.01;
  task.frame_skip = 2;
  task.max_episode_steps = 100;
  return mujoco::CustomEnvironment(task);
}

}  // namespace

TEST_CASE("an episode after a reset is that of a world just made, mocap bodies, activations and warm start included") {
  const auto world = held_hand();
  CHECK(check_environment(world).steps == 500);
  auto used = world;
  Rng noise(3, 1);
  Vector<double> observation(world.spec().observation_size), action(1);
  used.reset(noise, observation);
  for (int i = 0; i < 137; ++i) {
    action[0] = noise.uniform(-1, 1);
    used.step(action, observation);
  }
  auto fresh = world;
  Rng a(5, 1), b(5, 1);
  Vector<double> expected = observation;
  used.reset(a, observation);
  fresh.reset(b, expected);
  CHECK(observation == expected);
  for (int i = 0; i < 50; ++i) {
    action[0] = a.uniform(-1, 1);
    used.step(action, observation);
    fresh.step(action, expected);
    REQUIRE(observation == expected);
  }
}

TEST_CASE("training on a simulation is the same to the bit for any number of threads") {
  using Learner = testing::PpoLearner<mujoco::HopperEnvironment>;
  Learner alone(9, 1);
  alone.run(2);
  Learner many(9, 5);
  many.run(2);
  CHECK(many.agent.policy.parameters() == alone.agent.policy.parameters());
  CHECK(many.progress.recent_returns == alone.progress.recent_returns);
}
