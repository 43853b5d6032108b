// SPDX-License-Identifier: MIT
#include "config_file.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "command_line.hpp"
#include "configuration.hpp"
#include "presets.hpp"
#include "vantage/core/random.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

Settings settings_of(const std::string& toml) {
  GivenOptions given = parse_config("run.toml", toml);
  for (const auto& [option, what] : parse_command_line({"--output", "none"}).given) given.emplace(option, what);
  return configure(given).settings;
}

std::string refusal(const std::string& toml) {
  try {
    settings_of(toml);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

/// A text of any letters, with all that is special in TOML, in shells and in paths.
std::string any_text(vantage::Rng& rng) {
  static const Words letters{"#",    "\\",    "\"",     "'",    "\n",       "\r",
                             "\t",   "=",     "[",      "]",    ",",        " ",
                             "\x01", "\b",    "\f",     "a",    "Z",        "0",
                             ".",    "-",     "_",      "\x7f", "\xc3\xa9", "\xe2\x82\xac",
                             "{",    "}",     "\"\"\"", "'''",  "\\u0041",  "\xf0\x9f\xa4\x96",
                             "%",    "$HOME", "\x1b"};
  std::string text;
  const auto length = 1 + static_cast<int>(rng.uniform(0, 12));
  for (int i = 0; i < length; ++i) {
    text += letters[static_cast<std::size_t>(rng.uniform(0, static_cast<double>(letters.size())))];
  }
  return text;
}

}  // namespace

TEST_CASE("a configuration is any TOML") {
  const std::string base = "task = \"CartPole-v1\"\n";
  CHECK(settings_of(base + "steps = 1_000_000").steps == 1'000'000);
  CHECK(settings_of(base + "steps = 1e4").steps == 10'000);
  CHECK(settings_of(base + "steps = 0x10").steps == 16);
  CHECK(settings_of(base + "steps = \"4096\"").steps == 4096);
  CHECK(settings_of("\xef\xbb\xbf" + base + "steps = 5").steps == 5);
  CHECK(settings_of("task = 'CartPole-v1'\r\nsteps = 6\r\nhidden = [32, 32]\r\n").steps == 6);
  CHECK(settings_of("steps = 7 # short\ntask = \"\"\"CartPole-v1\"\"\"").steps == 7);
  CHECK(settings_of(base + "hidden = [\n  32, # one\n  16,\n]").hidden == std::vector<vantage::Index>{32, 16});
  CHECK(settings_of(base + "hidden = \"32,16\"").hidden == std::vector<vantage::Index>{32, 16});
  CHECK(settings_of(base + "hidden = 8").hidden == std::vector<vantage::Index>{8});
  CHECK(settings_of(base + "[value]\nvalue-steps = 3\n[run]\nkeep-checkpoints = []").value_steps == 3);
  CHECK(settings_of(base + "[optimizer]\nlearning-rate = 1e-3").learning_rate == 1e-3);
  CHECK(settings_of(base + "learning-rate = 3.0e-0_4").learning_rate == 3e-4);
  CHECK(settings_of("").task == method_defaults("vpg", "", "false").task);
}

TEST_CASE("errors in a configuration name the file, the line and the key") {
  for (const auto& [toml, words] : std::vector<std::pair<std::string, Words>>{
           {"task = \"CartPole-v1\nsteps = 4096", {"run.toml:1:", "not TOML"}},
           {"task = CartPole-v1", {"run.toml:1:", "not TOML"}},
           {"task: CartPole-v1", {"run.toml:1:", "not TOML"}},
           {"{\"task\": 1}", {"run.toml:1:", "not TOML"}},
           {"\nnormalize-observations = no", {"run.toml:2:", "not TOML"}},
           {"steps = 1\nsteps = 2", {"run.toml:2:", "not TOML"}},
           {"task = \"\xff\"", {"run.toml:1:", "not TOML"}},
           {"\n\nsteps = -4", {"run.toml:3: steps: expected a whole number > 0, got -4"}},
           {"steps = 1.5", {"run.toml:1: steps: expected a whole number > 0, got 1.5"}},
           {"steps = 99999999999999999999", {"run.toml:1:"}},
           {"log-std = nan", {"run.toml:1: log-std: expected a finite number, got nan"}},
           {"gamma = inf", {"run.toml:1: gamma: expected a finite number from 0 to 1, got inf"}},
           {"\nlearning_rate = 1e-3",
            {"run.toml:2: learning_rate: there is no such option", "nearest is learning-rate"}},
           {"hidden = [8, \"x\"]", {"run.toml:1: hidden: expected a whole number", "got x"}},
           {"hidden = [[8]]", {"run.toml:1: hidden: expected a number, got a list"}},
           {"steps = [8]", {"run.toml:1: steps: expected a number, got a list"}},
           {"steps = true", {"run.toml:1: steps: expected a number, got true"}},
           {"steps = 1979-05-27", {"run.toml:1: steps: expected a number, got a date"}},
           {"task = 5", {"run.toml:1: task: expected a text, got a number"}},
           {"scale-rewards = 1", {"run.toml:1: scale-rewards: expected true or false, got a number"}},
           {"scale-rewards = \"maybe\"", {"run.toml:1: scale-rewards: expected true or false, got maybe"}},
           {"output = \"elsewhere\"", {"run.toml:1: output: expected on the command line only"}},
           {"config = \"other.toml\"", {"run.toml:1: config: expected on the command line only"}},
           {"[valu]\nvalue-steps = 3", {"run.toml:1: valu: there is no such section", "value, advantages"}},
           {"[value]\nsteps = 3", {"run.toml:2: steps: expected in the section [task] or in none, got [value]"}},
           {"[steps]\nmany = 3", {"run.toml:1: steps: there is no such section"}},
           {"value.value-steps = 3\nvalue-steps = 4", {"value-steps: expected once"}},
           {"optimizer = \"adagrad\"", {"run.toml:1: optimizer: expected one of adam, rmsprop, sgd, got adagrad"}},
           {"\nmomentum = 0.9", {"run.toml:2: momentum: expected --optimizer sgd, without which nothing reads it"}},
           {"update = \"ppo\"\nkl-radius = 1",
            {"run.toml:2: kl-radius: expected no such option beside --update ppo"}}}) {
    INFO(toml);
    const std::string found = refusal(toml);
    for (const std::string& word : words) CHECK_THAT(found, ContainsSubstring(word));
  }
  // a default of what nothing reads may stay in a file, where earlier versions wrote it
  CHECK(refusal("momentum = 0.0\nhuber-delta = 1").empty());
  CHECK_THAT(
      [] {
        try {
          (void)read_config("missing.toml");
        } catch (const std::invalid_argument& error) {
          return std::string(error.what());
        }
        return std::string();
      }(),
      ContainsSubstring("missing.toml"));
}

TEST_CASE("any text, number and list comes back from the configuration as it was") {
  vantage::Rng rng(5, 17);
  for (int i = 0; i < 2000; ++i) {
    Settings settings = method_defaults("epvf", "", "false");
    settings.task = any_text(rng);
    settings.task_options = {any_text(rng), any_text(rng)};
    settings.policy = any_text(rng);
    settings.seed = rng();
    settings.steps = static_cast<std::int64_t>(rng() >> 1);
    settings.noise_scale = std::exp(rng.uniform(-700, 700));
    settings.hidden = {static_cast<vantage::Index>(rng() >> 40), 3};
    const std::string text = config_text(settings);
    INFO(text);
    Settings again = method_defaults("epvf", "", "false");
    for (const auto& [option, what] : parse_config("run.toml", text)) read_value(*option, what, again);
    REQUIRE(again.task == settings.task);
    REQUIRE(again.task_options == settings.task_options);
    REQUIRE(again.policy == settings.policy);
    REQUIRE(again.seed == settings.seed);
    REQUIRE(again.steps == settings.steps);
    REQUIRE(again.noise_scale == settings.noise_scale);
    REQUIRE(again.hidden == settings.hidden);
    for (const Option& option : all_options()) {
      INFO(option.name);
      REQUIRE(same_value(option, again, settings));
    }
  }
}

TEST_CASE("random damage to a configuration is an error or a configuration, never a crash") {
  vantage::Rng rng(5, 18);
  const std::string whole = config_text(settings_of("task = \"CartPole-v1\"\nhidden = [8, 9]\n"));
  const std::string letters = "\"'[]{}=#\\,.-+_e0159\n\r\t nantrueif\xff\xc3\x01";
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = whole;
    for (int n = 1 + static_cast<int>(rng.uniform(0, 4)); n > 0; --n) {
      const auto at = static_cast<std::size_t>(rng.uniform(0, static_cast<double>(damaged.size())));
      const char letter = letters[static_cast<std::size_t>(rng.uniform(0, static_cast<double>(letters.size())))];
      if (n % 2 == 0) damaged.erase(at, 1 + static_cast<std::size_t>(rng.uniform(0, 9)));
      damaged.insert(std::min(at, damaged.size()), 1, letter);
    }
    try {
      Settings settings;
      for (const auto& [option, what] : parse_config("run.toml", damaged)) read_value(*option, what, settings);
    } catch (const std::invalid_argument& error) {
      ++refused;
      REQUIRE_THAT(error.what(), ContainsSubstring("run.toml:"));
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("letters beyond ASCII outside of a text are refused, whatever they are") {
  for (const char* letter : {"\xc3\xa9", "\xef\xbb\xb7", "\xef\xb9\xb0", "\xd4\x80", "\xe2\xb2\x80"}) {
    CHECK_THAT(refusal(std::string(letter) + "ask = 1"), ContainsSubstring("run.toml"));
    CHECK_THAT(refusal("steps = " + std::string(letter) + "1"), ContainsSubstring("run.toml"));
  }
}

TEST_CASE("tables in tables without end are refused before anything calls itself for each") {
  std::string deep;
  for (int i = 0; i < 4096; ++i) deep += "a.";
  CHECK_THAT(refusal(deep + "a = 1"), ContainsSubstring("a: there is no such section"));
  for (int i = 0; i < 1'000'000; ++i) deep += "a.";
  CHECK_THAT(refusal(deep + "a = 1"), ContainsSubstring("run.toml: expected at most 4096 dots, got 1004096"));
  CHECK_THAT(refusal("[" + deep + "a]"), ContainsSubstring("4096 dots"));
  CHECK_THAT(refusal("steps = " + std::string(1'000'000, '[')), ContainsSubstring("run.toml:1:"));
}
