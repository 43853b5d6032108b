// SPDX-License-Identifier: MIT
// a world whose every number is known beforehand
#ifndef VANTAGE_TESTS_ENV_COUNTER_HPP
#define VANTAGE_TESTS_ENV_COUNTER_HPP

#include <array>
#include <limits>
#include <span>

#include "vantage/core/concepts.hpp"
#include "vantage/env/spec.hpp"

namespace vantage::testing {

/// Counts its steps n from 0 on. Step n has the reward n + 10 a, the two terms n and 10 a, and the observation (n, -n);
/// it terminates in step `last`, breaks down in step `broken`, and cuts itself off in step `cut`.
struct Counter {
  int last = 100;
  int broken = std::numeric_limits<int>::max();
  int cut = std::numeric_limits<int>::max();
  EnvironmentSpec description{"Counter",         2, Vector<double>::Constant(1, -1), Vector<double>::Constant(1, 1), 10,
                              {"count", "push"}, 0};
  double n = 0;
  std::array<double, 2> terms{};

  [[nodiscard]] const EnvironmentSpec& spec() const { return description; }
  void reset(Rng& rng, VectorRef<double> observation) {
    rng();
    n = 0;
    observation << n, -n;
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    n += 1;
    terms = {n, 10 * action[0]};
    observation << n, -n;
    return {terms[0] + terms[1], n >= last, n >= broken, 0, n >= cut};
  }
  [[nodiscard]] std::span<const double> reward_terms() const { return terms; }
  [[nodiscard]] Index state_size() const { return 1; }
  void save_state(VectorRef<double> out) const { out << n; }
  void load_state(const Vector<double>& state) { n = state[0]; }
};

/// As little as an environment can be: it cannot be saved and explains nothing.
struct Bare {
  EnvironmentSpec description{"Bare", 1, Vector<double>::Constant(1, -1), Vector<double>::Constant(1, 1), 0, {}, 0};
  [[nodiscard]] const EnvironmentSpec& spec() const { return description; }
  void reset(Rng&, VectorRef<double> observation) { observation[0] = 1; }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = action[0];
    return {action[0], false, false};
  }
};

static_assert(StatefulEnvironment<Counter> && HasRewardTerms<Counter>);
static_assert(Environment<Bare> && !StatefulEnvironment<Bare> && !HasRewardTerms<Bare>);

inline Vector<double> push(double action) { return Vector<double>::Constant(1, action); }

}  // namespace vantage::testing

#endif
