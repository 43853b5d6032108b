// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_JSON_LINES_LOG_HPP
#define VANTAGE_TRAIN_JSON_LINES_LOG_HPP

#include "vantage/io/json_lines.hpp"
#include "vantage/train/csv_log.hpp"

namespace vantage {

/// Observer that writes the columns of CsvLog as JSON lines, an object an iteration: numbers in full, "null" for what
/// is not a number, true and false. Constructed and resumed as CsvLog is.
using JsonLinesLog = ProgressLog<JsonLinesWriter>;

}  // namespace vantage

#endif
