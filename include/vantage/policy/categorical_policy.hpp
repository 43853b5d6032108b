// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_CATEGORICAL_POLICY_HPP
#define VANTAGE_POLICY_CATEGORICAL_POLICY_HPP

#include <cmath>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"
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
};

/// Policy over the discrete actions 0 .. K - 1 whose logits y are the outputs of a network, a perceptron on an encoder
/// or on any other front:
///
///     pi(k|s) = exp(y_k(s)) / sum_j exp(y_j(s))
///
/// An action is one row that holds k as a number.
///
/// Shapes: observations O x N, actions 1 x N, everything per sample N.
template <class S, class Front = Encoder>
class CategoricalPolicy {
 public:
  using Scalar = S;
  using Network = typename PolicyNetwork<S, Front>::Network;  ///< a perceptron on a front
  /// Forward passes of many samples, see PolicyNetwork.
  using Activations = typename PolicyNetwork<S, Front>::Activations;
  using Options = CategoricalPolicyOptions;

  /// Throws: std::invalid_argument for observation_size < 1 or fewer than two actions.
  CategoricalPolicy(Index observation_size, Index discrete_actions, const CategoricalPolicyOptions& options, Rng& rng);
  /// On a front that is no Encoder. Throws: as above, and std::invalid_argument for an encoder in the options.
  CategoricalPolicy(Front front, Index discrete_actions, const CategoricalPolicyOptions& options, Rng& rng);
  /// For a task. Throws: as above, and std::invalid_argument for a task of continuous actions.
  CategoricalPolicy(const EnvironmentSpec& spec, const CategoricalPolicyOptions& options, Rng& rng)
      : CategoricalPolicy(spec.observation_size, choices(spec), options, rng) {}

  [[nodiscard]] const CategoricalPolicyOptions& options() const { return options_; }
  [[nodiscard]] const Network& network() const { return network_.network(); }
  [[nodiscard]] Index observation_size() const { return network().input_size(); }
  [[nodiscard]] Index action_size() const { return 1; }
  [[nodiscard]] Index discrete_actions() const { return network_.outputs(); }
  [[nodiscard]] Vector<S>& parameters() { return network_.parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return network_.parameters(); }

  /// The same policy on a network with so many outputs after its own, which it does not see; see PolicyNetwork.
  [[nodiscard]] CategoricalPolicy with_extra_outputs(Index count) const {
    CategoricalPolicy result = *this;
    result.network_.set_extra_outputs(count);
    return result;
  }

  /// Draws an action a column, column i from rngs[i], and gives its log-probability. For use by one worker.
  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const;

  /// The most probable action of each column. For use by one worker.
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const;

  /// The same from the network's outputs.
  template <class Output>
  void mode_of_output(const Output& output, MatrixRef<S> actions) const {
    for (Index n = 0; n < output.cols(); ++n) actions(0, n) = static_cast<S>(categorical::mode(output.col(n)));
  }

  /// log pi(a_n|s_n) of every sample. Throws: std::invalid_argument for an action that is none of 0 .. K - 1.
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
        log_probs[first + n] = q.sample[index(actions(0, first + n))];
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
      // d log pi(a) / d y_k = [k = a] - pi(k), d H / d y_k = -pi(k) (log pi(k) + H)
      for (Index n = 0; n < output.cols(); ++n) {
        log_softmax(output, n, scratch.sample);
        const S entropy = entropy_weight == 0 ? S(0) : categorical::entropy(scratch.sample);
        for (Index k = 0; k < output.rows(); ++k) {
          const S inner = weights[n] + entropy_weight * (scratch.sample[k] + entropy);
          outward(k, n) = -inner * std::exp(scratch.sample[k]);
        }
        outward(index(actions(0, first + n)), n) += weights[n];
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
  ///     product = 1/N sum_n J_n^T M_n J_n v,   M = diag(pi) - pi pi^T for y
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
        S mean = 0;
        for (Index k = 0; k < output.rows(); ++k) mean += std::exp(scratch.sample[k]) * tangent(k, n);
        for (Index k = 0; k < output.rows(); ++k) {
          outward(k, n) = share * std::exp(scratch.sample[k]) * (tangent(k, n) - mean);
        }
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

  static Index outputs(Index discrete_actions) {
    require(discrete_actions >= 2, "CategoricalPolicy", "discrete_actions >= 2", discrete_actions);
    return discrete_actions;
  }

  static Index choices(const EnvironmentSpec& spec) {
    require(spec.is_discrete(), "CategoricalPolicy",
            "a task of discrete actions (GaussianPolicy is for continuous ones)", spec.name);
    return spec.discrete_actions;
  }

  Index index(S action) const {
    if (!is_discrete_action(action, discrete_actions())) {
      throw std::invalid_argument(detail::join("CategoricalPolicy: expected an action, a whole number from 0 to ",
                                               discrete_actions() - 1, ", got ", action));
    }
    return static_cast<Index>(action);
  }

  template <class Output>
  static void log_softmax(const Output& output, Index n, Vector<S>& log_probs) {
    if (log_probs.size() != output.rows()) log_probs.resize(output.rows());
    categorical::log_softmax(output.col(n), log_probs);
  }

  template <class Output>
  void log_prob_block(const Output& output, ConstMatrixRef<S> actions, Scratch& scratch, VectorRef<S> out) const {
    for (Index n = 0; n < actions.cols(); ++n) {
      log_softmax(output, n, scratch.sample);
      out[n] = scratch.sample[index(actions(0, n))];
    }
  }

  CategoricalPolicyOptions options_;
  PolicyNetwork<S, Front> network_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S, class Front>
CategoricalPolicy<S, Front>::CategoricalPolicy(Index observation_size, Index discrete_actions,
                                               const CategoricalPolicyOptions& options, Rng& rng)
    : CategoricalPolicy(encoder(observation_size, options), discrete_actions, options, rng) {}

template <class S, class Front>
CategoricalPolicy<S, Front>::CategoricalPolicy(Front front, Index discrete_actions,
                                               const CategoricalPolicyOptions& options, Rng& rng)
    : options_(options),
      network_(network_on(std::move(front), options, outputs(discrete_actions)), 0,
               with_output_gain(options.initialization, 0.01), rng) {}

template <class S, class Front>
void CategoricalPolicy<S, Front>::sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions,
                                         VectorRef<S> log_probs, Context& context, Index worker) const {
  Scratch& scratch = context.local<Scratch>(worker);
  const auto output = network_.forward(observations, scratch);
  for (Index n = 0; n < observations.cols(); ++n) {
    log_softmax(output, n, scratch.sample);
    const Index action = categorical::sample(scratch.sample, rngs[static_cast<std::size_t>(n)].uniform());
    actions(0, n) = static_cast<S>(action);
    log_probs[n] = scratch.sample[action];
  }
}

template <class S, class Front>
void CategoricalPolicy<S, Front>::mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context,
                                       Index worker) const {
  mode_of_output(network_.forward(observations, context.local<Scratch>(worker)), actions);
}

}  // namespace vantage

#endif
