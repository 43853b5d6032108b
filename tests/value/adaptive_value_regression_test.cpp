// SPDX-License-Identifier: MIT
#include "vantage/value/adaptive_value_regression.hpp"

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

static_assert(ValueUpdate<AdaptiveValueRegression<double>, ValueNetwork<double>, double>);

namespace {

struct Data {
  Matrix<double> inputs;
  Vector<double> targets;
};

// targets sin(3 x_0) + x_1 and noise
Data waves(Index count, double signal, double noise, std::uint64_t seed = 2) {
  Rng rng(seed);
  Data result{Matrix<double>(2, count), Vector<double>(count)};
  for (double& x : result.inputs.reshaped()) x = rng.normal();
  for (Index n = 0; n < count; ++n) {
    result.targets[n] = signal * (std::sin(3 * result.inputs(0, n)) + result.inputs(1, n)) + noise * rng.normal();
  }
  return result;
}

ValueNetwork<double> make(std::vector<Index> hidden = {16}) {
  Rng rng(9);
  return ValueNetwork<double>(2, {.hidden = std::move(hidden)}, rng);
}

double error(const ValueNetwork<double>& value, const Data& data) {
  Context context;
  Vector<double> values(data.targets.size());
  value.predict(data.inputs, context, values);
  return std::sqrt((values - data.targets).squaredNorm() / static_cast<double>(data.targets.size()));
}

constexpr Index kBudget = 400;

ValueRegressionOptions quick(double rate = 0.02) {
  return {.steps = kBudget, .optimizer = AdamOptions{.learning_rate = rate}};
}

}  // namespace

TEST_CASE("a value that is learned exactly takes few of the steps, one that still improves takes all") {
  Context context;
  // a linear value of linear targets
  Data exact = waves(300, 0, 0);
  exact.targets = (2 * exact.inputs.row(0) - exact.inputs.row(1)).transpose().array() + 0.5;
  auto linear = make({});
  AdaptiveValueRegression<double> update(quick(0.05));
  const ValueReport first = update(linear, exact.inputs, exact.targets, context);
  CHECK(first.steps < kBudget / 2);
  CHECK(error(linear, exact) < 0.02);
  CHECK(update.held_out().samples == 30);
  // learned already: what the patience takes, and no more
  CHECK(update(linear, exact.inputs, exact.targets, context).steps <= 60);

  const Data hard = waves(2000, 1, 0);
  auto value = make({32});
  AdaptiveValueRegression<double> slow(
      {.steps = 100, .optimizer = AdamOptions{.learning_rate = 5e-3}, .minibatch = 250});
  const ValueReport report = slow(value, hard.inputs, hard.targets, context);
  CHECK(report.steps == 100);
  CHECK(slow.held_out().kept_steps >= 90);
  CHECK(report.error_after < 0.6 * report.error_before);
}

TEST_CASE("a fall of the held-out error counts where it is large enough, at once or little by little") {
  // plain descent of a linear value: the error falls by about 2 % a step
  Data exact = waves(500, 0, 0);
  exact.targets = (exact.inputs.row(0) - exact.inputs.row(1)).transpose();
  const auto steps = [&](double least_fall) {
    Context context;
    auto value = make({});
    value.parameters().setZero();
    AdaptiveValueRegression<double> update({.steps = 50, .optimizer = SgdOptions{.learning_rate = 0.01}},
                                           {.check_every = 2, .patience = 5, .least_fall = least_fall});
    const ValueReport report = update(value, exact.inputs, exact.targets, context);
    // however little it fell, the last is the best
    CHECK(update.held_out().kept_steps == report.steps);
    return report.steps;
  };
  CHECK(steps(0.05) == 50);
  // the first look is a fall from nothing, and then five are none
  CHECK(steps(0.5) == 10);
}

TEST_CASE("noise is not learned by heart: V goes back to where it was best on what is held out") {
  Context context;
  const Data noise = waves(100, 0, 1), fresh = waves(5000, 0, 1, 77);
  auto value = make({64}), plain = value;
  AdaptiveValueRegression<double> update(quick(), {.held_out = {.share = 0.2}});
  ValueRegression<double> all(quick());
  const ValueReport report = update(value, noise.inputs, noise.targets, context);
  all(plain, noise.inputs, noise.targets, context);
  CHECK(report.steps < kBudget / 2);
  const HeldOutReport& held_out = update.held_out();
  CHECK(held_out.kept_steps < report.steps);
  CHECK(held_out.looks == report.steps / 10 + 1);
  // the look after which V was kept is the best of all, and the patience ended the steps
  Index best = 0;
  held_out.errors.head(held_out.looks).minCoeff(&best);
  CHECK(best * 10 == held_out.kept_steps);
  CHECK(error(value, fresh) < 1.05);
  CHECK(error(plain, fresh) > 1.07);

  // the optimiser went back with V: it is that of as many plain steps on the same samples
  auto again = make({64});
  Context same;
  HeldOutSamples<double> samples({.share = 0.2});
  samples.split(noise.inputs, noise.targets, Rng(same.rng()(), StreamPurpose::minibatch, 1));
  ValueRegressionOptions kept = quick();
  kept.steps = held_out.kept_steps;
  ValueRegression<double> by_hand(kept);
  by_hand(again, samples.inputs(), samples.targets(), same);
  CHECK(again.parameters() == value.parameters());
  CHECK(update.optimizer().steps() == held_out.kept_steps);
}

TEST_CASE("whole environments show noise that their own samples hide") {
  // each environment stays at one place and has a target of its own: what one sample says the next one knows
  Context context;
  Data data = waves(400, 0, 1);
  for (Index n = 10; n < 400; ++n) {
    data.inputs.col(n) = data.inputs.col(n % 10) + 0.01 * data.inputs.col(n);
    data.targets[n] = data.targets[n % 10];
  }
  const auto steps = [&](Index environments) {
    auto value = make({64});
    AdaptiveValueRegression<double> update(quick(), {.held_out = {.share = 0.2, .environments = environments}});
    update(value, data.inputs, data.targets, context);
    return update.held_out().kept_steps;
  };
  CHECK(steps(10) < 100);
  CHECK(steps(0) > 200);
}

TEST_CASE("steps stay within their bounds, and samples held out by others are as good") {
  Context context;
  const Data noise = waves(150, 0, 1), other = waves(50, 0, 1, 5);
  auto value = make({64});
  ValueRegressionOptions options = quick();
  options.steps = 37;
  AdaptiveValueRegression<double> update(options, {.min_steps = 15, .patience = 1000});
  CHECK(update(value, noise.inputs, noise.targets, context).steps == 37);
  // before the first step, after 15, 25, 35 and 37
  CHECK(update.held_out().looks == 5);
  CHECK(update.held_out().kept_steps >= 15);
  // held-out targets that V has already: each step is one too many
  AdaptiveValueRegression<double> free(options), forced(options, {.min_steps = 15});
  Vector<double> known(50);
  value.predict(other.inputs, context, known);
  for (auto* one : {&free, &forced}) {
    auto stepped = value;
    const Index steps = one->fit(stepped, noise.inputs, noise.targets, other.inputs, known, 3, context).steps;
    CHECK(steps == (one == &free ? 30 : 37));
    CHECK((one == &free ? one->held_out().kept_steps == 0 : one->held_out().kept_steps >= 15));
    CHECK((stepped.parameters() == value.parameters()) == (one == &free));
  }

  auto second = make({64});
  const ValueReport report = update.fit(second, noise.inputs, noise.targets, other.inputs, other.targets, 3, context);
  CHECK(report.error_before == Approx(error(make({64}), noise)).epsilon(1e-12));
  CHECK(update.held_out().errors[0] == Approx(error(make({64}), other)).epsilon(1e-12));
  CHECK(update.held_out().samples == 50);
  AdaptiveValueRegression<double> none({.steps = 0});
  auto same = second;
  CHECK(none(second, noise.inputs, noise.targets, context).steps == 0);
  CHECK(second.parameters() == same.parameters());
}

TEST_CASE("the bound says how many steps, and they are those of a plain regression") {
  Context context;
  const Data data = waves(100, 1, 0.1);
  AdaptiveValueRegressionOptions options{.rule = ValueStepRule::bound, .min_steps = 2, .policy_rate = 4e-4};
  options.bound = {.alpha = 0.5, .target_change = 3.01, .value_change = 2};
  for (const Index minibatch : {0, 20}) {
    ValueRegressionOptions regression{.steps = 40, .optimizer = AdamOptions{.learning_rate = 1e-3}};
    regression.minibatch = minibatch;
    AdaptiveValueRegression<double> update(regression, options);
    auto value = make(), plain = make();
    Context one, two;
    // 3.01 sqrt(0.0004) / 0.002 = 30.1
    CHECK(update(value, data.inputs, data.targets, one).steps == 31);
    regression.steps = 31;
    ValueRegression<double>{regression}(plain, data.inputs, data.targets, two);
    CHECK(value.parameters() == plain.parameters());
    CHECK(one.rng() == two.rng());
    CHECK(update.uses_minibatches(100) == (minibatch > 0));

    update.set_bound({.alpha = 0.5, .target_change = 300, .value_change = 2});
    CHECK(update(value, data.inputs, data.targets, context).steps == 40);
    update.set_bound({.alpha = 0.5, .target_change = 1e-9, .value_change = 2});
    CHECK(update(value, data.inputs, data.targets, context).steps == 2);
    CHECK_THROWS_AS(update.set_bound({.alpha = 2}), std::invalid_argument);
    // a checkpoint keeps what was measured
    AdaptiveValueRegression<double> read(regression, options);
    copy_state(update, read);
    CHECK(read.bound().target_change == 1e-9);
  }
}

TEST_CASE("a rate of the policy that falls asks for fewer value steps") {
  Context context;
  context.set_progress(0.75);
  AdaptiveValueRegression<double> update(
      {.steps = 1500, .optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-3, 0)}},
      {.rule = ValueStepRule::bound, .bound = {.target_change = 10}, .policy_rate = Schedule::linear(4e-2, 2e-2)});
  auto value = make();
  const Data data = waves(50, 1, 0);
  // 10 0.025 / 0.00025
  CHECK(update(value, data.inputs, data.targets, context).steps == 1000);
  context.set_progress(0);
  CHECK(update(value, data.inputs, data.targets, context).steps == 400);
}

TEST_CASE("adaptive steps depend on the seed alone, and take one number of the context's stream") {
  const Data data = waves(700, 1, 0.5);
  const auto fit = [&](Index threads, Index minibatch, std::uint64_t seed) {
    Context context({.seed = seed, .threads = threads});
    Rng expected = context.rng();
    expected();
    auto value = make();
    ValueRegressionOptions options = quick(0.01);
    options.steps = 60;
    options.minibatch = minibatch;
    AdaptiveValueRegression<double> update(options, {.held_out = {.environments = 7}});
    update(value, data.inputs, data.targets, context);
    CHECK(context.rng() == expected);
    return value.parameters();
  };
  for (const Index minibatch : {0, 300}) {
    CHECK(fit(2, minibatch, 1) == fit(1, minibatch, 1));
    CHECK(fit(3, minibatch, 1) == fit(1, minibatch, 1));
    CHECK(fit(1, minibatch, 2) != fit(1, minibatch, 1));
  }
  ValueRegressionOptions options;
  options.minibatch = 650;
  CHECK(AdaptiveValueRegression<double>(options, {.rule = ValueStepRule::bound}).uses_minibatches(700));
  CHECK_FALSE(AdaptiveValueRegression<double>(options, {}).uses_minibatches(700));  // 630 are learned from
}

TEST_CASE("an adaptive regression that was written and read goes on with the same bits") {
  const Data data = waves(100, 2, 0.1);
  ValueRegressionOptions options = quick();
  options.minibatch = 30;
  AdaptiveValueRegression<double> one(options), two(options);
  Context context;
  auto value = make({64});
  one(value, data.inputs, data.targets, context);
  REQUIRE(one.held_out().kept_steps > 0);
  copy_state(one, two);
  auto other = value;
  Context same({.seed = 9}), again({.seed = 9});
  const Index steps = one(value, data.inputs, data.targets, same).steps;
  CHECK(two(other, data.inputs, data.targets, again).steps == steps);
  CHECK(value.parameters() == other.parameters());
}

TEST_CASE("a value that diverges is left for training to see") {
  Context context;
  Data data = waves(100, 1, 0);
  auto value = make();
  AdaptiveValueRegression<double> update({.steps = 100, .optimizer = SgdOptions{.learning_rate = 1e200}});
  update(value, data.inputs, data.targets, context);
  CHECK_FALSE(value.parameters().allFinite());
  // also where only a sample that no step sees is not finite
  data.targets.setConstant(std::nan(""));
  auto second = make();
  AdaptiveValueRegression<double> calm(quick());
  calm.fit(second, data.inputs, Vector<double>::Zero(100), data.inputs, data.targets, 1, context);
  CHECK_FALSE(second.parameters().allFinite());
}

TEST_CASE("impossible adaptive regressions are refused") {
  using Options = AdaptiveValueRegressionOptions;
  const auto refused = [](const Options& options) {
    CHECK_THROWS_AS(AdaptiveValueRegression<double>({.steps = 50}, options), std::invalid_argument);
  };
  refused(Options{.min_steps = -1});
  refused(Options{.min_steps = 51});
  refused(Options{.held_out = {.share = 1}});
  refused(Options{.check_every = 0});
  refused(Options{.patience = 0});
  refused(Options{.least_fall = -1});
  refused(Options{.least_fall = std::nan("")});
  refused(Options{.bound = {.alpha = 0}});
  refused(Options{.policy_rate = -1});
  Context context;
  const Data data = waves(10, 1, 0);
  ValueNetwork<double> value(3, {.hidden = {}}, context.rng());
  AdaptiveValueRegression<double> update;
  CHECK_THROWS_AS(update(value, data.inputs, data.targets, context), std::invalid_argument);
  CHECK_THROWS_AS(update.fit(value, data.inputs, data.targets, Matrix<double>(2, 0), Vector<double>(), 1, context),
                  std::invalid_argument);
}
