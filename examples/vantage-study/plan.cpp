// SPDX-License-Identifier: MIT
#include "plan.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <limits>
#include <set>
#include <stdexcept>

#include "configuration.hpp"
#include "nearest.hpp"
#include "presets.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/checksum.hpp"

namespace {

using vantage::detail::join;

void put(GivenOptions& options, const GivenOptions& over) {
  for (const auto& [option, given] : over) options.insert_or_assign(option, given);
}

void put(GivenOptions& options, const char* name, std::string word) {
  options.insert_or_assign(find_option(name), Given{{std::move(word)}, "the study", false});
}

/// What decides what a run learns and is no default of its method, a line an option: it outlives options that are added
/// to the program.
std::string identity(const Settings& settings, bool with_seed) {
  const Settings defaults = method_defaults(settings.update, settings.task, "false");
  std::string text = join("task = ", settings.task, "\nupdate = ", settings.update, '\n');
  for (const Option& option : all_options()) {
    if (option.stored != Stored::always || !why_not_read(option, settings).empty()) continue;
    if (option.name == "seed" ? !with_seed : same_value(option, settings, defaults)) continue;
    text += join(option.name, " = ", value_text(option, settings), '\n');
  }
  // where it ends belongs to it, though a continued run may end elsewhere
  return text + join("steps = ", settings.steps, '\n');
}

std::string checksum(const std::string& text) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(vantage::fnv1a(text)));
  return {digits, 8};
}

std::string file_name(const std::string& text) {
  std::string name;
  for (const char letter : text) {
    const bool keeps =
        std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' || letter == '+' || letter == '-';
    if (keeps) {
      name += letter;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  return name.substr(0, 40);
}

const StudyScale& scale_of(const Study& study, const std::string& name) {
  const auto found = study.scales.find(name);
  if (found != study.scales.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, scale] : study.scales) names.push_back(known);
  throw std::invalid_argument(
      join("--scale: expected one of the study's (", names.empty() ? "none" : listed(names), "), got ", name));
}

class Planner {
 public:
  Planner(const Study& study, const Selection& selection) : study_(study) {
    if (!selection.scale.empty()) scale_ = scale_of(study, selection.scale);
    seeds_ = selection.seeds.value_or(scale_.seeds.value_or(study.seeds));
    for (const auto& [dimension, labels] : scale_.only) left_[dimension] = {labels.begin(), labels.end()};
    std::map<std::string, std::set<std::string>> asked;
    for (const auto& [dimension, label] : selection.only) {
      check(dimension, label);
      asked[dimension].insert(label);
    }
    for (const auto& [dimension, labels] : asked) left_[dimension] = labels;
  }

  std::vector<Run> runs() {
    Labels labels;
    cells(0, labels, study_.common);
    if (runs_.empty()) throw std::invalid_argument("expected a run at least, the study has none with these labels");
    return std::move(runs_);
  }

 private:
  void check(const std::string& name, const std::string& label) const {
    const Dimension* found = find_dimension(study_, name);
    std::vector<std::string> known;
    for (const Dimension& one : study_.grid) known.push_back(one.name);
    if (found == nullptr) {
      throw std::invalid_argument(join("--only: expected a dimension of the study (", listed(known), "), got ", name));
    }
    known.clear();
    for (const Choice& choice : found->choices) known.push_back(choice.label);
    if (std::find(known.begin(), known.end(), label) == known.end()) {
      throw std::invalid_argument(join("--only: expected a label of ", name, " (", listed(known), "), got ", label));
    }
  }

  void cells(std::size_t depth, Labels& labels, const GivenOptions& options) {
    if (depth == study_.grid.size()) return cell(labels, options);
    const Dimension& dimension = study_.grid[depth];
    const auto left = left_.find(dimension.name);
    for (const Choice& choice : dimension.choices) {
      if (left != left_.end() && !left->second.contains(choice.label)) continue;
      labels[dimension.name] = choice.label;
      GivenOptions with = options;
      put(with, choice.options);
      cells(depth + 1, labels, with);
    }
    labels.erase(dimension.name);
  }

  void cell(const Labels& labels, GivenOptions options) {
    put(options, scale_.options);
    for (const Rule& rule : study_.rules) {
      if (!matches(labels, rule.where)) continue;
      if (rule.skip) return;
      put(options, rule.options);
    }
    put(options, "threads", "1");
    put(options, "quiet", "true");
    put(options, "output", "a run of the study");
    // those that the study names itself are for others that measure the same runs
    const Settings own = resolved(labels, options);
    std::set<std::int64_t> iterations(own.keep_checkpoints.begin(), own.keep_checkpoints.end());
    for (const Diagnosis& diagnosis : diagnoses_of(study_, labels, iterations_of(own))) {
      if (diagnosis.iteration) iterations.insert(*diagnosis.iteration);
    }
    std::string kept;
    for (const std::int64_t iteration : iterations) kept += join(kept.empty() ? "" : ",", iteration);
    if (!kept.empty()) put(options, "keep-checkpoints", kept);
    std::string name;
    for (const Dimension& dimension : study_.grid) name += file_name(labels.at(dimension.name)) + '_';
    for (std::int64_t seed = 1; seed <= seeds_; ++seed) {
      put(options, "seed", std::to_string(seed));
      Run run{labels, seed, resolved(labels, options), {}, {}};
      run.settings.output.clear();
      run.name = join(name, "seed-", seed, '_', checksum(identity(run.settings, true)));
      run.speed_of = checksum(identity(run.settings, false));
      runs_.push_back(std::move(run));
    }
  }

  Settings resolved(const Labels& labels, const GivenOptions& options) {
    const TaskMaker make = [this](const std::string& task, const std::vector<std::string>& task_options) {
      const auto key = std::pair(task, task_options);
      auto found = worlds_.find(key);
      if (found == worlds_.end()) found = worlds_.emplace(key, make_task(task, task_options)).first;
      return found->second;
    };
    try {
      return configure(options, make).settings;
    } catch (const std::invalid_argument& error) {
      std::vector<std::string> words;
      for (const auto& [dimension, label] : labels) words.push_back(join(dimension, " = ", label));
      throw std::invalid_argument(join(error.what(), words.empty() ? "" : " (the run with " + listed(words) + ")"));
    }
  }

  const Study& study_;
  StudyScale scale_;
  std::int64_t seeds_ = 1;
  std::map<std::string, std::set<std::string>> left_;
  std::map<std::pair<std::string, std::vector<std::string>>, AnyEnvironment> worlds_;
  std::vector<Run> runs_;
};

}  // namespace

std::int64_t iterations_of(const Settings& settings) {
  if (plays_populations(settings)) return std::numeric_limits<std::int64_t>::max();
  return (settings.steps + settings.batch - 1) / settings.batch;
}

void choose_scale(Study& study, const std::string& name) {
  if (name.empty()) return;
  const std::string scale = scale_of(study, name).diagnosis;
  if (scale.empty()) return;
  const auto choose = [&](Diagnosis& diagnosis) {
    diagnosis.command.insert(diagnosis.command.end(), {"--scale", scale});
  };
  for (Measure& measure : study.measures) {
    if (measure.kind == Measure::Kind::diagnosis) choose(measure.diagnosis);
  }
  for (Figure& figure : study.figures) {
    if (figure.diagnosis) choose(*figure.diagnosis);
  }
}

std::vector<Run> plan(const Study& study, const Selection& selection) { return Planner(study, selection).runs(); }
