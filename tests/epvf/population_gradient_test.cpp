// SPDX-License-Identifier: MIT
#include "vantage/epvf/population_gradient.hpp"

#include <cmath>

#include "catch.hpp"

using namespace vantage;

namespace {

// on F(theta) = b . theta - theta' A theta / 2 the gradient of the mean over Gaussian noise is b - A theta, exactly
struct Quadratic {
  Matrix<double> hessian{{3, 1, 0, 0}, {1, 2, 0.5, 0}, {0, 0.5, 1, 0}, {0, 0, 0, 4}};
  Vector<double> slope{{1, -2, 0.5, 3}};

  [[nodiscard]] Vector<double> gradient(const Vector<double>& theta) const { return slope - hessian * theta; }
  [[nodiscard]] Vector<double> values(const Matrix<double>& thetas) const {
    return thetas.transpose() * slope -
           0.5 * (thetas.array() * (hessian * thetas).array()).colwise().sum().matrix().transpose();
  }
};

Vector<double> estimate(const Vector<double>& centre, const PerturbationOptions& options, Index population,
                        std::uint64_t seed, Index threads = 1) {
  Context context({.seed = seed, .threads = threads});
  const Perturbation<double> noise(options);
  Matrix<double> policies(centre.size(), population);
  noise(centre, {.bound = 0}, context, policies);
  Vector<double> gradient;
  population_gradient(centre, noise, policies, Quadratic{}.values(policies), context, gradient);
  return gradient;
}

const Vector<double> kCentre{{0.5, 1, -1, 0.2}};

}  // namespace

TEST_CASE("a population's gradient is the sum of its definition, whatever its noise") {
  Context context;
  for (const NoiseShape shape : {NoiseShape::uniform, NoiseShape::gaussian}) {
    const Perturbation<double> noise({.shape = shape, .scale = 0.5, .floor = 0});
    const Vector<double> centre{{2, 0, -1}};
    const Matrix<double> policies{{2.5, 1, 2}, {0, 0, 0}, {-1, -1.25, -0.5}};
    const Vector<double> returns{{4, 1, 1}};
    // less their mean, 2: 2, -1, -1; variances 1, 0, 1/4 of Gaussian noise, a third of that of uniform
    const double factor = shape == NoiseShape::uniform ? 3 : 1;
    Vector<double> gradient;
    population_gradient(centre, noise, policies, returns, context, gradient);
    CHECK(gradient[0] == Approx(factor * (2 * 0.5 + 1.0 - 0) / 3));
    CHECK(gradient[1] == 0);
    CHECK(gradient[2] == Approx(factor * 4 * (0 + 0.25 - 0.5) / 3));
    // in half precision the same, rounded
    const Matrix<Eigen::half> half = policies.cast<Eigen::half>();
    Vector<double> rounded;
    population_gradient(centre, noise, half, returns, context, rounded);
    CHECK(rounded == gradient);
  }
}

TEST_CASE("on average it is the gradient of a quadratic objective") {
  const Vector<double> exact = Quadratic{}.gradient(kCentre);
  for (const bool antithetic : {false, true}) {
    PerturbationOptions options{
        .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.3, .antithetic = antithetic};
    constexpr int kPopulations = 400;
    constexpr Index kSize = 50;
    Vector<double> sum = Vector<double>::Zero(4), squares = sum;
    for (int i = 0; i < kPopulations; ++i) {
      const Vector<double> one = estimate(kCentre, options, kSize, static_cast<std::uint64_t>(i + 1));
      sum += one;
      squares += one.cwiseAbs2();
    }
    const Vector<double> mean = sum / kPopulations;
    const Vector<double> error = ((squares / kPopulations - mean.cwiseAbs2()) / kPopulations).cwiseSqrt();
    INFO(mean.transpose() << " +- " << error.transpose() << ", exact " << exact.transpose());
    // the mean taken off is of the same policies, which costs (M - 1) / M where they are not in pairs
    const double shrunk = antithetic ? 1 : 1 - 1.0 / static_cast<double>(kSize);
    // 4 components at 4 deviations: wrong once in 4,000 times
    for (Index j = 0; j < 4; ++j) CHECK(std::abs(mean[j] - shrunk * exact[j]) < 4 * error[j]);
  }
}

TEST_CASE("its bits do not depend on the threads") {
  const PerturbationOptions options{.scaling = NoiseScaling::additive, .scale = 0.3};
  const Vector<double> one = estimate(kCentre, options, 1000, 1);
  for (const Index threads : {2, 3}) CHECK(estimate(kCentre, options, 1000, 1, threads) == one);
}

TEST_CASE("a population without a return each is refused") {
  Context context;
  Vector<double> gradient;
  const Perturbation<double> noise;
  CHECK_THROWS_AS(population_gradient(kCentre, noise, Matrix<double>(4, 3), Vector<double>(2), context, gradient),
                  std::invalid_argument);
  CHECK_THROWS_AS(population_gradient(kCentre, noise, Matrix<double>(4, 0), Vector<double>(0), context, gradient),
                  std::invalid_argument);
}
