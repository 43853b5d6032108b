// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "number_checks.hpp"
#include "played_task.hpp"
#include "program.hpp"
#include "tasks.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/version.hpp"

namespace {

struct Summary {
  double mean = 0, deviation = 0, low = 0, high = 0;
};

template <class T>
Summary summarize(const std::vector<T>& numbers) {
  Summary result;
  for (const T number : numbers) result.mean += static_cast<double>(number) / static_cast<double>(numbers.size());
  for (const T number : numbers) result.deviation += std::pow(static_cast<double>(number) - result.mean, 2);
  // of the population, as Gymnasium's users report it
  result.deviation = std::sqrt(result.deviation / static_cast<double>(numbers.size()));
  result.low = static_cast<double>(*std::min_element(numbers.begin(), numbers.end()));
  result.high = static_cast<double>(*std::max_element(numbers.begin(), numbers.end()));
  return result;
}

void print(const char* name, const Summary& s, bool json) {
  if (json) {
    const auto text = [](double number) { return std::isfinite(number) ? vantage::csv_number(number) : "null"; };
    std::printf("  \"%s\": {\"mean\": %s, \"std\": %s, \"min\": %s, \"max\": %s}", name, text(s.mean).c_str(),
                text(s.deviation).c_str(), text(s.low).c_str(), text(s.high).c_str());
  } else {
    std::printf("%s: mean %.6g, std %.6g, min %.6g, max %.6g\n", name, s.mean, s.deviation, s.low, s.high);
  }
}

int run(int argc, char** argv) {
  std::string file, task;
  std::vector<std::string> task_options;
  vantage::EvaluationOptions options;
  vantage::ContextOptions machine{
      .threads = std::max<vantage::Index>(1, static_cast<vantage::Index>(std::thread::hardware_concurrency()))};
  bool json = false;
  std::string record;
  CLI::App app("Plays whole episodes with a policy that vantage-train wrote, and prints their returns and lengths.",
               "vantage-eval");
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.add_option("policy", file, "File of the policy")->required();
  app.add_option("--task", task, "Task: " + task_names() + "; default: the policy's own");
  app.add_option("--task-option", task_options,
                 "Option of the task, name=value; may be repeated; default: those that the policy learned with")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("--episodes", options.episodes, "Episodes")->transform(whole<vantage::Index>(1));
  app.add_flag("--deterministic", options.deterministic, "Take the policy's mode instead of a sample (default: no)");
  app.add_option("--seed", options.seed, "Seed of the episodes")->transform(whole<std::uint64_t>(0));
  app.add_option("--threads", machine.threads, "Threads; the result does not depend on them")
      ->transform(whole<vantage::Index>(1));
  app.add_option("--record", record,
                 "Write the observations and actions of all steps to a safetensors file that vantage-train "
                 "--demonstrations reads")
      ->type_name("FILE");
  app.add_flag("--json", json, "Print JSON (default: no)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  const auto deployed = vantage::DeployedPolicy<float>::load(file);
  const auto played = make_played_task("vantage-eval", deployed.metadata(), task, task_options);
  const AnyEnvironment& world = played.world;
  const auto& policy = deployed.policy();
  vantage::require_fit(file, policy, world.spec());
  options.action_map = deployed.action_map();
  options.keep_steps = !record.empty();
  vantage::Context context(machine);
  const auto result = vantage::evaluate(world, policy, deployed.normalizer(), context, options);
  if (options.keep_steps) vantage::save_demonstrations(record, result.steps);
  if (json) std::printf("{\n  \"task\": \"%s\",\n  \"episodes\": %zu,\n", played.name.c_str(), result.returns.size());
  print("return", summarize(result.returns), json);
  if (json) std::printf(",\n");
  print("length", summarize(result.lengths), json);
  // what they mean, the world has said on standard error
  const auto warnings = std::accumulate(result.warnings.begin(), result.warnings.end(), vantage::Index{0});
  const auto faults = static_cast<long long>(result.fault_count());
  if (json) {
    std::printf(",\n  \"warnings\": %lld,\n  \"faults\": %lld\n}\n", static_cast<long long>(warnings), faults);
    return 0;
  }
  if (warnings > 0) std::printf("warnings: %lld\n", static_cast<long long>(warnings));
  if (faults > 0) std::printf("faults: %lld; the reward of each is minus the fault penalty\n", faults);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("vantage-eval", [&] { return run(argc, argv); });
}
