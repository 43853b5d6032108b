// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_OBSERVATION_HISTORY_HPP
#define VANTAGE_ENV_OBSERVATION_HISTORY_HPP

#include <algorithm>
#include <cstddef>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/remembering_wrapper.hpp"

namespace vantage {

struct ObservationHistoryOptions {
  Index observations = 4;  ///< shown, the newest included
  Index actions = 0;       ///< shown behind them
  Index every = 1;         ///< only each such one is shown, counted back from the newest
};

/// Shows the last k observations and, behind them, the last m actions, the oldest first:
///
///     (o_{t-(k-1)n}, ..., o_{t-n}, o_t,  a_{t-1-(m-1)n}, ..., a_{t-1-n}, a_{t-1}),   n = every
///
/// At a reset each observation is the first one, and each action zeros. A discrete action is shown as a number for
/// each choice, 1 for what was chosen and 0 for the others; several are shown one after the other. A mask is the newest
/// observation's.
/// Shapes: observation k O + m A.
template <Environment E>
class ObservationHistory : public RememberingWrapper<E> {
 public:
  /// Throws: std::invalid_argument for no observations, a negative number of actions, or every < 1.
  ObservationHistory(E environment, const ObservationHistoryOptions& options)
      : RememberingWrapper<E>(std::move(environment)), options_(options) {
    const char* const who = "ObservationHistory";
    require(options.observations >= 1, who, "observations >= 1", options.observations);
    require(options.actions >= 0, who, "actions >= 0", options.actions);
    require(options.every >= 1, who, "every >= 1", options.every);
    EnvironmentSpec& spec = this->spec_;
    observation_size_ = spec.observation_size;
    action_size_ = spec.is_discrete() ? spec.choice_count() : spec.action_size();
    spec.observation_size = options.observations * observation_size_ + options.actions * action_size_;
    if (spec.mask_row) *spec.mask_row += (options.observations - 1) * observation_size_;
    observations_kept_ = kept(options.observations) * observation_size_;
    actions_kept_ = kept(options.actions) * action_size_;
    if (spec.is_discrete()) this->remember(observations_kept_, actions_kept_);
    else this->remember(observations_kept_ + actions_kept_, 0);
  }

  [[nodiscard]] const ObservationHistoryOptions& options() const { return options_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    Wrapper<E>::reset(rng, newest());
    for (Index i = 0; i + observation_size_ < observations_kept_; i += observation_size_) {
      this->memory_.segment(i, observation_size_) = newest();
    }
    this->memory_.tail(actions_kept_).setZero();
    show(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    double* const begin = this->memory_.data();
    double* const between = begin + observations_kept_;
    double* const end = between + actions_kept_;
    std::copy(begin + observation_size_, between, begin);
    if (actions_kept_ > 0) {
      std::copy(between + action_size_, end, between);
      note(action, this->memory_.tail(action_size_));
    }
    const StepResult result = Wrapper<E>::step(action, newest());
    show(observation);
    return result;
  }

 private:
  /// How many steps back one has to remember, so that `shown` can be shown.
  [[nodiscard]] Index kept(Index shown) const { return shown == 0 ? 0 : (shown - 1) * options_.every + 1; }

  [[nodiscard]] auto newest() {
    return this->memory_.segment(observations_kept_ - observation_size_, observation_size_);
  }

  void note(const Vector<double>& action, VectorRef<double> out) const {
    if (this->spec_.is_discrete()) {
      out.setZero();
      const auto choices = this->spec_.choices();
      Index first = 0;
      for (std::size_t i = 0; i < choices.size(); ++i) {
        out[first + discrete_action("ObservationHistory", action, choices, i)] = 1;
        first += choices[i];
      }
    } else {
      out = action;
    }
  }

  void show(VectorRef<double> out) const {
    const auto show_each = [&](Index from, Index size, Index count, Index to) {
      for (Index i = 0; i < count; ++i) {
        out.segment(to + i * size, size) = this->memory_.segment(from + i * options_.every * size, size);
      }
    };
    show_each(0, observation_size_, options_.observations, 0);
    show_each(observations_kept_, action_size_, options_.actions, options_.observations * observation_size_);
  }

  ObservationHistoryOptions options_;
  Index observation_size_ = 0;   // of one
  Index action_size_ = 0;        // of one
  Index observations_kept_ = 0;  // numbers of all
  Index actions_kept_ = 0;
};

}  // namespace vantage

#endif
