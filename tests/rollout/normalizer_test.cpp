// SPDX-License-Identifier: MIT
#include "vantage/rollout/normalizer.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

Matrix<double> samples(Index count) {
  Rng rng(3);
  Matrix<double> result(2, count);
  for (Index n = 0; n < count; ++n) result.col(n) << 1e4 + rng.normal(), 1e-3 * rng.normal();
  return result;
}

}  // namespace

TEST_CASE("running moments are those of two passes, however the stream is cut") {
  const Matrix<double> data = samples(1000);
  const Vector<double> mean = data.rowwise().mean();
  const Vector<double> variance = (data.colwise() - mean).array().square().rowwise().mean();
  for (const Index cut : {1, 7, 1000}) {
    RunningMoments all(2);
    for (Index first = 0; first < 1000; first += cut) {
      RunningMoments part(2);
      for (Index n = first; n < std::min<Index>(first + cut, 1000); ++n) part.add(data.col(n));
      all.merge(part);
    }
    all.merge(RunningMoments(2));  // nothing seen changes nothing
    CHECK(all.count() == 1000);
    for (Index i = 0; i < 2; ++i) {
      CHECK(std::abs(all.mean()[i] - mean[i]) < 1e-12 * 1e4);
      CHECK(all.variance(i) == Approx(variance[i]).epsilon(1e-9));
    }
  }
}

TEST_CASE("cleared moments are new ones") {
  RunningMoments moments(1);
  CHECK(moments.variance(0) == 1);
  moments.add(Vector<double>::Constant(1, 3));
  CHECK(moments.variance(0) == 0);
  moments.clear();
  CHECK(moments.count() == 0);
  CHECK(moments.mean()[0] == 0);
  CHECK(moments.variance(0) == 1);
}

TEST_CASE("observations are shifted, scaled and clipped") {
  const Matrix<double> data = samples(50);
  RunningMoments moments(2);
  for (Index n = 0; n < 50; ++n) moments.add(data.col(n));
  Normalizer normalizer(2, {.clip = 1.5, .epsilon = 1e-4});

  // the identity but for the clip, before anything was seen
  Vector<double> out(2);
  normalizer.apply(Vector<double>{{0.7, -9}}, out);
  CHECK(out == Vector<double>{{0.7, -1.5}});

  normalizer.update(moments);
  bool clipped = false;
  for (Index n = 0; n < 50; ++n) {
    normalizer.apply(data.col(n), out);
    for (Index i = 0; i < 2; ++i) {
      const double plain = (data(i, n) - moments.mean()[i]) / std::sqrt(moments.variance(i) + 1e-4);
      clipped = clipped || std::abs(plain) > 1.5;
      CHECK(out[i] == Approx(std::min(1.5, std::max(-1.5, plain))).epsilon(1e-12).margin(1e-14));
    }
  }
  CHECK(clipped);
  CHECK(normalizer.valid());

  // narrow numbers are rounded once
  Vector<float> narrow(2);
  normalizer.apply(data.col(0), out);
  normalizer.apply(data.col(0), narrow);
  CHECK(narrow == out.cast<float>());
}

TEST_CASE("a component that never varied stays finite") {
  RunningMoments moments(1);
  for (int i = 0; i < 5; ++i) moments.add(Vector<double>::Constant(1, 2.5));
  Normalizer normalizer(1);
  normalizer.update(moments);
  Vector<double> out(1);
  normalizer.apply(Vector<double>::Constant(1, 2.5), out);
  CHECK(out[0] == 0);
  normalizer.apply(Vector<double>::Constant(1, 2.6), out);
  CHECK(out[0] == 10);
}

TEST_CASE("impossible normalisers are refused") {
  CHECK_THROWS_AS(Normalizer(1, {.clip = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Normalizer(1, {.epsilon = -1}), std::invalid_argument);
}

TEST_CASE("a component that never varied stays a number, without an epsilon too") {
  Normalizer normalizer(2, {.epsilon = 0});
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(3, 1));
  moments.add(Eigen::Vector2d(3, 2));
  normalizer.update(moments);
  CHECK(normalizer.valid());
  Vector<double> out(2);
  normalizer.apply(Eigen::Vector2d(3.5, 2), out);
  CHECK(out[0] == 0.5);
  CHECK(out[1] == Approx(1));
}
