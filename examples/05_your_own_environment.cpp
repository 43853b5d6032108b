// SPDX-License-Identifier: MIT
// A world without MuJoCo: any struct with spec, reset and step. check_environment tells what a learner would stumble
// on.
#include <cstdio>

#include "vantage/vantage.hpp"

// keep a leaking tank at level 1 with an inflow between 0 and 1
struct Tank {
  const vantage::EnvironmentSpec& spec() const { return spec_; }

  void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) {
    level = rng.uniform(0.0, 2.0);
    observation[0] = level;
  }

  vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) {
    level += 0.1 * (action[0] - 0.3 * level);
    observation[0] = level;
    return {.reward = -(level - 1) * (level - 1), .terminated = level > 3, .fault = false};
  }

  double level = 1;

 private:
  vantage::EnvironmentSpec spec_{"Tank", 1, vantage::Vector<double>::Zero(1), vantage::Vector<double>::Ones(1),
                                 100,    {}};
};

int main() {
  const vantage::CheckReport report = vantage::check_environment(Tank());
  std::printf("%d steps in %d episodes, mean reward %.3f\n", static_cast<int>(report.steps),
              static_cast<int>(report.episodes), report.mean_reward);
  return 0;
}
