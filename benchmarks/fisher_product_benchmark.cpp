// SPDX-License-Identifier: MIT
// One Fisher product beside one score gradient of the same policy on the same samples: 2048 of HalfCheetah's size, a
// Gaussian policy 17 -> 64 -> 64 -> 6, tanh. Prints both for one and two threads, and a whole TRPO update.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <span>
#include <vector>

#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/natural_gradient.hpp"

namespace {

using namespace vantage;
using Policy = GaussianPolicy<float>;

constexpr Index kInputs = 17;
constexpr Index kActions = 6;
constexpr Index kSamples = 2048;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Problem {
  Policy policy;
  Batch<float> batch;
  AdvantageEstimate<float> estimate;

  Problem() : policy(make()) {
    Context context;
    batch.resize(kInputs, kActions, 1, kSamples);
    batch.observations.setRandom();
    std::vector<Rng> rngs;
    for (Index n = 0; n < kSamples; ++n) rngs.emplace_back(1, static_cast<std::uint64_t>(n));
    policy.sample(batch.observations, rngs, batch.actions, batch.log_probs, context, 0);
    estimate.advantages = Vector<float>::Random(kSamples);
  }

  static Policy make() {
    Rng rng(1);
    return Policy(kInputs, kActions, {}, rng);
  }
};

/// The pieces of work with so many threads, and the best time of each.
struct Timer {
  explicit Timer(Index threads) : context({.threads = threads}) {}

  void gradient(const Problem& problem) {
    best_gradient = std::min(best_gradient, time(20, [&] {
                               problem.policy.score_gradient(
                                   problem.batch.observations, problem.batch.actions,
                                   [&](Index first, const VectorRef<float>&, VectorRef<float> weights) {
                                     weights = problem.estimate.advantages.segment(first, weights.size());
                                   },
                                   context, score);
                             }));
  }

  void product(const Problem& problem) {
    best_product =
        std::min(best_product,
                 time(20, [&] { problem.policy.fisher_product(problem.batch.observations, score, context, result); }));
  }

  void product_of_many(const Problem& problem) {
    problem.policy.record(problem.batch.observations, context, kept);
    best_kept = std::min(best_kept, time(20, [&] {
                           problem.policy.fisher_product(problem.batch.observations, score, context, result, &kept);
                         }));
  }

  void whole_update(const Problem& problem) {
    Policy policy = problem.policy;
    best_update =
        std::min(best_update, time(1, [&] { report = update(policy, problem.batch, problem.estimate, context); }));
  }

  template <class Work>
  static double time(int times, Work&& work) {
    const double start = seconds();
    for (int i = 0; i < times; ++i) work();
    return (seconds() - start) / times;
  }

  Context context;
  NaturalGradient<Policy> update;
  PolicyReport report;
  Vector<float> score, result;
  Policy::Activations kept;
  double best_gradient = std::numeric_limits<double>::infinity();
  double best_product = best_gradient;
  double best_kept = best_gradient;
  double best_update = best_gradient;
};

}  // namespace

int main() {
  const Problem problem;
  Timer timers[] = {Timer(1), Timer(2)};
  // interleaved, and the best of many: the machine's speed drifts
  for (int round = 0; round < 100; ++round) {
    for (Timer& timer : timers) {
      timer.gradient(problem);
      timer.product(problem);
      timer.product_of_many(problem);
      timer.whole_update(problem);
    }
  }
  bool fast = true;
  for (Timer& timer : timers) {
    const double ratio = timer.best_kept / timer.best_gradient;
    std::printf(
        "%td thread%s: score gradient %6.1f us, Fisher product %6.1f us alone, %6.1f us of many, ratio %.2f; TRPO "
        "update %7.1f us\n",
        timer.context.pool().size(), timer.context.pool().size() > 1 ? "s" : " ", timer.best_gradient * 1e6,
        timer.best_product * 1e6, timer.best_kept * 1e6, ratio, timer.best_update * 1e6);
    fast = fast && ratio <= 1.5;
  }
  std::printf("conjugate gradients: %td products, KL %.4f\n", timers[0].report.natural.cg_iterations,
              timers[0].report.step.mean_kl);
  return fast ? 0 : 1;
}
