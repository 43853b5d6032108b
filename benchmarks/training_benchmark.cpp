// SPDX-License-Identifier: MIT
// Environment steps a second of three things on the same task, interleaved, best of several rounds:
//   bare      mj_step loops written by hand, one mjData a thread, for the physics that collecting asks for
//   collect   the collector with policy inference, normalisation and episode statistics
//   train     the whole training loop, VPG with K_V = 50
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bare_physics.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using namespace vantage::benchmarks;
using Policy = GaussianPolicy<float>;

template <class World>
struct Trainer {
  Context context;
  Collector<Logged<World>> source;
  Agent<Policy, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<Policy>> agent;
  Batch<float> batch;
  TrainingProgress progress;

  Trainer(const World& world, Index threads, bool keeps_log = false)
      : context({.seed = 1, .threads = threads}),
        source(VectorEnvironment<Logged<World>>(Logged<World>(world, keeps_log),
                                                {.count = 16, .seed = 1, .action_map = ActionMap::clip_and_rescale}),
               {.steps = 128}),
        agent{Policy(world.spec().observation_size, world.spec().action_size(), {}, context.rng()),
              ValueNetwork<float>(world.spec().observation_size, {}, context.rng()), Gae{},
              // a learning rate of 0: every round does the same physics
              ValueRegression<float>({.steps = 50, .optimizer = AdamOptions{.learning_rate = 0}}),
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 0}})} {}

  double collect(Index rounds) {
    const double seconds = seconds_of([&] {
      for (Index round = 0; round < rounds; ++round) source.collect(agent.policy, context, batch);
    });
    return static_cast<double>(rounds * source.batch_size()) / seconds;
  }

  double train_rounds(Index rounds) {
    const Index more = rounds * source.batch_size();
    const double seconds =
        seconds_of([&] { train(source, agent, context, {.steps = progress.env_steps + more}, progress); });
    return static_cast<double>(more) / seconds;
  }
};

template <class World>
void compare(const World& world, Index rounds) {
  Trainer<World> one(world, 1);
  Trainer<World> two(world, 2);
  Trainer<World> logged(world, 2, true);
  logged.collect(8);
  const BarePhysics<World> physics1(logged.source.environments(), 1), physics2(logged.source.environments(), 2);
  const auto steps = static_cast<double>(physics1.steps());
  double bare1 = 0, bare2 = 0, collect1 = 0, collect2 = 0, train1 = 0, train2 = 0;
  for (Index round = 0; round < rounds; ++round) {
    bare2 = std::max(bare2, steps / physics2.run());
    collect2 = std::max(collect2, two.collect(8));
    train2 = std::max(train2, two.train_rounds(8));
    bare1 = std::max(bare1, steps / physics1.run());
    collect1 = std::max(collect1, one.collect(4));
    train1 = std::max(train1, one.train_rounds(4));
  }
  std::printf("%s, 16 environments, batch 2048, 64-64 tanh, K_V = 50; steps/s, best of %d rounds\n",
              world.spec().name.c_str(), static_cast<int>(rounds));
  std::printf("            1 thread   2 threads   2 / 1   of bare (2 threads)\n");
  std::printf("  bare    %10.0f  %10.0f   %5.2f\n", bare1, bare2, bare2 / bare1);
  std::printf("  collect %10.0f  %10.0f   %5.2f   %5.2f\n", collect1, collect2, collect2 / collect1, collect2 / bare2);
  std::printf("  train   %10.0f  %10.0f   %5.2f   %5.2f\n", train1, train2, train2 / train1, train2 / bare2);
}

}  // namespace

int main(int argc, char** argv) {
  const Index rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  if (rounds < 1) {
    std::fprintf(stderr, "training_benchmark: expected a number of rounds >= 1, got %s\n", argv[1]);
    return 2;
  }
  compare(mujoco::HalfCheetahEnvironment(), rounds);
  compare(mujoco::HopperEnvironment(), rounds);
  return 0;
}
