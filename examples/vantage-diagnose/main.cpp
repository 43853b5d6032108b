// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "configuration.hpp"
#include "interrupt.hpp"
#include "measurements.hpp"
#include "program.hpp"
#include "run_folder.hpp"
#include "vantage/core/error.hpp"

namespace {

/// The run's own settings and task.
Configuration configuration_of(const std::filesystem::path& run) {
  const auto given = [](std::string_view name, std::string word) {
    return std::pair(find_option(name), Given{{std::move(word)}, "the run", false});
  };
  return configure({given("output", run.string()), given("resume", "true")});
}

int run(int argc, char** argv) {
  const auto request = parse_request(argc, argv);
  if (!request) return 0;
  const auto [settings, task] = configuration_of(request->run);
  if (settings.shared_backbone) {
    throw std::invalid_argument(
        "expected a policy and a value function with parameters of their own, got --shared-backbone");
  }
  if (!plays_populations(settings) && settings.value != "network") {
    throw std::invalid_argument("expected a value of observations alone, got --value " + settings.value);
  }
  const RunFolder files{request->run};
  const auto checkpoint = request->iteration ? files.kept_checkpoint(*request->iteration) : files.checkpoint();
  if (!std::filesystem::exists(checkpoint)) {
    throw std::invalid_argument(vantage::detail::join(
        "expected ", checkpoint.string(), ", which --keep-checkpoints of vantage-train leaves; there is none"));
  }
  watch_interrupts();
  if (plays_populations(settings)) return diagnose_population(*request, settings, task, checkpoint);
  return task.spec().is_discrete() ? diagnose_categorical(*request, settings, task, checkpoint)
                                   : diagnose_gaussian(*request, settings, task, checkpoint);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("vantage-diagnose", [&] { return run(argc, argv); });
}
