// SPDX-License-Identifier: MIT
// One full-batch step of a value network: forward, backward and Adam. First for 2048 samples through 17 -> 64 -> 64 ->
// 1, tanh, beside the same step written by hand with Eigen, then for small networks and for those that legged robots
// are taught with; all beside what one core can multiply and add.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "multiply_add_peak.hpp"
#include "vantage/core/blocks.hpp"
#include "vantage/core/context.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/optim/adam.hpp"

namespace {

using namespace vantage;

constexpr Index kInputs = 17;
constexpr Index kHidden = 64;
constexpr Index kSamples = 2048;
constexpr Index kBlock = 128;

// products of one step: two passes over each layer for the weights' gradient and the value, and one more where there is
// a layer below
double flops_of(const std::vector<Index>& widths, Index samples) {
  double products = 0;
  for (std::size_t layer = 0; layer + 1 < widths.size(); ++layer) {
    products += (layer == 0 ? 2.0 : 3.0) * static_cast<double>(widths[layer] * widths[layer + 1]);
  }
  return 2 * products * static_cast<double>(samples);
}

struct Problem {
  explicit Problem(Index inputs_a_sample = kInputs, Index samples = kSamples)
      : inputs(Matrix<float>::Random(inputs_a_sample, samples)), targets(Vector<float>::Random(samples)) {}
  Matrix<float> inputs;
  Vector<float> targets;
};

/// The step as a careful user of Eigen writes it: no temporaries, blocks that stay in the cache.
class PlainStep {
 public:
  explicit PlainStep(const Vector<float>& theta) : theta_(theta), gradient_(theta.size()) {}

  const Vector<float>& operator()(const Problem& problem) {
    using Weights = Eigen::Map<Matrix<float>>;
    float* p = theta_.data();
    float* g = gradient_.data();
    const Weights w1(p, kHidden, kInputs), w2(p + kSecond, kHidden, kHidden), w3(p + kThird, 1, kHidden);
    Weights g1(g, kHidden, kInputs), g2(g + kSecond, kHidden, kHidden), g3(g + kThird, 1, kHidden);
    const auto b1 = theta_.segment(kHidden * kInputs, kHidden), b2 = theta_.segment(kThird - kHidden, kHidden);
    gradient_.setZero();
    for (Index first = 0; first < kSamples; first += kBlock) {
      const auto x = problem.inputs.middleCols(first, kBlock);
      h1_.noalias() = w1 * x;
      h1_.colwise() += b1;
      h1_.array() = h1_.array().tanh();
      h2_.noalias() = w2 * h1_;
      h2_.colwise() += b2;
      h2_.array() = h2_.array().tanh();
      y_.noalias() = w3 * h2_;
      y_.array() += theta_(theta_.size() - 1) - problem.targets.segment(first, kBlock).transpose().array();
      y_ *= 2.0F / kSamples;
      g3.noalias() += y_ * h2_.transpose();
      gradient_(gradient_.size() - 1) += y_.sum();
      d_.noalias() = w3.transpose() * y_;
      d_.array() *= 1 - h2_.array().square();
      g2.noalias() += d_ * h1_.transpose();
      gradient_.segment(kThird - kHidden, kHidden) += d_.rowwise().sum();
      e_.noalias() = w2.transpose() * d_;
      e_.array() *= 1 - h1_.array().square();
      g1.noalias() += e_ * x.transpose();
      gradient_.segment(kHidden * kInputs, kHidden) += e_.rowwise().sum();
    }
    adam_.step(theta_, gradient_);
    return gradient_;
  }

 private:
  static constexpr Index kSecond = kHidden * (kInputs + 1);
  static constexpr Index kThird = kSecond + kHidden * (kHidden + 1);
  Vector<float> theta_;
  Vector<float> gradient_;
  Matrix<float> h1_{kHidden, kBlock}, h2_{kHidden, kBlock}, y_{1, kBlock}, d_{kHidden, kBlock}, e_{kHidden, kBlock};
  Adam<float> adam_;
};

/// The same step with the library.
class LibraryStep {
 public:
  LibraryStep(const Mlp& mlp, const Vector<float>& theta, Index threads)
      : mlp_(mlp), theta_(theta), gradient_(theta.size()), context_({.threads = threads}) {}

  const Vector<float>& operator()(const Problem& problem) {
    const Index samples = problem.targets.size();
    block_sum(context_, samples, gradient_, [&](Index first, Index count, Index worker, VectorRef<float> partial) {
      auto& tape = context_.local<MlpTape<float>>(worker);
      const auto x = problem.inputs.middleCols(first, count);
      auto error = mlp_.forward(theta_, x, tape);
      error = (error - problem.targets.segment(first, count).transpose()) * (2.0F / static_cast<float>(samples));
      mlp_.backward(theta_, x, tape, error, partial);
    });
    adam_.step(theta_, gradient_);
    return gradient_;
  }

 private:
  const Mlp& mlp_;
  Vector<float> theta_;
  Vector<float> gradient_;
  Context context_;
  Adam<float> adam_;
};

template <class Step>
double time_steps(Step& step, const Problem& problem, int steps = 10) {
  const double start = seconds();
  for (int i = 0; i < steps; ++i) step(problem);
  return (seconds() - start) / steps;
}

// the library alone, one thread, beside the peak in the same rounds
void measure(const std::vector<Index>& widths, Activation activation, Index samples) {
  const Mlp mlp(widths, activation);
  Rng rng(1);
  Vector<float> theta(mlp.parameter_count());
  mlp.initialize(theta, {}, rng);
  const Problem problem(widths.front(), samples);
  LibraryStep step(mlp, theta, 1);
  step(problem);
  const double flops = flops_of(widths, samples);
  // a fifth of a second at 50 GFLOP/s in all, three rounds at least
  const int rounds = std::max(3, static_cast<int>(1e10 / flops));
  double best_peak = 0;
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    best_peak = std::max(best_peak, multiply_add_peak());
    best = std::min(best, time_steps(step, problem, 1));
  }
  std::string shape;
  for (const Index width : widths) shape += (shape.empty() ? "" : "-") + std::to_string(width);
  std::printf("%-22s %-5s %7td %10.3f %9.1f %7.2f\n", shape.c_str(),
              std::string(kActivationNames[static_cast<std::size_t>(activation)]).c_str(), samples, best * 1e3,
              flops / best * 1e-9, flops / best / best_peak);
}

}  // namespace

int main() {
  const std::vector<Index> widths{kInputs, kHidden, kHidden, 1};
  const double flops = flops_of(widths, kSamples);
  const Mlp mlp(widths);
  Rng rng(1);
  Vector<float> theta(mlp.parameter_count());
  mlp.initialize(theta, {}, rng);
  const Problem problem;
  PlainStep plain(theta);
  LibraryStep one(mlp, theta, 1);
  LibraryStep two(mlp, theta, 2);
  const Vector<float> expected = plain(problem);
  const float difference = (one(problem) - expected).norm() / expected.norm();

  // interleaved, and the best of many: the machine's speed drifts
  double best_peak = 0;
  double best_plain = std::numeric_limits<double>::infinity();
  double best_one = best_plain;
  double best_two = best_plain;
  for (int round = 0; round < 100; ++round) {
    best_peak = std::max(best_peak, multiply_add_peak());
    best_plain = std::min(best_plain, time_steps(plain, problem));
    best_one = std::min(best_one, time_steps(one, problem));
    best_two = std::min(best_two, time_steps(two, problem));
  }
  std::printf("one value step: %.1f MFLOP in products, vectors of %d bytes\n", flops * 1e-6, detail::kVectorBytes);
  std::printf("peak of one core          %7.1f GFLOP/s\n", best_peak * 1e-9);
  const auto line = [&](const char* name, double time) {
    std::printf("%-25s %7.1f us  %7.1f GFLOP/s  %.2f of peak  %.2f x plain Eigen\n", name, time * 1e6,
                flops / time * 1e-9, flops / time / best_peak, best_plain / time);
  };
  line("plain Eigen, one thread", best_plain);
  line("vantage, one thread", best_one);
  line("vantage, two threads", best_two);
  std::printf("two threads / one         %7.2f x\n", best_one / best_two);
  std::printf("gradients differ by       %7.1e of their norm\n", static_cast<double>(difference));

  std::printf("\n%-22s %-5s %7s %10s %9s %7s\n", "network", "", "samples", "ms", "GFLOP/s", "of peak");
  measure({3, 32, 32, 1}, Activation::tanh, 1024);
  measure({3, 64, 64, 1}, Activation::tanh, 256);
  for (const Index samples : {1024, 16384, 65536}) {
    for (const Activation activation : {Activation::tanh, Activation::elu}) {
      measure({48, 128, 128, 1}, activation, samples);
      measure({48, 256, 256, 1}, activation, samples);
      measure({48, 512, 256, 128, 1}, activation, samples);
      measure({235, 512, 256, 128, 1}, activation, samples);
      measure({400, 512, 512, 1}, activation, samples);
    }
  }
  return difference < 1e-5F ? 0 : 1;
}
