// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_FUZZ_FUZZ_HPP
#define VANTAGE_TESTS_FUZZ_FUZZ_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// what the targets share: each defines fuzz(text), which may throw what its reader promises and nothing else

/// Ends the process, which libFuzzer takes for a find and keeps the input.
inline void fuzz_require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

void fuzz(std::string_view text);

// NOLINTNEXTLINE(readability-identifier-naming,misc-definitions-in-headers): libFuzzer calls it so, in one source
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

#endif
