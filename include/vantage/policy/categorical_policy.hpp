// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_CATEGORICAL_POLICY_HPP
#define VANTAGE_POLICY_CATEGORICAL_POLICY_HPP

#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/policy/categorical.hpp"
#include "vantage/policy/policy_network.hpp"
#include "vantage/policy/regularization.hpp"

namespace vantage {

struct CategoricalPolicyOptions {
  std::vector<Index> hidden = {64, 64};      ///< widths of the hidden layers
  Activation activation = Activation::tanh;  ///< of the hidden layers
  MlpInitialization initialization = {};     ///< its output gain 0.01 unless given: a nearly uniform first policy
  bool layer_norm = false;                   ///< hidden layers are normalised, see LayerNorm
  std::vector<EncoderPart> encoder = {};     ///< layers in front, of parts of the observation; none: no encoder
  std::optional<Index> mask_row = {};        ///< as EnvironmentSpec::mask_row, which it is where there is a task
};

/// Policy over the discrete actions 0 .. K - 1 whose logits y are the outputs of a network, a perceptron on an encoder
/// or on any other front:
///
///     pi(k|s) = exp(y_k(s)) / sum_j exp(y_j(s))
///
/// or over several discrete actions at once, which are independent given the state: the outputs are the logits of the
/// first one, then those of the second, and so on,
///
///     pi(k_1, .., k_A|s) = prod_i pi_i(k_i|s)
///
/// An action is a row for each, which holds k_i as a number. Where observations hold a mask, the logits of what it
/// forbids are minus infinity: those choices have probability 0, they are never drawn, and have no part in entropy,
/// divergence or gradients; the others are distributed as if there were no more. The network sees the mask too.
///
/// Shapes: observations O x N, actions A x N, everything per sample N.
/// Source: of masks Huang and Ontanon 2022 (arXiv 2006.14171), section 3.
template <class S, class Front = Encoder>
class CategoricalPolicy {
 public:
  using Scalar = S;
  using Network = typename PolicyNetwork<S, Front>::Network;  ///< a perceptron on a front
  /// Forward passes of many samples, see PolicyNetwork.
  using Activations = typename PolicyNetwork<S, Front>::Activations;
  using Options = CategoricalPolicyOptions;

  /// Throws: std::invalid_argument for observation_size < 1, fewer than two actions, or a mask outside the observation.
  CategoricalPolicy(Index observation_size, Index discrete_actions, const CategoricalPolicyOptions& options, Rng& rng)
      : CategoricalPolicy(observation_size, std::vector<Index>{discrete_actions}, options, rng) {}
  /// Of several actions at once, with so many choices each. Throws: as above, and for fewer than one choice.
  CategoricalPolicy(Index observation_size, std::vector<Index> choices, const CategoricalPolicyOptions& options,
                    Rng& rng);
  /// On a front that is no Encoder. Throws: as above, and std::invalid_argument for an encoder in the options.
  CategoricalPolicy(const Front& front, Index discrete_actions, const CategoricalPolicyOptions& options, Rng& rng)
      : CategoricalPolicy(front, std::vector<Index>{discrete_actions}, options, rng) {}
  CategoricalPolicy(const Front& front, std::vector<Index> choices, const CategoricalPolicyOptions& options, Rng& rng);
  /// For a task. Throws: as above, and std::invalid_argument for a task of continuous actions.
  CategoricalPolicy(const EnvironmentSpec& spec, const CategoricalPolicyOptions& options, Rng& rng)
      : CategoricalPolicy(spec.observation_size, choices_of(spec), with_mask(options, spec), rng) {}

  [[nodiscard]] const CategoricalPolicyOptions& options() const { return options_; }
  [[nodiscard]] const Network& network() const { return network_.network(); }
  [[nodiscard]] Index observation_size() const { return network().input_size(); }
  [[nodiscard]] Index action_size() const { return static_cast<Index>(choices_.size()); }
  /// K of one action; 0: several at once, see choices().
  [[nodiscard]] Index discrete_actions() const { return choices_.size() == 1 ? choices_.front() : 0; }
  /// Of each action.
  [[nodiscard]] std::span<const Index> choices() const { return choices_; }
  /// How observations say which are allowed.
  [[nodiscard]] const ActionMask& mask() const { return network_.mask(); }
  [[nodiscard]] std::optional<Index> mask_row() const { return mask().row(); }
  [[nodiscard]] Vector<S>& parameters() { return network_.parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return network_.parameters(); }

  /// The same policy on a network with so many outputs after its own, which it does not see; see PolicyNetwork.
  [[nodiscard]] CategoricalPolicy with_extra_outputs(Index count) const {
    CategoricalPolicy result = *this;
    result.network_.set_extra_outputs(count);
    return result;
  }

  /// Draws an action a column, column i from rngs[i], and gives its log-probability; several actions are drawn in their
  /// order. For use by one worker.
  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const;

  /// The most probable action of each column. For use by one worker.
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const;

  /// The same from the network's outputs, lowered where a mask forbids.
  template <class Output>
  void mode_of_output(const Output& output, MatrixRef<S> actions) const {
    categorical::modes(output, choices_, actions);
  }

  /// log pi(a_n|s_n) of every sample. Throws: std::invalid_argument for an action that is none of 0 .. K - 1, or not
  /// allowed.
  void log_prob(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context, VectorRef<S> out) const {
    network_.for_each_output(observations, context, [&](Index first, const auto& output, Scratch& scratch) {
      log_prob_block(output, actions.middleCols(first, output.cols()), scratch, out.segment(first, output.cols()));
    });
    share_blocks(context, observations.cols(), out.data());
  }

  /// Entropy of the policy in every state, in nats.
  void entropy(ConstMatrixRef<S> observations, Context& context, VectorRef<S> out) const {
    network_.for_each_output(observations, context, [&](Index first, const auto& output, Scratch& scratch) {
      for (Index n = 0; n < output.cols(); ++n) {
        log_softmax(output, n, scratch.sample);
        out[first + n] = categorical::entropy(scratch.sample);
      }
    });
    share_blocks(context, observations.cols(), out.data());
  }

  /// KL(this || other) in every state, in nats. Pre: other has the same shape.
  void kl_divergence(const CategoricalPolicy& other, ConstMatrixRef<S> observations, Context& context,
                     VectorRef<S> out) const {
    const auto visit = [&](Index first, const auto& mine, const auto& theirs, Scratch& p, Scratch& q) {
      for (Index n = 0; n < mine.cols(); ++n) {
        log_softmax(mine, n, p.sample);
        log_softmax(theirs, n, q.sample);
        out[first + n] = categorical::kl_divergence(p.sample, q.sample);
      }
    };
    network_.for_each_pair(other.network_, observations, context, visit);
    share_blocks(context, observations.cols(), out.data());
  }

  /// Of every sample, what measures a step: log pi and entropy of the policy `after`, and KL(this || after), in nats.
  /// Pre: after has the same shape. Cost: one forward pass of either policy.
  void compare(const CategoricalPolicy& after, ConstMatrixRef<S> observations, ConstMatrixRef<S> actions,
               Context& context, VectorRef<S> log_probs, VectorRef<S> kl, VectorRef<S> entropy) const {
    const auto visit = [&](Index first, const auto& mine, const auto& theirs, Scratch& p, Scratch& q) {
      for (Index n = 0; n < mine.cols(); ++n) {
        log_softmax(mine, n, p.sample);
        log_softmax(theirs, n, q.sample);
        kl[first + n] = categorical::kl_divergence(p.sample, q.sample);
        entropy[first + n] = categorical::entropy(q.sample);
        log_probs[first + n] = log_prob_of(q.sample, actions.col(first + n));
      }
    };
    network_.for_each_pair(after.network_, observations, context, visit);
    for (S* numbers : {log_probs.data(), kl.data(), entropy.data()}) {
      share_blocks(context, observations.cols(), numbers);
    }
  }

  /// The gradient primitive: gradient = sum_n w_n grad log pi(a_n|s_n), and what `regularization` adds to it.
  /// `weight(first, log_probs, weights)` sees the fresh log-probabilities of samples first .. first + n - 1 and writes
  /// their weights; blocks come in any order, from any worker. `extra(first, outputs, slopes, worker)` does the same
  /// for extra outputs, in the same pass. Shapes: gradient P. Throws: as log_prob. Cost: one forward and one backward
  /// pass, and a forward pass of a reference policy.
  template <class Weight, class Extra = typename PolicyNetwork<S, Front>::NoExtra>
  void score_gradient(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Weight&& weight, Context& context,
                      Vector<S>& gradient, const Regularization<CategoricalPolicy>& regularization = {},
                      const Extra& extra = {}) const {
    const auto log_prob = [&](Index first, const auto& output, Scratch& scratch, VectorRef<S> out) {
      log_prob_block(output, actions.middleCols(first, output.cols()), scratch, out);
    };
    const S entropy_weight = regularization.entropy_weight;
    const S kl_weight = regularization.kl_weight;
    const auto slope = [&](Index first, const auto& inputs, const auto& output, Scratch& scratch, Index worker,
                           const auto& weights, auto& outward, const auto&) {
      // of each action, d log pi(a) / d y_k = [k = a] - pi(k), d H / d y_k = -pi(k) (log pi(k) + H)
      for (Index n = 0; n < output.cols(); ++n) {
        log_softmax(output, n, scratch.sample);
        const S* const log_probs = scratch.sample.data();
        for_each_action([&](Index i, Index begin, Index count) {
          const S entropy = entropy_weight == 0 ? S(0) : categorical::entropy(scratch.sample.segment(begin, count));
          for (Index k = begin; k < begin + count; ++k) {
            const S p = std::exp(log_probs[k]);
            outward(k, n) = p == 0 ? S(0) : -(weights[n] + entropy_weight * (log_probs[k] + entropy)) * p;
          }
          outward(begin + index(actions(i, first + n), count), n) += weights[n];
        });
      }
      // d KL(before || now) / d y_k = pi(k) - before(k)
      if (kl_weight != 0) {
        Scratch& other = context.local<typename PolicyNetwork<S, Front>::OtherScratch>(worker);
        const auto before = regularization.reference->network_.forward(inputs, other);
        for (Index n = 0; n < output.cols(); ++n) {
          log_softmax(output, n, scratch.sample);
          log_softmax(before, n, other.sample);
          for (Index k = 0; k < output.rows(); ++k) {
            outward(k, n) += kl_weight * (std::exp(scratch.sample[k]) - std::exp(other.sample[k]));
          }
        }
      }
    };
    network_.score_gradient(observations, log_prob, weight, slope, context, gradient, extra);
  }

  /// Keeps what Fisher products at these states and parameters have in common.
  void record(ConstMatrixRef<S> observations, Context& context, Activations& kept) const {
    network_.record(observations, context, kept);
  }

  /// Product of the Fisher information of the batch's states, the Hessian of the mean KL divergence at its zero, with a
  /// vector:
  ///
  ///     product = 1/N sum_n J_n^T M_n J_n v,   M = diag(pi) - pi pi^T for y, a block of each action
  ///
  /// `kept` is what record() kept of the same states and parameters: many products need one forward pass.
  /// Shapes: v, product P. Pre: v and product differ. Cost: one forward, unless kept, one tangent and one backward
  /// pass. Source: Schulman et al. 2015 (arXiv 1502.05477), appendix C.
  void fisher_product(ConstMatrixRef<S> observations, const Vector<S>& v, Context& context, Vector<S>& product,
                      Activations* kept = nullptr) const {
    const S share = S(1) / static_cast<S>(observations.cols());
    const auto metric = [&](const auto& output, const auto& tangent, const auto&, Scratch& scratch, auto& outward,
                            const auto&) {
      for (Index n = 0; n < output.cols(); ++n) {
        log_softmax(output, n, scratch.sample);
        for_each_action([&](Index, Index begin, Index count) {
          const Index end = begin + count;
          S mean = 0;
          for (Index k = begin; k < end; ++k) mean += std::exp(scratch.sample[k]) * tangent(k, n);
          for (Index k = begin; k < end; ++k) {
            outward(k, n) = share * std::exp(scratch.sample[k]) * (tangent(k, n) - mean);
          }
        });
      }
    };
    network_.gauss_newton_product(observations, v, metric, context, product, kept);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("parameters", parameters());
  }

 private:
  using Scratch = typename PolicyNetwork<S, Front>::Scratch;

  static Encoder encoder(Index observation_size, const CategoricalPolicyOptions& options) {
    require(observation_size >= 1, "CategoricalPolicy", "observation_size >= 1", observation_size);
    return encoder_of(options, observation_size);
  }

  static std::vector<Index> choices_of(const EnvironmentSpec& spec) {
    require(spec.is_discrete(), "CategoricalPolicy",
            "a task of discrete actions (GaussianPolicy is for continuous ones)", spec.name);
    return {spec.choices().begin(), spec.choices().end()};
  }

  // calls visit(i, row of its first output, how many) for each action
  template <class Visit>
  void for_each_action(Visit&& visit) const {
    Index first = 0;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      visit(static_cast<Index>(i), first, choices_[i]);
      first += choices_[i];
    }
  }

  static Index index(S action, Index count) {
    if (!is_discrete_action(action, count)) {
      throw std::invalid_argument(detail::join("CategoricalPolicy: expected an action, a whole number from 0 to ",
                                               count - 1, ", got ", action));
    }
    return static_cast<Index>(action);
  }

  template <class Output>
  void log_softmax(const Output& output, Index n, Vector<S>& log_probs) const {
    if (log_probs.size() != output.rows()) log_probs.resize(output.rows());
    const S* const logits = output.col(n).data();
    S* const out = log_probs.data();
    for_each_action([&](Index, Index first, Index count) {
      categorical::log_softmax(Eigen::Map<const Vector<S>>(logits + first, count),
                               Eigen::Map<Vector<S>>(out + first, count));
    });
  }

  template <class Action>
  S log_prob_of(const Vector<S>& log_probs, const Action& action) const {
    S sum = 0;
    for_each_action([&](Index i, Index first, Index count) { sum += log_probs[first + index(action[i], count)]; });
    return sum;
  }

  template <class Output>
  void log_prob_block(const Output& output, ConstMatrixRef<S> actions, Scratch& scratch, VectorRef<S> out) const {
    for (Index n = 0; n < actions.cols(); ++n) {
      log_softmax(output, n, scratch.sample);
      out[n] = log_prob_of(scratch.sample, actions.col(n));
    }
    if (!mask().is_on()) return;
    for (Index n = 0; n < actions.cols(); ++n) {
      require(out[n] != -std::numeric_limits<S>::infinity(), "CategoricalPolicy",
              "an action that the observation's mask allows", detail::Listed(actions.col(n)));
    }
  }

  CategoricalPolicyOptions options_;
  std::vector<Index> choices_;
  PolicyNetwork<S, Front> network_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S, class Front>
CategoricalPolicy<S, Front>::CategoricalPolicy(Index observation_size, std::vector<Index> choices,
                                               const CategoricalPolicyOptions& options, Rng& rng)
    : CategoricalPolicy(encoder(observation_size, options), std::move(choices), options, rng) {}

template <class S, class Front>
CategoricalPolicy<S, Front>::CategoricalPolicy(const Front& front, std::vector<Index> choices,
                                               const CategoricalPolicyOptions& options, Rng& rng)
    : options_(options),
      choices_(std::move(choices)),
      network_(network_on(front, options, choice_count("CategoricalPolicy", choices_)), 0,
               with_output_gain(options.initialization, 0.01), rng,
               ActionMask(options.mask_row, choices_, front.input_size())) {}

template <class S, class Front>
void CategoricalPolicy<S, Front>::sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions,
                                         VectorRef<S> log_probs, Context& context, Index worker) const {
  Scratch& scratch = context.local<Scratch>(worker);
  const auto output = network_.forward(observations, scratch);
  for (Index n = 0; n < observations.cols(); ++n) {
    log_softmax(output, n, scratch.sample);
    log_probs[n] = 0;
    for_each_action([&](Index i, Index first, Index count) {
      const auto probable = scratch.sample.segment(first, count);
      const Index action = categorical::sample(probable, rngs[static_cast<std::size_t>(n)].uniform());
      actions(i, n) = static_cast<S>(action);
      log_probs[n] += probable[action];
    });
  }
}

template <class S, class Front>
void CategoricalPolicy<S, Front>::mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context,
                                       Index worker) const {
  mode_of_output(network_.forward(observations, context.local<Scratch>(worker)), actions);
}

}  // namespace vantage

#endif
