// SPDX-License-Identifier: MIT
#include "vantage/mujoco/swimmer.hpp"

#include "runner_checks.hpp"
#include "task_checks.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

static_assert(vantage::Environment<SwimmerEnvironment>);
static_assert(StatefulEnvironment<SwimmerEnvironment>);
static_assert(HasRewardTerms<SwimmerEnvironment>);

TEST_CASE("Swimmer: the model has the published figures") {
  const SwimmerEnvironment environment;
  testing::check_model(environment.model().get(), {5, 5, 2, 4, 5, 4, 8, {35.6047167, 35.6047167, 35.6047167}});
  CHECK(environment.spec().observation_size == 8);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("Swimmer: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(SwimmerEnvironment(), 0.1, 0.1);
  const std::vector<double> rewards{0.0467838864234, 0.0359217178337,  0.23855483877,
                                    -0.106308784534, -0.0892169351059, 0.134630926144};
  const std::vector<double> sums{-0.384640970738, 1.56886571013};
  testing::check_drive(result, 0.048712578237, rewards, sums, 1e-8);
}

TEST_CASE("Swimmer: reset noise has the right distribution") {
  testing::check_reset_noise(SwimmerEnvironment(), 0.1, 0.1, false);
}

TEST_CASE("Swimmer: a negative noise scale is refused") { testing::check_noise_scale<Swimmer>("Swimmer"); }

TEST_CASE("Swimmer: positions can be part of the observation") {
  const SwimmerEnvironment with(Swimmer{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 10);
}

TEST_CASE("Swimmer: observations and reward terms are those of the definition") {
  testing::check_runner_by_book<Swimmer>(2);
}

TEST_CASE("Swimmer: version 4 calls the forward reward reward_fwd and has fewer options") {
  testing::check_runner_v4<Swimmer>("Swimmer", "reward_fwd");
}

TEST_CASE("Swimmer: a saved state continues with the same bits") { testing::check_saved_state(Swimmer{}); }

TEST_CASE("Swimmer: there are versions 4 and 5") { testing::check_versions<Swimmer>("Swimmer"); }

}  // namespace
