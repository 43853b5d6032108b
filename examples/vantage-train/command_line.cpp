// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "nearest.hpp"
#include "tasks.hpp"
#include "vantage/core/error.hpp"

namespace {

using vantage::detail::join;

constexpr std::string_view kNo = "--no-";
constexpr const char* kAbout =
    "Trains a policy. The folder of the run then holds the policy, a checkpoint, the progress of training as a table "
    "and "
    "as a picture, the configuration and a summary.";

/// Declares the options, in their order; `defaults`, which may be null, are shown.
std::vector<CLI::Option*> declare(CLI::App& app, const Settings* defaults) {
  std::vector<CLI::Option*> declared;
  for (const Option& option : all_options()) {
    const std::string name = dashed(option);
    const std::string about = described(option) + (option.name == "task" ? ": " + task_names() : "");
    CLI::Option* made = nullptr;
    if (is_flag(option)) {
      made = app.add_flag(name + ",!" + join(kNo, option.name), about);
      made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    } else {
      made = app.add_option(
          name, [](const CLI::results_t&) { return true; }, about);
      // all that is said is looked at, so that nothing said twice is lost
      made->type_size(1)->expected(1, CLI::detail::expected_max_vector_size);
      made->allow_extra_args(is_list(option) && option.name != "task-option");
    }
    made->group(std::string(kGroups[static_cast<std::size_t>(option.group)].title));
    if (defaults != nullptr) {
      const std::string value = value_text(option, *defaults);
      made->option_text(join('[', value.empty() ? std::string(option.absent) : value, ']'));
      if ((option.methods & method_set(defaults->update)) == 0) made->group("");
    }
    declared.push_back(made);
  }
  return declared;
}

/// What a command line may say.
struct Declared {
  Declared() {
    app.allow_extras();
    app.set_version_flag("--version", "");
    options = declare(app, nullptr);
    table = app.add_flag("--options-table")->group("");
  }

  CLI::App app{kAbout, "vantage-train"};
  std::vector<CLI::Option*> options;
  CLI::Option* table = nullptr;
};

[[noreturn]] void refuse_word(const std::string& word) {
  if (!word.starts_with("--")) {
    throw std::invalid_argument(join("expected options, which begin with --, got \"", word, '"'));
  }
  std::vector<std::string> known{"--help", "--version"};
  for (const Option& option : all_options()) {
    known.push_back(dashed(option));
    if (is_flag(option)) known.push_back(join(kNo, option.name));
  }
  const std::string name = word.substr(0, word.find('='));
  throw std::invalid_argument(join(name, ": there is no such option; the nearest is ", nearest(name, known)));
}

/// "--randomise a b" says "--task-option randomise=a,b" in fewer words.
std::vector<std::string> with_task_option(const std::vector<std::string>& words) {
  constexpr std::string_view kOption = "--randomise";
  std::vector<std::string> result;
  std::string drawn;
  bool reads = false;
  bool is_asked = false;
  for (const std::string& word : words) {
    const bool starts = word == kOption || word.starts_with(join(kOption, '='));
    if (word.starts_with("--")) reads = starts;
    is_asked = is_asked || starts;
    if (!reads) {
      result.push_back(word);
    } else if (word != kOption) {
      drawn += (drawn.empty() ? "" : ",") + (starts ? word.substr(kOption.size() + 1) : word);
    }
  }
  if (is_asked && drawn.empty()) {
    throw std::invalid_argument(join(kOption, ": expected quantity=low:high, got nothing"));
  }
  if (is_asked) result.insert(result.end(), {"--task-option", "randomise=" + drawn});
  return result;
}

/// What is said with --no- is false, and has no value to give; CLI11 would read one, as a number to be negated.
void refuse_value_of_negated(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (!word.starts_with(kNo) || equals == std::string::npos) return;
  const Option* option = find_option(word.substr(kNo.size(), equals - kNo.size()));
  if (option == nullptr || !is_flag(*option)) return;
  throw std::invalid_argument(join(word.substr(0, equals), ": takes no value, got \"", word.substr(equals + 1), '"'));
}

/// As the words are, but that a flag with choices and the word behind it are one: --preset fast, --preset=fast.
std::vector<std::string> with_choices(const std::vector<std::string>& words) {
  std::vector<std::string> joined;
  for (const std::string& word : words) {
    const std::string before = joined.empty() ? "" : joined.back();
    const Option* option = before.starts_with("--") ? find_option(before.substr(2)) : nullptr;
    if (option != nullptr && is_flag(*option) && !option->choices.empty() && !word.starts_with("-")) {
      joined.back() += '=' + word;
    } else {
      joined.push_back(word);
    }
  }
  return joined;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& typed) {
  for (const std::string& word : typed) refuse_value_of_negated(word);
  const std::vector<std::string> words = with_choices(with_task_option(typed));
  // to declare takes far longer than to parse, which forgets what was parsed before
  static thread_local Declared declared;
  auto& [app, options, table] = declared;
  CommandLine line;
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForVersion&) {
    line.version = true;
  } catch (const CLI::CallForHelp&) {
    line.help = true;
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(error.what());
  }
  if (const auto rest = app.remaining(); !rest.empty()) refuse_word(rest.front());
  line.options_table = table->count() > 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Option& option = all_options()[i];
    if (options[i]->count() == 0) continue;
    Given given{options[i]->results(), dashed(option)};
    // the same said twice is said once
    if (!is_list(option) && std::equal(given.words.begin() + 1, given.words.end(), given.words.begin())) {
      given.words.resize(1);
    }
    line.given.emplace(&option, std::move(given));
  }
  return line;
}

std::string help_text(const Settings& defaults) {
  CLI::App app(kAbout, "vantage-train");
  app.set_version_flag("--version", "");
  declare(app, &defaults);
  return app.help();
}

std::string described(const Option& option) {
  std::string text(option.help);
  for (std::size_t i = 0; i < option.choices.size(); ++i) text += join(i == 0 ? ": " : ", ", option.choices[i]);
  if (!option.unit.empty()) text += join(", ", option.unit);
  if (!option.range.words.empty()) text += join("; ", option.range.words);
  for (std::size_t i = 0; i < option.needs.size(); ++i) text += join(i == 0 ? "; with " : ", ", option.needs[i].words);
  return text;
}

std::string options_table() {
  std::string text;
  for (std::size_t group = 0; group < kGroups.size(); ++group) {
    text += join("\n## ", kGroups[group].title, "\n\nSection `[", kGroups[group].section,
                 "]` of a configuration file.\n\n| option | default | read by | what it does |\n|---|---|---|---|\n");
    for (const Option& option : all_options()) {
      if (static_cast<std::size_t>(option.group) != group) continue;
      std::string initial(option.text.empty() ? option.absent : option.text);
      if (option.text.empty() && !option.text_for.empty()) initial = join(initial, " (gradients)");
      for (const DefaultFor& other : option.text_for)
        initial += join("; ", method_list(other.methods), ": ", other.text);
      text += join("| `", dashed(option), "` | ", initial, " | ", method_list(option.methods), " | ", described(option),
                   " |\n");
    }
  }
  return text;
}
