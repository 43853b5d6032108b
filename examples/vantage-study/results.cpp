// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
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

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double statistic_of(const std::string& name, const Vector<double>& values) {
  if (values.size() == 0) return kNone;
  if (name == "median") return vantage::quantile(values, 0.5);
  if (name == "interquartile_mean") return vantage::interquartile_mean(values);
  if (name == "sd") return values.size() > 1 ? vantage::standard_deviation(values) : kNone;
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

bool holds(const Acceptance& accept, double left, double right) {
  if (accept.relation == ">=") return left >= right;
  if (accept.relation == "<=") return left <= right;
  if (accept.relation == ">") return left > right;
  if (accept.relation == "<") return left < right;
  return std::abs(left - right) <= accept.tolerance * std::abs(right);
}

Verdict judged(const std::vector<Record>& records, const Acceptance& accept, const std::string& label) {
  Labels left = accept.left, right = accept.right;
  if (!label.empty()) left[accept.each] = right[accept.each] = label;
  const Vector<double> ours = values_of(records, left, accept.measure);
  Verdict verdict{accept.claim, label, statistic_of(accept.statistic, ours), kNone, ours.size(), "not run", {}};
  if (accept.statistic == "probability") {
    const Vector<double> theirs = values_of(records, right, accept.measure);
    const bool both = ours.size() > 0 && theirs.size() > 0;
    verdict.left = both ? vantage::probability_of_improvement(ours, theirs) : kNone;
    verdict.right = *accept.number;
  } else if (accept.number) {
    verdict.right = *accept.number;
  } else if (!accept.numbers.empty()) {
    const auto found = accept.numbers.find(label);
    verdict.right = found == accept.numbers.end() ? kNone : found->second;
  } else {
    verdict.right = statistic_of(accept.statistic, values_of(records, right, accept.measure));
  }
  verdict.right *= accept.factor;
  verdict.words = join(shown(verdict.left), ' ', accept.relation, ' ', shown(verdict.right));
  if (accept.relation == "within")
    verdict.words = join(shown(verdict.left), " within ", 100 * accept.tolerance, " % of ", shown(verdict.right));
  if (std::isfinite(verdict.left) && std::isfinite(verdict.right)) {
    verdict.outcome = holds(accept, verdict.left, verdict.right) ? "PASS" : "FAIL";
  }
  return verdict;
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

Vector<double> values_of(const std::vector<Record>& records, const Labels& where, const std::string& measure) {
  std::vector<double> values;
  for (const Record& record : records) {
    if (!matches(record.labels, where)) continue;
    const auto found = record.measures.find(measure);
    if (found != record.measures.end() && std::isfinite(found->second)) values.push_back(found->second);
  }
  return vantage::as_vector(values);
}

Summary summarize(const Vector<double>& values) {
  Summary summary{values.size(), kNone, kNone, kNone, kNone, kNone, kNone, kNone};
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
  std::vector<Labels> cells{{}};
  for (const Dimension& dimension : study.grid) {
    std::vector<Labels> more;
    for (const Labels& cell : cells) {
      for (const Choice& choice : dimension.choices) {
        more.push_back(cell);
        more.back()[dimension.name] = choice.label;
      }
    }
    cells = std::move(more);
  }
  std::erase_if(cells, [&](const Labels& cell) {
    return std::none_of(records.begin(), records.end(),
                        [&](const Record& record) { return matches(record.labels, cell); });
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
      const Summary found = summarize(values_of(records, cell, measure.name));
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
        const Vector<double> of_a = values_of(records, a, measure.name), of_b = values_of(records, b, measure.name);
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

std::vector<Verdict> judge(const Study& study, const std::vector<Record>& records) {
  std::vector<Verdict> verdicts;
  for (const Acceptance& accept : study.acceptances) {
    if (accept.each.empty()) {
      verdicts.push_back(judged(records, accept, ""));
      continue;
    }
    for (const Choice& choice : find_dimension(study, accept.each)->choices) {
      if (!accept.numbers.empty() && !accept.numbers.contains(choice.label)) continue;
      verdicts.push_back(judged(records, accept, choice.label));
    }
  }
  return verdicts;
}

void write_report(const Study& study, const std::vector<Record>& records, const std::vector<Verdict>& verdicts,
                  const std::vector<std::string>& missing, const std::string& words,
                  const std::filesystem::path& folder) {
  std::ostringstream text;
  text << "# " << study.title << "\n\n";
  if (!study.source.empty()) text << "Source: " << study.source << ".\n\n";
  double steps = 0, seconds = 0;
  for (const Record& record : records) {
    steps += record.env_steps;
    seconds += record.core_seconds;
  }
  text << "```sh\n"
       << words << "\n```\n\n"
       << records.size() << " runs, " << shown(steps / 1e6) << " million environment steps, " << shown(seconds / 3600)
       << " hours of a core.";
  if (!missing.empty()) text << ' ' << missing.size() << " runs are missing.";
  text << "\n\n";
  if (!verdicts.empty()) {
    text << "## Claims\n\n| claim | | | runs | verdict |\n|---|---|---|---|---|\n";
    for (const Verdict& verdict : verdicts) {
      text << "| " << verdict.claim << " | " << verdict.label << " | " << verdict.words << " | " << verdict.runs
           << " | " << verdict.outcome << " |\n";
    }
    text << '\n';
  }
  text << figure_link(study, folder);
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
        const Summary found = summarize(values_of(records, cell, measure.name));
        any = any || found.runs > 0;
        row << " | " << shown(found.mean);
        if (found.runs > 1) {
          row << " ± " << shown(found.sd) << "; " << shown(found.interquartile_mean) << " [" << shown(found.low) << ", "
              << shown(found.high) << ']';
        }
      }
      if (any) text << row.str() << " |\n";
    }
    text << '\n';
  }
  if (!missing.empty()) {
    text << "## Missing\n\n";
    for (const std::string& line : missing) text << "- " << line << '\n';
    text << '\n';
  }
  text << "`results.csv` has a row a run, `summary.csv` the statistics of each cell, `improvement.csv` how often one "
          "setting "
          "is above another, `curves.csv` the curves.\n";
  vantage::write_file_atomically(folder / "report.md", text.str());
}
