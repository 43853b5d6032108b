// SPDX-License-Identifier: MIT
#include "vantage/mujoco/environment.hpp"

#include <fstream>
#include <limits>
#include <memory>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

Vector<double> random_action(const EnvironmentSpec& spec, Rng& rng) {
  Vector<double> action(spec.action_size());
  for (double& a : action) a = rng.uniform(-1.3, 1.3);
  return action;
}

TEST_CASE("environment: sharing work spaces gives the same bits as an mjData of one's own") {
  const HopperEnvironment prototype;
  const Model& model = prototype.model();
  std::vector<HopperEnvironment> environments(4, prototype);
  std::vector<std::unique_ptr<mjData, void (*)(mjData*)>> own;
  Vector<double> observation(11);
  Rng rng(3);
  for (HopperEnvironment& environment : environments) {
    environment.reset(rng, observation);
    own.emplace_back(mj_makeData(&model.get()), &mj_deleteData);
    // the start was written before mj_forward touched the warm start
    environment.inspect([&](const mjModel& m, const mjData& data) {
      std::copy_n(data.qpos, m.nq, own.back()->qpos);
      std::copy_n(data.qvel, m.nv, own.back()->qvel);
    });
    mj_forward(&model.get(), own.back().get());
  }
  int differences = 0;
  for (int t = 0; t < 150; ++t) {
    for (std::size_t e = 0; e < environments.size(); ++e) {
      const Vector<double> action = random_action(prototype.spec(), rng);
      environments[e].step(action, observation);
      std::copy_n(action.data(), 3, own[e]->ctrl);
      for (int i = 0; i < 4; ++i) mj_step(&model.get(), own[e].get());
      for (int i = 0; i < 5; ++i) differences += observation[i] == own[e]->qpos[i + 1] ? 0 : 1;
    }
  }
  CHECK(differences == 0);
}

TEST_CASE("environment: the same seed gives the same episode, another seed another") {
  Vector<double> first(17), second(17), third(17);
  HalfCheetahEnvironment a, b, c;
  Rng one(1), two(1), other(2), actions(9);
  a.reset(one, first);
  b.reset(two, second);
  c.reset(other, third);
  CHECK(first == second);
  CHECK(first != third);
  for (int t = 0; t < 50; ++t) {
    const Vector<double> action = random_action(a.spec(), actions);
    CHECK(a.step(action, first).reward == b.step(action, second).reward);
  }
  CHECK(first == second);
  // what happened before a reset leaves no trace
  one = Rng(1);
  a.reset(one, first);
  HalfCheetahEnvironment fresh;
  two = Rng(1);
  fresh.reset(two, second);
  const Vector<double> action = random_action(a.spec(), actions);
  a.step(action, first);
  fresh.step(action, second);
  CHECK(first == second);
}

TEST_CASE("environment: a saved state continues with the same bits") {
  HalfCheetahEnvironment a, b;
  Rng rng(4);
  Vector<double> first(17), second(17), state(a.state_size());
  a.reset(rng, first);
  for (int t = 0; t < 30; ++t) a.step(random_action(a.spec(), rng), first);
  a.save_state(state);
  b.load_state(state);
  for (int t = 0; t < 30; ++t) {
    const Vector<double> action = random_action(a.spec(), rng);
    CHECK(a.step(action, first).reward == b.step(action, second).reward);
    CHECK(first == second);
  }
  CHECK_THROWS_AS(b.load_state(first), std::invalid_argument);
}

TEST_CASE("environment: a simulation that breaks down is a fault with finite numbers, and a reset heals it") {
  HalfCheetahEnvironment environment;
  Rng rng(4);
  Vector<double> observation(17), previous(17);
  const Vector<double> rest = Vector<double>::Zero(6);
  environment.reset(rng, observation);
  environment.step(rest, previous);
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), infinity, 1e200}) {
    const StepResult result = environment.step(Vector<double>::Constant(6, bad), observation);
    CHECK(result.fault);
    CHECK(result.terminated);
    CHECK(result.reward == 0);
    CHECK(observation == previous);
  }
  Vector<double> state(environment.state_size());
  Vector<double> qpos = Vector<double>::Zero(9), qvel = Vector<double>::Constant(9, 1e9);
  environment.set_state(qpos, qvel, observation);
  bool fault = false;
  for (int t = 0; t < 20 && !fault; ++t) {
    const StepResult result = environment.step(rest, observation);
    fault = result.fault;
    CHECK(observation.allFinite());
    CHECK(std::isfinite(result.reward));
  }
  CHECK(fault);
  environment.reset(rng, observation);
  CHECK_FALSE(environment.step(rest, observation).fault);
}

TEST_CASE("environment: episodes begin in the keyframe that a task names") {
  const std::string text = replaced(hopper_mjcf, "</mujoco>", R"(<keyframe><key qpos="0 1 0 0 0 0"/>
      <key name="crouch" time="3" qpos="0 1.1 .1 -.3 -.5 .2" qvel="1 2 3 4 5 6" ctrl=".1 .2 .3"/></keyframe></mujoco>)");
  const TemporaryFolder folder;
  const std::string file = (folder / "keyed.xml").string();
  std::ofstream(file) << text;
  Vector<double> observation(11);
  Rng rng(1);
  for (const char* name : {"crouch", "1"}) {
    HopperEnvironment crouching(Hopper{.xml_file = file, .reset_noise_scale = 0, .initial_keyframe = name});
    const auto check_start = [&](const HopperEnvironment& world) {
      CHECK((observation - Vector<double>{{1.1, .1, -.3, -.5, .2, 1, 2, 3, 4, 5, 6}}).norm() < 1e-12);
      world.inspect([](const mjModel&, const mjData& data) {
        CHECK(data.time == 3);
        CHECK(data.ctrl[2] == 0.3);
      });
    };
    for (int episode = 0; episode < 2; ++episode) {
      crouching.reset(rng, observation);
      check_start(crouching);
      crouching.step(Vector<double>::Ones(3), observation);
    }
    HopperEnvironment copy(crouching);
    copy.reset(rng, observation);
    check_start(copy);
  }

  // the noise comes on top, positions and velocities replace the keyframe's
  HopperEnvironment noisy(Hopper{.xml_file = file, .reset_noise_scale = 0.01, .initial_keyframe = "crouch"});
  noisy.reset(rng, observation);
  CHECK(std::abs(observation[0] - 1.1) <= 0.01);
  CHECK(observation[0] != 1.1);
  noisy.set_state(Vector<double>::Ones(6), Vector<double>::Zero(6), observation);
  CHECK(observation == Vector<double>{{1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0}});
  noisy.inspect([](const mjModel&, const mjData& data) { CHECK(data.time == 3); });

  HopperEnvironment standing(Hopper{.xml_file = file, .reset_noise_scale = 0});
  standing.reset(rng, observation);
  CHECK(observation[0] == 1.25);
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.xml_file = file, .initial_keyframe = "jump"}),
                    Catch::Matchers::ContainsSubstring("expected one of {crouch} or a number below 2, got jump"));
}

TEST_CASE("environment: a task's time limit is an option, and none of the physics") {
  CHECK(HopperEnvironment(Hopper{.max_episode_steps = 30}).spec().max_episode_steps == 30);
  CHECK(HopperEnvironment(Hopper{.max_episode_steps = 0}).spec().max_episode_steps == 0);
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.max_episode_steps = -1}),
                    Catch::Matchers::ContainsSubstring("Hopper-v5: expected max_episode_steps >= 0, got -1"));
  HalfCheetah four = HalfCheetah::v4();
  set_option(four, "max_episode_steps", "17");
  CHECK(HalfCheetahEnvironment(four).spec().max_episode_steps == 17);
  Reacher reacher = Reacher::v4();
  set_option(reacher, "max_episode_steps", "17");
  CHECK(ReacherEnvironment(reacher).spec().max_episode_steps == 17);
}

TEST_CASE("environment: forces on bodies are never those of another environment") {
  // the model has no sensor that computes them, so only a step does
  CustomTask task{.model = Model::from_xml_string(hopper_mjcf), .observation_size = 2, .needs_contact_forces = true};
  task.observe = [](const mjModel& m, const mjData& data, VectorRef<double> out) {
    out.setZero();
    for (int i = 6; i < 6 * m.nbody; ++i) out += Eigen::Vector2d(data.cacc[i], data.cfrc_int[i]);
  };
  task.reward = [](const mjModel&, const mjData&, ConstVectorRef<double>) { return 0.0; };
  CustomEnvironment world(task), other(world);
  Vector<double> observation(2);
  Rng rng(1);
  other.reset(rng, observation);
  for (int t = 0; t < 200; ++t) other.step(Vector<double>::Ones(3), observation);
  CHECK(observation.cwiseAbs().minCoeff() > 0);
  world.reset(rng, observation);
  CHECK(observation == Vector<double>::Zero(2));
}

TEST_CASE("environment: wrong options and sizes are refused") {
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.frame_skip = 0}), Catch::Matchers::ContainsSubstring("frame_skip >= 1"));
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.xml_file = "none.xml"}), Catch::Matchers::ContainsSubstring("none.xml"));
  HopperEnvironment environment;
  Vector<double> observation(11);
  CHECK_THROWS_AS(environment.set_state(Vector<double>::Zero(5), Vector<double>::Zero(6), observation),
                  std::invalid_argument);
  for (const Index size : {0, 2, 4}) {
    CHECK_THROWS_WITH(
        environment.step(Vector<double>::Zero(size), observation),
        Catch::Matchers::ContainsSubstring("Hopper-v5: expected an action of 3 numbers, got " + std::to_string(size)));
  }
}

}  // namespace
