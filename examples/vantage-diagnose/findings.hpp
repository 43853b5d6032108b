// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_FINDINGS_HPP
#define VANTAGE_DIAGNOSE_FINDINGS_HPP

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "vantage/diagnostics/intervals.hpp"
#include "vantage/io/csv.hpp"

/// A table as it is written: a row of names and rows of numbers or texts.
struct Table {
  std::string name;  ///< of the file, without .csv
  vantage::CsvRow columns;
  std::vector<vantage::CsvRow> rows;
};

/// What a measurement leaves behind: tables, a picture, numbers, and three lines in words.
struct Findings {
  std::vector<Table> tables;
  std::vector<std::pair<std::string, double>> numbers;  ///< of the JSON file, in this order
  std::string plot;                                     ///< gnuplot's commands, data among them; empty: no picture
  std::string found;                                    ///< what was found
  std::string healthy;                                  ///< what a healthy value is
  std::string advice;                                   ///< what to do about it

  void number(const std::string& name, double value) { numbers.emplace_back(name, value); }
  /// The value, its standard error, and the ends of its interval.
  void estimate(const std::string& name, const vantage::Estimate& estimate);
};

/// The number with three significant digits.
[[nodiscard]] std::string short_number(double value);
/// "0.31 [0.28, 0.34]"
[[nodiscard]] std::string short_estimate(const vantage::Estimate& estimate);

/// Fields of a row: the value and the ends of its interval.
void add_fields(vantage::CsvRow& row, const vantage::Estimate& estimate);

/// The table's rows as gnuplot's $data, fields between blanks: for tables of numbers.
[[nodiscard]] std::string data_block(const Table& table);

/// Writes <table>.csv, <name>.json, <name>.png and words.txt, each in one step, and prints the words unless `quiet`.
/// `header` are fields of the JSON file that say what was measured.
void write_findings(const std::filesystem::path& folder, const std::string& name, const Findings& findings,
                    const std::vector<std::pair<std::string, std::string>>& header, bool quiet);

#endif
