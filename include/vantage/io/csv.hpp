// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_CSV_HPP
#define VANTAGE_IO_CSV_HPP

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/record_file.hpp"

namespace vantage {

/// The fields of a row, as text.
using CsvRow = std::vector<std::string>;

/// A field as RFC 4180 writes it: quoted where it holds a comma, a quote or a line break.
[[nodiscard]] inline std::string csv_quote(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// A number with as few digits as read back to the same bits.
template <class T>
requires(std::integral<T> || std::floating_point<T>) [[nodiscard]] std::string csv_number(T value) {
  std::array<char, 64> text{};
  if constexpr (std::same_as<T, bool>) return value ? "1" : "0";
  else return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// "0.5,-1,inf": numbers with commas between them, each with as few digits as read back to the same bits.
[[nodiscard]] inline std::string comma_separated(ConstVectorRef<double> numbers) {
  std::string text;
  for (const double number : numbers) text += (text.empty() ? "" : ",") + csv_number(number);
  return text;
}

/// The complete rows of a CSV text; a last row without a line break, as a killed writer leaves it, is not complete.
/// Throws: std::runtime_error for text after a closing quote.
[[nodiscard]] inline std::vector<CsvRow> parse_csv(std::string_view text) {
  std::vector<CsvRow> rows;
  CsvRow row(1);
  bool quoted = false;
  bool closed = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      // two quotes are one, one ends the field
      const bool twice = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
      quoted = c != '"' || twice;
      closed = !quoted;
      if (quoted) row.back() += c;
      if (twice) ++i;
    } else if (c == '"' && row.back().empty() && !closed) {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
      closed = false;
    } else if (c == '\n') {
      rows.push_back(std::exchange(row, CsvRow(1)));
      closed = false;
    } else if (c != '\r' || i + 1 == text.size() || text[i + 1] != '\n') {
      if (closed) throw std::runtime_error(detail::join("text after a closing quote in row ", rows.size() + 1));
      row.back() += c;
    }
  }
  return rows;
}

/// A CSV file in memory: a header and rows as long as it.
class CsvTable {
 public:
  /// Throws: FileError for a file that cannot be read, has no header, or has a row of another length.
  explicit CsvTable(const std::filesystem::path& path) : path_(path.string()) {
    try {
      rows_ = parse_csv(read_file(path));
    } catch (const FileError&) {
      throw;
    } catch (const std::runtime_error& error) {
      throw FileError(path_ + ": " + error.what());
    }
    if (rows_.empty()) throw FileError(path_ + ": expected a header, got an empty file");
    columns_ = std::move(rows_.front());
    rows_.erase(rows_.begin());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].size() != columns_.size()) {
        throw FileError(
            detail::join(path_, ": expected ", columns_.size(), " fields in row ", i + 1, ", got ", rows_[i].size()));
      }
    }
  }

  /// Names, from the first row.
  [[nodiscard]] const CsvRow& columns() const { return columns_; }
  /// All rows below it; each has a field a column.
  [[nodiscard]] const std::vector<CsvRow>& rows() const { return rows_; }

  /// Throws: FileError if there is no such column.
  [[nodiscard]] std::size_t index(std::string_view column) const {
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    if (found == columns_.end()) throw FileError(detail::join(path_, ": expected a column \"", column, "\", got none"));
    return static_cast<std::size_t>(found - columns_.begin());
  }

  /// A column of numbers. Throws: FileError if there is no such column or a field is not a number.
  [[nodiscard]] Vector<double> numbers(std::string_view column) const {
    const std::size_t at = index(column);
    Vector<double> values(static_cast<Index>(rows_.size()));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::string& text = rows_[i][at];
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), values[static_cast<Index>(i)]);
      if (code != std::errc{} || end != text.data() + text.size()) {
        throw FileError(
            detail::join(path_, ": expected a number in row ", i + 1, ", column \"", column, "\", got \"", text, '"'));
      }
    }
    return values;
  }

 private:
  std::string path_;
  CsvRow columns_;
  std::vector<CsvRow> rows_;
};

/// Writes a table row by row, each a record of a RecordFile: a killed program loses none.
class CsvWriter {
 public:
  /// Replaces the file by one that holds the header alone. Throws: FileError; std::invalid_argument without columns.
  CsvWriter(const std::filesystem::path& path, CsvRow columns) : CsvWriter(path, std::move(columns), {}) {}

  /// Continues a file: keeps the rows whose number in `column` is at most `last`, in which the columns must be the
  /// same, and drops the others, so that the curve of a resumed run has no row twice. Makes the file where there is
  /// none. Throws: FileError; std::invalid_argument.
  [[nodiscard]] static CsvWriter resume(const std::filesystem::path& path, CsvRow columns, std::string_view column,
                                        double last) {
    std::string kept;
    std::error_code error;
    const bool there = std::filesystem::exists(path, error);
    if (error) detail::throw_file_error(path, "cannot inspect", error.value());
    if (there) {
      const CsvTable table(path);
      if (table.columns() != columns) {
        throw FileError(
            detail::join(path.string(), ": expected the header ", line(columns), " got ", line(table.columns())));
      }
      const Vector<double> numbers = table.numbers(column);
      for (std::size_t i = 0; i < table.rows().size(); ++i) {
        if (numbers[static_cast<Index>(i)] <= last) kept += line(table.rows()[i]);
      }
    }
    return CsvWriter(path, std::move(columns), kept);
  }

  /// Names, which the file begins with.
  [[nodiscard]] const CsvRow& columns() const { return columns_; }

  /// Appends a field to the current row: a number or text.
  template <class T>
  CsvWriter& field(const T& value) {
    if constexpr (std::integral<T> || std::floating_point<T>) row_.push_back(csv_number(value));
    else row_.emplace_back(value);
    return *this;
  }

  /// Writes the current row. Throws: std::invalid_argument unless it has a field for each column; FileError, then the
  /// file ends with the row before and the next row can be written.
  void end_row() {
    const CsvRow row = std::exchange(row_, {});
    require(row.size() == columns_.size(), "CsvWriter", "a field for each column", row.size());
    file_.append(line(row));
  }

 private:
  CsvWriter(const std::filesystem::path& path, CsvRow columns, const std::string& rows)
      : columns_(std::move(columns)), file_(path, header(columns_) + rows) {}

  static std::string header(const CsvRow& columns) {
    require(!columns.empty(), "CsvWriter", "at least one column", columns.size());
    return line(columns);
  }

  static std::string line(const CsvRow& row) {
    std::string text;
    for (const std::string& field : row) text += csv_quote(field) + ',';
    text.back() = '\n';
    return text;
  }

  CsvRow columns_;
  CsvRow row_;
  RecordFile file_;
};

}  // namespace vantage

#endif
