// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_RETURN_SAMPLES_HPP
#define VANTAGE_DIAGNOSTICS_RETURN_SAMPLES_HPP

#include "vantage/advantage/backward_sum.hpp"
#include "vantage/advantage/successor_values.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/value/no_value.hpp"

namespace vantage {

/// With what weight the return of each sample depends on what was not seen: gamma^k, if the episode goes on after k
/// more steps that were, beyond a time limit or the batch; 0 if it terminates.
/// Shapes: weights TE, sized by the caller. Cost: O(TE).
template <class S>
void unseen_weights(const Batch<S>& batch, double gamma, Vector<S>& weights) {
  const S discount = static_cast<S>(gamma);
  backward_sum(
      batch, discount,
      [&](Index n, bool goes_on) { return goes_on || batch.endings(n) == Ending::terminated ? S(0) : discount; },
      weights);
}

struct ReturnSamplesOptions {
  double gamma = kDefaultGamma;  ///< discount of the returns
  /// A sample is left out where the weight gamma^k of what was not seen of its return is larger; 1: none is.
  double most_unseen = 0.01;
};

/// States and the discounted returns that followed them, gathered from any number of batches of one frozen policy, up
/// to a capacity that is claimed at once: five million samples of 17 floats are 360 MB.
/// Shapes: inputs I x N, targets N.
template <class S>
class ReturnSamples {
 public:
  /// Throws: std::invalid_argument for sizes < 1, or a gamma or a weight outside [0, 1].
  ReturnSamples(Index input_size, Index capacity, const ReturnSamplesOptions& options = {}) : options_(options) {
    require(input_size >= 1, "ReturnSamples", "input_size >= 1", input_size);
    require(capacity >= 1, "ReturnSamples", "capacity >= 1", capacity);
    require(options.gamma >= 0 && options.gamma <= 1, "ReturnSamples", "0 <= gamma <= 1", options.gamma);
    require(options.most_unseen >= 0 && options.most_unseen <= 1, "ReturnSamples", "0 <= most_unseen <= 1",
            options.most_unseen);
    inputs_.resize(input_size, capacity);
    targets_.resize(capacity);
  }

  [[nodiscard]] const ReturnSamplesOptions& options() const { return options_; }
  /// Samples so far.
  [[nodiscard]] Index size() const { return size_; }
  /// Whether there is room for no more.
  [[nodiscard]] bool is_full() const { return size_ == targets_.size(); }
  /// What a value function sees of them. Shapes: V x size.
  [[nodiscard]] auto inputs() const { return inputs_.leftCols(size_); }
  /// Their returns. Shapes: size.
  [[nodiscard]] auto targets() const { return targets_.head(size_); }

  /// Adds the samples of a batch whose returns were seen, in its order, as long as there is room. `rest` is the value
  /// of what was not: none, which leaves an error of most_unseen V(s') at the most, or a value function, whose own
  /// error has that weight. Returns how many were added. Throws: std::invalid_argument for other observations than the
  /// inputs, or a value function of others.
  template <ValueFunction<S> V = NoValue<S>>
  Index add(const Batch<S>& batch, Context& context, const V& rest = {}) {
    require(batch.value_inputs().rows() == inputs_.rows(), "ReturnSamples", "a batch of as many observations as inputs",
            batch.value_inputs().rows());
    predict_values(batch, rest, context, estimate_);
    returns_.resize(batch.size());
    weights_.resize(batch.size());
    discounted_returns(batch, estimate_.next_values, options_.gamma, returns_);
    unseen_weights(batch, options_.gamma, weights_);
    const Index before = size_;
    for (Index n = 0; n < batch.size() && !is_full(); ++n) {
      if (static_cast<double>(weights_[n]) > options_.most_unseen) continue;
      inputs_.col(size_) = batch.value_inputs().col(n);
      targets_[size_++] = returns_[n];
    }
    return size_ - before;
  }

 private:
  ReturnSamplesOptions options_;
  Matrix<S> inputs_;
  Vector<S> targets_;
  Index size_ = 0;
  AdvantageEstimate<S> estimate_;
  Vector<S> returns_;
  Vector<S> weights_;
};

}  // namespace vantage

#endif
