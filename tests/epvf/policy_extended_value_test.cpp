// SPDX-License-Identifier: MIT
#include "vantage/epvf/policy_extended_value.hpp"

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "catch.hpp"
#include "epvf/parameter_permutation.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/epvf/with_last_parameters.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"

namespace {

using namespace vantage;

using Policy = GaussianPolicy<double>;

// the smallest representation that a value of policies can learn from: the first parameter times a weight
struct TinyView {
  using Scalar = double;
  struct Tape {
    Vector<double> shown;
  };
  static Index feature_size() { return 1; }
  static Index weight_count() { return 1; }
  static void initialize(VectorRef<double> weights, Rng&) { weights.setOnes(); }
  static FeatureView<double> features(ConstVectorRef<double> weights, ConstMatrixRef<double> thetas, Tape& tape) {
    tape.shown = weights[0] * thetas.row(0).transpose();
    return {tape.shown.data(), 1, thetas.cols(), Eigen::OuterStride<>(1)};
  }
  static void backward(ConstVectorRef<double>, ConstMatrixRef<double> thetas, Tape&, ConstMatrixRef<double> slope,
                       VectorRef<double> gradient) {
    gradient[0] += slope.row(0).dot(thetas.row(0));
  }
  static void backward_to_input(ConstVectorRef<double> weights, ConstMatrixRef<double>, Tape&,
                                ConstMatrixRef<double> slope, MatrixRef<double> gradient) {
    gradient.row(0) += weights[0] * slope.row(0);
  }
};

static_assert(DifferentiableValue<PolicyExtendedValue<float>>);
static_assert(DifferentiableValue<PolicyExtendedValue<double, TinyView>>);
static_assert(FollowsPolicy<PolicyExtendedValue<float>, GaussianPolicy<float>>);
static_assert(FollowsPolicy<PolicyExtendedValue<float>, CategoricalPolicy<float>>);
static_assert(!FollowsPolicy<ValueNetwork<float>, GaussianPolicy<float>>);

constexpr Index kInputs = 3;

Policy make_policy(std::vector<Index> hidden = {5}) {
  Rng rng(2);
  Policy policy(kInputs, 2, {.hidden = std::move(hidden)}, rng);
  policy.parameters() = normal_vector<double>(policy.parameters().size(), rng);
  return policy;
}

auto probing(const Policy& policy) { return probe_outputs(policy, {.count = 4, .initial = InitialStates::normal}); }

// with everything in it away from 0, U too
template <Representation R>
PolicyExtendedValue<double, R> make_value(const Policy& policy, R seen, std::vector<Index> hidden = {6, 4}) {
  Rng rng(3);
  PolicyExtendedValue<double, R> value(policy, std::move(seen), {.hidden = std::move(hidden)}, rng);
  value.parameters() += 0.3 * normal_vector<double>(value.parameters().size(), rng);
  return value;
}

// inputs of policies 0, 1, .. in turn
Matrix<double> marked(const Matrix<double>& observations, Index policies) {
  Matrix<double> inputs = Matrix<double>::Zero(observations.rows() + policies, observations.cols());
  inputs.topRows(observations.rows()) = observations;
  for (Index n = 0; n < inputs.cols(); ++n) inputs(observations.rows() + n % policies, n) = 1;
  return inputs;
}

// worst difference of a gradient of sum_n w_n V_n to central differences
template <class V, class Values>
double worst_slope(V& value, const Vector<double>& gradient, const Vector<double>& weights, const Values& values) {
  REQUIRE(gradient.size() == value.parameters().size());
  double worst = 0;
  const double step = 1e-6;
  for (Index i = 0; i < gradient.size(); ++i) {
    double& entry = value.parameters()[i];
    const double before = entry;
    entry = before + step;
    const double above = weights.dot(values());
    entry = before - step;
    const double below = weights.dot(values());
    entry = before;
    worst = std::max(worst, std::abs(gradient[i] - (above - below) / (2 * step)));
  }
  return worst;
}

template <Representation R>
void check_slopes(const R& seen, std::vector<Index> hidden = {6, 4}) {
  Context context;
  Rng rng(9);
  const Policy policy = make_policy();
  auto value = make_value(policy, seen, std::move(hidden));
  const Matrix<double> observations = normal_matrix<double>(kInputs, 7, rng);
  const Vector<double> weights = normal_vector<double>(7, rng);
  const auto weigh = [&](Index first, const auto& values, auto out) { out = weights.segment(first, values.size()); };
  Vector<double> gradient, values(7);
  value.gradient(observations, weigh, context, gradient);
  CHECK(worst_slope(value, gradient, weights, [&] {
          value.predict(observations, context, values);
          return values;
        }) < 1e-7);

  const Matrix<double> thetas = normal_matrix<double>(policy.parameters().size(), 3, rng);
  const Matrix<double> inputs = marked(observations, 3);
  value.gradient_each(thetas, inputs, weigh, context, gradient);
  CHECK(worst_slope(value, gradient, weights, [&] {
          value.predict_each(thetas, inputs, context, values);
          return values;
        }) < 1e-7);
}

TEST_CASE("V is a network of the observation and the policy's features") {
  Context context;
  Rng rng(4);
  const Policy policy = make_policy();
  const auto seen = probing(policy);
  const auto value = make_value(policy, seen);
  const Index features = seen.feature_size();
  // the same network on [s; e], its first weights beside each other
  const Mlp joined({kInputs + features, 6, 4, 1}, Activation::tanh);
  const Mlp plain({kInputs, 6, 4, 1}, Activation::tanh);
  Vector<double> parameters(joined.parameter_count());
  parameters << value.parameters().head(6 * kInputs), value.parameters().segment(plain.parameter_count(), 6 * features),
      value.parameters().segment(6 * kInputs, plain.parameter_count() - 6 * kInputs);
  typename std::decay_t<decltype(seen)>::Tape tape;
  const Vector<double> weights = value.parameters().tail(seen.weight_count());
  const Vector<double> e = seen.features(weights, policy.parameters(), tape);

  const Matrix<double> observations = normal_matrix<double>(kInputs, 300, rng);
  Vector<double> values(300);
  value.predict(observations, context, values);
  Matrix<double> both(kInputs + features, 300);
  both.topRows(kInputs) = observations;
  both.bottomRows(features).colwise() = e;
  MlpTape<double> mlp_tape;
  const Vector<double> expected = joined.forward(parameters, both, mlp_tape).row(0).transpose();
  CHECK((values - expected).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("V of samples of several policies is that of each") {
  Context context;
  Rng rng(5);
  Policy policy = make_policy();
  auto value = make_value(policy, probing(policy));
  const Matrix<double> thetas = normal_matrix<double>(policy.parameters().size(), 3, rng);
  const Matrix<double> observations = normal_matrix<double>(kInputs, 301, rng);
  Vector<double> together(301), alone(301);
  value.predict_each(thetas, marked(observations, 3), context, together);
  for (Index g = 0; g < 3; ++g) {
    policy.parameters() = thetas.col(g);
    value.follow(policy);
    CHECK(value.policy_parameters() == policy.parameters());
    value.predict(observations, context, alone);
    double worst = 0, others = 0;
    for (Index n = 0; n < 301; ++n) {
      (n % 3 == g ? worst : others) = std::max(n % 3 == g ? worst : others, std::abs(together[n] - alone[n]));
    }
    CHECK(worst < 1e-13);
    CHECK(others > 1e-2);
  }
}

TEST_CASE("the gradients are those of the values, through the representation too") {
  const Policy policy = make_policy();
  check_slopes(probing(policy));
  check_slopes(probing(policy), {});
  check_slopes(UniversalFunctional<double>(parameter_space_of(policy), {.channels = 3}));
  check_slopes(TinyView{});
  check_slopes(NoFeatures<double>{});
}

TEST_CASE("a policy that shows nothing leaves the plain value network, bit for bit") {
  Context context;
  const GaussianPolicy<float> policy = [] {
    Rng rng(6);
    return GaussianPolicy<float>(kInputs, 2, {.hidden = {5}}, rng);
  }();
  Rng rng(7), same(7), third(7);
  const ValueNetworkOptions options{.hidden = {19, 8}};
  const ValueNetwork<float> plain(kInputs, options, rng);
  const PolicyExtendedValue<float> value(policy, {}, options, same);
  CHECK(value.parameters() == plain.parameters());
  CHECK(rng == same);
  Rng numbers(8);
  const Matrix<float> observations = normal_matrix<float>(kInputs, 333, numbers);
  Vector<float> a(333), b(333), slope_a, slope_b;
  plain.predict(observations, context, a);
  value.predict(observations, context, b);
  CHECK(a == b);
  const auto weigh = [](Index, const auto& values, auto out) { out = values; };
  plain.gradient(observations, weigh, context, slope_a);
  value.gradient(observations, weigh, context, slope_b);
  CHECK(slope_a == slope_b);

  // and so does one that V has not learned to see
  const auto seen = probe_outputs(policy, {.count = 4});
  const PolicyExtendedValue<float, std::decay_t<decltype(seen)>> first(policy, seen, options, third);
  first.predict(observations, context, b);
  CHECK(a == b);
  first.gradient(observations, weigh, context, slope_b);
  CHECK(slope_b.head(slope_a.size()) == slope_a);
  CHECK(slope_b.segment(slope_a.size(), 19 * seen.feature_size()).cwiseAbs().maxCoeff() > 0);
}

TEST_CASE("the number of threads changes no bit of V and its gradients") {
  Rng rng(11);
  const Policy policy = make_policy();
  const auto value = make_value(policy, probing(policy));
  const Matrix<double> thetas = normal_matrix<double>(policy.parameters().size(), 4, rng);
  const Matrix<double> observations = normal_matrix<double>(kInputs, 1000, rng);
  const auto weigh = [](Index, const auto& values, auto out) { out = values; };
  Vector<double> values[2], gradients[2], each[2];
  for (const int run : {0, 1}) {
    Context context({.threads = run == 0 ? 1 : 3});
    values[run].resize(1000);
    value.predict(observations, context, values[run]);
    value.gradient(observations, weigh, context, gradients[run]);
    value.gradient_each(thetas, marked(observations, 4), weigh, context, each[run]);
  }
  CHECK(values[0] == values[1]);
  CHECK(gradients[0] == gradients[1]);
  CHECK(each[0] == each[1]);
}

TEST_CASE("one context serves values of several widths and numbers of policies") {
  Rng rng(12);
  const Policy policy = make_policy();
  const auto narrow = make_value(policy, TinyView{}, {3}), wide = make_value(policy, TinyView{}, {9});
  const Matrix<double> thetas = normal_matrix<double>(policy.parameters().size(), 4, rng);
  const Matrix<double> observations = normal_matrix<double>(kInputs, 40, rng);
  Context shared;
  for (const Index policies : {4, 2}) {
    for (const auto* value : {&narrow, &wide, &narrow}) {
      Context own;
      Vector<double> a(40), b(40);
      value->predict_each(thetas.leftCols(policies), marked(observations, policies), shared, a);
      value->predict_each(thetas.leftCols(policies), marked(observations, policies), own, b);
      CHECK(a == b);
    }
  }
}

TEST_CASE("V and the policy that it is of come back from a file") {
  const auto path = std::filesystem::temp_directory_path() / "vantage_policy_extended_value_test.safetensors";
  Policy policy = make_policy();
  auto value = make_value(policy, probing(policy));
  policy.parameters() *= 2;
  value.follow(policy);
  save_state(path, value);
  Rng rng(1);
  PolicyExtendedValue<double, decltype(probing(policy))> other(make_policy(), probing(policy), {.hidden = {6, 4}}, rng);
  load_state(path, other);
  CHECK(other.parameters() == value.parameters());
  CHECK(other.policy_parameters() == policy.parameters());
  std::filesystem::remove(path);
}

TEST_CASE("a value of policies has neither layer norm nor an encoder") {
  Rng rng(1);
  using Value = PolicyExtendedValue<double, NoFeatures<double>>;
  CHECK_THROWS_AS(Value(make_policy(), {}, {.layer_norm = true}, rng), std::invalid_argument);
  const Index size = make_policy().observation_size();
  CHECK_THROWS_AS(Value(make_policy(), {}, {.encoder = {{size, {4}}}}, rng), std::invalid_argument);
}

TEST_CASE("a policy of another size is not followed") {
  auto value = make_value(make_policy(), NoFeatures<double>{});
  CHECK_THROWS_AS(value.follow(make_policy({4})), std::invalid_argument);
}

}  // namespace
