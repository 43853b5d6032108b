// SPDX-License-Identifier: MIT
// Environment steps a second of two things on the same task and the same episodes, interleaved, best of several rounds:
//   bare      mj_step loops written by hand, one mjData a thread, for the physics that the policies ask for
//   evaluate  the evaluator of a population: M random policies, an episode each
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "bare_physics.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/target_speed_ant.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using namespace vantage::benchmarks;
using Policy = DeterministicPolicy<float>;

constexpr Index kSteps = 250;  // time limit
constexpr PopulationEvaluatorOptions kOptions{.action_map = ActionMap::clip_and_rescale, .max_episode_steps = kSteps};

Matrix<float> random_policies(Index size, Index count) {
  Rng rng(2);
  return Matrix<float>::NullaryExpr(size, count, [&] { return static_cast<float>(rng.uniform(-0.1, 0.1)); });
}

// the evaluator's first call once more, as a loop that keeps a log. Throws unless the returns are the evaluator's
template <class World>
VectorEnvironment<Logged<World>> play_logged(const World& world, const Policy& policy, const Matrix<float>& thetas,
                                             const std::vector<double>& returns) {
  constexpr Index kWorlds = 64;
  VectorEnvironment<Logged<World>> worlds(
      Logged<World>(world, true), {.count = kWorlds, .action_map = kOptions.action_map, .max_episode_steps = kSteps});
  MlpTape<float> tape;
  Matrix<float> observation(policy.observation_size(), 1), action(policy.action_size(), 1);
  for (Index i = 0; i < thetas.cols(); ++i) {
    const Index e = i % kWorlds;
    worlds.rngs(e, 1)[0] = Rng(kOptions.seed, StreamPurpose::population, static_cast<std::uint64_t>(i));
    worlds.reset(e);
    double total = 0;
    for (bool ended = false; !ended;) {
      observation = worlds.observation(e).template cast<float>();
      policy.act(thetas.col(i), observation, action, tape);
      const Transition transition = worlds.template advance<float>(e, action.col(0));
      total += transition.reward;
      ended = transition.ended();
    }
    if (total != returns[static_cast<std::size_t>(i)]) throw std::runtime_error("other returns than the evaluator's");
  }
  return worlds;
}

template <class World>
void compare(const World& world, Index threads, Index most, Index rounds) {
  Context context({.threads = threads});
  const Policy policy(world.spec().observation_size, world.spec().action_size(), {}, context.rng());
  std::printf("%s, 64-64 tanh, %d parameters, episodes of up to %d steps, %d threads; steps/s, best of %d rounds\n",
              world.spec().name.c_str(), static_cast<int>(policy.parameters().size()), static_cast<int>(kSteps),
              static_cast<int>(threads), static_cast<int>(rounds));
  std::printf("     policies       steps        bare    evaluate   of bare   us a step and thread\n");
  for (Index count = 256; count <= most; count *= 4) {
    const Matrix<float> thetas = random_policies(policy.parameters().size(), count);
    PopulationEvaluator<World> evaluator(world, kOptions);
    EpisodeStatistics episodes;
    evaluator(policy, thetas, context, episodes);
    const BarePhysics<World> physics(play_logged(world, policy, thetas, episodes.returns), threads);
    const auto steps = static_cast<double>(physics.steps());
    double bare = 0, evaluate = 0;
    for (Index round = 0; round < rounds; ++round) {
      bare = std::max(bare, steps / physics.run());
      // a fresh one: the same resets in every round
      PopulationEvaluator<World> same(world, kOptions);
      evaluate = std::max(evaluate, steps / seconds_of([&] { same(policy, thetas, context, episodes); }));
    }
    std::printf("  %11d %11.0f %11.0f %11.0f   %7.3f   %7.2f\n", static_cast<int>(count), steps, bare, evaluate,
                evaluate / bare, 1e6 * static_cast<double>(threads) / evaluate);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc > 1 ? argv[1] : "ant";
  const Index threads = argc > 2 ? std::atoi(argv[2]) : 2;
  const Index most = argc > 3 ? std::atoi(argv[3]) : 4096;
  const Index rounds = argc > 4 ? std::atoi(argv[4]) : 3;
  if ((task != "ant" && task != "hopper") || threads < 1 || most < 256 || rounds < 1) {
    std::fprintf(stderr, "usage: population_benchmark [ant | hopper] [threads] [most policies] [rounds]\n");
    return 2;
  }
  if (task == "ant") compare(mujoco::TargetSpeedAntEnvironment(), threads, most, rounds);
  if (task == "hopper") compare(mujoco::HopperEnvironment(), threads, most, rounds);
  return 0;
}
