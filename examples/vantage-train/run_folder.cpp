// SPDX-License-Identifier: MIT
#include "run_folder.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "methods.hpp"
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
  for (const auto& file : {policy(), best_policy(), checkpoint(), archive(), diverged_batch(), progress(), evaluation(),
                           config(), summary(), learning_curve()}) {
    std::filesystem::remove(file);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("checkpoint-") && name.ends_with(".safetensors")) std::filesystem::remove(entry.path());
  }
}

std::string config_text(const Settings& s) {
  Toml toml;
  // what the method does not read is left out
  const auto write = [&](const char* name, const auto& value) {
    if (applies(name, s.update, s.shared_backbone)) toml(name, value);
  };
  write("task", s.task);
  write("task-option", s.task_options);
  write("update", s.update);
  write("steps", s.steps);
  write("environments", s.environments);
  write("batch", s.batch);
  write("seed", s.seed);
  write("threads", s.threads);
  write("value-steps", s.value_steps);
  write("minibatch", s.minibatch);
  write("value-targets", s.value_targets);
  write("value-loss", s.value_loss);
  write("huber-delta", s.huber_delta);
  write("value-clip-range", s.value_clip_range);
  write("advantage", s.advantage);
  write("gamma", s.gamma);
  write("lambda", s.lambda);
  write("baseline", s.baseline);
  write("discount-weights", s.discount_weights);
  write("advantage-normalization", s.advantage_normalization);
  write("recompute-advantages", s.recompute_advantages);
  write("optimizer", s.optimizer);
  write("optimizer-epsilon", s.optimizer_epsilon);
  write("momentum", s.momentum);
  write("learning-rate", s.learning_rate);
  write("value-learning-rate", s.value_learning_rate.value_or(s.learning_rate));
  write("policy-learning-rate", s.policy_learning_rate.value_or(s.learning_rate));
  write("learning-rate-schedule", s.learning_rate_schedule);
  write("max-gradient-norm", s.max_gradient_norm);
  write("epochs", s.epochs);
  write("policy-minibatch", s.policy_minibatch);
  write("importance-weights", s.importance_weights);
  write("clip-range", s.clip_range);
  write("clip-range-end", s.clip_range_end.value_or(s.clip_range));
  write("entropy-coefficient", s.entropy_coefficient);
  write("entropy-coefficient-end", s.entropy_coefficient_end.value_or(s.entropy_coefficient));
  write("penalty-kl", s.penalty_kl);
  write("initial-penalty", s.initial_penalty);
  write("adaptive-kl", s.adaptive_kl);
  write("min-learning-rate", s.min_learning_rate);
  write("max-learning-rate", s.max_learning_rate);
  write("shared-backbone", s.shared_backbone);
  write("value-coefficient", s.value_coefficient);
  write("kl-radius", s.kl_radius);
  write("step-size", s.step_size);
  write("cg-iterations", s.cg_iterations);
  write("damping", s.damping);
  write("fisher-fraction", s.fisher_fraction);
  write("backtracks", s.backtracks);
  write("backtrack-factor", s.backtrack_factor);
  write("population", s.population);
  write("generations", s.generations);
  write("recency", s.recency);
  write("half-precision", s.half_precision);
  if (!s.archive.empty()) write("archive", s.archive.string());
  write("save-archive", s.save_archive);
  write("noise", s.noise);
  write("noise-scaling", s.noise_scaling);
  write("noise-scale", s.noise_scale);
  write("noise-floor", s.noise_floor);
  write("antithetic", s.antithetic);
  write("include-centre", s.include_centre);
  write("weight-clip", s.weight_clip);
  write("clip-centre", s.clip_centre);
  write("clip-samples", s.clip_samples);
  write("policy-steps", s.policy_steps);
  if (s.policy_learning_rate_end) write("policy-learning-rate-end", *s.policy_learning_rate_end);
  write("standardize-returns", s.standardize_returns);
  write("survival-bonus", s.survival_bonus);
  write("representation", s.representation);
  write("probing-states", s.probing_states);
  write("functional-layers", s.functional_layers);
  write("functional-channels", s.functional_channels);
  write("value-hidden", s.value_hidden);
  write("value-input-scale", s.value_input_scale);
  if (!s.value_from.empty()) write("value-from", s.value_from.string());
  write("output-gain", s.output_gain);
  write("max-kl", s.max_kl);
  write("max-state-kl", s.max_state_kl);
  write("min-ratio", s.min_ratio);
  write("max-ratio", s.max_ratio);
  write("max-clip-fraction", s.max_clip_fraction);
  write("on-violation", s.on_violation);
  write("hidden", s.hidden);
  write("activation", s.activation);
  if (s.log_std) write("log-std", *s.log_std);
  write("state-dependent-std", s.state_dependent_std);
  if (!s.policy.empty()) write("policy", s.policy.string());
  write("value-only-iterations", s.value_only_iterations);
  write("normalize-observations", s.normalize_observations);
  write("scale-rewards", s.scale_rewards);
  write("action-map", s.action_map);
  write("fault-penalty", s.fault_penalty);
  write("checkpoint-every", s.checkpoint_every);
  write("keep-checkpoints", s.keep_checkpoints);
  write("evaluate-every", s.evaluate_every);
  write("evaluate-episodes", s.evaluate_episodes);
  return vantage::detail::join("# vantage-train ", VANTAGE_VERSION, ", MuJoCo ", vantage::mujoco::version_text(), '\n',
                               toml.text());
}

void write_summary(const RunFolder& files, const Settings& settings, const vantage::TrainingProgress& progress,
                   const EvaluationSummary& evaluation, const std::string& stop_reason, double process_seconds) {
  const double speed = progress.wall_seconds > 0 ? static_cast<double>(progress.env_steps) / progress.wall_seconds : 0;
  std::ostringstream json;
  json << "{\n  \"task\": " << quoted(settings.task) << ",\n  \"update\": " << quoted(settings.update)
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
  const auto excuse = [&](const char* reason) {
    if (!settings.quiet) std::printf("no learning curve: %s\n", reason);
  };
  if (points.str().empty()) return excuse("no episode has ended");
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
    return excuse("gnuplot was not found (progress.csv holds the numbers)");
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
    excuse("gnuplot failed (progress.csv holds the numbers)");
  }
}
