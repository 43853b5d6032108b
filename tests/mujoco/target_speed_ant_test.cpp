// SPDX-License-Identifier: MIT
#include "vantage/mujoco/target_speed_ant.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "lockstep.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<TargetSpeedAntEnvironment>);
static_assert(StatefulEnvironment<TargetSpeedAntEnvironment>);
static_assert(HasRewardTerms<TargetSpeedAntEnvironment>);

constexpr int shins = 4;

/// The torso's axes in the world, from the unit quaternion by the textbook's matrix.
Eigen::Matrix3d torso_axes(const mjData& data) {
  const Eigen::Vector4d q = Eigen::Map<const Eigen::Vector4d>(data.qpos + 3).normalized();
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  Eigen::Matrix3d axes;
  axes << 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),  //
      2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),      //
      2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y);
  return axes;
}

Eigen::Vector3d local_velocity(const mjData& data) {
  return torso_axes(data).transpose() * Eigen::Map<const Eigen::Vector3d>(data.qvel);
}

/// Positions and velocities of a start: upright, joints at 0, at rest.
struct Pose {
  Vector<double> qpos = Vector<double>::Zero(15), qvel = Vector<double>::Zero(14);

  explicit Pose(double height = 0.75) {
    qpos[2] = height;
    qpos[3] = 1;
  }
};

/// A pose whose every number is another.
Pose crooked() {
  Pose pose;
  const Eigen::Vector4d q = Eigen::Vector4d(0.8, -0.3, 0.4, 0.33).normalized();
  pose.qpos.segment(3, 4) = q;
  for (Index i = 7; i < 15; ++i) pose.qpos[i] = 0.1 * std::sin(static_cast<double>(i));
  for (Index i = 0; i < 14; ++i) pose.qvel[i] = 1.5 * std::cos(0.3 + 1.7 * static_cast<double>(i));
  return pose;
}

TEST_CASE("TargetSpeedAnt: the model has the published figures") {
  const TargetSpeedAntEnvironment environment(TargetSpeedAnt{.physics = "mujoco"});
  const mjModel& model = environment.model().get();
  const AntEnvironment ant;
  CHECK(model.opt.timestep == 0.01);
  CHECK(environment.dt() == 0.01);
  CHECK(model.opt.solver == mjSOL_NEWTON);
  CHECK(model.opt.integrator == mjINT_EULER);
#if mjVERSION_HEADER >= 300
  CHECK(model.opt.iterations == 1);
  CHECK(model.opt.ls_iterations == 4);
  CHECK(model.opt.disableflags == mjDSBL_EULERDAMP);
#else
  CHECK(model.opt.iterations == 100);
  CHECK(model.opt.disableflags == 0);
#endif

  // the robot of Ant, to the last number
  REQUIRE(model.nq == 15);
  REQUIRE(model.nv == 14);
  REQUIRE(model.nu == 8);
  REQUIRE(model.ngeom == 14);
  REQUIRE(model.nbody == 14);
  for (int i = 0; i < 14; ++i) {
    CHECK(model.body_mass[i] == ant.model()->body_mass[i]);
    CHECK(model.dof_armature[i] == (i < 6 ? 0 : 1));
    CHECK(model.dof_damping[i] == (i < 6 ? 0 : 1));
    CHECK(model.geom_contype[i] == 0);
    CHECK(model.geom_conaffinity[i] == 0);
    CHECK(model.geom_margin[i] == 0.01);
    CHECK(model.geom_friction[3 * i] == 1);
    CHECK(model.geom_friction[3 * i + 1] == 0.5);
    CHECK(model.geom_friction[3 * i + 2] == 0.5);
  }
  const double degree = std::acos(-1.0) / 180;
  const std::array<const char*, 8> joints{"hip_4", "ankle_4", "hip_1", "ankle_1",
                                          "hip_2", "ankle_2", "hip_3", "ankle_3"};
  for (int i = 0; i < 8; ++i) {
    const int joint = mj_name2id(&model, mjOBJ_JOINT, joints[static_cast<std::size_t>(i)]);
    CHECK(model.actuator_trnid[2 * i] == joint);
    CHECK(model.actuator_gear[6 * i] == 150);
    CHECK(model.actuator_gainprm[mjNGAIN * i] == 1);
    CHECK(model.actuator_biastype[i] == mjBIAS_NONE);
    CHECK(model.jnt_limited[joint]);
    const bool hip = i % 2 == 0;
    const bool bends_up = i == 1 || i == 3;
    CHECK(model.jnt_range[2 * joint] == Approx((hip ? -30 : bends_up ? 30 : -70) * degree));
    CHECK(model.jnt_range[2 * joint + 1] == Approx((hip ? 30 : bends_up ? 70 : -30) * degree));
  }
  CHECK(environment.spec().name == "TargetSpeedAnt-v0");
  CHECK(environment.spec().observation_size == 34);
  CHECK(environment.spec().max_episode_steps == 1000);
  CHECK(environment.spec().action_low == -Vector<double>::Ones(8));
  CHECK(environment.spec().action_high == Vector<double>::Ones(8));
}

TEST_CASE("TargetSpeedAnt: contacts are four pairs of a shin and the floor") {
  const TargetSpeedAntEnvironment environment;
  const mjModel& model = environment.model().get();
  REQUIRE(model.npair == shins);
  const int floor = mj_name2id(&model, mjOBJ_GEOM, "floor");
  const std::array<const char*, shins> names{"left_ankle_geom", "right_ankle_geom", "third_ankle_geom",
                                             "fourth_ankle_geom"};
  for (int i = 0; i < shins; ++i) {
    const int shin = mj_name2id(&model, mjOBJ_GEOM, names[static_cast<std::size_t>(i)]);
    REQUIRE(shin >= 0);
    int found = 0;
    for (int p = 0; p < shins; ++p) {
      const int a = model.pair_geom1[p], b = model.pair_geom2[p];
      if ((a == shin && b == floor) || (a == floor && b == shin)) ++found;
    }
    CHECK(found == 1);
    CHECK(model.pair_dim[i] == 3);
  }

  // lying in the floor every geom would touch it: the shins alone do, with all contacts 13
  const auto touching = [&](const TargetSpeedAnt& task) {
    TargetSpeedAntEnvironment lying(task);
    Vector<double> observation(34);
    const Pose pose(0.0);
    lying.set_state(pose.qpos, pose.qvel, observation);
    std::vector<bool> touches(14, false);
    lying.inspect([&](const mjModel& lying_model, const mjData& data) {
      for (int c = 0; c < data.ncon; ++c) {
        const auto& contact = data.contact[c];
#if mjVERSION_HEADER >= 300
        const int a = contact.geom[0], b = contact.geom[1];
#else
        const int a = contact.geom1, b = contact.geom2;
#endif
        CHECK((a == floor || b == floor));
        const int other = a == floor ? b : a;
        touches[static_cast<std::size_t>(other)] = true;
        const std::string name = mj_id2name(&lying_model, mjOBJ_GEOM, other);
        if (!task.all_contacts) CHECK_THAT(name, ContainsSubstring("ankle"));
      }
    });
    return std::count(touches.begin(), touches.end(), true);
  };
  CHECK(touching({}) == shins);
  CHECK(touching({.all_contacts = true}) == 13);
}

TEST_CASE("TargetSpeedAnt: the slow physics and all contacts are those of Ant") {
  TargetSpeedAntEnvironment environment(TargetSpeedAnt{.frame_skip = 5, .all_contacts = true, .fast_physics = false});
  AntEnvironment ant;
  CHECK(environment.dt() == 0.05);
  Vector<double> observation(34), ants(105), action(8);
  const Pose pose(0.6);
  environment.set_state(pose.qpos, pose.qvel, observation);
  ant.set_state(pose.qpos, pose.qvel, ants);
  for (int t = 0; t < 20; ++t) {
    for (Index i = 0; i < 8; ++i) action[i] = std::sin(0.7 * t + static_cast<double>(i));
    environment.step(action, observation);
    ant.step(action, ants);
    CHECK(observation[0] == ants[0]);
    CHECK(observation.segment(1, 8) == ants.segment(5, 8));
    CHECK(observation.segment(9, 8) == ants.segment(19, 8));
  }
}

TEST_CASE("TargetSpeedAnt: each number of the observation is where it belongs") {
  TargetSpeedAntEnvironment environment;
  Vector<double> observation(34), action(8);
  const Pose pose = crooked();
  environment.set_state(pose.qpos, pose.qvel, observation);
  CHECK(observation.tail(8) == Vector<double>::Zero(8));
  int differences = 0;
  const auto check = [&](const mjModel&, const mjData& data) {
    const Eigen::Matrix3d axes = torso_axes(data);
    const Eigen::Vector3d velocity = local_velocity(data);
    if (observation[0] != data.qpos[2]) ++differences;
    for (int i = 0; i < 8; ++i) {
      if (observation[1 + i] != data.qpos[7 + i]) ++differences;
      if (observation[9 + i] != data.qvel[6 + i]) ++differences;
    }
    for (int i = 0; i < 3; ++i) {
      CHECK(observation[17 + i] == Approx(velocity[i]).epsilon(1e-12).margin(1e-13));
      if (observation[20 + i] != data.qvel[3 + i]) ++differences;
      // gravity points to -z of the world
      CHECK(observation[23 + i] == Approx(-axes(2, i)).epsilon(1e-12).margin(1e-13));
    }
  };
  environment.inspect(check);
  for (int t = 0; t < 20; ++t) {
    for (Index i = 0; i < 8; ++i) action[i] = 1.4 * std::sin(0.9 * t + 1.3 * static_cast<double>(i));
    environment.step(action, observation);
    environment.inspect(check);
    // the action as it was given, beyond the limits too
    CHECK(observation.tail(8) == action);
  }
  CHECK(differences == 0);
}

TEST_CASE("TargetSpeedAnt: numbers beyond a hundred are observed as a hundred") {
  TargetSpeedAntEnvironment environment;
  Vector<double> observation(34);
  Pose pose;
  pose.qvel[3] = 130;
  pose.qvel[7] = -250;
  environment.set_state(pose.qpos, pose.qvel, observation);
  CHECK(observation[20] == 100);
  CHECK(observation[10] == -100);
}

TEST_CASE("TargetSpeedAnt: the reward is a Gaussian of the velocity's deviation") {
  const auto check = [](const TargetSpeedAnt& task, double ahead, double aside, double tolerance) {
    TargetSpeedAntEnvironment environment(task);
    Vector<double> observation(34);
    const Vector<double> action = Vector<double>::Constant(8, 0.4);
    const Pose pose = crooked();
    environment.set_state(pose.qpos, pose.qvel, observation);
    for (int t = 0; t < 10; ++t) {
      const StepResult result = environment.step(action, observation);
      environment.inspect([&](const mjModel&, const mjData& data) {
        const Eigen::Vector3d v = local_velocity(data);
        const double expected = std::exp(-(std::pow(v[0] - ahead, 2) + std::pow(v[1] - aside, 2)) / tolerance);
        CHECK(result.reward == Approx(expected).epsilon(1e-11).margin(1e-300));
        CHECK(environment.reward_terms()[0] == result.reward);
      });
    }
  };
  check({}, 2, 0, 0.25);
  check({.target_velocity = {-0.5, 1.25}, .tolerance = 3}, -0.5, 1.25, 3);

  // at the target it is one, standing still e^-16; the torso's frame counts, not the world's
  const TargetSpeedAntEnvironment environment;
  const mjModel& model = environment.model().get();
  const testing::PlainData data = testing::plain_data(model);
  const Vector<double> action = Vector<double>::Zero(8);
  std::array<double, 1> terms{};
  const auto reward = [&](double vx, double vy) {
    data->qvel[0] = vx;
    data->qvel[1] = vy;
    return environment.task().evaluate(StepView{model, *data, action, {}, 0.01}, terms).reward;
  };
  CHECK(reward(2, 0) == 1.0);
  CHECK(reward(0, 0) == Approx(std::exp(-16.0)).epsilon(1e-14));
  CHECK(reward(2, 0.5) == Approx(std::exp(-1.0)).epsilon(1e-14));
  // a quarter turn to the left: its forward is the world's y
  data->qpos[3] = data->qpos[6] = std::sqrt(0.5);
  CHECK(reward(0, 2) == Approx(1.0).epsilon(1e-14));
  CHECK(reward(2, 0) == Approx(std::exp(-32.0)).epsilon(1e-13));
  // rolled over its y axis by a half turn it looks back
  data->qpos[3] = data->qpos[6] = 0;
  data->qpos[5] = 1;
  CHECK(reward(-2, 0) == Approx(1.0).epsilon(1e-14));
  // a quaternion of another length is the same rotation
  data->qpos[5] = 3;
  CHECK(reward(-2, 0) == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("TargetSpeedAnt: who stands still earns little and goes on to the limit") {
  TargetSpeedAntEnvironment environment;
  Vector<double> observation(34);
  const Vector<double> action = Vector<double>::Zero(8);
  Rng rng(1);
  environment.reset(rng, observation);
  double last = 0;
  for (int t = 0; t < 1000; ++t) {
    const StepResult result = environment.step(action, observation);
    REQUIRE_FALSE(result.terminated);
    REQUIRE_FALSE(result.fault);
    last = result.reward;
  }
  CHECK(last == Approx(std::exp(-16.0)).epsilon(0.02));
}

TEST_CASE("TargetSpeedAnt: the bounds of the height are healthy") {
  const TargetSpeedAntEnvironment environment;
  const testing::PlainData data = testing::plain_data(environment.model().get());
  const auto healthy_at = [&](double z) {
    data->qpos[2] = z;
    return environment.task().is_healthy(*data);
  };
  CHECK(healthy_at(0.2));
  CHECK(healthy_at(1.0));
  CHECK_FALSE(healthy_at(std::nextafter(0.2, 0)));
  CHECK_FALSE(healthy_at(std::nextafter(1.0, 2)));

  const auto ends_at = [](double z, const TargetSpeedAnt& task) {
    TargetSpeedAntEnvironment falling(task);
    Vector<double> observation(34);
    const Pose pose(z);
    falling.set_state(pose.qpos, pose.qvel, observation);
    return falling.step(Vector<double>::Zero(8), observation).terminated;
  };
  CHECK(ends_at(1.1, {}));
  CHECK(ends_at(-0.2, {}));
  CHECK_FALSE(ends_at(0.9, {}));
  CHECK_FALSE(ends_at(1.1, {.terminate_when_unhealthy = false}));
  CHECK(ends_at(0.9, {.healthy_z_range = {0.35, 0.8}}));
}

TEST_CASE("TargetSpeedAnt: episodes start the same and go the same") {
  const auto play = [](std::uint64_t seed) {
    TargetSpeedAntEnvironment environment;
    Vector<double> observation(34), action(8);
    Rng rng(seed);
    environment.reset(rng, observation);
    Vector<double> start = Vector<double>::Zero(34);
    start[0] = 0.75;
    start[25] = -1;
    CHECK(observation == start);
    double sum = 0;
    for (int t = 0; t < 200; ++t) {
      for (Index i = 0; i < 8; ++i) action[i] = 0.8 * std::sin(0.7 * t + 1.3 * static_cast<double>(i));
      sum += environment.step(action, observation).reward + observation.sum();
    }
    return sum;
  };
  CHECK(play(1) == play(2));
}

TEST_CASE("TargetSpeedAnt: a fixed drive gives the known observations") {
  // of the original's model, stepped by a program of its own
  TargetSpeedAntEnvironment environment;
  Vector<double> observation(34), action(8);
  Rng rng(1);
  environment.reset(rng, observation);
  std::vector<double> sums, rewards;
  for (int t = 0; t < 200; ++t) {
    for (Index i = 0; i < 8; ++i) action[i] = 0.8 * std::sin(0.7 * t + 1.3 * static_cast<double>(i));
    rewards.push_back(environment.step(action, observation).reward);
    sums.push_back(observation.sum());
  }
#if mjVERSION_HEADER >= 300
  CHECK(sums[0] == Approx(2.52398530995).epsilon(1e-9));
  CHECK(sums[4] == Approx(-1.19564265868).epsilon(1e-9));
  CHECK(sums[9] == Approx(14.9255881686).epsilon(1e-8));
  CHECK(sums[39] == Approx(2.01429972221).epsilon(1e-6));
  CHECK(sums[199] == Approx(-1.95664099137).epsilon(1e-5));
  CHECK(rewards[0] == Approx(4.64609496392e-08).epsilon(1e-9));
  CHECK(rewards[99] == Approx(0.00070637673616).epsilon(1e-6));
#else
  // it stays on the ground
  for (const double sum : sums) CHECK(std::abs(sum) < 60);
  CHECK(observation[0] > 0.3);
  CHECK(observation[0] < 0.9);
#endif
}

TEST_CASE("TargetSpeedAnt: reset noise has the right distribution") {
  testing::check_reset_noise(TargetSpeedAntEnvironment(TargetSpeedAnt{.reset_noise_scale = 0.1}), 0.1, 0.1, true);
}

TEST_CASE("TargetSpeedAnt: a saved state continues with the same bits") {
  testing::check_saved_state(TargetSpeedAnt{.reset_noise_scale = 0.1});
}

TEST_CASE("TargetSpeedAnt: bad numbers are a fault") {
  TargetSpeedAntEnvironment environment;
  Vector<double> observation(34);
  Rng rng(1);
  environment.reset(rng, observation);
  const Vector<double> before = observation;
  const StepResult result =
      environment.step(Vector<double>::Constant(8, std::numeric_limits<double>::quiet_NaN()), observation);
  CHECK(result.fault);
  CHECK(result.reward == 0);
  CHECK(observation == before);
}

TEST_CASE("TargetSpeedAnt: wrong options are refused") {
  testing::check_noise_scale<TargetSpeedAnt>("TargetSpeedAnt");
  CHECK_THROWS_WITH(TargetSpeedAntEnvironment(TargetSpeedAnt{.tolerance = 0}),
                    ContainsSubstring("TargetSpeedAnt: expected tolerance > 0, got 0"));
  CHECK_THROWS_WITH(TargetSpeedAntEnvironment(TargetSpeedAnt{.healthy_z_range = {1, 0.2}}),
                    ContainsSubstring("TargetSpeedAnt: expected healthy_z_range low <= high, got 1, 0.2"));
  CHECK_THROWS_WITH(TargetSpeedAntEnvironment(TargetSpeedAnt{.xml_file = "no_ant.xml"}),
                    ContainsSubstring("no_ant.xml"));
  TargetSpeedAnt task;
  set_option(task, "target_velocity", "1,-0.5");
  set_option(task, "all_contacts", "true");
  CHECK(task.target_velocity == std::array<double, 2>{1, -0.5});
  CHECK(task.all_contacts);
  CHECK_THROWS_WITH(set_option(task, "healthy_reward", "1"),
                    ContainsSubstring("TargetSpeedAnt-v0: expected an option of"));
}

}  // namespace
