// SPDX-License-Identifier: MIT
// Environment steps a second of three things on the same task, interleaved, best of several rounds:
//   bare      mj_step loops written by hand, one mjData a thread, random actions, a reset where the task resets
//   collect   the collector with policy inference, normalisation and episode statistics
//   train     the whole training loop, VPG with K_V = 50
#include <mujoco/mujoco.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using Policy = GaussianPolicy<float>;

double seconds_of(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// steps a second of hand-written loops; an episode ends as in the task, or after 1000 steps
template <class World>
double bare(const World& prototype, Index threads, Index steps_per_thread) {
  const mjModel* model = &prototype.model().get();
  const int frame_skip = prototype.task().frame_skip;
  const bool hopper = prototype.spec().action_size() == 3;
  const auto loop = [&](std::uint64_t stream) {
    Rng rng(7, stream);
    mjData* data = mj_makeData(model);
    const auto reset = [&] {
      mj_resetData(model, data);
      for (int i = 0; i < static_cast<int>(model->nq); ++i) data->qpos[i] += rng.uniform(-0.005, 0.005);
      for (int i = 0; i < static_cast<int>(model->nv); ++i) data->qvel[i] += rng.uniform(-0.005, 0.005);
      mj_forward(model, data);
    };
    reset();
    Index length = 0;
    for (Index step = 0; step < steps_per_thread; ++step) {
      // the untrained policy's own actions: normal with deviation exp(-0.5), clipped
      for (int i = 0; i < static_cast<int>(model->nu); ++i) data->ctrl[i] = std::clamp(0.607 * rng.normal(), -1.0, 1.0);
      for (int i = 0; i < frame_skip; ++i) mj_step(model, data);
      const bool fallen = hopper && (data->qpos[1] <= 0.7 || std::abs(data->qpos[2]) >= 0.2);
      if (++length == 1000 || fallen) {
        reset();
        length = 0;
      }
    }
    mj_deleteData(data);
  };
  const double seconds = seconds_of([&] {
    std::vector<std::thread> others;
    for (Index thread = 1; thread < threads; ++thread) others.emplace_back(loop, static_cast<std::uint64_t>(thread));
    loop(0);
    for (std::thread& other : others) other.join();
  });
  return static_cast<double>(threads * steps_per_thread) / seconds;
}

template <class World>
struct Trainer {
  Context context;
  Collector<World> source;
  Agent<Policy, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<Policy>> agent;
  Batch<float> batch;
  TrainingProgress progress;

  Trainer(const World& world, Index threads)
      : context({.seed = 1, .threads = threads}),
        source(VectorEnvironment<World>(world, {.count = 16, .seed = 1, .action_map = ActionMap::clip_and_rescale}),
               {.steps = 128}),
        agent{Policy(world.spec().observation_size, world.spec().action_size(), {}, context.rng()),
              ValueNetwork<float>(world.spec().observation_size, {}, context.rng()), Gae{},
              // a learning rate of 0: every round does the same physics
              ValueRegression<float>({.steps = 50, .adam = {.learning_rate = 0}}),
              Vpg<Policy>({.adam = {.learning_rate = 0}})} {}

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
  double bare1 = 0, bare2 = 0, collect1 = 0, collect2 = 0, train1 = 0, train2 = 0;
  for (Index round = 0; round < rounds; ++round) {
    bare2 = std::max(bare2, bare(world, 2, 8192));
    collect2 = std::max(collect2, two.collect(8));
    train2 = std::max(train2, two.train_rounds(8));
    bare1 = std::max(bare1, bare(world, 1, 8192));
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
