// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ENVIRONMENT_TRACE_HPP
#define VANTAGE_ENV_ENVIRONMENT_TRACE_HPP

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/spec.hpp"

namespace vantage::detail {

/// Bitwise equality: also NaN equals itself, but 0 is not -0.
inline bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// One call of reset or step, and what came back.
struct EnvironmentEvent {
  Vector<double> observation;
  std::vector<double> critic_observation;
  StepResult result;
  bool is_reset = false;
};

/// The calls of a run, the first reset included.
using EnvironmentTrace = std::vector<EnvironmentEvent>;

struct TraceOptions {
  std::uint64_t seed = 1;     ///< of resets and random actions
  Index steps = 500;          ///< random steps of a run
  Index episode_steps = 100;  ///< reset after so many steps at the latest
  double action_range = 1;    ///< of random actions where a bound is infinite
};

/// Calls an environment as a learner would, looks at every number that comes back, and writes down random runs.
/// Throws: std::runtime_error "check_environment(name): problem".
template <Environment E>
class EnvironmentRecorder {
 public:
  /// Throws: std::invalid_argument for less than one step, or a range that is not positive and finite.
  EnvironmentRecorder(EnvironmentSpec spec, const TraceOptions& options) : spec_(std::move(spec)), options_(options) {
    const char* const who = "check_environment";
    require(options.steps >= 1, who, "steps >= 1", options.steps);
    require(options.episode_steps >= 1, who, "episode_steps >= 1", options.episode_steps);
    require(options.action_range > 0 && std::isfinite(options.action_range), who, "a finite action_range > 0",
            options.action_range);
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw std::runtime_error(join("check_environment(", spec_.name, "): ", parts...));
  }

  Rng reset_stream() const { return {options_.seed, StreamPurpose::check, 0}; }
  Rng action_stream() const { return {options_.seed, StreamPurpose::check, 1}; }

  EnvironmentEvent reset(E& environment, Rng& rng) const {
    EnvironmentEvent event{observe("reset", [&](VectorRef<double> out) { environment.reset(rng, out); }), {}, {}, true};
    require_finite("reset", event.observation);
    show_critic(environment, event);
    return event;
  }

  EnvironmentEvent step(E& environment, const Vector<double>& action) const {
    EnvironmentEvent event;
    event.observation = observe("step", [&](VectorRef<double> out) { event.result = environment.step(action, out); });
    // the numbers of a fault are not used
    if (!event.result.fault) {
      require_finite("step", event.observation);
      if (!std::isfinite(event.result.reward)) fail("step: the reward is ", event.result.reward);
      show_critic(environment, event);
    }
    if constexpr (HasRewardTerms<E>) {
      const auto terms = std::as_const(environment).reward_terms();
      if (terms.size() != spec_.reward_terms.size()) {
        fail("reward_terms: expected ", spec_.reward_terms.size(), " as the spec names, got ", terms.size());
      }
      for (std::size_t i = 0; i < terms.size(); ++i) {
        if (!event.result.fault && !std::isfinite(terms[i]))
          fail("reward_terms: ", spec_.reward_terms[i], " is ", terms[i]);
      }
    }
    return event;
  }

  /// Whether there is an action to take where this was observed.
  [[nodiscard]] bool can_act(const Vector<double>& observation) const {
    return ActionMask(spec_).is_sound(observation);
  }

  /// One that is allowed where this was observed; without a mask nothing is read of it.
  Vector<double> random_action(Rng& rng, const Vector<double>& observation = {}) const {
    Vector<double> action(spec_.action_size());
    if (spec_.is_discrete()) {
      if (!can_act(observation)) {
        fail("observation: expected a mask of 0 and 1 with a choice for each action that is allowed");
      }
      Index i = 0;
      Index at = spec_.mask_row.value_or(0);
      for (const Index count : spec_.choices()) {
        do {
          action[i] = static_cast<double>(rng.below(static_cast<std::uint64_t>(count)));
        } while (spec_.mask_row && observation[at + static_cast<Index>(action[i])] == 0);
        at += count;
        ++i;
      }
      return action;
    }
    for (Index i = 0; i < action.size(); ++i) {
      const double low = spec_.action_low[i];
      const double high = spec_.action_high[i];
      const double first = std::isfinite(low)    ? low
                           : std::isfinite(high) ? high - options_.action_range
                                                 : -options_.action_range;
      const double last = std::isfinite(high)  ? high
                          : std::isfinite(low) ? low + options_.action_range
                                               : options_.action_range;
      action[i] = rng.uniform(first, last);
    }
    return action;
  }

  EnvironmentTrace record(E& environment) const {
    return record(environment, [](Index, E&, const Vector<double>&) {});
  }

  /// Random episodes; between(i, environment, what it shows) is called before step i.
  template <class Between>
  EnvironmentTrace record(E& environment, Between&& between) const {
    EnvironmentTrace trace;
    Rng resets = reset_stream();
    Rng actions = action_stream();
    trace.push_back(reset(environment, resets));
    Index elapsed = 0;
    Index faults = 0;
    for (Index i = 0; i < options_.steps; ++i) {
      const Vector<double> shown = trace.back().observation;
      between(i, environment, shown);
      const Rng untouched = resets;
      EnvironmentEvent event = step(environment, random_action(actions, shown));
      if (!(resets == untouched)) fail("step: draws from the random stream that was given to reset");
      const StepResult outcome = event.result;
      trace.push_back(std::move(event));
      faults += outcome.fault ? 1 : 0;
      if (outcome.terminated || outcome.truncated || outcome.fault || ++elapsed == options_.episode_steps) {
        elapsed = 0;
        trace.push_back(reset(environment, resets));
      }
    }
    if (2 * faults > options_.steps) {
      fail("step: ", faults, " of ", options_.steps,
           " steps were faults: a result that is not finite, or a simulation that breaks down");
    }
    return trace;
  }

  /// Throws: std::runtime_error where two runs differ in a bit that is not a fault's.
  void compare(const EnvironmentTrace& expected, const EnvironmentTrace& got, const char* problem) const {
    for (std::size_t i = 0; i < std::min(expected.size(), got.size()); ++i) {
      const EnvironmentEvent& a = expected[i];
      const EnvironmentEvent& b = got[i];
      const auto place = [&] { return join(problem, " (call ", i, ", a ", a.is_reset ? "reset" : "step", ": "); };
      if (a.is_reset != b.is_reset || a.result.terminated != b.result.terminated ||
          a.result.truncated != b.result.truncated || a.result.fault != b.result.fault) {
        fail(place(), "how the step ended)");
      }
      if (a.result.fault) continue;
      for (Index k = 0; k < a.observation.size(); ++k) {
        if (!same_bits(a.observation[k], b.observation[k])) {
          fail(place(), "observation[", k, "] ", a.observation[k], " and ", b.observation[k], ")");
        }
      }
      for (std::size_t k = 0; k < a.critic_observation.size(); ++k) {
        if (!same_bits(a.critic_observation[k], b.critic_observation[k])) {
          fail(place(), "critic_observation[", k, "] ", a.critic_observation[k], " and ", b.critic_observation[k], ")");
        }
      }
      if (!same_bits(a.result.reward, b.result.reward)) {
        fail(place(), "reward ", a.result.reward, " and ", b.result.reward, ")");
      }
    }
  }

 private:
  void show_critic([[maybe_unused]] const E& environment, [[maybe_unused]] EnvironmentEvent& event) const {
    if constexpr (HasCriticObservation<E>) {
      if (spec_.critic_observation_size == 0) return;
      const std::span<const double> shown = environment.critic_observation();
      if (static_cast<Index>(shown.size()) != spec_.critic_observation_size) {
        fail("critic_observation: expected ", spec_.critic_observation_size, " numbers as the spec names, got ",
             shown.size());
      }
      for (std::size_t i = 0; i < shown.size(); ++i) {
        if (!std::isfinite(shown[i])) fail("critic_observation[", i, "] is ", shown[i]);
      }
      event.critic_observation.assign(shown.begin(), shown.end());
    }
  }

  /// A buffer with a guard on either side, all marked: whatever still holds the mark was not written.
  template <class Call>
  Vector<double> observe(const char* where, Call&& call) const {
    const auto mark = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'5EED'0001});
    const Index size = spec_.observation_size;
    Vector<double> buffer = Vector<double>::Constant(size + 2 * kGuard, mark);
    call(VectorRef<double>(buffer.segment(kGuard, size)));
    for (Index i = 0; i < kGuard; ++i) {
      if (!same_bits(buffer[i], mark) || !same_bits(buffer[kGuard + size + i], mark)) {
        fail(where, ": wrote outside the observation's ", size, " numbers");
      }
    }
    for (Index i = 0; i < size; ++i) {
      if (same_bits(buffer[kGuard + i], mark)) fail(where, ": observation[", i, "] was not written");
    }
    return buffer.segment(kGuard, size);
  }

  void require_finite(const char* where, const Vector<double>& observation) const {
    for (Index i = 0; i < observation.size(); ++i) {
      if (!std::isfinite(observation[i])) fail(where, ": observation[", i, "] is ", observation[i]);
    }
  }

  static constexpr Index kGuard = 8;

  EnvironmentSpec spec_;
  TraceOptions options_;
};

}  // namespace vantage::detail

#endif
