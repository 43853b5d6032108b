// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LYAPUNOV_HPP
#define VANTAGE_DIAGNOSTICS_LYAPUNOV_HPP

#include <cmath>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "vantage/core/random.hpp"
#include "vantage/diagnostics/intervals.hpp"

namespace vantage {

/// A map of a state to the next, in place: `map(VectorRef<double> state)`.
template <class M>
concept StateMap = std::invocable<M&, VectorRef<double>>;

/// Dynamics on points that need not be vectors. `step(point)` takes a point to the next one, `renew(point)` tells
/// whether it put a new, unrelated point in its place; `displace(from, tangent, to)` writes the point at the end of a
/// tangent vector, `difference(from, to, tangent)` its inverse. A tangent vector has tangent_size() numbers, and the
/// first dimension() of them are what lengths and angles are measured by; the rest is what a move takes along, such as
/// what an observer sees of it. ClosedLoop is one.
template <class D>
concept TangentDynamics = requires(D& dynamics, typename D::Point& point, const typename D::Point& from,
                                   const Vector<double>& tangent, Vector<double>& out) {
  { dynamics.dimension() } -> std::convertible_to<Index>;
  { dynamics.tangent_size() } -> std::convertible_to<Index>;
  dynamics.step(point);
  { dynamics.renew(point) } -> std::convertible_to<bool>;
  dynamics.displace(from, tangent, point);
  dynamics.difference(from, from, out);
};

/// How long and how closely exponents are followed.
struct LyapunovOptions {
  Index steps = 10000;     ///< of the map, after the transient
  Index transient = 1000;  ///< left out at the start, until states and directions are where the dynamics lead them
  double distance = 1e-7;  ///< between twins after each renormalisation; or the step of finite differences
  Index blocks = 20;       ///< of equal length, whose means give the interval
  std::uint64_t seed = 0;  ///< of the first directions
  Index exponents = 0;     ///< of a spectrum, the largest ones; 0: all
};

/// How fast neighbouring states part, in nats a step.
struct LyapunovReport {
  Estimate exponent;  ///< lambda, 95 % by blocks

  /// In 1/s, where a step takes dt seconds. Throws: std::invalid_argument unless dt > 0.
  [[nodiscard]] Estimate per_second(double dt) const {
    require(dt > 0 && std::isfinite(dt), "LyapunovReport::per_second", "a finite dt > 0", dt);
    const Interval& interval = exponent.interval;
    return {exponent.value / dt, exponent.standard_error / dt, {interval.low / dt, interval.high / dt}};
  }

  /// alpha = -log gamma / lambda, the Hoelder exponent that the objective is known to have; infinite where lambda <= 0.
  /// Below 1 the objective need not have a gradient. Source: Wang, Herbert and Gao 2023, arXiv 2310.15418.
  [[nodiscard]] double hoelder_exponent(double gamma) const {
    require(gamma > 0 && gamma < 1, "LyapunovReport::hoelder_exponent", "0 < gamma < 1", gamma);
    return exponent.value > 0 ? -std::log(gamma) / exponent.value : std::numeric_limits<double>::infinity();
  }
};

namespace detail {

inline void validate(const LyapunovOptions& options, const char* who) {
  require(options.blocks >= 2, who, "blocks >= 2", options.blocks);
  require(options.steps >= options.blocks, who, "a step a block at least", options.steps);
  require(options.transient >= 0, who, "transient >= 0", options.transient);
  require(options.distance > 0 && std::isfinite(options.distance), who, "finite distance > 0", options.distance);
  require(options.exponents >= 0, who, "exponents >= 0", options.exponents);
}

/// A map of vectors as such dynamics.
template <StateMap Map>
struct FlatDynamics {
  using Point = Vector<double>;

  Map& map;
  Index size;

  FlatDynamics(Map& of, const Vector<double>& start, const char* who) : map(of), size(start.size()) {
    require(size >= 1 && start.allFinite(), who, "a finite start", detail::Listed(start));
  }

  [[nodiscard]] Index dimension() const { return size; }
  [[nodiscard]] Index tangent_size() const { return size; }
  void step(Point& point) const { map(VectorRef<double>(point)); }
  [[nodiscard]] static bool renew(Point&) { return false; }
  static void displace(const Point& from, const Vector<double>& tangent, Point& to) { to = from + tangent; }
  static void difference(const Point& from, const Point& to, Vector<double>& tangent) { tangent = to - from; }
};

/// The mean of what `grow(growth)` writes, a row a block, after a transient that counts for nothing.
template <class Grow>
[[nodiscard]] Matrix<double> mean_growth(const LyapunovOptions& options, Index count, Grow&& grow) {
  Vector<double> growth(count);
  for (Index i = 0; i < options.transient; ++i) grow(growth);
  Matrix<double> means = Matrix<double>::Zero(options.blocks, count);
  const Index length = options.steps / options.blocks;
  for (Index block = 0; block < options.blocks; ++block) {
    for (Index i = 0; i < length; ++i) {
      grow(growth);
      means.row(block) += growth.transpose() / static_cast<double>(length);
    }
  }
  return means;
}

}  // namespace detail

/// The largest exponent from twins: two points at a small distance are stepped alike, the logarithm of what the
/// distance grew by is added up, and the second is brought back to that distance after every step. Works for any
/// dynamics, one step of any integrator included; contacts are what they are. Steps beyond a multiple of `blocks` are
/// left out. Where the dynamics renew a point, twins begin there in a new direction.
///
/// Throws: std::invalid_argument for impossible options; std::runtime_error where a twin leaves the finite numbers, or
/// the two meet exactly. Cost: 2 steps a step. Source: Benettin, Galgani, Giorgilli and Strelcyn 1980.
template <TangentDynamics D>
[[nodiscard]] LyapunovReport lyapunov_by_twins(D& dynamics, typename D::Point point,
                                               const LyapunovOptions& options = {}) {
  constexpr const char* kWho = "lyapunov_by_twins";
  detail::validate(options, kWho);
  const Index n = dynamics.dimension();
  Rng rng(options.seed);
  Vector<double> between(dynamics.tangent_size());
  const auto begin = [&] {
    between.setZero();
    for (double& component : between.head(n)) component = rng.normal();
    between *= options.distance / between.norm();
  };
  begin();
  typename D::Point twin = point;
  const Matrix<double> growth = detail::mean_growth(options, 1, [&](Vector<double>& grown) {
    dynamics.displace(point, between, twin);
    // what was added after rounding
    dynamics.difference(point, twin, between);
    const double before = between.head(n).norm();
    dynamics.step(point);
    dynamics.step(twin);
    dynamics.difference(point, twin, between);
    const double after = between.head(n).norm();
    if (!(after > 0) || !between.allFinite()) {
      throw std::runtime_error(detail::join(kWho, ": expected twins at a finite distance, got ", after));
    }
    grown[0] = std::log(after / before);
    between *= options.distance / after;
    if (dynamics.renew(point)) begin();
  });
  return {estimate_mean(growth.col(0))};
}

/// Shapes: state n. Throws: as above, and std::invalid_argument for a start that is not finite.
template <StateMap Map>
[[nodiscard]] LyapunovReport lyapunov_by_twins(Map&& map, Vector<double> state, const LyapunovOptions& options = {}) {
  detail::FlatDynamics<std::remove_reference_t<Map>> dynamics(map, state, "lyapunov_by_twins");
  return lyapunov_by_twins(dynamics, std::move(state), options);
}

}  // namespace vantage

#endif
