// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LYAPUNOV_HPP
#define VANTAGE_DIAGNOSTICS_LYAPUNOV_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <stdexcept>

#include "vantage/core/random.hpp"
#include "vantage/diagnostics/intervals.hpp"

namespace vantage {

/// A map of a state to the next, in place: `map(VectorRef<double> state)`. The closed loop of a policy and a world is
/// one.
template <class M>
concept StateMap = std::invocable<M&, VectorRef<double>>;

struct LyapunovOptions {
  Index steps = 10000;     ///< of the map, after the transient
  Index transient = 1000;  ///< steps that are left out at the start, until the state is where the dynamics lead it
  double distance = 1e-7;  ///< between twins after each renormalisation; or the step of finite differences
  Index blocks = 20;       ///< of equal length, whose means give the interval
  std::uint64_t seed = 0;  ///< of the first direction between twins
};

/// How fast neighbouring states part, in nats a step; 1/s after division by the time of a step.
struct LyapunovReport {
  Estimate exponent;  ///< lambda, 95 % by blocks

  /// alpha = -log gamma / lambda, the Hoelder exponent that the objective is known to have; infinite where lambda <= 0.
  /// Below 1 the objective need not have a gradient. Source: Wang, Herbert and Gao 2023, arXiv 2310.15418.
  [[nodiscard]] double hoelder_exponent(double gamma) const {
    require(gamma > 0 && gamma < 1, "LyapunovReport::hoelder_exponent", "0 < gamma < 1", gamma);
    return exponent.value > 0 ? -std::log(gamma) / exponent.value : std::numeric_limits<double>::infinity();
  }
};

namespace detail {

inline void validate(const LyapunovOptions& options, const Vector<double>& start, const char* who) {
  require(start.size() >= 1 && start.allFinite(), who, "a finite start", start.transpose());
  require(options.blocks >= 2, who, "blocks >= 2", options.blocks);
  require(options.steps >= options.blocks, who, "a step a block at least", options.steps);
  require(options.transient >= 0, who, "transient >= 0", options.transient);
  require(options.distance > 0 && std::isfinite(options.distance), who, "finite distance > 0", options.distance);
}

}  // namespace detail

/// The largest exponent from twins: two states at a small distance are stepped alike, the logarithm of what the
/// distance grew by is added up, and the second is brought back to that distance after every step. Works for any map,
/// one step of any integrator included; contacts are what they are. Steps beyond a multiple of `blocks` are left out.
///
/// Shapes: state n. Throws: std::invalid_argument for impossible options or a start that is not finite;
/// std::runtime_error where the map leaves the finite numbers or brings the twins together exactly.
/// Source: Benettin, Galgani, Giorgilli and Strelcyn 1980.
template <StateMap Map>
[[nodiscard]] LyapunovReport lyapunov_by_twins(Map&& map, Vector<double> state, const LyapunovOptions& options = {}) {
  constexpr const char* kWho = "lyapunov_by_twins";
  detail::validate(options, state, kWho);
  for (Index i = 0; i < options.transient; ++i) map(state);
  Rng rng(options.seed);
  Vector<double> between(state.size());
  for (double& component : between) component = rng.normal();
  between *= options.distance / between.norm();
  Vector<double> twin(state.size());
  Vector<double> growth = Vector<double>::Zero(options.blocks);
  const Index length = options.steps / options.blocks;
  for (double& block : growth) {
    for (Index i = 0; i < length; ++i) {
      twin = state + between;
      // what was added after rounding
      const double before = (twin - state).norm();
      map(state);
      map(twin);
      between = twin - state;
      const double after = between.norm();
      if (!(after > 0) || !std::isfinite(after) || !state.allFinite()) {
        throw std::runtime_error(detail::join(kWho, ": expected twins at a finite distance, got ", after));
      }
      block += std::log(after / before) / static_cast<double>(length);
      between *= options.distance / after;
    }
  }
  return {estimate_mean(growth)};
}

/// All exponents, largest first, from products of the map's Jacobians (central differences, 2 n evaluations a step)
/// that a QR decomposition keeps apart.
struct LyapunovSpectrum {
  Vector<double> exponents;  ///< n, nats a step
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

/// Shapes: state n. Throws: as lyapunov_by_twins. Cost: O(n^3) and 2 n + 1 evaluations a step.
/// Source: Benettin et al. 1980; Eckmann and Ruelle 1985 section V.
template <StateMap Map>
[[nodiscard]] LyapunovSpectrum lyapunov_spectrum(Map&& map, Vector<double> state, const LyapunovOptions& options = {}) {
  constexpr const char* kWho = "lyapunov_spectrum";
  detail::validate(options, state, kWho);
  const Index n = state.size();
  for (Index i = 0; i < options.transient; ++i) map(state);
  Matrix<double> frame = Matrix<double>::Identity(n, n);
  Matrix<double> moved(n, n);
  Vector<double> plus(n);
  Vector<double> minus(n);
  Matrix<double> growth = Matrix<double>::Zero(options.blocks, n);
  const Index length = options.steps / options.blocks;
  for (Index block = 0; block < options.blocks; ++block) {
    for (Index i = 0; i < length; ++i) {
      // the Jacobian times each direction of the frame
      for (Index k = 0; k < n; ++k) {
        plus = state + options.distance * frame.col(k);
        minus = state - options.distance * frame.col(k);
        map(plus);
        map(minus);
        moved.col(k) = (plus - minus) / (2 * options.distance);
      }
      map(state);
      if (!moved.allFinite() || !state.allFinite()) {
        throw std::runtime_error(detail::join(kWho, ": expected finite states, got ", state.transpose()));
      }
      // modified Gram-Schmidt, twice for the sake of rounding; lengths are the diagonal of R
      for (Index k = 0; k < n; ++k) {
        auto column = moved.col(k);
        for (int pass = 0; pass < 2; ++pass) {
          for (Index j = 0; j < k; ++j) column -= frame.col(j).dot(column) * frame.col(j);
        }
        const double norm = column.norm();
        growth(block, k) += std::log(norm) / static_cast<double>(length);
        // a direction that died out stays dead: its exponent is minus infinity, and it disturbs no other
        frame.col(k) = norm > 0 ? Vector<double>(column / norm) : Vector<double>::Zero(n);
      }
    }
  }
  LyapunovSpectrum result{.exponents = growth.colwise().mean(), .largest = {}};
  Index largest = 0;
  if (!(result.exponents.maxCoeff(&largest) > -std::numeric_limits<double>::infinity())) {
    throw std::runtime_error(detail::join(kWho, ": expected a map that keeps states apart, got one that forgets them"));
  }
  result.largest = {estimate_mean(growth.col(largest))};
  std::sort(result.exponents.begin(), result.exponents.end(), std::greater<>());
  return result;
}

}  // namespace vantage

#endif
