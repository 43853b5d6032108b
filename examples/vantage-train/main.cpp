// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "number_checks.hpp"
#include "run_folder.hpp"
#include "settings.hpp"
#include "tasks.hpp"
#include "updates.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/version.hpp"

volatile std::sig_atomic_t interrupted = 0;

namespace {

using vantage::detail::join;

// the first signal ends training after the iteration; a second one ends the program
extern "C" void on_signal(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

void add_options(CLI::App& app, Settings& s) {
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.set_config("--config", "",
                 "TOML file of options, named as here without the dashes; the command line comes first");
  app.allow_config_extras(CLI::config_extras_mode::error);

  const char* task = "Task and method";
  app.add_option("--task", s.task, "Task: " + task_names())->group(task);
  app.add_option("--task-option", s.task_options, "Option of the task, name=value; may be repeated")
      ->type_size(1)
      ->allow_extra_args(false)
      ->group(task);
  app.add_option("--update", s.update, "Policy update")->check(CLI::IsMember({"vpg"}))->group(task);
  app.add_option("--steps", s.steps, "Environment steps in all, rounded up to whole batches")
      ->check(positive)
      ->group(task);
  app.add_option("--environments", s.environments, "Environments stepped side by side")->check(positive)->group(task);
  app.add_option("--batch", s.batch, "Environment steps an iteration, a multiple of --environments")
      ->check(positive)
      ->group(task);
  app.add_option("--seed", s.seed, "Seed of all random streams")->group(task);
  app.add_option("--threads", s.threads, "Threads; the result does not depend on them")->check(positive)->group(task);

  const char* learning = "Learning";
  app.add_option("--value-steps", s.value_steps, "K_V: value steps an iteration")->check(not_negative)->group(learning);
  app.add_option("--minibatch", s.minibatch, "Samples of a value step; 0: the whole batch")
      ->check(not_negative)
      ->group(learning);
  app.add_option("--learning-rate", s.learning_rate, "Learning rate of policy and value")
      ->check(positive)
      ->group(learning);
  app.add_option("--value-learning-rate", s.value_learning_rate, "Learning rate of the value; default: --learning-rate")
      ->check(positive)
      ->group(learning);
  app.add_option("--policy-learning-rate", s.policy_learning_rate,
                 "Learning rate of the policy; default: --learning-rate")
      ->check(positive)
      ->group(learning);
  app.add_option("--learning-rate-schedule", s.learning_rate_schedule,
                 "Over --steps: constant; linear to 0; exponential to a hundredth")
      ->check(CLI::IsMember({"constant", "linear", "exponential"}))
      ->group(learning);
  app.add_option("--max-gradient-norm", s.max_gradient_norm, "l2 norm to which either gradient is clipped; 0: none")
      ->check(not_negative)
      ->group(learning);
  app.add_option("--gamma", s.gamma, "Discount a step")->check(CLI::Range(0.0, 1.0))->group(learning);
  app.add_option("--lambda", s.lambda, "Decay of the advantage estimator a step")
      ->check(CLI::Range(0.0, 1.0))
      ->group(learning);
  app.add_flag("--normalize-advantages,!--no-normalize-advantages", s.normalize_advantages,
               "Advantages to mean 0 and deviation 1 over the batch (default: no)")
      ->group(learning);
  app.add_option("--value-targets", s.value_targets, "What the value is fitted to")
      ->check(CLI::IsMember({"advantage_plus_value", "monte_carlo"}))
      ->group(learning);
  app.add_option("--max-kl", s.max_kl, "Trust region: mean KL of an update, nats; 0: none")
      ->check(not_negative)
      ->group(learning);
  app.add_option("--on-violation", s.on_violation, "What an update that left the trust region leads to")
      ->check(CLI::IsMember({"observe", "stop", "revert"}))
      ->group(learning);

  const char* networks = "Networks";
  app.add_option("--hidden", s.hidden, "Widths of the hidden layers, with commas")
      ->delimiter(',')
      ->check(positive)
      ->group(networks);
  app.add_option("--activation", s.activation, "Non-linearity of the hidden layers")
      ->check(CLI::IsMember({"tanh", "relu", "elu"}))
      ->group(networks);
  app.add_option("--log-std", s.log_std,
                 "Initial log standard deviation of the raw actions, where they are continuous; default: -0.5")
      ->group(networks);
  app.add_flag("--state-dependent-std,!--no-state-dependent-std", s.state_dependent_std,
               "The policy network gives the standard deviation too (default: no)")
      ->group(networks);

  const char* world = "World";
  app.add_flag("--normalize-observations,!--no-normalize-observations", s.normalize_observations,
               "Observations by running moments (default: yes)")
      ->group(world);
  app.add_flag("--scale-rewards,!--no-scale-rewards", s.scale_rewards,
               "Rewards by the running deviation of the discounted return (default: no)")
      ->group(world);
  app.add_option(
         "--action-map", s.action_map,
         "From raw actions to the task's units; auto: clip_and_rescale where the task's bounds are finite, else none")
      ->check(CLI::IsMember({"auto", "none", "clip", "clip_and_rescale"}))
      ->group(world);
  app.add_option("--fault-penalty", s.fault_penalty, "A step that breaks the simulation has minus this reward")
      ->check(not_negative)
      ->group(world);

  const char* files = "Run";
  app.add_option("--output", s.output, "Folder of the run")->required()->configurable(false)->group(files);
  app.add_flag("--resume", s.resume, "Continue the run in the folder, with its configuration")
      ->configurable(false)
      ->group(files);
  app.add_flag("--overwrite", s.overwrite, "Discard the run in the folder")->configurable(false)->group(files);
  app.add_option("--checkpoint-every", s.checkpoint_every, "Iterations between checkpoints; 0: only at the end")
      ->check(not_negative)
      ->group(files);
  app.add_option("--keep-checkpoints", s.keep_checkpoints, "Iterations whose checkpoints are kept, with commas")
      ->delimiter(',')
      ->check(not_negative)
      ->group(files);
  app.add_option("--evaluate-every", s.evaluate_every,
                 "Iterations between evaluations of the stochastic policy; 0: none")
      ->check(not_negative)
      ->group(files);
  app.add_option("--evaluate-episodes", s.evaluate_episodes, "Episodes an evaluation")->check(positive)->group(files);
  app.add_option("--max-seconds", s.max_seconds, "Stop after this wall time, s; 0: never")
      ->check(not_negative)
      ->configurable(false)
      ->group(files);
  app.add_flag("--quiet", s.quiet, "Print nothing but errors")->configurable(false)->group(files);
}

// what --resume lets the command line change: nothing that the numbers depend on, but for where training ends
const std::set<std::string> kChangeable{
    "--output",           "--resume",           "--steps",          "--threads",           "--max-seconds",
    "--checkpoint-every", "--keep-checkpoints", "--evaluate-every", "--evaluate-episodes", "--quiet"};

void check_resume(const CLI::App& app, const Settings& settings) {
  if (settings.overwrite) throw std::invalid_argument("--resume: expected no --overwrite beside it");
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0 && !kChangeable.contains(option->get_name())) {
      throw std::invalid_argument(
          join("--resume: the run goes on with its own configuration; ", option->get_name(), " cannot be changed"));
    }
  }
  const RunFolder files{settings.output};
  if (!std::filesystem::exists(files.config())) {
    throw std::invalid_argument(
        join("--resume: expected a run in ", settings.output.string(), ", found no config.toml"));
  }
}

Settings parse(int argc, char** argv) {
  const auto default_settings = [] {
    Settings settings;
    settings.threads = std::max<vantage::Index>(1, static_cast<vantage::Index>(std::thread::hardware_concurrency()));
    return settings;
  };
  const char* about =
      "Trains a policy. The folder of the run then holds the policy, a checkpoint, the progress of "
      "training as a table and as a picture, the configuration and a summary.";
  Settings settings = default_settings();
  CLI::App app(about, "vantage-train");
  add_options(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  if (!settings.resume) return settings;

  // once more, the folder's configuration behind the command line
  check_resume(app, settings);
  const RunFolder files{settings.output};
  const auto read = [&](std::vector<std::string> arguments) {
    Settings result = default_settings();
    CLI::App again(about, "vantage-train");
    add_options(again, result);
    arguments.insert(arguments.end(), {"--config", files.config().string()});
    std::reverse(arguments.begin(), arguments.end());
    try {
      again.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      throw std::invalid_argument(join(files.config().string(), ": ", error.what()));
    }
    return result;
  };
  const Settings original = read({"--output", settings.output.string()});
  Settings resumed = read({argv + 1, argv + argc});
  if (resumed.steps != original.steps && original.learning_rate_schedule != "constant") {
    throw std::invalid_argument("--steps: expected the run's own, its learning rate schedule depends on them");
  }
  return resumed;
}

// discrete actions have neither a deviation nor a range
void resolve_discrete(Settings& settings) {
  const auto refuse = [&](const char* option) {
    throw std::invalid_argument(
        join(option, ": expected a task with continuous actions, those of ", settings.task, " are discrete"));
  };
  if (settings.log_std) refuse("--log-std");
  if (settings.state_dependent_std) refuse("--state-dependent-std");
  if (settings.action_map == "auto") settings.action_map = "none";
  if (settings.action_map != "none") refuse("--action-map");
}

void resolve(Settings& settings, const AnyEnvironment& task) {
  if (settings.batch % settings.environments != 0) {
    throw std::invalid_argument(
        join("--batch: expected a multiple of --environments (", settings.environments, "), got ", settings.batch));
  }
  const auto& spec = task.spec();
  if (spec.is_discrete()) {
    resolve_discrete(settings);
  } else if (!settings.log_std) {
    settings.log_std = vantage::GaussianPolicyOptions{}.log_std;
  }
  const bool finite = spec.action_low.allFinite() && spec.action_high.allFinite();
  if (settings.action_map == "auto") settings.action_map = finite ? "clip_and_rescale" : "none";
  if (settings.action_map == "clip_and_rescale" && !finite) {
    throw std::invalid_argument(join("--action-map: ", settings.task, " has no finite action bounds to rescale to"));
  }
  if (spec.max_episode_steps == 0 && settings.evaluate_every > 0) {
    throw std::invalid_argument(
        join("--evaluate-every: expected a task with a time limit, ", settings.task, " has none"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Settings settings = parse(argc, argv);
    const AnyEnvironment task = make_task(settings.task, settings.task_options);
    resolve(settings, task);
    if (!settings.resume) RunFolder{settings.output}.prepare(settings.overwrite);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    vantage::Context context({.seed = settings.seed, .threads = settings.threads});
    return train_vpg(settings, task, context);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "vantage-train: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vantage-train: %s\n", error.what());
    return 1;
  }
}
