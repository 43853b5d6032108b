// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/intervals.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

// mean of the cosines of all pairs of columns, `without` one of them (-1: of all)
double pairwise_cosine(const Matrix<double>& vectors, Index without) {
  double sum = 0;
  Index pairs = 0;
  for (Index i = 0; i < vectors.cols(); ++i) {
    for (Index j = 0; j < i; ++j) {
      if (i == without || j == without) continue;
      sum += vectors.col(i).dot(vectors.col(j)) / (vectors.col(i).norm() * vectors.col(j).norm());
      ++pairs;
    }
  }
  return sum / static_cast<double>(pairs);
}

// columns g + noise, |g| = 1
Matrix<double> noisy_copies(Index copies, Index size, double noise, Rng& rng) {
  Matrix<double> result(size, copies);
  for (double& entry : result.reshaped()) entry = noise * rng.normal();
  result.row(0).array() += 1;
  return result;
}

Vector<double> leave_one_out(const Matrix<double>& vectors) {
  Vector<double> without(vectors.cols());
  for (Index i = 0; i < vectors.cols(); ++i) without[i] = pairwise_cosine(vectors, i);
  return without;
}

}  // namespace

TEST_CASE("the jackknife of a mean is its standard error, with Student's factor") {
  const Vector<double> x{{2, 4, 9, 1}};
  const Vector<double> without = (x.sum() - x.array()) / 3;
  const Estimate report = jackknife(x.mean(), without);
  CHECK(report.value == 4);
  CHECK(report.standard_error == Approx(std::sqrt(38.0 / 3 / 4)).epsilon(1e-14));
  CHECK(report.interval.high - 4 == Approx(3.182446305284 * report.standard_error).epsilon(1e-10));
  CHECK(4 - report.interval.low == Approx(report.interval.high - 4).epsilon(1e-12));
  CHECK_THROWS_AS(jackknife(1, Vector<double>{{1}}), std::invalid_argument);
  // which is what the mean's own interval is
  const Estimate mean = estimate_mean(x);
  CHECK(mean.value == 4);
  CHECK(mean.standard_error == Approx(report.standard_error).epsilon(1e-14));
  CHECK(mean.interval.low == Approx(report.interval.low).epsilon(1e-14));
  CHECK(estimate_mean(x, 0.5).interval.high - 4 == Approx(0.764892328404 * mean.standard_error).epsilon(1e-10));
}

TEST_CASE("95 % of the jackknife intervals of a mean cosine hold the truth, where naive ones over pairs do not") {
  Rng rng(5);
  constexpr Index kCopies = 10;
  constexpr Index kSize = 30;
  constexpr int kTrials = 2000;
  // E cos of two independent noisy copies, from many pairs
  double truth = 0;
  for (int i = 0; i < 40000; ++i) truth += pairwise_cosine(noisy_copies(2, kSize, 0.2, rng), -1) / 40000;
  int covered = 0;
  int naively_covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Matrix<double> vectors = noisy_copies(kCopies, kSize, 0.2, rng);
    const double estimate = pairwise_cosine(vectors, -1);
    covered += jackknife(estimate, leave_one_out(vectors)).interval.contains(truth);
    // as if the 45 pairs were independent
    double squares = 0;
    for (Index i = 0; i < kCopies; ++i) {
      for (Index j = 0; j < i; ++j) {
        const double cosine = vectors.col(i).normalized().dot(vectors.col(j).normalized());
        squares += (cosine - estimate) * (cosine - estimate);
      }
    }
    naively_covered += std::abs(estimate - truth) <= 1.96 * std::sqrt(squares / 44 / 45);
  }
  // two standard deviations of a share of 0.95 in 2000 trials are 0.01
  CHECK(covered > 0.93 * kTrials);
  CHECK(covered < 0.97 * kTrials);
  CHECK(naively_covered < 0.85 * kTrials);
}

TEST_CASE("a bootstrap keeps each task's runs to itself") {
  Context context({.seed = 1});
  // tasks whose runs agree leave nothing to draw, however much they differ from each other
  Matrix<double> scores(3, 2);
  scores.col(0).setConstant(1);
  scores.col(1).setConstant(100);
  const auto mean = [](const Matrix<double>& drawn) { return drawn.mean(); };
  const Interval none = stratified_bootstrap(scores, context, mean);
  CHECK(none.low == 50.5);
  CHECK(none.high == 50.5);
  // the draws of two runs of one task are 4 equally likely tables: means 0, 1/2, 1/2, 1
  const Interval all = stratified_bootstrap(Matrix<double>{{0}, {1}}, context, mean, {.confidence = 0.4});
  CHECK(all.low == 0.5);
  CHECK(all.high == 0.5);
  const Interval wide = stratified_bootstrap(Matrix<double>{{0}, {1}}, context, mean, {.confidence = 0.6});
  CHECK(wide.low == 0);
  CHECK(wide.high == 1);
  CHECK_THROWS_AS(stratified_bootstrap(Matrix<double>(0, 2), context, mean), std::invalid_argument);
  CHECK_THROWS_AS(stratified_bootstrap(scores, context, mean, {.draws = 1}), std::invalid_argument);
}

TEST_CASE("95 % of the bootstrap intervals of a mean over tasks hold the truth") {
  Context context({.seed = 1});
  Rng rng(11);
  constexpr int kTrials = 1000;
  int covered = 0;
  Matrix<double> scores(40, 3);
  for (int trial = 0; trial < kTrials; ++trial) {
    for (Index task = 0; task < 3; ++task) {
      for (double& score : scores.col(task)) score = static_cast<double>(task) + rng.normal();
    }
    const auto mean = [](const Matrix<double>& drawn) { return drawn.mean(); };
    covered += stratified_bootstrap(scores, context, mean, {.draws = 400, .seed = static_cast<std::uint64_t>(trial)})
                   .contains(1);
  }
  CHECK(covered > 0.93 * kTrials);
  CHECK(covered < 0.97 * kTrials);
}

TEST_CASE("a bootstrap is the same for any number of threads") {
  Rng rng(2);
  Matrix<double> scores(7, 2);
  for (double& score : scores.reshaped()) score = rng.normal();
  const auto median = [](const Matrix<double>& drawn) { return quantile(drawn.reshaped(), 0.5); };
  Context one({.threads = 1});
  Context three({.threads = 3});
  const Interval a = stratified_bootstrap(scores, one, median);
  const Interval b = stratified_bootstrap(scores, three, median);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
}
