// SPDX-License-Identifier: MIT
#include "record.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "run_folder.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using vantage::Index;
using vantage::detail::join;

// points that are kept of a curve
constexpr std::size_t kPoints = 100;

json read_json(const fs::path& path) {
  try {
    return json::parse(vantage::read_file(path));
  } catch (const json::exception& error) {
    throw vantage::FileError(join(path.string(), ": ", error.what()));
  }
}

/// A number of a JSON file by its path with dots; null is no number.
double number_of(const fs::path& path, const std::string& dotted) {
  const json root = read_json(path);
  const json* at = &root;
  std::istringstream names(dotted);
  for (std::string name; std::getline(names, name, '.');) {
    const auto found = at->find(name);
    if (found == at->end())
      throw std::invalid_argument(join(path.string(), ": expected a number ", dotted, ", found none"));
    at = &*found;
  }
  if (at->is_null()) return kNoNumber;
  if (!at->is_number()) throw std::invalid_argument(join(path.string(), ": expected a number, ", dotted, " is none"));
  return at->get<double>();
}

fs::path evaluation_file(const Measure& measure, const fs::path& folder) {
  return folder /
         join("evaluation-", measure.episodes, measure.deterministic ? "-deterministic" : "-stochastic", ".json");
}

fs::path diagnosis_folder(const Diagnosis& diagnosis, const fs::path& folder) {
  std::string name = diagnosis.iteration ? std::to_string(*diagnosis.iteration) : "last";
  for (const std::string& word : diagnosis.command) {
    name += '_';
    for (const char letter : word) {
      name += std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' || letter == '-' ? letter : '+';
    }
  }
  return folder / "diagnostics" / name;
}

/// The measurement's JSON; empty unless it is complete.
fs::path diagnosis_file(const Diagnosis& diagnosis, const fs::path& folder) {
  const fs::path file = diagnosis_folder(diagnosis, folder) / (diagnosis.command.front() + ".json");
  if (!fs::exists(file)) return {};
  std::istringstream pieces(read_json(file).value("pieces", ""));
  std::string done, of, all;
  pieces >> done >> of >> all;
  return done == all ? file : fs::path();
}

/// The tables of a run, each read when it is asked for.
class RunTables {
 public:
  explicit RunTables(fs::path folder) : folder_(std::move(folder)) {}

  const vantage::CsvTable& table(const std::string& name) {
    const auto found = tables_.find(name);
    return found != tables_.end() ? found->second
                                  : tables_.emplace(name, vantage::CsvTable(folder_ / (name + ".csv"))).first->second;
  }
  vantage::Vector<double> column(const std::string& name, const std::string& column) {
    return table(name).numbers(column);
  }

 private:
  fs::path folder_;
  std::map<std::string, vantage::CsvTable> tables_;
};

bool diagnoses_asked(const Study& study) {
  return std::any_of(study.measures.begin(), study.measures.end(),
                     [](const Measure& one) { return one.kind == Measure::Kind::diagnosis; }) ||
         std::any_of(study.figures.begin(), study.figures.end(),
                     [](const Figure& one) { return one.diagnosis.has_value(); });
}

bool has(const vantage::CsvRow& columns, const std::string& name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

/// Means of the finite values in equal parts of the x axis.
Curve thinned(const vantage::Vector<double>& x, const vantage::Vector<double>& y) {
  Curve curve;
  if (x.size() == 0) return curve;
  const double width = x.maxCoeff() / static_cast<double>(kPoints);
  double sum_x = 0, sum_y = 0, count = 0, part = 0;
  const auto end_part = [&] {
    if (count > 0) curve.emplace_back(sum_x / count, sum_y / count);
    sum_x = sum_y = count = 0;
  };
  for (Index i = 0; i < x.size(); ++i) {
    const double own = std::ceil(x[i] / width);
    if (own != part) end_part();
    part = own;
    if (!std::isfinite(y[i])) continue;
    sum_x += x[i];
    sum_y += y[i];
    count += 1;
  }
  end_part();
  return curve;
}

double column_measure(const Measure& measure, RunTables& tables) {
  using Take = Measure::Take;
  const vantage::Vector<double> places = tables.column(measure.file, measure.along);
  const vantage::Vector<double> values = tables.column(measure.file, measure.column);
  const double end = places.size() > 0 ? places[places.size() - 1] : 0;
  double sum = 0, weight = 0, last = kNoNumber, before = 0;
  for (Index i = 0; i < places.size(); ++i) {
    const double own = places[i] - before;
    before = places[i];
    if (!std::isfinite(values[i])) continue;
    if (measure.take == Take::reach && values[i] >= measure.amount) return places[i];
    if (measure.take == Take::best && values[i] < last) continue;
    if (measure.take == Take::at && places[i] > measure.amount) break;
    last = values[i];
    // each value stands for the part of the run since the one before
    if (measure.take == Take::share && places[i] <= (1 - measure.amount) * end) continue;
    sum += own * values[i];
    weight += own;
  }
  if (measure.take == Take::reach) return kNoNumber;
  const bool is_mean = measure.take == Take::share || measure.take == Take::area;
  if (!is_mean) return last;
  return weight > 0 ? sum / weight : kNoNumber;
}

/// The number of a row of a diagnosis' table.
double table_measure(const Measure& measure, const fs::path& folder) {
  const fs::path file = diagnosis_folder(measure.diagnosis, folder) / (measure.table + ".csv");
  const vantage::CsvTable table(file);
  const vantage::Vector<double> values = table.numbers(measure.column);
  double best = kNoNumber;
  for (Index i = 0; i < values.size(); ++i) {
    const bool fits = std::all_of(measure.row.begin(), measure.row.end(), [&](const auto& wanted) {
      return std::strtod(table.rows()[static_cast<std::size_t>(i)][table.index(wanted.first)].c_str(), nullptr) ==
             wanted.second;
    });
    if (!fits) continue;
    if (measure.take != Measure::Take::best) return values[i];
    if (!(values[i] <= best)) best = values[i];
  }
  if (std::isfinite(best)) return best;
  throw std::invalid_argument(
      join(file.string(), ": expected a row as the measure \"", measure.name, "\" asks for, found none"));
}

double measured(const Measure& measure, RunTables& tables, const fs::path& folder) {
  if (measure.kind == Measure::Kind::column) return column_measure(measure, tables);
  const bool is_played = measure.kind == Measure::Kind::evaluation;
  const fs::path file = is_played ? evaluation_file(measure, folder) : diagnosis_file(measure.diagnosis, folder);
  if (!fs::exists(file)) return kNoNumber;
  return measure.table.empty() ? number_of(file, measure.number) : table_measure(measure, folder);
}

/// Environment steps of an iteration, by the run's own table; those of iteration 0 are none.
double steps_at(RunTables& tables, std::int64_t iteration) {
  const vantage::Vector<double> iterations = tables.column("progress", "iteration");
  const vantage::Vector<double> steps = tables.column("progress", "env_steps");
  for (Index i = 0; i < iterations.size(); ++i) {
    if (iterations[i] == static_cast<double>(iteration)) return steps[i];
  }
  return iteration == 0 ? 0 : kNoNumber;
}

Curve curve_of(const Figure& figure, const Run& run, RunTables& tables, const fs::path& folder) {
  if (!figure.diagnosis) return thinned(tables.column(figure.file, figure.x), tables.column(figure.file, figure.y));
  Curve curve;
  if (!figure.iterations.empty()) {
    for (const Diagnosis& diagnosis : diagnoses_of(figure, iterations_of(run.settings))) {
      const fs::path file = diagnosis_file(diagnosis, folder);
      const double y = file.empty() ? kNoNumber : number_of(file, figure.number);
      if (std::isfinite(y)) curve.emplace_back(steps_at(tables, *diagnosis.iteration), y);
    }
    std::sort(curve.begin(), curve.end());
    return curve;
  }
  if (diagnosis_file(*figure.diagnosis, folder).empty()) return curve;
  const vantage::CsvTable table(diagnosis_folder(*figure.diagnosis, folder) / (figure.table + ".csv"));
  const vantage::Vector<double> x = table.numbers(figure.x), y = table.numbers(figure.y);
  for (Index i = 0; i < x.size(); ++i) {
    if (std::isfinite(y[i])) curve.emplace_back(x[i], y[i]);
  }
  std::sort(curve.begin(), curve.end());
  return curve;
}

}  // namespace

bool is_trained(const fs::path& folder) {
  const fs::path summary = RunFolder{folder}.summary();
  if (!fs::exists(summary)) return false;
  const std::string reason = read_json(summary).value("stop_reason", "");
  return reason != "interrupted" && reason != "time";
}

std::optional<Command> next_command(const Study& study, const Run& run, const fs::path& folder,
                                    const fs::path& programs) {
  if (!is_trained(folder)) {
    const fs::path config = folder.string() + ".toml";
    Command command{"trains",
                    {(programs / "vantage-train").string(), "--config", config.string(), "--output", folder.string(),
                     "--threads", "1", "--quiet"},
                    {}};
    const bool goes_on = fs::exists(RunFolder{folder}.checkpoint()) && fs::exists(RunFolder{folder}.config());
    command.words.emplace_back(goes_on ? "--resume" : "--overwrite");
    return command;
  }
  for (const Measure& measure : study.measures) {
    if (measure.kind == Measure::Kind::evaluation && matches(run.labels, measure.where) &&
        !fs::exists(evaluation_file(measure, folder))) {
      Command command{
          "is played",
          {(programs / "vantage-eval").string(), RunFolder{folder}.policy().string(), "--episodes",
           std::to_string(measure.episodes), "--seed", std::to_string(run.seed), "--threads", "1", "--json"},
          evaluation_file(measure, folder)};
      if (measure.deterministic) command.words.emplace_back("--deterministic");
      return command;
    }
  }
  for (const Diagnosis& diagnosis : diagnoses_of(study, run.labels, iterations_of(run.settings))) {
    if (!diagnosis_file(diagnosis, folder).empty()) continue;
    Command command{
        "is measured: " + diagnosis.command.front(), {(programs / "vantage-diagnose").string(), folder.string()}, {}};
    if (diagnosis.iteration) {
      command.words.emplace_back("--iteration");
      command.words.push_back(std::to_string(*diagnosis.iteration));
    }
    const fs::path output = diagnosis_folder(diagnosis, folder);
    command.words.insert(command.words.end(), diagnosis.command.begin(), diagnosis.command.end());
    for (const char* word : {"--threads", "1", "--quiet", "--output"}) command.words.emplace_back(word);
    command.words.push_back(output.string());
    if (fs::exists(output / "pieces")) command.words.emplace_back("--resume");
    return command;
  }
  return {};
}

void check_columns(const Study& study, const Labels& cell, const fs::path& folder) {
  RunTables tables(folder);
  for (const Measure& measure : study.measures) {
    if (measure.kind == Measure::Kind::column && matches(cell, measure.where)) {
      for (const std::string& column : {measure.along, measure.column}) (void)tables.table(measure.file).index(column);
    }
  }
  for (const Figure& figure : study.figures) {
    if (figure.diagnosis || !matches(cell, figure.where)) continue;
    for (const std::string& column : {figure.x, figure.y}) (void)tables.table(figure.file).index(column);
  }
}

double steps_made(const fs::path& folder) {
  // looked at often: the last complete row is enough, and env_steps its second field
  std::ifstream file(RunFolder{folder}.progress(), std::ios::ate | std::ios::binary);
  if (!file) return 0;
  constexpr std::streamoff kTail = 4096;
  file.seekg(std::max<std::streamoff>(0, file.tellg() - std::streamoff{kTail}));
  std::string tail(std::istreambuf_iterator<char>(file), {});
  const std::size_t end = tail.find_last_of('\n');
  if (end == std::string::npos) return 0;
  tail.resize(end);
  const std::string row = tail.substr(tail.find_last_of('\n') + 1);
  const std::size_t comma = row.find(',');
  return comma == std::string::npos ? 0 : std::strtod(row.c_str() + comma + 1, nullptr);
}

double joules_of(const fs::path& folder) {
  double joules = kNoNumber;
  std::ifstream file(folder.string() + ".joules");
  return file >> joules ? joules : kNoNumber;
}

void add_joules(const fs::path& folder, double joules) {
  const double before = joules_of(folder);
  vantage::write_file_atomically(folder.string() + ".joules",
                                 join(joules + (std::isfinite(before) ? before : 0), '\n'));
}

Record collect(const Study& study, const Run& run, const fs::path& folder) {
  Record record{run.name, run.labels, run.seed, {}, 0, 0, joules_of(folder), {}, {}, {}};
  const json summary = read_json(RunFolder{folder}.summary());
  record.state = summary.value("stop_reason", "");
  record.env_steps = summary.value("env_steps", 0.0);
  record.core_seconds = summary.value("wall_seconds", 0.0);
  RunTables tables(folder);
  for (const Measure& measure : study.measures) {
    record.measures[measure.name] = matches(run.labels, measure.where) ? measured(measure, tables, folder) : kNoNumber;
  }
  for (const Figure& figure : study.figures) {
    if (matches(run.labels, figure.where)) record.curves[figure.name] = curve_of(figure, run, tables, folder);
  }
  for (const Diagnosis& diagnosis : diagnoses_of(study, run.labels, iterations_of(run.settings))) {
    const fs::path file = diagnosis_file(diagnosis, folder);
    if (file.empty()) continue;
    const json found = read_json(file);
    for (const auto& [name, value] : found.items()) {
      if (value.is_number()) record.numbers.push_back({file.parent_path().filename(), name, value.get<double>()});
    }
  }
  return record;
}

void write_records(const Study& study, const std::vector<Record>& records, const fs::path& folder) {
  std::ostringstream rows;
  rows << "run";
  for (const Dimension& dimension : study.grid) rows << ',' << vantage::csv_quote(dimension.name);
  rows << ",seed,state,env_steps,core_seconds,joules";
  for (const Measure& measure : study.measures) rows << ',' << vantage::csv_quote(measure.name);
  rows << '\n';
  for (const Record& record : records) {
    rows << vantage::csv_quote(record.name);
    for (const Dimension& dimension : study.grid) rows << ',' << vantage::csv_quote(record.labels.at(dimension.name));
    rows << ',' << record.seed << ',' << record.state << ',' << vantage::csv_number(record.env_steps) << ','
         << vantage::csv_number(std::round(10 * record.core_seconds) / 10) << ','
         << vantage::csv_number(std::round(record.joules));
    for (const Measure& measure : study.measures) {
      const auto found = record.measures.find(measure.name);
      rows << ',' << vantage::csv_number(found == record.measures.end() ? kNoNumber : found->second);
    }
    rows << '\n';
  }
  vantage::write_file_atomically(folder / "results.csv", rows.str());
  std::ostringstream points;
  points << "run,figure,at,value\n";
  for (const Record& record : records) {
    for (const auto& [figure, curve] : record.curves) {
      const std::string head = vantage::csv_quote(record.name) + ',' + figure + ',';
      for (const auto& [x, y] : curve) {
        char text[64];
        std::snprintf(text, sizeof text, "%.6g,%.6g\n", x, y);
        points << head << text;
      }
    }
  }
  vantage::write_file_atomically(folder / "curves.csv", points.str());
  std::ostringstream numbers;
  numbers << "run,diagnosis,name,value\n";
  for (const Record& record : records) {
    for (const FoundNumber& number : record.numbers) {
      numbers << vantage::csv_quote(record.name) << ',' << number.diagnosis << ',' << number.name << ','
              << vantage::csv_number(number.value) << '\n';
    }
  }
  if (!diagnoses_asked(study)) return;
  vantage::write_file_atomically(folder / "numbers.csv", numbers.str());
}

std::vector<Record> read_records(const Study& study, const fs::path& folder) {
  std::vector<Record> records;
  const vantage::CsvTable table(folder / "results.csv");
  const vantage::CsvRow& columns = table.columns();
  std::map<std::string, std::size_t> places;
  const auto text = [&](const vantage::CsvRow& row, const std::string& column) { return row[table.index(column)]; };
  const auto number = [&](const vantage::CsvRow& row, const std::string& column) {
    return std::strtod(text(row, column).c_str(), nullptr);
  };
  for (const vantage::CsvRow& row : table.rows()) {
    Record record;
    record.name = text(row, "run");
    record.state = text(row, "state");
    record.seed = std::strtoll(text(row, "seed").c_str(), nullptr, 10);
    record.env_steps = number(row, "env_steps");
    record.core_seconds = number(row, "core_seconds");
    if (has(columns, "joules")) record.joules = number(row, "joules");
    for (const Dimension& dimension : study.grid) record.labels[dimension.name] = text(row, dimension.name);
    for (const Measure& measure : study.measures) {
      record.measures[measure.name] = has(columns, measure.name) ? number(row, measure.name) : kNoNumber;
    }
    places[record.name] = records.size();
    records.push_back(std::move(record));
  }
  if (!fs::exists(folder / "curves.csv")) return records;
  const vantage::CsvTable curves(folder / "curves.csv");
  const std::size_t run = curves.index("run"), figure = curves.index("figure");
  const vantage::Vector<double> at = curves.numbers("at"), value = curves.numbers("value");
  for (std::size_t i = 0; i < curves.rows().size(); ++i) {
    const vantage::CsvRow& row = curves.rows()[i];
    const auto found = places.find(row[run]);
    if (found == places.end()) continue;
    const auto n = static_cast<Index>(i);
    records[found->second].curves[row[figure]].emplace_back(at[n], value[n]);
  }
  return records;
}
