// SPDX-License-Identifier: MIT
#include "vantage/update/natural_gradient.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using Gaussian = GaussianPolicy<double>;
using Categorical = CategoricalPolicy<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A policy whose parameters phi move another's: theta = M phi + offset. What its Fisher product is asked is kept.
template <class P>
class Affine {
 public:
  using Scalar = double;

  Affine(P policy, Matrix<double> map, Vector<double> phi)
      : policy_(std::move(policy)), map_(std::move(map)), phi_(std::move(phi)) {
    offset_ = policy_.parameters() - map_ * phi_;
  }

  Vector<double>& parameters() { return phi_; }
  const Vector<double>& parameters() const { return phi_; }
  P inner() const {
    P result = policy_;
    result.parameters() = map_ * phi_ + offset_;
    return result;
  }
  double fisher_factor = 1;
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the update works on copies
  inline static Matrix<double> asked;

  void sample(ConstMatrixRef<double> x, std::span<Rng> rngs, MatrixRef<double> actions, VectorRef<double> log_probs,
              Context& context, Index worker) const {
    inner().sample(x, rngs, actions, log_probs, context, worker);
  }
  void mode(ConstMatrixRef<double> x, MatrixRef<double> actions, Context& context, Index worker) const {
    inner().mode(x, actions, context, worker);
  }
  void log_prob(ConstMatrixRef<double> x, ConstMatrixRef<double> a, Context& context, VectorRef<double> out) const {
    inner().log_prob(x, a, context, out);
  }
  void entropy(ConstMatrixRef<double> x, Context& context, VectorRef<double> out) const {
    inner().entropy(x, context, out);
  }
  void kl_divergence(const Affine& other, ConstMatrixRef<double> x, Context& context, VectorRef<double> out) const {
    inner().kl_divergence(other.inner(), x, context, out);
  }
  void compare(const Affine& after, ConstMatrixRef<double> x, ConstMatrixRef<double> a, Context& context,
               VectorRef<double> log_probs, VectorRef<double> kl, VectorRef<double> entropy) const {
    inner().compare(after.inner(), x, a, context, log_probs, kl, entropy);
  }
  template <class Weight>
  void score_gradient(ConstMatrixRef<double> x, ConstMatrixRef<double> a, Weight&& weight, Context& context,
                      Vector<double>& gradient) const {
    Vector<double> full;
    inner().score_gradient(x, a, weight, context, full);
    gradient = map_.transpose() * full;
  }
  void fisher_product(ConstMatrixRef<double> x, const Vector<double>& v, Context& context, Vector<double>& out) const {
    asked = x;
    Vector<double> full;
    inner().fisher_product(x, map_ * v, context, full);
    out = fisher_factor * (map_.transpose() * full);
  }

 private:
  P policy_;
  Matrix<double> map_;
  Vector<double> phi_;
  Vector<double> offset_;
};

double normal(Rng& rng) { return rng.normal(); }

Matrix<double> random_matrix(Index rows, Index columns, std::uint64_t seed) {
  Rng rng(seed);
  return Matrix<double>::NullaryExpr(rows, columns, [&] { return normal(rng); });
}

/// argmin_x |A x - b| by Gram and Schmidt, the columns of A made orthonormal one after another.
Vector<double> least_squares(Matrix<double> a, Vector<double> b) {
  const Index count = a.cols();
  Matrix<double> r = Matrix<double>::Zero(count, count);
  Vector<double> x(count);
  for (Index k = 0; k < count; ++k) {
    r(k, k) = a.col(k).norm();
    a.col(k) /= r(k, k);
    for (Index j = k + 1; j < count; ++j) {
      r(k, j) = a.col(k).dot(a.col(j));
      a.col(j) -= r(k, j) * a.col(k);
    }
    x[k] = a.col(k).dot(b);
    b -= x[k] * a.col(k);
  }
  for (Index k = count; k-- > 0;) x[k] = (x[k] - r.row(k).tail(count - k - 1).dot(x.tail(count - k - 1))) / r(k, k);
  return x;
}

/// A policy, and a batch that it drew in random states, with random advantages.
template <class P>
struct Problem {
  P policy;
  Batch<double> batch;
  AdvantageEstimate<double> estimate;

  Problem(P given, Matrix<double> states, Index action_size) : policy(std::move(given)) {
    const Index count = states.cols();
    Context context;
    batch.resize(states.rows(), action_size, 1, count);
    batch.observations = std::move(states);
    std::vector<Rng> rngs;
    for (Index n = 0; n < count; ++n) rngs.emplace_back(5, static_cast<std::uint64_t>(n));
    policy.sample(batch.observations, rngs, batch.actions, batch.log_probs, context, 0);
    estimate.advantages = (random_matrix(count, 1, 6).array() + 0.3).matrix();
  }

  PolicyReport update(const NaturalGradientOptions& options, Index threads = 1) {
    Context context({.threads = threads});
    return NaturalGradient<P>(options)(policy, batch, estimate, context);
  }
};

Gaussian gaussian(std::vector<Index> hidden, bool state_dependent_std = false) {
  Rng rng(3);
  GaussianPolicyOptions options{.hidden = std::move(hidden), .initialization = {.output_gain = 1}};
  options.state_dependent_std = state_dependent_std;
  return Gaussian(3, 2, options, rng);
}

Problem<Gaussian> gaussian_problem(bool state_dependent_std = false) {
  return {gaussian({4}, state_dependent_std), random_matrix(3, 200, 4), 2};
}

Problem<Categorical> categorical_problem() {
  Rng rng(3);
  return {Categorical(3, 3, {.hidden = {4}, .initialization = {.output_gain = 1}}, rng), random_matrix(3, 200, 4), 1};
}

// a linear mean with a fixed deviation: only the mean's parameters are learned, its KL is exactly quadratic. E[x x'] of
// its states has two eigenvalues, and the bias is a third
Problem<Affine<Gaussian>> quadratic_problem() {
  const Gaussian policy = gaussian({});
  const Index count = policy.parameters().size();
  Matrix<double> states(3, 6);
  states.leftCols(3) = Vector<double>{{2, 2, 0.7}}.asDiagonal();
  states.rightCols(3) = -states.leftCols(3);
  return {Affine<Gaussian>(policy, Matrix<double>::Identity(count, count - 2), policy.parameters().head(count - 2)),
          states.replicate(1, 30), 2};
}

/// grad log pi of every sample, a column each.
template <class P>
Matrix<double> scores(const P& policy, const Matrix<double>& observations, const Matrix<double>& actions) {
  Context context;
  Matrix<double> result(policy.parameters().size(), observations.cols());
  Vector<double> score;
  for (Index n = 0; n < observations.cols(); ++n) {
    policy.score_gradient(
        observations.middleCols(n, 1), actions.middleCols(n, 1),
        [](Index, const VectorRef<double>&, VectorRef<double> weights) { weights.setOnes(); }, context, score);
    result.col(n) = score;
  }
  return result;
}

/// 1/N sum_n sum_a pi(a|s_n) score score': the Fisher matrix by its definition.
Matrix<double> fisher_by_definition(const Problem<Categorical>& problem) {
  const Index count = problem.batch.size();
  Matrix<double> fisher = Matrix<double>::Zero(problem.policy.parameters().size(), problem.policy.parameters().size());
  Context context;
  for (Index k = 0; k < problem.policy.discrete_actions(); ++k) {
    const Matrix<double> actions = Matrix<double>::Constant(1, count, static_cast<double>(k));
    Vector<double> log_probs(count);
    problem.policy.log_prob(problem.batch.observations, actions, context, log_probs);
    const Matrix<double> score = scores(problem.policy, problem.batch.observations, actions);
    fisher += score * (log_probs.array().exp() / static_cast<double>(count)).matrix().asDiagonal() * score.transpose();
  }
  return fisher;
}

/// The same where the mean of z^2 is 1 and of z^4 is 3: three points of Gauss and Hermite in each component.
Matrix<double> fisher_by_definition(const Problem<Gaussian>& problem) {
  const Index count = problem.batch.size();
  Matrix<double> fisher = Matrix<double>::Zero(problem.policy.parameters().size(), problem.policy.parameters().size());
  Context context;
  Matrix<double> mean(2, count);
  problem.policy.mode(problem.batch.observations, mean, context, 0);
  // the state's own deviations, from the density at the mean of one component and one unit beside it
  const auto log_prob = [&](const Matrix<double>& actions) {
    Vector<double> result(count);
    problem.policy.log_prob(problem.batch.observations, actions, context, result);
    return result;
  };
  Matrix<double> sigma(2, count);
  for (Index i = 0; i < 2; ++i) {
    Matrix<double> beside = mean;
    beside.row(i).array() += 1;
    sigma.row(i) = (2 * (log_prob(mean) - log_prob(beside))).array().rsqrt().matrix().transpose();
  }
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 3; ++j) {
      const Eigen::Vector2d z(std::sqrt(3.0) * static_cast<double>(i - 1), std::sqrt(3.0) * static_cast<double>(j - 1));
      const double weight = (i == 1 ? 2.0 / 3 : 1.0 / 6) * (j == 1 ? 2.0 / 3 : 1.0 / 6) / static_cast<double>(count);
      const Matrix<double> score =
          scores(problem.policy, problem.batch.observations, mean + Matrix<double>(z.asDiagonal() * sigma));
      fisher += weight * score * score.transpose();
    }
  }
  return fisher;
}

template <class P>
Matrix<double> fisher_by_columns(const P& policy, const Matrix<double>& observations) {
  Context context;
  const Index count = policy.parameters().size();
  Matrix<double> fisher(count, count);
  Vector<double> column;
  for (Index i = 0; i < count; ++i) {
    policy.fisher_product(observations, Vector<double>::Unit(count, i), context, column);
    fisher.col(i) = column;
  }
  return fisher;
}

template <class P>
Vector<double> gradient_of(const Problem<P>& problem) {
  return scores(problem.policy, problem.batch.observations, problem.batch.actions) * problem.estimate.advantages /
         static_cast<double>(problem.batch.size());
}

template <class P>
double mean_kl(const P& before, const P& after, const Batch<double>& batch) {
  Context context;
  Vector<double> kl(batch.size());
  before.kl_divergence(after, batch.observations, context, kl);
  return kl.mean();
}

template <class P>
double surrogate(const P& policy, const Batch<double>& batch, const Vector<double>& advantages) {
  Context context;
  Vector<double> log_probs(batch.size());
  policy.log_prob(batch.observations, batch.actions, context, log_probs);
  return ((log_probs - batch.log_probs).array().exp() * advantages.array()).mean();
}

template <class P>
void check_against_fisher_matrix(Problem<P> problem) {
  const Matrix<double> fisher = fisher_by_definition(problem);
  REQUIRE((fisher_by_columns(problem.policy, problem.batch.observations) - fisher).norm() < 1e-10 * fisher.norm());
  const double damping = 0.03;
  const Index count = fisher.rows();
  const Matrix<double> damped = fisher + damping * Matrix<double>::Identity(count, count);
  const Vector<double> gradient = gradient_of(problem);
  const Vector<double> natural = least_squares(damped, gradient);
  const P before = problem.policy;

  // a step of fixed size
  NaturalGradientOptions options{
      .step_size = 0.02, .cg_iterations = 200, .cg_tolerance = 1e-24, .damping = damping, .backtracks = 0};
  PolicyReport report = problem.update(options);
  CHECK((problem.policy.parameters() - before.parameters() - 0.02 * natural).norm() < 1e-9 * natural.norm());
  CHECK(report.gradient_norm == Approx(gradient.norm()).epsilon(1e-10));
  CHECK(report.natural.curvature == Approx(natural.dot(damped * natural)).epsilon(1e-9));
  CHECK(report.natural.expected_improvement == Approx(0.02 * gradient.dot(natural)).epsilon(1e-9));
  CHECK(report.natural.improvement == Approx(surrogate(problem.policy, problem.batch, problem.estimate.advantages) -
                                             surrogate(before, problem.batch, problem.estimate.advantages))
                                          .epsilon(1e-8));
  CHECK(report.natural.cg_residual < 1e-11);
  CHECK(report.natural.cg_iterations > 10);
  CHECK(report.natural.accepted);
  CHECK(report.natural.step_fraction == 1);
  CHECK(report.step.mean_kl == Approx(mean_kl(before, problem.policy, problem.batch)).epsilon(1e-10));

  // and one scaled to a radius, with and without the damping in the scale
  for (const bool in_scale : {true, false}) {
    problem.policy = before;
    options.step_size = 0;
    options.max_kl = 1e-4;
    options.damping_in_scale = in_scale;
    report = problem.update(options);
    const double curvature = natural.dot((in_scale ? damped : fisher) * natural);
    const Vector<double> step = std::sqrt(2 * 1e-4 / curvature) * natural;
    CHECK((problem.policy.parameters() - before.parameters() - step).norm() < 1e-9 * step.norm());
    CHECK(report.natural.curvature == Approx(curvature).epsilon(1e-8));
  }
}

}  // namespace

TEST_CASE("the step solves the explicit Fisher matrix's system") {
  check_against_fisher_matrix(gaussian_problem());
  check_against_fisher_matrix(gaussian_problem(true));
  check_against_fisher_matrix(categorical_problem());
}

TEST_CASE("a batch that an earlier policy drew is weighed by the ratios") {
  auto problem = gaussian_problem();
  Rng rng(9);
  for (double& parameter : problem.policy.parameters()) parameter += 0.05 * rng.normal();
  const Gaussian before = problem.policy;
  const auto at = [&](const Vector<double>& parameters) {
    Gaussian policy = before;
    policy.parameters() = parameters;
    return surrogate(policy, problem.batch, problem.estimate.advantages);
  };
  const PolicyReport report = problem.update({.step_size = 1e-5, .backtracks = 0});
  const Vector<double> step = problem.policy.parameters() - before.parameters();
  // the slope of the surrogate along the step, by central differences
  const double slope = (at(before.parameters() + step) - at(before.parameters() - step)) / 2;
  CHECK(report.natural.expected_improvement == Approx(slope).epsilon(1e-5));
  CHECK(report.natural.improvement == Approx(at(problem.policy.parameters()) - at(before.parameters())).epsilon(1e-6));
}

TEST_CASE("advantages are normalised over the batch") {
  auto problem = gaussian_problem();
  auto same = gaussian_problem();
  Vector<double>& advantages = same.estimate.advantages;
  advantages.array() -= advantages.mean();
  advantages /= std::sqrt(advantages.squaredNorm() / static_cast<double>(advantages.size())) + 1e-8;
  const PolicyReport report = problem.update({.advantage_normalization = AdvantageNormalization::batch});
  const PolicyReport expected = same.update({});
  CHECK((problem.policy.parameters() - same.policy.parameters()).norm() < 1e-12);
  CHECK(report.natural.improvement == Approx(expected.natural.improvement).epsilon(1e-9));
  // the direction of a step scaled to a radius does not depend on the advantages' scale, their mean counts
  auto plain = gaussian_problem();
  plain.update({});
  CHECK((problem.policy.parameters() - plain.policy.parameters()).norm() > 1e-3);
}

TEST_CASE("the natural gradient of a softmax bandit is the reward less its mean") {
  // pi = (1/2, 1/4, 1/4): four samples hold every action as often as it should come
  Rng rng;
  Categorical policy(1, 3, {.hidden = {}}, rng);
  policy.parameters().tail(3) = Vector<double>{{std::log(2.0), 0, 0}};
  Problem<Categorical> problem(policy, Matrix<double>::Zero(1, 4), 1);
  problem.batch.actions << 0, 0, 1, 2;
  problem.batch.log_probs = Vector<double>{{0.5, 0.5, 0.25, 0.25}}.array().log();
  const Vector<double> rewards{{2, -2, 4}};
  problem.estimate.advantages = Vector<double>{{2, 2, -2, 4}};
  const double mean = 1.5;  // (2 * 2 - 2 + 4) / 4
  for (const double size : {0.3, 1.0}) {
    problem.policy = policy;
    const PolicyReport report = problem.update({.step_size = size, .damping = 0, .backtracks = 0});
    Vector<double> step = (problem.policy.parameters() - policy.parameters()).tail(3);
    step.array() -= step.dot(Vector<double>{{0.5, 0.25, 0.25}});
    CHECK((step - size * (rewards.array() - mean).matrix()).norm() < 1e-10);
    // so that pi' is pi exp(eta A), normalised
    Vector<double> expected = Vector<double>{{0.5, 0.25, 0.25}}.array() * (size * rewards).array().exp();
    expected /= expected.sum();
    Context context;
    Vector<double> log_probs(4);
    problem.policy.log_prob(problem.batch.observations, problem.batch.actions, context, log_probs);
    CHECK((log_probs.tail(3).array().exp().matrix() - expected).norm() < 1e-10);
    CHECK(report.natural.cg_iterations == 2);
    // the weights of an observation that is always zero stay as they were
    CHECK(problem.policy.parameters().head(3) == policy.parameters().head(3));
  }
}

TEST_CASE("the natural gradient of a Gaussian bandit has its closed form") {
  // reward -(a - a*)^2, D = mu - a*: (-2 D s^2, -s^2). Three points of Gauss and Hermite are exact
  const double mu = 0.7, s = 0.5, best = -0.4;
  Rng rng;
  Gaussian policy(1, 1, {.hidden = {}}, rng);
  policy.parameters() << 0, mu, std::log(s);
  Problem<Gaussian> problem(policy, Matrix<double>::Zero(1, 3), 1);
  const Vector<double> z{{-std::sqrt(3.0), 0, std::sqrt(3.0)}};
  problem.batch.actions = (mu + s * z.array()).matrix().transpose();
  Context context;
  policy.log_prob(problem.batch.observations, problem.batch.actions, context, problem.batch.log_probs);
  const Vector<double> share{{1.0 / 6, 2.0 / 3, 1.0 / 6}};
  problem.estimate.advantages = -3 * share.array() * (problem.batch.actions.row(0).transpose().array() - best).square();
  problem.update({.step_size = 0.01, .damping = 0, .backtracks = 0});
  CHECK(
      (problem.policy.parameters() - policy.parameters() - 0.01 * Vector<double>{{0, -2 * (mu - best) * s * s, -s * s}})
          .norm() < 1e-12);
}

TEST_CASE("compatible features: regression on scores gives the natural gradient of the empirical Fisher matrix") {
  for (const bool state_dependent : {false, true}) {
    const auto problem = gaussian_problem(state_dependent);
    const Matrix<double> score = scores(problem.policy, problem.batch.observations, problem.batch.actions);
    const Vector<double> regression = least_squares(score.transpose(), problem.estimate.advantages);
    // products of the empirical Fisher matrix are score gradients too: 1/N sum_n (score_n'v) score_n
    Context context;
    Vector<double> x;
    const auto count = static_cast<double>(problem.batch.size());
    const ConjugateGradientReport report = ConjugateGradient<double>({.iterations = 400, .tolerance = 1e-26})(
        gradient_of(problem),
        [&](const Vector<double>& v, Vector<double>& product) {
          const Vector<double> slopes = score.transpose() * v / count;
          problem.policy.score_gradient(
              problem.batch.observations, problem.batch.actions,
              [&](Index first, const VectorRef<double>&, VectorRef<double> weights) {
                weights = slopes.segment(first, weights.size());
              },
              context, product);
        },
        x);
    CHECK((x - regression).norm() < 1e-8 * regression.norm());
    CHECK_FALSE(report.breakdown);
  }
}

TEST_CASE("the policy after a step does not depend on how it is parameterised") {
  const auto check = [](auto problem) {
    using P = decltype(problem.policy);
    const Index count = problem.policy.parameters().size();
    const Matrix<double> map = random_matrix(count, count, 8) + 3 * Matrix<double>::Identity(count, count);
    const Vector<double> phi = least_squares(map, problem.policy.parameters());
    Problem<Affine<P>> other(Affine<P>(problem.policy, map, phi), problem.batch.observations,
                             problem.batch.actions.rows());
    const P before = problem.policy;
    // a little damping for the null vectors of a categorical policy would spoil it: they have no gradient
    NaturalGradientOptions options{.max_kl = 0.02, .cg_iterations = 2000, .cg_tolerance = 1e-22, .damping = 0};
    problem.update(options);
    other.update(options);
    const auto distance = [&] { return mean_kl(problem.policy, other.policy.inner(), problem.batch); };
    const double moved = mean_kl(before, problem.policy, problem.batch);
    CHECK(moved > 0.01);
    CHECK(distance() < 1e-8 * moved);
    // a damped step, a step along the gradient in the limit, is no such thing
    problem.policy = before;
    other.policy.parameters() = phi;
    options.damping = 10;
    problem.update(options);
    other.update(options);
    CHECK(distance() > 0.1 * mean_kl(before, problem.policy, problem.batch));
  };
  check(gaussian_problem());
  check(gaussian_problem(true));
  check(categorical_problem());
}

TEST_CASE("the step's KL is its radius, to second order") {
  const auto error = [](auto problem, double radius) {
    const PolicyReport report =
        problem.update({.max_kl = radius, .cg_iterations = 500, .cg_tolerance = 1e-24, .damping = 0, .backtracks = 0});
    return std::abs(report.step.mean_kl / radius - 1);
  };
  const auto check = [&](auto problem) {
    double before = error(problem, 1e-4);
    CHECK(before < 1);
    // KL = radius + O(radius^(3/2)): a quarter of the radius halves the relative error, or does better
    for (double radius = 1e-4 / 4; radius > 1e-8; radius /= 4) {
      const double now = error(problem, radius);
      INFO("radius " << radius << ": relative error " << before << ", then " << now);
      CHECK(before / now > 1.7);
      before = now;
    }
    CHECK(before < 0.01);
  };
  check(gaussian_problem());
  check(gaussian_problem(true));
  check(categorical_problem());
}

TEST_CASE("where the KL is quadratic, the whole step has the radius as its KL, whatever the radius") {
  for (const double radius : {1e-3, 0.01, 2.0}) {
    auto problem = quadratic_problem();
    const PolicyReport report =
        problem.update({.max_kl = radius, .cg_tolerance = 1e-20, .damping = 0, .backtracks = 0});
    CHECK(report.step.mean_kl == Approx(radius).epsilon(1e-10));
    // three distinct eigenvalues
    CHECK(report.natural.cg_iterations == 3);
    CHECK(report.natural.cg_residual < 1e-10);
  }
}

TEST_CASE("damping in the scale shrinks the KL of the step, out of it the KL is the radius again") {
  double last = kInfinity;
  for (const double damping : {0.0, 0.01, 0.1, 1.0}) {
    auto problem = quadratic_problem();
    const Matrix<double> fisher = fisher_by_columns(problem.policy, problem.batch.observations);
    const Vector<double> before = problem.policy.parameters();
    PolicyReport report = problem.update({.cg_tolerance = 1e-20, .damping = damping, .backtracks = 0});
    const Vector<double> step = problem.policy.parameters() - before;
    CHECK(report.step.mean_kl ==
          Approx(0.01 * step.dot(fisher * step) / (step.dot(fisher * step) + damping * step.squaredNorm()))
              .epsilon(1e-9));
    CHECK(report.step.mean_kl < last);
    last = report.step.mean_kl;

    problem.policy.parameters() = before;
    report = problem.update({.cg_tolerance = 1e-20, .damping = damping, .damping_in_scale = false, .backtracks = 0});
    CHECK(report.step.mean_kl == Approx(0.01).epsilon(1e-9));
    // along the same line
    const Vector<double> other = problem.policy.parameters() - before;
    CHECK(other.dot(step) == Approx(other.norm() * step.norm()).epsilon(1e-12));
  }
  CHECK(last < 0.009);
}

TEST_CASE("the line search takes the first step that keeps each rule") {
  // a step far too long, so that every rule has something to say
  const NaturalGradientOptions base{.step_size = 40, .backtracks = 80, .backtrack_factor = 0.9};
  struct Rules {
    bool improvement;
    double kl;
    double ratio;
  };
  std::vector<Index> taken;
  for (const Rules& rules : {Rules{false, kInfinity, 0}, Rules{true, kInfinity, 0}, Rules{false, 1, 0},
                             Rules{false, 1.5, 0}, Rules{false, 30, 0}, Rules{true, 30, 0},
                             Rules{false, kInfinity, 0.1}, Rules{false, kInfinity, 0.9}, Rules{true, 30, 0.99}}) {
    auto problem = gaussian_problem();
    const Gaussian before = problem.policy;
    // the direction, from a step that nothing holds back
    NaturalGradientOptions whole = base;
    whole.backtracks = 0;
    problem.update(whole);
    const Vector<double> step = problem.policy.parameters() - before.parameters();
    const double expected = gradient_of(gaussian_problem()).dot(step);

    // the rules in words of their own
    const auto& advantages = problem.estimate.advantages;
    double fraction = 1;
    Index first = 0;
    for (; first <= base.backtracks; ++first, fraction *= 0.9) {
      problem.policy.parameters() = before.parameters() + fraction * step;
      const double gained =
          surrogate(problem.policy, problem.batch, advantages) - surrogate(before, problem.batch, advantages);
      const bool grew = !rules.improvement || gained > 0;
      const bool near = mean_kl(before, problem.policy, problem.batch) <= rules.kl * 0.01;
      const bool enough = rules.ratio == 0 || gained >= rules.ratio * fraction * expected;
      if (grew && near && enough) break;
    }
    REQUIRE(first <= base.backtracks);

    const Vector<double> wanted = problem.policy.parameters();
    problem.policy = before;
    NaturalGradientOptions options = base;
    options.require_improvement = rules.improvement;
    options.kl_tolerance = rules.kl;
    options.min_improvement_ratio = rules.ratio;
    const PolicyReport report = problem.update(options);
    CHECK(report.natural.accepted);
    CHECK(report.natural.backtracks == first);
    CHECK(report.natural.step_fraction == Approx(fraction));
    CHECK(report.natural.expected_improvement == Approx(expected));
    CHECK((problem.policy.parameters() - wanted).norm() < 1e-9);
    taken.push_back(first);
  }
  // each rule by itself stops some step that no other stops
  CHECK(taken[0] == 0);
  CHECK(taken[1] > 0);
  CHECK(taken[2] > taken[1]);
  CHECK(taken[3] < taken[2]);
  CHECK(taken[4] < taken[3]);
  CHECK(taken[6] > taken[1]);
  CHECK(taken[7] > taken[6]);
  CHECK(taken[8] > taken[7]);
}

TEST_CASE("where no step keeps the rules the policy stays as it was") {
  auto problem = gaussian_problem();
  const Vector<double> before = problem.policy.parameters();
  const PolicyReport report = problem.update({.step_size = 1e3, .backtracks = 3});
  CHECK(problem.policy.parameters() == before);
  CHECK_FALSE(report.natural.accepted);
  CHECK(report.natural.step_fraction == 0);
  CHECK(report.natural.backtracks == 3);
  CHECK(report.step.mean_kl == 0);
  CHECK(report.step.max_ratio == Approx(1));
}

TEST_CASE("a step to where numbers end is refused even where no rule is asked") {
  using P = GaussianPolicy<float>;
  Rng rng(1);
  const P before(1, 1, {.hidden = {}}, rng);
  Batch<float> batch;
  batch.resize(1, 1, 1, 2);
  batch.observations << 1, 2;
  batch.actions << 0.5F, -1;
  AdvantageEstimate<float> estimate;
  estimate.advantages = Vector<float>{{1, -1}};
  Context context;
  before.log_prob(batch.observations, batch.actions, context, batch.log_probs);
  for (const Index backtracks : {0, 3}) {
    P policy = before;
    const PolicyReport report = NaturalGradient<P>(
        {.step_size = 1e60, .backtracks = backtracks, .require_improvement = false, .kl_tolerance = kInfinity})(
        policy, batch, estimate, context);
    CHECK(policy.parameters() == before.parameters());
    CHECK_FALSE(report.natural.accepted);
    CHECK(report.natural.expected_improvement > 1e30);
  }
}

TEST_CASE("numbers that are none, and nothing to learn, take no step") {
  const auto check = [](auto& problem, const NaturalGradientOptions& options) {
    const Vector<double> before = problem.policy.parameters();
    const PolicyReport report = problem.update(options);
    CHECK(problem.policy.parameters() == before);
    CHECK_FALSE(report.natural.accepted);
    CHECK(report.natural.step_fraction == 0);
    CHECK(report.step.mean_kl == 0);
    CHECK_FALSE(report.violated);
    return report;
  };
  for (const Index backtracks : {0, 10}) {
    for (const double step_size : {0.0, 1.0}) {
      const NaturalGradientOptions options{.step_size = step_size, .backtracks = backtracks};
      auto problem = gaussian_problem();
      problem.estimate.advantages.setZero();
      CHECK(check(problem, options).gradient_norm == 0);
      problem.estimate.advantages[17] = std::nan("");
      CHECK(std::isnan(check(problem, options).gradient_norm));
      problem.estimate.advantages[17] = kInfinity;
      check(problem, options);

      // a Fisher matrix that is none: x'H x <= 0
      auto broken = quadratic_problem();
      for (const double factor : {0.0, -1.0, std::nan("")}) {
        broken.policy.fisher_factor = factor;
        NaturalGradientOptions undamped = options;
        undamped.damping = 0;
        CHECK(check(broken, undamped).natural.cg_iterations == 0);
      }
    }
  }
}

TEST_CASE("the Fisher matrix of a share of the states") {
  auto problem = quadratic_problem();
  problem.batch.observations = random_matrix(3, problem.batch.size(), 12);
  const Vector<double> before = problem.policy.parameters();
  const auto asked_by = [&](double fraction, std::uint64_t seed) {
    problem.policy.parameters() = before;
    Context context({.seed = seed});
    NaturalGradient<Affine<Gaussian>> update({.fisher_fraction = fraction});
    update(problem.policy, problem.batch, problem.estimate, context);
    return Affine<Gaussian>::asked;
  };
  CHECK(asked_by(1, 1) == problem.batch.observations);
  CHECK(asked_by(1e-9, 1).cols() == 1);
  const Matrix<double> share = asked_by(0.25, 1);
  REQUIRE(share.cols() == 45);
  // in the batch's order, and therefore none twice
  Index n = 0;
  for (Index k = 0; k < 45; ++k, ++n) {
    while (n < problem.batch.size() && problem.batch.observations.col(n) != share.col(k)) ++n;
  }
  CHECK(n <= problem.batch.size());
  // the seed decides
  CHECK(asked_by(0.25, 1) == share);
  CHECK(asked_by(0.25, 2) != share);

  // every state is as likely as any other: of 400 draws of 45 out of 180 each is in 100 +- 8.66; the most extreme of
  // 180 is beyond 4.5 deviations with probability 1e-3
  std::vector<int> counts(static_cast<std::size_t>(problem.batch.size()));
  Context context;
  NaturalGradient<Affine<Gaussian>> update({.cg_iterations = 1, .fisher_fraction = 0.25, .backtracks = 0});
  problem.batch.observations.row(0) = Vector<double>::LinSpaced(problem.batch.size(), 0, 179).transpose();
  for (int draw = 0; draw < 400; ++draw) {
    problem.policy.parameters() = before;
    update(problem.policy, problem.batch, problem.estimate, context);
    for (Index k = 0; k < 45; ++k) ++counts[static_cast<std::size_t>(std::lround(Affine<Gaussian>::asked(0, k)))];
  }
  for (const int count : counts) CHECK(std::abs(count - 100) < 4.5 * 8.66);
}

TEST_CASE("a step out of the trust region is seen, or taken back") {
  NaturalGradientOptions options{.max_kl = 0.05, .backtracks = 0};
  auto free = gaussian_problem();
  CHECK_FALSE(free.update(options).violated);
  const Vector<double> before = gaussian_problem().policy.parameters();
  options.trust_region.max_mean_kl = 0.001;
  for (const OnViolation action : {OnViolation::observe, OnViolation::stop, OnViolation::revert}) {
    auto problem = gaussian_problem();
    options.trust_region.on_violation = action;
    const PolicyReport report = problem.update(options);
    CHECK(report.violated);
    CHECK(report.stopped == (action != OnViolation::observe));
    CHECK(report.reverted == (action == OnViolation::revert));
    CHECK(problem.policy.parameters() == (report.reverted ? before : free.policy.parameters()));
    CHECK(report.step.mean_kl > 0.001);
    CHECK(report.natural.accepted);
  }
}

TEST_CASE("the bits of a step do not depend on the number of threads") {
  const auto check = []<class P>(P policy, Index action_size) {
    using S = typename P::Scalar;
    Context one;
    Batch<S> batch;
    batch.resize(3, action_size, 10, 70);
    batch.observations = random_matrix(3, 700, 4).cast<S>();
    std::vector<Rng> rngs(700, Rng(7));
    policy.sample(batch.observations, rngs, batch.actions, batch.log_probs, one, 0);
    AdvantageEstimate<S> estimate;
    estimate.advantages = random_matrix(700, 1, 6).cast<S>();
    Vector<S> first;
    for (const Index threads : {1, 2, 3}) {
      P moved = policy;
      Context context({.threads = threads});
      NaturalGradient<P> update({.fisher_fraction = 0.6});
      for (int i = 0; i < 2; ++i) CHECK(update(moved, batch, estimate, context).natural.accepted);
      if (threads == 1) first = moved.parameters();
      CHECK(moved.parameters() == first);
    }
    CHECK(first != policy.parameters());
  };
  Rng rng(1);
  check(GaussianPolicy<float>(3, 2, {}, rng), 2);
  check(CategoricalPolicy<double>(3, 4, {}, rng), 1);
}

TEST_CASE("TRPO and NPG drive a point mass to the origin") {
  using P = GaussianPolicy<float>;
  for (const Index backtracks : {10, 0}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      Context context({.seed = seed});
      Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.count = 16, .seed = seed}),
                                  {.steps = 128, .normalize_observations = false});
      Agent agent{
          P(2, 1, {.hidden = {16}}, context.rng()), ValueNetwork<float>(2, {.hidden = {16}}, context.rng()), Gae{},
          ValueRegression<float>({.steps = 10, .optimizer = AdamOptions{.learning_rate = 3e-3}}),
          NaturalGradient<P>({.advantage_normalization = AdvantageNormalization::batch, .backtracks = backtracks})};
      TrainingProgress progress;
      double worst = 0;
      bool accepted = true;
      train(source, agent, context, {.steps = 50 * 2048}, progress, [&](const IterationReport& report) {
        worst = std::max(worst, report.policy.step.mean_kl);
        accepted = accepted && report.policy.natural.accepted;
      });
      INFO("return " << progress.mean_return_last_100() << ", largest KL " << worst);
      // one that only acts at random comes to -600 or less
      CHECK(progress.mean_return_last_100() > -20);
      CHECK(accepted);
      CHECK(worst < (backtracks > 0 ? 0.01 : 0.03));
    }
  }
}

TEST_CASE("natural gradient: impossible updates are refused") {
  const auto refused = [](const NaturalGradientOptions& options) {
    CHECK_THROWS_AS(NaturalGradient<Gaussian>(options), std::invalid_argument);
  };
  CHECK_NOTHROW(NaturalGradient<Gaussian>());
  refused({.max_kl = 0});
  refused({.max_kl = kInfinity});
  refused({.step_size = -1});
  refused({.cg_iterations = 0});
  refused({.cg_tolerance = -1});
  refused({.damping = -1});
  refused({.damping = std::nan("")});
  refused({.fisher_fraction = 0});
  refused({.fisher_fraction = 1.1});
  refused({.backtracks = -1});
  refused({.backtrack_factor = 1});
  refused({.backtrack_factor = 0});
  refused({.kl_tolerance = 0});
  refused({.min_improvement_ratio = 1});
  refused({.trust_region = {.min_ratio = 2}});
}

TEST_CASE("natural gradient: a single sample is not normalised") {
  Context context;
  Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.count = 1}), {.steps = 1});
  Gaussian policy(2, 1, {.hidden = {3}}, context.rng());
  Batch<double> batch;
  source.collect(policy, context, batch);
  AdvantageEstimate<double> estimate;
  Gae{}(batch, ValueNetwork<double>(2, {.hidden = {3}}, context.rng()), context, estimate);
  NaturalGradient<Gaussian> update({.advantage_normalization = AdvantageNormalization::batch});
  CHECK_THROWS_WITH(update(policy, batch, estimate, context),
                    Catch::Matchers::Contains("NaturalGradient: expected a batch of two samples or more"));
  CHECK_NOTHROW(NaturalGradient<Gaussian>()(policy, batch, estimate, context));
}
