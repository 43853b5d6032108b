// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_RECORD_HPP
#define VANTAGE_STUDY_RECORD_HPP

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan.hpp"

/// Stands for a number that there is not.
inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// A number that a diagnosis found, whether a measure takes it or not.
struct FoundNumber {
  std::string diagnosis, name;
  double value = kNoNumber;
};

/// Points of a curve, x rising.
using Curve = std::vector<std::pair<double, double>>;

/// What is kept of a finished run: a row of results.csv, and the rows of curves.csv with its name.
struct Record {
  std::string name;
  Labels labels;
  std::int64_t seed = 1;
  std::string state;          ///< finished, diverged or faulted
  double env_steps = 0;       ///< steps of the worlds
  double core_seconds = 0;    ///< of training; a run has one thread
  double joules = kNoNumber;  ///< of the processor, over training and measurements, where the machine shows them
  std::map<std::string, double> measures;
  std::map<std::string, Curve> curves;  ///< by the figure
  std::vector<FoundNumber> numbers;     ///< of all diagnoses; not among what is merged
};

/// A program to run next, and how its end is judged.
struct Command {
  std::string what;  ///< for people: "trains", "is played", "is measured: values"
  std::vector<std::string> words;
  std::filesystem::path output;  ///< where its standard output goes, if it is a result
};

/// What a run's folder lacks next of training, evaluations and diagnoses; none if nothing. The run's configuration lies
/// beside the folder, as a file of the same name that ends in .toml.
[[nodiscard]] std::optional<Command> next_command(const Study& study, const Run& run,
                                                  const std::filesystem::path& folder,
                                                  const std::filesystem::path& programs);

/// Throws: FileError unless the progress of a run of the cell in the folder has the columns that the study takes.
void check_columns(const Study& study, const Labels& cell, const std::filesystem::path& folder);

/// Steps that the training in the folder has made so far.
[[nodiscard]] double steps_made(const std::filesystem::path& folder);

/// Joules that a run's programs have used so far, kept beside its folder; no number where none were counted.
[[nodiscard]] double joules_of(const std::filesystem::path& folder);
void add_joules(const std::filesystem::path& folder, double joules);

/// Whether training has ended in the folder.
[[nodiscard]] bool is_trained(const std::filesystem::path& folder);

/// Reads a folder that is trained; what is not measured yet are no numbers. Throws: FileError, std::invalid_argument
/// for a measure that its file does not have.
[[nodiscard]] Record collect(const Study& study, const Run& run, const std::filesystem::path& folder);

/// results.csv, curves.csv and numbers.csv. `read_records` takes what it finds; columns that the study does not know
/// are dropped.
void write_records(const Study& study, const std::vector<Record>& records, const std::filesystem::path& folder);
[[nodiscard]] std::vector<Record> read_records(const Study& study, const std::filesystem::path& folder);

#endif
