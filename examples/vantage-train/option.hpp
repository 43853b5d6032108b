// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_OPTION_HPP
#define VANTAGE_TRAIN_PROGRAM_OPTION_HPP

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "settings.hpp"

// An option is declared once, as a row of the table in option_rows.cpp. The command line, the configuration file read
// and written, refusals, --help and docs/options.md come from its row.

/// Sets of methods.
using Methods = unsigned;

inline constexpr std::array<std::string_view, 10> kMethodNames{"vpg", "reinforce",   "a2c",  "npg", "trpo",
                                                               "ppo", "ppo-penalty", "epvf", "es",  "ars"};
inline constexpr Methods kVpg = 1, kReinforce = 2, kA2c = 4, kNpg = 8, kTrpo = 16, kPpo = 32, kPpoPenalty = 64,
                         kEpvf = 128, kEs = 256, kArs = 512;
inline constexpr Methods kNatural = kNpg | kTrpo;
inline constexpr Methods kFirstOrder = kVpg | kReinforce | kA2c | kPpo | kPpoPenalty;
inline constexpr Methods kGradient = kFirstOrder | kNatural;
/// Those that play populations of policies, and of them those without a value.
inline constexpr Methods kPopulation = kEpvf | kEs | kArs;
inline constexpr Methods kSearch = kEs | kArs;
inline constexpr Methods kValued = kGradient | kEpvf;
inline constexpr Methods kAll = kGradient | kPopulation;

/// The set of one method; empty for a name that is none.
[[nodiscard]] Methods method_set(std::string_view name);
/// "ppo, ppo-penalty", "all but epvf, es, ars"
[[nodiscard]] std::string method_list(Methods methods);
/// Whether the method plays whole episodes of many policies.
[[nodiscard]] bool plays_populations(const Settings& settings);

enum class Group { task, value, advantages, optimizer, policy, natural, trust_region, epvf, networks, world, run };

struct GroupNames {
  std::string_view section;  ///< of the configuration file, where one may group options
  std::string_view title;    ///< of --help and the documentation
};
inline constexpr std::array<GroupNames, 11> kGroups{{
    {"task", "Task and method"},
    {"value", "Value"},
    {"advantages", "Advantages"},
    {"optimizer", "Optimiser"},
    {"policy", "Policy by optimiser steps"},
    {"natural-gradient", "Policy by natural gradient"},
    {"trust-region", "Trust region, of any method, checked after every epoch"},
    {"epvf", "Policy by populations of policies (epvf, es, ars)"},
    {"networks", "Networks"},
    {"world", "World"},
    {"run", "Run"},
}};

/// What numbers an option takes; all are finite.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool excludes_low = false;
  std::string_view words;  ///< "> 0"
};

/// A state of other options in which alone an option is read.
struct Need {
  std::string_view words;  ///< "--optimizer sgd"
  bool (*holds)(const Settings&);
};

/// Another default than that of the row.
struct DefaultFor {
  Methods methods;
  std::string_view text;
};

/// How far an option is a matter of a command line alone.
enum class Stored {
  always,       ///< in config.toml; a continued run keeps it
  replaceable,  ///< in config.toml; a continued run may have another value
  never         ///< on the command line only
};

using Field =
    std::variant<bool Settings::*, std::int64_t Settings::*, std::uint64_t Settings::*, double Settings::*,
                 std::optional<double> Settings::*, std::string Settings::*, std::filesystem::path Settings::*,
                 std::vector<std::int64_t> Settings::*, std::vector<std::string> Settings::*>;

struct Option {
  std::string_view name;  ///< without its dashes
  Group group;
  Field field;
  std::string_view help;
  std::string_view text = {};  ///< the default, as on a command line; empty: none
  std::vector<DefaultFor> text_for = {};
  std::string_view absent = {};  ///< what the lack of a value means, where it may lack
  std::string_view unit = {};
  Range range = {};
  std::vector<std::string_view> choices = {};
  Methods methods = kAll;
  std::vector<Need> needs = {};
  Stored stored = Stored::always;
  bool of_policy_file = false;  ///< --policy FILE decides it
};

/// Every option, in the order of --help and of config.toml.
[[nodiscard]] const std::vector<Option>& all_options();
/// Null if there is none of that name.
[[nodiscard]] const Option* find_option(std::string_view name);
/// "--name"
[[nodiscard]] std::string dashed(const Option& option);

/// Whether the name alone, or --no-name, says all; a flag with choices takes one of them too.
[[nodiscard]] bool is_flag(const Option& option);
[[nodiscard]] bool is_list(const Option& option);

/// Why these settings do not read the option, such as "which is read with --optimizer sgd only"; empty if they do.
[[nodiscard]] std::string why_not_read(const Option& option, const Settings& settings);

#endif
