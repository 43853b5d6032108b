// SPDX-License-Identifier: MIT
#include "vantage/epvf/policy_conditioned_value.hpp"

#include <limits>

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;
static_assert(Parameterised<PolicyConditionedValue<float>>);

namespace {

// features with weights of their own: f_i = sin(sum_j w_ij theta_j)
struct Sines {
  using Scalar = double;
  struct Tape {
    Matrix<double> features, slopes;
  };
  Index parameters = 4;
  Index count = 3;

  Index feature_size() const { return count; }
  Index weight_count() const { return count * parameters; }
  Eigen::Map<const Matrix<double>> matrix(ConstVectorRef<double> weights) const {
    return {weights.data(), count, parameters};
  }
  void initialize(VectorRef<double> weights, Rng& rng) const {
    for (double& weight : weights) weight = rng.normal();
  }
  FeatureView<double> features(ConstVectorRef<double> weights, ConstMatrixRef<double> thetas, Tape& tape) const {
    const Matrix<double> angles = matrix(weights) * thetas;
    // columns are further apart than they are long
    tape.features.resize(count + 2, thetas.cols());
    tape.features.topRows(count) = angles.array().sin();
    tape.slopes = angles.array().cos();
    return {tape.features.data(), count, thetas.cols(), Eigen::OuterStride<>(count + 2)};
  }
  void backward(ConstVectorRef<double>, ConstMatrixRef<double> thetas, Tape& tape,
                ConstMatrixRef<double> feature_gradient, VectorRef<double> weight_gradient) const {
    Eigen::Map<Matrix<double>>(weight_gradient.data(), count, parameters) +=
        feature_gradient.cwiseProduct(tape.slopes) * thetas.transpose();
  }
  void backward_to_input(ConstVectorRef<double> weights, ConstMatrixRef<double>, Tape& tape,
                         ConstMatrixRef<double> feature_gradient, MatrixRef<double> theta_gradient) const {
    theta_gradient += matrix(weights).transpose() * feature_gradient.cwiseProduct(tape.slopes);
  }
};
static_assert(Representation<Sines>);

enum class Sees { raw, features, both };

Matrix<double> policies(Index parameters, Index count) {
  Rng rng(2);
  Matrix<double> result(parameters, count);
  for (double& x : result.reshaped()) x = rng.normal();
  return result;
}

// a smooth V (but for relu's kinks, which finite differences would see) with biases, a scale and units
template <class R>
PolicyConditionedValue<double, R> make(Index parameters, R representation, bool raw, double scale = 0.7,
                                       std::vector<Index> hidden = {6, 5}, Activation activation = Activation::tanh) {
  Rng rng(9);
  PolicyConditionedValue<double, R> value(
      parameters, std::move(representation),
      {.hidden = std::move(hidden), .activation = activation, .raw_parameters = raw, .input_scale = scale}, rng);
  for (double& parameter : value.parameters()) parameter += 0.1 * rng.normal();
  value.standardize(Vector<double>{{1.0, 4.0, 13.0}});
  return value;
}

template <class Test>
void with_each(Test&& test) {
  SECTION("raw parameters") { test(make<NoFeatures<double>>(4, {}, true)); }
  SECTION("features") { test(make<Sines>(4, {}, false)); }
  SECTION("both") { test(make<Sines>(4, {}, true)); }
  SECTION("one hidden layer") { test(make<Sines>(4, {}, true, 2, {7})); }
  SECTION("silu") { test(make<Sines>(4, {}, true, 0.7, {6, 5}, Activation::silu)); }
  SECTION("one hidden unit") { test(make<NoFeatures<double>>(4, {}, true, 2, {1})); }
}

double worst_share(const Vector<double>& difference, const Vector<double>& gradient) {
  return difference.cwiseAbs().maxCoeff() / gradient.norm();
}

}  // namespace

TEST_CASE("the gradient of V of policies agrees with finite differences") {
  with_each([](auto value) {
    Context context({.threads = 2});
    const Matrix<double> thetas = policies(4, 300);
    Rng rng(4);
    Vector<double> chosen(300), values(300), gradient;
    for (double& weight : chosen) weight = rng.normal();
    value.predict(thetas, context, values);
    value.gradient(
        thetas,
        [&](Index first, const VectorRef<double>& fresh, VectorRef<double> weights) {
          if (fresh != values.segment(first, fresh.size())) throw std::logic_error("values are not fresh");
          weights = chosen.segment(first, weights.size());
        },
        context, gradient);
    Vector<double> difference = gradient;
    for (Index i = 0; i < gradient.size(); ++i) {
      const double kept = value.parameters()[i];
      const double h = 1e-5;
      value.parameters()[i] = kept + h;
      value.predict(thetas, context, values);
      const double up = chosen.dot(values);
      value.parameters()[i] = kept - h;
      value.predict(thetas, context, values);
      value.parameters()[i] = kept;
      difference[i] -= (up - chosen.dot(values)) / (2 * h);
    }
    CHECK(gradient.size() == value.parameters().size());
    CHECK(gradient.cwiseAbs().minCoeff() > 0);
    CHECK(worst_share(difference, gradient) < 1e-8);
  });
}

TEST_CASE("the gradient with respect to the policy agrees with finite differences") {
  with_each([](const auto& value) {
    Context context;
    Vector<double> theta = policies(4, 1).col(0);
    Vector<double> gradient = Vector<double>::Constant(4, 1e9);  // what was there is overwritten
    Vector<double> single(1);
    const double v = value.input_gradient(theta, context, gradient);
    value.predict(theta, context, single);
    CHECK(v == single[0]);
    Vector<double> difference = gradient;
    for (Index i = 0; i < 4; ++i) {
      const double kept = theta[i];
      const double h = 1e-5;
      theta[i] = kept + h;
      value.predict(theta, context, single);
      const double up = single[0];
      theta[i] = kept - h;
      value.predict(theta, context, single);
      theta[i] = kept;
      difference[i] -= (up - single[0]) / (2 * h);
    }
    CHECK(worst_share(difference, gradient) < 1e-8);
  });
}

TEST_CASE("V of policies is m plus d times a network of what it sees") {
  const auto value = make<Sines>(4, {}, true, 0.7);
  Context context;
  const Matrix<double> thetas = policies(4, 130);
  Vector<double> values(130);
  value.predict(thetas, context, values);
  const Vector<double> sines = value.parameters().head(12);
  const Vector<double> layers = value.parameters().tail(value.parameters().size() - 12);
  const Mlp mlp({7, 6, 5, 1});
  Matrix<double> seen(7, 130);
  seen << 0.7 * thetas, (Sines{}.matrix(sines) * thetas).array().sin().matrix();
  MlpTape<double> tape;
  const Vector<double> expected = 6 + std::sqrt(26.0) * mlp.forward<double>(layers, seen, tape).row(0).array();
  CHECK((values - expected).cwiseAbs().maxCoeff() < 1e-12);
  value.predict(thetas.leftCols(0), context, values.head(0));
}

TEST_CASE("an input scale equals policies scaled by hand") {
  Context context({.threads = 2});
  const Matrix<double> thetas = policies(4, 200);
  const Matrix<double> scaled = 0.3 * thetas;
  const auto folded = make<NoFeatures<double>>(4, {}, true, 0.3);
  const auto plain = make<NoFeatures<double>>(4, {}, true, 1);
  REQUIRE(folded.parameters() == plain.parameters());
  Vector<double> one(200), two(200), gradient_one, gradient_two;
  folded.predict(thetas, context, one);
  plain.predict(scaled, context, two);
  CHECK((one - two).cwiseAbs().maxCoeff() < 1e-12);
  const auto weight = [](Index, const VectorRef<double>& values, VectorRef<double> weights) { weights = values; };
  folded.gradient(thetas, weight, context, gradient_one);
  plain.gradient(scaled, weight, context, gradient_two);
  CHECK((gradient_one - gradient_two).norm() < 1e-12 * gradient_two.norm());
  Vector<double> input_one(4), input_two(4);
  folded.input_gradient(thetas.col(0), context, input_one);
  plain.input_gradient(scaled.col(0), context, input_two);
  CHECK((input_one - 0.3 * input_two).norm() < 1e-12 * input_one.norm());
}

TEST_CASE("V of policies and its gradients do not depend on the number of threads") {
  // more parameters and policies than a tile or a block holds
  const auto compare = [](const auto& value, Index parameters) {
    const Matrix<double> thetas = policies(parameters, 700);
    Vector<double> values_of_one, gradient_of_one, input_of_one;
    for (const Index threads : {1, 2, 3, 5}) {
      Context context({.threads = threads});
      Vector<double> values(700), gradient, input(parameters);
      value.predict(thetas, context, values);
      value.gradient(
          thetas, [](Index, const VectorRef<double>& fresh, VectorRef<double> weights) { weights = fresh; }, context,
          gradient);
      value.input_gradient(thetas.col(5), context, input);
      if (threads == 1) {
        values_of_one = values;
        gradient_of_one = gradient;
        input_of_one = input;
      }
      CHECK(values == values_of_one);
      CHECK(gradient == gradient_of_one);
      CHECK(input == input_of_one);
    }
    return values_of_one;
  };
  compare(make<Sines>(400, {.parameters = 400, .count = 250}, true), 400);
  const auto value = make<NoFeatures<double>>(1100, {}, true);
  const Vector<double> values = compare(value, 1100);
  // nor does V of one policy depend on its neighbours
  Context context;
  Vector<double> single(1);
  for (const Index n : {0, 130, 699}) {
    value.predict(policies(1100, 700).col(n), context, single);
    CHECK(single[0] == values[n]);
  }
}

TEST_CASE("policies of a larger matrix are seen where they lie") {
  const auto value = make<NoFeatures<double>>(4, {}, true);
  Context context;
  const Matrix<double> wide = policies(9, 50);
  Vector<double> here(50), copied(50), gradient_here, gradient_copied;
  value.predict(wide.middleRows(2, 4), context, here);
  const Matrix<double> copy = wide.middleRows(2, 4);
  value.predict(copy, context, copied);
  CHECK(here == copied);
  const auto weight = [](Index, const VectorRef<double>& values, VectorRef<double> weights) { weights = values; };
  value.gradient(wide.middleRows(2, 4), weight, context, gradient_here);
  value.gradient(copy, weight, context, gradient_copied);
  CHECK(gradient_here == gradient_copied);
}

TEST_CASE("returns give V its mean and its deviation") {
  auto value = make<NoFeatures<double>>(4, {}, true);
  CHECK(value.return_mean() == Approx(6));
  CHECK(value.return_deviation() == Approx(std::sqrt(26.0)));
  value.standardize(Vector<double>::Constant(7, 0.1));  // whose mean is not 0.1 to the last bit
  CHECK(value.return_mean() == 0.1);
  CHECK(value.return_deviation() == 1);
  Rng rng;
  const PolicyConditionedValue<double> fresh(4, {}, {}, rng);
  CHECK(fresh.return_mean() == 0);
  CHECK(fresh.return_deviation() == 1);

  CHECK_THROWS_WITH(value.standardize(Vector<double>(0)), Catch::Contains("at least one return, got 0"));
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(value.standardize(Vector<double>{{1.0, bad}}), Catch::Contains("finite returns"));
  }
  CHECK(value.return_mean() == 0.1);  // as before
}

TEST_CASE("V of policies that was written and read gives the same values") {
  const auto one = make<Sines>(4, {}, true);
  Rng rng(77);
  PolicyConditionedValue<double, Sines> two(4, {}, one.options(), rng);
  copy_state(one, two);
  CHECK(two.return_mean() == one.return_mean());
  CHECK(two.return_deviation() == one.return_deviation());
  Context context;
  const Matrix<double> thetas = policies(4, 20);
  Vector<double> values_one(20), values_two(20);
  one.predict(thetas, context, values_one);
  two.predict(thetas, context, values_two);
  CHECK(values_one == values_two);
}

TEST_CASE("the gradient of a fitted V points up the hill of a quadratic bandit") {
  // R(theta) = R0 - (theta - a)^T Q (theta - a), fitted from noiseless returns of policies around a centre
  constexpr Index kParameters = 5;
  Rng rng(6);
  const Vector<double> summit{{0.3, -0.2, 0.4, 0.0, -0.5}};
  const Vector<double> steepness{{1.0, 3.0, 2.0, 0.5, 4.0}};
  Matrix<double> turn = orthogonal_weights(kParameters, kParameters, 1, rng);
  const Matrix<double> q = turn * steepness.asDiagonal() * turn.transpose();
  Matrix<float> thetas(kParameters, 1024);
  Vector<double> returns(1024);
  for (Index n = 0; n < 1024; ++n) {
    Vector<double> theta(kParameters);
    for (double& parameter : theta) parameter = rng.uniform(-1, 1);
    thetas.col(n) = theta.cast<float>();
    returns[n] = 50 - (theta - summit).dot(q * (theta - summit));
  }
  PolicyConditionedValue<float> value(kParameters, {}, {.hidden = {64, 64}, .activation = Activation::tanh}, rng);
  value.standardize(returns);
  Context context({.threads = 2});
  ValueRegression<float> regression({.steps = 400, .optimizer = AdamOptions{.learning_rate = 3e-3}});
  const Vector<float> targets = returns.cast<float>();
  const ValueReport report = regression(value, thetas, targets, context);
  CHECK(report.explained_variance < 0.5);
  CHECK(report.error_after < 0.05 * value.return_deviation());

  // at policies within 0.5 of the centre of the sampled box, in each parameter
  double worst = 1;
  for (int trial = 0; trial < 50; ++trial) {
    Vector<double> theta(kParameters);
    for (double& parameter : theta) parameter = rng.uniform(-0.5, 0.5);
    Vector<float> gradient(kParameters);
    value.input_gradient(theta.cast<float>(), context, gradient);
    const Vector<double> expected = -2 * q * (theta - summit);
    const Vector<double> got = gradient.cast<double>();
    worst = std::min(worst, got.dot(expected) / (got.norm() * expected.norm()));
  }
  CAPTURE(worst, report.error_after, value.return_deviation());
  CHECK(worst >= 0.9);
}

TEST_CASE("V of policies that could not be is refused") {
  Rng rng;
  using Value = PolicyConditionedValue<double>;
  CHECK_THROWS_WITH(Value(4, {}, {.raw_parameters = false}, rng),
                    Catch::Contains("raw parameters or a representation with features, got neither"));
  CHECK_THROWS_WITH(Value(0, {}, {}, rng), Catch::Contains("parameter_size >= 1, got 0"));
  CHECK_THROWS_WITH(Value(4, {}, {.hidden = {}}, rng), Catch::Contains("at least one hidden layer"));
  CHECK_THROWS_AS(Value(4, {}, {.hidden = {8, 0}}, rng), std::invalid_argument);
  for (const double scale : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(Value(4, {}, {.input_scale = scale}, rng), Catch::Contains("input_scale > 0"));
  }
}
