// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_STUDY_HPP
#define VANTAGE_STUDY_STUDY_HPP

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "option_values.hpp"

// what a study's file describes

/// Dimension -> label: one cell of the grid.
using Labels = std::map<std::string, std::string>;

/// Dimension -> labels: the cells that have one of them on each of these dimensions.
using Where = std::map<std::string, std::set<std::string>>;

/// One place on a dimension: what it is called, and the options that it stands for.
struct Choice {
  std::string label;
  GivenOptions options;
};

struct Dimension {
  std::string name;
  std::vector<Choice> choices;
};

/// Cells that are left out, or that have options of their own.
struct Rule {
  Where where;
  bool skip = false;
  GivenOptions options;
};

/// How much is run; what it says comes after the grid.
struct StudyScale {
  std::optional<std::int64_t> seeds;
  GivenOptions options;
  std::map<std::string, std::vector<std::string>> only;  ///< labels that are left of a dimension
  std::string diagnosis;                                 ///< the scale of vantage-diagnose; its own default if empty
};

/// What vantage-diagnose is asked of each run.
struct Diagnosis {
  std::vector<std::string> command;       ///< the measurement and its options
  std::optional<std::int64_t> iteration;  ///< none: the last
  bool operator==(const Diagnosis&) const = default;
};

/// A number of each run.
struct Measure {
  enum class Kind { column, evaluation, diagnosis };
  enum class Take { last, share, at, area, best, reach };
  std::string name;
  Kind kind = Kind::column;
  Where where;  ///< the cells that have it
  // of the run's progress.csv or evaluation.csv, or of a row of a diagnosis' table
  std::string file = "progress";
  std::string column;
  std::string along = "env_steps";  ///< the column that parts of the run, and where it has a value, are counted in
  Take take = Take::last;
  double amount =
      0;  ///< the last share of the run that is averaged, where the value is taken, or what is to be reached
  // by vantage-eval or vantage-diagnose: where in their JSON, with dots
  std::string number;
  std::int64_t episodes = 0;
  bool deterministic = false;
  Diagnosis diagnosis;
  std::string table;                  ///< of the diagnosis, instead of its JSON
  std::map<std::string, double> row;  ///< numbers by which rows are found, of which the first or the best is taken
};

/// A curve of others. Columns of a CSV file; rows whose columns named as dimensions have the label of the curve.
struct Reference {
  std::filesystem::path file;
  std::string label;
  std::string x = "env_steps", y = "mean", low, high;
};

/// Curves of a run's own tables or of a diagnosis': a panel for each label of one dimension, a line for each of
/// another.
struct Figure {
  std::string name, title;
  std::string file = "progress";  ///< of the run, or evaluation
  std::optional<Diagnosis> diagnosis;
  std::string table;
  std::vector<std::int64_t> iterations;  ///< of the diagnosis, whose `number` is a curve over environment steps
  std::string number;
  std::string x = "env_steps", y;
  std::string x_label, y_label;
  bool logarithmic = false;  ///< the x axis
  std::string panels, lines;
  Where where;
  std::vector<Reference> references;
};

/// Means and deviations of others: rows of a CSV file whose columns named as dimensions have the labels of a cell.
struct Published {
  std::filesystem::path file;
  std::string mean = "mean", deviation = "sd";
};

/// A claim in words, and the relation of numbers that it means: left relation factor * right. Beside what was published
/// it is left >= mean - tolerance deviations, or left within tolerance deviations of the mean.
struct Acceptance {
  std::string claim, measure;
  std::string right_measure;  ///< of the right side
  std::string statistic = "mean";
  std::string relation = ">=";
  double factor = 1, tolerance = 0;
  Where left, right;
  std::optional<double> number;           ///< instead of right
  std::map<std::string, double> numbers;  ///< instead of right, one a label of `each`
  std::optional<Published> published;     ///< instead of right
  std::vector<std::string> each;          ///< dimensions whose every label is asked
  std::vector<std::string> scales;        ///< the scales at which it is asked, and none; empty: all
};

struct Study {
  std::string title, source, about;
  std::string text;  ///< of the file
  std::int64_t seeds = 1;
  GivenOptions common;
  std::vector<Dimension> grid;
  std::vector<Rule> rules;
  std::map<std::string, StudyScale> scales;
  std::vector<Measure> measures;
  std::vector<Figure> figures;
  std::vector<Acceptance> acceptances;
  std::string rows;  ///< the dimension whose labels are rows of the report's tables; the others are columns
};

/// Reads a study; names of files in it begin at its folder.
/// Throws: std::invalid_argument "path:line: ...", for unknown keys with the nearest.
[[nodiscard]] Study read_study(const std::filesystem::path& path);

[[nodiscard]] const Dimension* find_dimension(const Study& study, const std::string& name);

/// Whether a cell has all of these labels.
[[nodiscard]] bool matches(const Labels& cell, const Where& where);

/// The one cell.
[[nodiscard]] Where only(const Labels& cell);

/// Every diagnosis that measures and figures ask of a run of so many iterations in a cell, each once.
[[nodiscard]] std::vector<Diagnosis> diagnoses_of(const Study& study, const Labels& cell, std::int64_t iterations);

/// The diagnoses of a figure's curve, in the order of its points; of its table alone the one.
[[nodiscard]] std::vector<Diagnosis> diagnoses_of(const Figure& figure, std::int64_t iterations);

#endif
