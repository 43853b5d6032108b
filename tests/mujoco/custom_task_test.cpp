// SPDX-License-Identifier: MIT
#include "vantage/mujoco/custom_task.hpp"

#include "catch.hpp"
#include "test_data.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/mujoco/handles.hpp"
#include "vantage/mujoco/urdf.hpp"

using namespace vantage;
using namespace vantage::mujoco;

namespace {

CustomTask falling_ball() {
  return {.model = Model::from_xml_string(R"(<mujoco><option timestep="0.01"/><worldbody><body pos="0 0 1">
              <joint name="fall" type="slide" axis="0 0 1"/><geom size=".1"/></body></worldbody>
              <actuator><motor joint="fall"/></actuator></mujoco>)"),
          .observation_size = 2,
          .observe =
              [](const mjModel&, const mjData& data, VectorRef<double> out) {
                out[0] = data.qpos[0];
                out[1] = data.qvel[0];
              },
          .reward = [](const mjModel&, const mjData& data,
                       ConstVectorRef<double> action) { return data.qpos[0] - action.squaredNorm(); },
          .terminated = [](const mjModel&, const mjData& data) { return data.qpos[0] < -1; },
          .frame_skip = 2};
}

static_assert(vantage::Environment<CustomEnvironment> && StatefulEnvironment<CustomEnvironment>);

TEST_CASE("custom task: a ball falls by the integrator's own formula") {
  CustomEnvironment environment(falling_ball());
  Rng rng(1);
  Vector<double> observation(2);
  environment.reset(rng, observation);
  CHECK(observation.isZero());
  CHECK(environment.spec().action_high[0] == infinity);
  double z = 0, v = 0;
  bool ended = false;
  for (int t = 0; t < 60 && !ended; ++t) {
    const StepResult result = environment.step(Vector<double>::Zero(1), observation);
    // two steps of semi-implicit Euler
    for (int i = 0; i < 2; ++i) {
      v -= 9.81 * 0.01;
      z += v * 0.01;
    }
    CHECK(observation[0] == Approx(z).epsilon(1e-12));
    CHECK(result.reward == observation[0]);
    CHECK(result.terminated == (observation[0] < -1));
    ended = result.terminated;
  }
  CHECK(ended);
}

TEST_CASE("custom task: an episode that is cut off goes on beyond what was seen") {
  CustomTask task = falling_ball();
  task.truncated = [](const mjModel&, const mjData& data) { return data.qpos[0] < -0.5; };
  task.terminated = [](const mjModel&, const mjData& data) { return data.qpos[0] < -0.5 && data.qvel[0] < -4; };
  CustomEnvironment environment(task);
  Rng rng(1);
  Vector<double> observation(2);
  environment.reset(rng, observation);
  int cuts = 0;
  for (int t = 0; t < 30; ++t) {
    const StepResult result = environment.step(Vector<double>::Zero(1), observation);
    CHECK(result.truncated == (observation[0] < -0.5));
    CHECK(result.terminated == (observation[0] < -0.5 && observation[1] < -4));
    cuts += result.truncated ? 1 : 0;
  }
  CHECK(cuts > 3);
}

TEST_CASE("custom task: a critic that is shown the speed that the policy must do without") {
  CustomTask task = falling_ball();
  task.observation_size = 1;
  task.observe = [](const mjModel&, const mjData& data, VectorRef<double> out) { out[0] = data.qpos[0]; };
  task.critic_observation_size = 2;
  task.observe_critic = [](const mjModel&, const mjData& data, VectorRef<double> out) {
    out << data.qpos[0], data.qvel[0];
  };
  CustomEnvironment environment(task);
  CHECK(environment.spec().critic_observation_size == 2);
  CHECK(environment.spec().value_input_size() == 2);
  Rng rng(1);
  Vector<double> observation(1);
  environment.reset(rng, observation);
  CHECK(environment.critic_observation()[1] == 0);
  environment.step(Vector<double>::Zero(1), observation);
  CHECK(environment.critic_observation()[0] == observation[0]);
  CHECK(environment.critic_observation()[1] == Approx(-9.81 * 0.02));
  CHECK(check_environment(environment).faults == 0);
  // a second one in the same work space
  CustomEnvironment other = environment;
  other.step(Vector<double>::Zero(1), observation);
  CHECK(environment.critic_observation()[1] == Approx(-9.81 * 0.02));
  task.observe_critic = nullptr;
  CHECK_THROWS_WITH(CustomEnvironment(task),
                    Catch::Matchers::ContainsSubstring("custom: expected an observe_critic function, got none"));
}

TEST_CASE("custom task: a control of one's own, or ctrl itself") {
  CustomTask task = falling_ball();
  CustomEnvironment plain(task);
  CHECK_THROWS_WITH(CustomEnvironment([&] {
                      CustomTask wrong = task;
                      wrong.action_low = wrong.action_high = Vector<double>::Ones(1);
                      return wrong;
                    }()),
                    "custom: expected bounds of actions beside a control, got bounds alone");
  task.control = [](const mjModel&, mjData& data, ConstVectorRef<double> action) { data.ctrl[0] = 2 * action[0]; };
  task.action_low = Vector<double>{{-3}};
  task.action_high = Vector<double>{{4}};
  CustomEnvironment doubled(task);
  CHECK(plain.spec().action_high[0] == infinity);
  CHECK(doubled.spec().action_low[0] == -3);
  CHECK(doubled.spec().action_high[0] == 4);
  Rng rng(1);
  Vector<double> a(2), b(2);
  plain.reset(rng, a);
  doubled.reset(rng, b);
  for (int t = 0; t < 20; ++t) {
    plain.step(Vector<double>::Constant(1, 0.2 * t), a);
    doubled.step(Vector<double>::Constant(1, 0.1 * t), b);
    CHECK(a == b);
  }
  CHECK(a[0] > -2);
}

TEST_CASE("custom task: a reset of one's own, or noise") {
  CustomTask task = falling_ball();
  task.reset = [](const mjModel&, mjData& data, Rng& rng) { data.qvel[0] = 2 + rng.uniform(); };
  CustomEnvironment environment(task);
  Rng rng(5), same(5);
  Vector<double> observation(2);
  environment.reset(rng, observation);
  CHECK(observation[0] == 0);
  CHECK(observation[1] == 2 + same.uniform());
  task.reset = nullptr;
  task.reset_noise_scale = 0.1;
  CustomEnvironment noisy(task);
  noisy.reset(rng, observation);
  CHECK(observation[0] == same.uniform(-0.1, 0.1));
  CHECK(observation[1] == same.uniform(-0.1, 0.1));
}

TEST_CASE("custom task: it passes the checks, without a termination too") {
  CustomTask task = falling_ball();
  CHECK(check_environment(CustomEnvironment(task)).terminations > 0);
  task.terminated = nullptr;
  CHECK(check_environment(CustomEnvironment(task)).terminations == 0);
}

TEST_CASE("custom task: a URDF with motors, trained through the checks") {
  const Model arm = load_urdf(test_data() / "robots/two_link_arm.urdf",
                              "<actuator><motor joint='shoulder' gear='20' ctrllimited='true' ctrlrange='-1 1'/>"
                              "</actuator>");
  const BodyHandle fore(arm, "fore");
  const CustomEnvironment world(CustomTask{
      .model = arm,
      .observation_size = 3,
      .observe = [=](const mjModel&, const mjData& data, VectorRef<double> out) { out = fore.position(data); },
      .reward = [=](const mjModel&, const mjData& data, auto) { return fore.position(data)[2]; },
      .frame_skip = 5,
      .name = "two_link_arm"});
  CHECK(world.spec().name == "two_link_arm");
  CHECK(world.spec().action_low[0] == -1);
  const CheckReport report = check_environment(world);
  CHECK(report.faults == 0);
  CHECK(report.mean_reward <= 0.5);
}

TEST_CASE("custom task: what is missing is named") {
  CustomTask task = falling_ball();
  task.reward = nullptr;
  CHECK_THROWS_WITH(CustomEnvironment(task),
                    Catch::Matchers::ContainsSubstring("custom: expected a reward function, got none"));
  CHECK_THROWS_WITH(CustomEnvironment(), Catch::Matchers::ContainsSubstring("custom: expected a model, got none"));
}

}  // namespace
