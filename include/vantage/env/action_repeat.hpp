// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_REPEAT_HPP
#define VANTAGE_ENV_ACTION_REPEAT_HPP

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/wrapper.hpp"

namespace vantage {

/// One step applies its action `count` times, or until the environment inside ends its episode or breaks down.
///
///     reward = r_1 + ... + r_k,  k <= count,  and likewise each of its terms
///
/// The time limit is divided by `count` and rounded up, so that an episode lasts as long as before.
template <Environment E>
class ActionRepeat : public Wrapper<E> {
 public:
  /// Throws: std::invalid_argument for count < 1, and for a task with a mask: what it allows may not be allowed again.
  ActionRepeat(E environment, Index count) : Wrapper<E>(std::move(environment)), count_(count) {
    require(count >= 1, "ActionRepeat", "count >= 1", count);
    require(!this->spec_.mask_row, "ActionRepeat", "an environment whose choices are always allowed", this->spec_.name);
    this->spec_.max_episode_steps = (this->spec_.max_episode_steps + count - 1) / count;
    terms_.resize(this->spec_.reward_terms.size());
  }

  /// Steps of the environment inside for one of this.
  [[nodiscard]] Index count() const { return count_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    std::fill(terms_.begin(), terms_.end(), 0.0);
    Wrapper<E>::reset(rng, observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    std::fill(terms_.begin(), terms_.end(), 0.0);
    StepResult total;
    for (Index k = 0; k < count_ && !total.terminated && !total.truncated && !total.fault; ++k) {
      const StepResult result = Wrapper<E>::step(action, observation);
      total = {total.reward + result.reward, result.terminated, result.fault, total.warnings + result.warnings,
               result.truncated};
      if constexpr (HasRewardTerms<E>) {
        const std::span<const double> terms = Wrapper<E>::reward_terms();
        for (std::size_t i = 0; i < terms_.size(); ++i) terms_[i] += terms[i];
      }
    }
    return total;
  }

  [[nodiscard]] std::span<const double> reward_terms() const requires HasRewardTerms<E> { return terms_; }

 private:
  Index count_;
  std::vector<double> terms_;
};

}  // namespace vantage

#endif
