// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_CLOSED_LOOP_EXPONENTS_HPP
#define VANTAGE_DIAGNOSTICS_CLOSED_LOOP_EXPONENTS_HPP

#include <cstdint>
#include <utility>
#include <vector>

#include "vantage/diagnostics/closed_loop.hpp"
#include "vantage/diagnostics/lyapunov_spectrum.hpp"

namespace vantage {

/// How the exponents of a closed loop are measured.
struct ClosedLoopExponentsOptions {
  LyapunovOptions lyapunov = {};  ///< of each start; its seed is that of all random numbers here
  ClosedLoopOptions loop = {};    ///< how the policy acts
  Index starts = 1;               ///< independent ones, each after a reset of its own
};

/// How a policy and a world together amplify small differences, from several starts.
struct ClosedLoopExponents {
  Matrix<double> exponents;  ///< k x starts, nats a step, the largest first
  LyapunovReport largest;    ///< mean of the first row, its interval from the starts; from the blocks of a single one
  Index restarts = 0;        ///< episodes that followed others, in all starts

  /// The mean over the starts.
  [[nodiscard]] LyapunovSpectrum spectrum() const { return {exponents.rowwise().mean(), largest}; }
};

namespace detail {

// measure(loop, start, options) -> LyapunovSpectrum
template <TangentEnvironment E, ActorWithMode P, class Measure>
[[nodiscard]] ClosedLoopExponents measure_closed_loop(const E& world, const P& policy, const Normalizer* normalizer,
                                                      Context& context, const ClosedLoopExponentsOptions& options,
                                                      Measure&& measure) {
  require(options.starts >= 1, "ClosedLoopExponents", "starts >= 1", options.starts);
  const auto count = static_cast<std::size_t>(options.starts);
  std::vector<LyapunovSpectrum> found(count);
  std::vector<Index> restarts(count);
  context.pool().run(options.starts, [&](Index start, Index worker) {
    const auto i = static_cast<std::uint64_t>(start);
    LyapunovOptions own = options.lyapunov;
    own.seed = Rng::derive_seed(options.lyapunov.seed, StreamPurpose::closed_loop, i);
    ClosedLoop<E, P> loop(world, policy, normalizer, context, worker, options.loop);
    auto point = loop.start(Rng(options.lyapunov.seed, StreamPurpose::closed_loop, i));
    found[i] = measure(loop, std::move(point), own);
    restarts[i] = loop.restarts();
  });
  ClosedLoopExponents result{.exponents = Matrix<double>(found[0].exponents.size(), options.starts),
                             .largest = found[0].largest};
  for (Index i = 0; i < options.starts; ++i) {
    result.exponents.col(i) = found[static_cast<std::size_t>(i)].exponents;
    result.restarts += restarts[static_cast<std::size_t>(i)];
  }
  if (options.starts > 1) result.largest = {estimate_mean(Vector<double>(result.exponents.row(0).transpose()))};
  return result;
}

}  // namespace detail

/// The largest Lyapunov exponent of a policy in a world, by twins. With restarts it is the growth over the steps of all
/// episodes, each of which begins between twins in a random direction: it is low by what those need to turn to the
/// fastest one.
/// The same bits for any number of threads. Throws: as ClosedLoop and lyapunov_by_twins.
/// Source: Wang et al. 2025, arXiv 2505.19247 definition 5.1; Benettin et al. 1980.
template <TangentEnvironment E, ActorWithMode P>
[[nodiscard]] ClosedLoopExponents closed_loop_exponent(const E& world, const P& policy, const Normalizer* normalizer,
                                                       Context& context,
                                                       const ClosedLoopExponentsOptions& options = {}) {
  return detail::measure_closed_loop(
      world, policy, normalizer, context, options, [](auto& loop, auto start, const LyapunovOptions& own) {
        const LyapunovReport twins = lyapunov_by_twins(loop, std::move(start), own);
        return LyapunovSpectrum{Vector<double>::Constant(1, twins.exponent.value), twins};
      });
}

/// The same in the world of a source, such as a Collector: with its action map, unless the options name one, and its
/// normaliser. Throws: as above.
template <WorldSource Source, ActorWithMode P>
[[nodiscard]] ClosedLoopExponents closed_loop_exponent(const Source& source, const P& policy, Context& context,
                                                       ClosedLoopExponentsOptions options = {}) {
  if (!options.loop.action_map) options.loop.action_map = source.action_map();
  return closed_loop_exponent(source.prototype(), policy, source.observation_normalizer(), context, options);
}

/// All Lyapunov exponents of a policy in a world, or the largest ones, by QR. The same bits for any number of threads.
/// Throws: as ClosedLoop and lyapunov_spectrum.
template <TangentEnvironment E, ActorWithMode P>
[[nodiscard]] ClosedLoopExponents closed_loop_spectrum(const E& world, const P& policy, const Normalizer* normalizer,
                                                       Context& context,
                                                       const ClosedLoopExponentsOptions& options = {}) {
  return detail::measure_closed_loop(world, policy, normalizer, context, options,
                                     [](auto& loop, auto start, const LyapunovOptions& own) {
                                       return lyapunov_spectrum(loop, std::move(start), own);
                                     });
}

/// The same in the world of a source. Throws: as above.
template <WorldSource Source, ActorWithMode P>
[[nodiscard]] ClosedLoopExponents closed_loop_spectrum(const Source& source, const P& policy, Context& context,
                                                       ClosedLoopExponentsOptions options = {}) {
  if (!options.loop.action_map) options.loop.action_map = source.action_map();
  return closed_loop_spectrum(source.prototype(), policy, source.observation_normalizer(), context, options);
}

}  // namespace vantage

#endif
