// SPDX-License-Identifier: MIT
#include "configuration.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "config_file.hpp"
#include "fast_recipes.hpp"
#include "presets.hpp"
#include "run_folder.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/nn/encoder_text.hpp"
#include "warm_start.hpp"

namespace {

using vantage::detail::join;

const Option& row(std::string_view name) { return *find_option(name); }

bool is_given(const GivenOptions& given, std::string_view name) { return given.contains(&row(name)); }

void read_if_given(const GivenOptions& given, std::string_view name, Settings& settings) {
  const auto found = given.find(&row(name));
  if (found != given.end()) read_value(row(name), found->second, settings);
}

/// What decides the defaults of all other options.
Settings defaults_for(const GivenOptions& given) {
  Settings first = method_defaults("vpg", "", "false");
  for (const char* name : {"task", "update", "preset"}) read_if_given(given, name, first);
  if (first.preset == "fast" && !is_given(given, "update")) first.update = fast_recipe(first.task).update;
  return method_defaults(first.update, first.task, first.preset);
}

// where the value learns in minibatches by default its steps are a number of passes, those of the policy if it has
// some, over the batch that was asked for
void follow_batch(const Settings& defaults, Settings& settings) {
  if (defaults.minibatch == 0 || plays_populations(defaults)) return;
  const vantage::Index passes = defaults.value_steps * defaults.minibatch / defaults.batch;
  const vantage::Index steps =
      settings.minibatch > 0 ? std::max<vantage::Index>(1, settings.batch / settings.minibatch) : 1;
  settings.value_steps = steps * (defaults.epochs > 1 ? settings.epochs : passes);
}

/// Texts that mean the same wherever they are read, and in whatever order.
void settle_texts(Settings& settings) {
  std::vector<std::string> log;
  for (const std::string_view form : row("log").choices) {
    const bool is_asked = std::find(settings.log.begin(), settings.log.end(), form) != settings.log.end();
    if (is_asked || form == "csv") log.emplace_back(form);
  }
  settings.log = std::move(log);
  for (std::filesystem::path* path :
       {&settings.policy, &settings.demonstrations, &settings.normalizer, &settings.archive, &settings.value_from}) {
    if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal();
  }
  settings.task_options = settled_options(settings.task, settings.task_options);
}

Settings settings_of(const GivenOptions& given) {
  const Settings defaults = defaults_for(given);
  Settings settings = defaults;
  for (const auto& [option, what] : given) read_value(*option, what, settings);
  if (!is_given(given, "value-steps")) follow_batch(defaults, settings);
  settle_texts(settings);
  return settings;
}

/// The configuration file behind the command line.
GivenOptions with_config(GivenOptions given) {
  Settings named;
  read_if_given(given, "config", named);
  if (named.config.empty()) return given;
  given.merge(read_config(named.config));
  return given;
}

/// What was asked for and nothing reads; a file may repeat a default.
void check_read(const GivenOptions& given, const Settings& settings) {
  const Settings defaults = defaults_for(given);
  for (const auto& [option, what] : given) {
    const std::string why = why_not_read(*option, settings);
    if (why.empty() || (what.by_file && same_value(*option, settings, defaults))) continue;
    throw std::invalid_argument(join(what.where, ": ", why));
  }
}

/// A recipe and its method belong together.
void check_recipe(const Settings& settings) {
  if (settings.preset != "fast") return;
  const std::string_view method = fast_recipe(settings.task).update;
  if (settings.update == method) return;
  throw std::invalid_argument(join("--update: expected ", method, ", by which --preset fast learns ", settings.task,
                                   ", or none beside it, got ", settings.update));
}

/// Whether what is learned depends on where training ends.
bool depends_on_steps(const Settings& settings) {
  if (plays_populations(settings)) return settings.policy_learning_rate_end.has_value();
  return settings.learning_rate_schedule != "constant" ||
         settings.clip_range_end.value_or(settings.clip_range) != settings.clip_range ||
         settings.entropy_coefficient_end.value_or(settings.entropy_coefficient) != settings.entropy_coefficient;
}

/// The settings of the run in the folder, and what the command line may change of them.
Settings resumed(const GivenOptions& line, const GivenOptions& asked) {
  Settings command;
  for (const char* name : {"output", "overwrite"}) read_if_given(line, name, command);
  if (command.overwrite) throw std::invalid_argument("--resume: expected no --overwrite beside it");
  const std::filesystem::path path = RunFolder{command.output}.config();
  // what cannot be looked at, such as a name that is too long, is not there
  if (std::error_code error; !std::filesystem::exists(path, error)) {
    throw std::invalid_argument(
        join("--resume: expected a run in ", command.output.string(), ", found no config.toml"));
  }
  GivenOptions own = read_config(path);
  const Settings original = settings_of(own);
  Settings settings = original;
  for (const auto& [option, what] : asked) read_value(*option, what, settings);
  settle_texts(settings);
  const auto shown = [](const Option& option, const Settings& s) {
    const std::string text = value_text(option, s);
    return text.empty() ? std::string("none") : text;
  };
  for (const auto& [option, what] : asked) {
    if (option->stored != Stored::always || same_value(*option, settings, original)) continue;
    throw std::invalid_argument(join(what.where, ": expected ", shown(*option, original),
                                     " as the run in the folder, which --resume goes on with, got ",
                                     shown(*option, settings)));
  }
  if (settings.steps != original.steps && depends_on_steps(original)) {
    throw std::invalid_argument(join("--steps: expected the run's own, ", original.steps,
                                     ", on which its schedules depend, got ", settings.steps));
  }
  return settings;
}

// what the parts would refuse too, in words of the command line
void check_combinations(const Settings& settings) {
  const bool is_natural = (method_set(settings.update) & kNatural) != 0;
  if (!plays_populations(settings) && settings.batch % settings.environments != 0) {
    throw std::invalid_argument(
        join("--batch: expected a multiple of --environments (", settings.environments, "), got ", settings.batch));
  }
  if (is_natural && settings.advantage_normalization == "minibatch") {
    throw std::invalid_argument(
        join("--advantage-normalization: expected none or batch, --update ", settings.update, " has no minibatches"));
  }
  if (!settings.policy.empty() && !settings.demonstrations.empty()) {
    throw std::invalid_argument(
        join("--demonstrations: expected no --policy beside it, got ", settings.policy.string()));
  }
  if (!settings.policy.empty() && !settings.normalizer.empty()) {
    throw std::invalid_argument(
        join("--normalizer: expected no --policy beside it, which has one, got ", settings.policy.string()));
  }
  if (settings.min_learning_rate > settings.max_learning_rate) {
    throw std::invalid_argument(join("--min-learning-rate: expected at most --max-learning-rate (",
                                     settings.max_learning_rate, "), got ", settings.min_learning_rate));
  }
  if (settings.min_value_steps > settings.value_steps) {
    throw std::invalid_argument(join("--min-value-steps: expected at most --value-steps (", settings.value_steps,
                                     "), got ", settings.min_value_steps));
  }
  if (settings.value_step_rule == "bound" && settings.diagnose.find("values") != std::string::npos) {
    throw std::invalid_argument(
        "--diagnose: expected none or gradients beside --value-step-rule bound, which holds no samples out, got " +
        settings.diagnose);
  }
  if (settings.value == "policy-conditioned" && settings.diagnose.find("values") != std::string::npos) {
    throw std::invalid_argument(
        "--diagnose: expected none or gradients beside --value policy-conditioned, which holds no samples out, got " +
        settings.diagnose);
  }
  if (settings.value == "policy-conditioned" && settings.representation.find("raw") != std::string::npos) {
    throw std::invalid_argument("--representation: expected probing or functional beside --update " + settings.update +
                                ", got " + settings.representation);
  }
  if (settings.policy_minibatch > settings.batch) {
    throw std::invalid_argument(
        join("--policy-minibatch: expected at most --batch (", settings.batch, "), got ", settings.policy_minibatch));
  }
  if (settings.recompute_advantages && settings.value_steps % settings.epochs != 0) {
    throw std::invalid_argument(join("--value-steps: expected a multiple of --epochs (", settings.epochs,
                                     ") beside --recompute-advantages, got ", settings.value_steps));
  }
  if (settings.max_ratio != 0 && settings.max_ratio < 1) {
    throw std::invalid_argument(join("--max-ratio: expected 0 or a number >= 1, got ", settings.max_ratio));
  }
  const auto& hidden = settings.hidden;
  if (hidden.size() > 1 && std::find(hidden.begin(), hidden.end(), 0) != hidden.end()) {
    throw std::invalid_argument("--hidden: expected widths > 0, or 0 alone for no hidden layers");
  }
}

// an encoder for so many numbers that are seen, in words of the command line
void check_encoder(const char* name, const std::string& encoder, vantage::Index seen) {
  if (encoder == "none") return;
  vantage::Index sum = 0;
  try {
    for (const vantage::EncoderPart& part : vantage::encoder_parts(encoder)) sum += part.size;
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument(join(name, ": expected none or parts such as 48:64+187:128,64, got ", encoder));
  }
  if (sum != seen) throw std::invalid_argument(join(name, ": expected parts of ", seen, " numbers in all, got ", sum));
}

// what the parts of methods with populations would refuse too, in words of the command line
void check_population(const Settings& settings, const AnyEnvironment& task) {
  if (task.spec().max_episode_steps == 0) {
    throw std::invalid_argument(
        join("--update: expected a task with a time limit for ", settings.update, ", ", settings.task, " has none"));
  }
  if (settings.update == "epvf" && settings.half_precision && settings.minibatch == 0) {
    throw std::invalid_argument("--half-precision: expected --minibatch > 0 beside it, got 0, the whole archive");
  }
  if (settings.value_loss == "clipped") {
    throw std::invalid_argument("--value-loss: expected squared or huber beside --update epvf, got clipped");
  }
  if (settings.diagnose != "none" && settings.diagnose != "values") {
    throw std::invalid_argument("--diagnose: expected none or values beside --update epvf, got " + settings.diagnose);
  }
  if (settings.update != "ars") return;
  if (settings.population % 2 != 0) {
    throw std::invalid_argument(
        join("--population: expected pairs beside --update ars, an even number, got ", settings.population));
  }
  if (settings.top_directions > settings.population / 2) {
    throw std::invalid_argument(join("--top-directions: expected at most half of --population (", settings.population,
                                     "), got ", settings.top_directions));
  }
}

void fit_to_task(Settings& settings, const AnyEnvironment& task) {
  const auto& spec = task.spec();
  const bool rescales = vantage::can_rescale(spec);
  check_encoder("--encoder", settings.encoder, spec.observation_size);
  if (settings.value_encoder != "same") {
    check_encoder("--value-encoder", settings.value_encoder, spec.value_input_size());
  }
  if (spec.is_discrete()) {
    settings.action_map = "none";
  } else if (settings.action_map == "auto") {
    settings.action_map = rescales ? "clip_and_rescale" : "none";
  }
  if (settings.action_map.ends_with("_and_rescale") && !rescales) {
    throw std::invalid_argument(join("--action-map: ", settings.task, " has no finite action bounds to rescale to"));
  }
  for (const vantage::Index i : settings.normalize_except) {
    if (i < spec.observation_size) continue;
    throw std::invalid_argument(
        join("--normalize-except: expected components from 0 to ", spec.observation_size - 1, ", got ", i));
  }
  if (spec.max_episode_steps == 0 && settings.evaluate_every > 0) {
    throw std::invalid_argument(
        join("--evaluate-every: expected a task with a time limit, ", settings.task, " has none"));
  }
}

}  // namespace

Configuration configure(const GivenOptions& line, const TaskMaker& make) {
  if (!is_given(line, "output")) throw std::invalid_argument("--output: expected the folder of the run");
  const GivenOptions given = with_config(line);
  Settings command;
  read_if_given(line, "resume", command);
  Settings settings = command.resume ? resumed(line, given) : settings_of(given);
  // a run goes on with what it has, also where a recipe has changed since
  if (!command.resume) check_recipe(settings);
  AnyEnvironment task = make(settings.task, settings.task_options);
  settings.discrete_actions = task.spec().is_discrete();
  settings.model_fingerprint = task.fingerprint();
  check_read(given, settings);
  check_combinations(settings);
  if (plays_populations(settings)) check_population(settings, task);
  if (starts_warm(settings)) take_from_policy(given, settings, task);
  fit_to_task(settings, task);
  return {std::move(settings), std::move(task)};
}

Settings defaults_of(const GivenOptions& line) {
  try {
    return defaults_for(with_config(line));
  } catch (const std::invalid_argument&) {
    return method_defaults("vpg", "", "false");
  }
}
