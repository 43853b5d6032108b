// SPDX-License-Identifier: MIT
#include "option.hpp"

#include <algorithm>
#include <iterator>

#include "vantage/core/error.hpp"

using vantage::detail::join;

Methods method_set(std::string_view name) {
  const auto place = std::find(kMethodNames.begin(), kMethodNames.end(), name) - kMethodNames.begin();
  return place == std::ssize(kMethodNames) ? 0 : 1U << place;
}

std::string method_list(Methods methods) {
  if (methods == kAll) return "all";
  const auto named = [](Methods listed) {
    std::string text;
    for (const std::string_view name : kMethodNames) {
      if ((listed & method_set(name)) != 0) text += join(text.empty() ? "" : ", ", name);
    }
    return text;
  };
  return (methods & kGradient) == kGradient ? "all but " + named(kAll & ~methods) : named(methods);
}

bool plays_populations(const Settings& settings) { return (method_set(settings.update) & kPopulation) != 0; }

const Option* find_option(std::string_view name) {
  const auto& all = all_options();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Option& option) { return option.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string dashed(const Option& option) { return "--" + std::string(option.name); }

bool is_flag(const Option& option) {
  return std::holds_alternative<bool Settings::*>(option.field) ||
         std::find(option.choices.begin(), option.choices.end(), "true") != option.choices.end();
}

bool is_list(const Option& option) {
  return std::holds_alternative<std::vector<std::int64_t> Settings::*>(option.field) ||
         std::holds_alternative<std::vector<std::string> Settings::*>(option.field);
}

std::string why_not_read(const Option& option, const Settings& settings) {
  if ((option.methods & method_set(settings.update)) == 0) {
    return join("expected no such option beside --update ", settings.update, ", which does not read it (",
                method_list(option.methods), " would)");
  }
  for (const Need& need : option.needs) {
    if (!need.holds(settings)) return join("expected ", need.words, ", without which nothing reads it");
  }
  return {};
}
