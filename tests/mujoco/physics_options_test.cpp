// SPDX-License-Identifier: MIT
#include "vantage/mujoco/physics_options.hpp"

#include <cmath>
#include <string>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/inverted_double_pendulum.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/pusher.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/target_speed_ant.hpp"
#include "vantage/mujoco/walker2d.hpp"

using namespace vantage;
using namespace vantage::mujoco;

namespace {

/// The task with another physics.
template <class Task>
Task with_physics(Task task, const char* physics) {
  task.physics = physics;
  return task;
}

/// Steps, of so many, after which some number of the two worlds' states differs; they play the same actions, and begin
/// again together where one of them falls.
template <class Task>
Index count_differences(const Task& task, const char* one, const char* other, Index steps) {
  mujoco::Environment<Task> a(with_physics(task, one)), b(with_physics(task, other));
  Rng rng(3), starts_a(5), starts_b(5);
  Vector<double> observation(a.spec().observation_size), state_a(a.state_size()), state_b(b.state_size());
  Vector<double> action(a.spec().action_size());
  a.reset(starts_a, observation);
  b.reset(starts_b, observation);
  Index differences = 0;
  for (Index t = 0; t < steps; ++t) {
    for (Index i = 0; i < action.size(); ++i) action[i] = rng.uniform(a.spec().action_low[i], a.spec().action_high[i]);
    const StepResult result = a.step(action, observation);
    b.step(action, observation);
    a.save_state(state_a);
    b.save_state(state_b);
    differences += state_a == state_b ? 0 : 1;
    if (!result.terminated && t % 150 != 149) continue;
    a.reset(starts_a, observation);
    b.reset(starts_b, observation);
  }
  return differences;
}

bool has_islands(const mjModel& model) {
#if mjVERSION_HEADER >= 336
  return (model.opt.disableflags & mjDSBL_ISLAND) == 0;
#else
  return (model.opt.enableflags & (1 << 5)) != 0;
#endif
}

constexpr const char* kRobot = R"(<mujoco><option integrator="RK4"/><worldbody>
  <body pos="0 0 1"><joint name="hip" type="hinge" axis="0 1 0"/><geom size="0.1"/></body></worldbody>
  <actuator><motor joint="hip"/></actuator></mujoco>)";

}  // namespace

TEMPLATE_TEST_CASE("the physics of a task that is called exact has every bit of MuJoCo's own", "", Ant, HalfCheetah,
                   Hopper, Humanoid, HumanoidStandup, InvertedDoublePendulum, InvertedPendulum, Pusher, Reacher,
                   Swimmer, TargetSpeedAnt, Walker2d) {
  const TestType task;
  CHECK(task.physics == "exact");
  CHECK(count_differences(task, "exact", "mujoco", 600) == 0);
  const mujoco::Environment<TestType> exact(task), own(with_physics(task, "mujoco")), fast(with_physics(task, "fast"));
  CHECK(has_islands(own.model()) == (mjVERSION_HEADER >= 336));
  CHECK(has_islands(exact.model()) == (has_islands(own.model()) && !TestType::exact_without_islands));
  CHECK_FALSE(has_islands(fast.model()));
#if mjVERSION_HEADER >= 233
  CHECK((fast.model()->opt.disableflags & mjDSBL_MIDPHASE) != 0);
#endif
  CHECK(exact.model()->opt.integrator == own.model()->opt.integrator);
  CHECK(fast.model()->opt.integrator != mjINT_RK4);
  // what was learnt on one may be played on the other, and is known to be of the same model
  CHECK(exact.fingerprint() == own.fingerprint());
  CHECK(fast.fingerprint() == own.fingerprint());
  CHECK(own.fingerprint() == model_fingerprint(own.model()));
  CHECK_THROWS_WITH(mujoco::Environment<TestType>(with_physics(task, "fine")),
                    Catch::Contains(std::string(task.name) + ": expected physics exact, mujoco or fast, got fine"));
}

TEST_CASE("fast physics integrates with an error of first order in the time step") {
  // from one and the same start; the hinge swings freely, so that the fourth-order method is exact beside Euler's
  const auto error = [](double step) {
    const std::string text = R"(<mujoco><option integrator="RK4" timestep=")" + std::to_string(step) + R"("/><worldbody>
      <body><joint type="hinge" axis="0 1 0"/><geom size="0.1" pos="0.5 0 0"/></body></worldbody></mujoco>)";
    double angle[2];
    for (const bool rk4 : {true, false}) {
      Model model = Model::from_xml_string(text);
      model.set_physics({.rk4 = rk4});
      DataLease lease(model);
      mjData& data = lease.get();
      mj_resetData(&model.get(), &data);
      while (data.time < 0.5 - 1e-9) mj_step(&model.get(), &data);
      angle[rk4 ? 1 : 0] = data.qpos[0];
    }
    return std::abs(angle[0] - angle[1]);
  };
  const double coarse = error(0.004), fine = error(0.002);
  CHECK(coarse < 0.05);
  CHECK(coarse / fine == Approx(2).epsilon(0.02));
}

TEST_CASE("physics options are chosen before a model is shared") {
  Model model = Model::from_xml_string(kRobot);
  const std::string fingerprint = model.fingerprint();
  model.set_physics({});
  CHECK(model->opt.integrator == mjINT_RK4);
  CHECK(has_islands(model) == (mjVERSION_HEADER >= 336));
  model.set_physics({.islands = false, .midphase = false, .rk4 = false});
  CHECK(model->opt.integrator == mjINT_EULER);
  CHECK_FALSE(has_islands(model));
  CHECK(model.fingerprint() == fingerprint);
  const Model copy = model;
  CHECK_THROWS_WITH(model.set_physics({}), Catch::Contains("a model that no other handle shares"));
  Model empty;
  CHECK_THROWS_WITH(empty.set_physics({}), Catch::Contains("a loaded model"));
  // who chose another integrator keeps it
  Model implicit = Model::from_xml_string(R"(<mujoco><option integrator="implicit"/></mujoco>)");
  implicit.set_physics({.rk4 = false});
  CHECK(implicit->opt.integrator == mjINT_IMPLICIT);
}

TEST_CASE("a user's model keeps MuJoCo's own physics unless it is asked for another") {
  const TemporaryFolder folder;
  const std::string file = folder / "hopper.xml";
  write_file_atomically(file, Hopper::mjcf);
  CHECK(has_islands(mujoco::Environment<Hopper>(Hopper{.xml_file = file}).model()) == (mjVERSION_HEADER >= 336));
  CHECK(mujoco::Environment<Hopper>(Hopper{.xml_file = file, .physics = "fast"}).model()->opt.integrator ==
        mjINT_EULER);
  // the library's own, as it is loaded
  CHECK_FALSE(has_islands(mujoco::Environment<Hopper>().model()));
}
