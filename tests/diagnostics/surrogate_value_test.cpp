// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/surrogate_value.hpp"

#include <limits>
#include <numbers>

#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/tabular/gaussian_bandit.hpp"
#include "vantage/tabular/linear_quadratic_gradient.hpp"

using namespace vantage;

namespace {

// N(weight s + bias, exp(log_std)^2)
GaussianPolicy<double> gaussian(double weight, double bias, double log_std) {
  Rng rng;
  GaussianPolicy<double> policy(1, 1, {.hidden = {}}, rng);
  policy.parameters() << weight, bias, log_std;
  return policy;
}

double density(double a, double mean, double sigma) {
  const double z = (a - mean) / sigma;
  return std::exp(-z * z / 2) / (sigma * std::sqrt(2 * std::numbers::pi));
}

}  // namespace

TEST_CASE("both surrogates are what a hand computes") {
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, 1, 6);
  batch.observations << 1, -2, 0.5, 3, 1, 0;
  batch.actions << 0.4, -1.5, 1.5, 1.7, 0.6, 40;
  // pulled up and down, on both sides of the range, and one sample whose ratio is beyond all numbers
  const Vector<double> advantages{{2, -1, 3, -0.5, 1, 0}};
  double gain = 0, squares = 0, clipped = 0;
  int held_back = 0;
  for (Index n = 0; n < 6; ++n) {
    const double s = batch.observations(0, n);
    const double a = batch.actions(0, n);
    batch.log_probs[n] = n < 5 ? std::log(density(a, 0.5 * s + 0.1, std::exp(-0.2))) : -1e4;
    const double ratio = n < 5 ? density(a, 0.6 * s, std::exp(0.1)) / density(a, 0.5 * s + 0.1, std::exp(-0.2)) : 1;
    const double free = ratio * advantages[n];
    const double bound = std::clamp(ratio, 0.85, 1.15) * advantages[n];
    held_back += bound < free ? 1 : 0;
    gain += (free - advantages[n]) / 6;
    squares += (free - advantages[n]) * (free - advantages[n]);
    clipped += (std::min(free, bound) - advantages[n]) / 6;
  }
  CHECK(held_back > 0);
  CHECK(held_back < 5);
  const GaussianPolicy<double> after = gaussian(0.6, 0, 0.1);
  const SurrogateValue value = surrogate_value(after, batch, advantages, context, 0.15);
  CHECK(value.gain == Approx(gain).epsilon(1e-12));
  CHECK(value.clipped_gain == Approx(clipped).epsilon(1e-12));
  CHECK(value.standard_error == Approx(std::sqrt((squares - 6 * gain * gain) / 5 / 6)).epsilon(1e-12));
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(surrogate_value(after, batch, advantages, context, infinite).clipped_gain == Approx(gain).epsilon(1e-12));
  CHECK_THROWS_AS(surrogate_value(after, batch, advantages.head(5), context), std::invalid_argument);
  CHECK_THROWS_AS(surrogate_value(after, batch, advantages, context, -0.1), std::invalid_argument);
}

TEST_CASE("the surrogate of a bandit is the difference of the returns, in a batch that knows nothing of the policy") {
  const GaussianBandit bandit(-0.4);
  constexpr Index kSamples = 20000;
  const GaussianPolicy<double> before = gaussian(0.2, 0.5, std::log(0.5));
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, 1, kSamples);
  batch.observations.setOnes();
  Rng rng(6);
  for (double& action : batch.actions.reshaped()) action = 0.7 + 0.5 * rng.normal();
  before.log_prob(batch.observations, batch.actions, context, batch.log_probs);
  // of the baseline the expectation knows nothing
  const Vector<double> advantages =
      -(batch.actions.row(0).transpose().array() + 0.4).square() - bandit.objective(0.7, 0.5);
  const SurrogateValue none = surrogate_value(before, batch, advantages, context);
  CHECK(none.gain == 0);
  CHECK(none.standard_error == 0);
  CHECK(none.clipped_gain == 0);
  for (const double mean : {0.5, 0.65, 0.8}) {
    for (const double sigma : {0.45, 0.5}) {
      const SurrogateValue value =
          surrogate_value(gaussian(mean - 0.5, 0.5, std::log(sigma)), batch, advantages, context);
      const double exact = bandit.objective(mean, sigma) - bandit.objective(0.7, 0.5);
      CHECK(std::abs(value.gain - exact) < 4.5 * value.standard_error);
      CHECK(value.standard_error < 0.03);
      CHECK(value.clipped_gain <= value.gain);
    }
  }
}

TEST_CASE("the surrogate of a linear-quadratic problem is its closed form, in states of the old policy") {
  constexpr Index kHorizon = 4;
  constexpr Index kEach = 24000;  // states of each time, drawn apart from one another
  const LinearQuadratic problem{.transition = Matrix<double>::Constant(1, 1, 0.9),
                                .control = Matrix<double>::Constant(1, 1, 0.5),
                                .state_cost = Matrix<double>::Ones(1, 1),
                                .control_cost = Matrix<double>::Constant(1, 1, 0.1),
                                .noise = Matrix<double>::Constant(1, 1, 0.01),
                                .start = Matrix<double>::Ones(1, 1),
                                .gamma = 1 - 0x1p-40};
  const LinearGaussian before{Matrix<double>::Constant(1, 1, -0.6), Vector<double>::Constant(1, std::log(0.4))};
  const LinearGaussian after{Matrix<double>::Constant(1, 1, -0.85), Vector<double>::Constant(1, std::log(0.35))};
  const LinearQuadraticHorizon exact = evaluate_horizon(problem, before, kHorizon);
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, kEach, kHorizon);
  Vector<double> advantages(batch.size());
  Rng rng(11);
  // E_to[A_t] = -(D^2 H S + 2 D E S + H (Sigma_to - Sigma)), summed over time and divided by the number of samples
  double surrogate = 0;
  const double step = after.gain(0, 0) - before.gain(0, 0);
  for (Index t = 0; t < kHorizon; ++t) {
    const auto at = static_cast<std::size_t>(t);
    const double next = exact.values[at + 1].curvature(0, 0);
    const double h = 0.1 + 0.25 * next;
    const double e = 0.1 * -0.6 + 0.5 * next * (0.9 - 0.3);
    const double moment = exact.moments[at](0, 0);
    surrogate -= (step * step * h * moment + 2 * step * e * moment + h * (after.variance()[0] - before.variance()[0])) /
                 kHorizon;
    for (Index n = t * kEach; n < (t + 1) * kEach; ++n) {
      const double s = std::sqrt(moment) * rng.normal();
      const double u = 0.4 * rng.normal();
      batch.observations(0, n) = s;
      batch.actions(0, n) = -0.6 * s + u;
      advantages[n] = -(u * u * h + 2 * u * e * s - h * before.variance()[0]);
    }
  }
  gaussian_policy<double>(before).log_prob(batch.observations, batch.actions, context, batch.log_probs);
  const SurrogateValue value = surrogate_value(gaussian_policy<double>(after), batch, advantages, context);
  CHECK(std::abs(value.gain - surrogate) < 4.5 * value.standard_error);
  CHECK(value.standard_error < 0.05 * surrogate);
  // not the whole difference of the returns: that has the states of the new policy
  const double difference = (evaluate_horizon(problem, after, kHorizon).objective - exact.objective) / kHorizon;
  CHECK(std::abs(surrogate - difference) > 4 * value.standard_error);
}
