// SPDX-License-Identifier: MIT
// A policy saved without the statistics that it saw the world through, or without the map of its actions, and so worth
// nothing after loading: Stable-Baselines3 #1256, #468 and #836, stable-baselines #524, Isaac Lab #2635 and #3836,
// CleanRL #310 and #400, Sample Factory #284.
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/rollout/evaluate.hpp"

using namespace vantage;

TEST_CASE("a loaded policy acts as it did in training, on raw observations and in the task's units") {
  const TemporaryFolder folder;
  testing::PpoLearner<> learner(4);
  learner.run(3);
  const auto path = folder.path() / "policy.safetensors";
  save_policy(path, learner.agent.policy, &learner.source.normalizer(), ActionMap::clip_and_rescale,
              learner.source.spec());

  auto deployed = DeployedPolicy<float>::load(path);
  Context context;
  Rng rng(2);
  double without = 0;
  for (int i = 0; i < 100; ++i) {
    const Vector<double> raw = Eigen::Vector3d(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-8, 8));
    Vector<double> action(1);
    deployed.act(raw, action);
    Matrix<float> seen(3, 1), mode(1, 1);
    learner.source.normalizer().apply(raw, seen.col(0));
    learner.agent.policy.mode(seen, mode, context, 0);
    const double expected = 2 * std::clamp(static_cast<double>(mode(0, 0)), -1.0, 1.0);
    CHECK(action[0] == Approx(expected).margin(1e-6));
    learner.agent.policy.mode(raw.cast<float>(), mode, context, 0);
    without += std::abs(2 * std::clamp(static_cast<double>(mode(0, 0)), -1.0, 1.0) - expected);
  }
  // the statistics do matter here
  CHECK(without > 1e-3);
}

TEST_CASE("what a policy is worth is the same to the bit after it was saved and loaded") {
  const TemporaryFolder folder;
  testing::PpoLearner<> learner(5);
  learner.run(3);
  const auto path = folder.path() / "policy.safetensors";
  save_policy(path, learner.agent.policy, &learner.source.normalizer(), ActionMap::clip, learner.source.spec());
  const auto file = load_policy<float>(path);
  REQUIRE(file.normalizer.has_value());
  const EvaluationOptions options{.episodes = 4, .seed = 9, .max_episode_steps = 60};
  const auto before =
      evaluate(Pendulum{}, learner.agent.policy, &learner.source.normalizer(), learner.context, options).returns;
  const auto after = file.policy.visit([&](const auto& policy) {
    if constexpr (StochasticPolicy<std::decay_t<decltype(policy)>>) {
      return evaluate(Pendulum{}, policy, &*file.normalizer, learner.context, options).returns;
    } else {
      return std::vector<double>{};
    }
  });
  CHECK(before == after);
  const auto raw = evaluate(Pendulum{}, learner.agent.policy, nullptr, learner.context, options).returns;
  CHECK(before != raw);
}
