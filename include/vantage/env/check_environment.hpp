// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_CHECK_ENVIRONMENT_HPP
#define VANTAGE_ENV_CHECK_ENVIRONMENT_HPP

#include <bit>
#include <cstdint>
#include <utility>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/environment_trace.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// How check_environment tries a world.
struct CheckOptions {
  std::uint64_t seed = 1;      ///< of resets and random actions
  Index steps = 500;           ///< random steps of each run
  Index episode_steps = 100;   ///< reset after so many steps at the latest
  double action_range = 1;     ///< of random actions where a bound is infinite
  bool check_no_reset = true;  ///< false for a world whose episodes really end where they begin
};

/// What a world that passed did in the first run.
struct CheckReport {
  Index steps = 0;         ///< made
  Index episodes = 0;      ///< ended, also by a reset after episode_steps
  Index terminations = 0;  ///< where 0, whether a step resets could not be seen
  Index faults = 0;        ///< steps that broke the simulation
  double mean_reward = 0;  ///< over the steps
  Index warnings = 0;      ///< times that the simulation warned of wrong physics
};

namespace detail {

/// The checks, each of them on copies of its own.
template <Environment E>
class EnvironmentChecker {
 public:
  EnvironmentChecker(const E& environment, const CheckOptions& options)
      : original_(environment),
        options_(options),
        spec_(original_.spec()),
        recorder_(spec_, {options.seed, options.steps, options.episode_steps, options.action_range}) {}

  CheckReport run() {
    check_spec();
    E used = original_;
    const EnvironmentTrace first = recorder_.record(used);
    E fresh = original_;
    recorder_.compare(first, recorder_.record(fresh), "determinism: two copies with the same seed differ");
    recorder_.compare(first, recorder_.record(used), "reset: something of earlier episodes is left after it");
    check_copies(first);
    if (options_.check_no_reset) check_no_reset();
    if constexpr (StatefulEnvironment<E>) check_state(first);
    return summary(first);
  }

 private:
  void check_spec() const {
    if (spec_.name.empty()) recorder_.fail("spec: expected a name, got none");
    if (spec_.observation_size < 1) recorder_.fail("spec: expected observation_size > 0, got ", spec_.observation_size);
    if (spec_.discrete_actions < 0) {
      recorder_.fail("spec: expected discrete_actions >= 0, got ", spec_.discrete_actions);
    }
    if (spec_.discrete_actions > 0 && !spec_.action_choices.empty()) {
      recorder_.fail("spec: expected discrete_actions or action_choices, got both");
    }
    for (const Index count : spec_.action_choices) {
      if (count < 1) recorder_.fail("spec: expected action_choices >= 1, got ", count);
    }
    if (spec_.is_discrete() && spec_.action_low.size() + spec_.action_high.size() > 0) {
      recorder_.fail("spec: expected no action bounds beside ", spec_.choice_count(), " discrete actions");
    }
    if (spec_.mask_row && (!spec_.is_discrete() || *spec_.mask_row < 0 ||
                           *spec_.mask_row > spec_.observation_size - spec_.choice_count())) {
      recorder_.fail("spec: expected a mask_row from which on the observation has a number for each choice, got ",
                     *spec_.mask_row);
    }
    if (spec_.action_size() < 1) recorder_.fail("spec: expected at least one action component, got none");
    if (spec_.action_low.size() != spec_.action_high.size()) {
      recorder_.fail("spec: expected as many upper as lower action bounds, got ", spec_.action_high.size(), " and ",
                     spec_.action_low.size());
    }
    for (Index i = 0; i < spec_.action_low.size(); ++i) {
      if (!(spec_.action_low[i] < spec_.action_high[i])) {
        recorder_.fail("spec: expected action_low < action_high, got ", spec_.action_low[i], " and ",
                       spec_.action_high[i], " for component ", i);
      }
    }
    if (spec_.max_episode_steps < 0) {
      recorder_.fail("spec: expected max_episode_steps >= 0, got ", spec_.max_episode_steps);
    }
    if (!HasRewardTerms<E> && !spec_.reward_terms.empty()) {
      recorder_.fail("spec: reward_terms are named, but the environment has no reward_terms()");
    }
  }

  /// A copy goes its own way, and the original goes on as if there were none; then a copy takes the original's place.
  void check_copies(const EnvironmentTrace& expected) const {
    E environment = original_;
    const auto disturb = [&](Index i, E& current, const Vector<double>& shown) {
      if (i % kDisturbEvery != 0) return;
      E copy = current;
      Rng rng(options_.seed, StreamPurpose::check, 2);
      recorder_.step(copy, recorder_.random_action(rng, shown));
      start(copy, rng);
    };
    recorder_.compare(expected, recorder_.record(environment, disturb), "copies: using a copy changes the original");
    E other = original_;
    const auto replace = [&](Index i, E& current, const Vector<double>&) {
      if (i % kDisturbEvery != 0) return;
      E copy = current;
      E fresh = original_;
      current = fresh;
      current = copy;
    };
    recorder_.compare(expected, recorder_.record(other, replace), "copies: a copy does not go on like the original");
  }

  /// The state, moved to another object that has lived differently, goes on like the original.
  void check_state(const EnvironmentTrace& expected) const {
    E environment = original_;
    const auto move_state = [&](Index i, E& current, const Vector<double>&) {
      if (i % kDisturbEvery != 0) return;
      const auto mark = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'5EED'0002});
      const Index size = current.state_size();
      if (size < 1) recorder_.fail("state: expected state_size() > 0, got ", size);
      Vector<double> state = Vector<double>::Constant(size, mark);
      std::as_const(current).save_state(state);
      for (Index k = 0; k < size; ++k) {
        if (same_bits(state[k], mark)) recorder_.fail("state: save_state did not write number ", k, " of ", size);
      }
      E other = original_;
      Rng rng(options_.seed, StreamPurpose::check, 3);
      start(other, rng);
      other.load_state(state);
      Vector<double> again = Vector<double>::Constant(size, mark);
      std::as_const(other).save_state(again);
      for (Index k = 0; k < size; ++k) {
        if (!same_bits(state[k], again[k])) {
          recorder_.fail("state: number ", k, " is ", state[k], " before and ", again[k], " after load_state");
        }
      }
      current = other;
    };
    recorder_.compare(expected, recorder_.record(environment, move_state),
                      "state: load_state does not restore everything");
  }

  /// After a termination the world must not jump to a first observation, neither in that step nor in the next one.
  void check_no_reset() const {
    // the box of first observations, half as wide again on either side
    E environment = original_;
    Rng resets = recorder_.reset_stream();
    Rng actions = recorder_.action_stream();
    Vector<double> low = recorder_.reset(environment, resets).observation;
    Vector<double> high = low;
    for (Index i = 0; i < kResets; ++i) {
      const Vector<double> first = recorder_.reset(environment, resets).observation;
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
    Vector<double> before = recorder_.reset(environment, resets).observation;
    Index elapsed = 0;
    for (Index i = 0; i < options_.steps; ++i) {
      const EnvironmentEvent event = recorder_.step(environment, recorder_.random_action(actions, before));
      const bool over = event.result.terminated || event.result.truncated || event.result.fault;
      // where nothing is left to choose the task has ended, and shows it
      if (event.result.terminated && !event.result.fault && recorder_.can_act(event.observation)) {
        ++ends;
        const EnvironmentEvent next = recorder_.step(environment, recorder_.random_action(actions, event.observation));
        const bool goes_on = !next.result.terminated && !next.result.fault;
        const bool first_here = is_first(event.observation);
        if (goes_on && first_here && !is_first(before)) ++jumps;
        if (goes_on && !first_here && is_first(next.observation)) ++late_jumps;
      }
      before = event.observation;
      if (over || ++elapsed == options_.episode_steps) {
        elapsed = 0;
        before = recorder_.reset(environment, resets).observation;
      }
    }
    // one such end may be chance
    if (2 * jumps > ends) {
      recorder_.fail("step: resets: ", jumps, " of ", ends, " terminated steps gave a first observation");
    }
    if (2 * late_jumps > ends) {
      recorder_.fail("step: resets: ", late_jumps, " of ", ends,
                     " steps after a terminated one gave a first observation");
    }
  }

  /// A first step after a reset.
  void start(E& environment, Rng& rng) const {
    const EnvironmentEvent first = recorder_.reset(environment, rng);
    recorder_.step(environment, recorder_.random_action(rng, first.observation));
  }

  [[nodiscard]] static CheckReport summary(const EnvironmentTrace& trace) {
    CheckReport report;
    report.episodes = -1;  // the first reset ends none
    double sum = 0;
    for (const EnvironmentEvent& event : trace) {
      if (event.is_reset) {
        ++report.episodes;
        continue;
      }
      ++report.steps;
      report.terminations += event.result.terminated ? 1 : 0;
      report.faults += event.result.fault ? 1 : 0;
      report.warnings += event.result.warnings;
      sum += event.result.fault ? 0 : event.result.reward;
    }
    report.mean_reward = sum / static_cast<double>(report.steps);
    return report;
  }

  static constexpr Index kResets = 64;
  static constexpr Index kDisturbEvery = 7;

  E original_;
  CheckOptions options_;
  EnvironmentSpec spec_;
  EnvironmentRecorder<E> recorder_;
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
