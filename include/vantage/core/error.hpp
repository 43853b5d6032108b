// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_ERROR_HPP
#define VANTAGE_CORE_ERROR_HPP

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <locale>
#include <ostream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

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

// a part of a message, and how it is written: what differs from one message to the next is data, not code
struct MessagePart {
  const void* object;
  void (*write)(std::ostringstream& text, const void* object);
};

template <class T>
[[gnu::cold]] void write_part(std::ostringstream& text, const void* object) {
  text << *static_cast<const T*>(object);
}

[[gnu::cold]] inline void write_characters(std::ostringstream& text, const void* object) {
  text << static_cast<const char*>(object);
}

template <class T>
MessagePart message_part(const T& part) {
  return {&part, &write_part<T>};
}

template <std::size_t size>
MessagePart message_part(const char (&part)[size]) {
  return {part, &write_characters};
}

[[nodiscard, gnu::cold]] inline std::string join_parts(std::span<const MessagePart> parts) {
  std::ostringstream text;
  write_as_in_code(text);
  for (const MessagePart& part : parts) part.write(text, part.object);
  return text.str();
}

template <class... Parts>
[[nodiscard, gnu::cold]] std::string join(const Parts&... parts) {
  return join_parts(std::array{message_part(parts)...});
}

/// Numbers one after another, as messages show them: Eigen's own printing is much to compile for so little. Made of
/// any vector without gaps, which has to stay while this is used.
template <class T>
struct Listed {
  template <class V>
  explicit Listed(const V& vector) : data(vector.data()), size(static_cast<std::ptrdiff_t>(vector.size())) {}

  const T* data;
  std::ptrdiff_t size;
};

template <class V>
explicit Listed(const V& vector) -> Listed<std::remove_cvref_t<decltype(*vector.data())>>;

template <class T>
[[gnu::cold]] std::ostream& operator<<(std::ostream& text, const Listed<T>& numbers) {
  for (std::ptrdiff_t i = 0; i < numbers.size; ++i) text << (i == 0 ? "" : " ") << numbers.data[i];
  return text;
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
