// SPDX-License-Identifier: MIT
#include "vantage/core/error.hpp"

#include <string>
#include <type_traits>
#include <vector>

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

TEST_CASE("messages show the numbers of a vector one after another") {
  const std::vector<double> numbers{1, -2.5, 1e9};
  CHECK(detail::join("got ", detail::Listed(numbers)) == "got 1 -2.5 1e+09");
  CHECK(detail::join(detail::Listed(std::vector<float>{0.5F})) == "0.5");
  CHECK(detail::join(detail::Listed(std::vector<float>())).empty());
}
