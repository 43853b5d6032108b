// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_JSON_LINES_HPP
#define VANTAGE_IO_JSON_LINES_HPP

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/json_scanner.hpp"
#include "vantage/io/record_file.hpp"

namespace vantage {

/// Writes rows of numbers as JSON lines: an object a row, with the columns as its names, each a record of a RecordFile.
/// Numbers read back to the same bits; what is not finite is null. Used as CsvWriter is.
class JsonLinesWriter {
 public:
  /// Replaces the file by an empty one. Throws: FileError; std::invalid_argument without columns.
  JsonLinesWriter(const std::filesystem::path& path, CsvRow columns) : JsonLinesWriter(path, std::move(columns), {}) {}

  /// Continues a file: keeps the rows whose number in `column` is at most `last`, in which the columns must be the
  /// same, and drops the others, a last line that is torn included. Makes the file where there is none.
  /// Throws: FileError; std::invalid_argument.
  [[nodiscard]] static JsonLinesWriter resume(const std::filesystem::path& path, CsvRow columns,
                                              std::string_view column, double last) {
    std::string kept;
    std::error_code error;
    const bool there = std::filesystem::exists(path, error);
    if (error) detail::throw_file_error(path, "cannot inspect", error.value());
    const std::string text = there ? read_file(path) : "";
    std::size_t row = 0;
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(text).substr(begin, end + 1 - begin);
      try {
        ++row;
        if (number_in(line, columns, column) <= last) kept += line;
      } catch (const std::runtime_error& wrong) {
        throw FileError(detail::join(path.string(), ": row ", row, ": ", wrong.what()));
      }
    }
    return JsonLinesWriter(path, std::move(columns), kept);
  }

  /// Names, in the order of the fields.
  [[nodiscard]] const CsvRow& columns() const { return columns_; }

  /// Appends a number to the current row.
  template <class T>
  requires(std::integral<T> || std::floating_point<T>) JsonLinesWriter& field(T value) {
    row_ += count_ == 0 ? "{" : ",";
    // a row of too many fields is refused at its end
    if (count_ < columns_.size()) row_ += json_quote(columns_[count_]);
    row_ += ':';
    if constexpr (std::same_as<T, bool>) {
      row_ += value ? "true" : "false";
    } else {
      row_ += std::isfinite(static_cast<double>(value)) ? csv_number(value) : "null";
    }
    ++count_;
    return *this;
  }

  /// Writes the current row. Throws: std::invalid_argument unless it has a field for each column; FileError, then the
  /// file ends with the row before and the next row can be written.
  void end_row() {
    const std::string row = std::exchange(row_, {}) + "}\n";
    const std::size_t count = std::exchange(count_, 0);
    require(count == columns_.size(), "JsonLinesWriter", "a field for each column", count);
    file_.append(row);
  }

 private:
  JsonLinesWriter(const std::filesystem::path& path, CsvRow columns, const std::string& rows)
      : columns_(some(std::move(columns))), file_(path, rows) {}

  static CsvRow some(CsvRow columns) {
    require(!columns.empty(), "JsonLinesWriter", "at least one column", columns.size());
    return columns;
  }

  // what a row has in a column; not a number for null
  static double number_in(std::string_view line, const CsvRow& columns, std::string_view column) {
    double number = std::nan("");
    std::size_t count = 0;
    JsonScanner scanner(line);
    scanner.object([&](const std::string& name) {
      if (count == columns.size() || name != columns[count]) {
        throw std::runtime_error(detail::join("expected ", count < columns.size() ? columns[count] : "the end",
                                              " in place ", count + 1, ", got ", name));
      }
      ++count;
      const std::string_view word = scanner.bare_word();
      if (name == column) std::from_chars(word.data(), word.data() + word.size(), number);
    });
    scanner.end();
    if (count != columns.size()) throw std::runtime_error(detail::join("expected ", columns[count], ", got the end"));
    return number;
  }

  CsvRow columns_;
  std::string row_;
  std::size_t count_ = 0;  // fields in it
  RecordFile file_;
};

}  // namespace vantage

#endif
