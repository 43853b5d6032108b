// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_ENV_SWITCHBOARD_HPP
#define VANTAGE_TESTS_ENV_SWITCHBOARD_HPP

#include <cstdint>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"

/// Two actions at once, of three and of two choices. In each step every set of choices that is not empty is allowed as
/// often as any other, of either action by itself. Choice k is worth k, or with the sign turned what is left to the
/// largest; a step pays both, and nothing where one of them was not allowed. What can be had in a step on average:
///
///     with the mask   10/7 + 2/3 = 2.095    always the best that is allowed
///     at random       1 + 1/2               any that is allowed
///     without it      3 * 4/7 * 2/3 = 1.143 always the largest
///
/// Observation: the sign, 1 or -1, then the mask; zeros in its place where it is not shown. An episode has five steps
/// and ends where nothing is allowed any more.
class Switchboard {
 public:
  static constexpr vantage::Index kSteps = 5;

  explicit Switchboard(bool shows_mask = true) : shows_mask_(shows_mask) {
    spec_.name = "switchboard";
    spec_.observation_size = 6;
    spec_.action_choices = {3, 2};
    if (shows_mask) spec_.mask_row = 1;
    spec_.max_episode_steps = 100;
  }

  [[nodiscard]] const vantage::EnvironmentSpec& spec() const { return spec_; }

  void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) {
    seed_ = static_cast<double>(rng.below(1U << 30U));
    time_ = 0;
    show(observation);
  }

  vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) {
    const Marks now = marks();
    double paid = 0;
    bool allowed = true;
    vantage::Index first = 1;
    for (std::size_t i = 0; i < 2; ++i) {
      const vantage::Index count = spec_.action_choices[i];
      const vantage::Index k = vantage::discrete_action("Switchboard", action, spec_.choices(), i);
      allowed = allowed && now[first + k] == 1;
      paid += static_cast<double>(now[0] > 0 ? k : count - 1 - k);
      first += count;
    }
    ++time_;
    show(observation);
    return {allowed ? paid : 0.0, time_ == kSteps};
  }

  [[nodiscard]] vantage::Index state_size() const { return 2; }
  void save_state(vantage::VectorRef<double> out) const { out << seed_, static_cast<double>(time_); }
  void load_state(const vantage::Vector<double>& state) {
    seed_ = state[0];
    time_ = static_cast<vantage::Index>(state[1]);
  }

 private:
  using Marks = Eigen::Matrix<double, 6, 1>;

  // sign and mask of this step
  [[nodiscard]] Marks marks() const {
    vantage::Rng rng(static_cast<std::uint64_t>(seed_), static_cast<std::uint64_t>(time_));
    Marks marks;
    marks[0] = rng.below(2) == 0 ? -1 : 1;
    const std::uint64_t first = 1 + rng.below(7), second = 1 + rng.below(3);
    const std::uint64_t allowed = time_ >= kSteps ? 0 : first + 8 * second;
    for (vantage::Index k = 0; k < 5; ++k) marks[1 + k] = static_cast<double>((allowed >> k) & 1U);
    return marks;
  }

  void show(vantage::VectorRef<double> observation) const {
    observation = marks();
    if (!shows_mask_) observation.tail(5).setZero();
  }

  vantage::EnvironmentSpec spec_;
  bool shows_mask_;
  double seed_ = 0;
  vantage::Index time_ = 0;
};

#endif
