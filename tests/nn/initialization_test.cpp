// SPDX-License-Identifier: MIT
#include "vantage/nn/initialization.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("orthogonal weights are orthogonal along the shorter side") {
  Rng rng(3);
  for (const double gain : {1.0, 0.01, std::sqrt(2.0)}) {
    for (const auto& [rows, columns] : {std::pair<Index, Index>{64, 64}, {64, 17}, {6, 64}, {1, 64}, {5, 1}, {1, 1}}) {
      const Matrix<double> w = orthogonal_weights(rows, columns, gain, rng);
      REQUIRE((w.rows() == rows && w.cols() == columns));
      const Index side = std::min(rows, columns);
      const Matrix<double> square =
          rows <= columns ? Matrix<double>(w * w.transpose()) : Matrix<double>(w.transpose() * w);
      CHECK((square - gain * gain * Matrix<double>::Identity(side, side)).cwiseAbs().maxCoeff() < 1e-13 * gain * gain);
    }
  }
}

TEST_CASE("orthogonal weights have no preferred direction") {
  // entries of a uniformly distributed orthogonal 4 x 4 matrix have mean 0 and variance 1/4
  Rng rng(4);
  constexpr int kDraws = 20000;
  Matrix<double> mean = Matrix<double>::Zero(4, 4);
  Matrix<double> square = Matrix<double>::Zero(4, 4);
  for (int i = 0; i < kDraws; ++i) {
    const Matrix<double> w = orthogonal_weights(4, 4, 1, rng);
    mean += w / kDraws;
    square += w.cwiseProduct(w) / kDraws;
  }
  // five standard errors of each entry
  CHECK(mean.cwiseAbs().maxCoeff() < 5 * 0.5 / std::sqrt(kDraws));
  CHECK((square.array() - 0.25).abs().maxCoeff() < 5 * 0.25 / std::sqrt(kDraws));
}

TEST_CASE("xavier weights fill their interval") {
  Rng rng(5);
  const double limit = 1.5 * std::sqrt(6.0 / 500);
  const Matrix<double> w = xavier_uniform_weights(200, 300, 1.5, rng);
  CHECK(w.maxCoeff() <= limit);
  CHECK(w.minCoeff() >= -limit);
  CHECK(w.maxCoeff() > 0.999 * limit);
  CHECK(w.minCoeff() < -0.999 * limit);
  // variance of a uniform distribution: (2 limit)^2 / 12; five standard errors of 60000 entries
  CHECK(w.squaredNorm() / static_cast<double>(w.size()) ==
        Approx(limit * limit / 3).epsilon(5 * 0.894 / std::sqrt(60000)));
  CHECK(std::abs(w.mean()) < 5 * limit / std::sqrt(3.0 * 60000));
}

TEST_CASE("the scheme selects the weights and a seed repeats them") {
  Rng first(6);
  Rng second(6);
  CHECK(initial_weights(7, 5, WeightScheme::orthogonal, 2, first) == orthogonal_weights(7, 5, 2, second));
  CHECK(initial_weights(7, 5, WeightScheme::xavier_uniform, 2, first) == xavier_uniform_weights(7, 5, 2, second));
}
