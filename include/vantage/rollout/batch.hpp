// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_BATCH_HPP
#define VANTAGE_ROLLOUT_BATCH_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// What follows a sample.
enum class Ending : std::uint8_t {
  none,        ///< the next sample of the same environment
  terminated,  ///< nothing: the task ended, or the simulation faulted
  truncated,   ///< the time limit struck, or the environment cut the episode off; the true successor is in
               ///< Batch::successors
  cut          ///< the batch ended in mid-episode; the true successor is in Batch::successors
};

/// What became of the episodes that ended during a collection, and of the steps taken. Rewards are the environment's
/// own, not scaled; that of a step which broke the simulation is minus the fault penalty, here as in evaluations.
struct EpisodeStatistics {
  std::vector<double> returns;  ///< undiscounted sum of rewards, an episode
  std::vector<Index> lengths;   ///< steps, an episode
  Matrix<double>
      reward_terms;           ///< terms x episodes: sums over each episode; only the first returns.size() columns hold
  std::int64_t faults = 0;    ///< episodes ended by the simulation breaking down
  double reward_sum = 0;      ///< of all steps
  std::int64_t warnings = 0;  ///< of all steps: times that the simulation warned of wrong physics
  std::int64_t failed_resets = 0;  ///< first observations that were not sound, so that another was asked for

  /// An episode's return less what each of its steps was given for nothing.
  [[nodiscard]] double return_without(double bonus_of_a_step, Index episode) const {
    const auto at = static_cast<std::size_t>(episode);
    return returns[at] - bonus_of_a_step * static_cast<double>(lengths[at]);
  }
};

/// T steps of E environments. Sample n = t E + e is column n of the wide matrices and entry (e, t) of the E x T ones,
/// so both see the same memory order and nothing is ever reshaped.
///
/// Shapes: observations O x TE, actions A x TE, log_probs TE, rewards E x T, endings E x T, successors O x K,
/// first_times E; critic_observations C x TE and critic_successors C x K, of no rows where the critic sees what the
/// policy sees.
/// Observations and successors are as the policy saw them (normalised where a normaliser is in use, a mask of actions
/// as it is); actions are raw, before any action map; rewards are scaled where a reward scaler is in use.
template <class S>
struct Batch {
  Matrix<S> observations;                                        ///< as the policy saw them
  Matrix<S> actions;                                             ///< raw, as it drew them
  Vector<S> log_probs;                                           ///< of those actions
  Matrix<S> rewards;                                             ///< scaled where a reward scaler is in use
  Eigen::Array<Ending, Eigen::Dynamic, Eigen::Dynamic> endings;  ///< what follows each sample
  Matrix<S> successors;                                          ///< only the first successor_count() columns hold
  std::vector<Index> successor_samples;  ///< sample n whose successor is column k of `successors`
  Matrix<S> critic_observations;         ///< what a critic sees of the same states, normalised for itself
  Matrix<S> critic_successors;           ///< and of the same successors
  Vector<Index> first_times;             ///< steps that the episode of the first column had made before it
  EpisodeStatistics episodes;            ///< those that ended during the collection

  /// E.
  [[nodiscard]] Index environments() const { return rewards.rows(); }
  /// T.
  [[nodiscard]] Index steps() const { return rewards.cols(); }
  /// TE.
  [[nodiscard]] Index size() const { return rewards.size(); }
  /// K.
  [[nodiscard]] Index successor_count() const { return static_cast<Index>(successor_samples.size()); }

  /// What a value function sees of the samples, and of their successors. Shapes: V x TE, V x K, V = C or O.
  [[nodiscard]] const Matrix<S>& value_inputs() const {
    return critic_observations.rows() > 0 ? critic_observations : observations;
  }
  [[nodiscard]] const Matrix<S>& value_successors() const {
    return critic_observations.rows() > 0 ? critic_successors : successors;
  }

  /// Makes room, for episodes that start with the batch; the same shape allocates nothing.
  void resize(Index observation_size, Index action_size, Index environment_count, Index step_count,
              Index critic_observation_size = 0) {
    const Index samples = environment_count * step_count;
    observations.resize(observation_size, samples);
    critic_observations.resize(critic_observation_size, samples);
    actions.resize(action_size, samples);
    log_probs.resize(samples);
    rewards.resize(environment_count, step_count);
    endings.resize(environment_count, step_count);
    first_times.setZero(environment_count);
  }
};

/// Refuses a policy for other observations or actions than the batch's, on behalf of `who`, as far as the policy says
/// of itself. Throws: std::invalid_argument.
template <class P, class S>
void require_fit(const char* who, [[maybe_unused]] const P& policy, [[maybe_unused]] const Batch<S>& batch) {
  if constexpr (requires { policy.observation_size(); }) {
    require(policy.observation_size() == batch.observations.rows(), who, "a batch of the policy's observations",
            batch.observations.rows());
  }
  if constexpr (requires { policy.action_size(); }) {
    require(policy.action_size() == batch.actions.rows(), who, "a batch of the policy's actions", batch.actions.rows());
  }
}

}  // namespace vantage

#endif
