// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_TABULAR_WORLDS_HPP
#define VANTAGE_TESTS_TABULAR_WORLDS_HPP

#include <cmath>

#include "vantage/tabular/finite_mdp.hpp"

namespace vantage {

// two states, two actions: the numbers of this world in the tests were computed independently
inline FiniteMdp two_states() {
  return {{Matrix<double>{{0.9, 0.1}, {0.3, 0.7}}, Matrix<double>{{0.2, 0.8}, {0.6, 0.4}}},
          Matrix<double>{{1, 0}, {0.5, 2}},
          Vector<double>{{0.5, 0.5}},
          0.9};
}

inline Matrix<double> two_state_logits() { return Matrix<double>{{0.2, -0.1}, {0, 0.3}}; }

// a corridor of four states: 0 and 3 are absorbing, one action goes left and one right, slipping now and then
inline FiniteMdp corridor(double gamma = 0.9) {
  Matrix<double> left = Matrix<double>::Zero(4, 4);
  left(0, 0) = left(3, 3) = 1;
  Matrix<double> right = left;
  for (Index s = 1; s <= 2; ++s) {
    left(s, s - 1) = right(s, s + 1) = 0.8;
    left(s, s + 1) = right(s, s - 1) = 0.2;
  }
  Matrix<double> rewards = Matrix<double>::Zero(4, 2);
  rewards << 0, 0, 0.3, -0.1, -0.2, 1, 0, 0;
  return {{left, right}, rewards, Vector<double>{{0, 0.7, 0.3, 0}}, gamma};
}

inline Matrix<double> random_policy(Index states, Index actions, Rng& rng, double spread = 1) {
  Matrix<double> policy(states, actions);
  for (double& p : policy.reshaped()) p = std::exp(spread * rng.normal());
  for (Index s = 0; s < states; ++s) policy.row(s) /= policy.row(s).sum();
  return policy;
}

// worlds of changing size, branching and discount, some with rewards in few places
inline FiniteMdp varied_mdp(Rng& rng) {
  const Index states = 2 + static_cast<Index>(rng.below(5));
  return random_mdp({.states = states,
                     .actions = 2 + static_cast<Index>(rng.below(3)),
                     .branching = static_cast<Index>(rng.below(static_cast<std::uint64_t>(states) + 1)),
                     .reward_density = rng.below(2) == 0 ? 1.0 : 0.3,
                     .reward_low = rng.below(2) == 0 ? 0.0 : -1.0,
                     .gamma = rng.uniform(0.1, 0.97)},
                    rng);
}

/// How many standard errors the mean of samples lies from what is expected; sums are over `count` samples.
inline double z_score(double sum, double squares, double count, double expected) {
  const double mean = sum / count;
  return (mean - expected) / std::sqrt((squares / count - mean * mean) / count);
}

}  // namespace vantage

#endif
