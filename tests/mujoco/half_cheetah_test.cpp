// SPDX-License-Identifier: MIT
#include "vantage/mujoco/half_cheetah.hpp"

#include "runner_checks.hpp"
#include "task_checks.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

static_assert(vantage::Environment<HalfCheetahEnvironment>);
static_assert(StatefulEnvironment<HalfCheetahEnvironment>);
static_assert(HasRewardTerms<HalfCheetahEnvironment>);

TEST_CASE("HalfCheetah: the model has the published figures") {
  const HalfCheetahEnvironment environment;
  testing::check_model(
      environment.model().get(),
      {9, 9, 6, 8, 9, 9, 8, {6.25020921, 1.54351464, 1.5874477, 1.09539749, 1.43807531, 1.20083682, 0.884518828}});
  CHECK(environment.spec().observation_size == 17);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("HalfCheetah: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(HalfCheetahEnvironment(), 0.1, 0.1);
  const std::vector<double> rewards{-0.520745549115, -0.364816916462, 0.272544631157,
                                    0.0316785562032, -0.803083100845, -1.3012285735};
  const std::vector<double> sums{9.63412051071, -9.02716484211};
  testing::check_drive(result, 0.0879499700598, rewards, sums, 1e-7);
}

TEST_CASE("HalfCheetah: reset noise has the right distribution") {
  testing::check_reset_noise(HalfCheetahEnvironment(), 0.1, 0.1, true);
}

TEST_CASE("HalfCheetah: a negative noise scale is refused") { testing::check_noise_scale<HalfCheetah>("HalfCheetah"); }

TEST_CASE("HalfCheetah: positions can be part of the observation") {
  const HalfCheetahEnvironment with(HalfCheetah{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 18);
}

TEST_CASE("HalfCheetah: observations and reward terms are those of the definition") {
  testing::check_runner_by_book<HalfCheetah>(1);
}

TEST_CASE("HalfCheetah: version 4 calls the forward reward reward_run and has fewer options") {
  testing::check_runner_v4<HalfCheetah>("HalfCheetah", "reward_run");
}

TEST_CASE("HalfCheetah: a saved state continues with the same bits") { testing::check_saved_state(HalfCheetah{}); }

TEST_CASE("HalfCheetah: there are versions 4 and 5") { testing::check_versions<HalfCheetah>("HalfCheetah"); }

}  // namespace
