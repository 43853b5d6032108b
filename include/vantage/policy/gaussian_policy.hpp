// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_GAUSSIAN_POLICY_HPP
#define VANTAGE_POLICY_GAUSSIAN_POLICY_HPP

#include <cmath>
#include <numbers>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vantage/core/blocks.hpp"
#include "vantage/core/error.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/policy/diagonal_gaussian.hpp"

namespace vantage {

/// Interval of log standard deviations.
struct LogStdBounds {
  double low = -5;
  double high = 2;
};

struct GaussianPolicyOptions {
  std::vector<Index> hidden = {64, 64};  ///< widths of the hidden layers of the mean network
  Activation activation = Activation::tanh;
  MlpInitialization initialization = {.output_gain = 0.01 * std::numbers::sqrt2};
  double log_std = -0.5;                            ///< initial log standard deviation of every action component
  std::optional<LogStdBounds> log_std_bounds = {};  ///< keeps the log standard deviation strictly inside; none: free
  bool state_dependent_std = false;  ///< the network has a second head for it; else it is a free parameter
};

/// Diagonal Gaussian policy with a neural mean:
///
///     pi(a|s) = N(a; mu(s), diag(exp(2 l(s)))),    l free, or l = low + (high - low) (1 + tanh u) / 2 within bounds
///
/// where l (or u) is A free parameters or the network's last A outputs. The one vector of parameters holds the
/// network's and then the free ones. Actions are unbounded; an action map takes them to the task's range.
///
/// Shapes: observations O x N, actions A x N, everything per sample N.
template <class S>
class GaussianPolicy {
 public:
  using Scalar = S;

  /// Throws: std::invalid_argument for sizes < 1, or an initial log_std outside the bounds.
  GaussianPolicy(Index observation_size, Index action_size, const GaussianPolicyOptions& options, Rng& rng)
      : options_(options),
        action_size_(action_size),
        network_(widths(observation_size, action_size, options), options.activation) {
    const Index free = options.state_dependent_std ? 0 : action_size;
    parameters_.setZero(network_.parameter_count() + free);
    Vector<S> weights(network_.parameter_count());
    network_.initialize<S>(weights, options.initialization, rng);
    parameters_.head(weights.size()) = weights;
    const S start = static_cast<S>(unbounded_log_std(options));
    if (options.state_dependent_std) {
      // the biases of the second head are the last parameters
      parameters_.tail(action_size).setConstant(start);
    } else {
      parameters_.tail(free).setConstant(start);
    }
  }

  [[nodiscard]] const GaussianPolicyOptions& options() const { return options_; }
  [[nodiscard]] const Mlp& network() const { return network_; }
  [[nodiscard]] Index observation_size() const { return network_.input_size(); }
  [[nodiscard]] Index action_size() const { return action_size_; }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }

  /// Draws an action a column, column i from rngs[i], and gives its log-probability. For use by one worker.
  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const {
    Scratch& scratch = context.local<Scratch>(worker);
    const auto output = forward(observations, scratch);
    for (Index n = 0; n < observations.cols(); ++n) {
      log_std(output, n, scratch.log_std);
      for (Index i = 0; i < action_size_; ++i) {
        const S noise = static_cast<S>(rngs[static_cast<std::size_t>(n)].normal());
        actions(i, n) = output(i, n) + std::exp(scratch.log_std[i]) * noise;
      }
      log_probs[n] = diagonal_gaussian::log_prob(output.col(n).head(action_size_), scratch.log_std, actions.col(n));
    }
  }

  /// The most probable action of each column: the mean. For use by one worker.
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const {
    actions = forward(observations, context.local<Scratch>(worker)).topRows(action_size_);
  }

  /// log pi(a_n|s_n) of every sample.
  void log_prob(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context, VectorRef<S> out) const {
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      const auto output = forward(observations.middleCols(first, count), scratch);
      log_prob_block(output, actions.middleCols(first, count), scratch, out.segment(first, count));
    });
  }

  /// Entropy of the policy in every state, in nats.
  void entropy(ConstMatrixRef<S> observations, Context& context, VectorRef<S> out) const {
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      const auto output = forward(observations.middleCols(first, count), scratch);
      for (Index n = 0; n < count; ++n) {
        log_std(output, n, scratch.log_std);
        out[first + n] = diagonal_gaussian::entropy(scratch.log_std);
      }
    });
  }

  /// KL(this || other) in every state, in nats. Pre: other has the same shape.
  void kl_divergence(const GaussianPolicy& other, ConstMatrixRef<S> observations, Context& context,
                     VectorRef<S> out) const {
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index worker) {
      auto& [p, q] = context.local<std::pair<Scratch, Scratch>>(worker);
      const auto mine = forward(observations.middleCols(first, count), p);
      const auto theirs = other.forward(observations.middleCols(first, count), q);
      for (Index n = 0; n < count; ++n) {
        log_std(mine, n, p.log_std);
        other.log_std(theirs, n, q.log_std);
        out[first + n] = diagonal_gaussian::kl_divergence(mine.col(n).head(action_size_), p.log_std,
                                                          theirs.col(n).head(action_size_), q.log_std);
      }
    });
  }

  /// The gradient primitive: gradient = sum_n w_n grad log pi(a_n|s_n).
  /// `weight(first, log_probs, weights)` sees the fresh log-probabilities of samples first .. first + n - 1 and writes
  /// their weights; blocks come in any order, from any worker.
  /// Shapes: gradient P. Cost: one forward and one backward pass.
  template <class Weight>
  void score_gradient(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Weight&& weight, Context& context,
                      Vector<S>& gradient) const {
    gradient.resize(parameters_.size());
    block_sum<S>(context, observations.cols(), gradient,
                 [&](Index first, Index count, Index worker, VectorRef<S> partial) {
                   Scratch& scratch = context.local<Scratch>(worker);
                   const auto inputs = observations.middleCols(first, count);
                   const auto output = forward(inputs, scratch);
                   scratch.reserve(output.rows(), count);
                   auto log_probs = scratch.log_probs.head(count);
                   auto weights = scratch.weights.head(count);
                   log_prob_block(output, actions.middleCols(first, count), scratch, log_probs);
                   weight(first, VectorRef<S>(log_probs), VectorRef<S>(weights));

                   // d log pi / d mean = z / sigma, d log pi / d log sigma = z^2 - 1
                   auto outward = scratch.output_gradient.leftCols(count);
                   const Index free = parameters_.size() - network_.parameter_count();
                   for (Index n = 0; n < count; ++n) {
                     log_std(output, n, scratch.log_std);
                     for (Index i = 0; i < action_size_; ++i) {
                       const S inverse = std::exp(-scratch.log_std[i]);
                       const S z = (actions(i, first + n) - output(i, n)) * inverse;
                       outward(i, n) = weights[n] * z * inverse;
                       const S slope = weights[n] * (z * z - 1) * log_std_slope(raw_log_std(output, n, i));
                       if (options_.state_dependent_std) {
                         outward(action_size_ + i, n) = slope;
                       } else {
                         partial[partial.size() - free + i] += slope;
                       }
                     }
                   }
                   network_.backward(parameters_.head(network_.parameter_count()), inputs, scratch.tape, outward,
                                     partial.head(network_.parameter_count()));
                 });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("parameters", parameters_);
  }

 private:
  struct Scratch {
    MlpTape<S> tape;
    Vector<S> log_std;
    Vector<S> log_probs;
    Vector<S> weights;
    Matrix<S> output_gradient;

    void reserve(Index outputs, Index count) {
      if (weights.size() < count) {
        log_probs.resize(count);
        weights.resize(count);
      }
      if (output_gradient.rows() != outputs || output_gradient.cols() < count) output_gradient.resize(outputs, count);
    }
  };

  static std::vector<Index> widths(Index observation_size, Index action_size, const GaussianPolicyOptions& options) {
    require(observation_size >= 1, "GaussianPolicy", "observation_size >= 1", observation_size);
    require(action_size >= 1, "GaussianPolicy", "action_size >= 1", action_size);
    std::vector<Index> result{observation_size};
    result.insert(result.end(), options.hidden.begin(), options.hidden.end());
    result.push_back(options.state_dependent_std ? 2 * action_size : action_size);
    return result;
  }

  // the parameter whose (possibly bounded) log standard deviation is options.log_std
  static double unbounded_log_std(const GaussianPolicyOptions& options) {
    if (!options.log_std_bounds) return options.log_std;
    const auto [low, high] = *options.log_std_bounds;
    require(low < options.log_std && options.log_std < high, "GaussianPolicy", "log_std strictly inside log_std_bounds",
            options.log_std);
    return std::atanh(2 * (options.log_std - low) / (high - low) - 1);
  }

  auto forward(ConstMatrixRef<S> observations, Scratch& scratch) const {
    if (scratch.log_std.size() != action_size_) scratch.log_std.resize(action_size_);
    return network_.forward(parameters_.head(network_.parameter_count()), observations, scratch.tape);
  }

  template <class Output>
  S raw_log_std(const Output& output, Index n, Index i) const {
    return options_.state_dependent_std ? output(action_size_ + i, n) : parameters_[network_.parameter_count() + i];
  }

  template <class Output>
  void log_std(const Output& output, Index n, Vector<S>& out) const {
    for (Index i = 0; i < action_size_; ++i) {
      const S raw = raw_log_std(output, n, i);
      if (options_.log_std_bounds) {
        const S low = static_cast<S>(options_.log_std_bounds->low);
        const S high = static_cast<S>(options_.log_std_bounds->high);
        out[i] = low + (high - low) * (1 + std::tanh(raw)) / 2;
      } else {
        out[i] = raw;
      }
    }
  }

  // d log_std / d raw
  S log_std_slope(S raw) const {
    if (!options_.log_std_bounds) return 1;
    const S width = static_cast<S>(options_.log_std_bounds->high - options_.log_std_bounds->low);
    return width / 2 * (1 - std::tanh(raw) * std::tanh(raw));
  }

  template <class Output>
  void log_prob_block(const Output& output, ConstMatrixRef<S> actions, Scratch& scratch, VectorRef<S> out) const {
    for (Index n = 0; n < actions.cols(); ++n) {
      log_std(output, n, scratch.log_std);
      out[n] = diagonal_gaussian::log_prob(output.col(n).head(action_size_), scratch.log_std, actions.col(n));
    }
  }

  GaussianPolicyOptions options_;
  Index action_size_;
  Mlp network_;
  Vector<S> parameters_;
};

}  // namespace vantage

#endif
