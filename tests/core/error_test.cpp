// SPDX-License-Identifier: MIT
#include "vantage/core/error.hpp"

#include <string>
#include <type_traits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("require says who, what was expected and what came") {
  CHECK_NOTHROW(require(true, "Who", "anything", 1));
  CHECK_THROWS_AS(require(false, "Who", "x > 0", -1), std::invalid_argument);
  CHECK_THROWS_WITH(require(false, "Who", "x > 0", -1.5), "Who: expected x > 0, got -1.5");
  CHECK_THROWS_WITH(require(false, "Who", "a name", std::string("nobody")), "Who: expected a name, got nobody");
}

TEST_CASE("a file error is a runtime error with its own words") {
  static_assert(std::is_base_of_v<std::runtime_error, FileError>);
  CHECK(std::string(FileError("file.txt: gone").what()) == "file.txt: gone");
  CHECK(detail::join("a", 1, ' ', 0.5).substr(0, 6) == "a1 0.5");
}
