// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "vantage/core/error.hpp"
#include "vantage/diagnostics/intervals.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"

namespace {

using vantage::csv_number;
using vantage::csv_quote;
using vantage::Index;
using vantage::Vector;
using vantage::detail::join;

double statistic_of(const std::string& name, const Vector<double>& values) {
  if (values.size() == 0) return kNoNumber;
  if (name == "median") return vantage::quantile(values, 0.5);
  if (name == "interquartile_mean") return vantage::interquartile_mean(values);
  if (name == "sd") return values.size() > 1 ? vantage::standard_deviation(values) : kNoNumber;
  return values.mean();
}

/// Labels of the cells in the grid's order, without one dimension.
std::vector<Labels> columns_of(const Study& study, const std::vector<Record>& records) {
  std::vector<Labels> columns;
  for (Labels cell : cells_of(study, records)) {
    cell.erase(study.rows);
    if (std::find(columns.begin(), columns.end(), cell) == columns.end()) columns.push_back(std::move(cell));
  }
  return columns;
}

std::string words_of(const Labels& labels) {
  std::string words;
  for (const auto& [dimension, label] : labels) words += (words.empty() ? "" : ", ") + label;
  return words;
}

/// Four digits.
std::string shown(double value) {
  if (!std::isfinite(value)) return "–";
  char text[64];
  std::snprintf(text, sizeof text, std::abs(value) >= 1000 ? "%.0f" : "%.4g", value);
  return text;
}

bool relation_holds(const std::string& relation, double left, double right) {
  if (relation == ">=") return left >= right;
  if (relation == "<=") return left <= right;
  return relation == ">" ? left > right : left < right;
}

/// The row of what was published for a cell: mean and deviation.
std::pair<double, double> published_of(const Published& published, const Where& cell) {
  const vantage::CsvTable table(published.file);
  for (const vantage::CsvRow& row : table.rows()) {
    if (!row_fits(table, row, cell)) continue;
    const auto number = [&](const std::string& column) {
      return std::strtod(row[table.index(column)].c_str(), nullptr);
    };
    return {number(published.mean), number(published.deviation)};
  }
  return {kNoNumber, kNoNumber};
}

Verdict judged(const std::vector<Record>& records, const Acceptance& accept, const Labels& cell) {
  Where left = accept.left, right = accept.right;
  for (const auto& [dimension, label] : cell) left[dimension] = right[dimension] = {label};
  const Vector<double> ours = values_of(records, left, accept.measure);
  Verdict verdict{
      accept.claim, words_of(cell), statistic_of(accept.statistic, ours), kNoNumber, ours.size(), "not run", {}};
  double tolerance = kNoNumber;
  if (accept.statistic == "probability") {
    const Vector<double> theirs = values_of(records, right, accept.measure);
    const bool both = ours.size() > 0 && theirs.size() > 0;
    verdict.left = both ? vantage::probability_of_improvement(ours, theirs) : kNoNumber;
    verdict.right = *accept.number;
  } else if (accept.number) {
    verdict.right = *accept.number;
  } else if (accept.published) {
    const auto [mean, deviation] = published_of(*accept.published, left);
    verdict.right = mean;
    tolerance = accept.tolerance * deviation;
  } else if (!accept.numbers.empty()) {
    const auto found = accept.numbers.find(cell.begin()->second);
    verdict.right = found == accept.numbers.end() ? kNoNumber : found->second;
  } else {
    verdict.right = statistic_of(accept.statistic, values_of(records, right, accept.right_measure));
  }
  verdict.right *= accept.factor;
  if (!accept.published) tolerance = accept.tolerance * std::abs(verdict.right);
  const bool within = accept.relation == "within";
  verdict.words = within ? join(shown(verdict.left), " within ", shown(verdict.right), " ± ", shown(tolerance))
                         : join(shown(verdict.left), ' ', accept.relation, ' ', shown(verdict.right));
  if (accept.published && !within) verdict.words += join(" - ", shown(tolerance));
  if (std::isfinite(verdict.left) && std::isfinite(verdict.right)) {
    const bool holds = within             ? std::abs(verdict.left - verdict.right) <= tolerance
                       : accept.published ? verdict.left >= verdict.right - tolerance
                                          : relation_holds(accept.relation, verdict.left, verdict.right);
    verdict.outcome = holds ? "PASS" : "FAIL";
  }
  return verdict;
}

/// Every cell of some dimensions.
std::vector<Labels> combinations(const Study& study, const std::vector<std::string>& dimensions) {
  std::vector<Labels> cells{{}};
  for (const std::string& name : dimensions) {
    std::vector<Labels> more;
    for (const Labels& cell : cells) {
      for (const Choice& choice : find_dimension(study, name)->choices) {
        more.push_back(cell);
        more.back()[name] = choice.label;
      }
    }
    cells = std::move(more);
  }
  return cells;
}

std::string figure_link(const Study& study, const std::filesystem::path& folder) {
  std::string text;
  for (const Figure& figure : study.figures) {
    if (std::filesystem::exists(folder / (figure.name + ".png"))) {
      text += join("![", figure.title, "](", figure.name, ".png)\n\n");
    }
  }
  return text;
}

}  // namespace

bool row_fits(const vantage::CsvTable& table, const vantage::CsvRow& row, const Where& where) {
  const auto& columns = table.columns();
  return std::all_of(where.begin(), where.end(), [&](const auto& wanted) {
    const auto found = std::find(columns.begin(), columns.end(), wanted.first);
    return found == columns.end() || wanted.second.contains(row[static_cast<std::size_t>(found - columns.begin())]);
  });
}

Vector<double> values_of(const std::vector<Record>& records, const Where& where, const std::string& measure) {
  std::vector<double> values;
  for (const Record& record : records) {
    if (!matches(record.labels, where)) continue;
    const auto found = record.measures.find(measure);
    if (found != record.measures.end() && std::isfinite(found->second)) values.push_back(found->second);
  }
  return vantage::as_vector(values);
}

Summary summarize(const Vector<double>& values) {
  Summary summary{values.size(), kNoNumber, kNoNumber, kNoNumber, kNoNumber, kNoNumber, kNoNumber, kNoNumber};
  if (values.size() == 0) return summary;
  summary.mean = values.mean();
  summary.least = values.minCoeff();
  summary.most = values.maxCoeff();
  summary.interquartile_mean = vantage::interquartile_mean(values);
  if (values.size() < 2) return summary;
  summary.sd = vantage::standard_deviation(values);
  vantage::Context context({.seed = 1});
  const vantage::Matrix<double> scores = values;
  const vantage::Interval interval = vantage::stratified_bootstrap(
      scores, context, [](const vantage::Matrix<double>& drawn) { return vantage::interquartile_mean(drawn.col(0)); });
  summary.low = interval.low;
  summary.high = interval.high;
  return summary;
}

std::vector<Labels> cells_of(const Study& study, const std::vector<Record>& records) {
  std::vector<std::string> dimensions;
  for (const Dimension& dimension : study.grid) dimensions.push_back(dimension.name);
  std::vector<Labels> cells = combinations(study, dimensions);
  std::erase_if(cells, [&](const Labels& cell) {
    return std::none_of(records.begin(), records.end(),
                        [&](const Record& record) { return matches(record.labels, only(cell)); });
  });
  return cells;
}

void write_summaries(const Study& study, const std::vector<Record>& records, const std::filesystem::path& folder) {
  const std::vector<Labels> cells = cells_of(study, records);
  std::ostringstream rows;
  for (const Dimension& dimension : study.grid) rows << csv_quote(dimension.name) << ',';
  rows << "measure,runs,mean,sd,interquartile_mean,low,high,least,most\n";
  for (const Labels& cell : cells) {
    for (const Measure& measure : study.measures) {
      const Summary found = summarize(values_of(records, only(cell), measure.name));
      for (const Dimension& dimension : study.grid) rows << csv_quote(cell.at(dimension.name)) << ',';
      rows << csv_quote(measure.name) << ',' << found.runs;
      for (const double number :
           {found.mean, found.sd, found.interquartile_mean, found.low, found.high, found.least, found.most}) {
        rows << ',' << csv_number(number);
      }
      rows << '\n';
    }
  }
  vantage::write_file_atomically(folder / "summary.csv", rows.str());
  if (study.rows.empty()) return;
  std::ostringstream pairs;
  pairs << "measure,";
  for (const Dimension& dimension : study.grid) {
    if (dimension.name != study.rows) pairs << csv_quote(dimension.name) << ',';
  }
  pairs << "a,b,probability_a_above_b\n";
  for (const Measure& measure : study.measures) {
    for (const Labels& a : cells) {
      for (const Labels& b : cells) {
        Labels a_column = a, b_column = b;
        a_column.erase(study.rows);
        b_column.erase(study.rows);
        if (a == b || a_column != b_column) continue;
        const Vector<double> of_a = values_of(records, only(a), measure.name),
                             of_b = values_of(records, only(b), measure.name);
        if (of_a.size() == 0 || of_b.size() == 0) continue;
        pairs << csv_quote(measure.name) << ',';
        for (const Dimension& dimension : study.grid) {
          if (dimension.name != study.rows) pairs << csv_quote(a.at(dimension.name)) << ',';
        }
        pairs << csv_quote(a.at(study.rows)) << ',' << csv_quote(b.at(study.rows)) << ','
              << csv_number(vantage::probability_of_improvement(of_a, of_b)) << '\n';
      }
    }
  }
  vantage::write_file_atomically(folder / "improvement.csv", pairs.str());
}

std::vector<Verdict> judge(const Study& study, const std::string& scale, const std::vector<Run>& runs,
                           const std::vector<Record>& records) {
  std::vector<Verdict> verdicts;
  for (const Acceptance& accept : study.acceptances) {
    const auto& scales = accept.scales;
    if (!scale.empty() && !scales.empty() && std::find(scales.begin(), scales.end(), scale) == scales.end()) continue;
    for (const Labels& cell : combinations(study, accept.each)) {
      Where where = accept.left;
      for (const auto& [dimension, label] : cell) where[dimension] = {label};
      const auto is_planned = [&](const Run& run) { return matches(run.labels, where); };
      if (std::none_of(runs.begin(), runs.end(), is_planned)) continue;
      if (accept.numbers.empty() || accept.numbers.contains(cell.begin()->second))
        verdicts.push_back(judged(records, accept, cell));
    }
  }
  return verdicts;
}

void write_report(const Study& study, const std::vector<Record>& records, const std::vector<Verdict>& verdicts,
                  const std::vector<std::string>& missing, const std::string& words,
                  const std::filesystem::path& page) {
  std::ostringstream text;
  text << "# " << study.title << "\n\n";
  if (!study.source.empty()) text << "Source: " << study.source << ".\n\n";
  if (!study.about.empty()) text << study.about << "\n\n";
  double steps = 0, seconds = 0, joules = 0;
  for (const Record& record : records) {
    steps += record.env_steps;
    seconds += record.core_seconds;
    if (std::isfinite(record.joules)) joules += record.joules;
  }
  text << "```sh\n"
       << words << "\n```\n\n"
       << records.size() << " runs, " << shown(steps / 1e6) << " million environment steps, " << shown(seconds / 3600)
       << " hours of a core";
  if (joules > 0) text << ", " << shown(joules / 3.6e6) << " kWh of the processor";
  text << '.';
  if (!missing.empty()) text << ' ' << missing.size() << " runs lack something.";
  text << "\n\n";
  if (!verdicts.empty()) {
    text << "## Claims\n\n| claim | | | runs | verdict |\n|---|---|---|---|---|\n";
    for (const Verdict& verdict : verdicts) {
      text << "| " << verdict.claim << " | " << verdict.label << " | " << verdict.words << " | " << verdict.runs
           << " | " << verdict.outcome << " |\n";
    }
    text << '\n';
  }
  text << figure_link(study, page.parent_path());
  const std::vector<Labels> columns = columns_of(study, records);
  for (const Measure& measure : study.measures) {
    text << "## " << measure.name
         << "\n\nMean ± deviation over seeds; interquartile mean and its bootstrap interval of 95 %.\n\n| "
         << study.rows;
    for (const Labels& column : columns) text << " | " << (column.empty() ? measure.name : words_of(column));
    text << " |\n|---";
    for (std::size_t i = 0; i < columns.size(); ++i) text << "|---";
    text << "|\n";
    std::vector<std::string> labels{""};
    if (const Dimension* rows = find_dimension(study, study.rows)) {
      labels.clear();
      for (const Choice& choice : rows->choices) labels.push_back(choice.label);
    }
    for (const std::string& label : labels) {
      std::ostringstream row;
      bool any = false;
      row << "| " << label;
      for (Labels cell : columns) {
        if (!label.empty()) cell[study.rows] = label;
        const Summary found = summarize(values_of(records, only(cell), measure.name));
        any = any || found.runs > 0;
        const auto runs = static_cast<Index>(std::count_if(
            records.begin(), records.end(), [&](const Record& record) { return matches(record.labels, only(cell)); }));
        row << " | " << shown(found.mean);
        if (found.runs > 1) {
          row << " ± " << shown(found.sd) << "; " << shown(found.interquartile_mean) << " [" << shown(found.low) << ", "
              << shown(found.high) << ']';
        }
        if (0 < found.runs && found.runs < runs) row << " (" << found.runs << " of " << runs << " runs)";
      }
      if (any) text << row.str() << " |\n";
    }
    text << '\n';
  }
  if (!missing.empty()) {
    text << "## What is missing\n\n";
    for (const std::string& line : missing) text << "- " << line << '\n';
    text << '\n';
  }
  text << "`results.csv` has a row a run, `summary.csv` the statistics of each cell, `improvement.csv` how often one "
          "setting is above another, `curves.csv` the curves.\n";
  vantage::write_file_atomically(page, text.str());
}
