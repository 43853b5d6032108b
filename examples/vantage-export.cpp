// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "played_task.hpp"
#include "program.hpp"
#include "tasks.hpp"
#include "vantage/core/error.hpp"
#include "vantage/deploy/c_source.hpp"
#include "vantage/deploy/onnx.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/controller_metadata.hpp"
#include "vantage/version.hpp"

namespace {

namespace fs = std::filesystem;
using vantage::FileMetadata;
using vantage::detail::join;

struct Settings {
  std::string policy, onnx, c_header, task;
  std::string precision = "float";
  std::string name = "policy";
  std::vector<std::string> task_options, metadata;
};

void add_options(CLI::App& app, Settings& s) {
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.add_option("policy", s.policy, "File of the policy")->required();
  app.add_option("--onnx", s.onnx, "Write an ONNX model, from obs (batch x O) to actions (batch x A)");
  app.add_option("--c-header", s.c_header, "Write a C99 header that needs math.h alone");
  app.add_option("--precision", s.precision, "Of the numbers inside: float or double")
      ->check(CLI::IsMember({"float", "double"}));
  app.add_option("--name", s.name, "What the names of the C header begin with: NAME_act(observation, action)");
  app.add_option("--metadata", s.metadata,
                 "key=value for the ONNX model's metadata and the header's comment, such as observation_names=a,b; may "
                 "be repeated; goes before what the task knows, an empty value takes a key away")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("--task", s.task,
                 "Task that names joints, their gains and the control rate: " + task_names() +
                     "; default: the policy's own, where it is one of these");
  app.add_option("--task-option", s.task_options,
                 "Option of the task, name=value; may be repeated; default: those that the policy learned with")
      ->type_size(1)
      ->allow_extra_args(false);
}

/// What the command line gives as --metadata.
FileMetadata given_metadata(const std::vector<std::string>& words) {
  FileMetadata given;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw std::invalid_argument(join("--metadata: expected key=value, got ", word));
    }
    if (!given.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      throw std::invalid_argument(join("--metadata: expected each key once, got ", word.substr(0, equals), " again"));
    }
  }
  return given;
}

/// The world that the policy acts in.
AnyEnvironment make_world(const Settings& s, const vantage::PolicyFunction& function) {
  PlayedTask played = make_played_task("vantage-export", function.metadata, s.task, s.task_options);
  const vantage::EnvironmentSpec& spec = played.world.spec();
  const auto choices = spec.choices();
  if (spec.observation_size != function.observation_size() || spec.action_size() != function.action_size() ||
      spec.mask_row != function.mask.row() ||
      !std::equal(choices.begin(), choices.end(), function.choices.begin(), function.choices.end())) {
    throw std::invalid_argument(join("--task: expected a task of the policy's ", function.observation_size(),
                                     " observations and ", function.action_size(), " actions, got ", played.name,
                                     " with ", spec.observation_size, " and ", spec.action_size()));
  }
  return std::move(played.world);
}

/// What the world of the policy knows: nothing where the policy's own task is none of this program's, which is said.
FileMetadata task_knowledge(const Settings& s, const vantage::PolicyFunction& function) {
  std::optional<AnyEnvironment> world;
  try {
    world = make_world(s, function);
  } catch (const std::exception& error) {
    if (!s.task.empty() || !s.task_options.empty()) throw;
    std::fprintf(stderr, "vantage-export: note: metadata comes from the policy's file alone: %s\n", error.what());
    return {};
  }
  FileMetadata known;
  world->inspect([&](const mjModel& model, mjData&) { known = vantage::mujoco::controller_metadata(model); });
  if (world->dt() > 0) {
    known["control_period_seconds"] = vantage::csv_number(world->dt());
    known["control_rate_hertz"] = vantage::csv_number(1 / world->dt());
  }
  return known;
}

int run(const Settings& s) {
  if (s.onnx.empty() && s.c_header.empty()) {
    throw std::invalid_argument("expected --onnx FILE, --c-header FILE or both, got neither");
  }
  for (const auto& [output, other] : {std::pair(s.onnx, s.policy), {s.c_header, s.policy}, {s.onnx, s.c_header}}) {
    if (!output.empty() && !other.empty() && fs::weakly_canonical(output) == fs::weakly_canonical(other)) {
      throw std::invalid_argument(
          join("expected a file of its own for each of policy, model and header, got ", output));
    }
  }
  FileMetadata metadata = given_metadata(s.metadata);
  const vantage::PolicyFunction function = vantage::load_policy_function(s.policy);
  metadata.merge(task_knowledge(s, function));
  metadata.emplace("run_path", s.policy);
  const auto precision =
      s.precision == "float" ? vantage::Precision::single_precision : vantage::Precision::double_precision;

  // all is made before anything is written
  std::string model, header;
  if (!s.onnx.empty()) model = onnx_model(function, {.precision = precision, .metadata = metadata});
  if (!s.c_header.empty()) {
    header = c_header(function, {.precision = precision, .name = s.name, .metadata = metadata});
  }
  if (!s.onnx.empty()) vantage::write_file_atomically(s.onnx, model);
  if (!s.c_header.empty()) vantage::write_file_atomically(s.c_header, header);
  const auto say = [](const std::string& path, const std::string& bytes) {
    if (!path.empty()) std::printf("%s: %zu bytes\n", path.c_str(), bytes.size());
  };
  say(s.onnx, model);
  say(s.c_header, header);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("vantage-export", [&] {
    Settings settings;
    CLI::App app("Writes a policy of vantage-train for programs without vantage: as an ONNX model, as a C header.",
                 "vantage-export");
    add_options(app, settings);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    return run(settings);
  });
}
