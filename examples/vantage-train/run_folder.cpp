// SPDX-License-Identifier: MIT
#include "run_folder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "model_card.hpp"
#include "picture.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/json_scanner.hpp"
#include "vantage/io/tensorboard.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/version.hpp"

namespace {

std::string json_number(double value) { return std::isfinite(value) ? vantage::csv_number(value) : "null"; }

/// Whether the run goes on from a checkpoint.
bool goes_on(const Settings& settings) {
  return settings.resume && std::filesystem::exists(RunFolder{settings.output}.checkpoint());
}

}  // namespace

bool starts_warm(const Settings& settings) { return !settings.policy.empty() && !goes_on(settings); }

bool clones(const Settings& settings) { return !settings.demonstrations.empty() && !goes_on(settings); }

bool is_given_moments(const Settings& settings) { return !settings.normalizer.empty() && !goes_on(settings); }

bool RunFolder::holds_run() const {
  const auto files = {policy(), checkpoint(), progress(), config()};
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return std::filesystem::exists(file); });
}

void RunFolder::prepare(bool overwrite) const {
  std::filesystem::create_directories(folder);
  if (!holds_run()) return;
  if (!overwrite) {
    throw std::invalid_argument(vantage::detail::join("--output ", folder.string(),
                                                      ": expected a folder without a run; continue the one in it with "
                                                      "--resume, or discard it with --overwrite"));
  }
  for (const auto& file : {policy(), best_policy(), checkpoint(), archive(), diverged_batch(), progress(),
                           progress_lines(), evaluation(), config(), summary(), learning_curve()}) {
    std::filesystem::remove(file);
  }
  for (const auto& file : vantage::TensorboardWriter::files(folder)) std::filesystem::remove(file);
  if (is_our_card(card())) std::filesystem::remove(card());
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("checkpoint-") && name.ends_with(".safetensors")) std::filesystem::remove(entry.path());
  }
}

void write_summary(const RunFolder& files, const Settings& settings, const vantage::TrainingProgress& progress,
                   const EvaluationSummary& evaluation, const std::string& stop_reason, double process_seconds) {
  const double speed = progress.wall_seconds > 0 ? static_cast<double>(progress.env_steps) / progress.wall_seconds : 0;
  std::ostringstream json;
  json << "{\n  \"task\": " << vantage::json_quote(settings.task)
       << ",\n  \"update\": " << vantage::json_quote(settings.update)
       << ",\n  \"value_steps\": " << settings.value_steps << ",\n  \"seed\": " << settings.seed
       << ",\n  \"threads\": " << settings.threads << ",\n  \"iterations\": " << progress.iterations
       << ",\n  \"env_steps\": " << progress.env_steps << ",\n  \"episodes\": " << progress.episodes
       << ",\n  \"faults\": " << progress.faults << ",\n  \"warnings\": " << progress.warnings
       << ",\n  \"mean_return_last_100\": " << json_number(progress.mean_return_last_100())
       << ",\n  \"evaluation_return\": " << json_number(evaluation.last_return)
       << ",\n  \"best_return\": " << json_number(evaluation.best_return)
       << ",\n  \"wall_seconds\": " << json_number(progress.wall_seconds)
       << ",\n  \"steps_per_second\": " << json_number(speed)
       << ",\n  \"collect_seconds\": " << json_number(progress.collect_seconds)
       << ",\n  \"value_seconds\": " << json_number(progress.value_seconds)
       << ",\n  \"policy_seconds\": " << json_number(progress.policy_seconds)
       << ",\n  \"process_seconds\": " << json_number(process_seconds)
       << ",\n  \"stop_reason\": " << vantage::json_quote(stop_reason)
       << ",\n  \"version\": " << vantage::json_quote(VANTAGE_VERSION)
       << ",\n  \"mujoco_version\": " << vantage::json_quote(vantage::mujoco::version_text()) << "\n}\n";
  vantage::write_file_atomically(files.summary(), json.str());
}

void draw_learning_curve(const RunFolder& files, const Settings& settings) {
  // points where episodes have ended; gnuplot sees numbers only, and no path or name can be taken for a command
  const vantage::CsvTable table(files.progress());
  const auto steps = table.numbers("env_steps");
  const auto returns = table.numbers("mean_return_last_100");
  std::ostringstream points;
  for (vantage::Index i = 0; i < steps.size(); ++i) {
    if (std::isfinite(returns[i])) points << steps[i] << ' ' << returns[i] << '\n';
  }
  const auto excuse = [&](const char* reason) {
    if (!settings.quiet) std::printf("no learning curve: %s\n", reason);
  };
  if (points.str().empty()) return excuse("no episode has ended");
  const std::string title = settings.task + ", " + settings.update + ", K_V = " + std::to_string(settings.value_steps) +
                            ", seed " + std::to_string(settings.seed);
  const std::string excuse_of =
      draw(files.learning_curve(), "set title " + gnuplot_text(title) +
                                       " noenhanced\nset xlabel 'environment steps'\n"
                                       "set ylabel 'mean return of the last 100 episodes'\nset grid\n"
                                       "set format x '%.0s%c'\nunset key\n$data << EOD\n" +
                                       points.str() +
                                       "EOD\nplot $data using 1:2 with lines linewidth 2 linecolor rgb '#2060a0'\n");
  if (!excuse_of.empty()) excuse((excuse_of + " (progress.csv holds the numbers)").c_str());
}
