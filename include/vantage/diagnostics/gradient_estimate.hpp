// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_GRADIENT_ESTIMATE_HPP
#define VANTAGE_DIAGNOSTICS_GRADIENT_ESTIMATE_HPP

#include <cmath>
#include <cstdint>
#include <optional>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// The policy gradient of a frozen policy from any number of batches, in the memory of two vectors:
///
///     S1 = sum_n w_n A_n score_n,   S2 = sum_n w_n score_n,   score = grad log pi(a|s)
///
/// w_n is 1, as implementations have it, or gamma^t, as the gradient of the discounted return has it; t counts the
/// steps of the episode. Everything is kept in double, whatever the policy computes in.
class GradientEstimate {
 public:
  /// `gamma`: weights samples by gamma^t; none: alike. Throws: std::invalid_argument for a gamma outside [0, 1].
  explicit GradientEstimate(std::optional<double> gamma = {}) : gamma_(gamma) {
    require(!gamma || (*gamma >= 0 && *gamma <= 1), "GradientEstimate", "0 <= gamma <= 1", gamma.value_or(1));
  }

  /// Adds a batch that the policy drew. Shapes: advantages N. The same bits for any number of threads.
  /// Throws: std::invalid_argument for a batch of other sizes than the policy's, other policies than before, or
  /// advantages that are not as many as samples or not finite. Cost: two passes forward and back.
  template <DifferentiablePolicy P>
  void add(const P& policy, const Batch<typename P::Scalar>& batch, const Vector<typename P::Scalar>& advantages,
           Context& context) {
    using S = typename P::Scalar;
    constexpr const char* kWho = "GradientEstimate";
    require_fit(kWho, policy, batch);
    require(advantages.size() == batch.size() && batch.size() > 0, kWho, "an advantage a sample", advantages.size());
    require(advantages.allFinite(), kWho, "finite advantages", "others");
    const Index size = policy.parameters().size();
    require(samples_ == 0 || weighted_scores_.size() == size, kWho, "the policy of the batches before", size);
    Vector<S> weights = Vector<S>::Ones(batch.size());
    if (gamma_) discount(batch, weights);
    Vector<S> sum(size);
    const auto total = [&](const Vector<S>& of) {
      policy.score_gradient(
          batch.observations, batch.actions,
          [&](Index first, const auto& log_probs, auto&& out) { out = of.segment(first, log_probs.size()); }, context,
          sum);
      return Vector<double>(sum.template cast<double>());
    };
    const Vector<double> of_advantages = total(weights.cwiseProduct(advantages));
    const Vector<double> of_ones = total(weights);
    if (samples_ == 0) weighted_scores_ = scores_ = Vector<double>::Zero(size);
    weighted_scores_ += of_advantages;
    scores_ += of_ones;
    const Vector<double> exact = advantages.template cast<double>();
    merge_moments(batch.size(), exact.mean(), (exact.array() - exact.mean()).square().sum());
  }

  /// Adds what another has seen of the same policy. Throws: std::invalid_argument for another number of parameters or
  /// another gamma.
  void add(const GradientEstimate& other) {
    require(other.gamma_ == gamma_, "GradientEstimate", "the same weights gamma^t", "others");
    if (other.samples_ == 0) return;
    require(samples_ == 0 || other.scores_.size() == scores_.size(), "GradientEstimate",
            "a gradient of as many parameters", other.scores_.size());
    if (samples_ == 0) weighted_scores_ = scores_ = Vector<double>::Zero(other.scores_.size());
    weighted_scores_ += other.weighted_scores_;
    scores_ += other.scores_;
    merge_moments(other.samples_, other.mean_, other.squares_);
  }

  [[nodiscard]] std::int64_t samples() const { return samples_; }
  [[nodiscard]] double advantage_mean() const { return mean_; }
  /// With divisor N, as advantages are normalised.
  [[nodiscard]] double advantage_deviation() const {
    return samples_ > 0 ? std::sqrt(squares_ / static_cast<double>(samples_)) : 0;
  }

  /// S1 / N. Throws: std::invalid_argument without a sample.
  [[nodiscard]] Vector<double> raw() const {
    require(samples_ > 0, "GradientEstimate", "a sample at least", samples_);
    return weighted_scores_ / static_cast<double>(samples_);
  }

  /// (S1 - mean(A) S2) / (N sd(A)): the gradient with the advantages of all batches together normalised.
  /// Throws: std::invalid_argument without a sample, or where all advantages are the same.
  [[nodiscard]] Vector<double> normalized() const {
    require(advantage_deviation() > 0, "GradientEstimate", "advantages that differ", advantage_deviation());
    return (raw() - mean_ / static_cast<double>(samples_) * scores_) / advantage_deviation();
  }

 private:
  template <class S>
  void discount(const Batch<S>& batch, Vector<S>& weights) const {
    for (Index e = 0; e < batch.environments(); ++e) {
      auto time = static_cast<double>(batch.first_times[e]);
      for (Index t = 0; t < batch.steps(); ++t) {
        weights[t * batch.environments() + e] = static_cast<S>(std::pow(*gamma_, time));
        const Ending ending = batch.endings(e, t);
        time = ending == Ending::terminated || ending == Ending::truncated ? 0 : time + 1;
      }
    }
  }

  // Chan, Golub and LeVeque 1983
  void merge_moments(std::int64_t count, double mean, double squares) {
    const auto before = static_cast<double>(samples_);
    const auto more = static_cast<double>(count);
    const double change = mean - mean_;
    squares_ += squares + change * change * before * more / (before + more);
    mean_ += change * more / (before + more);
    samples_ += count;
  }

  std::optional<double> gamma_;
  Vector<double> weighted_scores_;
  Vector<double> scores_;
  std::int64_t samples_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

}  // namespace vantage

#endif
