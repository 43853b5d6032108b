// SPDX-License-Identifier: MIT
// One value step of EPVF: the gradient of V(theta), and Adam, for 4096 policies whose 7048 parameters (those of a
// network 36 -> 64 -> 64 -> 8) are the input. Prints its share of what the cores can multiply and add, and the memory
// it takes beside the policies themselves.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "multiply_add_peak.hpp"
#include "vantage/core/context.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/optim/adam.hpp"

namespace {

using namespace vantage;

constexpr Index kParameters = 7048;
constexpr Index kPolicies = 4096;

// products of one step: a forward and a backward pass over each layer's weights, and one more below the output of all
// layers but the first
double operations(const std::vector<Index>& hidden) {
  double count = 2.0 * static_cast<double>(kParameters * hidden[0]);
  for (std::size_t layer = 0; layer < hidden.size(); ++layer) {
    count += 3.0 * static_cast<double>(hidden[layer] * (layer + 1 < hidden.size() ? hidden[layer + 1] : 1));
  }
  return 2.0 * static_cast<double>(kPolicies) * count;
}

double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): the C library declares it so
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

class ValueStep {
 public:
  ValueStep(const std::vector<Index>& hidden, Index threads)
      : value_(kParameters, {}, {.hidden = hidden, .initialization = {.scheme = WeightScheme::xavier_uniform}}, rng_),
        context_({.threads = threads}) {}

  void operator()(const Matrix<float>& thetas) {
    value_.gradient(
        thetas,
        [](Index, const VectorRef<float>& values, VectorRef<float> weights) {
          weights = values * (2.0F / static_cast<float>(kPolicies));
        },
        context_, gradient_);
    adam_.step(value_.parameters(), gradient_);
  }

 private:
  Rng rng_{1};
  PolicyConditionedValue<float> value_;
  Context context_;
  Vector<float> gradient_;
  Adam<float> adam_;
};

struct Case {
  Case(std::vector<Index> widths, Index workers)
      : hidden(std::move(widths)), threads(workers), value_step(std::make_unique<ValueStep>(hidden, workers)) {}
  void step(const Matrix<float>& thetas) { (*value_step)(thetas); }

  std::vector<Index> hidden;
  Index threads;
  std::unique_ptr<ValueStep> value_step;
  double best = std::numeric_limits<double>::infinity();
};

}  // namespace

int main() {
  const Matrix<float> thetas = 0.1F * Matrix<float>::Random(kParameters, kPolicies);
  std::printf("%lld policies of %lld parameters: %.0f MiB\n", static_cast<long long>(kPolicies),
              static_cast<long long>(kParameters), static_cast<double>(thetas.size()) * 4 / 1024 / 1024);

  // the largest case first: whatever the process grows by is its parameters, moments, gradient and scratch
  const double before = peak_mebibytes();
  std::vector<Case> cases;
  cases.emplace_back(std::vector<Index>{128, 128}, 2);
  cases.back().step(thetas);
  const double memory = peak_mebibytes() - before;
  cases.emplace_back(std::vector<Index>{128, 128}, 1);
  cases.emplace_back(std::vector<Index>{64, 64}, 2);
  cases.emplace_back(std::vector<Index>{64, 64}, 1);

  // interleaved, and the best of several: the machine's speed drifts
  double peak = 0;
  for (int round = 0; round < 20; ++round) {
    for (Case& one : cases) {
      for (int i = 0; i < 20; ++i) peak = std::max(peak, multiply_add_peak());
      const double start = seconds();
      one.step(thetas);
      one.best = std::min(one.best, seconds() - start);
    }
  }
  std::printf("peak of one core %.1f GFLOP/s\n", peak * 1e-9);
  std::printf("hidden   threads   ms a step   GFLOP/s   share of one core's peak   of all cores'\n");
  for (const Case& one : cases) {
    const double rate = operations(one.hidden) / one.best;
    std::printf("%3lld %3lld   %6lld   %9.1f   %7.1f   %24.2f   %13.2f\n", static_cast<long long>(one.hidden[0]),
                static_cast<long long>(one.hidden[1]), static_cast<long long>(one.threads), one.best * 1e3, rate * 1e-9,
                rate / peak, rate / peak / static_cast<double>(one.threads));
  }
  std::printf("memory beside the policies, hidden 128 128, two threads: %.0f MiB\n", memory);
  return memory < 100 ? 0 : 1;
}
