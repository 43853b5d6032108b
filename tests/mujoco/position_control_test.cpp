// SPDX-License-Identifier: MIT
#include "vantage/mujoco/position_control.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "vantage/env/action_delay.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/action_smoothing.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/observation_history.hpp"
#include "vantage/env/observation_noise.hpp"
#include "vantage/mujoco/custom_task.hpp"

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double kMass = 2;

// a mass on a rail without friction or gravity
Model rail(double dt, const std::string& motor = R"(<motor joint="rail" gear="5"/>)", const std::string& range = "") {
  return Model::from_xml_string("<mujoco><option gravity=\"0 0 0\" timestep=\"" + std::to_string(dt) +
                                R"("/><worldbody><body><joint name="rail" type="slide" axis="1 0 0" )" + range +
                                R"(/><geom size=".1" mass="2"/></body></worldbody><actuator>)" + motor +
                                "</actuator></mujoco>");
}

struct Sled {
  Model model;
  PositionControl control;
  int frame_skip = 1;
  Index observation_size = 2;

  Sled(const Model& rail, const PositionControlOptions& options, int substeps = 1)
      : model(rail), control(model, options), frame_skip(substeps) {}
  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const { out << data.qpos[0], data.qvel[0]; }
  double reward(const mjModel&, const mjData&, ConstVectorRef<double> action) const { return action[0]; }
};

using World = RobotEnvironment<Sled>;

Vector<double> one(double x) { return Vector<double>::Constant(1, x); }

// where the damped oscillator m q'' = k_p (target - q) - k_d q' is that began at rest in 0
double oscillator(double t, double target, double k_p, double k_d) {
  const double decay = k_d / (2 * kMass);
  const double omega = std::sqrt(k_p / kMass - decay * decay);
  return target * (1 - std::exp(-decay * t) * (std::cos(omega * t) + decay / omega * std::sin(omega * t)));
}

// largest distance from the oscillator in a second
double error_of(double dt, double k_p, double k_d) {
  const auto substeps = static_cast<int>(std::lround(0.01 / dt));
  World world(
      Sled(rail(dt), {.stiffness = {k_p}, .damping = {k_d}, .scale = {0.5}, .default_position = {0.1}}, substeps));
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  double error = 0;
  for (int i = 1; i <= 100; ++i) {
    world.step(one(0.4), observation);
    error = std::max(error, std::abs(observation[0] - oscillator(0.01 * i, 0.3, k_p, k_d)));
  }
  return error;
}

// two arms and a platform: joints, motors and qpos are all in different orders
constexpr const char* kArms = R"(<mujoco><compiler angle="radian"/><option timestep="0.002" gravity="0 0 0"/><worldbody>
    <body><freejoint/><geom size=".2" mass="50"/>
      <body><joint name="left" axis="0 1 0" range="-1 2" limited="true"/><geom type="capsule" fromto="0 0 0 0 0 .3" size=".02"/>
      </body>
      <body><joint name="free" axis="0 1 0"/><geom type="capsule" fromto="0 0 0 .3 0 0" size=".02"/></body>
      <body><joint name="right" type="slide" axis="0 1 0"/><geom size=".05"/></body>
    </body></worldbody><actuator>
      <motor name="r" joint="right" gear="-4"/>
      <general name="l" joint="left" gear="2" gainprm="3" ctrllimited="true" ctrlrange="-.25 .5"/>
    </actuator><keyframe><key name="home" qpos="0 0 1 1 0 0 0 .5 .1 -.2"/></keyframe></mujoco>)";

std::string with_actuator(const std::string& actuator, const std::string& more = "") {
  return R"(<mujoco><worldbody><body><joint name="a"/><geom size=".1"/></body><body pos="1 0 0"><joint name="b" type="ball"/>
      <geom size=".1"/></body></worldbody>)" +
         more + "<actuator>" + actuator + "</actuator></mujoco>";
}

PositionControl control_of(const std::string& xml) {
  return PositionControl(Model::from_xml_string(xml), {.stiffness = {1}});
}

}  // namespace

TEST_CASE("position control: a mass follows the integrator's own formula, with a new force each substep") {
  const double dt = 0.01, k_p = 40, k_d = 3;
  World world(Sled(rail(dt), {.stiffness = {k_p}, .damping = {k_d}, .scale = {0.5}, .default_position = {0.1}}, 5));
  CHECK(world.dt() == Approx(0.05));
  Rng rng(1), actions(2);
  Vector<double> observation(2);
  world.reset(rng, observation);
  double q = 0, v = 0, held_q = 0, held_v = 0;
  for (int t = 0; t < 40; ++t) {
    const double action = actions.uniform(-1, 1);
    world.step(one(action), observation);
    const double target = 0.1 + 0.5 * action;
    const double held = k_p * (target - held_q) - k_d * held_v;
    for (int i = 0; i < 5; ++i) {
      // semi-implicit Euler
      v += dt / kMass * (k_p * (target - q) - k_d * v);
      q += dt * v;
      held_v += dt / kMass * held;
      held_q += dt * held_v;
    }
    CHECK(observation[0] == Approx(q).margin(1e-12));
    CHECK(observation[1] == Approx(v).margin(1e-12));
  }
  // the test tells the physics rate from the environment's
  CHECK(std::abs(held_q - q) > 1e-3);
}

TEST_CASE("position control: with ever smaller steps it is the damped oscillator") {
  const double coarse = error_of(1e-3, 40, 3);
  const double fine = error_of(1e-4, 40, 3);
  CHECK(fine < 1e-4);
  // of first order
  CHECK(coarse / fine == Approx(10).epsilon(0.05));
}

TEST_CASE("position control: gains are stable up to what the documentation says") {
  // 2 k_d dt / m + k_p dt^2 / m is 3.9, then 4.1; the larger eigenvalue -0.935, then -1.068
  const auto distance = [](double k_p) {
    World world(Sled(rail(0.01), {.stiffness = {k_p}, .damping = {300}}));
    Rng rng(1);
    Vector<double> observation(2);
    world.reset(rng, observation);
    for (int t = 0; t < 200; ++t) world.step(one(1), observation);
    return std::abs(observation[0] - 1);
  };
  CHECK(distance(18'000) < 1e-4);
  CHECK(distance(22'000) > 1e4);
}

TEST_CASE("position control: the force stays within the motor's range") {
  // 5 * 0.5 N at most: constant acceleration
  World world(Sled(rail(0.01, R"(<motor joint="rail" gear="5" ctrllimited="true" ctrlrange="-.5 .25"/>)"),
                   {.stiffness = {1000}}, 4));
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  world.step(one(-10), observation);
  CHECK(observation[1] == Approx(-0.04 * 2.5 / kMass).epsilon(1e-12));
  world.inspect([](const mjModel&, const mjData& data) { CHECK(data.ctrl[0] == -0.5); });
  world.reset(rng, observation);
  world.step(one(10), observation);
  CHECK(observation[1] == Approx(0.04 * 1.25 / kMass).epsilon(1e-12));
  // no joint range: the action has no bounds, whatever those of ctrl are
  CHECK(world.spec().action_high[0] == infinity);
  CHECK(world.spec().action_low[0] == -infinity);
}

TEST_CASE("position control: joints are found through the motors, with their gears and ranges") {
  const Model model = Model::from_xml_string(kArms);
  const PositionControl control(model,
                                {.stiffness = {10, 20}, .damping = {1, 2}, .scale = {0.5, 0.25}, .keyframe = "home"});
  REQUIRE(control.motors().size() == 2);
  CHECK(control.motors()[0].joint == "right");
  CHECK(control.motors()[1].joint == "left");
  CHECK(control.motors()[0].default_position == -0.2);
  CHECK(control.motors()[1].default_position == 0.5);
  CHECK(control.action_low() == Vector<double>{{-infinity, (-1 - 0.5) / 0.25}});
  CHECK(control.action_high() == Vector<double>{{infinity, (2 - 0.5) / 0.25}});

  DataLease lease(model);
  mjData& data = lease.get();
  data.qpos[7] = 0.4;  // left
  data.qvel[6] = 0.1;
  data.qpos[8] = 9;  // free
  data.qvel[7] = 9;
  data.qpos[9] = 0.3;  // right
  data.qvel[8] = -0.5;
  control(model, data, Vector<double>{{1, 0.2}});
  CHECK(data.ctrl[0] == Approx((10 * (-0.2 + 0.5 - 0.3) + 0.5) / -4).epsilon(1e-14));
  CHECK(data.ctrl[1] == Approx((20 * (0.5 + 0.05 - 0.4) - 2 * 0.1) / 6).margin(1e-14).epsilon(0));
  // as MuJoCo makes forces of it
  mj_forward(&model.get(), &data);
  CHECK(data.qfrc_actuator[8] == Approx(10 * (-0.2 + 0.5 - 0.3) + 0.5));
  CHECK(data.qfrc_actuator[6] == Approx(2.8).margin(1e-12));
  // beyond its range
  control(model, data, Vector<double>{{1, 100}});
  CHECK(data.ctrl[1] == 0.5);
  control(model, data, Vector<double>{{1, -100}});
  CHECK(data.ctrl[1] == -0.25);

  // without a keyframe or numbers: the model's own zero
  CHECK(PositionControl(model, {.stiffness = {1}}).motors()[1].default_position == 0);
  CHECK(PositionControl(model, {.stiffness = {1}, .default_position = {1, -1}}).motors()[1].default_position == -1);
  CHECK(PositionControl(model, {.stiffness = {1}, .default_position = {1, -1}}).action_low()[1] == 0);
}

TEST_CASE("position control: a robot's actions are targets within the joints' ranges") {
  const Model model = rail(0.01, R"(<motor joint="rail" gear="5" ctrllimited="true" ctrlrange="-9 9"/>)",
                           R"(limited="true" range="-1 3")");
  World world(Sled(model, {.stiffness = {50}, .damping = {5}, .scale = {0.5}, .default_position = {1}}));
  CHECK(world.spec().action_low[0] == -4);
  CHECK(world.spec().action_high[0] == 4);
  CHECK(world.spec().action_size() == 1);
  check_environment(world);
  // it has no memory: the state is that of the physics, and moves as it
  CHECK(world.state_size() == RobotEnvironment<Sled>(world.task().robot).state_size());
  static_assert(TangentEnvironment<World>);

  check_environment(ObservationHistory{
      ObservationNoise{ActionDelay{ActionSmoothing{world, {.coefficient = 0.5}}, {.low = 0, .high = 3}},
                       {.normal = {0.01}, .bias = {0.1}}},
      {.observations = 3, .actions = 2}});
  check_environment(ActionRepeat{ActionDelay{world, 2}, 3});
}

TEST_CASE("position control: robots that share a model do not see each other") {
  World a(Sled(rail(0.01), {.stiffness = {40}, .damping = {1}}, 3)), b = a, alone = a;
  Rng rng(1);
  Vector<double> first(2), other(2), expected(2);
  a.reset(rng, first);
  b.reset(rng, other);
  alone.reset(rng, expected);
  int differences = 0;
  for (int t = 0; t < 50; ++t) {
    b.step(one(-0.3 * t), other);
    a.step(one(0.1 * t), first);
    b.step(one(5), other);
  }
  for (int t = 0; t < 50; ++t) alone.step(one(0.1 * t), expected);
  for (int i = 0; i < 2; ++i) differences += first[i] == expected[i] ? 0 : 1;
  CHECK(differences == 0);
}

TEST_CASE("position control: what it cannot drive is refused by name") {
  const std::string motor = R"(<motor name="m" joint="a"/>)";
  CHECK(control_of(with_actuator(motor)).motors().size() == 1);
  CHECK_THROWS_WITH(control_of(with_actuator(R"(<position name="p" joint="a"/>)")),
                    "PositionControl: expected motors, whose force is ctrl times a constant, got actuator 0 p");
  CHECK_THROWS_WITH(control_of(with_actuator(motor + R"(<motor joint="b"/>)")),
                    ContainsSubstring("expected motors of hinges and slides, got actuator 1"));
  CHECK_THROWS_WITH(control_of(with_actuator(motor + R"(<motor name="n" joint="a"/>)")),
                    ContainsSubstring("expected one motor a joint, got actuator 1 n"));
  CHECK_THROWS_WITH(
      control_of(with_actuator(R"(<motor name="t" tendon="t"/>)",
                               R"(<tendon><fixed name="t"><joint joint="a" coef="1"/></fixed></tendon>)")),
      ContainsSubstring("expected motors of joints, got actuator 0 t"));
  CHECK_THROWS_AS(control_of(with_actuator(R"(<motor joint="a" gear="0"/>)")), std::invalid_argument);
  CHECK_THROWS_AS(control_of(with_actuator("")), std::invalid_argument);

  const Model arms = Model::from_xml_string(kArms);
  const auto refused = [&](const PositionControlOptions& options, const char* words) {
    CHECK_THROWS_WITH(PositionControl(arms, options), ContainsSubstring(words));
  };
  refused({}, "PositionControl: expected stiffness of one number for all or of 2, got 0");
  refused({.stiffness = {1, 2, 3}}, "expected stiffness of one number for all or of 2, got 3");
  refused({.stiffness = {-1}}, "expected stiffness of finite numbers >= 0, got -1");
  refused({.stiffness = {1}, .damping = {infinity}}, "expected damping of finite numbers >= 0, got inf");
  refused({.stiffness = {1}, .scale = {0}}, "expected scale > 0, got 0");
  refused({.stiffness = {1}, .default_position = {infinity}}, "expected default_position of finite numbers, got inf");
  refused({.stiffness = {1}, .default_position = {2.5}},
          "expected a default position within the range of joint left, -1 .. 2, got 2.5");
  refused({.stiffness = {1}, .keyframe = "stand"}, "keyframe: expected one of {home}");
  refused({.stiffness = {1}, .default_position = {0}, .keyframe = "home"}, "default_position or a keyframe, got both");
}
