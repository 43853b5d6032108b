// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "picture.hpp"
#include "results.hpp"
#include "vantage/core/error.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/io/csv.hpp"

namespace {

using vantage::detail::join;

// colours that most eyes tell apart (Okabe and Ito)
constexpr const char* kColors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                   "#E69F00", "#56B4E9", "#000000", "#999999"};

struct Point {
  double x, middle, low, high;
};
using Band = std::vector<Point>;

/// The value of a curve at x, on straight lines between its points; not a number before its first and after its last.
double at(const Curve& curve, double x) {
  const auto next = std::lower_bound(curve.begin(), curve.end(), x,
                                     [](const auto& point, double number) { return point.first < number; });
  if (next == curve.end()) return std::nan("");
  if (next->first == x || next == curve.begin()) return next->first == x ? next->second : std::nan("");
  const auto before = next - 1;
  const double share = (x - before->first) / (next->first - before->first);
  return before->second + share * (next->second - before->second);
}

/// Mean and deviation over runs at the places of the first one; where some have no value, of the others.
Band band_of(const std::vector<const Curve*>& curves) {
  Band band;
  if (curves.empty()) return band;
  for (const auto& [x, unused] : *curves.front()) {
    std::vector<double> values;
    for (const Curve* curve : curves) {
      const double value = at(*curve, x);
      if (std::isfinite(value)) values.push_back(value);
    }
    if (values.empty()) continue;
    const vantage::Vector<double> sample = vantage::as_vector(values);
    const double sd = values.size() > 1 ? vantage::standard_deviation(sample) : 0;
    band.push_back({x, sample.mean(), sample.mean() - sd, sample.mean() + sd});
  }
  return band;
}

struct Line {
  std::string label;
  std::size_t color;
  bool is_reference;
  Band band;
};

Band reference_band(const Reference& reference, const Where& cell) {
  const vantage::CsvTable table(reference.file);
  const auto number = [&](const vantage::CsvRow& row, const std::string& column) {
    return column.empty() ? std::nan("") : std::strtod(row[table.index(column)].c_str(), nullptr);
  };
  Band band;
  for (const vantage::CsvRow& row : table.rows()) {
    if (!row_fits(table, row, cell)) continue;
    const double middle = number(row, reference.y);
    const double low = number(row, reference.low), high = number(row, reference.high);
    band.push_back(
        {number(row, reference.x), middle, std::isfinite(low) ? low : middle, std::isfinite(high) ? high : middle});
  }
  return band;
}

class FigureMaker {
 public:
  FigureMaker(const Study& study, const std::vector<Record>& records, const Figure& figure)
      : study_(study), records_(records), figure_(figure) {}

  /// Panels with something in them.
  std::string commands(int& columns, int& rows) {
    std::vector<std::string> panels;
    for (const std::string& label : labels_of(figure_.panels)) {
      const std::vector<Line> lines = lines_of(label);
      if (!lines.empty()) panels.push_back(panel(label, lines));
    }
    if (panels.empty()) return {};
    const auto count = static_cast<int>(panels.size());
    columns = std::min(count, 3);
    rows = (count + columns - 1) / columns;
    std::string text = data_.str();
    text += join("set multiplot layout ", rows, ',', columns, " title ", gnuplot_text(figure_.title), " noenhanced\n");
    for (const std::string& one : panels) text += one;
    return text + "unset multiplot\n";
  }

 private:
  std::vector<std::string> labels_of(const std::string& name) const {
    const Dimension* dimension = find_dimension(study_, name);
    if (dimension == nullptr) return {""};
    std::vector<std::string> labels;
    for (const Choice& choice : dimension->choices) labels.push_back(choice.label);
    return labels;
  }

  std::vector<Line> lines_of(const std::string& panel_label) const {
    std::vector<Line> lines;
    std::size_t color = 0;
    for (const std::string& label : labels_of(figure_.lines)) {
      Where cell = figure_.where;
      if (!figure_.panels.empty()) cell[figure_.panels] = {panel_label};
      if (!figure_.lines.empty()) cell[figure_.lines] = {label};
      std::vector<const Curve*> curves;
      for (const Record& record : records_) {
        const auto found = record.curves.find(figure_.name);
        if (matches(record.labels, cell) && found != record.curves.end() && !found->second.empty())
          curves.push_back(&found->second);
      }
      if (!curves.empty()) {
        lines.push_back({label.empty() ? figure_.y_label : label, color, false, band_of(curves)});
        for (const Reference& reference : figure_.references) {
          Band band = reference_band(reference, cell);
          if (!band.empty())
            lines.push_back(
                {label.empty() ? reference.label : label + ", " + reference.label, color, true, std::move(band)});
        }
      }
      color = (color + 1) % std::size(kColors);
    }
    return lines;
  }

  std::string panel(const std::string& label, const std::vector<Line>& lines) {
    std::string bands, means;
    for (const Line& line : lines) {
      const std::string block = join("$d", blocks_++);
      data_ << block << " << EOD\n";
      for (const Point& point : line.band)
        data_ << point.x << ' ' << point.middle << ' ' << point.low << ' ' << point.high << '\n';
      data_ << "EOD\n";
      const std::string color = join(" linecolor rgb '", kColors[line.color], '\'');
      const bool has_width =
          std::any_of(line.band.begin(), line.band.end(), [](const Point& point) { return point.high > point.low; });
      if (has_width)
        bands += join(block, " using 1:3:4 with filledcurves fillstyle transparent solid ",
                      line.is_reference ? 0.07 : 0.18, " noborder", color, " notitle, ");
      means += join(block, " using 1:2 with lines linewidth ", line.is_reference ? 1 : 2, " dashtype ",
                    line.is_reference ? 2 : 1, color, " title ", gnuplot_text(line.label), " noenhanced, ");
    }
    std::string plots = bands + means;
    plots.resize(plots.size() - 2);
    return join("set title ", gnuplot_text(label), " noenhanced\nset xlabel ", gnuplot_text(figure_.x_label),
                " noenhanced\nset ylabel ", gnuplot_text(figure_.y_label),
                " noenhanced\nset grid\nset key outside right top font ',8'\nset format x '%.0s%c'\n",
                figure_.logarithmic ? "set logscale x\n" : "", "plot ", plots, '\n');
  }

  const Study& study_;
  const std::vector<Record>& records_;
  const Figure& figure_;
  std::ostringstream data_;
  int blocks_ = 0;
};

}  // namespace

std::string draw_figures(const Study& study, const std::vector<Record>& records, const std::filesystem::path& folder) {
  for (const Figure& figure : study.figures) {
    int columns = 1, rows = 1;
    const std::string commands = FigureMaker(study, records, figure).commands(columns, rows);
    if (commands.empty()) continue;
    for (const char* kind : {".png", ".svg"}) {
      const std::string excuse = draw(folder / (figure.name + kind), commands, {80 + 580 * columns, 60 + 360 * rows});
      if (!excuse.empty()) return excuse;
    }
  }
  return {};
}
