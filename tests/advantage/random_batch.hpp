// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_ADVANTAGE_RANDOM_BATCH_HPP
#define VANTAGE_TESTS_ADVANTAGE_RANDOM_BATCH_HPP

#include <cmath>
#include <cstdint>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/rollout/batch.hpp"

inline double waves(const Eigen::Vector2d& state) { return std::sin(3 * state[0]) + 2 * state[1]; }

/// A value function that tells any two states apart.
struct Waves {
  void predict(vantage::ConstMatrixRef<double> inputs, vantage::Context&, vantage::VectorRef<double> values) const {
    for (vantage::Index n = 0; n < inputs.cols(); ++n) values[n] = waves(inputs.col(n));
  }
};

/// The same value everywhere.
struct Constant {
  double value;
  void predict(vantage::ConstMatrixRef<double>, vantage::Context&, vantage::VectorRef<double> values) const {
    values.setConstant(value);
  }
};

/// Random rewards and endings of every kind; the first episodes may have begun earlier.
inline vantage::Batch<double> random_batch(std::uint64_t seed, vantage::Index environments, vantage::Index steps) {
  using namespace vantage;
  Rng rng(seed);
  Batch<double> batch;
  batch.resize(2, 1, environments, steps);
  for (double& x : batch.observations.reshaped()) x = rng.uniform(-1, 1);
  for (double& r : batch.rewards.reshaped()) r = rng.normal();
  batch.actions.setZero();
  batch.log_probs.setZero();
  // unused columns hold what must never be read
  batch.successors.setConstant(2, batch.size() + 5, std::nan(""));
  for (Index n = 0; n < batch.size(); ++n) {
    const double draw = rng.uniform();
    const bool last = n >= batch.size() - environments;
    batch.endings(n) = draw < 0.15  ? Ending::terminated
                       : draw < 0.3 ? Ending::truncated
                       : last       ? Ending::cut
                                    : Ending::none;
    if (batch.endings(n) == Ending::truncated || batch.endings(n) == Ending::cut) {
      batch.successors.col(batch.successor_count()) << rng.uniform(-1, 1), rng.uniform(-1, 1);
      batch.successor_samples.push_back(n);
    }
  }
  for (Index& time : batch.first_times) time = static_cast<Index>(rng.below(3));
  return batch;
}

/// V(s') of sample n by its definition.
inline double next_value(const vantage::Batch<double>& batch, vantage::Index n) {
  using namespace vantage;
  if (batch.endings(n) == Ending::terminated) return 0;
  if (batch.endings(n) == Ending::none) return waves(batch.observations.col(n + batch.environments()));
  for (Index k = 0; k < batch.successor_count(); ++k) {
    if (batch.successor_samples[static_cast<std::size_t>(k)] == n) return waves(batch.successors.col(k));
  }
  return std::nan("");
}

/// The discounted rewards from sample n to its episode's end, and the value of what lies beyond.
inline double return_from(const vantage::Batch<double>& batch, vantage::Index n, double gamma) {
  double result = 0;
  double discount = 1;
  for (;; n += batch.environments()) {
    result += discount * batch.rewards(n);
    discount *= gamma;
    if (batch.endings(n) != vantage::Ending::none) return result + discount * next_value(batch, n);
  }
}

#endif
