// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_FUZZ_KEPT_TASK_HPP
#define VANTAGE_TESTS_FUZZ_KEPT_TASK_HPP

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tasks.hpp"

/// As make_task, but a task without options is made once and copied: inputs name the same few again and again, and
/// compiling a model takes a hundred times as long as reading an input. Of models with options, of which there is no
/// end, one in sixteen is made, always the same ones; the others are those without.
inline AnyEnvironment kept_task(const std::string& name, const std::vector<std::string>& options) {
  static std::map<std::string, AnyEnvironment> kept;
  auto found = kept.find(name);
  if (found == kept.end()) found = kept.emplace(name, make_task(name, {})).first;
  if (options.empty()) return found->second;
  std::string all;
  for (const std::string& option : options) all += option + '\n';
  const bool has_model = !found->second.fingerprint().empty();
  return has_model && std::hash<std::string>()(all) % 16 != 0 ? found->second : make_task(name, options);
}

#endif
