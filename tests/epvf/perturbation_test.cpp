// SPDX-License-Identifier: MIT
#include "vantage/epvf/perturbation.hpp"

#include <algorithm>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

const WeightClip kNoClip{.bound = 0};
constexpr double kNever = 4.5;  // a standard normal number is farther from 0 with probability 7e-6

Vector<double> some_centre(Index size) {
  Rng rng(7);
  return Vector<double>::NullaryExpr(size, [&] { return rng.uniform(-1, 1); });
}

// theta_j = w_j + a_j e_j: the e_j, by the definition of a_j
std::vector<double> standard_noise(const PerturbationOptions& options, const Vector<double>& centre, Index count,
                                   std::uint64_t seed) {
  Context context({.seed = seed});
  Matrix<double> thetas(centre.size(), count);
  Perturbation<double>{options}(centre, kNoClip, context, thetas);
  std::vector<double> noise;
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < centre.size(); ++j) {
      double size = options.scale;
      if (options.scaling == NoiseScaling::multiplicative) {
        size = std::max(options.scale * std::abs(centre[j]), options.floor);
      }
      noise.push_back((thetas(j, i) - centre[j]) / size);
    }
  }
  return noise;
}

double distribution(NoiseShape shape, double x) {
  if (shape == NoiseShape::uniform) return std::clamp(0.5 * (x + 1), 0.0, 1.0);
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

}  // namespace

TEST_CASE("noise of all four kinds has its distribution") {
  const Vector<double> centre = some_centre(50);
  for (const NoiseShape shape : {NoiseShape::uniform, NoiseShape::gaussian}) {
    for (const NoiseScaling scaling : {NoiseScaling::multiplicative, NoiseScaling::additive}) {
      std::vector<double> noise = standard_noise({.shape = shape, .scaling = scaling}, centre, 400, 3);
      const auto n = static_cast<double>(noise.size());
      // mean and variance of the noise, and the deviation of their estimates by the second and fourth moments
      const double variance = shape == NoiseShape::uniform ? 1 / 3.0 : 1.0;
      const double fourth = shape == NoiseShape::uniform ? 1 / 5.0 : 3.0;
      double sum = 0, squares = 0;
      for (const double e : noise) {
        sum += e;
        squares += e * e;
      }
      CHECK(std::abs(sum / n) < kNever * std::sqrt(variance / n));
      CHECK(std::abs(squares / n - variance) < kNever * std::sqrt((fourth - variance * variance) / n));

      // Kolmogorov and Smirnov: the largest distance of the distributions exceeds 2.5 / sqrt(n) with probability 7e-6
      std::sort(noise.begin(), noise.end());
      double distance = 0;
      for (std::size_t i = 0; i < noise.size(); ++i) {
        const double expected = distribution(shape, noise[i]);
        distance =
            std::max({distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
      }
      CHECK(distance < 2.5 / std::sqrt(n));

      // a uniform one fills its interval and does not leave it (but for the rounding of the sum)
      if (shape == NoiseShape::uniform) {
        CHECK(noise.front() >= -1 - 1e-12);
        CHECK(noise.back() <= 1 + 1e-12);
        CHECK(noise.front() < -0.99);
        CHECK(noise.back() > 0.99);
      } else {
        CHECK(noise.back() > 3);
      }
    }
  }
}

TEST_CASE("parameters and policies move independently of one another") {
  const std::vector<double> noise = standard_noise({.shape = NoiseShape::gaussian}, some_centre(50), 400, 4);
  double neighbours = 0, policies = 0;
  for (std::size_t i = 0; i + 50 < noise.size(); ++i) {
    neighbours += noise[i] * noise[i + 1];
    policies += noise[i] * noise[i + 50];
  }
  const auto n = static_cast<double>(noise.size());
  CHECK(std::abs(neighbours) < kNever * std::sqrt(n));
  CHECK(std::abs(policies) < kNever * std::sqrt(n));
}

TEST_CASE("multiplicative noise grows with the weight, and the floor moves weights of zero") {
  Vector<double> centre(4);
  centre << 0, 0.05, 1, -2;
  // the largest of 2000 uniform numbers is below 0.99 with probability (0.995)^2000 = 4e-5
  const Vector<double> widths = (Vector<double>(4) << 0.03, 0.03, 0.3, 0.6).finished();
  Context context;
  Matrix<double> thetas(4, 2000);
  Perturbation<double>()(centre, kNoClip, context, thetas);
  for (Index j = 0; j < 4; ++j) {
    const auto noise = thetas.row(j).array() - centre[j];
    CHECK(noise.maxCoeff() <= widths[j] + 1e-15);
    CHECK(noise.minCoeff() >= -widths[j] - 1e-15);
    CHECK(noise.maxCoeff() > 0.99 * widths[j]);
    CHECK(noise.minCoeff() < -0.99 * widths[j]);
  }
  // without a floor they stay where they are
  Perturbation<double>{{.floor = 0}}(centre, kNoClip, context, thetas);
  CHECK((thetas.row(0).array() == 0).all());
  CHECK((thetas.row(1).array() != 0.05).all());
  // additive noise has no floor
  Perturbation<double>{{.scaling = NoiseScaling::additive, .scale = 1e-3}}(centre, kNoClip, context, thetas);
  CHECK((thetas.colwise() - centre).cwiseAbs().maxCoeff() <= 1e-3 + 1e-15);
}

TEST_CASE("antithetic policies are mirrored at the centre") {
  Context context, alone;
  const Vector<double> centre = some_centre(20);
  Matrix<double> pairs(20, 8), single(20, 4);
  Perturbation<double>{{.antithetic = true}}(centre, kNoClip, context, pairs);
  Perturbation<double>()(centre, kNoClip, alone, single);
  for (Index k = 0; k < 4; ++k) {
    // the same noise as without pairs; the other sum is that of the negative noise, to the last rounding
    CHECK(pairs.col(2 * k) == single.col(k));
    CHECK((pairs.col(2 * k) + pairs.col(2 * k + 1) - 2 * centre).cwiseAbs().maxCoeff() < 1e-15);
  }
  CHECK(pairs.col(0) != pairs.col(2));

  // around zero nothing is rounded; the last of an odd number has no partner
  Matrix<float> odd(20, 5);
  Perturbation<float>{{.shape = NoiseShape::gaussian, .antithetic = true}}(Vector<float>::Zero(20), kNoClip, context,
                                                                           odd);
  CHECK(odd.col(1) == -odd.col(0));
  CHECK(odd.col(3) == -odd.col(2));
  CHECK(odd.col(4) != odd.col(3));
  CHECK((odd.array() != 0).all());
}

TEST_CASE("the centre comes first where it is played too, and pairs come after it") {
  Context context, other;
  const Vector<double> centre = some_centre(20);
  Matrix<double> with(20, 5), without(20, 4);
  Perturbation<double>{{.antithetic = true, .include_centre = true}}(centre, kNoClip, context, with);
  Perturbation<double>{{.antithetic = true}}(centre, kNoClip, other, without);
  CHECK(with.col(0) == centre);
  CHECK(with.rightCols(4) == without);
}

TEST_CASE("perturbations have the same bits with any number of threads, and are new in every call") {
  const Vector<float> centre = some_centre(200).cast<float>();
  Matrix<float> first(200, 33);
  for (const Index threads : {1, 2, 3}) {
    Context context({.seed = 5, .threads = threads});
    Matrix<float> thetas(200, 33);
    Perturbation<float>()(centre, kNoClip, context, thetas);
    if (threads == 1) first = thetas;
    CHECK(thetas == first);
    // one number of the context's stream a call
    Rng rng(5, StreamPurpose::learner);
    rng();
    CHECK(context.rng() == rng);
    Perturbation<float>()(centre, kNoClip, context, thetas);
    CHECK((thetas.array() != first.array()).all());
  }
}

TEST_CASE("a block in half precision gets the same policies, rounded") {
  const Vector<float> centre = some_centre(40).cast<float>();
  Context a, b;
  Matrix<float> full(40, 6);
  Matrix<Eigen::half> halves = Matrix<Eigen::half>::Zero(40, 10);
  Perturbation<float>()(centre, kNoClip, a, full);
  Perturbation<float>()(centre, kNoClip, b, halves.middleCols(2, 6));
  const Matrix<float> got = halves.cast<float>();
  CHECK(got.leftCols(2).isZero(0));
  CHECK(got.rightCols(2).isZero(0));
  // half the spacing of numbers with 11 significant bits; one more rounding, that to single precision
  CHECK(((got.middleCols(2, 6) - full).array().abs() <= full.array().abs() * 0.000489F + 1e-7F).all());
}

TEST_CASE("fixed parameters stay as they are, and the others move as they would") {
  const Vector<double> centre = some_centre(10);
  for (const bool half : {false, true}) {
    const PerturbationOptions options{.scaling = NoiseScaling::additive, .scale = 0.5, .antithetic = true};
    const std::vector<ParameterBlock> fixed{{.offset = 2, .rows = 3, .columns = 1, .row_axis = 0, .column_axis = -1},
                                            {.offset = 9, .rows = 1, .columns = 1, .row_axis = 0, .column_axis = -1}};
    Context context, twin;
    Matrix<double> all(10, 20), some(10, 20);
    Perturbation<double>{options}(centre, kNoClip, context, all);
    if (half) {
      Matrix<Eigen::half> rounded(10, 20);
      Perturbation<double>(options, fixed)(centre, kNoClip, twin, rounded);
      some = rounded.cast<double>();
      all = all.cast<Eigen::half>().cast<double>();
    } else {
      Perturbation<double>(options, fixed)(centre, kNoClip, twin, some);
    }
    const Vector<double> stays = half ? Vector<double>(centre.cast<Eigen::half>().cast<double>()) : centre;
    for (Index i = 0; i < 20; ++i) {
      CHECK(some.col(i).segment(2, 3) == stays.segment(2, 3));
      CHECK(some(9, i) == stays[9]);
    }
    CHECK(some.topRows(2) == all.topRows(2));
    CHECK(some.middleRows(5, 4) == all.middleRows(5, 4));
  }
}

TEST_CASE("variance and distance are those of what is drawn") {
  const Vector<double> centre{{2, 0, -0.1, 1}};
  const std::vector<ParameterBlock> last{{.offset = 3, .rows = 1, .columns = 1, .row_axis = 0, .column_axis = -1}};
  for (const NoiseShape shape : {NoiseShape::uniform, NoiseShape::gaussian}) {
    for (const NoiseScaling scaling : {NoiseScaling::multiplicative, NoiseScaling::additive}) {
      const Perturbation<double> noise({.shape = shape, .scaling = scaling, .scale = 0.4, .floor = 0.1}, last);
      Context context;
      constexpr Index kDraws = 100'000;
      Matrix<double> policies(4, kDraws);
      noise(centre, kNoClip, context, policies);
      const Matrix<double> squares = (policies.colwise() - centre).cwiseAbs2();
      double sum = 0;
      for (Index j = 0; j < 3; ++j) {
        // the mean square of Gaussian noise has a relative deviation of sqrt(2 / n), of uniform noise less
        CHECK(squares.row(j).mean() == Approx(noise.variance(centre[j])).epsilon(kNever * std::sqrt(2.0 / kDraws)));
        sum += noise.variance(centre[j]);
      }
      CHECK(noise.distance(centre) == Approx(std::sqrt(sum)).epsilon(1e-14));
    }
  }
}

TEST_CASE("policies are clipped where samples are to be, the centre among them") {
  const Vector<float> centre = some_centre(40).cast<float>();
  Context a, b, c;
  Matrix<float> free(40, 6), clipped(40, 6), unclipped(40, 6);
  const Perturbation<float> perturbation({.include_centre = true});
  perturbation(centre, kNoClip, a, free);
  perturbation(centre, {.bound = 0.25}, b, clipped);
  perturbation(centre, {.bound = 0.25, .samples = false}, c, unclipped);
  CHECK(clipped == free.cwiseMin(0.25F).cwiseMax(-0.25F));
  CHECK(clipped != free);
  CHECK(unclipped == free);
}

TEST_CASE("a noise without a size is refused") {
  CHECK_THROWS_AS(Perturbation<float>({.scale = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Perturbation<float>({.floor = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Perturbation<float>({.scale = std::numeric_limits<double>::infinity()}), std::invalid_argument);
  CHECK_THROWS_AS(Perturbation<float>({.floor = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}
