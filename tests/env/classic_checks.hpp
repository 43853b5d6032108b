// SPDX-License-Identifier: MIT
// what the tests of the classic control tasks share
#ifndef VANTAGE_TESTS_ENV_CLASSIC_CHECKS_HPP
#define VANTAGE_TESTS_ENV_CLASSIC_CHECKS_HPP

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/env/spec.hpp"

namespace vantage::testing {

/// One step from a given state, and what it left.
struct ClassicStep {
  Vector<double> observation;
  Vector<double> state;
  StepResult result;
  std::vector<double> terms;
};

template <class E>
ClassicStep step_from(E environment, const std::vector<double>& state, double action) {
  ClassicStep step;
  step.observation = Vector<double>::Zero(environment.spec().observation_size);
  step.state = Vector<double>::Zero(environment.state_size());
  environment.set_state(Eigen::Map<const Vector<double>>(state.data(), static_cast<Index>(state.size())),
                        step.observation);
  step.result = environment.step(Vector<double>::Constant(1, action), step.observation);
  environment.save_state(step.state);
  const auto terms = environment.reward_terms();
  step.terms.assign(terms.begin(), terms.end());
  CHECK(terms.size() == environment.spec().reward_terms.size());
  return step;
}

/// Resets 4000 times. State component i is uniform on [low, high] where `random[i]`, otherwise 0. Mean and mean square
/// lie within five standard errors, so with 8 tests or fewer a right program fails for one seed in 200 000; the seed is
/// fixed. A range is reached to 1 % unless 4000 draws all miss it: probability 0.995^4000 = 2e-9.
template <class E>
void check_reset(E environment, const std::vector<bool>& random, double low, double high, double rounding = 0) {
  constexpr int kCount = 4000;
  const Index size = environment.state_size();
  REQUIRE(size == static_cast<Index>(random.size()));
  Rng rng(11);
  Vector<double> observation(environment.spec().observation_size);
  Vector<double> state(size);
  Vector<double> sum = Vector<double>::Zero(size), squares = sum;
  Vector<double> least = Vector<double>::Constant(size, std::numeric_limits<double>::infinity()), most = -least;
  for (int k = 0; k < kCount; ++k) {
    environment.reset(rng, observation);
    environment.save_state(state);
    const Vector<double> centred = (2 * state.array() - low - high) / (high - low);
    sum += centred;
    squares += centred.cwiseAbs2();
    least = least.cwiseMin(state);
    most = most.cwiseMax(state);
  }
  for (Index i = 0; i < size; ++i) {
    INFO("component " << i);
    if (!random[static_cast<std::size_t>(i)]) {
      CHECK(least[i] == 0);
      CHECK(most[i] == 0);
      continue;
    }
    // of the uniform distribution on +-1: variance 1/3, variance of the square 4/45
    CHECK(std::abs(sum[i] / kCount) < 5 * std::sqrt(1.0 / 3 / kCount));
    CHECK(std::abs(squares[i] / kCount - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / kCount));
    CHECK(least[i] >= low - rounding);
    CHECK(most[i] <= high + rounding);
    CHECK(least[i] < low + 0.01 * (high - low));
    CHECK(most[i] > high - 0.01 * (high - low));
  }
}

/// The state, moved into another object, goes on alike; a state of another size is refused.
template <class E>
void check_state(const E& prototype, double action) {
  E environment = prototype;
  Rng rng(3);
  Vector<double> observation(environment.spec().observation_size), other_observation = observation;
  Vector<double> state(environment.state_size());
  environment.reset(rng, observation);
  for (int i = 0; i < 5; ++i) environment.step(Vector<double>::Constant(1, action), observation);
  environment.save_state(state);
  E other = prototype;
  other.load_state(state);
  E third = prototype;
  third.set_state(state, other_observation);
  CHECK(other_observation == observation);
  const Vector<double> next = Vector<double>::Constant(1, action);
  const StepResult expected = environment.step(next, observation);
  CHECK(other.step(next, other_observation).reward == expected.reward);
  CHECK(other_observation == observation);
  CHECK(third.step(next, other_observation).reward == expected.reward);
  CHECK(other_observation == observation);
  CHECK_THROWS_AS(other.set_state(Vector<double>::Zero(state.size() + 1), observation), std::invalid_argument);
}

/// What is none of 0 .. count - 1 is refused by name and leaves the state as it was.
template <class E>
void check_refused_actions(E environment, Index count, const std::string& who) {
  using Catch::Matchers::ContainsSubstring;
  CHECK(environment.spec().discrete_actions == count);
  CHECK(environment.spec().action_size() == 1);
  Rng rng(4);
  Vector<double> observation(environment.spec().observation_size);
  environment.reset(rng, observation);
  Vector<double> before(environment.state_size()), after = before;
  environment.save_state(before);
  const std::string expected =
      who + ": expected a discrete action, one of 0 .. " + std::to_string(count - 1) + ", got ";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {0.5, -1.0, static_cast<double>(count), 1e300, nan, infinity, -infinity}) {
    INFO("action " << wrong);
    CHECK_THROWS_WITH(environment.step(Vector<double>::Constant(1, wrong), observation), ContainsSubstring(expected));
    CHECK_THROWS_AS(environment.step(Vector<double>::Constant(1, wrong), observation), std::invalid_argument);
  }
  CHECK_THROWS_AS(environment.step(Vector<double>::Zero(2), observation), std::invalid_argument);
  CHECK_THROWS_AS(environment.step(Vector<double>(), observation), std::invalid_argument);
  environment.save_state(after);
  CHECK(before == after);
  for (Index action = 0; action < count; ++action) {
    CHECK_NOTHROW(environment.step(Vector<double>::Constant(1, static_cast<double>(action)), observation));
  }
}

template <class Options>
std::set<std::string> option_names(const Options& options) {
  std::set<std::string> names;
  visit_options(options, [&](const std::string& name, const auto&) { names.insert(name); });
  return names;
}

}  // namespace vantage::testing

#endif
