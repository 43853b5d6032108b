// SPDX-License-Identifier: MIT
#include "played_task.hpp"

#include <cstdio>
#include <map>
#include <stdexcept>

#include "tasks.hpp"
#include "vantage/core/error.hpp"

namespace {

using vantage::detail::join;

constexpr std::string_view kOptionPrefix = "task_option.";
constexpr const char* kFingerprint = "model_fingerprint";

std::string found_or_empty(const vantage::FileMetadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

using Values = std::map<std::string, std::string>;

Values apart(const std::vector<std::string>& options) {
  Values values;
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    values.emplace(option.substr(0, equals), option.substr(equals + 1));
  }
  return values;
}

/// The world that a policy learned on; an option that its file holds and no longer works is said to come from there.
AnyEnvironment make_learned_task(const std::string& name, const std::vector<std::string>& options,
                                 const Values& learned) {
  try {
    return make_task(name, options);
  } catch (const std::invalid_argument& error) {
    const std::string words = error.what();
    for (const auto& [option, value] : learned) {
      const std::string mark = join("--task-option ", option, ": ");
      if (words.starts_with(mark) && words.find(value) != std::string::npos)
        throw std::invalid_argument(
            join(words, ", which the policy learned with; another is given as --task-option ", option, "=..."));
    }
    throw;
  }
}

std::vector<std::string> together(const Values& values) {
  std::vector<std::string> options;
  for (const auto& [name, value] : values) options.push_back(join(name, '=', value));
  return options;
}

}  // namespace

vantage::FileMetadata task_metadata(const std::vector<std::string>& options, const std::string& model_fingerprint) {
  vantage::FileMetadata metadata;
  for (const auto& [name, value] : apart(options)) metadata[std::string(kOptionPrefix) + name] = value;
  if (!model_fingerprint.empty()) metadata[kFingerprint] = model_fingerprint;
  return metadata;
}

std::string changed_model(const vantage::FileMetadata& metadata, const std::string& model_fingerprint) {
  const std::string then = found_or_empty(metadata, kFingerprint);
  if (then.empty() || model_fingerprint.empty() || then == model_fingerprint) return {};
  return join("the model has changed since training, its fingerprint was ", then, " and is ", model_fingerprint);
}

PlayedTask make_played_task(const char* program, const vantage::FileMetadata& metadata, std::string name,
                            const std::vector<std::string>& options) {
  const auto say = [&](const std::string& words) { std::fprintf(stderr, "%s: note: %s\n", program, words.c_str()); };
  const std::string own = found_or_empty(metadata, "task");
  if (name.empty()) name = own;
  if (name.empty()) throw std::invalid_argument("--task: expected a task, the policy's file names none");
  Values values = apart(settled_options(name, options));
  if (name != own) {
    if (!own.empty()) say(join("the policy learned ", own, " and plays ", name));
    return {name, make_task(name, together(values))};
  }
  bool differs = false;
  Values learned;
  for (const auto& [key, value] : metadata) {
    if (key.starts_with(kOptionPrefix)) learned.emplace(key.substr(kOptionPrefix.size()), value);
  }
  for (const auto& [option, value] : values) {
    const auto found = learned.find(option);
    const std::string then = found == learned.end() ? default_of(name, option) : found->second;
    if (then == value) continue;
    differs = true;
    say(join("the policy learned with ", option, '=', then, " and plays with ", option, '=', value));
  }
  for (const auto& [option, value] : values) learned.erase(option);
  Values all = learned;
  all.merge(values);
  AnyEnvironment world = make_learned_task(name, together(all), learned);
  if (const std::string changed = changed_model(metadata, world.fingerprint()); !differs && !changed.empty())
    say(changed);
  return {name, std::move(world)};
}
