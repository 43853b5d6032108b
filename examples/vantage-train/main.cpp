// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "check_world.hpp"
#include "methods.hpp"
#include "options.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "run_folder.hpp"
#include "settings.hpp"
#include "tasks.hpp"
#include "updates.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"

volatile std::sig_atomic_t interrupted = 0;

namespace {

using vantage::detail::join;

// the first signal ends training after the iteration; a second one ends the program
extern "C" void on_signal(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

// what --resume lets the command line change: nothing that the numbers depend on, but for where training ends
const std::set<std::string> kChangeable{
    "--output",           "--resume",           "--steps",          "--threads",           "--max-seconds",
    "--checkpoint-every", "--keep-checkpoints", "--evaluate-every", "--evaluate-episodes", "--quiet"};

void check_resume(const CLI::App& app, const Settings& settings) {
  if (settings.overwrite) throw std::invalid_argument("--resume: expected no --overwrite beside it");
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_lnames().empty() ? "" : "--" + option->get_lnames().front();
    if (option->count() > 0 && !kChangeable.contains(name)) {
      throw std::invalid_argument(
          join("--resume: the run goes on with its own configuration; ", name, " cannot be changed"));
    }
  }
  const RunFolder files{settings.output};
  if (!std::filesystem::exists(files.config())) {
    throw std::invalid_argument(
        join("--resume: expected a run in ", settings.output.string(), ", found no config.toml"));
  }
}

using Words = std::vector<std::string>;

// where the value learns in minibatches by default its steps are a number of passes, those of the policy if it has
// some, over the batch that was asked for
void follow(Settings& settings, std::optional<vantage::Index> batch, std::optional<vantage::Index> epochs,
            std::optional<vantage::Index> minibatch) {
  if (settings.minibatch == 0) return;
  const vantage::Index passes = settings.value_steps * settings.minibatch / settings.batch;
  const vantage::Index samples = batch.value_or(settings.batch);
  const vantage::Index size = minibatch.value_or(settings.minibatch);
  const vantage::Index steps = size > 0 ? std::max<vantage::Index>(1, samples / size) : 1;
  settings.value_steps = steps * (settings.epochs > 1 ? epochs.value_or(passes) : passes);
}

// the method's defaults, for a first look at the command line and the configuration that it names
Settings defaults_for(Words words) {
  Settings first;
  CLI::App app;
  app.set_help_flag();
  app.set_config("--config");
  app.allow_extras();
  app.allow_config_extras(CLI::config_extras_mode::ignore_all);
  app.add_option("--task", first.task);
  app.add_option("--update", first.update);
  app.add_flag("--preset", first.preset)->configurable(false);
  app.add_flag("--shared-backbone,!--no-shared-backbone", first.shared_backbone);
  std::optional<vantage::Index> batch, epochs, minibatch;
  app.add_option("--batch", batch);
  app.add_option("--epochs", epochs);
  app.add_option("--minibatch", minibatch);
  try {
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::ParseError&) {
    // the second look tells
  }
  Settings settings = method_defaults(first.update, first.task, first.preset);
  settings.shared_backbone = first.shared_backbone;
  follow(settings, batch, epochs, minibatch);
  settings.threads = std::max<vantage::Index>(1, static_cast<vantage::Index>(std::thread::hardware_concurrency()));
  return settings;
}

bool reads(const Settings& settings, const CLI::Option& option) {
  const auto& names = option.get_lnames();
  return names.empty() || applies(names.front(), settings.update, settings.shared_backbone);
}

void check_options_of_method(const CLI::App& app, const Settings& settings) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || reads(settings, *option)) continue;
    const std::string name = "--" + option->get_lnames().front();
    throw std::invalid_argument(join(name, ": expected no such option beside --update ", settings.update,
                                     settings.shared_backbone ? " --shared-backbone" : "", ", which does not read it"));
  }
}

// what a policy file decides is not for the command line; a configuration may repeat it
void check_warm_start(const Words& words) {
  for (const char* name : {"--hidden", "--activation", "--log-std", "--state-dependent-std", "--no-state-dependent-std",
                           "--output-gain", "--normalize-observations", "--no-normalize-observations"}) {
    for (const std::string& word : words) {
      if (word != name && !word.starts_with(std::string(name) + '=')) continue;
      throw std::invalid_argument(join(name, ": expected no such option beside --policy, whose file decides it"));
    }
  }
}

// Throws: CLI::ParseError
Settings read(CLI::App& app, const Words& words) {
  Settings settings = defaults_for(words);
  add_options(app, settings);
  // --help shows what the method reads
  for (CLI::Option* option : app.get_options()) {
    if (!reads(settings, *option)) option->group("");
  }
  Words reversed(words.rbegin(), words.rend());
  app.parse(std::move(reversed));
  return settings;
}

Settings parse(int argc, char** argv) {
  const char* about =
      "Trains a policy. The folder of the run then holds the policy, a checkpoint, the progress of "
      "training as a table and as a picture, the configuration and a summary.";
  const Words words(argv + 1, argv + argc);
  CLI::App app(about, "vantage-train");
  Settings settings;
  try {
    settings = read(app, words);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  if (!settings.resume) {
    check_options_of_method(app, settings);
    if (!settings.policy.empty()) check_warm_start(words);
    return settings;
  }

  // once more, the folder's configuration behind the command line
  check_resume(app, settings);
  const std::string config = RunFolder{settings.output}.config().string();
  const auto read_again = [&](Words again) {
    again.insert(again.end(), {"--config", config});
    CLI::App second(about, "vantage-train");
    try {
      return read(second, again);
    } catch (const CLI::ParseError& error) {
      throw std::invalid_argument(join(config, ": ", error.what()));
    }
  };
  const Settings original = read_again({"--output", settings.output.string()});
  Settings resumed = read_again(words);
  if (resumed.steps != original.steps && depends_on_steps(original)) {
    throw std::invalid_argument("--steps: expected the run's own, its schedules depend on them");
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

// the network, its normaliser and its action map come from the policy that training starts from
void resolve_warm_start(Settings& settings, const AnyEnvironment& task) {
  const auto file = vantage::load_policy<float>(settings.policy);
  const auto expect = [&](const char* what, vantage::Index expected, vantage::Index found) {
    if (expected == found) return;
    throw std::invalid_argument(join("--policy ", settings.policy.string(), ": expected ", what, " of ", settings.task,
                                     ", ", expected, ", got ", found));
  };
  expect("the observation size", task.spec().observation_size, file.policy.observation_size());
  expect("the number of discrete actions", task.spec().discrete_actions, file.policy.discrete_actions());
  expect("the action size", task.spec().action_size(), file.policy.action_size());
  if (settings.action_map != "auto" && settings.action_map != vantage::kActionMapNames[index_of(file.action_map)]) {
    throw std::invalid_argument(join("--action-map: expected that of the policy, ",
                                     vantage::kActionMapNames[index_of(file.action_map)], ", got ",
                                     settings.action_map));
  }
  settings.action_map = vantage::kActionMapNames[index_of(file.action_map)];
  settings.normalize_observations = file.normalizer.has_value();
  file.policy.visit([&](const auto& policy) {
    constexpr bool is_deterministic =
        std::is_same_v<std::decay_t<decltype(policy)>, vantage::DeterministicPolicy<float>>;
    if (is_deterministic != (settings.update == "epvf")) {
      throw std::invalid_argument(join("--policy ", settings.policy.string(), ": expected a ",
                                       is_deterministic ? "stochastic" : "deterministic", " policy for --update ",
                                       settings.update, ", got a ", is_deterministic ? "deterministic" : "stochastic",
                                       " one"));
    }
    settings.hidden = policy.options().hidden;
    if (settings.hidden.empty()) settings.hidden = {0};
    settings.activation = vantage::kActivationNames[index_of(policy.options().activation)];
    if constexpr (requires { policy.options().log_std; }) {
      settings.log_std = policy.options().log_std;
      settings.state_dependent_std = policy.options().state_dependent_std;
      if (policy.options().log_std_bounds) {
        throw std::invalid_argument(
            join("--policy ", settings.policy.string(), ": expected a log standard deviation without bounds"));
      }
    }
    if constexpr (is_deterministic) {
      settings.output_gain = policy.options().output_gain;
      if (policy.discrete_actions() == 0 && policy.options().squash != vantage::Squash::tanh) {
        throw std::invalid_argument(join("--policy ", settings.policy.string(), ": expected actions squashed by tanh"));
      }
    }
  });
}

// what the parts would refuse too, in words of the command line
void check_combinations(const Settings& settings) {
  const bool is_natural = settings.update == "npg" || settings.update == "trpo";
  if (is_natural && settings.advantage_normalization == "minibatch") {
    throw std::invalid_argument(
        join("--advantage-normalization: expected none or batch, --update ", settings.update, " has no minibatches"));
  }
  if (settings.min_learning_rate > settings.max_learning_rate) {
    throw std::invalid_argument(join("--min-learning-rate: expected at most --max-learning-rate (",
                                     settings.max_learning_rate, "), got ", settings.min_learning_rate));
  }
  if (settings.policy_minibatch > settings.batch) {
    throw std::invalid_argument(
        join("--policy-minibatch: expected at most --batch (", settings.batch, "), got ", settings.policy_minibatch));
  }
  if (settings.recompute_advantages && settings.value_steps % settings.epochs != 0) {
    throw std::invalid_argument(join("--value-steps: expected a multiple of --epochs (", settings.epochs,
                                     ") beside --recompute-advantages, got ", settings.value_steps));
  }
}

// what EPVF's parts would refuse too, in words of the command line
void check_epvf(const Settings& settings, const AnyEnvironment& task) {
  if (task.spec().max_episode_steps == 0) {
    throw std::invalid_argument(
        join("--update: expected a task with a time limit for epvf, ", settings.task, " has none"));
  }
  if (settings.half_precision && settings.minibatch == 0) {
    throw std::invalid_argument("--half-precision: expected --minibatch > 0 beside it, got 0, the whole archive");
  }
  if (settings.value_loss == "clipped") {
    throw std::invalid_argument("--value-loss: expected squared or huber beside --update epvf, got clipped");
  }
}

void resolve(Settings& settings, const AnyEnvironment& task) {
  if (settings.update == "epvf") {
    check_epvf(settings, task);
  } else if (settings.batch % settings.environments != 0) {
    throw std::invalid_argument(
        join("--batch: expected a multiple of --environments (", settings.environments, "), got ", settings.batch));
  }
  check_combinations(settings);
  if (starts_warm(settings)) resolve_warm_start(settings, task);
  const auto& spec = task.spec();
  if (spec.is_discrete()) {
    resolve_discrete(settings);
  } else if (!settings.log_std) {
    settings.log_std = vantage::GaussianPolicyOptions{}.log_std;
  }
  const bool rescales = vantage::can_rescale(spec);
  if (settings.action_map == "auto") settings.action_map = rescales ? "clip_and_rescale" : "none";
  if (settings.action_map == "clip_and_rescale" && !rescales) {
    throw std::invalid_argument(join("--action-map: ", settings.task, " has no finite action bounds to rescale to"));
  }
  if (spec.max_episode_steps == 0 && settings.evaluate_every > 0) {
    throw std::invalid_argument(
        join("--evaluate-every: expected a task with a time limit, ", settings.task, " has none"));
  }
}

int train(int argc, char** argv) {
  Settings settings = parse(argc, argv);
  const AnyEnvironment task = make_task(settings.task, settings.task_options);
  resolve(settings, task);
  if (!settings.resume) RunFolder{settings.output}.prepare(settings.overwrite);
  check_world(task, settings);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  vantage::Context context({.seed = settings.seed, .threads = settings.threads});
  if (settings.update == "epvf") {
    if (settings.representation == "raw") return train_epvf_raw(settings, task, context);
    if (settings.representation == "probing") return train_epvf_probing(settings, task, context);
    return train_epvf_functional(settings, task, context);
  }
  const bool is_discrete = task.spec().is_discrete();
  if (settings.shared_backbone) {
    return is_discrete ? train_shared_categorical(settings, task, context)
                       : train_shared_gaussian(settings, task, context);
  }
  return is_discrete ? train_categorical(settings, task, context) : train_gaussian(settings, task, context);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("vantage-train", [&] { return train(argc, argv); });
}
