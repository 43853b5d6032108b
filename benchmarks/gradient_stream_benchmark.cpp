// SPDX-License-Identifier: MIT
// Environment steps a second of one stream of a frozen policy, one thread, interleaved, best of several rounds:
//   collect    the rollouts alone
//   gradients  the same rollouts, their advantages and the gradient after each decade of samples
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bare_physics.hpp"
#include "vantage/diagnostics/gradient_stream.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using vantage::benchmarks::seconds_of;

template <class World>
void compare(const World& world, Index samples, Index rounds) {
  constexpr Index kChunk = 2048;
  Context context;
  const GaussianPolicy<float> policy(world.spec(), {}, context.rng());
  const ValueNetwork<float> value(world.spec(), {}, context.rng());
  Collector<World> source(VectorEnvironment<World>(world, {.count = 1}), {.steps = kChunk});
  Batch<float> batch;
  source.collect(policy, context, batch);
  const AdvantageView<float> advantages = [&](const auto& drawn, Context& own, auto& estimate) {
    Gae{}(drawn, value, own, estimate);
  };
  double collect = 0, gradients = 0;
  for (Index round = 0; round < rounds; ++round) {
    auto alone = source.frozen(1, kChunk, 1);
    collect = std::max(collect, static_cast<double>(samples) / seconds_of([&] {
                                  for (Index done = 0; done < samples; done += kChunk) {
                                    alone.collect(policy, context, batch, std::min(kChunk, samples - done));
                                  }
                                }));
    auto stream = source.frozen(1, kChunk, 1);
    gradients = std::max(gradients, static_cast<double>(samples) / seconds_of([&] {
                                      if (gradient_stream(stream, policy, {advantages},
                                                          {samples / 100, samples / 10, samples}, context)[0][2]
                                              .samples() != samples) {
                                        std::abort();
                                      }
                                    }));
  }
  std::printf("%-12s collect %8.0f  gradients %8.0f steps/s, %.3f of the time\n", world.spec().name.c_str(), collect,
              gradients, collect / gradients);
}

}  // namespace

int main(int argc, char** argv) {
  const Index samples = argc > 1 ? std::atoi(argv[1]) : 20000;
  const Index rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (samples < 100 || rounds < 1) {
    std::fprintf(stderr, "usage: gradient_stream_benchmark [samples] [rounds]\n");
    return 2;
  }
  compare(mujoco::HopperEnvironment(), samples, rounds);
  compare(mujoco::HumanoidEnvironment(), samples, rounds);
  return 0;
}
