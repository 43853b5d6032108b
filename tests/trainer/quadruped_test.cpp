// SPDX-License-Identifier: MIT
#include "../../examples/quadruped/quadruped.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <tuple>

#include "catch.hpp"
#include "test_data.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"

using namespace vantage;
using Catch::Matchers::WithinAbs;

namespace {

constexpr Index kJoints = Quadruped::joints;

struct State {
  Vector<double> qpos, qvel, torque;
};

const std::filesystem::path& examples() {
  static const auto folder = test_data().parent_path().parent_path() / "examples";
  return folder;
}

Quadruped robot() { return Quadruped(examples() / "robots/quadruped.xml"); }

State state_of(const mujoco::Environment<Quadruped>& world) {
  State state;
  world.inspect([&](const mjModel& model, mjData& data) {
    state = {Eigen::Map<Vector<double>>(data.qpos, model.nq), Eigen::Map<Vector<double>>(data.qvel, model.nv),
             Eigen::Map<Vector<double>>(data.actuator_force, model.nu)};
  });
  return state;
}

}  // namespace

TEST_CASE("the quadruped's world keeps all promises of an environment, and nothing breaks it") {
  const QuadrupedWorld world = quadruped_world(robot(), true);
  CHECK(world.spec().observation_size == 2 * 33 + 2 * 12);
  CHECK(world.spec().critic_observation_size == 55);
  CHECK(world.spec().action_size() == 12);
  const CheckReport report = check_environment(world, {.steps = 1000});
  CHECK(report.faults == 0);
  CHECK(report.warnings == 0);
  CHECK(report.terminations > 0);
}

TEST_CASE("the quadruped's batches do not depend on the number of threads") {
  const auto collect = [](Index threads) {
    Context context({.seed = 5, .threads = threads});
    Collector source(VectorEnvironment(quadruped_world(robot(), true), {.count = 6, .action_map = ActionMap::clip}),
                     {.steps = 40, .shard_size = 2});
    const GaussianPolicy<double> policy(source.spec(), {.hidden = {8}, .log_std = 0}, context.rng());
    Batch<double> batch;
    for (int i = 0; i < 2; ++i) source.collect(policy, context, batch);
    return batch;
  };
  const Batch<double> one = collect(1), three = collect(3);
  CHECK(one.observations == three.observations);
  CHECK(one.critic_observations == three.critic_observations);
  CHECK(one.rewards == three.rewards);
  CHECK((one.endings == three.endings).all());
}

TEST_CASE("the quadruped's torques are those of a clipped proportional-derivative law, joint by joint") {
  Quadruped slow = robot();
  slow.frame_skip = 1;
  mujoco::Environment<Quadruped> world(slow);
  Vector<double> observation(world.spec().observation_size), action(kJoints);
  Rng rng(3);
  world.reset(rng, observation);
  bool clipped = false;
  for (int step = 0; step < 20; ++step) {
    for (double& a : action) a = rng.uniform(-4, 4);
    const State before = state_of(world);
    world.step(action, observation);
    const State after = state_of(world);
    Index i = 0;
    for (const char* leg : {"front_left", "front_right", "rear_left", "rear_right"}) {
      for (const auto& [joint, stand, most] :
           {std::tuple{"abduction", 0.0, 20.0}, std::tuple{"hip", 0.8, 20.0}, std::tuple{"knee", -1.5, 30.0}}) {
        const std::string name = std::string(leg) + "_" + joint;
        INFO(name);
        const mujoco::JointHandle handle(world.model(), name);
        const double q = before.qpos[handle.position_index], speed = before.qvel[handle.velocity_index];
        const double wanted = 30 * (stand + 0.3 * action[i] - q) - 0.8 * speed;
        CHECK_THAT(after.torque[i], WithinAbs(std::clamp(wanted, -most, most), 1e-12));
        clipped = clipped || std::abs(wanted) > most;
        ++i;
      }
    }
  }
  CHECK(clipped);
}

TEST_CASE("the quadruped observes gravity, its own motion and what it is told in the trunk's frame") {
  Quadruped told = robot();
  told.speed = {0.7, 0.7};
  mujoco::Environment<Quadruped> world(told);
  Vector<double> observation(world.spec().observation_size);
  Rng rng(1);
  world.reset(rng, observation);
  CHECK(observation[30] == 0.7);
  CHECK_THAT(observation[32], WithinAbs(1, 1e-12));

  // turned by any angles about z, y and x; joints from the stand
  const double yaw = 1.1, pitch = 0.4, roll = -0.3;
  const Eigen::Quaterniond turn = Eigen::AngleAxisd(yaw, Eigen::Vector3d::UnitZ()) *
                                  Eigen::AngleAxisd(pitch, Eigen::Vector3d::UnitY()) *
                                  Eigen::AngleAxisd(roll, Eigen::Vector3d::UnitX());
  Vector<double> qpos(19), qvel(18);
  qpos << 0, 0, 2, turn.w(), turn.x(), turn.y(), turn.z(), Vector<double>::LinSpaced(12, -0.5, 0.5);
  qvel = Vector<double>::LinSpaced(18, -1, 1);
  world.set_state(qpos, qvel, observation);
  const double sine = std::sin(pitch);
  CHECK_THAT(observation[0], WithinAbs(sine, 1e-12));
  CHECK_THAT(observation[1], WithinAbs(-std::cos(pitch) * std::sin(roll), 1e-12));
  CHECK_THAT(observation[2], WithinAbs(-std::cos(pitch) * std::cos(roll), 1e-12));
  CHECK(observation.segment(3, 3) == qvel.segment(3, 3));
  CHECK(observation.segment(18, 12) == qvel.tail(12));
  for (Index i = 0; i < 12; ++i) {
    const double stand = i % 3 == 0 ? 0 : i % 3 == 1 ? 0.8 : -1.5;
    CHECK_THAT(observation[6 + i], WithinAbs(qpos[7 + i] - stand, 1e-12));
  }
  const auto shown = world.critic_observation();
  const Eigen::Vector3d velocity = turn.inverse() * qvel.head<3>();
  for (Index i = 0; i < 3; ++i) CHECK_THAT(shown[static_cast<std::size_t>(33 + i)], WithinAbs(velocity[i], 1e-12));
  CHECK(shown[36] == 2);
  for (std::size_t foot = 37; foot < 41; ++foot) CHECK(shown[foot] == 0);
}

TEST_CASE("the quadruped's critic is told the episode's friction and load, which feet touch and the action that acts") {
  QuadrupedWorld world = quadruped_world(robot(), true);
  Vector<double> observation(world.spec().observation_size), action = Vector<double>::Zero(kJoints);
  Rng rng(2);
  double lightest = 100, heaviest = 0;
  for (int episode = 0; episode < 50; ++episode) {
    world.reset(rng, observation);
    const auto drawn = robot_of(world).drawn();
    for (int step = 0; step < 40; ++step) world.step(action, observation);
    const auto shown = world.critic_observation();
    CHECK_THAT(shown[41], WithinAbs(0.8 * drawn[0], 1e-12));
    CHECK_THAT(shown[42], WithinAbs(6.3 + drawn[1], 1e-12));
    lightest = std::min(lightest, shown[42]);
    heaviest = std::max(heaviest, shown[42]);
    // it stands
    for (std::size_t foot = 37; foot < 41; ++foot) CHECK(shown[foot] == 1);
    for (std::size_t i = 43; i < 55; ++i) CHECK(shown[i] == 0);
  }
  CHECK(lightest < 6.3);
  CHECK(heaviest > 7.3);
  action.setConstant(0.25);
  for (int step = 0; step < 2; ++step) world.step(action, observation);
  for (std::size_t i = 43; i < 55; ++i) CHECK(world.critic_observation()[i] == 0.25);
}

TEST_CASE("a quadruped on its back has fallen, one that stands has not") {
  mujoco::Environment<Quadruped> world(robot());
  Vector<double> observation(world.spec().observation_size);
  const Vector<double> action = Vector<double>::Zero(kJoints), still = Vector<double>::Zero(18);
  Rng rng(1);
  world.reset(rng, observation);
  CHECK_FALSE(world.step(action, observation).terminated);
  Vector<double> qpos = state_of(world).qpos;
  // terms are named, and the reward is their sum
  const StepResult result = world.step(action, observation);
  double sum = 0;
  for (const double term : world.reward_terms()) sum += term;
  CHECK(world.reward_terms().size() == world.spec().reward_terms.size());
  CHECK(result.reward == sum);

  qpos.segment(2, 5) << 1, 0, 1, 0, 0;
  world.set_state(qpos, still, observation);
  CHECK(world.step(action, observation).terminated);
  // upright, but on its belly, legs in the air
  qpos.segment(2, 5) << 0.045, 1, 0, 0, 0;
  for (Index leg = 0; leg < 4; ++leg) qpos.segment(7 + 3 * leg, 3) << 0, 2.5, -0.9;
  world.set_state(qpos, still, observation);
  CHECK(world.step(action, observation).terminated);
}

TEST_CASE("the quadruped's shipped policy walks as fast as it is told, on floors and with loads that are drawn anew") {
  auto policy = DeployedPolicy<float>::load(examples() / "quadruped/policy.safetensors");
  for (const double speed : {0.5, 0.75, 1.0}) {
    Quadruped told = robot();
    told.speed = {speed, speed};
    QuadrupedWorld world = quadruped_world(told, true);
    Vector<double> observation(world.spec().observation_size), action(world.spec().action_size());
    Rng rng(7);
    for (int episode = 0; episode < 3; ++episode) {
      INFO(speed << " m/s, episode " << episode);
      world.reset(rng, observation);
      bool fallen = false;
      double seconds = 0, ahead = 0;
      for (int step = 0; step < 500 && !fallen; ++step) {
        policy.act(observation, action);
        fallen = world.step(action, observation).terminated;
        if (step < 50) continue;
        // its speed in its own frame, after a second
        ahead += robot_of(world).dt() * world.critic_observation()[33];
        seconds += robot_of(world).dt();
      }
      CHECK_FALSE(fallen);
      CHECK_THAT(ahead / seconds, WithinAbs(speed, 0.2 * speed));
    }
  }
}
