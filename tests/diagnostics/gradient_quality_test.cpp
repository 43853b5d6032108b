// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/gradient_quality.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"
#include "vantage/tabular/gaussian_bandit.hpp"

using namespace vantage;

namespace {

// R estimates of N samples of a gradient of length one whose noise scale is B: noise sqrt(B / (N P)) a component
Matrix<double> simulated(Index parameters, Index repeats, double scale, Index samples, Rng& rng) {
  const double noise = std::sqrt(scale / static_cast<double>(samples * parameters));
  Matrix<double> gradients(parameters, repeats);
  for (double& entry : gradients.reshaped()) entry = noise * rng.normal();
  gradients.row(0).array() += 1;
  return gradients;
}

}  // namespace

TEST_CASE("the mean cosine of pairs is that of all pairs, and its interval leaves out one gradient at a time") {
  Rng rng(4);
  const Matrix<double> gradients = simulated(7, 5, 30, 10, rng);
  const auto of_pairs = [&](Index without) {
    double sum = 0;
    int pairs = 0;
    for (Index i = 0; i < 5; ++i) {
      for (Index j = 0; j < i; ++j) {
        if (i == without || j == without) continue;
        sum += gradients.col(i).dot(gradients.col(j)) / (gradients.col(i).norm() * gradients.col(j).norm());
        ++pairs;
      }
    }
    return sum / pairs;
  };
  Vector<double> without(5);
  for (Index i = 0; i < 5; ++i) without[i] = of_pairs(i);
  const Estimate report = pairwise_cosine(gradients);
  CHECK(report.value == Approx(of_pairs(-1)).epsilon(1e-12));
  const Estimate expected = jackknife(of_pairs(-1), without);
  CHECK(report.standard_error == Approx(expected.standard_error).epsilon(1e-9));
  CHECK(report.interval.low == Approx(expected.interval.low).epsilon(1e-9));
  // lengths do not matter
  Matrix<double> scaled = gradients;
  scaled.col(1) *= 1e6;
  CHECK(pairwise_cosine(scaled).value == Approx(report.value).epsilon(1e-12));
  scaled.col(2).setZero();
  CHECK_THROWS_AS(pairwise_cosine(scaled), std::invalid_argument);
  CHECK_THROWS_AS(pairwise_cosine(gradients.leftCols(2)), std::invalid_argument);
}

TEST_CASE("a known noise scale is found by both estimators, and cosines are what it predicts") {
  Rng rng(8);
  constexpr double kScale = 300;
  constexpr Index kSamples = 100;
  constexpr Index kParameters = 400;
  constexpr int kTrials = 300;
  double squared_norm = 0;
  double trace = 0;
  double small_norm = 0;
  double large_norm = 0;
  double pairs = 0;
  double truth = 0;
  double reference = 0;
  double others = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Matrix<double> gradients = simulated(kParameters, 10, kScale, kSamples, rng);
    const NoiseScale scale = noise_scale(gradients, kSamples);
    squared_norm += scale.squared_norm / kTrials;
    trace += scale.trace / kTrials;
    small_norm += gradients.colwise().squaredNorm().mean() / kTrials;
    large_norm += gradients.rowwise().mean().squaredNorm() / kTrials;
    pairs += pairwise_cosine(gradients).value / kTrials;
    truth += cosine_to_reference(gradients, Vector<double>::Unit(kParameters, 0)).value / kTrials;
    // a reference of no more than 600 samples, corrected
    const Vector<double> noisy = simulated(kParameters, 1, kScale, 600, rng);
    reference += cosine_to_reference(gradients, noisy, std::sqrt(1 + kScale / 600)).value / kTrials;
    // of each the other nine, of 900 samples
    const Matrix<double> rests = (-gradients).colwise() + gradients.rowwise().sum();
    others += cosine_to_reference(gradients, rests, std::sqrt(1 + kScale / 900)).value / kTrials;
  }
  // relative standard errors: of |g|^2 about 2 / sqrt(3000 N / B), of tr C sqrt(2 / (9 * 300 * 400)), all below 1 %
  CHECK(squared_norm == Approx(1).epsilon(0.03));
  CHECK(trace == Approx(kScale).epsilon(0.005));
  const NoiseScale two = noise_scale(small_norm, kSamples, large_norm, 10 * kSamples);
  CHECK(two.squared_norm == Approx(1).epsilon(0.03));
  CHECK(two.value() == Approx(kScale).epsilon(0.03));
  CHECK(pairs == Approx(1 / (1 + kScale / kSamples)).epsilon(0.03));
  CHECK(truth == Approx(1 / std::sqrt(1 + kScale / kSamples)).epsilon(0.03));
  CHECK(reference == Approx(truth).epsilon(0.03));
  CHECK(others == Approx(truth).epsilon(0.03));
  CHECK(pairs == Approx(truth * truth).epsilon(0.03));
}

TEST_CASE("the cosine to a reference is the mean of the cosines to each one's own, or to that of all") {
  Rng rng(12);
  const Matrix<double> gradients = simulated(7, 4, 30, 10, rng);
  const Matrix<double> references = simulated(7, 4, 3, 10, rng);
  const auto cosine = [&](Index i, Index j) {
    return gradients.col(i).dot(references.col(j)) / (gradients.col(i).norm() * references.col(j).norm());
  };
  Vector<double> own(4);
  Vector<double> shared(4);
  for (Index i = 0; i < 4; ++i) {
    own[i] = 1.5 * cosine(i, i);
    shared[i] = cosine(i, 2);
  }
  const Estimate each = cosine_to_reference(gradients, references, 1.5);
  CHECK(each.value == Approx(own.mean()).epsilon(1e-12));
  CHECK(each.interval.low == Approx(estimate_mean(own).interval.low).epsilon(1e-9));
  const Estimate all = cosine_to_reference(gradients, references.col(2));
  CHECK(all.value == Approx(shared.mean()).epsilon(1e-12));
  CHECK(all.interval.high == Approx(estimate_mean(shared).interval.high).epsilon(1e-9));
  CHECK_THROWS_AS(cosine_to_reference(gradients, references.leftCols(3)), std::invalid_argument);
  CHECK_THROWS_AS(cosine_to_reference(gradients, references.topRows(6)), std::invalid_argument);
  CHECK_THROWS_AS(cosine_to_reference(gradients, references, 0.9), std::invalid_argument);
  CHECK_THROWS_AS(cosine_to_reference(gradients, 0 * references), std::invalid_argument);
}

TEST_CASE("the noise scale of the Gaussian bandit is that of its closed form, for each baseline") {
  const GaussianBandit bandit(-0.4);
  constexpr double kMean = 0.7;
  constexpr double kSigma = 0.5;
  Rng rng(6);
  constexpr Index kSamples = 500;
  constexpr Index kRepeats = 2000;
  const double value = bandit.value_baseline(kMean, kSigma);
  const double best = bandit.optimal_baseline(kMean, kSigma);
  for (const double baseline : {0.0, value, best}) {
    Matrix<double> gradients = Matrix<double>::Zero(1, kRepeats);
    for (Index repeat = 0; repeat < kRepeats; ++repeat) {
      for (Index i = 0; i < kSamples; ++i) {
        const double action = kMean + kSigma * rng.normal();
        const double reward = -(action + 0.4) * (action + 0.4);
        gradients(0, repeat) += (reward - baseline) * (action - kMean) / (kSigma * kSigma) / kSamples;
      }
    }
    const double squared = bandit.mean_gradient(kMean) * bandit.mean_gradient(kMean);
    const NoiseScale scale = noise_scale(gradients, kSamples);
    // the variance of 2000 nearly normal means has a relative standard error of sqrt(2 / 1999) = 3.2 %
    CHECK(scale.trace == Approx(bandit.score_variance(kMean, kSigma, baseline)).epsilon(0.12));
    CHECK(scale.squared_norm == Approx(squared).epsilon(0.02));
    CHECK(scale.value() == Approx(bandit.score_variance(kMean, kSigma, baseline) / squared).epsilon(0.12));
  }
}

TEST_CASE("noise scales of blocks add up, and a block without signal has none") {
  Rng rng(10);
  const Matrix<double> gradients = simulated(12, 6, 3, 5, rng);
  const std::vector<ParameterBlock> blocks{{0, 2, 3, 1, 0}, {6, 6, 1, 1, -1}};
  const std::vector<NoiseScale> scales = noise_scales(gradients, 5, blocks);
  const NoiseScale whole = noise_scale(gradients, 5);
  CHECK(scales[0].trace + scales[1].trace == Approx(whole.trace).epsilon(1e-12));
  CHECK(scales[0].squared_norm + scales[1].squared_norm == Approx(whole.squared_norm).epsilon(1e-12));
  CHECK(NoiseScale{-1e-3, 2}.value() == std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(noise_scales(gradients, 5, {{7, 6, 1, 1, -1}}), std::invalid_argument);
  CHECK_THROWS_AS(noise_scale(gradients.leftCols(1), 5), std::invalid_argument);
  CHECK_THROWS_AS(noise_scale(1.0, 10, 0.5, 10), std::invalid_argument);
}
