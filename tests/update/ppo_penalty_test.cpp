// SPDX-License-Identifier: MIT
#include "vantage/update/ppo_penalty.hpp"

#include "optim/round_trip.hpp"
#include "update/by_hand.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

constexpr Index kSamples = 96;

struct Run {
  Context context{{.seed = 5}};
  Policy policy = small_policy();
  DrawnBatch<> drawn{policy, kSamples};
  PpoPenalty<Policy> ppo;

  explicit Run(const PpoPenaltyOptions& options) : ppo(options) {}
  PolicyReport operator()(const Policy* drawn_by = nullptr) {
    return ppo(policy, drawn.batch, drawn.estimate, context, drawn_by);
  }
};

// one plain step with rate 1: the policy moves by the gradient
PpoPenaltyOptions one_step() {
  return {.optimizer = SgdOptions{.learning_rate = 1},
          .epochs = 1,
          .minibatch = 0,
          .max_gradient_norm = 0,
          .advantage_normalization = AdvantageNormalization::none};
}

// penalties after updates with a rate that makes the divergence what it is to be
double penalty_after(double rate, PpoPenaltyOptions options) {
  options.optimizer = SgdOptions{.learning_rate = rate};
  Run run(options);
  run();
  return run.ppo.penalty();
}

}  // namespace

TEST_CASE("the step follows the gradient of the whole objective") {
  // in the middle of an update: the policy that drew the batch is another one
  PpoPenaltyOptions options = one_step();
  options.initial_penalty = 3;
  options.entropy_coefficient = 0.1;
  Run run(options);
  const Policy before = run.policy;
  run.policy = small_policy(4);
  Policy at = run.policy;
  const Batch<double>& batch = run.drawn.batch;
  Vector<double> log_probs(kSamples), kl(kSamples), entropy(kSamples);
  const Vector<double> expected = finite_difference(at.parameters(), [&] {
    at.log_prob(batch.observations, batch.actions, run.context, log_probs);
    before.kl_divergence(at, batch.observations, run.context, kl);
    at.entropy(batch.observations, run.context, entropy);
    const auto ratios = (log_probs - batch.log_probs).array().exp();
    return (ratios * run.drawn.estimate.advantages.array()).mean() - 3 * kl.mean() + 0.1 * entropy.mean();
  });
  REQUIRE(kl.mean() > 0.01);
  const Vector<double> start = run.policy.parameters();
  const PolicyReport report = run(&before);
  const Vector<double> gradient = run.policy.parameters() - start;
  CHECK((gradient - expected).cwiseAbs().maxCoeff() < 1e-7 * expected.norm());
  CHECK(report.gradient_norm == Approx(expected.norm()).epsilon(1e-7));
  CHECK(report.kl_penalty == 3);
}

TEST_CASE("updates are what a loop over single samples makes, beta by beta") {
  const ByHand hand{.optimizer = AdamOptions{.learning_rate = 0.02, .epsilon = 1e-5},
                    .epochs = 3,
                    .minibatch = 24,
                    .max_gradient_norm = 0.5,
                    .normalization = AdvantageNormalization::minibatch};
  Run run({.optimizer = hand.optimizer, .epochs = 3, .minibatch = 24, .target_kl = 0.005, .initial_penalty = 0.5});
  Policy expected = run.policy;
  Optimizer<double> optimizer(hand.optimizer);
  double beta = 0.5;
  for (int update = 0; update < 4; ++update) {
    ByHand now = hand;
    now.kl_penalty = beta;
    run.policy.log_prob(run.drawn.batch.observations, run.drawn.batch.actions, run.context, run.drawn.batch.log_probs);
    update_by_hand(expected, run.drawn.batch, run.drawn.estimate.advantages, now, optimizer,
                   minibatch_stream(run.context), [](double ratio, double advantage) { return ratio * advantage; });
    const PolicyReport report = run();
    CHECK((run.policy.parameters() - expected.parameters()).cwiseAbs().maxCoeff() < 1e-7);
    // the beta of this update; what comes of it is for the next one
    CHECK(report.kl_penalty == beta);
    if (report.step.mean_kl > 1.5 * 0.005) beta *= 2;
    if (report.step.mean_kl < 0.005 / 1.5) beta /= 2;
    CHECK(run.ppo.penalty() == beta);
  }
  CHECK(beta != 0.5);
}

TEST_CASE("beta doubles after steps too far, halves after steps too short, and keeps to its bounds") {
  PpoPenaltyOptions options = one_step();
  options.optimizer = SgdOptions{.learning_rate = 0.1};
  const double kl = Run(options)().step.mean_kl;
  REQUIRE(kl > 1e-6);
  // the same step, against targets on both sides of both edges
  const auto after = [&](double target) {
    PpoPenaltyOptions now = options;
    now.target_kl = target;
    return penalty_after(0.1, now);
  };
  CHECK(after(kl / 1.51) == 2);
  CHECK(after(kl / 1.49) == 1);
  CHECK(after(kl) == 1);
  CHECK(after(kl * 1.49) == 1);
  CHECK(after(kl * 1.51) == 0.5);

  // bounds; other factors and edges
  options.target_kl = kl / 10;
  options.max_penalty = 1.25;
  CHECK(penalty_after(0.1, options) == 1.25);
  options.max_penalty = 100;
  options.factor = 3;
  CHECK(penalty_after(0.1, options) == 3);
  options.tolerance = 11;
  CHECK(penalty_after(0.1, options) == 1);
  options.tolerance = 1.5;
  options.target_kl = 10 * kl;
  options.min_penalty = 0.75;
  CHECK(penalty_after(0.1, options) == 0.75);
}

TEST_CASE("a larger penalty keeps the policy nearer") {
  const auto mean_kl = [](double penalty) {
    Run run({.optimizer = AdamOptions{.learning_rate = 0.02}, .initial_penalty = penalty});
    return run().step.mean_kl;
  };
  CHECK(mean_kl(30) < 0.5 * mean_kl(1));
  CHECK(mean_kl(1) < mean_kl(1e-4));
}

TEST_CASE("PPO with a penalty: a state that was written and read goes on with the same bits") {
  const PpoPenaltyOptions options{.target_kl = 1e-4, .entropy_coefficient = 0.5};
  Run one(options), two(options);
  one();
  one();
  CHECK(one.ppo.penalty() != 1);
  copy_state(one.policy, two.policy);
  copy_state(one.ppo, two.ppo);
  copy_state(one.context.rng(), two.context.rng());
  CHECK(two.ppo.penalty() == one.ppo.penalty());
  one();
  two();
  CHECK(one.policy.parameters() == two.policy.parameters());
}

TEST_CASE("PPO with a penalty: impossible updates are refused") {
  CHECK_NOTHROW(PpoPenalty<Policy>());
  CHECK_THROWS_AS(PpoPenalty<Policy>({.target_kl = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PpoPenalty<Policy>({.initial_penalty = 1e5}), std::invalid_argument);
  CHECK_THROWS_AS(PpoPenalty<Policy>({.initial_penalty = 1e-5}), std::invalid_argument);
  CHECK_THROWS_AS(PpoPenalty<Policy>({.tolerance = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(PpoPenalty<Policy>({.factor = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(PpoPenalty<Policy>({.min_penalty = -1}), std::invalid_argument);
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(PpoPenalty<Policy>({.target_kl = bad}), std::invalid_argument);
    CHECK_THROWS_AS(PpoPenalty<Policy>({.tolerance = bad}), std::invalid_argument);
    CHECK_THROWS_AS(PpoPenalty<Policy>({.factor = bad}), std::invalid_argument);
    CHECK_THROWS_AS(PpoPenalty<Policy>({.min_penalty = bad}), std::invalid_argument);
    CHECK_THROWS_AS(PpoPenalty<Policy>({.max_penalty = bad}), std::invalid_argument);
  }
  CHECK_THROWS_WITH(PpoPenalty<Policy>({.epochs = 0}), Catch::Matchers::ContainsSubstring("PpoPenalty: expected"));
}
