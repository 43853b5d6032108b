// SPDX-License-Identifier: MIT
#include "vantage/rollout/evaluate.hpp"

#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

GaussianPolicy<double> make_policy() {
  Rng rng(3);
  return GaussianPolicy<double>(2, 1, {.hidden = {5}, .initialization = {.output_gain = 1}}, rng);
}

Normalizer seen() {
  Normalizer normalizer(2);
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(1, 5));
  moments.add(Eigen::Vector2d(-2, 1));
  normalizer.update(moments);
  return normalizer;
}

}  // namespace

TEST_CASE("deterministic episodes are those of the mode, played by hand") {
  const auto policy = make_policy();
  const Normalizer normalizer = seen();
  Context context({.threads = 2});
  for (const Normalizer* used : {static_cast<const Normalizer*>(nullptr), &normalizer}) {
    const Evaluation result = evaluate(Walk({.bound = 0.9}), policy, used, context,
                                       {.episodes = 6, .deterministic = true, .seed = 8, .gamma = 0.5});
    REQUIRE(result.returns.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      Rng rng(8, i);
      double x = rng.uniform(-1, 1);
      double sum = 0, discounted = 0, discount = 1;
      Index n = 0;
      do {
        Matrix<double> shown(2, 1), action(1, 1);
        shown << x, static_cast<double>(n);
        if (used != nullptr) used->apply(Vector<double>(shown.col(0)), shown.col(0));
        if (n == 0) CHECK((result.first_observations.col(static_cast<Index>(i)) - shown).norm() < 1e-14);
        policy.mode(shown, action, context, 0);
        x += 0.3 * std::clamp(action(0, 0), -1.0, 2.0);
        ++n;
        const double reward = x + 0.1 * static_cast<double>(n);
        sum += reward;
        discounted += discount * reward;
        discount *= 0.5;
      } while (std::abs(x) <= 0.9 && n < 7);
      CHECK(result.lengths[i] == n);
      CHECK(result.returns[i] == Approx(sum).epsilon(1e-12));
      CHECK(result.discounted_returns[i] == Approx(discounted).epsilon(1e-12));
    }
  }
}

TEST_CASE("evaluation depends on its seed, neither on threads nor on the number of episodes") {
  const auto policy = make_policy();
  std::vector<double> first;
  for (const Index threads : {1, 3}) {
    Context context({.threads = threads});
    const Rng before = context.rng();
    const Evaluation result = evaluate(Walk(), policy, nullptr, context, {.episodes = 9});
    CHECK(context.rng() == before);
    if (threads == 1) first = result.returns;
    CHECK(result.returns == first);
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 9, .seed = 2}).returns != first);
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 4}).returns ==
          std::vector<double>(first.begin(), first.begin() + 4));
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 9, .deterministic = true}).returns != first);
  }
}

TEST_CASE("an evaluation that would not end or begin is refused") {
  const auto policy = make_policy();
  Context context;
  CHECK_THROWS_AS(evaluate(Walk(), policy, nullptr, context, {.episodes = 0}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate(Walk(), policy, nullptr, context, {.max_episode_steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate(Walk({.limit = 0}), policy, nullptr, context), std::invalid_argument);
  CHECK(evaluate(Walk({.limit = 0}), policy, nullptr, context, {.episodes = 1, .max_episode_steps = 3}).lengths[0] ==
        3);
}
