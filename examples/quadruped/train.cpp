// SPDX-License-Identifier: MIT
// A quadruped learns to trot at a commanded speed: PPO, a critic that sees more than the policy, another world in each
// episode.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>

#include "../vantage-train/program.hpp"
#include "quadruped.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;

struct Settings {
  std::filesystem::path output, robot = "examples/robots/quadruped.xml";
  std::int64_t steps = 3'000'000;
  std::uint64_t seed = 1;
  Index threads = 1;
  bool resume = false;
};

void learn(const Settings& s) {
  using Policy = GaussianPolicy<float>;
  std::filesystem::create_directories(s.output);
  Context context({.seed = s.seed, .threads = s.threads});
  Collector source(VectorEnvironment(quadruped_world(Quadruped(s.robot), true),
                                     {.count = 32, .seed = s.seed, .action_map = ActionMap::clip}),
                   {.steps = 64, .scale_rewards = true});
  const EnvironmentSpec spec = source.spec();
  Agent agent{Policy(spec, {.hidden = {128, 64}, .activation = Activation::elu, .log_std = -0.7}, context.rng()),
              ValueNetwork<float>(spec, {.hidden = {128, 64}, .activation = Activation::elu}, context.rng()),
              Gae{.gamma = 0.98, .lambda = 0.95},
              ValueRegression<float>({.steps = 40, .optimizer = AdamOptions{.learning_rate = 1e-3}, .minibatch = 256}),
              Ppo<Policy>({.optimizer = AdamOptions{.learning_rate = 1e-3},
                           .epochs = 5,
                           .minibatch = 256,
                           .adaptive_rate = {.target_kl = 0.015}})};
  TrainingProgress progress;
  const auto checkpoint = s.output / "checkpoint.safetensors", log = s.output / "progress.csv";
  if (s.resume) load_checkpoint(checkpoint, source, agent, context, progress);
  const auto save = [&] {
    save_checkpoint(checkpoint, source, agent, context, progress);
    save_policy(s.output / "policy.safetensors", agent.policy, source);
  };
  ConsoleProgress console({.plain_seconds = 20});
  train(source, agent, context, {.steps = s.steps}, progress, console,
        s.resume ? CsvLog::resume(log, spec.reward_terms, progress.iterations) : CsvLog(log, spec.reward_terms),
        Every(50, [&](const IterationReport&) { save(); }));
  console.finish();
  save();
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("quadruped-train", [&] {
    Settings s;
    CLI::App app("Teaches a quadruped to trot: writes progress.csv, policy.safetensors and checkpoint.safetensors.",
                 "quadruped-train");
    app.option_defaults()->always_capture_default();
    app.add_option("--output", s.output, "Folder of the run")->required();
    app.add_option("--robot", s.robot, "Its model");
    app.add_option("--steps", s.steps, "Environment steps, those before a resume included");
    app.add_option("--seed", s.seed, "Seed of everything random");
    app.add_option("--threads", s.threads, "Threads; the result does not depend on them");
    app.add_flag("--resume", s.resume, "Go on from the folder's checkpoint");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    learn(s);
    return 0;
  });
}
