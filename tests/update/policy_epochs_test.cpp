// SPDX-License-Identifier: MIT
#include "vantage/update/policy_epochs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "optim/round_trip.hpp"
#include "update/by_hand.hpp"
#include "vantage/update/surrogate.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

const surrogate::ImportanceWeighted kWeighted;

struct Run {
  Context context;
  Policy policy = small_policy();
  DrawnBatch<> drawn;
  PolicyEpochs<Policy> epochs;

  explicit Run(const PolicyEpochsOptions& options, Index samples = 96, Index threads = 1, std::uint64_t seed = 5)
      : context({.seed = seed, .threads = threads}), drawn(policy, samples), epochs(options, "Run") {}

  PolicyReport operator()() {
    return epochs.run(policy, drawn.batch, drawn.estimate.advantages, context, kWeighted, nullptr);
  }
};

// a surrogate that writes down the minibatches it sees and pulls at nothing
struct Recorder {
  std::vector<std::vector<double>>& advantages;
  std::vector<double>& log_prob_misses;

  void operator()(const auto& log_probs, const auto& old_log_probs, const auto& its_advantages, auto& slopes) const {
    advantages.emplace_back();
    for (Index n = 0; n < slopes.size(); ++n) {
      advantages.back().push_back(its_advantages[n]);
      log_prob_misses.push_back(std::abs(log_probs[n] - old_log_probs[n]));
    }
    slopes.setZero();
  }
};

// the minibatches of an update, by the numbers that stand for their samples
std::vector<std::vector<double>> minibatches(const PolicyEpochsOptions& options, Index samples, std::uint64_t seed,
                                             Index threads = 1) {
  Run run(options, samples, threads, seed);
  Vector<double> numbers = Vector<double>::LinSpaced(samples, 0, static_cast<double>(samples - 1));
  std::vector<std::vector<double>> result;
  std::vector<double> misses;
  run.epochs.run(run.policy, run.drawn.batch, numbers, run.context, Recorder{result, misses}, nullptr);
  // observation, action and log-probability of a sample stay together, and the ratio is 1
  CHECK(*std::max_element(misses.begin(), misses.end()) < 1e-12);
  return result;
}

PolicyEpochsOptions momentum_options(Index optimizer_kind) {
  PolicyEpochsOptions options{.epochs = 6, .minibatch = 24};
  options.optimizer = AdamOptions{.learning_rate = Schedule::linear(0.03, 0.001)};
  if (optimizer_kind == 1) options.optimizer = SgdOptions{.learning_rate = 0.03, .momentum = 0.9};
  if (optimizer_kind == 2) options.optimizer = RmsPropOptions{.learning_rate = 0.01};
  return options;
}

}  // namespace

TEST_CASE("every epoch sees every sample once, in minibatches that the seed orders") {
  const PolicyEpochsOptions options{.epochs = 3, .minibatch = 16};
  const auto seen = minibatches(options, 96, 5);
  REQUIRE(seen.size() == 18);
  std::vector<std::vector<double>> passes(3);
  for (std::size_t step = 0; step < seen.size(); ++step) {
    CHECK(seen[step].size() == 16);
    passes[step / 6].insert(passes[step / 6].end(), seen[step].begin(), seen[step].end());
  }
  for (const auto& pass : passes) {
    CHECK(std::set<double>(pass.begin(), pass.end()).size() == 96);
    CHECK_FALSE(std::is_sorted(pass.begin(), pass.end()));
  }
  CHECK(passes[0] != passes[1]);
  CHECK(minibatches(options, 96, 5, 3) == seen);
  CHECK(minibatches(options, 96, 6) != seen);

  // what does not fill a minibatch is left out of the epoch
  CHECK(minibatches({.epochs = 2, .minibatch = 40}, 96, 5).size() == 4);
  // the whole batch comes in its own order, however it is asked for
  for (const Index minibatch : {0, 96, 500}) {
    const auto whole = minibatches({.epochs = 2, .minibatch = minibatch}, 96, 5);
    REQUIRE(whole.size() == 2);
    for (const auto& pass : whole) {
      CHECK(pass.size() == 96);
      CHECK(std::is_sorted(pass.begin(), pass.end()));
    }
  }
}

TEST_CASE("minibatches take one number of the learner's stream, a whole batch none") {
  Run some({.epochs = 3, .minibatch = 16}), whole({.epochs = 3});
  Rng expected = some.context.rng();
  whole();
  CHECK(whole.context.rng() == expected);
  some();
  expected();
  CHECK(some.context.rng() == expected);
}

TEST_CASE("advantages are normalised over the batch or over each minibatch") {
  const auto sums = [](AdvantageNormalization kind) {
    double farthest_mean = 0, farthest_square = 0;
    for (const auto& one : minibatches({.minibatch = 16, .advantage_normalization = kind}, 96, 5)) {
      double mean = 0, square = 0;
      for (const double a : one) mean += a / 16;
      for (const double a : one) square += (a - mean) * (a - mean) / 16;
      farthest_mean = std::max(farthest_mean, std::abs(mean));
      farthest_square = std::max(farthest_square, std::abs(square - 1));
    }
    return std::pair(farthest_mean, farthest_square);
  };
  CHECK(sums(AdvantageNormalization::minibatch).first < 1e-12);
  CHECK(sums(AdvantageNormalization::minibatch).second < 1e-8);
  CHECK(sums(AdvantageNormalization::batch).first > 0.05);
  CHECK(sums(AdvantageNormalization::batch).first < 1);
  // of the numbers 0 .. 95 the mean is 47.5 and the variance (96^2 - 1) / 12
  const auto whole = minibatches({.advantage_normalization = AdvantageNormalization::batch}, 96, 5).at(0);
  CHECK(whole[0] == Approx(-47.5 / std::sqrt((96.0 * 96 - 1) / 12)).epsilon(1e-8));
  CHECK(minibatches({.advantage_normalization = AdvantageNormalization::minibatch}, 96, 5).at(0) == whole);
  CHECK(minibatches({}, 96, 5).at(0)[95] == 95);
}

TEST_CASE("of equal advantages normalising leaves nothing, in single precision too") {
  for (const float advantage : {0.3F, -7.1F, 123.4F}) {
    Context context;
    auto policy = small_policy<float>();
    DrawnBatch<float> drawn(policy, 90);
    drawn.estimate.advantages.setConstant(advantage);
    for (const Index minibatch : {0, 30}) {
      PolicyEpochs<GaussianPolicy<float>> epochs(
          {.minibatch = minibatch, .advantage_normalization = AdvantageNormalization::minibatch}, "Run");
      const PolicyReport report =
          epochs.run(policy, drawn.batch, drawn.estimate.advantages, context, kWeighted, nullptr);
      CHECK(report.gradient_norm < 1e-5);
    }
  }
}

TEST_CASE("stopping ends the epochs after the one that left the region; reverting takes that one back") {
  for (const Index kind : {0, 1, 2}) {
    PolicyEpochsOptions options = momentum_options(kind);
    // how far one epoch, two, ... go
    std::vector<double> mean_kls;
    for (options.epochs = 1; options.epochs <= 6; ++options.epochs) mean_kls.push_back(Run(options)().step.mean_kl);
    options.epochs = 6;
    REQUIRE(std::is_sorted(mean_kls.begin(), mean_kls.begin() + 4));
    for (Index last = 1; last <= 4; ++last) {
      const double reached = mean_kls[static_cast<std::size_t>(last - 1)];
      const double bound = last == 1 ? reached / 2 : (reached + mean_kls[static_cast<std::size_t>(last - 2)]) / 2;

      options.trust_region = {.max_mean_kl = bound, .on_violation = OnViolation::stop};
      Run stop(options);
      const PolicyReport stopped = stop();
      CHECK(stopped.epochs == last);
      CHECK(stopped.violated);
      CHECK(stopped.stopped);
      CHECK_FALSE(stopped.reverted);
      CHECK(stopped.step.mean_kl == reached);

      options.trust_region.on_violation = OnViolation::revert;
      Run revert(options);
      const PolicyReport reverted = revert();
      CHECK(reverted.epochs == last);
      CHECK(reverted.violated);
      CHECK(reverted.stopped);
      CHECK(reverted.reverted);
      CHECK(reverted.step.mean_kl == reached);

      // the same, made with so many epochs and no bound; one more step finds the optimisers alike
      const auto plain = [&](Index epochs) {
        PolicyEpochsOptions free = momentum_options(kind);
        free.epochs = std::max<Index>(epochs, 1);
        auto run = std::make_unique<Run>(free);
        if (epochs > 0) (*run)();
        return run;
      };
      const auto kept = plain(last), taken_back = plain(last - 1);
      CHECK(stop.policy.parameters() == kept->policy.parameters());
      CHECK(revert.policy.parameters() == taken_back->policy.parameters());
      const Vector<double> gradient = Vector<double>::LinSpaced(kept->policy.parameters().size(), -1, 1);
      for (const auto& [one, other] : {std::pair(&stop, kept.get()), std::pair(&revert, taken_back.get())}) {
        CHECK(one->epochs.optimizer().steps() == other->epochs.optimizer().steps());
        one->epochs.optimizer().step(one->policy.parameters(), gradient);
        other->epochs.optimizer().step(other->policy.parameters(), gradient);
        CHECK(one->policy.parameters() == other->policy.parameters());
      }
      CHECK(stop.epochs.optimizer().steps() == 4 * last + 1);
      CHECK(revert.epochs.optimizer().steps() == 4 * (last - 1) + 1);
    }
  }
}

TEST_CASE("observing reports a violation and goes on to the last epoch") {
  PolicyEpochsOptions options = momentum_options(0);
  Run free(options);
  const PolicyReport unbounded = free();
  CHECK_FALSE(unbounded.violated);
  options.trust_region = {.max_mean_kl = 0, .on_violation = OnViolation::observe};
  Run run(options);
  const PolicyReport report = run();
  CHECK(report.violated);
  CHECK_FALSE(report.stopped);
  CHECK_FALSE(report.reverted);
  CHECK(report.epochs == 6);
  CHECK(run.policy.parameters() == free.policy.parameters());
}

TEST_CASE("each of the five bounds stops the epochs by itself") {
  PolicyEpochsOptions options = momentum_options(0);
  options.epochs = 1;
  const StepMeasure step = Run(options)().step;
  REQUIRE(step.clip_fraction > 0);
  REQUIRE(step.clip_fraction < 1);
  options.epochs = 4;
  // a bound a little inside what the first epoch reaches, or never reached
  const auto epochs = [&](const TrustRegionOptions& region) {
    PolicyEpochsOptions bounded = options;
    bounded.trust_region = region;
    bounded.trust_region.on_violation = OnViolation::stop;
    Run run(bounded);
    const PolicyReport report = run();
    CHECK(report.violated == (report.epochs == 1));
    return report.epochs;
  };
  CHECK(epochs({.max_mean_kl = 0.99 * step.mean_kl}) == 1);
  CHECK(epochs({.max_state_kl = 0.99 * step.max_kl}) == 1);
  CHECK(epochs({.min_ratio = 1.01 * step.min_ratio}) == 1);
  CHECK(epochs({.max_ratio = 0.99 * step.max_ratio}) == 1);
  CHECK(epochs({.max_clip_fraction = 0.99 * step.clip_fraction}) == 1);
  CHECK(epochs({.max_mean_kl = 1e9}) == 4);
  CHECK(epochs({.max_state_kl = 1e9}) == 4);
  CHECK(epochs({.min_ratio = 1e-9}) == 4);
  CHECK(epochs({.max_ratio = 1e9}) == 4);
  // what counts as clipped is the region's own
  CHECK(epochs({.max_clip_fraction = 0.99 * step.clip_fraction, .clip_range = 1e9}) == 4);
}

TEST_CASE("an epoch that ends in numbers that are none is taken back") {
  PolicyEpochsOptions options{.optimizer = SgdOptions{.learning_rate = 0.01}, .epochs = 3};
  options.trust_region = {.max_mean_kl = 1, .on_violation = OnViolation::revert};
  Run run(options);
  const Vector<double> start = run.policy.parameters();
  run.drawn.estimate.advantages[7] = std::numeric_limits<double>::quiet_NaN();
  const PolicyReport report = run();
  CHECK(report.reverted);
  CHECK(report.epochs == 1);
  CHECK(run.policy.parameters() == start);
}

TEST_CASE("the rate adapts after each epoch, and stays adapted") {
  for (const double target : {1e-9, 1e3}) {
    PolicyEpochsOptions options{.optimizer = SgdOptions{.learning_rate = 0.01}, .epochs = 3};
    options.adaptive_rate = {.target_kl = target, .factor = 1.5, .min_rate = 0.0015, .max_rate = 0.08};
    Run run(options), by_hand(options);
    const double change = target < 1 ? 1 / 1.5 : 1.5;
    double rate = 0.01;
    double last = 0;
    for (int update = 0; update < 2; ++update) {
      for (int epoch = 0; epoch < 3; ++epoch) {
        Optimizer<double> sgd(SgdOptions{.learning_rate = rate});
        update_by_hand(by_hand.policy, by_hand.drawn.batch, by_hand.drawn.estimate.advantages, {}, sgd, Rng(0),
                       [](double ratio, double advantage) { return ratio * advantage; });
        last = rate;
        rate = std::clamp(rate * change, 0.0015, 0.08);
      }
      CHECK(run().learning_rate == Approx(last).epsilon(1e-12));
      CHECK((run.policy.parameters() - by_hand.policy.parameters()).cwiseAbs().maxCoeff() < 1e-10);
    }
  }
}

TEST_CASE("the rate adapts before each step, to the step's own samples") {
  // whole batches, so that a step's samples are known; the target lies between what the steps reach
  const double target = 4e-3;
  PolicyEpochsOptions options{.optimizer = SgdOptions{.learning_rate = 0.01}, .epochs = 8};
  options.adaptive_rate = {
      .target_kl = target, .factor = 1.5, .min_rate = 1e-6, .max_rate = 1, .every = AdaptEvery::minibatch};
  Run run(options, 96, 2), by_hand(options);
  double rate = 0.01;
  std::set<int> directions;
  for (int update = 0; update < 2; ++update) {
    for (int step = 0; step < 8; ++step) {
      Vector<double> log_probs(96);
      const Batch<double>& batch = by_hand.drawn.batch;
      by_hand.policy.log_prob(batch.observations, batch.actions, by_hand.context, log_probs);
      double divergence = 0;
      for (Index n = 0; n < 96; ++n) {
        const double log_ratio = log_probs[n] - batch.log_probs[n];
        divergence += (std::exp(log_ratio) - 1 - log_ratio) / 96;
      }
      const int direction = divergence > 2 * target ? -1 : divergence < target / 2 ? 1 : 0;
      directions.insert(direction);
      rate *= std::pow(1.5, direction);
      Optimizer<double> sgd(SgdOptions{.learning_rate = rate});
      update_by_hand(by_hand.policy, batch, by_hand.drawn.estimate.advantages, {}, sgd, Rng(0),
                     [](double ratio, double advantage) { return ratio * advantage; });
    }
    CHECK(run().learning_rate == Approx(rate).epsilon(1e-12));
    CHECK((run.policy.parameters() - by_hand.policy.parameters()).cwiseAbs().maxCoeff() < 1e-10);
  }
  CHECK(directions == std::set<int>{-1, 0, 1});
}

TEST_CASE("the KL of an update is measured from the policy that drew the batch") {
  const PolicyEpochsOptions options{.optimizer = SgdOptions{.learning_rate = 0}};
  Run run(options);
  const Policy drew = run.policy;
  run.policy = small_policy(8);
  const PolicyReport report =
      run.epochs.run(run.policy, run.drawn.batch, run.drawn.estimate.advantages, run.context, kWeighted, &drew);
  Vector<double> kl(96);
  drew.kl_divergence(run.policy, run.drawn.batch.observations, run.context, kl);
  CHECK(kl.mean() > 0.01);
  CHECK(report.step.mean_kl == Approx(kl.mean()).epsilon(1e-12));
}

TEST_CASE("updates do not depend on the number of threads") {
  for (const Index minibatch : {0, 300}) {
    PolicyEpochsOptions options = momentum_options(0);
    options.epochs = 2;
    options.minibatch = minibatch;
    options.max_gradient_norm = 0.1;
    options.entropy_coefficient = 0.01;
    Run one(options, 700, 1);
    const PolicyReport expected = one();
    for (const Index threads : {2, 3}) {
      Run run(options, 700, threads);
      const PolicyReport report = run();
      CHECK(run.policy.parameters() == one.policy.parameters());
      CHECK(report.step.mean_kl == expected.step.mean_kl);
      CHECK(report.gradient_norm == expected.gradient_norm);
    }
  }
}

TEST_CASE("epochs: a state that was written and read goes on with the same bits") {
  for (const Index kind : {0, 1, 2}) {
    PolicyEpochsOptions options = momentum_options(kind);
    options.adaptive_rate = {.target_kl = 1e-6, .min_rate = 1e-9};
    Run one(options);
    one();
    one();
    Run two(options);
    copy_state(one.policy, two.policy);
    copy_state(one.epochs, two.epochs);
    copy_state(one.context.rng(), two.context.rng());
    // the optimiser alone is not enough
    Run three(options);
    copy_state(one.policy, three.policy);
    copy_state(one.epochs.optimizer(), three.epochs.optimizer());
    copy_state(one.context.rng(), three.context.rng());
    const double rate = one().learning_rate;
    CHECK(two().learning_rate == rate);
    CHECK(three().learning_rate != rate);
    CHECK(one.policy.parameters() == two.policy.parameters());
    CHECK(one.policy.parameters() != three.policy.parameters());
  }
}

TEST_CASE("impossible options are refused in the name of the update") {
  const auto make = [](const PolicyEpochsOptions& options) { PolicyEpochs<Policy>(options, "Somebody"); };
  CHECK_NOTHROW(make({}));
  CHECK_THROWS_WITH(make({.epochs = 0}), Catch::Matchers::ContainsSubstring("Somebody: expected epochs >= 1, got 0"));
  CHECK_THROWS_AS(make({.minibatch = -1}), std::invalid_argument);
  CHECK_THROWS_AS(make({.entropy_coefficient = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(make({.entropy_coefficient = Schedule::linear(0, HUGE_VAL)}), std::invalid_argument);
  CHECK_THROWS_AS(make({.optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-3, -1e-3)}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(make({.max_gradient_norm = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(make({.adaptive_rate = {.target_kl = -1}}), std::invalid_argument);
  CHECK_THROWS_AS(make({.trust_region = {.min_ratio = 2}}), std::invalid_argument);
  CHECK_THROWS_AS(make({.optimizer = SgdOptions{.momentum = 1}}), std::invalid_argument);
}

TEST_CASE("a revert catches numbers that end in the midst of the epochs, where nothing is bounded too") {
  PolicyEpochsOptions options{.epochs = 4};
  options.trust_region.on_violation = OnViolation::revert;
  // what is not a number from the second epoch on
  const auto update = [](Run& run) {
    int passes = 0;
    return run.epochs.run(
        run.policy, run.drawn.batch, run.drawn.estimate.advantages, run.context,
        [&](const auto& log_probs, const auto& old_log_probs, const auto& advantages, auto& slopes) {
          kWeighted(log_probs, old_log_probs, advantages, slopes);
          if (++passes > 1) slopes *= std::nan("");
        },
        nullptr);
  };
  Run run(options);
  const PolicyReport report = update(run);
  CHECK(report.violated);
  CHECK(report.reverted);
  CHECK(report.epochs == 2);
  options.epochs = 1;
  options.trust_region.on_violation = OnViolation::observe;
  Run once(options);
  update(once);
  CHECK(run.policy.parameters() == once.policy.parameters());
}

TEST_CASE("of a single sample nothing is normalised") {
  using Catch::Matchers::ContainsSubstring;
  PolicyEpochsOptions options{.minibatch = 1, .advantage_normalization = AdvantageNormalization::minibatch};
  CHECK_THROWS_WITH(Run(options), ContainsSubstring("Run: expected minibatches of two samples or more"));
  options.minibatch = 2;
  CHECK_NOTHROW(Run(options)());
  // the mean and deviation of the batch are those of many
  options = {.minibatch = 1, .advantage_normalization = AdvantageNormalization::batch};
  CHECK(Run(options)().gradient_norm > 0);
  CHECK_THROWS_WITH(Run(options, 1)(), ContainsSubstring("Run: expected a batch of two samples or more"));
  options.advantage_normalization = AdvantageNormalization::none;
  CHECK(Run(options, 1)().gradient_norm > 0);
}
