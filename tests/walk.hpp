// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_WALK_HPP
#define VANTAGE_TESTS_WALK_HPP

#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "vantage/core/concepts.hpp"
#include "vantage/env/spec.hpp"

struct WalkOptions {
  vantage::Index limit = 7;                                      // time limit, steps
  vantage::Index life = 0;                                       // terminates after this many steps; 0: never
  double bound = std::numeric_limits<double>::infinity();        // terminates where |x| is above
  double nan_above = std::numeric_limits<double>::infinity();    // shows a NaN where x is above
  double fault_above = std::numeric_limits<double>::infinity();  // reports a fault where x is above
  bool annuity = false;                                          // reward 1 instead of x + n / 10
  vantage::Index cut = 0;                                        // cuts itself off after this many steps; 0: never
};

/// A walk on the line whose next step can be told from what it shows: observation (x, n) after n steps, x' = x + 0.3 u.
class Walk {
 public:
  explicit Walk(const WalkOptions& options = {}) : options_(options) {
    spec_.name = "walk";
    spec_.observation_size = 2;
    spec_.action_low = vantage::Vector<double>::Constant(1, -1);
    spec_.action_high = vantage::Vector<double>::Constant(1, 2);
    spec_.max_episode_steps = options.limit;
    spec_.reward_terms = {"place", "time"};
  }

  const vantage::EnvironmentSpec& spec() const { return spec_; }

  void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) {
    x_ = rng.uniform(-1, 1);
    n_ = 0;
    // as some worlds do, it forgets its last step
    terms_ = {};
    observation << x_, n_;
  }

  vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) {
    x_ += 0.3 * action[0];
    n_ += 1;
    terms_ = options_.annuity ? std::array<double, 2>{1, 0} : std::array<double, 2>{x_, 0.1 * n_};
    observation << (x_ > options_.nan_above ? std::numeric_limits<double>::quiet_NaN() : x_), n_;
    const bool dead = options_.life > 0 && n_ >= static_cast<double>(options_.life);
    const bool cut = options_.cut > 0 && n_ >= static_cast<double>(options_.cut);
    return {terms_[0] + terms_[1], dead || std::abs(x_) > options_.bound, x_ > options_.fault_above, 0, cut};
  }

  std::span<const double> reward_terms() const { return terms_; }
  vantage::Index state_size() const { return 2; }
  void save_state(vantage::VectorRef<double> out) const { out << x_, n_; }
  void load_state(const vantage::Vector<double>& state) {
    x_ = state[0];
    n_ = state[1];
  }

 private:
  WalkOptions options_;
  vantage::EnvironmentSpec spec_;
  double x_ = 0;
  double n_ = 0;
  std::array<double, 2> terms_{};
};

#endif
