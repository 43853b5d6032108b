// SPDX-License-Identifier: MIT
#include "config_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <type_traits>

#include "nearest.hpp"
#include "toml_reader.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/version.hpp"

namespace {

using vantage::detail::join;

// the shortest text of the same double
std::string number_text(double value) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

/// The words that a command line would have for a value.
std::string word_of(const toml::node& node, const Option& option, const std::string& where) {
  const bool takes_text = std::holds_alternative<std::string Settings::*>(option.field) ||
                          std::holds_alternative<std::filesystem::path Settings::*>(option.field) ||
                          std::holds_alternative<std::vector<std::string> Settings::*>(option.field);
  const auto refuse = [&](const char* got) -> std::string {
    const char* expected = takes_text ? "a text" : is_flag(option) ? "true or false" : "a number";
    throw std::invalid_argument(join(where, ": expected ", expected, ", got ", got));
  };
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) {
    return is_flag(option) ? (flag->get() ? "true" : "false") : refuse(flag->get() ? "true" : "false");
  }
  if (node.is_array()) return refuse("a list");
  if (node.is_table()) return refuse("a table");
  if (takes_text || is_flag(option)) return refuse(node.is_number() ? "a number" : "a date or a time");
  if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
  if (const auto* number = node.as_floating_point()) return number_text(number->get());
  return refuse("a date or a time");
}

std::vector<std::string> names_of(const std::string& section) {
  std::vector<std::string> names;
  for (const Option& option : all_options()) {
    if (option.stored == Stored::never) continue;
    if (section.empty() || kGroups[static_cast<std::size_t>(option.group)].section == section) {
      names.emplace_back(option.name);
    }
  }
  return names;
}

void read_entry(const std::string& path, const std::string& section, const toml::key& key, const toml::node& node,
                GivenOptions& given) {
  const std::string name(key.str());
  const std::string where = toml_place(path, key.source(), name);
  const Option* option = find_option(name);
  if (option == nullptr) {
    throw std::invalid_argument(
        join(where, ": there is no such option; the nearest is ", nearest(name, names_of(section))));
  }
  if (option->stored == Stored::never) {
    throw std::invalid_argument(join(where, ": expected on the command line only"));
  }
  const std::string_view own = kGroups[static_cast<std::size_t>(option->group)].section;
  if (!section.empty() && section != own) {
    throw std::invalid_argument(join(where, ": expected in the section [", own, "] or in none, got [", section, ']'));
  }
  Given entry{{}, where, true};
  if (const auto* array = node.as_array(); array != nullptr && is_list(*option)) {
    for (const toml::node& element : *array) entry.words.push_back(word_of(element, *option, where));
    if (entry.words.empty()) return;
  } else {
    entry.words.push_back(word_of(node, *option, where));
  }
  if (!given.emplace(option, std::move(entry)).second) {
    throw std::invalid_argument(join(where, ": expected once, got it in a section and outside"));
  }
}

}  // namespace

std::string toml_place(const std::string& path, const toml::source_region& source, std::string_view key) {
  return join(path, ':', source.begin.line, ": ", key);
}

toml::table parse_toml(const std::string& path, const std::string& text) {
  // tables in tables, "a.a.a...", as many as end the stack of the library, which frees them by calling itself
  constexpr std::ptrdiff_t kMostDots = 4096;
  if (const auto dots = std::count(text.begin(), text.end(), '.'); dots > kMostDots) {
    throw std::invalid_argument(join(path, ": expected at most ", kMostDots, " dots, got ", dots));
  }
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw std::invalid_argument(join(path, ':', error.source().begin.line, ':', error.source().begin.column,
                                     ": not TOML: ", error.description()));
  } catch (const MisreadToml&) {
    throw std::invalid_argument(join(path, ": not TOML: something is not closed or out of place"));
  }
}

void read_option(const std::string& path, const toml::key& key, const toml::node& node, GivenOptions& given) {
  read_entry(path, "", key, node, given);
}

GivenOptions options_of(const std::string& path, const toml::table& table, std::string_view without) {
  GivenOptions given;
  for (const auto& [key, node] : table) {
    if (without.empty() || key.str() != without) read_option(path, key, node, given);
  }
  return given;
}

GivenOptions parse_config(const std::string& path, const std::string& text) {
  const toml::table root = parse_toml(path, text);
  GivenOptions given;
  for (const auto& [key, node] : root) {
    const toml::table* section = node.as_table();
    if (section == nullptr) {
      read_option(path, key, node, given);
      continue;
    }
    std::vector<std::string> sections;
    sections.reserve(std::size(kGroups));
    for (const GroupNames& group : kGroups) sections.emplace_back(group.section);
    const std::string name(key.str());
    if (std::find(sections.begin(), sections.end(), name) == sections.end()) {
      throw std::invalid_argument(
          join(toml_place(path, key.source(), name), ": there is no such section; expected one of ", listed(sections)));
    }
    for (const auto& [inner, value] : *section) read_entry(path, name, inner, value, given);
  }
  return given;
}

GivenOptions read_config(const std::filesystem::path& path) {
  std::string text;
  try {
    text = vantage::read_file(path);
  } catch (const vantage::FileError& error) {
    throw std::invalid_argument(join("--config: ", error.what()));
  }
  return parse_config(path.string(), text);
}

std::string config_text(const Settings& settings) {
  std::ostringstream text;
  text << "# vantage-train " << VANTAGE_VERSION << ", MuJoCo " << vantage::mujoco::version_text() << '\n';
  const auto write = [&](const Option& option, auto&& value) {
    toml::table line;
    line.insert(option.name, std::forward<decltype(value)>(value));
    text << toml::toml_formatter(line, toml::format_flags::none) << '\n';
  };
  const auto write_list = [&](const Option& option, const auto& values) {
    toml::array list;
    for (const auto& value : values) list.push_back(value);
    if (!values.empty()) write(option, std::move(list));
  };
  for (const Option& option : all_options()) {
    if (option.stored == Stored::never || !why_not_read(option, settings).empty()) continue;
    std::visit(
        [&](auto member) {
          const auto& value = settings.*member;
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::uint64_t>) {
            // TOML's whole numbers end at 2^63 - 1
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
              write(option, std::to_string(value));
            } else {
              write(option, static_cast<std::int64_t>(value));
            }
          } else if constexpr (std::is_same_v<T, std::optional<double>>) {
            if (value) write(option, *value);
          } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
            if (!value.empty()) write(option, value.string());
          } else if constexpr (std::is_same_v<T, std::string>) {
            // a flag that may be more than one
            if (is_flag(option) && (value == "true" || value == "false")) {
              write(option, value == "true");
            } else {
              write(option, value);
            }
          } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>> ||
                               std::is_same_v<T, std::vector<std::string>>) {
            write_list(option, value);
          } else {
            write(option, value);
          }
        },
        option.field);
  }
  return text.str();
}
