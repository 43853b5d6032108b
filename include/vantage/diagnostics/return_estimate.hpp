// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_RETURN_ESTIMATE_HPP
#define VANTAGE_DIAGNOSTICS_RETURN_ESTIMATE_HPP

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "vantage/diagnostics/statistics.hpp"
#include "vantage/rollout/evaluate.hpp"

namespace vantage {

/// How estimate_return plays.
struct ReturnEstimateOptions {
  Index episodes = 10;         ///< played at once, two at least
  Index steps = 0;             ///< as many more are played again and again until so many environment steps were made
  bool deterministic = false;  ///< take the policy's mode instead of a sample
  std::uint64_t seed = 1;      ///< of the episodes
  bool common_random_numbers = false;  ///< episode n draws the same numbers at every point; else each has its own
};

/// The undiscounted return of a frozen policy.
struct ReturnEstimate {
  double mean = 0;            ///< over whole episodes, never cut where the steps are used up
  double standard_error = 0;  ///< of the mean
  Index episodes = 0;         ///< that were played
  Index steps = 0;            ///< environment steps in them
  Index faults = 0;           ///< times that the simulation broke down
};

/// Plays whole episodes of a policy in the worlds of a source, such as a Collector, whose action map, time limit and
/// normaliser hold; policy, normaliser and training are left untouched. `point` numbers a place in a landscape: what
/// comes out depends on the options and the point, neither on the order of points nor on the number of threads.
///
/// Where `steps` decide how many episodes there are, long ones count for a little more than they should, by a share of
/// the order of 1 / episodes. Throws: std::invalid_argument for episodes < 2, steps < 0 or
/// point < 0, and as evaluate. Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.3.
template <WorldSource Source, ActorWithMode P>
[[nodiscard]] ReturnEstimate estimate_return(const Source& source, const P& policy, Context& context,
                                             const ReturnEstimateOptions& options = {}, Index point = 0) {
  constexpr const char* kWho = "estimate_return";
  require(options.episodes >= 2, kWho, "episodes >= 2", options.episodes);
  require(options.steps >= 0, kWho, "steps >= 0", options.steps);
  require(point >= 0, kWho, "point >= 0", point);
  const std::uint64_t at = options.common_random_numbers ? 0 : 1 + static_cast<std::uint64_t>(point);
  const std::uint64_t seed = Rng::derive_seed(options.seed, StreamPurpose::landscape, at);
  std::vector<double> returns;
  ReturnEstimate result;
  for (std::uint64_t round = 0; round == 0 || result.steps < options.steps; ++round) {
    const Evaluation played = evaluate(source, policy, context,
                                       {.episodes = options.episodes,
                                        .deterministic = options.deterministic,
                                        .seed = Rng::derive_seed(seed, StreamPurpose::landscape, round)});
    returns.insert(returns.end(), played.returns.begin(), played.returns.end());
    result.steps += std::accumulate(played.lengths.begin(), played.lengths.end(), Index{0});
    result.faults += played.fault_count();
  }
  const Vector<double> sample = as_vector(returns);
  result.episodes = sample.size();
  result.mean = sample.mean();
  result.standard_error = standard_deviation(sample) / std::sqrt(static_cast<double>(sample.size()));
  return result;
}

}  // namespace vantage

#endif
