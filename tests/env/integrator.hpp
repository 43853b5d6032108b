// SPDX-License-Identifier: MIT
// a world that shows the sum of the actions that reached it
#ifndef VANTAGE_TESTS_ENV_INTEGRATOR_HPP
#define VANTAGE_TESTS_ENV_INTEGRATOR_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/env/spec.hpp"

namespace vantage::testing {

/// x' = x + a, seen as it is; the reward and its one term are the sum of a. An episode begins at `start` times a number
/// in [-1, 1] for each component; step `cut` cuts it off. With discrete actions x is one number.
class Integrator {
 public:
  explicit Integrator(Index size = 1, double bound = 10, Index discrete = 0) {
    description_ = {
        "Integrator", size,    Vector<double>::Constant(size, -bound), Vector<double>::Constant(size, bound), 50,
        {"sum"},      discrete};
    if (discrete > 0) description_.action_low = description_.action_high = {};
    x_ = Vector<double>::Zero(size);
  }

  double start = 0;
  int cut = 1000;

  /// With these bounds.
  Integrator& bounded(double low, double high) {
    description_.action_low.setConstant(low);
    description_.action_high.setConstant(high);
    return *this;
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return description_; }
  void reset(Rng& rng, VectorRef<double> observation) {
    for (double& x : x_) x = start * rng.uniform(-1, 1);
    steps_ = 0;
    observation = x_;
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    x_ += action;
    term_ = action.sum();
    observation = x_;
    return {term_, false, !action.allFinite(), 0, ++steps_ >= cut};
  }
  [[nodiscard]] std::span<const double> reward_terms() const { return {&term_, 1}; }
  [[nodiscard]] Index state_size() const { return x_.size() + 1; }
  [[nodiscard]] Index tangent_size() const { return x_.size(); }
  void save_state(VectorRef<double> out) const { out << x_, steps_; }
  void load_state(const Vector<double>& state) {
    x_ = state.head(x_.size());
    steps_ = static_cast<int>(state[x_.size()]);
  }

 private:
  EnvironmentSpec description_;
  Vector<double> x_;
  double term_ = 0;
  int steps_ = 0;
};

static_assert(TangentEnvironment<Integrator> && HasRewardTerms<Integrator>);

/// The first component of what each action was followed by, after a reset with this seed.
template <Environment E>
std::vector<double> respond(E& world, const std::vector<double>& actions, std::uint64_t seed = 1) {
  Rng rng(seed);
  Vector<double> observation(world.spec().observation_size);
  world.reset(rng, observation);
  std::vector<double> seen;
  for (const double action : actions) {
    world.step(Vector<double>::Constant(world.spec().action_size(), action), observation);
    seen.push_back(observation[0]);
  }
  return seen;
}

/// From a state in the middle of an episode: whether a copy that loads it goes on with the same bits.
template <StatefulEnvironment E>
bool resumes(E world, E other, Index before = 7, Index after = 20) {
  Rng rng(3), actions(4), different(5);
  Vector<double> a(world.spec().observation_size), b(a.size()), state(world.state_size());
  const auto random_action = [&] {
    Vector<double> action(world.spec().action_size());
    for (double& x : action) x = actions.uniform(-1, 1);
    return action;
  };
  world.reset(rng, a);
  other.reset(different, b);
  for (Index t = 0; t < before; ++t) world.step(random_action(), a);
  world.save_state(state);
  other.load_state(state);
  bool same = true;
  for (Index t = 0; t < after; ++t) {
    const Vector<double> action = random_action();
    const StepResult one = world.step(action, a);
    const StepResult two = other.step(action, b);
    same = same && a == b && one.reward == two.reward && one.truncated == two.truncated;
  }
  return same;
}

/// sup |F_n - F|, times sqrt(n): above 2.7 once in 10^6 where F is the distribution of the samples (Kolmogorov).
template <class Distribution>
double kolmogorov(std::vector<double> samples, Distribution&& distribution) {
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<double>(samples.size());
  double distance = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double f = distribution(samples[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return std::sqrt(n) * distance;
}

}  // namespace vantage::testing

#endif
