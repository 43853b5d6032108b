// SPDX-License-Identifier: MIT
#include "findings.hpp"

#include <cmath>
#include <cstdio>
#include <sstream>

#include "picture.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/json_scanner.hpp"

using vantage::detail::join;

void Findings::estimate(const std::string& name, const vantage::Estimate& estimate) {
  number(name, estimate.value);
  number(name + "_standard_error", estimate.standard_error);
  number(name + "_low", estimate.interval.low);
  number(name + "_high", estimate.interval.high);
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string short_estimate(const vantage::Estimate& estimate) {
  return join(short_number(estimate.value), " [", short_number(estimate.interval.low), ", ",
              short_number(estimate.interval.high), ']');
}

void add_fields(vantage::CsvRow& row, const vantage::Estimate& estimate) {
  for (const double value : {estimate.value, estimate.interval.low, estimate.interval.high}) {
    row.push_back(vantage::csv_number(value));
  }
}

std::string data_block(const Table& table) {
  std::string text = "$data << EOD\n";
  for (const vantage::CsvRow& row : table.rows) {
    for (const std::string& field : row) text += field + ' ';
    text.back() = '\n';
  }
  return text + "EOD\n";
}

void write_findings(const std::filesystem::path& folder, const std::string& name, const Findings& findings,
                    const std::vector<std::pair<std::string, std::string>>& header, bool quiet) {
  for (const Table& table : findings.tables) {
    std::string text;
    const auto add = [&](const vantage::CsvRow& row) {
      for (const std::string& field : row) text += vantage::csv_quote(field) + ',';
      text.back() = '\n';
    };
    add(table.columns);
    for (const vantage::CsvRow& row : table.rows) add(row);
    vantage::write_file_atomically(folder / (table.name + ".csv"), text);
  }
  const std::string words = join(findings.found, '\n', findings.healthy, '\n', findings.advice, '\n');
  vantage::write_file_atomically(folder / "words.txt", words);

  std::ostringstream json;
  json << "{\n";
  for (const auto& [key, value] : header) {
    json << "  " << vantage::json_quote(key) << ": " << vantage::json_quote(value) << ",\n";
  }
  for (const auto& [key, value] : findings.numbers) {
    json << "  " << vantage::json_quote(key) << ": " << (std::isfinite(value) ? vantage::csv_number(value) : "null")
         << ",\n";
  }
  json << "  \"found\": " << vantage::json_quote(findings.found)
       << ",\n  \"healthy\": " << vantage::json_quote(findings.healthy)
       << ",\n  \"advice\": " << vantage::json_quote(findings.advice) << "\n}\n";
  vantage::write_file_atomically(folder / (name + ".json"), json.str());

  if (!findings.plot.empty()) {
    const std::string why = draw(folder / (name + ".png"), findings.plot);
    if (!why.empty() && !quiet) std::printf("no picture: %s (the tables hold the numbers)\n", why.c_str());
  }
  if (!quiet) std::fputs(words.c_str(), stdout);
}
