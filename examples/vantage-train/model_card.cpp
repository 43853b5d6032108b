// SPDX-License-Identifier: MIT
#include "model_card.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <vector>

#include "option_values.hpp"
#include "presets.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/io/json_scanner.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/train/report.hpp"
#include "vantage/version.hpp"

namespace {

using vantage::detail::join;

// the checksum of the card follows
constexpr std::string_view kMark =
    "---\n# written by vantage-train, which leaves it alone once it is changed; checksum ";

/// A word as a shell takes it.
std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-+=.,:/@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (is_plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Films of the folder, as vantage-render makes them.
std::vector<std::string> films(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".mp4" || extension == ".webm" || extension == ".gif") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A file of the folder in a link.
std::string link(const std::string& name) { return '<' + name + '>'; }

/// What the policy reached, and of what: the last evaluation, or training's own last episodes.
struct Result {
  double mean = 0;
  double deviation = 0;
  std::string of;
};

Result result_of(const vantage::TrainingProgress& progress, const EvaluationSummary& evaluation) {
  if (std::isfinite(evaluation.last_return)) {
    return {evaluation.last_return, evaluation.last_deviation,
            join("Return of the evaluation after ", evaluation.last_steps, " environment steps")};
  }
  return {progress.mean_return_last_100(), vantage::deviation(progress.recent_returns),
          join("Return of the last ", progress.recent_returns.size(), " episodes of training")};
}

std::string front_matter(const Settings& settings, const std::string& method, const Result& result) {
  const std::string task = vantage::json_quote(settings.task);
  std::ostringstream text;
  text << kMark << std::string(vantage::kChecksumDigits, '0') << "\n"
       << "# license: the one under which the policy may be used, which its owner chooses\n"
       << "library_name: vantage\npipeline_tag: reinforcement-learning\ntags:\n- " << task
       << "\n- deep-reinforcement-learning\n- reinforcement-learning\n- vantage\n- " << settings.update << '\n';
  // hubs refuse a result without a number
  if (std::isfinite(result.mean)) {
    text << "model-index:\n- name: " << method << "\n  results:\n  - task:\n      type: reinforcement-learning\n"
         << "      name: reinforcement-learning\n    dataset:\n      name: " << task << "\n      type: " << task
         << "\n    metrics:\n    - type: mean_reward\n      value: " << number(result.mean) << " +/- "
         << number(result.deviation) << "\n      name: mean_reward\n      verified: false\n";
  }
  text << "---\n";
  return text.str();
}

std::string policy_words(const Settings& settings, const vantage::EnvironmentSpec& spec) {
  std::string widths;
  for (const vantage::Index width : settings.hidden) {
    if (width > 0) widths += (widths.empty() ? "" : "-") + std::to_string(width);
  }
  const std::string network =
      join(widths.empty() ? "a linear map" : join("a ", widths, " ", settings.activation, " network"),
           settings.layer_norm ? " with layer norm" : "",
           settings.encoder == "none" ? std::string() : join(" behind an encoder ", settings.encoder));
  std::string actions;
  for (const vantage::Index count : spec.choices()) {
    actions += join(actions.empty() ? "" : " and ", "one of ", count, " actions");
  }
  if (!spec.is_discrete()) actions = join(spec.action_size(), " actions");
  return join(network, " from ", spec.observation_size, " observations to ", actions);
}

}  // namespace

std::string command_of(const Settings& settings) {
  const Settings defaults = method_defaults(settings.update, settings.task, settings.preset);
  std::string command = "vantage-train";
  for (const Option& option : all_options()) {
    if (option.stored == Stored::never || !why_not_read(option, settings).empty()) continue;
    // they change nothing of the result; and a policy file decides what it decides
    if (option.name == "threads" || (option.of_policy_file && !settings.policy.empty())) continue;
    // the default of the value steps follows other options, and the preset is one of its own defaults
    const bool is_always = option.name == "task" || option.name == "update" || option.name == "steps" ||
                           option.name == "seed" || option.name == "value-steps" ||
                           (option.name == "preset" && settings.preset != "false");
    if (!is_always && same_value(option, settings, defaults)) continue;
    const std::string value = value_text(option, settings);
    if (is_flag(option) && value != "true" && value != "false") {
      command += join(' ', dashed(option), ' ', value);
    } else if (is_flag(option)) {
      command += join(' ', value == "true" ? "--" : "--no-", option.name);
    } else if (option.name == "task-option") {
      for (const std::string& word : settings.task_options) command += join(' ', dashed(option), ' ', shell_word(word));
    } else if (!value.empty()) {
      command += join(' ', dashed(option), value.starts_with('-') ? '=' : ' ', shell_word(value));
    }
  }
  // a folder that ends with a slash has no name
  std::filesystem::path folder = std::filesystem::absolute(settings.output).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return command + " --output " + shell_word(folder.filename().string());
}

bool is_our_card(const std::filesystem::path& path) {
  if (std::error_code error; !std::filesystem::is_regular_file(path, error)) return false;
  const std::string text = vantage::read_file(path);
  if (!text.starts_with(kMark) || text.size() < kMark.size() + vantage::kChecksumDigits) return false;
  return text.substr(kMark.size(), vantage::kChecksumDigits) == vantage::embedded_checksum(text, kMark.size());
}

void write_model_card(const RunFolder& files, const Settings& settings, const vantage::EnvironmentSpec& spec,
                      const vantage::TrainingProgress& progress, const EvaluationSummary& evaluation,
                      const std::string& stop_reason) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(files.card(), error)) && !is_our_card(files.card())) {
    if (!settings.quiet) std::printf("no model card: README.md is not as vantage-train wrote it, and stays\n");
    return;
  }
  const std::string method = upper(settings.update);
  const Result result = result_of(progress, evaluation);
  std::ostringstream text;
  text << front_matter(settings, method, result) << "\n# " << method << " on " << settings.task
       << "\n\nA policy for the task " << settings.task << ", " << policy_words(settings, spec)
       << ", learned with vantage by " << method << " in " << progress.env_steps << " environment steps";
  if (stop_reason == "finished") text << ".\n";
  else text << "; the run, of " << settings.steps << " steps, ended early: " << stop_reason << ".\n";

  text << "\n| | |\n|---|---|\n";
  if (std::isfinite(result.mean)) {
    text << "| " << result.of << " | " << number(result.mean) << " +/- " << number(result.deviation) << " |\n";
  }
  if (std::isfinite(evaluation.best_return)) {
    text << "| Best mean return of an evaluation (best_policy.safetensors) | " << number(evaluation.best_return)
         << " |\n";
  }
  text << "| Iterations | " << progress.iterations << " |\n| Episodes | " << progress.episodes
       << " |\n| Episodes or resets in which the simulation broke down | " << progress.faults << " |\n| Wall time, s | "
       << number(progress.wall_seconds) << " |\n";
  if (std::isfinite(result.mean)) {
    text << "\nReturns are sums of the task's own rewards over whole episodes: mean +/- standard deviation over the "
            "episodes.\n";
  }
  if (std::filesystem::exists(files.learning_curve())) {
    text << "\n![Learning curve](" << files.learning_curve().filename().string() << ")\n";
  }
  for (const std::string& film : films(files.folder)) {
    text << '\n' << (film.ends_with(".gif") ? "![Film]" : "[Film]") << '(' << link(film) << ")\n";
  }

  text
      << "\n## Training\n\n```\n"
      << command_of(settings)
      << "\n```\n\nThe same versions on the same kind of processor give the same policy to the bit, with any number of "
         "threads.\n`vantage-train --config config.toml --output another` does the same from the file in this folder; "
         "`progress.csv` is the course\nof training.\n"
      << "\n## Use\n\n```\nvantage-eval policy.safetensors --episodes 10\n```\n\nIn C++, without MuJoCo; observations "
         "and actions are in the task's own units:\n\n```cpp\n#include <vantage/policy/deployed_policy.hpp>\n\n"
         "int main() {\n"
         "  auto policy = vantage::DeployedPolicy<float>::load(\"policy.safetensors\");\n"
      << "  vantage::Vector<double> observation = vantage::Vector<double>::Zero(" << spec.observation_size
      << ");\n  vantage::Vector<double> action(" << spec.action_size()
      << ");\n  policy.act(observation, action);\n}\n```\n"
      << "\n## Versions\n\nvantage " << VANTAGE_VERSION << ", MuJoCo " << vantage::mujoco::version_text()
      << "\n\n## Licence\n\nNone is chosen yet: say it here, and as `license:` at the top.\n";

  std::string card = text.str();
  card.replace(kMark.size(), vantage::kChecksumDigits, vantage::embedded_checksum(card, kMark.size()));
  vantage::write_file_atomically(files.card(), card);
}
