// SPDX-License-Identifier: MIT
#include "vantage/update/ppo.hpp"

#include "optim/round_trip.hpp"
#include "update/by_hand.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

constexpr Index kSamples = 96;

// the slope of min(ratio A, clip(ratio) A) to log pi, by cases
auto clipped_slope(double range) {
  return [range](double ratio, double advantage) {
    const bool left = advantage > 0 ? ratio > 1 + range : ratio < 1 - range;
    return left ? 0 : ratio * advantage;
  };
}

struct Run {
  Context context{{.seed = 5}};
  Policy policy = small_policy();
  DrawnBatch<> drawn{policy, kSamples};
  Ppo<Policy> ppo;

  explicit Run(const PpoOptions& options) : ppo(options) {}
  PolicyReport operator()() { return ppo(policy, drawn.batch, drawn.estimate, context); }
};

}  // namespace

TEST_CASE("updates are what a loop over single samples makes") {
  for (const Index minibatch : {0, 24}) {
    for (const AdvantageNormalization normalization :
         {AdvantageNormalization::none, AdvantageNormalization::batch, AdvantageNormalization::minibatch}) {
      const bool plain = normalization == AdvantageNormalization::none;
      const ByHand hand{.optimizer = AdamOptions{.learning_rate = Schedule::linear(0.05, 0.01), .epsilon = 1e-5},
                        .epochs = 3,
                        .minibatch = minibatch,
                        .max_gradient_norm = plain ? 0 : 0.4,
                        .normalization = normalization,
                        .entropy_coefficient = plain ? 0 : 0.05};
      Run run({.optimizer = hand.optimizer,
               .epochs = hand.epochs,
               .minibatch = hand.minibatch,
               .clip_range = 0.15,
               .max_gradient_norm = hand.max_gradient_norm,
               .advantage_normalization = hand.normalization,
               .entropy_coefficient = hand.entropy_coefficient});
      Policy expected = run.policy;
      Optimizer<double> optimizer(hand.optimizer);
      const Rng stream = minibatch_stream(run.context);
      int gone = 0;
      const auto slope = [&](double ratio, double advantage) {
        const double result = clipped_slope(0.15)(ratio, advantage);
        if (result == 0) ++gone;
        return result;
      };
      update_by_hand(expected, run.drawn.batch, run.drawn.estimate.advantages, hand, optimizer, stream, slope);
      const PolicyReport report = run();
      CHECK(gone > 20);  // else nothing was clipped
      CHECK((run.policy.parameters() - expected.parameters()).cwiseAbs().maxCoeff() < 1e-7);
      CHECK(report.epochs == 3);
      CHECK(run.ppo.optimizer().steps() == (minibatch == 0 ? 3 : 12));
    }
  }
}

TEST_CASE("the first step on the whole batch is that of the plain policy gradient, whatever the range") {
  // with rate 1 plain descent moves by the gradient itself
  const SgdOptions sgd{.learning_rate = 1};
  Run start({});
  Policy by_vpg = start.policy;
  Vpg<Policy>({.optimizer = sgd})(by_vpg, start.drawn.batch, start.drawn.estimate, start.context);
  const Vector<double> gradient = by_vpg.parameters() - start.policy.parameters();
  REQUIRE(gradient.norm() > 0.01);
  for (const double range : {1e-6, 0.2, 1e6}) {
    Run run({.optimizer = sgd,
             .epochs = 1,
             .minibatch = 0,
             .clip_range = range,
             .max_gradient_norm = 0,
             .advantage_normalization = AdvantageNormalization::none});
    const PolicyReport report = run();
    CHECK((run.policy.parameters() - by_vpg.parameters()).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(report.gradient_norm == Approx(gradient.norm()).epsilon(1e-10));
  }
}

TEST_CASE("a batch whose samples have all left the range where their advantages pull moves nothing") {
  // a policy of a bias alone, and actions of advantage 1 that it has made much more probable, or -1 and less
  for (const double sign : {1.0, -1.0}) {
    Run run({.optimizer = SgdOptions{.learning_rate = 1},
             .epochs = 2,
             .advantage_normalization = AdvantageNormalization::none});
    run.drawn.batch.log_probs.array() -= sign * 0.5;
    run.drawn.estimate.advantages.setConstant(sign);
    const Vector<double> start = run.policy.parameters();
    CHECK(run().gradient_norm == 0);
    CHECK(run.policy.parameters() == start);
    // the two pessimistic cases: out of range on the other side a sample pulls
    run.drawn.estimate.advantages.setConstant(-sign);
    CHECK(run().gradient_norm > 0);
    CHECK(run.policy.parameters() != start);
  }
}

TEST_CASE("range, learning rate and entropy coefficient follow their schedules") {
  // all by the share of the run, in every step of an update alike
  const Schedule range = Schedule::linear(0.3, 0.05);
  const Schedule entropy = Schedule::geometric(0.2, 0.05);
  const ByHand hand{.optimizer = SgdOptions{.learning_rate = Schedule::linear(0.4, 0.1)}, .epochs = 4};
  Run run({.optimizer = hand.optimizer,
           .epochs = 4,
           .minibatch = 0,
           .clip_range = range,
           .max_gradient_norm = 0,
           .advantage_normalization = AdvantageNormalization::none,
           .entropy_coefficient = entropy});
  Policy expected = run.policy;
  Optimizer<double> optimizer(hand.optimizer);
  for (int update = 0; update < 3; ++update) {
    const double share = update / 2.0;
    run.context.set_progress(share);
    optimizer.set_progress(share);
    ByHand now = hand;
    now.entropy_coefficient = 0.2 * std::pow(0.5, update);
    // where the policy stands, so do the old probabilities
    run.policy.log_prob(run.drawn.batch.observations, run.drawn.batch.actions, run.context, run.drawn.batch.log_probs);
    update_by_hand(expected, run.drawn.batch, run.drawn.estimate.advantages, now, optimizer, Rng(0),
                   clipped_slope(0.3 - 0.125 * update));
    const PolicyReport report = run();
    CHECK((run.policy.parameters() - expected.parameters()).cwiseAbs().maxCoeff() < 1e-7);
    CHECK(report.learning_rate == Approx(0.4 - 0.3 * share).epsilon(1e-15));
  }
}

TEST_CASE("a range that has fallen to 0 lets no ratio move away: one step on the whole batch, and then nothing") {
  for (const double advantage : {1.0, -1.0}) {
    Run run({.optimizer = SgdOptions{.learning_rate = 1e-3},
             .epochs = 10,
             .minibatch = 0,
             .clip_range = Schedule::linear(0.2, 0),
             .advantage_normalization = AdvantageNormalization::none});
    run.context.set_progress(1);
    // a sample of its own, whose ratio the first step moves where its advantage asks
    run.drawn = DrawnBatch<>(run.policy, 1);
    run.drawn.estimate.advantages.setConstant(advantage);
    run.policy.log_prob(run.drawn.batch.observations, run.drawn.batch.actions, run.context, run.drawn.batch.log_probs);
    const PolicyReport report = run();
    CHECK(report.epochs == 10);
    CHECK(report.gradient_norm == 0);
    CHECK(report.step.mean_kl > 0);
    CHECK(report.step.clip_fraction == 1);
  }
}

TEST_CASE("an entropy bonus keeps the policy wider") {
  const auto entropy = [](double coefficient) {
    Run run({.optimizer = AdamOptions{.learning_rate = 0.01}, .entropy_coefficient = coefficient});
    return run().step.entropy;
  };
  CHECK(entropy(0.5) > entropy(0) + 0.02);
  CHECK(entropy(-0.5) < entropy(0) - 0.02);
}

TEST_CASE("too large a divergence ends the epochs early") {
  PpoOptions options{.optimizer = AdamOptions{.learning_rate = 0.02}};
  options.trust_region = {.max_mean_kl = 0.01, .on_violation = OnViolation::stop};
  Run run(options);
  const PolicyReport report = run();
  CHECK(report.stopped);
  CHECK(report.epochs < 10);
  CHECK(report.step.mean_kl > 0.01);
  CHECK(Run({.optimizer = AdamOptions{.learning_rate = 0.02}})().epochs == 10);
}

TEST_CASE("minibatch updates of value and policy commute") {
  // each draws its samples from a stream of its own: in either order the same, as long as the streams are
  const auto run = [](bool value_first) {
    Run ppo({.epochs = 3, .minibatch = 24});
    Rng rng(7);
    ValueNetwork<double> value(2, {.hidden = {5}}, rng);
    ValueRegression<double> regression({.steps = 9, .minibatch = 20});
    Context value_context({.seed = 31});
    const auto fit = [&] {
      regression(value, ppo.drawn.batch.observations, ppo.drawn.estimate.advantages, value_context);
    };
    if (value_first) fit();
    ppo();
    if (!value_first) fit();
    return std::pair(ppo.policy.parameters(), value.parameters());
  };
  const auto [policy, value] = run(true);
  CHECK(run(false) == std::pair(policy, value));
  CHECK(policy != small_policy().parameters());
}

TEST_CASE("training in single precision is that in double precision, rounded") {
  Context context({.seed = 5});
  Run run({.epochs = 2, .minibatch = 24});
  auto policy = small_policy<float>();
  REQUIRE((policy.parameters().cast<double>() - run.policy.parameters()).norm() < 1e-6);
  DrawnBatch<float> drawn(policy, kSamples);
  drawn.batch.observations = run.drawn.batch.observations.cast<float>();
  drawn.batch.actions = run.drawn.batch.actions.cast<float>();
  drawn.batch.log_probs = run.drawn.batch.log_probs.cast<float>();
  drawn.estimate.advantages = run.drawn.estimate.advantages.cast<float>();
  Ppo<GaussianPolicy<float>> ppo({.epochs = 2, .minibatch = 24});
  ppo(policy, drawn.batch, drawn.estimate, context);
  run();
  CHECK((policy.parameters().cast<double>() - run.policy.parameters()).cwiseAbs().maxCoeff() < 1e-5);
}

TEST_CASE("PPO: a state that was written and read goes on with the same bits") {
  const PpoOptions options{.clip_range = Schedule::geometric(0.1, 0.05),
                           .entropy_coefficient = Schedule::linear(0.5, 0)};
  Run one(options), two(options);
  one();
  one();
  copy_state(one.policy, two.policy);
  copy_state(one.ppo, two.ppo);
  copy_state(one.context.rng(), two.context.rng());
  one();
  two();
  CHECK(one.policy.parameters() == two.policy.parameters());
}

TEST_CASE("PPO: impossible updates are refused") {
  CHECK_THROWS_AS(Ppo<Policy>({.clip_range = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Ppo<Policy>({.clip_range = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Ppo<Policy>({.clip_range = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_WITH(Ppo<Policy>({.clip_range = Schedule::linear(0.2, -0.2)}),
                    Catch::Matchers::ContainsSubstring("Ppo: expected clip_range >= 0, got -0.2 after a share 1"));
  CHECK_NOTHROW(Ppo<Policy>({.clip_range = Schedule::linear(0.2, 0)}));
  CHECK_THROWS_WITH(Ppo<Policy>({.epochs = 0}), Catch::Matchers::ContainsSubstring("Ppo: expected epochs >= 1"));
  CHECK_THROWS_AS(Ppo<Policy>({.minibatch = -64}), std::invalid_argument);
}

TEST_CASE("clipped is in the report what is beyond the update's own range") {
  Run run({.optimizer = AdamOptions{.learning_rate = 0.01},
           .epochs = 2,
           .minibatch = 0,
           .clip_range = Schedule::linear(0.02, 0.3)});
  for (const double range : {0.02, 0.3}) {
    run.context.set_progress(range < 0.1 ? 0 : 1);
    run.policy = small_policy();
    const PolicyReport report = run();
    CHECK(report.step.clip_fraction ==
          measure_step(small_policy(), run.policy, run.drawn.batch, run.context, range).clip_fraction);
    CHECK((report.step.clip_fraction > 0.1) == (range < 0.1));
  }
}
