// SPDX-License-Identifier: MIT
#include "vantage/value/value_regression.hpp"

#include <cmath>
#include <set>
#include <tuple>

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

struct Data {
  Matrix<double> inputs;
  Vector<double> targets;
};

Data data(Index count) {
  Rng rng(2);
  Data result{Matrix<double>(2, count), Vector<double>(count)};
  for (double& x : result.inputs.reshaped()) x = rng.normal();
  for (Index n = 0; n < count; ++n) result.targets[n] = result.inputs(0, n) + 0.3 * rng.normal();
  return result;
}

ValueNetwork<double> make() {
  Rng rng(9);
  return ValueNetwork<double>(2, {.hidden = {8}}, rng);
}

double mean_square(const ValueNetwork<double>& value, const Data& d, Context& context) {
  Vector<double> values(d.targets.size());
  value.predict(d.inputs, context, values);
  return (values - d.targets).squaredNorm() / static_cast<double>(d.targets.size());
}

// the gradient of the mean squared error from single samples, by the network alone
Vector<double> error_gradient(const ValueNetwork<double>& value, const Data& d) {
  Vector<double> sum = Vector<double>::Zero(value.parameters().size());
  for (Index n = 0; n < d.targets.size(); ++n) {
    ValueNetwork<double>::Network::Tape<double> tape;
    const Matrix<double> x = d.inputs.col(n);
    const double miss = value.network().forward<double>(value.parameters(), x, tape)(0, 0) - d.targets[n];
    const Matrix<double> outward = Matrix<double>::Constant(1, 1, 2 * miss / static_cast<double>(d.targets.size()));
    value.network().backward<double>(value.parameters(), x, tape, outward, sum);
  }
  return sum;
}

// a value function that writes down what it is asked for; its one parameter takes the gradient 0
struct Recorder {
  using Scalar = double;
  Vector<double> theta = Vector<double>::Zero(1);
  std::vector<std::vector<double>> steps;
  Vector<double>& parameters() { return theta; }
  const Vector<double>& parameters() const { return theta; }
  void predict(ConstMatrixRef<double>, Context&, VectorRef<double> values) const { values.setZero(); }
  template <class Weight>
  void gradient(ConstMatrixRef<double> inputs, Weight&& weight, Context&, Vector<double>& gradient) {
    Vector<double> values = Vector<double>::Zero(inputs.cols());
    Vector<double> weights(inputs.cols());
    weight(Index{0}, VectorRef<double>(values), VectorRef<double>(weights));
    // -2 / N target: input and target must have stayed together
    steps.emplace_back();
    for (Index n = 0; n < inputs.cols(); ++n) {
      CHECK(weights[n] * static_cast<double>(inputs.cols()) == Approx(-2 * inputs(0, n)));
      steps.back().push_back(inputs(0, n));
    }
    gradient = Vector<double>::Zero(1);
  }
};

}  // namespace

TEST_CASE("value steps equal a loop of gradient and Adam by hand, with targets that stay") {
  for (const double limit : {0.0, 0.05}) {
    Context context({.threads = 2});
    const Data d = data(200);
    auto value = make();
    auto by_hand = make();
    ValueRegression<double> regression(
        {.steps = 20, .optimizer = AdamOptions{.learning_rate = 0.01}, .max_gradient_norm = limit});
    Adam<double> adam({.learning_rate = 0.01});
    for (int iteration = 0; iteration < 2; ++iteration) {
      const double before = mean_square(by_hand, d, context);
      Vector<double> values(200);
      by_hand.predict(d.inputs, context, values);
      const ValueReport report = regression(value, d.inputs, d.targets, context);
      Vector<double> gradient;
      double norm = 0;
      for (int step = 0; step < 20; ++step) {
        gradient = error_gradient(by_hand, d);
        norm = gradient.norm();
        if (limit > 0 && norm > limit) gradient *= limit / norm;
        adam.step(by_hand.parameters(), gradient);
      }
      CHECK((value.parameters() - by_hand.parameters()).cwiseAbs().maxCoeff() < 1e-9);
      CHECK(report.steps == 20);
      CHECK(report.error_before == Approx(std::sqrt(before)).epsilon(1e-10));
      CHECK(report.error_after == Approx(std::sqrt(mean_square(by_hand, d, context))).epsilon(1e-8));
      CHECK(report.gradient_norm == Approx(norm).epsilon(1e-6));
      const Vector<double> miss = d.targets - values;
      const auto variance = [](const Vector<double>& x) { return (x.array() - x.mean()).square().mean(); };
      CHECK(report.explained_variance == Approx(1 - variance(miss) / variance(d.targets)).epsilon(1e-10));
      CHECK(report.error_after < report.error_before);
    }
  }
}

TEST_CASE("values that are known are not asked for again") {
  const Data d = data(300);
  Context context;
  // counts the predictions asked of a network
  struct Counting : ValueNetwork<double> {
    explicit Counting(const ValueNetwork<double>& network) : ValueNetwork<double>(network) {}
    void predict(ConstMatrixRef<double> inputs, Context& in, VectorRef<double> values) const {
      ++count;
      ValueNetwork<double>::predict(inputs, in, values);
    }
    mutable int count = 0;
  };
  for (const bool clipped : {false, true}) {
    ValueRegressionOptions options{.steps = 7, .minibatch = 50};
    if (clipped) options.loss = {.kind = ValueLoss::clipped, .clip_range = 0.01};
    const auto run = [&](const Vector<double>* known, bool measures) {
      Counting value(make());
      ValueRegression<double> update(options);
      Context own;
      own.set_measures(measures);
      const ValueReport report = update(value, d.inputs, d.targets, own, known);
      return std::tuple(value.count, report, value.parameters());
    };
    Vector<double> values(300);
    make().predict(d.inputs, context, values);
    const auto [asked, report, parameters] = run(nullptr, true);
    const auto [once, same_report, same_parameters] = run(&values, true);
    const auto [never, bare_report, bare_parameters] = run(&values, false);
    CHECK(asked == 2);
    CHECK(once == 1);
    CHECK(never == 0);
    CHECK(parameters == same_parameters);
    CHECK(parameters == bare_parameters);
    for (const ValueReport& other : {same_report, bare_report}) {
      CHECK(other.error_before == report.error_before);
      CHECK(other.explained_variance == report.explained_variance);
      CHECK(other.gradient_norm == report.gradient_norm);
    }
    CHECK(same_report.error_after == report.error_after);
    CHECK(std::isnan(bare_report.error_after));
  }
  Counting value(make());
  const Vector<double> few = Vector<double>::Zero(299);
  CHECK_THROWS_WITH(ValueRegression<double>()(value, d.inputs, d.targets, context, &few),
                    Catch::Matchers::Equals("ValueRegression: expected a known value for each input, got 299"));
}

TEST_CASE("no value steps change nothing") {
  Context context;
  const Rng before = context.rng();
  const Data d = data(50);
  auto value = make();
  const ValueReport report = ValueRegression<double>({.steps = 0})(value, d.inputs, d.targets, context);
  CHECK(value.parameters() == make().parameters());
  CHECK(report.steps == 0);
  CHECK(report.error_after == report.error_before);
  CHECK(report.error_before > 0);
  CHECK(context.rng() == before);
}

TEST_CASE("one pass of minibatches sees each sample once") {
  Context context;
  Matrix<double> inputs(1, 100);
  Vector<double> targets(100);
  for (Index n = 0; n < 100; ++n) inputs(0, n) = targets[n] = static_cast<double>(n + 1);
  Recorder recorder;
  ValueRegression<double> regression({.steps = 12, .minibatch = 25});
  regression(recorder, inputs, targets, context);
  REQUIRE(recorder.steps.size() == 12);
  std::vector<std::vector<double>> passes(3);
  for (std::size_t step = 0; step < 12; ++step) {
    CHECK(recorder.steps[step].size() == 25);
    passes[step / 4].insert(passes[step / 4].end(), recorder.steps[step].begin(), recorder.steps[step].end());
  }
  for (const auto& pass : passes) CHECK(std::set<double>(pass.begin(), pass.end()).size() == 100);
  CHECK(passes[0] != passes[1]);
  CHECK_FALSE(std::is_sorted(passes[0].begin(), passes[0].end()));

  // a pass that cannot fill one more minibatch starts anew; within it no sample comes twice
  Recorder odd;
  ValueRegression<double> three({.steps = 6, .minibatch = 30});
  three(odd, inputs, targets, context);
  for (std::size_t pass = 0; pass < 2; ++pass) {
    std::set<double> seen;
    for (std::size_t step = 3 * pass; step < 3 * pass + 3; ++step)
      seen.insert(odd.steps[step].begin(), odd.steps[step].end());
    CHECK(seen.size() == 90);
  }
  // one that holds everything is the whole batch, in order
  Recorder whole;
  ValueRegression<double>({.steps = 1, .minibatch = 1000})(whole, inputs, targets, context);
  CHECK(whole.steps.at(0).size() == 100);
  CHECK(std::is_sorted(whole.steps[0].begin(), whole.steps[0].end()));
}

TEST_CASE("Huber and clipped steps, of any optimiser, equal a loop by hand") {
  for (const ValueLoss kind : {ValueLoss::huber, ValueLoss::clipped}) {
    Context context({.threads = 2});
    const Data d = data(120);
    auto value = make();
    auto by_hand = make();
    const ValueRegressionOptions options{.steps = 15,
                                         .optimizer = RmsPropOptions{.learning_rate = 0.01},
                                         .loss = {.kind = kind, .huber_delta = 0.4, .clip_range = 0.05}};
    ValueRegression<double> regression(options);
    Optimizer<double> optimizer(options.optimizer);
    for (int iteration = 0; iteration < 2; ++iteration) {
      // the values of before the first step of each update are what clipping holds to
      Vector<double> old_values(120), values(120);
      by_hand.predict(d.inputs, context, old_values);
      Index gone = 0;
      for (int step = 0; step < 15; ++step) {
        by_hand.predict(d.inputs, context, values);
        Vector<double> gradient = Vector<double>::Zero(value.parameters().size());
        for (Index n = 0; n < 120; ++n) {
          const double miss = values[n] - d.targets[n];
          double slope = 2 * std::clamp(miss, -0.4, 0.4);
          if (kind == ValueLoss::clipped) {
            const double near = std::clamp(values[n], old_values[n] - 0.05, old_values[n] + 0.05) - d.targets[n];
            slope = std::abs(near) > std::abs(miss) ? 0 : 2 * miss;
          }
          if (slope == 0) ++gone;
          ValueNetwork<double>::Network::Tape<double> tape;
          const Matrix<double> x = d.inputs.col(n);
          by_hand.network().forward<double>(by_hand.parameters(), x, tape);
          by_hand.network().backward<double>(by_hand.parameters(), x, tape, Matrix<double>::Constant(1, 1, slope / 120),
                                             gradient);
        }
        optimizer.step(by_hand.parameters(), gradient);
      }
      CHECK((gone > 100) == (kind == ValueLoss::clipped));
      regression(value, d.inputs, d.targets, context);
      CHECK((value.parameters() - by_hand.parameters()).cwiseAbs().maxCoeff() < 1e-9);
    }
  }
}

TEST_CASE("single steps on samples of one's own are the steps of the whole") {
  for (const ValueLoss kind : {ValueLoss::squared, ValueLoss::huber}) {
    const ValueRegressionOptions options{.steps = 9,
                                         .optimizer = AdamOptions{.learning_rate = 0.01},
                                         .max_gradient_norm = 0.05,
                                         .loss = {.kind = kind, .huber_delta = 0.4}};
    Context context({.threads = 2});
    const Data d = data(200);
    auto value = make();
    auto stepped = make();
    ValueRegression<double> whole(options), single(options);
    const ValueReport report = whole(value, d.inputs, d.targets, context);
    double norm = 0;
    for (int step = 0; step < 9; ++step) norm = single.step(stepped, d.inputs, d.targets, context);
    CHECK(stepped.parameters() == value.parameters());
    CHECK(norm == report.gradient_norm);
    CHECK(norm > 0.05);  // before clipping
    // another number of samples, and the whole goes on from there
    single.step(stepped, d.inputs.leftCols(30), d.targets.head(30), context);
    CHECK(stepped.parameters() != value.parameters());
    const double before = std::sqrt(mean_square(stepped, d, context));
    CHECK(single(stepped, d.inputs, d.targets, context).error_before == Approx(before).epsilon(1e-10));
  }
}

TEST_CASE("a single step with the clipped loss is refused") {
  Context context;
  const Data d = data(10);
  auto value = make();
  ValueRegression<double> regression({.loss = {.kind = ValueLoss::clipped}});
  CHECK_THROWS_WITH(regression.step(value, d.inputs, d.targets, context),
                    Catch::Contains("ValueRegression::step: expected a loss of the values alone, got clipped"));
  CHECK(value.parameters() == make().parameters());
}

TEST_CASE("a clipped sample is held to its own old value, in minibatches too") {
  // far from its target a value may move by the range and no further, but for the momentum of nothing: plain descent
  Context context;
  Data d = data(60);
  d.targets.setConstant(50);
  auto value = make();
  Vector<double> before(60), after(60);
  value.predict(d.inputs, context, before);
  ValueRegression<double> regression({.steps = 300,
                                      .optimizer = SgdOptions{.learning_rate = 1e-5},
                                      .minibatch = 20,
                                      .loss = {.kind = ValueLoss::clipped, .clip_range = 0.1}});
  regression(value, d.inputs, d.targets, context);
  value.predict(d.inputs, context, after);
  CHECK((after - before).minCoeff() > 0.05);
  CHECK((after - before).minCoeff() < 0.12);
  const Vector<double> start = value.parameters();
  regression(value, d.inputs, d.targets, context);
  CHECK(value.parameters() != start);  // from there it may go on
}

TEST_CASE("minibatches depend on the seed alone, and their steps on no number of threads") {
  const auto fit = [](std::uint64_t seed, Index threads, Index minibatch) {
    Context context({.seed = seed, .threads = threads});
    const Data d = data(700);
    auto value = make();
    ValueRegression<double>({.steps = 7, .minibatch = minibatch})(value, d.inputs, d.targets, context);
    return value.parameters();
  };
  for (const Index minibatch : {0, 300}) {
    CHECK(fit(1, 2, minibatch) == fit(1, 1, minibatch));
    CHECK(fit(1, 3, minibatch) == fit(1, 1, minibatch));
    CHECK((fit(2, 1, minibatch) == fit(1, 1, minibatch)) == (minibatch == 0));
  }
  // one number of the context's stream is taken, however many steps there are
  Context context;
  Rng expected = context.rng();
  expected();
  const Data d = data(50);
  auto value = make();
  ValueRegression<double>({.steps = 30, .minibatch = 10})(value, d.inputs, d.targets, context);
  CHECK(context.rng() == expected);
}

TEST_CASE("a state that was written and read goes on with the same bits") {
  const ValueRegressionOptions options{
      .steps = 5, .optimizer = SgdOptions{.learning_rate = 0.01, .momentum = 0.9}, .minibatch = 20};
  Context context;
  const Data d = data(60);
  auto value = make();
  ValueRegression<double> one(options), two(options);
  one(value, d.inputs, d.targets, context);
  copy_state(one, two);
  auto other = value;
  Context same({.seed = 9}), again({.seed = 9});
  one(value, d.inputs, d.targets, same);
  two(other, d.inputs, d.targets, again);
  CHECK(value.parameters() == other.parameters());
}

TEST_CASE("explained variance is 0 where targets do not vary") {
  Context context;
  Data d = data(10);
  d.targets.setConstant(0.5);
  auto value = make();
  CHECK(ValueRegression<double>({.steps = 1})(value, d.inputs, d.targets, context).explained_variance == 0);
}

TEST_CASE("impossible regressions are refused") {
  CHECK_THROWS_AS(ValueRegression<float>({.steps = -1}), std::invalid_argument);
  CHECK_THROWS_AS(ValueRegression<float>({.minibatch = -1}), std::invalid_argument);
  CHECK_THROWS_AS(ValueRegression<float>({.max_gradient_norm = -1}), std::invalid_argument);
  CHECK_THROWS_AS(ValueRegression<float>({.optimizer = SgdOptions{.momentum = 1}}), std::invalid_argument);
  CHECK_THROWS_AS(ValueRegression<float>({.loss = {.clip_range = 0}}), std::invalid_argument);
  CHECK_THROWS_AS(ValueRegression<float>({.max_gradient_norm = std::nan("")}), std::invalid_argument);
}

TEST_CASE("inputs and targets that do not fit are refused, in every build") {
  Context context;
  ValueNetwork<double> value(3, {.hidden = {}}, context.rng());
  ValueRegression<double> update({.steps = 1});
  const Vector<double> targets = Vector<double>::Zero(5);
  CHECK_THROWS_WITH(update(value, Matrix<double>::Zero(2, 5), targets, context),
                    "ValueRegression: expected a value function of 2 inputs, got one of 3");
  CHECK_THROWS_WITH(update(value, Matrix<double>::Zero(3, 4), targets, context),
                    "ValueRegression: expected a target for each input, got 5");
  CHECK(update(value, Matrix<double>::Zero(3, 5), targets, context).steps == 1);
}
