// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_RESULTS_HPP
#define VANTAGE_STUDY_RESULTS_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "record.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/csv.hpp"

// what the runs of a study say together

/// Whether the columns of a table that are named as dimensions have a cell's labels.
[[nodiscard]] bool row_fits(const vantage::CsvTable& table, const vantage::CsvRow& row, const Where& where);

/// A measure of the runs of some cells, those without a number left out.
[[nodiscard]] vantage::Vector<double> values_of(const std::vector<Record>& records, const Where& where,
                                                const std::string& measure);

/// Mean, deviation, interquartile mean with its bootstrap interval of 95 %, and the extremes; not numbers where there
/// are too few runs.
struct Summary {
  vantage::Index runs = 0;
  double mean, sd, interquartile_mean, low, high, least, most;
};
[[nodiscard]] Summary summarize(const vantage::Vector<double>& values);

/// The cells that have runs, in the order of the grid.
[[nodiscard]] std::vector<Labels> cells_of(const Study& study, const std::vector<Record>& records);

/// summary.csv: a row a cell and measure; improvement.csv: P(a > b) of cells that differ in the dimension of the rows.
void write_summaries(const Study& study, const std::vector<Record>& records, const std::filesystem::path& folder);

/// What became of a claim, of one label or of all.
struct Verdict {
  std::string claim, label;
  double left, right;       ///< the two sides, factor included
  vantage::Index runs = 0;  ///< that the left side stands on
  std::string outcome;      ///< PASS, FAIL, or not run
  std::string words;        ///< the relation in numbers
};
/// The claims of a scale, those of which these runs have something to say. `runs` are those planned, made or not.
[[nodiscard]] std::vector<Verdict> judge(const Study& study, const std::string& scale, const std::vector<Run>& runs,
                                         const std::vector<Record>& records);

/// Draws the figures as PNG and SVG. Returns why there are none; empty if there are.
std::string draw_figures(const Study& study, const std::vector<Record>& records, const std::filesystem::path& folder);

/// Markdown: tables, pictures of the folder, verdicts, cost. `words` are the command.
void write_report(const Study& study, const std::vector<Record>& records, const std::vector<Verdict>& verdicts,
                  const std::vector<std::string>& missing, const std::string& words, const std::filesystem::path& page);

#endif
