// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_GRADIENT_ESTIMATE_HPP
#define VANTAGE_DIAGNOSTICS_GRADIENT_ESTIMATE_HPP

#include <cmath>
#include <cstdint>
#include <optional>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/rollout/normalizer.hpp"

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
    require(is_empty() || weighted_scores_.size() == size, kWho, "the policy of the batches before", size);
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
    if (is_empty()) weighted_scores_ = scores_ = Vector<double>::Zero(size);
    weighted_scores_ += of_advantages;
    scores_ += of_ones;
    for (Index n = 0; n < batch.size(); ++n) advantages_.add(advantages.template segment<1>(n));
  }

  /// Adds what another has seen of the same policy. Throws: std::invalid_argument for another number of parameters or
  /// another gamma.
  void add(const GradientEstimate& other) {
    require(other.gamma_ == gamma_, "GradientEstimate", "the same weights gamma^t", "others");
    if (other.is_empty()) return;
    require(is_empty() || other.scores_.size() == scores_.size(), "GradientEstimate",
            "a gradient of as many parameters", other.scores_.size());
    if (is_empty()) weighted_scores_ = scores_ = Vector<double>::Zero(other.scores_.size());
    weighted_scores_ += other.weighted_scores_;
    scores_ += other.scores_;
    advantages_.merge(other.advantages_);
  }

  /// N, how many were added.
  [[nodiscard]] std::int64_t samples() const { return static_cast<std::int64_t>(advantages_.count()); }
  /// 0 without a sample, here and below.
  [[nodiscard]] double advantage_mean() const { return advantages_.mean()[0]; }
  /// With divisor N, as advantages are normalised.
  [[nodiscard]] double advantage_deviation() const { return is_empty() ? 0 : std::sqrt(advantages_.variance(0)); }

  /// S1 / N. Throws: std::invalid_argument without a sample.
  [[nodiscard]] Vector<double> raw() const {
    require(!is_empty(), "GradientEstimate", "a sample at least", samples());
    return weighted_scores_ / advantages_.count();
  }

  /// (S1 - mean(A) S2) / (N sd(A)): the gradient with the advantages of all batches together normalised.
  /// Throws: std::invalid_argument without a sample, or where all advantages are the same.
  [[nodiscard]] Vector<double> normalized() const {
    require(advantage_deviation() > 0, "GradientEstimate", "advantages that differ", advantage_deviation());
    return (raw() - advantage_mean() / advantages_.count() * scores_) / advantage_deviation();
  }

  template <class Archive>
  void serialize(Archive& archive) {
    bool weighted = gamma_.has_value();
    double gamma = gamma_.value_or(0);
    archive("weighted", weighted);
    archive("gamma", gamma);
    gamma_ = GradientEstimate(weighted ? std::optional(gamma) : std::nullopt).gamma_;
    archive("weighted_scores", weighted_scores_);
    archive("scores", scores_);
    archive("advantages", advantages_);
  }

 private:
  [[nodiscard]] bool is_empty() const { return advantages_.count() == 0; }

  template <class S>
  void discount(const Batch<S>& batch, Vector<S>& weights) const {
    for (Index e = 0; e < batch.environments(); ++e) {
      double weight = std::pow(*gamma_, static_cast<double>(batch.first_times[e]));
      for (Index t = 0; t < batch.steps(); ++t) {
        weights[t * batch.environments() + e] = static_cast<S>(weight);
        const Ending ending = batch.endings(e, t);
        weight = ending == Ending::terminated || ending == Ending::truncated ? 1 : weight * *gamma_;
      }
    }
  }

  std::optional<double> gamma_;
  Vector<double> weighted_scores_;
  Vector<double> scores_;
  RunningMoments advantages_{1};
};

}  // namespace vantage

#endif
