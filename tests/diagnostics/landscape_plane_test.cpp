// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/landscape_plane.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a plane is its origin and two directions, a line its two ends") {
  const LandscapePlane plane{
      .origin = Vector<double>{{1, 2, 3}}, .first = Vector<double>{{1, 0, -1}}, .second = Vector<double>{{0, 4, 0}}};
  CHECK(plane.at<double>(0) == plane.origin);
  CHECK(plane.at<double>(2, 0.5) == Vector<double>{{3, 4, 1}});
  CHECK(plane.at<float>(-1, 1) == Vector<float>{{0, 6, 4}});

  // a step in single precision is met to the bit, large or small
  Rng rng(3);
  Vector<float> from(200), to(200);
  for (float& number : from) number = static_cast<float>(rng.normal());
  for (Index i = 0; i < to.size(); ++i) to[i] = from[i] + 1e-4F * static_cast<float>(rng.normal());
  const LandscapePlane line = line_between(from, to);
  CHECK(line.at<float>(0) == from);
  CHECK(line.at<float>(1) == to);
  CHECK_THROWS_AS(line.at<float>(1, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(line_between(from, Vector<float>(to.head(3))), std::invalid_argument);
  CHECK_THROWS_AS((LandscapePlane{plane.origin, plane.first.head(2), {}}).at<double>(1), std::invalid_argument);
  CHECK_THROWS_AS((LandscapePlane{plane.origin, plane.first, plane.first.head(2)}).at<double>(1),
                  std::invalid_argument);
}

TEST_CASE("random directions have the length asked for, and no place that they favour") {
  constexpr Index kSize = 20000;
  const Vector<double> direction = random_direction(kSize, 2, 7);
  CHECK(direction.norm() == Approx(2).epsilon(1e-12));
  CHECK(direction == random_direction(kSize, 2, 7));
  // 4.5 standard deviations of the cosine of two of them, and of the mean and the kurtosis of its entries
  const Vector<double> units = direction * (std::sqrt(static_cast<double>(kSize)) / 2);
  CHECK(std::abs(direction.dot(random_direction(kSize, 2, 8))) / 4 < 4.5 / std::sqrt(kSize));
  CHECK(std::abs(units.mean()) < 4.5 / std::sqrt(kSize));
  CHECK(std::abs(units.array().pow(4).mean() - 3) < 4.5 * std::sqrt(96.0 / kSize));
  CHECK(with_norm(Vector<double>{{3, -4}}, 10) == Vector<double>{{6, -8}});
  CHECK_THROWS_AS(with_norm(Vector<double>::Zero(2), 1), std::invalid_argument);
  CHECK_THROWS_AS(with_norm(Vector<double>{{3, -4}}, 0), std::invalid_argument);
  CHECK_THROWS_AS(random_direction(0), std::invalid_argument);
}
