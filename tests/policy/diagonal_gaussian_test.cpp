// SPDX-License-Identifier: MIT
#include "vantage/policy/diagonal_gaussian.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;
namespace normal = diagonal_gaussian;

TEST_CASE("log-probabilities follow the textbook density") {
  const Vector<double> mean{{0.3, -2}};
  const Vector<double> log_std{{-0.5, 0.7}};
  const Vector<double> action{{1.1, -3.3}};
  double density = 1;
  for (Index i = 0; i < 2; ++i) {
    const double sigma = std::exp(log_std[i]);
    const double off = action[i] - mean[i];
    density *= std::exp(-off * off / (2 * sigma * sigma)) / (sigma * std::sqrt(2 * std::numbers::pi));
  }
  CHECK(normal::log_prob(mean, log_std, action) == Approx(std::log(density)).epsilon(1e-14));
}

TEST_CASE("entropy and divergence are the integrals they stand for") {
  // trapezoids over 30 deviations: exact to rounding for so smooth a function
  const double mean_p = 0.4, log_p = -0.3, mean_q = -0.2, log_q = 0.25;
  const Vector<double> mp = Vector<double>::Constant(1, mean_p), lp = Vector<double>::Constant(1, log_p);
  const Vector<double> mq = Vector<double>::Constant(1, mean_q), lq = Vector<double>::Constant(1, log_q);
  double entropy = 0;
  double divergence = 0;
  const double width = 0.005;
  for (double x = -15; x <= 15; x += width) {
    const Vector<double> at = Vector<double>::Constant(1, x);
    const double log_at_p = normal::log_prob(mp, lp, at);
    entropy -= width * std::exp(log_at_p) * log_at_p;
    divergence += width * std::exp(log_at_p) * (log_at_p - normal::log_prob(mq, lq, at));
  }
  CHECK(normal::entropy(lp) == Approx(entropy).epsilon(1e-10));
  CHECK(normal::kl_divergence(mp, lp, mq, lq) == Approx(divergence).epsilon(1e-10));
}

TEST_CASE("components add up, and a distribution does not diverge from itself") {
  const Vector<double> mp{{0.1, 0.2, 0.3}}, lp{{-1, 0, 0.5}}, mq{{0, 0.5, -1}}, lq{{-0.5, 0.2, 0.1}};
  double entropy = 0;
  double divergence = 0;
  for (Index i = 0; i < 3; ++i) {
    const Vector<double> a = mp.segment(i, 1), b = lp.segment(i, 1), c = mq.segment(i, 1), d = lq.segment(i, 1);
    entropy += normal::entropy(b);
    divergence += normal::kl_divergence(a, b, c, d);
  }
  CHECK(normal::entropy(lp) == Approx(entropy).epsilon(1e-14));
  CHECK(normal::kl_divergence(mp, lp, mq, lq) == Approx(divergence).epsilon(1e-14));
  CHECK(normal::kl_divergence(mp, lp, mp, lp) == 0);
}
