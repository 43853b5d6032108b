// SPDX-License-Identifier: MIT
#include "vantage/train/divergence.hpp"

#include <limits>

#include "advantage/random_batch.hpp"
#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

struct Parts {
  GaussianPolicy<double> policy;
  ValueNetwork<double> value;
};

struct Scene {
  Rng rng{1};
  Parts agent{GaussianPolicy<double>(2, 1, {.hidden = {3}}, rng), ValueNetwork<double>(2, {.hidden = {3}}, rng)};
  Batch<double> batch = random_batch(4, 3, 5);
  AdvantageEstimate<double> estimate;
  double value_norm = 1, policy_norm = 1;

  Scene() {
    estimate.resize(batch.size(), batch.successor_count());
    estimate.values.setOnes();
    estimate.advantages.setOnes();
    estimate.value_targets.setOnes();
  }
  [[nodiscard]] std::optional<Divergence> look() const {
    return find_divergence(agent, batch, estimate, value_norm, policy_norm);
  }
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("where all is finite nothing is found") { CHECK_FALSE(Scene().look().has_value()); }

TEST_CASE("the first number on the way of the data is named, with its place") {
  // from the last on the way to the first: each is found although all after it are broken too
  Scene scene;
  scene.agent.policy.parameters()[4] = kNan;
  CHECK(scene.look()->what == "policy parameter");
  CHECK(scene.look()->index == 4);
  scene.policy_norm = kInfinite;
  CHECK(scene.look()->what == "policy gradient");
  CHECK(scene.look()->index == -1);
  scene.agent.value.parameters()[2] = -kInfinite;
  CHECK(scene.look()->what == "value parameter");
  CHECK(scene.look()->words == "value parameter 2 of 13 became -inf");
  scene.value_norm = kNan;
  CHECK(scene.look()->what == "value gradient");
  scene.estimate.value_targets[7] = kInfinite;
  CHECK(scene.look()->what == "value target");
  scene.estimate.advantages[6] = kNan;
  CHECK(scene.look()->what == "advantage");
  CHECK(scene.look()->index == 6);
  scene.estimate.values[5] = kNan;
  CHECK(scene.look()->what == "value");
  scene.batch.rewards(2, 3) = kInfinite;
  CHECK(scene.look()->what == "reward");
  // n = t E + e
  CHECK(scene.look()->index == 3 * 3 + 2);
  CHECK(scene.look()->words == "reward of environment 2 at step 3 is inf");
  scene.batch.log_probs[8] = kNan;
  CHECK(scene.look()->what == "log-probability");
  scene.batch.actions(0, 9) = kNan;
  CHECK(scene.look()->what == "action");
  CHECK(scene.look()->words == "action of environment 0 at step 3 is nan");
  scene.batch.observations(1, 10) = kInfinite;
  CHECK(scene.look()->what == "observation");
  CHECK(scene.look()->index == 10);
  CHECK(scene.look()->component == 1);
  CHECK(scene.look()->words == "observation (component 1) of environment 1 at step 3 is inf");
}

TEST_CASE("a batch goes to a file with all that was made of it") {
  const TemporaryFolder folder;
  Scene scene;
  scene.estimate.advantages[6] = kNan;
  const auto path = folder.path() / "batch.safetensors";
  save_batch(path, scene.batch, scene.estimate, {{"iteration", "3"}});

  StateReader reader(path);
  Matrix<double> observations, rewards, successors;
  Vector<double> advantages;
  std::vector<std::uint8_t> endings;
  reader("observations", observations);
  reader("rewards", rewards);
  reader("successors", successors);
  reader("advantages", advantages);
  reader("endings", endings);
  CHECK(observations == scene.batch.observations);
  CHECK(rewards == scene.batch.rewards);
  CHECK(successors == scene.batch.successors.leftCols(scene.batch.successor_count()));
  CHECK(std::isnan(advantages[6]));
  for (Index n = 0; n < scene.batch.size(); ++n) {
    CHECK(endings[static_cast<std::size_t>(n)] == static_cast<std::uint8_t>(scene.batch.endings(n)));
  }
  CHECK(reader.file().metadata().at("iteration") == "3");
}
