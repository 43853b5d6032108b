// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_FINITE_MDP_ENVIRONMENT_HPP
#define VANTAGE_TABULAR_FINITE_MDP_ENVIRONMENT_HPP

#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/random_state.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/tabular/finite_mdp.hpp"

namespace vantage {

/// A finite decision process to act in, so that collectors, estimators and updates can be held against its exact
/// values. State s is observed as the unit vector e_s; a step into an absorbing state is a termination. gamma is the
/// learner's affair.
///
/// Shapes: observation S, action 1 (one of 0 .. A - 1, held as a number).
class FiniteMdpEnvironment {
 public:
  /// `max_episode_steps`: time limit in steps; 0: none. Throws: std::invalid_argument for a negative limit.
  explicit FiniteMdpEnvironment(FiniteMdp mdp, Index max_episode_steps = 0) : mdp_(std::move(mdp)) {
    require(max_episode_steps >= 0, "FiniteMdpEnvironment", "max_episode_steps >= 0", max_episode_steps);
    spec_.name = "FiniteMdp";
    spec_.observation_size = mdp_.states();
    spec_.max_episode_steps = max_episode_steps;
    spec_.discrete_actions = mdp_.actions();
    for (Index s = 0; s < mdp_.states(); ++s) absorbing_.push_back(mdp_.is_absorbing(s));
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  /// The tables that it plays.
  [[nodiscard]] const FiniteMdp& mdp() const { return mdp_; }
  /// The number of the present state.
  [[nodiscard]] Index state() const { return state_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    // a step has no stream of its own: it gets one for the episode
    rng_ = Rng(rng());
    state_ = draw(mdp_.start());
    observe(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const Index a = discrete_action("FiniteMdpEnvironment", action, mdp_.actions());
    const double reward = mdp_.rewards()(state_, a);
    state_ = draw(mdp_.transition(a).row(state_));
    observe(observation);
    return {reward, absorbing_[static_cast<std::size_t>(state_)], false};
  }

  [[nodiscard]] static constexpr Index state_size() { return 1 + kRandomStateSize; }

  void save_state(VectorRef<double> out) const {
    out[0] = static_cast<double>(state_);
    save_random_state(rng_, out.tail(kRandomStateSize));
  }

  void load_state(const Vector<double>& state) {
    state_ = static_cast<Index>(state[0]);
    load_random_state(state.tail(kRandomStateSize), rng_);
  }

 private:
  template <class Probabilities>
  Index draw(const Probabilities& p) {
    double u = rng_.uniform();
    Index last = 0;
    for (Index s = 0; s < p.size(); ++s) {
      if (p[s] > 0) last = s;
      u -= p[s];
      if (u < 0) return s;
    }
    // rounding left a gap below 1
    return last;
  }

  void observe(VectorRef<double> observation) const {
    observation.setZero();
    observation[state_] = 1;
  }

  FiniteMdp mdp_;
  EnvironmentSpec spec_;
  std::vector<bool> absorbing_;
  Index state_ = 0;
  Rng rng_;
};

}  // namespace vantage

#endif
