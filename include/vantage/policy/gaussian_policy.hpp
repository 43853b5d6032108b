// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_GAUSSIAN_POLICY_HPP
#define VANTAGE_POLICY_GAUSSIAN_POLICY_HPP

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/policy/diagonal_gaussian.hpp"
#include "vantage/policy/log_std_bounds.hpp"
#include "vantage/policy/policy_network.hpp"
#include "vantage/policy/regularization.hpp"

namespace vantage {

struct GaussianPolicyOptions {
  std::vector<Index> hidden = {64, 64};             ///< widths of the hidden layers of the mean network
  Activation activation = Activation::tanh;         ///< of the hidden layers
  MlpInitialization initialization = {};            ///< its output gain 0.01 sqrt(2) unless given: first means near 0
  double log_std = -0.5;                            ///< initial log standard deviation of every action component
  std::optional<LogStdBounds> log_std_bounds = {};  ///< keeps the log standard deviation strictly inside; none: free
  bool state_dependent_std = false;       ///< the network has a second head for it; else it is a free parameter
  bool layer_norm = false;                ///< hidden layers are normalised, see LayerNorm
  std::vector<EncoderPart> encoder = {};  ///< layers in front, of parts of the observation; none: no encoder
};

/// Diagonal Gaussian policy with a neural mean, a perceptron on an encoder or on any other front:
///
///     pi(a|s) = N(a; mu(s), diag(exp(2 l(s)))),    l free, or l = low + (high - low) (1 + tanh u) / 2 within bounds
///
/// where l (or u) is A free parameters or the network's last A outputs. The one vector of parameters holds the
/// network's and then the free ones. Actions are unbounded; an action map takes them to the task's range.
///
/// Shapes: observations O x N, actions A x N, everything per sample N.
template <class S, class Front = Encoder>
class GaussianPolicy {
 public:
  using Scalar = S;
  using Network = typename PolicyNetwork<S, Front>::Network;  ///< a perceptron on a front
  /// Forward passes of many samples, see PolicyNetwork.
  using Activations = typename PolicyNetwork<S, Front>::Activations;
  using Options = GaussianPolicyOptions;

  /// Throws: std::invalid_argument for sizes < 1, or an initial log_std outside the bounds.
  GaussianPolicy(Index observation_size, Index action_size, const GaussianPolicyOptions& options, Rng& rng);
  /// On a front that is no Encoder. Throws: as above, and std::invalid_argument for an encoder in the options.
  GaussianPolicy(Front front, Index action_size, const GaussianPolicyOptions& options, Rng& rng);
  /// For a task. Throws: as above, and std::invalid_argument for a task of discrete actions.
  GaussianPolicy(const EnvironmentSpec& spec, const GaussianPolicyOptions& options, Rng& rng)
      : GaussianPolicy(spec.observation_size, continuous_actions(spec), options, rng) {}

  [[nodiscard]] const GaussianPolicyOptions& options() const { return options_; }
  [[nodiscard]] const Network& network() const { return network_.network(); }
  [[nodiscard]] Index observation_size() const { return network().input_size(); }
  [[nodiscard]] Index action_size() const { return action_size_; }
  [[nodiscard]] static constexpr Index discrete_actions() { return 0; }
  /// None: actions are continuous.
  [[nodiscard]] static constexpr std::span<const Index> choices() { return {}; }
  /// Of no choices.
  [[nodiscard]] const ActionMask& mask() const { return network_.mask(); }
  [[nodiscard]] Vector<S>& parameters() { return network_.parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return network_.parameters(); }

  /// Mean over the action components of the standard deviation; not a number where it depends on the state.
  [[nodiscard]] double mean_deviation() const {
    if (options_.state_dependent_std) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (Index i = 0; i < action_size_; ++i) sum += std::exp(static_cast<double>(bounded_log_std(network_.free(i))));
    return sum / static_cast<double>(action_size_);
  }

  /// The same policy on a network with so many outputs after its own, which it does not see; see PolicyNetwork.
  [[nodiscard]] GaussianPolicy with_extra_outputs(Index count) const {
    GaussianPolicy result = *this;
    result.network_.set_extra_outputs(count);
    return result;
  }

  /// Draws an action a column, column i from rngs[i], and gives its log-probability. For use by one worker.
  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const;

  /// The most probable action of each column: the mean. For use by one worker.
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const;

  /// The same from the network's outputs.
  template <class Output>
  void mode_of_output(const Output& output, MatrixRef<S> actions) const {
    actions = output.topRows(action_size_);
  }

  /// log pi(a_n|s_n) of every sample.
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
        log_std(output, n, scratch.sample);
        out[first + n] = diagonal_gaussian::entropy(scratch.sample);
      }
    });
    share_blocks(context, observations.cols(), out.data());
  }

  /// KL(this || other) in every state, in nats. Pre: other has the same shape.
  void kl_divergence(const GaussianPolicy& other, ConstMatrixRef<S> observations, Context& context,
                     VectorRef<S> out) const {
    const auto visit = [&](Index first, const auto& mine, const auto& theirs, Scratch& p, Scratch& q) {
      for (Index n = 0; n < mine.cols(); ++n) {
        log_std(mine, n, p.sample);
        other.log_std(theirs, n, q.sample);
        out[first + n] = diagonal_gaussian::kl_divergence(mine.col(n).head(action_size_), p.sample,
                                                          theirs.col(n).head(action_size_), q.sample);
      }
    };
    network_.for_each_pair(other.network_, observations, context, visit);
    share_blocks(context, observations.cols(), out.data());
  }

  /// Of every sample, what measures a step: log pi and entropy of the policy `after`, and KL(this || after), in nats.
  /// Pre: after has the same shape. Cost: one forward pass of either policy.
  void compare(const GaussianPolicy& after, ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context,
               VectorRef<S> log_probs, VectorRef<S> kl, VectorRef<S> entropy) const {
    const auto visit = [&](Index first, const auto& mine, const auto& theirs, Scratch& p, Scratch& q) {
      for (Index n = 0; n < mine.cols(); ++n) {
        log_std(mine, n, p.sample);
        after.log_std(theirs, n, q.sample);
        kl[first + n] = diagonal_gaussian::kl_divergence(mine.col(n).head(action_size_), p.sample,
                                                         theirs.col(n).head(action_size_), q.sample);
        entropy[first + n] = diagonal_gaussian::entropy(q.sample);
      }
      after.log_prob_block(theirs, actions.middleCols(first, mine.cols()), q, log_probs.segment(first, mine.cols()));
    };
    network_.for_each_pair(after.network_, observations, context, visit);
    for (S* numbers : {log_probs.data(), kl.data(), entropy.data()}) {
      share_blocks(context, observations.cols(), numbers);
    }
  }

  /// The gradient primitive: gradient = sum_n w_n grad log pi(a_n|s_n), and what `regularization` adds to it.
  /// `weight(first, log_probs, weights)` sees the fresh log-probabilities of samples first .. first + n - 1 and writes
  /// their weights; blocks come in any order, from any worker. `extra(first, outputs, slopes, worker)` does the same
  /// for extra outputs, in the same pass. Shapes: gradient P. Cost: one forward and one backward pass, and a forward
  /// pass of a reference policy.
  template <class Weight, class Extra = typename PolicyNetwork<S, Front>::NoExtra>
  void score_gradient(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Weight&& weight, Context& context,
                      Vector<S>& gradient, const Regularization<GaussianPolicy>& regularization = {},
                      const Extra& extra = {}) const {
    const auto log_prob = [&](Index first, const auto& output, Scratch& scratch, VectorRef<S> out) {
      log_prob_block(output, actions.middleCols(first, output.cols()), scratch, out);
    };
    const S entropy_weight = regularization.entropy_weight;
    const auto slope = [&](Index first, const auto& inputs, const auto& output, Scratch& scratch, Index worker,
                           const auto& weights, auto& outward, auto free) {
      // d log pi / d mean = z / sigma, d log pi / d log sigma = z^2 - 1, d H / d log sigma = 1
      for (Index n = 0; n < output.cols(); ++n) {
        deviations(output, n, scratch);
        for (Index i = 0; i < action_size_; ++i) {
          const S inverse = scratch.more_sample[i];
          const S z = (actions(i, first + n) - output(i, n)) * inverse;
          outward(i, n) = weights[n] * z * inverse;
          const S change = (weights[n] * (z * z - 1) + entropy_weight) * log_std_slope(raw_log_std(output, n, i));
          if (options_.state_dependent_std) {
            outward(action_size_ + i, n) = change;
          } else {
            free[i] += change;
          }
        }
      }
      if (regularization.kl_weight != 0) {
        const GaussianPolicy& reference = *regularization.reference;
        Scratch& other = context.local<typename PolicyNetwork<S, Front>::OtherScratch>(worker);
        const auto before = reference.network_.forward(inputs, other);
        add_kl_slopes(regularization.kl_weight, reference, before, other, output, scratch, outward, free);
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
  ///     product = 1/N sum_n J_n^T M_n J_n v,   M = diag(1 / sigma^2, 2) for (mu, log sigma)
  ///
  /// `kept` is what record() kept of the same states and parameters: many products need one forward pass.
  /// Shapes: v, product P. Pre: v and product differ. Cost: one forward, unless kept, one tangent and one backward
  /// pass. Source: Schulman et al. 2015 (arXiv 1502.05477), appendix C.
  void fisher_product(ConstMatrixRef<S> observations, const Vector<S>& v, Context& context, Vector<S>& product,
                      Activations* kept = nullptr) const {
    const S share = S(1) / static_cast<S>(observations.cols());
    const auto metric = [&](const auto& output, const auto& tangent, const auto& free_tangent, Scratch& scratch,
                            auto& outward, auto free) {
      for (Index n = 0; n < output.cols(); ++n) {
        log_std(output, n, scratch.sample);
        for (Index i = 0; i < action_size_; ++i) {
          outward(i, n) = share * std::exp(-2 * scratch.sample[i]) * tangent(i, n);
          const S slope = log_std_slope(raw_log_std(output, n, i));
          if (options_.state_dependent_std) {
            outward(action_size_ + i, n) = share * 2 * slope * slope * tangent(action_size_ + i, n);
          } else {
            free[i] += share * 2 * slope * slope * free_tangent[i];
          }
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

  static Encoder encoder(Index observation_size, const GaussianPolicyOptions& options) {
    require(observation_size >= 1, "GaussianPolicy", "observation_size >= 1", observation_size);
    return encoder_of(options, observation_size);
  }

  static Index outputs(Index action_size, const GaussianPolicyOptions& options) {
    require(action_size >= 1, "GaussianPolicy", "action_size >= 1", action_size);
    return options.state_dependent_std ? 2 * action_size : action_size;
  }

  static Index continuous_actions(const EnvironmentSpec& spec) {
    require(!spec.is_discrete(), "GaussianPolicy",
            "a task of continuous actions (CategoricalPolicy is for discrete ones)", spec.name);
    return spec.action_size();
  }

  // the parameter whose (possibly bounded) log standard deviation is options.log_std
  static double unbounded_log_std(const GaussianPolicyOptions& options) {
    require(std::isfinite(options.log_std), "GaussianPolicy", "a finite log_std", options.log_std);
    if (!options.log_std_bounds) return options.log_std;
    require(std::isfinite(options.log_std_bounds->low) && std::isfinite(options.log_std_bounds->high), "GaussianPolicy",
            "finite log_std_bounds", detail::join(options.log_std_bounds->low, ", ", options.log_std_bounds->high));
    require(options.log_std_bounds->low < options.log_std && options.log_std < options.log_std_bounds->high,
            "GaussianPolicy", "log_std strictly inside log_std_bounds", options.log_std);
    return options.log_std_bounds->parameter(options.log_std);
  }

  template <class Output>
  S raw_log_std(const Output& output, Index n, Index i) const {
    return options_.state_dependent_std ? output(action_size_ + i, n) : network_.free(i);
  }

  template <class Output>
  void log_std(const Output& output, Index n, Vector<S>& out) const {
    if (out.size() != action_size_) out.resize(action_size_);
    for (Index i = 0; i < action_size_; ++i) {
      out[i] = bounded_log_std(raw_log_std(output, n, i));
    }
  }

  S bounded_log_std(S raw) const { return options_.log_std_bounds ? options_.log_std_bounds->log_std(raw) : raw; }

  // log_std into `sample` and the inverse deviations into `more_sample`; once a block where they are the same for all
  template <class Output>
  void deviations(const Output& output, Index n, Scratch& scratch) const {
    if (n > 0 && !options_.state_dependent_std) return;
    log_std(output, n, scratch.sample);
    if (scratch.more_sample.size() != action_size_) scratch.more_sample.resize(action_size_);
    for (Index i = 0; i < action_size_; ++i) scratch.more_sample[i] = std::exp(-scratch.sample[i]);
  }

  // adds weight d KL(before || now) / d (mean, log sigma):
  // (mean - mean') / sigma^2 and 1 - (sigma'^2 + (mean - mean')^2) / sigma^2
  template <class Output, class Outward, class Free>
  void add_kl_slopes(S weight, const GaussianPolicy& reference, const Output& before, Scratch& other,
                     const Output& output, Scratch& scratch, Outward& outward, Free& free) const {
    for (Index n = 0; n < output.cols(); ++n) {
      reference.deviations(before, n, other);
      deviations(output, n, scratch);
      for (Index i = 0; i < action_size_; ++i) {
        const S inverse = scratch.more_sample[i];
        const S shift = (output(i, n) - before(i, n)) * inverse;
        const S ratio = std::exp(other.sample[i]) * inverse;
        outward(i, n) += weight * shift * inverse;
        const S change = weight * (1 - ratio * ratio - shift * shift) * log_std_slope(raw_log_std(output, n, i));
        if (options_.state_dependent_std) {
          outward(action_size_ + i, n) += change;
        } else {
          free[i] += change;
        }
      }
    }
  }

  // d log_std / d raw
  S log_std_slope(S raw) const { return options_.log_std_bounds ? options_.log_std_bounds->slope(raw) : S(1); }

  template <class Output>
  void log_prob_block(const Output& output, ConstMatrixRef<S> actions, Scratch& scratch, VectorRef<S> out) const {
    for (Index n = 0; n < actions.cols(); ++n) {
      deviations(output, n, scratch);
      out[n] = diagonal_gaussian::log_prob(output.col(n).head(action_size_), scratch.sample, scratch.more_sample,
                                           actions.col(n));
    }
  }

  GaussianPolicyOptions options_;
  Index action_size_;
  PolicyNetwork<S, Front> network_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S, class Front>
GaussianPolicy<S, Front>::GaussianPolicy(Index observation_size, Index action_size,
                                         const GaussianPolicyOptions& options, Rng& rng)
    : GaussianPolicy(encoder(observation_size, options), action_size, options, rng) {}

template <class S, class Front>
GaussianPolicy<S, Front>::GaussianPolicy(Front front, Index action_size, const GaussianPolicyOptions& options, Rng& rng)
    : options_(options),
      action_size_(action_size),
      network_(network_on(std::move(front), options, outputs(action_size, options)),
               options.state_dependent_std ? 0 : action_size,
               with_output_gain(options.initialization, 0.01 * std::numbers::sqrt2), rng) {
  // the free parameters, or the biases of the second head, are the last ones
  parameters().tail(action_size).setConstant(static_cast<S>(unbounded_log_std(options)));
}

template <class S, class Front>
void GaussianPolicy<S, Front>::sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions,
                                      VectorRef<S> log_probs, Context& context, Index worker) const {
  Scratch& scratch = context.local<Scratch>(worker);
  const auto output = network_.forward(observations, scratch);
  for (Index n = 0; n < observations.cols(); ++n) {
    deviations(output, n, scratch);
    for (Index i = 0; i < action_size_; ++i) {
      const S noise = static_cast<S>(rngs[static_cast<std::size_t>(n)].normal());
      actions(i, n) = output(i, n) + std::exp(scratch.sample[i]) * noise;
    }
    log_probs[n] = diagonal_gaussian::log_prob(output.col(n).head(action_size_), scratch.sample, scratch.more_sample,
                                               actions.col(n));
  }
}

template <class S, class Front>
void GaussianPolicy<S, Front>::mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context,
                                    Index worker) const {
  mode_of_output(network_.forward(observations, context.local<Scratch>(worker)), actions);
}

}  // namespace vantage

#endif
