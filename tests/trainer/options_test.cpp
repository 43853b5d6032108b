// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "command_line.hpp"
#include "config_file.hpp"
#include "configuration.hpp"
#include "fast_recipes.hpp"
#include "nearest.hpp"
#include "tasks.hpp"

// walks the rows of vantage-train's options: what holds for one holds for all

namespace {

using Words = std::vector<std::string>;
using Catch::Matchers::ContainsSubstring;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Settings settings_of(const Words& words) {
  const bool names_output = std::count(words.begin(), words.end(), "--output") > 0;
  return configure(parse_command_line((names_output ? Words{} : Words{"--output", "none"}) + words).given).settings;
}

/// The error of a command line; empty if there is none.
std::string refusal(const Words& words) {
  try {
    settings_of(words);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

/// For the words of each need: what makes it hold, and what makes it fail.
struct Example {
  Words met, broken;
};
const std::map<std::string, Example, std::less<>> kExamples{
    {"--no-shared-backbone", {{}, {"--shared-backbone"}}},
    {"--shared-backbone", {{"--shared-backbone"}, {}}},
    {"--value-steps above 0", {{"--value-steps", "7"}, {"--value-steps", "0"}}},
    {"--policy-steps above 0", {{}, {"--policy-steps", "0"}}},
    {"steps of an optimiser, of which --value-steps 0 leaves none", {{}, {"--value-steps", "0"}}},
    {"the policy or the value without a learning rate of its own",
     {{}, {"--value-steps", "7", "--value-learning-rate", "0.25"}}},
    {"--value network", {{}, {"--value", "policy-conditioned"}}},
    {"--value policy-conditioned", {{"--value", "policy-conditioned"}, {}}},
    {"--value policy-conditioned or --update epvf",
     {{"--value", "policy-conditioned", "--value-steps", "7", "--advantage", "gae"}, {}}},
    {"--old-policies above 0", {{}, {"--old-policies", "0"}}},
    {"--value-step-rule held_out or bound", {{"--value-step-rule", "bound"}, {"--value-step-rule", "fixed"}}},
    {"--value-step-rule bound", {{"--value-step-rule", "bound"}, {"--value-step-rule", "held_out"}}},
    {"--optimizer sgd", {{"--optimizer", "sgd"}, {"--optimizer", "adam"}}},
    {"--optimizer adam or rmsprop", {{"--optimizer", "rmsprop"}, {"--optimizer", "sgd"}}},
    {"--value-loss huber", {{"--value-loss", "huber"}, {"--value-loss", "squared"}}},
    {"--value-loss clipped", {{"--value-loss", "clipped"}, {"--value-loss", "huber"}}},
    {"--scale-rewards", {{"--scale-rewards"}, {}}},
    {"--normalize-values", {{"--normalize-values"}, {}}},
    {"--normalize-observations", {{"--normalize-observations"}, {"--no-normalize-observations"}}},
    {"--advantage gae", {{"--advantage", "gae"}, {"--advantage", "reward_to_go"}}},
    {"--advantage reward_to_go", {{"--advantage", "reward_to_go"}, {"--advantage", "gae"}}},
    {"--epochs above 1", {{"--epochs", "7", "--value-steps", "14"}, {"--epochs", "1"}}},
    {"--adaptive-kl above 0", {{"--adaptive-kl", "0.01"}, {}}},
    {"--step-size 0", {{}, {"--step-size", "0.1"}}},
    {"a bound, such as --max-kl", {{"--max-kl", "0.1"}, {}}},
    {"--max-return-drop above 0", {{"--max-return-drop", "1"}, {}}},
    {"--generations above 1", {{"--generations", "3"}, {"--generations", "1"}}},
    {"--noise-scaling multiplicative", {{"--noise-scaling", "multiplicative"}, {"--noise-scaling", "additive"}}},
    {"--weight-clip above 0", {{"--weight-clip", "0.2"}, {"--weight-clip", "0"}}},
    {"--representation probing", {{"--representation", "probing"}, {"--representation", "raw"}}},
    {"--representation functional or functional+raw", {{"--representation", "functional"}, {}}},
    {"--representation raw, functional or functional+raw", {{}, {"--representation", "probing"}}},
    {"hidden layers, of which --hidden 0 leaves none", {{"--hidden", "8"}, {"--hidden", "0"}}},
    {"a task with continuous actions", {{"--task", "Pendulum-v1"}, {"--task", "CartPole-v1"}}},
    {"--demonstrations", {{"--demonstrations", "shown.safetensors"}, {}}},
    {"--evaluate-every above 0", {{"--evaluate-every", "3"}, {"--evaluate-every", "0"}}},
};

/// The words of several examples, of an option that several have those of the first.
Words together(const std::vector<Words>& parts) {
  std::map<std::string, std::string> said;
  Words words;
  for (const Words& part : parts) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool has_value = i + 1 < part.size() && !part[i + 1].starts_with("--");
      if (said.emplace(part[i], "").second) {
        words.push_back(part[i]);
        if (has_value) words.push_back(part[i + 1]);
      }
      if (has_value) ++i;
    }
  }
  return words;
}

/// The smallest command line by which a method reads the option, but for those of `without`.
Words needed(const Option& option, std::string_view method, std::string_view without = {}) {
  std::vector<Words> parts;
  for (const Need& need : option.needs) {
    const auto example = kExamples.find(need.words);
    INFO(need.words);
    REQUIRE(example != kExamples.end());
    if (need.words == without) parts.insert(parts.begin(), example->second.broken);
  }
  for (const Need& need : option.needs) {
    if (need.words == without) continue;
    const Words& met = kExamples.find(need.words)->second.met;
    // what is met by an option that the method does not have, it has anyway
    const Option* const first = met.empty() ? nullptr : find_option(met.front().substr(2));
    if (first == nullptr || (first->methods & method_set(method)) != 0) parts.push_back(met);
  }
  if (option.name == "half-precision" && method == "epvf") parts.push_back({"--minibatch", "10"});
  parts.push_back({"--update", std::string(method)});
  parts.push_back({"--task", "Pendulum-v1"});
  return together(parts);
}

/// A value that the settings do not have.
std::string another(const Option& option, const Settings& settings) {
  const std::string now = value_text(option, settings);
  if (is_flag(option)) return now == "true" ? "false" : "true";
  if (option.name == "log") return now == "csv" ? "csv,jsonl" : "csv";
  // some choices are for some methods only, which is for other tests
  for (const std::string_view choice : option.choices) {
    const bool is_for_some = choice == "clipped" || choice == "auto" || choice == "raw" ||
                             (choice == "minibatch" && option.name == "advantage-normalization");
    if (choice != now && !is_for_some) return std::string(choice);
  }
  // more epochs than one go with value steps that are a multiple
  if (option.name == "value-steps" || option.name == "epochs") return now == "14" ? "7" : "14";
  if (option.name == "environments") return "8";
  if (option.name == "max-ratio") return "1.5";
  if (option.name == "batch") return "4096";
  if (option.name == "hidden" || option.name == "value-hidden") return "5,6";
  // of Pendulum's three numbers
  if (option.name == "encoder" || option.name == "value-encoder") return now == "2:4+1" ? "3:2" : "2:4+1";
  for (const char* text : {"0.005", "0.5", "2", "1.5", "3"}) {
    Settings changed = settings;
    try {
      read_value(option, {{text}, ""}, changed);
    } catch (const std::invalid_argument&) {
      continue;
    }
    if (!same_value(option, changed, settings)) return text;
  }
  return "a text";
}

Words said(const Option& option, const std::string& value) { return {dashed(option) + '=' + value}; }

/// What is no matter of a configuration.
bool is_of_command_line(const Option& option) { return option.stored == Stored::never; }

// these name files, other tasks or other methods: tests of their own
bool walks(const Option& option) {
  static const Words others{"task", "task-option", "update", "policy", "value-from", "archive"};
  return !is_of_command_line(option) && std::find(others.begin(), others.end(), option.name) == others.end();
}

std::string line_of(const std::string& config, std::string_view name) {
  const std::string start = '\n' + std::string(name) + " = ";
  const std::size_t begin = ('\n' + config).find(start);
  if (begin == std::string::npos) return {};
  return config.substr(begin, config.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("every option is read where it applies, and is in the configuration, which says the same again") {
  for (const Option& option : all_options()) {
    if (!walks(option)) continue;
    for (const std::string_view method : kMethodNames) {
      if ((option.methods & method_set(method)) == 0) continue;
      const Words base = needed(option, method);
      INFO(option.name << " of " << method);
      const Settings before = settings_of(base);
      const std::string value = another(option, before);
      const Settings after = settings_of(base + said(option, value));
      INFO(value);
      CHECK_FALSE(same_value(option, before, after));
      const std::string text = config_text(after);
      CHECK_FALSE(line_of(text, option.name).empty());
      CHECK(line_of(text, option.name) != line_of(config_text(before), option.name));
      // the file by itself makes the same settings
      GivenOptions given = parse_config("config.toml", text);
      for (auto& [row, what] : parse_command_line({"--output", "none"}).given) given.emplace(row, what);
      const Settings again = configure(given).settings;
      CHECK(config_text(again) == text);
      for (const Option& other : all_options()) {
        INFO(other.name);
        if (why_not_read(other, after).empty()) CHECK(same_value(other, again, after));
      }
    }
  }
}

TEST_CASE("an option that a method does not read is refused, and so is one that others leave unread") {
  for (const Option& option : all_options()) {
    if (!walks(option)) continue;
    for (const std::string_view method : kMethodNames) {
      INFO(option.name << " of " << method);
      const bool is_read = (option.methods & method_set(method)) != 0;
      if (!is_read) {
        const Words base{"--update", std::string(method), "--task", "Pendulum-v1"};
        const std::string words = refusal(base + said(option, another(option, settings_of(base))));
        CHECK_THAT(words, ContainsSubstring(dashed(option) + ": expected no such option beside --update " +
                                            std::string(method)));
        CHECK_THAT(words, ContainsSubstring(method_list(option.methods) + " would"));
        continue;
      }
      for (const Need& need : option.needs) {
        const Words base = needed(option, method, need.words);
        Settings broken;
        try {
          broken = settings_of(base);
        } catch (const std::invalid_argument&) {
          continue;  // what breaks it is no option of this method, which therefore always has it
        }
        // the same holds where it always has it in another way
        if (need.holds(broken)) continue;
        INFO(need.words);
        const std::string words = refusal(base + said(option, another(option, broken)));
        CHECK_THAT(words, ContainsSubstring(dashed(option) + ": expected "));
        CHECK_THAT(words, ContainsSubstring("without which nothing reads it"));
        CHECK(line_of(config_text(broken), option.name).empty());
      }
    }
  }
}

TEST_CASE("each need fails for some method") {
  std::map<std::string_view, bool> fails;
  for (const Option& option : all_options()) {
    for (const Need& need : option.needs) {
      for (const std::string_view method : kMethodNames) {
        if ((option.methods & method_set(method)) == 0) continue;
        try {
          fails[need.words] |= !need.holds(settings_of(needed(option, method, need.words)));
        } catch (const std::invalid_argument&) {
        }
      }
    }
  }
  for (const auto& [words, is_broken] : fails) {
    INFO(words);
    CHECK(is_broken);
  }
}

TEST_CASE("--help has the options that the method reads, with its defaults") {
  for (const std::string_view method : kMethodNames) {
    const Settings defaults = defaults_of(parse_command_line({"--update", std::string(method)}).given);
    const std::string help = help_text(defaults);
    for (const Option& option : all_options()) {
      INFO(option.name << " of " << method);
      const bool is_read = (option.methods & method_set(method)) != 0;
      const std::string shown = "\n  " + dashed(option) + (is_flag(option) ? "," : " ");
      CHECK((help.find(shown) != std::string::npos) == is_read);
      const std::string value = value_text(option, defaults);
      if (is_read && !value.empty()) CHECK(help.find('[' + value + ']', help.find(shown)) != std::string::npos);
    }
  }
  CHECK_THAT(help_text(defaults_of(parse_command_line({"--update", "a2c"}).given)), ContainsSubstring("--lambda [1]"));
}

TEST_CASE("--preset fast is the recipe of the task, of which the command line may change all but the method") {
  CHECK(fast_recipes().back().robot.empty());
  for (const FastRecipe& recipe : fast_recipes()) {
    const std::string task = recipe.robot.empty() ? "Pendulum-v1" : std::string(recipe.robot) + "-v5";
    const std::string update(recipe.update);
    INFO(task << " by " << update);
    CHECK(fast_recipe(task).robot == recipe.robot);
    const Words words{"--task", task, "--preset", "fast"};
    const Settings settings = settings_of(words);
    CHECK(settings.preset == "fast");
    CHECK(settings.update == update);
    const Words base{"--task", task, "--update", update};
    Settings expected = settings_of(recipe.tuned ? base + Words{"--preset"} : base);
    for (const auto& [name, text] : recipe.options) {
      INFO(name);
      const Option* option = find_option(name);
      REQUIRE(option != nullptr);
      CHECK(why_not_read(*option, settings).empty());
      read_value(*option, {{std::string(text)}, ""}, expected);
      // a row that says what holds without it says nothing
      CHECK_FALSE(same_value(*option, settings_of(recipe.tuned ? base + Words{"--preset"} : base), settings));
    }
    expected.preset = "fast";
    CHECK(config_text(settings) == config_text(expected));
    CHECK(config_text(settings_of({"--preset=fast", "--task", task})) == config_text(settings));
    CHECK(config_text(settings_of(words + Words{"--update", update})) == config_text(settings));
    CHECK(settings_of(words + Words{"--gamma", "0.5"}).gamma == 0.5);
    for (const std::string_view method : kMethodNames) {
      if (method == update) continue;
      const std::string refused = refusal(words + Words{"--update", std::string(method)});
      CHECK_THAT(refused,
                 ContainsSubstring("--update: expected " + update + ", by which --preset fast learns " + task));
      CHECK_THAT(refused, ContainsSubstring("got " + std::string(method)));
    }
  }
  // what a file says is no less
  GivenOptions given = parse_config("run.toml", "preset = \"fast\"\nupdate = \"reinforce\"\n");
  for (auto& [row, what] : parse_command_line({"--output", "none"}).given) given.emplace(row, what);
  CHECK_THROWS_AS(configure(given), std::invalid_argument);
}

TEST_CASE("a flag with choices takes the word behind it, its name alone is true") {
  CHECK(settings_of({"--preset"}).preset == "true");
  CHECK(settings_of({"--preset", "--seed", "3"}).preset == "true");
  CHECK(settings_of({"--no-preset"}).preset == "false");
  CHECK(settings_of({"--preset", "false"}).preset == "false");
  CHECK_THAT(refusal({"--preset", "slow"}), ContainsSubstring("--preset: expected one of false, true, fast, got slow"));
  CHECK_THAT(refusal({"--preset", "--preset", "fast"}), ContainsSubstring("--preset: expected one value"));
  CHECK_THAT(refusal({"--preset", "fast", "fast"}), ContainsSubstring("got \"fast\""));
  // a plain flag takes none
  CHECK_THAT(refusal({"--quiet", "true"}), ContainsSubstring("got \"true\""));
  // in a file it stays what it always was, where it can
  CHECK(line_of(config_text(settings_of({"--preset"})), "preset") == "preset = true");
  CHECK(line_of(config_text(settings_of({})), "preset") == "preset = false");
}

TEST_CASE("every option is in the tables of the documentation") {
  const std::string tables = options_table();
  for (const Option& option : all_options()) {
    INFO(option.name);
    CHECK_THAT(tables, ContainsSubstring("| `" + dashed(option) + "` |"));
  }
}

TEST_CASE("numbers out of the range of an option are refused in its words, and so is what is no number") {
  for (const Option& option : all_options()) {
    if (option.range.words.empty()) continue;
    Settings settings = settings_of({});
    INFO(option.name);
    const auto refused = [&](const std::string& text) {
      try {
        read_value(option, {{text}, "here"}, settings);
        return std::string();
      } catch (const std::invalid_argument& error) {
        return std::string(error.what());
      }
    };
    for (const char* text : {"nan", "inf", "-inf", "", " 1", "1 ", "0x10", "1e", "one", "1e999"}) {
      CHECK_THAT(refused(text), ContainsSubstring("here: expected "));
    }
    if (option.range.low == 0) CHECK_THAT(refused("-1"), ContainsSubstring(std::string(option.range.words)));
    if (option.range.excludes_low) CHECK_THAT(refused("0"), ContainsSubstring("> 0, got 0"));
    if (option.range.high == 1) CHECK_THAT(refused("1.5"), ContainsSubstring("got 1.5"));
  }
}

TEST_CASE("whole numbers are read in full and never cut off") {
  const auto steps = [](const std::string& text) { return settings_of({"--steps", text}).steps; };
  CHECK(steps("1e6") == 1'000'000);
  CHECK(steps("+2.5E3") == 2500);
  CHECK(steps("4096.0") == 4096);
  CHECK(steps("12000e-3") == 12);
  CHECK(steps("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"9223372036854775808", "99999999999999999999", "1e19", "1e500"}) {
    CHECK_THAT(refusal({"--steps", text}), ContainsSubstring("--steps: expected a whole number > 0, at most "
                                                             "9223372036854775807, got " +
                                                             std::string(text)));
  }
  for (const char* text : {"1.5", "1e-3", "1e2000", "4096.5", ".", "e3", "1e6.0"}) {
    CHECK_THAT(refusal({"--steps", text}), ContainsSubstring("--steps: expected a whole number > 0, got "));
  }
  CHECK(settings_of({"--seed", "18446744073709551615"}).seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(settings_of({"--seed", "0"}).seed == 0);
  for (const char* text : {"-1", "-18446744073709551615", "18446744073709551616", "99999999999999999999"}) {
    CHECK_THAT(refusal({"--seed", text}), ContainsSubstring("--seed: expected a whole number from 0 to "
                                                            "18446744073709551615"));
  }
  CHECK_THAT(refusal({"--threads", "4e9"}), ContainsSubstring("from 1 to 2147483647, got 4e9"));
  CHECK_THAT(refusal({"--log-std", "nan"}), ContainsSubstring("--log-std: expected a finite number, got nan"));
}

TEST_CASE("words that are no options are refused with the nearest, and so is one thing said in two ways") {
  CHECK_THAT(refusal({"--learning_rate", "1"}), ContainsSubstring("the nearest is --learning-rate"));
  CHECK_THAT(refusal({"--quite"}), ContainsSubstring("the nearest is --quiet"));
  CHECK_THAT(refusal({"run"}), ContainsSubstring("got \"run\""));
  CHECK_THAT(refusal({"--seed", "1", "--seed", "2"}), ContainsSubstring("--seed: expected one value, got 2 values"));
  CHECK(settings_of({"--seed", "3", "--seed", "3"}).seed == 3);
  CHECK_THAT(refusal({"--seed"}), ContainsSubstring("--seed"));
  CHECK_THAT(refusal({"--discount-weights=maybe"}), ContainsSubstring("--discount-weights"));
  // what is said with no- is false, and has no value; CLI11 reads one as a number, if there is one that large
  CHECK(settings_of({"--scale-rewards"}).scale_rewards);
  CHECK_FALSE(settings_of({"--no-scale-rewards"}).scale_rewards);
  for (const std::string value : {"99999999999999999999", "2y", "false", ""}) {
    CHECK_THAT(refusal({"--no-scale-rewards=" + value}),
               ContainsSubstring("--no-scale-rewards: takes no value, got \"" + value));
  }
  CHECK_THAT(refusal({"--no-scale=2"}), ContainsSubstring("--no-scale: there is no such option"));
  const std::vector<vantage::Index> widths{4, 5, 6};
  CHECK(settings_of({"--hidden", "4,5,6"}).hidden == widths);
  CHECK(settings_of({"--hidden", "4", "5,6"}).hidden == widths);
  CHECK_THAT(refusal({"--hidden", "4,"}), ContainsSubstring("--hidden: expected a whole number"));
  CHECK_THAT(refusal({"--hidden", "4,0"}), ContainsSubstring("--hidden"));
}

TEST_CASE("words of any length are refused in time, and so is a task") {
  const std::string much(1'000'000, 'a');
  CHECK_THAT(refusal({"--" + much}), ContainsSubstring("there is no such option; the nearest is --"));
  CHECK_THAT(refusal({"--task", much}), ContainsSubstring("the nearest is "));
  CHECK_THAT(refusal({"--task", much + "-v3"}), ContainsSubstring("the nearest is "));
  CHECK_THAT(refusal({"--task", "hopper-V3"}), ContainsSubstring("was made for mujoco-py"));
  CHECK_THAT(refusal({"--task", "Hopper-v17"}), ContainsSubstring("take Hopper-v4 or Hopper-v5"));
  CHECK_THAT(refusal({"--task", "Hopper-v"}), ContainsSubstring("the nearest is Hopper-v5"));
}

TEST_CASE("names that no file can have are refused in words") {
  const std::string name(300, 'n');
  CHECK_THAT(refusal({"--resume", "--output", name}), ContainsSubstring("expected a run in " + name));
  CHECK_THAT(refusal({"--task", "Hopper-v5", "--task-option", "xml_file=" + name}),
             ContainsSubstring("expected a file that exists, got \"" + name));
}

TEST_CASE("what episodes draw is an option of MuJoCo tasks, which has words of its own") {
  const Words task{"--task", "Hopper-v5"};
  const auto options =
      settings_of(task + Words{"--randomise", "friction=0.5:1.5", "mass.torso=0:1:offset", "--seed", "4"}).task_options;
  CHECK(options == Words{"randomise=friction=0.5:1.5,mass.torso=0:1:offset"});
  CHECK(settings_of(task + Words{"--randomise=gravity=0.9:1.1", "--randomise", "damping=1:2:each"}).task_options ==
        Words{"randomise=gravity=0.9:1.1,damping=1:2:each"});
  CHECK(make_task("Hopper-v5", options).state_size() > make_task("Hopper-v5", {}).state_size());
  const auto refused = [&](const std::string& entry, const std::string& words) {
    CHECK_THROWS_WITH(make_task("Hopper-v5", {"randomise=" + entry}), ContainsSubstring(words));
  };
  refused("friction", "--randomise: expected quantity=low:high, got \"friction\"");
  refused("frixion=1:2", "--randomise: expected one of mass, inertia, friction");
  refused("friction=1", "expected a range low:high, got \"friction=1\"");
  refused("friction=1:2x", "expected a range low:high");
  refused("friction=1:2:all", "expected offset or each after the range");
  refused("friction=2:1", "a finite range low <= high of friction");
  refused("mass.trunk=1:2", "body: expected one of {world, torso, thigh, leg, foot}, got trunk");
  for (const Words& words : {Words{"--randomise"}, Words{"--randomise="}, Words{"--randomise", "--seed", "4"}}) {
    CHECK_THAT(refusal(task + words), ContainsSubstring("--randomise: expected quantity=low:high, got nothing"));
  }
  CHECK_THROWS_WITH(settings_of({"--task", "Pendulum-v1", "--randomise", "mass=1:2"}),
                    ContainsSubstring("Pendulum-v1 has no option \"randomise\""));
}

TEST_CASE("a command line knows nothing of the one before") {
  CHECK(parse_command_line({"--options-table", "--seed", "1"}).options_table);
  CHECK(parse_command_line({"--help"}).help);
  CHECK_THROWS(parse_command_line({"--seed", "2", "--nothing"}));
  const CommandLine line = parse_command_line({"--quiet"});
  CHECK(line.given.size() == 1);
  CHECK_FALSE((line.help || line.version || line.options_table));
}

TEST_CASE("the nearest name is the one with the fewest letters to change, the last of several") {
  const Words known{"ab", "abc", "abd", "xyz"};
  CHECK(nearest("ab", known) == "ab");
  CHECK(nearest("abe", known) == "abd");
  CHECK(nearest("XY", known) == "xyz");
  CHECK(nearest("abcdefgh", known) == "abd");
  CHECK(nearest("", known) == "ab");
  CHECK(nearest("ab", {}).empty());
}
