// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_BEHAVIOR_CLONING_HPP
#define VANTAGE_UPDATE_BEHAVIOR_CLONING_HPP

#include <algorithm>
#include <limits>
#include <span>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/optim/optimizer.hpp"

namespace vantage {

/// How clone_behavior learns from demonstrations.
struct BehaviorCloningOptions {
  Index steps = 5000;                          ///< optimiser steps at the most
  Index minibatch = 256;                       ///< samples a step, drawn without replacement in each pass
  OptimizerOptions optimizer = AdamOptions{};  ///< which optimiser, and its learning rate
  double max_gradient_norm = 0;                ///< l2 norm to which the gradient is clipped; 0: none
  double held_out = 0.1;    ///< share of the samples, the last ones, that is looked at and not learned from; 0: none
  Index check_every = 100;  ///< steps between looks at them
  Index patience = 10;      ///< looks without a rise after which it ends
};

/// Mean log-probabilities of held-out actions, in nats; where none are held out, of all.
struct BehaviorCloningReport {
  Index steps = 0;             ///< made
  Index kept_steps = 0;        ///< after which the policy was best, which it went back to
  double log_prob_before = 0;  ///< before the first step
  double log_prob_after = 0;   ///< of the policy that was kept
};

/// Throws: std::invalid_argument for options that make no sense.
inline void validate(const BehaviorCloningOptions& options) {
  constexpr const char* kWho = "BehaviorCloningOptions";
  require(options.steps >= 0, kWho, "steps >= 0", options.steps);
  require(options.minibatch >= 1, kWho, "minibatch >= 1", options.minibatch);
  require(options.max_gradient_norm >= 0, kWho, "max_gradient_norm >= 0", options.max_gradient_norm);
  require(options.held_out >= 0 && options.held_out < 1, kWho, "0 <= held_out < 1", options.held_out);
  require(options.check_every >= 1, kWho, "check_every >= 1", options.check_every);
  require(options.patience >= 1, kWho, "patience >= 1", options.patience);
}

/// Behaviour cloning: makes a policy do what was shown, as a start that training goes on from. Steps ascend
///
///     1/n sum_i log pi(a_i|s_i)
///
/// on minibatches until the held-out samples are no longer likelier than before, and the policy is the best one seen.
/// Samples that follow each other resemble each other: the held-out ones are the last columns, so trajectories belong
/// one after the other. Minibatches are drawn from a stream that one number of the context's own starts.
/// Shapes: observations O x N as the policy sees them, actions A x N as it draws them.
/// Throws: std::invalid_argument for impossible options, no samples to learn from, or sizes that do not fit.
/// Source: Pomerleau 1989; Bain and Sammut 1996.
template <DifferentiablePolicy P>
BehaviorCloningReport clone_behavior(P& policy, const Matrix<typename P::Scalar>& observations,
                                     const Matrix<typename P::Scalar>& actions, Context& context,
                                     const BehaviorCloningOptions& options = {}) {
  using S = typename P::Scalar;
  constexpr const char* kWho = "clone_behavior";
  validate(options);
  require(observations.cols() == actions.cols(), kWho, "an action for each observation", actions.cols());
  if constexpr (requires { policy.observation_size(); }) {
    require(observations.rows() == policy.observation_size(), kWho, "observations of the policy's size",
            observations.rows());
    require(actions.rows() == policy.action_size(), kWho, "actions of the policy's size", actions.rows());
  }
  const auto held_out = static_cast<Index>(options.held_out * static_cast<double>(observations.cols()));
  const Index learned = observations.cols() - held_out;
  require(learned >= 1, kWho, "a sample to learn from", learned);
  const Index size = std::min(options.minibatch, learned);

  Vector<S> log_probs(observations.cols());
  const Index first_seen = held_out > 0 ? learned : 0;
  const auto look = [&] {
    auto seen = log_probs.tail(observations.cols() - first_seen);
    policy.log_prob(observations.rightCols(seen.size()), actions.rightCols(seen.size()), context, seen);
    return seen.template cast<double>().mean();
  };

  BehaviorCloningReport report;
  report.log_prob_before = report.log_prob_after = look();
  Vector<S> best = policy.parameters();
  Vector<S> gradient;
  Matrix<S> some_observations(observations.rows(), size), some_actions(actions.rows(), size);
  Optimizer<S> optimizer(options.optimizer);
  Shuffle shuffle;
  shuffle.begin(learned, Rng(context.rng()(), StreamPurpose::minibatch));
  const S weight = S(-1) / static_cast<S>(size);
  Index without_rise = 0;
  while (report.steps < options.steps && without_rise < options.patience) {
    Index column = 0;
    for (const Index sample : shuffle.next(size)) {
      some_observations.col(column) = observations.col(sample);
      some_actions.col(column++) = actions.col(sample);
    }
    policy.score_gradient(
        some_observations, some_actions,
        [&](Index, const VectorRef<S>&, VectorRef<S> weights) { weights.setConstant(weight); }, context, gradient);
    clip_gradient_norm(gradient, options.max_gradient_norm);
    optimizer.step(policy.parameters(), gradient);
    ++report.steps;
    if (report.steps % options.check_every != 0 && report.steps != options.steps) continue;
    const double log_prob = look();
    // what is not a number is no rise
    const bool rises = log_prob > report.log_prob_after;
    without_rise = rises ? 0 : without_rise + 1;
    if (!rises) continue;
    report.log_prob_after = log_prob;
    report.kept_steps = report.steps;
    best = policy.parameters();
  }
  policy.parameters() = best;
  return report;
}

}  // namespace vantage

#endif
