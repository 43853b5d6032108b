// SPDX-License-Identifier: MIT
#include "run_folder.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/version.hpp"

namespace {

// a basic string of TOML and JSON
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

class Toml {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      text_ << name << " = " << (value ? "true" : "false") << '\n';
    } else if constexpr (std::is_arithmetic_v<T>) {
      text_ << name << " = " << vantage::csv_number(value) << '\n';
    } else {
      text_ << name << " = " << quoted(value) << '\n';
    }
  }

  template <class T>
  void operator()(const char* name, const std::vector<T>& values) {
    if (values.empty()) return;
    text_ << name << " = [";
    for (std::size_t i = 0; i < values.size(); ++i) {
      text_ << (i == 0 ? "" : ", ");
      if constexpr (std::is_arithmetic_v<T>) {
        text_ << values[i];
      } else {
        text_ << quoted(values[i]);
      }
    }
    text_ << "]\n";
  }

  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

std::string json_number(double value) { return std::isfinite(value) ? vantage::csv_number(value) : "null"; }

}  // namespace

bool RunFolder::holds_run() const {
  for (const auto& file : {policy(), checkpoint(), progress(), config()}) {
    if (std::filesystem::exists(file)) return true;
  }
  return false;
}

void RunFolder::prepare(bool overwrite) const {
  std::filesystem::create_directories(folder);
  if (!holds_run()) return;
  if (!overwrite) {
    throw std::invalid_argument(vantage::detail::join("--output ", folder.string(),
                                                      ": expected a folder without a run; continue the one in it with "
                                                      "--resume, or discard it with --overwrite"));
  }
  for (const auto& file : {policy(), checkpoint(), progress(), evaluation(), config(), summary(), learning_curve()}) {
    std::filesystem::remove(file);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("checkpoint-") && name.ends_with(".safetensors")) std::filesystem::remove(entry.path());
  }
}

std::string config_text(const Settings& settings) {
  Toml toml;
  toml("task", settings.task);
  toml("task-option", settings.task_options);
  toml("update", settings.update);
  toml("steps", settings.steps);
  toml("environments", settings.environments);
  toml("batch", settings.batch);
  toml("seed", settings.seed);
  toml("threads", settings.threads);
  toml("value-steps", settings.value_steps);
  toml("minibatch", settings.minibatch);
  toml("learning-rate", settings.learning_rate);
  toml("value-learning-rate", settings.value_learning_rate.value_or(settings.learning_rate));
  toml("policy-learning-rate", settings.policy_learning_rate.value_or(settings.learning_rate));
  toml("learning-rate-schedule", settings.learning_rate_schedule);
  toml("max-gradient-norm", settings.max_gradient_norm);
  toml("gamma", settings.gamma);
  toml("lambda", settings.lambda);
  toml("normalize-advantages", settings.normalize_advantages);
  toml("value-targets", settings.value_targets);
  toml("hidden", settings.hidden);
  toml("activation", settings.activation);
  if (settings.log_std) toml("log-std", *settings.log_std);
  toml("state-dependent-std", settings.state_dependent_std);
  toml("normalize-observations", settings.normalize_observations);
  toml("scale-rewards", settings.scale_rewards);
  toml("action-map", settings.action_map);
  toml("fault-penalty", settings.fault_penalty);
  toml("max-kl", settings.max_kl);
  toml("on-violation", settings.on_violation);
  toml("checkpoint-every", settings.checkpoint_every);
  toml("keep-checkpoints", settings.keep_checkpoints);
  toml("evaluate-every", settings.evaluate_every);
  toml("evaluate-episodes", settings.evaluate_episodes);
  return vantage::detail::join("# vantage-train ", VANTAGE_VERSION, ", MuJoCo ", vantage::mujoco::version_text(), '\n',
                               toml.text());
}

void write_summary(const RunFolder& files, const Settings& settings, const vantage::TrainingProgress& progress,
                   const std::string& stop_reason, double process_seconds) {
  const double speed = progress.wall_seconds > 0 ? static_cast<double>(progress.env_steps) / progress.wall_seconds : 0;
  std::ostringstream json;
  json << "{\n  \"task\": " << quoted(settings.task) << ",\n  \"update\": " << quoted(settings.update)
       << ",\n  \"value_steps\": " << settings.value_steps << ",\n  \"seed\": " << settings.seed
       << ",\n  \"threads\": " << settings.threads << ",\n  \"iterations\": " << progress.iterations
       << ",\n  \"env_steps\": " << progress.env_steps << ",\n  \"episodes\": " << progress.episodes
       << ",\n  \"faults\": " << progress.faults
       << ",\n  \"mean_return_last_100\": " << json_number(progress.mean_return_last_100())
       << ",\n  \"wall_seconds\": " << json_number(progress.wall_seconds)
       << ",\n  \"steps_per_second\": " << json_number(speed)
       << ",\n  \"collect_seconds\": " << json_number(progress.collect_seconds)
       << ",\n  \"value_seconds\": " << json_number(progress.value_seconds)
       << ",\n  \"policy_seconds\": " << json_number(progress.policy_seconds)
       << ",\n  \"process_seconds\": " << json_number(process_seconds)
       << ",\n  \"stop_reason\": " << quoted(stop_reason) << ",\n  \"version\": " << quoted(VANTAGE_VERSION)
       << ",\n  \"mujoco_version\": " << quoted(vantage::mujoco::version_text()) << "\n}\n";
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
  if (points.str().empty()) {
    std::printf("no learning curve: no episode has ended\n");
    return;
  }
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
    std::printf("no learning curve: gnuplot was not found (progress.csv holds the numbers)\n");
    return;
  }
  const std::filesystem::path temporary = files.folder / "learning_curve.tmp.png";
  std::string title = settings.task + ", " + settings.update + ", K_V = " + std::to_string(settings.value_steps) +
                      ", seed " + std::to_string(settings.seed);
  std::string target = temporary.string();
  for (std::string* text : {&title, &target}) {
    for (std::size_t i = 0; (i = text->find('\'', i)) != std::string::npos; i += 2) text->insert(i, 1, '\'');
  }
  std::FILE* pipe = ::popen("gnuplot >/dev/null 2>&1", "w");
  if (pipe == nullptr) return;
  std::fprintf(pipe,
               "set terminal pngcairo size 720,440 font 'sans,11'\nset output '%s'\nset title '%s' noenhanced\n"
               "set xlabel 'environment steps'\nset ylabel 'mean return of the last 100 episodes'\nset grid\n"
               "set format x '%%.0s%%c'\nunset key\n$data << EOD\n%sEOD\n"
               "plot $data using 1:2 with lines linewidth 2 linecolor rgb '#2060a0'\n",
               target.c_str(), title.c_str(), points.str().c_str());
  const bool drawn = ::pclose(pipe) == 0 && std::filesystem::exists(temporary);
  if (drawn) {
    std::filesystem::rename(temporary, files.learning_curve());
  } else {
    std::filesystem::remove(temporary);
    std::printf("no learning curve: gnuplot failed (progress.csv holds the numbers)\n");
  }
}
