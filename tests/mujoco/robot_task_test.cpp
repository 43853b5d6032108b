// SPDX-License-Identifier: MIT
#include "vantage/mujoco/robot_task.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/mujoco/handles.hpp"

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

namespace {

Model lift() {
  return Model::from_xml_string(R"(<mujoco><option timestep="0.01" gravity="0 0 -10"/><worldbody>
      <geom name="floor" type="plane" size="5 5 .1"/>
      <body name="car" pos="0 0 1"><joint name="shaft" type="slide" axis="0 0 1"/><geom size=".1" mass="2"/></body>
    </worldbody><actuator><motor joint="shaft" gear="10"/></actuator></mujoco>)");
}

// the smallest robot there is
struct Smallest {
  Model model = lift();
  Index observation_size = 1;
  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const { out[0] = data.qpos[0]; }
  double reward(const mjModel&, const mjData&, ConstVectorRef<double> action) const { return action[0]; }
};

// one that says everything, with handles of its own
struct Lift {
  static constexpr Index observation_size = 2;
  Model model = lift();
  JointHandle shaft{model, "shaft"};
  BodyHandle car{model, "car"};
  double start = 0.5;
  int frame_skip = 3;
  Index max_episode_steps = 70;
  bool needs_contact_forces = true;
  std::string name = "Lift";

  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const {
    out << shaft.position(data), data.cfrc_ext[6 * car.id + 5];
  }
  double reward(const mjModel&, const mjData& data, ConstVectorRef<double>) const { return -shaft.position(data); }
  bool terminated(const mjModel&, const mjData& data) const { return shaft.position(data) > 2; }
  void reset(const mjModel&, mjData& data, Rng&) const { shaft.positions(data)[0] = start; }
};

struct Trap : Smallest {
  double observe_scale = 1;
  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const {
    out[0] = observe_scale / data.qpos[0];
  }
};

static_assert(Robot<Smallest> && Robot<Lift> && !Robot<int>);
static_assert(vantage::Environment<RobotEnvironment<Smallest>> && StatefulEnvironment<RobotEnvironment<Lift>>);

}  // namespace

TEST_CASE("robot task: what a struct leaves out has its default") {
  RobotEnvironment<Smallest> world;
  CHECK(world.spec().name == "robot");
  CHECK(world.spec().observation_size == 1);
  CHECK(world.spec().max_episode_steps == 1000);
  CHECK(world.dt() == 0.01);
  Rng rng(1);
  Vector<double> observation(1);
  world.reset(rng, observation);
  CHECK(observation[0] == 0);
  // one semi-implicit Euler step of m v' = 10 u - m g
  const StepResult result = world.step(Vector<double>::Constant(1, 3), observation);
  CHECK(observation[0] == Approx((10 * 3.0 / 2 - 10) * 0.01 * 0.01));
  CHECK(result.reward == 3);
  CHECK_FALSE(result.terminated);
}

TEST_CASE("robot task: what a struct says is used") {
  RobotEnvironment<Lift> world(Lift{.start = 0.25});
  CHECK(world.spec().name == "Lift");
  CHECK(world.spec().max_episode_steps == 70);
  CHECK(world.dt() == Approx(0.03));
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  CHECK(observation[0] == 0.25);
  bool ended = false;
  Index steps = 0;
  while (!ended && steps < 100) {
    const StepResult result = world.step(Vector<double>::Constant(1, 4), observation);
    CHECK(result.reward == -observation[0]);
    CHECK(result.terminated == (observation[0] > 2));
    ended = result.terminated;
    ++steps;
  }
  // 1.75 m at 10 m/s^2 from rest, in steps of 0.03 s
  CHECK(steps == 20);
  // at rest on the floor its weight comes back
  world.reset(rng, observation);
  for (int t = 0; t < 100; ++t) world.step(Vector<double>::Zero(1), observation);
  CHECK(std::abs(observation[1]) == Approx(20).epsilon(0.01));
  CHECK(check_environment(world).faults == 0);
}

TEST_CASE("robot task: a control of its own makes ctrl before each physics step") {
  // holds a height: the action is where, and has a bound of its own
  struct Holder : Smallest {
    int frame_skip = 4;
    Vector<double> action_low{{-0.5}};
    Vector<double> action_high{{2}};
    void control(const mjModel&, mjData& data, ConstVectorRef<double> action) const {
      if (action[0] == 2) throw std::runtime_error("too high");
      data.ctrl[0] = 20 * (action[0] - data.qpos[0]) - 4 * data.qvel[0];
      data.qfrc_applied[0] = 20;  // its weight
    }
  };
  RobotEnvironment<Holder> world;
  CHECK(world.spec().action_low[0] == -0.5);
  CHECK(world.spec().action_high[0] == 2);
  Rng rng(1);
  Vector<double> observation(1);
  world.reset(rng, observation);
  double q = 0, v = 0;
  for (int t = 0; t < 30; ++t) {
    CHECK(world.step(Vector<double>::Constant(1, 0.7), observation).reward == 0.7);
    for (int i = 0; i < 4; ++i) {
      v += 0.01 * 10 / 2 * (20 * (0.7 - q) - 4 * v);
      q += 0.01 * v;
    }
    CHECK(observation[0] == Approx(q).margin(1e-12));
  }
  check_environment(world, {.seed = 3});
  // what it throws comes through, and nothing is left of the step
  CHECK_THROWS_WITH(world.step(Vector<double>::Constant(1, 2), observation), "too high");
  world.step(Vector<double>::Constant(1, 0.7), observation);
  for (int i = 0; i < 4; ++i) {
    v += 0.01 * 10 / 2 * (20 * (0.7 - q) - 4 * v);
    q += 0.01 * v;
  }
  CHECK(observation[0] == Approx(q).margin(1e-12));

  // without bounds of its own, those of ctrl; as many numbers as its bounds have
  struct Reversed : Smallest {
    void control(const mjModel&, mjData& data, ConstVectorRef<double> action) const { data.ctrl[0] = -action[0]; }
  };
  CHECK(RobotEnvironment<Reversed>().spec().action_high[0] == infinity);
  CHECK(RobotEnvironment<Reversed>().spec().action_size() == 1);
  struct Pair : Smallest {
    Vector<double> action_low{{-1, -1}};
    Vector<double> action_high{{1, 1}};
    void control(const mjModel&, mjData& data, ConstVectorRef<double> action) const { data.ctrl[0] = action.sum(); }
  };
  RobotEnvironment<Pair> pair;
  CHECK(pair.spec().action_size() == 2);
  pair.reset(rng, observation);
  pair.step(Vector<double>{{0.5, 1}}, observation);
  CHECK(observation[0] == Approx((10 * 1.5 / 2 - 10) * 0.01 * 0.01));
  CHECK_THROWS_WITH(pair.step(Vector<double>::Zero(1), observation), "robot: expected an action of 2 numbers, got 1");

  Pair crooked;
  crooked.action_high = Vector<double>{{1}};
  CHECK_THROWS_WITH(RobotEnvironment<Pair>(crooked), ContainsSubstring("as many upper as lower action bounds"));
  struct Alone : Smallest {
    Vector<double> action_low{{-1}};
    Vector<double> action_high{{1}};
  };
  CHECK_THROWS_WITH(RobotEnvironment<Alone>(), "robot: expected bounds of actions beside a control, got bounds alone");
}

TEST_CASE("robot task: noise at the start without a reset of its own") {
  struct Noisy : Smallest {
    double reset_noise_scale = 0.2;
  };
  RobotEnvironment<Noisy> world;
  Rng rng(1);
  Vector<double> observation(1);
  double low = 1, high = -1;
  for (int i = 0; i < 300; ++i) {
    world.reset(rng, observation);
    low = std::min(low, observation[0]);
    high = std::max(high, observation[0]);
  }
  CHECK((low > -0.2 && low < -0.18));
  CHECK((high < 0.2 && high > 0.18));
}

TEST_CASE("robot task: mistakes are named") {
  Smallest robot;
  robot.observation_size = 0;
  CHECK_THROWS_WITH(RobotEnvironment<Smallest>(robot), ContainsSubstring("robot: expected observation_size >= 1"));
  robot = {};
  robot.model = Model();
  CHECK_THROWS_WITH(RobotEnvironment<Smallest>(robot), ContainsSubstring("robot: expected a model, got none"));
  robot.model = Model::from_xml_string("<mujoco><worldbody><body><joint/><geom size='1'/></body></worldbody></mujoco>");
  CHECK_THROWS_WITH(
      RobotEnvironment<Smallest>(robot),
      ContainsSubstring("robot: expected a model with at least an actuator (load_urdf adds them to a URDF), got "));
  // 1 / 0 at the start
  CHECK_THROWS_WITH(check_environment(RobotEnvironment<Trap>()), ContainsSubstring("reset: observation[0] is inf"));
  // 0 / 0 in every step is a fault for the run, and an error here
  struct Undefined : Smallest {
    double reward(const mjModel&, const mjData& data, ConstVectorRef<double>) const { return 0 / data.qfrc_applied[0]; }
  };
  CHECK_THROWS_WITH(check_environment(RobotEnvironment<Undefined>()),
                    ContainsSubstring("step: 500 of 500 steps were faults"));
  // more numbers than were announced
  struct Greedy : Smallest {
    void observe(const mjModel&, const mjData&, VectorRef<double> out) const { std::fill_n(out.data(), 2, 0.0); }
  };
  CHECK_THROWS_WITH(check_environment(RobotEnvironment<Greedy>()), ContainsSubstring("outside the observation's 1"));
  struct Lazy : Smallest {
    Index observation_size = 2;
  };
  CHECK_THROWS_WITH(check_environment(RobotEnvironment<Lazy>()), ContainsSubstring("observation[1] was not written"));
  struct Dice : Smallest {
    double reward(const mjModel&, const mjData&, ConstVectorRef<double>) const {
      static int calls = 0;
      return ++calls;
    }
  };
  CHECK_THROWS_WITH(check_environment(RobotEnvironment<Dice>()), ContainsSubstring("determinism"));
}

TEST_CASE("robot task: a robot that explodes ends its episode, and the next one is sound") {
  struct Rocket : Smallest {
    int frame_skip = 5;
    Rocket() {
      model = Model::from_xml_string(R"(<mujoco><option timestep="0.5"/><worldbody><body><joint type="free"/>
          <geom size=".1"/><body pos="0 0 .3"><joint name="j" stiffness="1e6"/><geom size=".1"/></body></body>
        </worldbody><actuator><motor joint="j" gear="1e9"/></actuator></mujoco>)");
    }
  };
  VectorEnvironment<RobotEnvironment<Rocket>> worlds(RobotEnvironment<Rocket>(),
                                                     {.count = 2, .max_episode_steps = 50, .fault_penalty = 7});
  Index faults = 0;
  for (int t = 0; t < 200; ++t) {
    const Vector<double> action = Vector<double>::Constant(1, t % 2 == 0 ? 1e3 : -1e3);
    const Transition transition = worlds.step<double>(0, action);
    faults += transition.fault ? 1 : 0;
    if (transition.fault) {
      CHECK(transition.terminated);
      CHECK(transition.reward == -7);
    }
    CHECK(worlds.observation(0).allFinite());
    CHECK(worlds.successor(0).allFinite());
  }
  CHECK(faults > 5);
  // a NaN action is a fault of this episode only
  const Vector<double> nan = Vector<double>::Constant(1, std::numeric_limits<double>::quiet_NaN());
  CHECK(worlds.step<double>(1, nan).fault);
  CHECK_FALSE(worlds.step<double>(1, Vector<double>::Zero(1)).fault);
}
