// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_REWARD_SCALER_HPP
#define VANTAGE_ROLLOUT_REWARD_SCALER_HPP

#include <algorithm>
#include <cmath>

#include "vantage/core/error.hpp"
#include "vantage/core/message.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// Divides rewards by the running standard deviation of the discounted return; their mean is left where it is:
///
///     G_t = gamma G_{t-1} + r_t (0 before an episode),    scaled r = clip(r / sqrt(var(G) + 1e-8), -c, c)
///
/// While all returns seen were the same, such as zeros before the first reward, rewards are only clipped.
/// Source: Engstrom et al. 2020, "Implementation Matters in Deep RL", section 3 (reward scaling and clipping).
class RewardScaler {
 public:
  /// `clip` bounds a scaled reward; infinite: none.
  /// Throws: std::invalid_argument unless 0 <= gamma <= 1 and clip > 0.
  RewardScaler(Index environments, double gamma, double clip = 10)
      : clip_(clip), moments_(1), returns_(Vector<double>::Zero(environments)) {
    require(clip > 0, "RewardScaler", "clip > 0", clip);
    set_gamma(gamma);
  }

  /// Throws: as the constructor.
  void set_gamma(double gamma) {
    require(gamma >= 0 && gamma <= 1, "RewardScaler", "0 <= gamma <= 1", gamma);
    gamma_ = gamma;
  }

  /// Follows environment e's discounted return and adds it to `seen`. Different environments may be added at once.
  void add(Index e, double reward, bool ended, RunningMoments& seen) {
    returns_[e] = gamma_ * returns_[e] + reward;
    seen.add(returns_.segment<1>(e));
    if (ended) returns_[e] = 0;
  }

  /// Takes in what was seen since the last update.
  void update(const RunningMoments& seen) { moments_.merge(seen); }

  /// Of the discounted returns seen.
  [[nodiscard]] const RunningMoments& moments() const { return moments_; }
  /// Goes on from another's. Throws: std::invalid_argument for moments of more than one number.
  void set_moments(const RunningMoments& moments) {
    require(moments.mean().size() == 1, "RewardScaler::set_moments", "moments of one number", moments.mean().size());
    moments_ = moments;
  }

  /// What a reward is multiplied with before it is clipped; constant between updates.
  [[nodiscard]] double factor() const {
    return moments_.count() > 0 && moments_.variance(0) > 0 ? 1 / std::sqrt(moments_.variance(0) + 1e-8) : 1.0;
  }

  /// A reward times factor(), clipped.
  [[nodiscard]] double scaled(double reward) const { return std::clamp(reward * factor(), -clip_, clip_); }

  /// Tells other ranks environment e's discounted return, or is told it.
  void exchange(Message& message, Index e) { message("return", returns_[e]); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("moments", moments_);
    archive("returns", returns_);
  }

 private:
  double gamma_ = 0;
  double clip_;
  RunningMoments moments_;
  Vector<double> returns_;
};

}  // namespace vantage

#endif
