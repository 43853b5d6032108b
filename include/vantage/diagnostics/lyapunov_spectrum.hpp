// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LYAPUNOV_SPECTRUM_HPP
#define VANTAGE_DIAGNOSTICS_LYAPUNOV_SPECTRUM_HPP

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "vantage/diagnostics/lyapunov.hpp"

namespace vantage {

/// The exponents, largest first, from products of the map's Jacobians (central differences) that a QR decomposition
/// keeps apart.
struct LyapunovSpectrum {
  Vector<double> exponents;  ///< n, or as many as were asked for, nats a step
  LyapunovReport largest;    ///< the first of them, with its interval

  /// j + sum_{i <= j} lambda_i / |lambda_{j + 1}| for the largest j whose sum is not negative; n if all of it is not.
  /// Source: Kaplan and Yorke 1979.
  [[nodiscard]] double dimension() const {
    double sum = 0;
    for (Index j = 0; j < exponents.size(); ++j) {
      if (sum + exponents[j] < 0) return static_cast<double>(j) + sum / -exponents[j];
      sum += exponents[j];
    }
    return static_cast<double>(exponents.size());
  }
};

namespace detail {

/// Modified Gram-Schmidt, twice for the sake of rounding, by the inner product of the first n components; `logs`: of
/// the diagonal of R. A direction that died out stays dead: its logarithm is minus infinity, and it disturbs no other.
inline void orthonormalize(Matrix<double>& columns, Index n, Vector<double>& logs) {
  for (Index k = 0; k < columns.cols(); ++k) {
    auto column = columns.col(k);
    for (int pass = 0; pass < 2; ++pass) {
      for (Index j = 0; j < k; ++j) {
        column -= columns.col(j).head(n).dot(column.head(n)) * columns.col(j);
      }
    }
    const double norm = column.head(n).norm();
    logs[k] = std::log(norm);
    if (norm > 0) column /= norm;
    else column.setZero();
  }
}

}  // namespace detail

/// The spectrum by QR. Throws: as lyapunov_by_twins, and std::invalid_argument for more exponents than dimensions.
/// Cost: for k exponents of n, O(k^2 n) and 2 k + 1 steps a step.
/// Source: Benettin et al. 1980; Eckmann and Ruelle 1985 section V.
template <TangentDynamics D>
[[nodiscard]] LyapunovSpectrum lyapunov_spectrum(D& dynamics, typename D::Point point,
                                                 const LyapunovOptions& options = {}) {
  constexpr const char* kWho = "lyapunov_spectrum";
  detail::validate(options, kWho);
  const Index n = dynamics.dimension();
  require(options.exponents <= n, kWho, "no more exponents than dimensions", options.exponents);
  const Index count = options.exponents > 0 ? options.exponents : n;
  Rng rng(options.seed);
  Matrix<double> frame;
  Vector<double> logs(count);
  const auto begin = [&] {
    frame.setIdentity(dynamics.tangent_size(), count);
    // a few axes might span too little, all of them span everything
    if (count == n) return;
    for (double& component : frame.topRows(n).reshaped()) component = rng.normal();
    detail::orthonormalize(frame, n, logs);
  };
  begin();
  typename D::Point plus = point;
  typename D::Point minus = point;
  Vector<double> move(dynamics.tangent_size());
  const Matrix<double> growth = detail::mean_growth(options, count, [&](Vector<double>& grown) {
    // the Jacobian times each direction of the frame
    for (Index k = 0; k < count; ++k) {
      move = options.distance * frame.col(k);
      dynamics.displace(point, move, plus);
      move = -move;
      dynamics.displace(point, move, minus);
      dynamics.step(plus);
      dynamics.step(minus);
      dynamics.difference(minus, plus, move);
      frame.col(k) = move / (2 * options.distance);
    }
    dynamics.step(point);
    if (!frame.allFinite()) throw std::runtime_error(detail::join(kWho, ": expected finite states, got others"));
    detail::orthonormalize(frame, n, grown);
    if (dynamics.renew(point)) begin();
  });
  LyapunovSpectrum result{.exponents = growth.colwise().mean(), .largest = {}};
  Index largest = 0;
  if (!(result.exponents.maxCoeff(&largest) > -std::numeric_limits<double>::infinity())) {
    throw std::runtime_error(detail::join(kWho, ": expected a map that keeps states apart, got one that forgets them"));
  }
  result.largest = {estimate_mean(growth.col(largest))};
  std::sort(result.exponents.begin(), result.exponents.end(), std::greater<>());
  return result;
}

/// Shapes: state n. Throws: as above, and std::invalid_argument for a start that is not finite.
template <StateMap Map>
[[nodiscard]] LyapunovSpectrum lyapunov_spectrum(Map&& map, Vector<double> state, const LyapunovOptions& options = {}) {
  detail::FlatDynamics<std::remove_reference_t<Map>> dynamics(map, state, "lyapunov_spectrum");
  return lyapunov_spectrum(dynamics, std::move(state), options);
}

}  // namespace vantage

#endif
