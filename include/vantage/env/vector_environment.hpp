// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_VECTOR_ENVIRONMENT_HPP
#define VANTAGE_ENV_VECTOR_ENVIRONMENT_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/message.hpp"
#include "vantage/core/random.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct VectorEnvironmentOptions {
  Index count = 16;                        ///< environments
  std::uint64_t seed = 1;                  ///< environment e draws from the random stream (seed, streams, e)
  ActionMap action_map = ActionMap::clip;  ///< from the policy's raw action to the task's units
  Index max_episode_steps = -1;            ///< time limit in steps; -1: the task's own; 0: none
  double fault_penalty = 100;  ///< a fault's reward is minus this, so that breaking the simulation never pays
  StreamPurpose streams = StreamPurpose::environment;  ///< whose random streams are drawn from
};

/// What one step of one environment in a vector came to.
struct Transition {
  double reward = 0;        ///< minus the fault penalty after a fault
  bool terminated = false;  ///< the task's own end, or a fault
  bool truncated = false;   ///< by the time limit or the environment: never true together with `terminated`
  bool fault = false;       ///< then `terminated` too
  Index warnings = 0;       ///< times that the simulation warned of wrong physics

  /// Whether another episode begins.
  [[nodiscard]] bool ended() const { return terminated || truncated; }
};

/// The largest number that an environment may show or pay: beyond it single precision cannot hold the square.
inline constexpr double kLargestNumber = 1e18;

/// Whether every number is one, and not beyond kLargestNumber.
template <class Derived>
[[nodiscard]] bool is_sound(const Eigen::DenseBase<Derived>& numbers) {
  return (numbers.derived().array().abs() <= kLargestNumber).all();
}

/// E copies of an environment, each with its own random stream. It owns the clock (time limits), the resets and the map
/// from raw actions to the task's units, and always yields the true successor of a step, also where a reset follows.
/// Different environments may be stepped by different threads at once.
template <Environment E>
class VectorEnvironment {
  // a function that is left aside because its type is a little off would go unnoticed
  static_assert(
      !requires { &E::reward_terms; } || HasRewardTerms<E>,
      "VectorEnvironment: an environment's reward_terms is const and gives a view of numbers that it keeps, such as a "
      "std::span<const double>, see HasRewardTerms.");
  static_assert(
      !requires { &E::critic_observation; } || HasCriticObservation<E>,
      "VectorEnvironment: an environment's critic_observation is const and gives a view of numbers that it keeps, such "
      "as a std::span<const double>, see HasCriticObservation.");
  static_assert(
      !requires {
        &E::state_size;
        &E::save_state;
        &E::load_state;
      } || StatefulEnvironment<E>,
      "VectorEnvironment: an environment's state is Index state_size() const, void save_state(VectorRef<double>) const "
      "and void load_state(const Vector<double>&), see StatefulEnvironment.");

 public:
  /// Throws: std::invalid_argument for count < 1, a negative penalty, a spec that cannot be, or an action map that the
  /// task's bounds forbid; what reset throws.
  explicit VectorEnvironment(const E& prototype, const VectorEnvironmentOptions& options = {});

  [[nodiscard]] const EnvironmentSpec& spec() const { return slots_.front().environment.spec(); }
  [[nodiscard]] const VectorEnvironmentOptions& options() const { return options_; }
  /// E, the number of environments.
  [[nodiscard]] Index size() const { return options_.count; }
  [[nodiscard]] Index time_limit() const { return limit_; }
  /// One of them.
  [[nodiscard]] const E& environment(Index e) const { return slots_[static_cast<std::size_t>(e)].environment; }

  /// The random streams of environments first .. first + count - 1; action noise is drawn from them too.
  [[nodiscard]] std::span<Rng> rngs(Index first, Index count) {
    return {rngs_.data() + first, static_cast<std::size_t>(count)};
  }

  /// What environment e shows now: where it ended, the first observation of its next episode.
  [[nodiscard]] auto observation(Index e) const { return observations_.col(e); }

  /// What followed environment e's last step, before any reset.
  [[nodiscard]] auto successor(Index e) const { return successors_.col(e); }

  /// The same for a critic, where the environment shows it more; else of no rows.
  [[nodiscard]] auto critic_observation(Index e) const { return critic_observations_.col(e); }
  [[nodiscard]] auto critic_successor(Index e) const { return critic_successors_.col(e); }

  /// The terms of environment e's last reward, before any reset; zeros after a fault, none where it has no terms.
  [[nodiscard]] auto reward_terms(Index e) const { return reward_terms_.col(e); }

  /// Starts a new episode of environment e. A first observation that is not sound is a fault: the environment is reset
  /// again, up to kResetTries times in a row.
  /// Throws: std::runtime_error, where none of them gave a sound one.
  void reset(Index e) {
    Slot& slot = slots_[static_cast<std::size_t>(e)];
    slot.elapsed = 0;
    for (Index tries = 0; tries < kResetTries; ++tries) {
      slot.environment.reset(rngs_[static_cast<std::size_t>(e)], observations_.col(e));
      if (show_critic(e, critic_observations_.col(e)) && is_sound(observations_.col(e))) return;
      ++slot.failed_resets;
    }
    refuse_reset(e);
  }

  /// First observations of environment e that were not sound, since this was asked last.
  [[nodiscard]] Index take_failed_resets(Index e) {
    return std::exchange(slots_[static_cast<std::size_t>(e)].failed_resets, 0);
  }

  /// Steps environment e with a raw action, and resets it if its episode ended. A fault, or a reward or observation
  /// that is not sound, ends the episode as terminated with reward -fault_penalty. So does a continuous action that is
  /// not finite, which the environment never sees.
  /// Shapes: raw_action A.
  /// Throws: std::invalid_argument for an action of another size, a discrete one that is none of the task's or not
  /// allowed by the observation's mask, or reward terms that are not as many as the task names.
  template <class S>
  Transition step(Index e, ConstVectorRef<S> raw_action) {
    const Transition transition = advance<S>(e, raw_action);
    if (transition.ended()) reset(e);
    return transition;
  }

  /// The action of an environment's last step, in the task's own units.
  [[nodiscard]] const Vector<double>& action(Index e) const { return slots_[static_cast<std::size_t>(e)].action; }

  /// As step, but an environment whose episode ended stays there: call reset before its next step.
  template <class S>
  Transition advance(Index e, ConstVectorRef<S> raw_action) {
    Slot& slot = slots_[static_cast<std::size_t>(e)];
    map_action<S>(e, raw_action, slot.action);
    StepResult result{.fault = true};
    if (slot.action.allFinite()) result = slot.environment.step(slot.action, successors_.col(e));
    ++slot.elapsed;

    Transition transition{result.reward, result.terminated, false, result.fault, result.warnings};
    if (result.fault || !(std::abs(result.reward) <= kLargestNumber) || !is_sound(successors_.col(e)) ||
        !show_critic(e, critic_successors_.col(e))) {
      successors_.col(e) = observations_.col(e);
      critic_successors_.col(e) = critic_observations_.col(e);
      reward_terms_.col(e).setZero();
      transition = {-options_.fault_penalty, true, false, true, result.warnings};
    } else if constexpr (HasRewardTerms<E>) {
      const std::span<const double> terms = std::as_const(slot.environment).reward_terms();
      require(static_cast<Index>(terms.size()) == reward_terms_.rows(), "VectorEnvironment",
              "as many reward terms as the spec names", terms.size());
      std::copy_n(terms.data(), reward_terms_.rows(), reward_terms_.col(e).data());
    }
    transition.truncated = !transition.terminated && (result.truncated || (limit_ > 0 && slot.elapsed >= limit_));
    observations_.col(e) = successors_.col(e);
    critic_observations_.col(e) = critic_successors_.col(e);
    return transition;
  }

  /// Everything that the next step depends on. Needs a StatefulEnvironment.
  template <class Archive>
  void serialize(Archive& archive) {
    static_assert(StatefulEnvironment<E>,
                  "VectorEnvironment: to be saved, an environment needs state_size(), save_state(out) and "
                  "load_state(state), see StatefulEnvironment.");
    archive("observations", observations_);
    if (critic_observations_.rows() > 0) archive("critic_observations", critic_observations_);
    archive("rngs", rngs_);
    const Index state_size = slots_.front().environment.state_size();
    Matrix<double> states(state_size, size());
    std::vector<std::int64_t> elapsed, failed_resets;
    for (Index e = 0; e < size(); ++e) {
      slots_[static_cast<std::size_t>(e)].environment.save_state(states.col(e));
      elapsed.push_back(slots_[static_cast<std::size_t>(e)].elapsed);
      failed_resets.push_back(slots_[static_cast<std::size_t>(e)].failed_resets);
    }
    archive("states", states);
    archive("elapsed", elapsed);
    archive("failed_resets", failed_resets);
    for (Index e = 0; e < size(); ++e) {
      slots_[static_cast<std::size_t>(e)].environment.load_state(states.col(e));
      slots_[static_cast<std::size_t>(e)].elapsed = static_cast<Index>(elapsed[static_cast<std::size_t>(e)]);
      slots_[static_cast<std::size_t>(e)].failed_resets =
          static_cast<Index>(failed_resets[static_cast<std::size_t>(e)]);
    }
  }

  /// Tells other ranks all that the next step of environment e depends on, or is told it. Needs a StatefulEnvironment.
  void exchange(Message& message, Index e) {
    Slot& slot = slots_[static_cast<std::size_t>(e)];
    message.numbers(observations_.col(e).data(), observations_.rows());
    message.numbers(critic_observations_.col(e).data(), critic_observations_.rows());
    message("rng", rngs_[static_cast<std::size_t>(e)]);
    message("elapsed", slot.elapsed);
    message("failed_resets", slot.failed_resets);
    Vector<double> state(slot.environment.state_size());
    if (message.is_writing()) slot.environment.save_state(state);
    message("state", state);
    if (!message.is_writing()) slot.environment.load_state(state);
  }

 private:
  struct Slot {
    E environment;
    Vector<double> action;
    Index elapsed;
    Index failed_resets;
  };

  static constexpr Index kResetTries = 10;

  [[noreturn]] void refuse_reset(Index e) const {
    const bool critic = is_sound(observations_.col(e));
    const auto shown = critic ? critic_observations_.col(e) : observations_.col(e);
    Index i = 0;
    while (std::abs(shown[i]) <= kLargestNumber) ++i;
    throw std::runtime_error(detail::join("VectorEnvironment::reset: expected a first ",
                                          critic ? "critic_observation" : "observation", " of ", spec().name,
                                          " of numbers up to ", kLargestNumber, ", got ", shown[i], " at index ", i,
                                          " after ", kResetTries, " resets in a row"));
  }

  // what the critic sees now; whether it is sound, as nothing is
  [[nodiscard]] bool show_critic([[maybe_unused]] Index e, [[maybe_unused]] VectorRef<double> out) const {
    if constexpr (HasCriticObservation<E>) {
      if (out.size() == 0) return true;
      const std::span<const double> shown = environment(e).critic_observation();
      require(static_cast<Index>(shown.size()) == out.size(), "VectorEnvironment",
              "a critic_observation of as many numbers as the spec names", shown.size());
      std::copy_n(shown.data(), out.size(), out.data());
      return is_sound(out);
    } else {
      return true;
    }
  }

  template <class S>
  void map_action(Index e, ConstVectorRef<S> raw, Vector<double>& action) const {
    const EnvironmentSpec& task = spec();
    require(raw.size() == action.size(), "VectorEnvironment::step", "as many numbers an action as the task has",
            raw.size());
    if (task.is_discrete()) {
      const std::span<const Index> choices = task.choices();
      for (Index i = 0; i < raw.size(); ++i) {
        const Index count = choices[static_cast<std::size_t>(i)];
        if (!is_discrete_action(raw[i], count)) refuse(static_cast<double>(raw[i]), count);
      }
      action = raw.template cast<double>();
      require(mask_.allows(observations_.col(e), action), "VectorEnvironment::step",
              "an action that the observation's mask allows", detail::Listed(action));
    } else {
      apply<S>(options_.action_map, raw, task.action_low, task.action_high, action);
    }
  }

  [[noreturn]] void refuse(double action, Index count) const {
    throw std::invalid_argument(detail::join("VectorEnvironment::step: expected a discrete action of ", spec().name,
                                             ", a whole number from 0 to ", count - 1, ", got ", action));
  }

  VectorEnvironmentOptions options_;
  Index limit_;
  ActionMask mask_;
  std::vector<Slot> slots_;
  std::vector<Rng> rngs_;
  Matrix<double> observations_;         // O x E
  Matrix<double> successors_;           // O x E
  Matrix<double> critic_observations_;  // C x E
  Matrix<double> critic_successors_;    // C x E
  Matrix<double> reward_terms_;         // terms x E
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <Environment E>
VectorEnvironment<E>::VectorEnvironment(const E& prototype, const VectorEnvironmentOptions& options)
    : options_(options),
      limit_(options.max_episode_steps < 0 ? prototype.spec().max_episode_steps : options.max_episode_steps) {
  require(options.count >= 1, "VectorEnvironment", "count >= 1", options.count);
  require(options.fault_penalty >= 0 && std::isfinite(options.fault_penalty), "VectorEnvironment",
          "a finite fault_penalty >= 0", options.fault_penalty);
  require(options.max_episode_steps >= -1, "VectorEnvironment", "max_episode_steps >= -1", options.max_episode_steps);
  validate(prototype.spec());
  validate(options.action_map, prototype.spec());
  const EnvironmentSpec& task = prototype.spec();
  mask_ = ActionMask(task);
  require(HasCriticObservation<E> || task.critic_observation_size == 0, "VectorEnvironment",
          "an environment with critic_observation(), whose size its spec names", task.name);
  observations_.setZero(task.observation_size, options.count);
  successors_ = observations_;
  critic_observations_.setZero(task.critic_observation_size, options.count);
  critic_successors_ = critic_observations_;
  reward_terms_.setZero(HasRewardTerms<E> ? static_cast<Index>(task.reward_terms.size()) : 0, options.count);
  for (Index e = 0; e < options.count; ++e) {
    slots_.push_back({prototype, Vector<double>::Zero(task.action_size()), 0, 0});
    rngs_.emplace_back(options.seed, options.streams, static_cast<std::uint64_t>(e));
  }
  for (Index e = 0; e < options.count; ++e) reset(e);
}

}  // namespace vantage

#endif
