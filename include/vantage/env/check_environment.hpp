// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_CHECK_ENVIRONMENT_HPP
#define VANTAGE_ENV_CHECK_ENVIRONMENT_HPP

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct CheckOptions {
  std::uint64_t seed = 1;      ///< of resets and random actions
  Index steps = 500;           ///< random steps of each run
  Index episode_steps = 100;   ///< reset after so many steps at the latest
  double action_range = 1;     ///< of random actions where a bound is infinite
  bool check_no_reset = true;  ///< false for a world whose episodes really end where they begin
};

/// What a world that passed did in the first run.
struct CheckReport {
  Index steps = 0;
  Index episodes = 0;
  Index terminations = 0;  ///< where 0, whether a step resets could not be seen
  Index faults = 0;
  double mean_reward = 0;
};

namespace detail {

/// Bitwise equality: also NaN equals itself, but 0 is not -0.
inline bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// Calls the environment as a learner would, and looks at every number that comes back.
template <Environment E>
class EnvironmentChecker {
 public:
  EnvironmentChecker(const E& environment, const CheckOptions& options)
      : original_(environment), options_(options), spec_(original_.spec()) {
    require(options.steps > 0 && options.episode_steps > 0, "check_environment", "steps > 0", options.steps);
  }

  CheckReport run() {
    check_spec();
    E used = original_;
    const Trace first = trace(used, CheckReport{});
    E fresh = original_;
    compare(first, trace(fresh, {}), "determinism: two copies with the same seed differ");
    compare(first, trace(used, {}), "reset: something of earlier episodes is left after it");
    check_copies(first);
    if (options_.check_no_reset) check_no_reset();
    if constexpr (StatefulEnvironment<E>) check_state(first);
    return first.report;
  }

 private:
  /// One call of reset or step, and what came back.
  struct Event {
    Vector<double> observation;
    StepResult result;
    bool is_reset = false;
  };
  struct Trace {
    std::vector<Event> events;
    CheckReport report;
  };

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw std::runtime_error(join("check_environment(", spec_.name, "): ", parts...));
  }

  void check_spec() const {
    if (spec_.name.empty()) fail("spec: expected a name, got none");
    if (spec_.observation_size < 1) fail("spec: expected observation_size > 0, got ", spec_.observation_size);
    if (spec_.discrete_actions < 0) fail("spec: expected discrete_actions >= 0, got ", spec_.discrete_actions);
    if (spec_.is_discrete() && spec_.action_low.size() + spec_.action_high.size() > 0) {
      fail("spec: expected no action bounds beside ", spec_.discrete_actions, " discrete actions");
    }
    if (spec_.action_size() < 1) fail("spec: expected at least one action component, got none");
    if (spec_.action_low.size() != spec_.action_high.size()) {
      fail("spec: expected as many upper as lower action bounds, got ", spec_.action_high.size(), " and ",
           spec_.action_low.size());
    }
    for (Index i = 0; i < spec_.action_low.size(); ++i) {
      if (!(spec_.action_low[i] < spec_.action_high[i])) {
        fail("spec: expected action_low < action_high, got ", spec_.action_low[i], " and ", spec_.action_high[i],
             " for component ", i);
      }
    }
    if (spec_.max_episode_steps < 0) fail("spec: expected max_episode_steps >= 0, got ", spec_.max_episode_steps);
    if (!HasRewardTerms<E> && !spec_.reward_terms.empty()) {
      fail("spec: reward_terms are named, but the environment has no reward_terms()");
    }
  }

  /// A buffer with a guard on either side, all marked: whatever still holds the mark was not written.
  template <class Call>
  Vector<double> observe(const char* where, Call&& call) const {
    const double mark = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'5EED'0001});
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

  Event reset(E& environment, Rng& rng) const {
    Event event{observe("reset", [&](VectorRef<double> out) { environment.reset(rng, out); }), {}, true};
    require_finite("reset", event.observation);
    return event;
  }

  Event step(E& environment, const Vector<double>& action) const {
    Event event;
    event.observation = observe("step", [&](VectorRef<double> out) { event.result = environment.step(action, out); });
    // the numbers of a fault are not used
    if (!event.result.fault) {
      require_finite("step", event.observation);
      if (!std::isfinite(event.result.reward)) fail("step: the reward is ", event.result.reward);
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

  Vector<double> random_action(Rng& rng) const {
    Vector<double> action(spec_.action_size());
    if (spec_.is_discrete()) {
      action[0] = static_cast<double>(rng.below(static_cast<std::uint64_t>(spec_.discrete_actions)));
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

  Rng reset_stream() const { return Rng(options_.seed, 0); }
  Rng action_stream() const { return Rng(options_.seed, 1); }

  Trace trace(E& environment, CheckReport report) const {
    return trace(environment, report, [](Index, E&) {});
  }

  /// Random episodes; between(i, environment) is called before step i.
  template <class Between>
  Trace trace(E& environment, CheckReport report, Between&& between) const {
    Trace result{{}, report};
    Rng resets = reset_stream();
    Rng actions = action_stream();
    result.events.push_back(reset(environment, resets));
    Index elapsed = 0;
    double sum = 0;
    for (Index i = 0; i < options_.steps; ++i) {
      between(i, environment);
      const Rng untouched = resets;
      Event event = step(environment, random_action(actions));
      if (!(resets == untouched)) fail("step: draws from the random stream that was given to reset");
      const StepResult outcome = event.result;
      result.events.push_back(std::move(event));
      ++result.report.steps;
      result.report.terminations += outcome.terminated ? 1 : 0;
      result.report.faults += outcome.fault ? 1 : 0;
      sum += outcome.fault ? 0 : outcome.reward;
      if (outcome.terminated || outcome.fault || ++elapsed == options_.episode_steps) {
        ++result.report.episodes;
        elapsed = 0;
        result.events.push_back(reset(environment, resets));
      }
    }
    if (2 * result.report.faults > result.report.steps) {
      fail("step: ", result.report.faults, " of ", result.report.steps,
           " steps were faults: a result that is not finite, or a simulation that breaks down");
    }
    result.report.mean_reward = sum / static_cast<double>(options_.steps);
    return result;
  }

  void compare(const Trace& expected, const Trace& got, const char* problem) const {
    for (std::size_t i = 0; i < std::min(expected.events.size(), got.events.size()); ++i) {
      const Event& a = expected.events[i];
      const Event& b = got.events[i];
      const auto place = [&] { return join(problem, " (call ", i, ", a ", a.is_reset ? "reset" : "step", ": "); };
      if (a.is_reset != b.is_reset || a.result.terminated != b.result.terminated || a.result.fault != b.result.fault) {
        fail(place(), "how the step ended)");
      }
      if (a.result.fault) continue;
      for (Index k = 0; k < a.observation.size(); ++k) {
        if (!same_bits(a.observation[k], b.observation[k])) {
          fail(place(), "observation[", k, "] ", a.observation[k], " and ", b.observation[k], ")");
        }
      }
      if (!same_bits(a.result.reward, b.result.reward)) {
        fail(place(), "reward ", a.result.reward, " and ", b.result.reward, ")");
      }
    }
  }

  /// A copy goes its own way, and the original goes on as if there were none; then a copy takes the original's place.
  void check_copies(const Trace& expected) const {
    E environment = original_;
    const auto disturb = [&](Index i, E& current) {
      if (i % kDisturbEvery != 0) return;
      E copy = current;
      Rng rng(options_.seed, 2);
      step(copy, random_action(rng));
      reset(copy, rng);
      step(copy, random_action(rng));
    };
    compare(expected, trace(environment, {}, disturb), "copies: using a copy changes the original");
    E other = original_;
    const auto replace = [&](Index i, E& current) {
      if (i % kDisturbEvery != 0) return;
      E copy = current;
      E fresh = original_;
      current = fresh;
      current = copy;
    };
    compare(expected, trace(other, {}, replace), "copies: a copy does not go on like the original");
  }

  /// The state, moved to another object that has lived differently, goes on like the original.
  void check_state(const Trace& expected) const {
    E environment = original_;
    const auto move_state = [&](Index i, E& current) {
      if (i % kDisturbEvery != 0) return;
      const double mark = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'5EED'0002});
      const Index size = current.state_size();
      if (size < 1) fail("state: expected state_size() > 0, got ", size);
      Vector<double> state = Vector<double>::Constant(size, mark);
      std::as_const(current).save_state(state);
      for (Index k = 0; k < size; ++k) {
        if (same_bits(state[k], mark)) fail("state: save_state did not write number ", k, " of ", size);
      }
      E other = original_;
      Rng rng(options_.seed, 3);
      reset(other, rng);
      step(other, random_action(rng));
      other.load_state(state);
      Vector<double> again = Vector<double>::Constant(size, mark);
      std::as_const(other).save_state(again);
      for (Index k = 0; k < size; ++k) {
        if (!same_bits(state[k], again[k])) {
          fail("state: number ", k, " is ", state[k], " before and ", again[k], " after load_state");
        }
      }
      current = other;
    };
    compare(expected, trace(environment, {}, move_state), "state: load_state does not restore everything");
  }

  /// After a termination the world must not jump to a first observation, neither in that step nor in the next one.
  void check_no_reset() const {
    // the box of first observations, half as wide again on either side
    E environment = original_;
    Rng resets = reset_stream();
    Rng actions = action_stream();
    Vector<double> low = reset(environment, resets).observation;
    Vector<double> high = low;
    for (Index i = 0; i < kResets; ++i) {
      const Vector<double> first = reset(environment, resets).observation;
      low = low.cwiseMin(first);
      high = high.cwiseMax(first);
    }
    const Vector<double> margin = 0.5 * (high - low);
    low -= margin;
    high += margin;
    const auto is_first = [&](const Vector<double>& observation) {
      return (observation.array() >= low.array()).all() && (observation.array() <= high.array()).all();
    };

    Index ends = 0;
    Index jumps = 0;
    Index late_jumps = 0;
    Vector<double> before = reset(environment, resets).observation;
    Index elapsed = 0;
    for (Index i = 0; i < options_.steps; ++i) {
      const Event event = step(environment, random_action(actions));
      const bool over = event.result.terminated || event.result.fault;
      if (event.result.terminated && !event.result.fault) {
        ++ends;
        const Event next = step(environment, random_action(actions));
        const bool goes_on = !next.result.terminated && !next.result.fault;
        const bool first_here = is_first(event.observation);
        if (goes_on && first_here && !is_first(before)) ++jumps;
        if (goes_on && !first_here && is_first(next.observation)) ++late_jumps;
      }
      before = event.observation;
      if (over || ++elapsed == options_.episode_steps) {
        elapsed = 0;
        before = reset(environment, resets).observation;
      }
    }
    // one such end may be chance
    if (2 * jumps > ends) fail("step: resets: ", jumps, " of ", ends, " terminated steps gave a first observation");
    if (2 * late_jumps > ends) {
      fail("step: resets: ", late_jumps, " of ", ends, " steps after a terminated one gave a first observation");
    }
  }

  static constexpr Index kGuard = 8;
  static constexpr Index kResets = 64;
  static constexpr Index kDisturbEvery = 7;

  E original_;
  CheckOptions options_;
  EnvironmentSpec spec_;
};

}  // namespace detail

/// Tries a world with random actions, and finds what would spoil training in silence: sizes that do not fit, numbers
/// not written or not finite, results that depend on more than seed and actions, copies that share a state, states that
/// do not restore everything, and steps that reset.
/// Throws: std::runtime_error "check_environment(name): problem". Cost: about 6 options.steps steps.
template <Environment E>
CheckReport check_environment(const E& environment, const CheckOptions& options = {}) {
  return detail::EnvironmentChecker<E>(environment, options).run();
}

}  // namespace vantage

#endif
