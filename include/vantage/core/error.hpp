// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_ERROR_HPP
#define VANTAGE_CORE_ERROR_HPP

#include <cassert>
#include <cmath>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

/// The library's one assertion: a shape broken inside a hot stage is a bug of the caller, found in debug builds.
#define VANTAGE_ASSERT(condition) assert(condition)

namespace vantage {

/// A file that cannot be read or written; the message starts with its path.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

// what follows is cold: hundreds of callers hold a call of it and no more, which is quicker to run and to compile

[[gnu::cold]] inline void write_as_in_code(std::ostringstream& text) {
  // files hold such texts too: numbers stay as they are in code, whatever the program's locale
  text.imbue(std::locale::classic());
  // a lack of memory is thrown on: a stream would otherwise go on without the rest of the text
  text.exceptions(std::ios::badbit);
}

template <class... Parts>
[[nodiscard, gnu::cold]] std::string join(const Parts&... parts) {
  std::ostringstream text;
  write_as_in_code(text);
  (text << ... << parts);
  return text.str();
}

[[noreturn, gnu::cold]] inline void refuse(const char* who, const char* expected, const std::string& got) {
  throw std::invalid_argument(join(who, ": expected ", expected, ", got ", got));
}

}  // namespace detail

/// Throws std::invalid_argument "who: expected <expected>, got <value>" unless `condition` holds.
template <class Value>
void require(bool condition, const char* who, const char* expected, const Value& value) {
  if (!condition) detail::refuse(who, expected, detail::join(value));
}

}  // namespace vantage

#endif
