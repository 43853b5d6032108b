// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_UPDATE_BY_HAND_HPP
#define VANTAGE_TESTS_UPDATE_BY_HAND_HPP

#include <cmath>
#include <vector>

#include "policy/policy_checks.hpp"
#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/optim/optimizer.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_epochs.hpp"

/// A small Gaussian policy whose parameters are all random.
template <class S = double>
vantage::GaussianPolicy<S> small_policy(std::uint64_t seed = 3) {
  vantage::Rng rng(seed);
  vantage::GaussianPolicy<S> policy(2, 1, {.hidden = {4}}, rng);
  for (S& x : policy.parameters()) x = static_cast<S>(0.4 * rng.normal());
  return policy;
}

/// A batch that a policy drew in random states, with advantages that are random too.
template <class S = double>
struct DrawnBatch {
  vantage::Batch<S> batch;
  vantage::AdvantageEstimate<S> estimate;

  DrawnBatch(const vantage::GaussianPolicy<S>& policy, vantage::Index samples, std::uint64_t seed = 1) {
    vantage::Rng rng(seed);
    batch.resize(2, 1, 1, samples);
    for (S& x : batch.observations.reshaped()) x = static_cast<S>(rng.normal());
    std::vector<vantage::Rng> rngs(static_cast<std::size_t>(samples), rng);
    for (std::size_t n = 0; n < rngs.size(); ++n) rngs[n] = vantage::Rng(seed, n + 1);
    vantage::Context context;
    policy.sample(batch.observations, rngs, batch.actions, batch.log_probs, context, 0);
    estimate.resize(samples, 0);
    for (S& a : estimate.advantages) a = static_cast<S>(0.3 + rng.normal());
  }
};

/// What an update by hand does.
struct ByHand {
  vantage::OptimizerOptions optimizer = vantage::AdamOptions{};
  vantage::Index epochs = 1;
  vantage::Index minibatch = 0;
  double max_gradient_norm = 0;
  vantage::AdvantageNormalization normalization = vantage::AdvantageNormalization::none;
  double entropy_coefficient = 0;
  double kl_penalty = 0;
};

inline vantage::Vector<double> normalized(const vantage::Vector<double>& x) {
  double mean = 0, square = 0;
  for (const double value : x) mean += value / static_cast<double>(x.size());
  for (const double value : x) square += (value - mean) * (value - mean) / static_cast<double>(x.size());
  return (x.array() - mean) / (std::sqrt(square) + 1e-8);
}

/// Epochs of minibatch steps by their definition: every sample's score alone, entropy and divergence by finite
/// differences. slope(ratio, advantage) is the derivative of a sample's objective to log pi; `rng` orders the samples.
template <class Slope>
void update_by_hand(vantage::GaussianPolicy<double>& policy, const vantage::Batch<double>& batch,
                    const vantage::Vector<double>& all_advantages, const ByHand& options,
                    vantage::Optimizer<double>& optimizer, const vantage::Rng& rng, const Slope& slope) {
  using namespace vantage;
  const GaussianPolicy<double> before = policy;
  Context context;
  const bool whole = options.minibatch == 0 || options.minibatch >= batch.size();
  const Index size = whole ? batch.size() : options.minibatch;
  Shuffle shuffle;
  shuffle.begin(batch.size(), rng);
  const bool by_batch = options.normalization == AdvantageNormalization::batch;
  const Vector<double> advantages = by_batch ? normalized(all_advantages) : all_advantages;

  for (Index step = 0; step < options.epochs * (batch.size() / size); ++step) {
    std::vector<Index> samples;
    if (whole) {
      for (Index n = 0; n < size; ++n) samples.push_back(n);
    } else {
      const auto drawn = shuffle.next(size);
      samples.assign(drawn.begin(), drawn.end());
    }
    Vector<double> its_advantages(size);
    Matrix<double> its_observations(batch.observations.rows(), size);
    for (Index i = 0; i < size; ++i) {
      its_advantages[i] = advantages[samples[static_cast<std::size_t>(i)]];
      its_observations.col(i) = batch.observations.col(samples[static_cast<std::size_t>(i)]);
    }
    if (options.normalization == AdvantageNormalization::minibatch) its_advantages = normalized(its_advantages);

    // uphill
    Vector<double> gradient = Vector<double>::Zero(policy.parameters().size());
    for (Index i = 0; i < size; ++i) {
      const Index n = samples[static_cast<std::size_t>(i)];
      const Matrix<double> action = batch.actions.col(n);
      Vector<double> log_prob(1);
      policy.log_prob(its_observations.col(i), action, context, log_prob);
      const double ratio = std::exp(log_prob[0] - batch.log_probs[n]);
      const Vector<double> score =
          weighted_score(policy, its_observations.col(i), action, Vector<double>::Ones(1), context);
      gradient += slope(ratio, its_advantages[i]) / static_cast<double>(size) * score;
    }
    Vector<double> out(size);
    if (options.entropy_coefficient != 0) {
      gradient += options.entropy_coefficient * finite_difference(policy.parameters(), [&] {
                    policy.entropy(its_observations, context, out);
                    return out.mean();
                  });
    }
    if (options.kl_penalty != 0) {
      gradient -= options.kl_penalty * finite_difference(policy.parameters(), [&] {
                    before.kl_divergence(policy, its_observations, context, out);
                    return out.mean();
                  });
    }
    const double norm = gradient.norm();
    if (options.max_gradient_norm > 0 && norm > options.max_gradient_norm) {
      gradient *= options.max_gradient_norm / norm;
    }
    optimizer.step(policy.parameters(), -gradient);
  }
}

/// The stream that the next minibatches will be drawn from.
inline vantage::Rng minibatch_stream(vantage::Context& context) {
  vantage::Rng rng = context.rng();
  return vantage::Rng(rng(), vantage::StreamPurpose::minibatch);
}

#endif
