// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/statistics.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("a sample is summed to the same bits wherever it lies") {
  Vector<double> numbers(101);
  for (Index i = 0; i < numbers.size(); ++i) numbers[i] = (1000 + 5.007 * static_cast<double>(i)) * std::sin(i);
  const double expected = numbers.mean();
  std::vector<std::vector<double>> elsewhere;
  for (std::size_t i = 0; i < 20; ++i) {
    elsewhere.emplace_back(1 + i % 7);  // which moves what comes next
    elsewhere.emplace_back(numbers.begin(), numbers.end());
    CHECK(as_vector(elsewhere.back()).mean() == expected);
  }
}

TEST_CASE("quantiles lie between order statistics as numpy's do") {
  const Vector<double> sample{{7, 1, 3, 10}};
  CHECK(quantile(sample, 0) == 1);
  CHECK(quantile(sample, 1) == 10);
  CHECK(quantile(sample, 0.5) == 5);
  CHECK(quantile(sample, 0.25) == 2.5);
  CHECK(quantile(sample, 0.9) == Approx(9.1).epsilon(1e-14));
  CHECK(quantile(Vector<double>{{4}}, 0.3) == 4);
  CHECK_THROWS_AS(quantile(Vector<double>(), 0.5), std::invalid_argument);
  CHECK_THROWS_AS(quantile(sample, 1.01), std::invalid_argument);
  CHECK_THROWS_AS(quantile(Vector<double>{{1, std::nan("")}}, 0.5), std::invalid_argument);
}

TEST_CASE("the interquartile mean leaves out a quarter at each end, rounded down") {
  CHECK(interquartile_mean(Vector<double>{{-1000, 2, 4, 1000}}) == 3);
  CHECK(interquartile_mean(Vector<double>{{5, 1, 2, 3, 1e9}}) == Approx(10.0 / 3).epsilon(1e-15));
  CHECK(interquartile_mean(Vector<double>{{1, 2, 6}}) == 3);
  CHECK(standard_deviation(Vector<double>{{1, 2, 6}}) == Approx(std::sqrt(7.0)).epsilon(1e-15));
  CHECK_THROWS_AS(standard_deviation(Vector<double>{{1}}), std::invalid_argument);
}

TEST_CASE("rank correlation sees order alone, and shares ranks among equals") {
  const Vector<double> x{{1, 2, 3, 4, 5}};
  CHECK(spearman(x, x.array().exp()) == Approx(1).epsilon(1e-15));
  CHECK(spearman(x, -x) == Approx(-1).epsilon(1e-15));
  // without ties 1 - 6 sum d^2 / (n (n^2 - 1)): d = 1, 1, 1, 1, 0
  CHECK(spearman(x, Vector<double>{{2, 1, 4, 3, 5}}) == Approx(0.8).epsilon(1e-15));
  // ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5, variances 1.5 and 2
  CHECK(spearman(Vector<double>{{0, 0, 1}}, Vector<double>{{1, 2, 3}}) == Approx(1.5 / std::sqrt(3)).epsilon(1e-15));
  CHECK_FALSE(spearman(Vector<double>::Ones(3), x.head(3)) == 0);
  CHECK_THROWS_AS(spearman(x, x.head(4)), std::invalid_argument);
}

TEST_CASE("the probability of improvement is a count of pairs") {
  Rng rng(3);
  Vector<double> x(13);
  Vector<double> y(9);
  for (double& number : x) number = static_cast<double>(rng.below(6));
  for (double& number : y) number = static_cast<double>(rng.below(5));
  double pairs = 0;
  for (const double a : x) {
    for (const double b : y) pairs += a > b ? 1 : (a == b ? 0.5 : 0);
  }
  CHECK(probability_of_improvement(x, y) == Approx(pairs / 117).epsilon(1e-14));
  CHECK(probability_of_improvement(Vector<double>{{5, 6}}, Vector<double>{{1}}) == 1);
  CHECK(probability_of_improvement(x, x) == Approx(0.5).epsilon(1e-14));
}
