// SPDX-License-Identifier: MIT
#include "vantage/optim/serialize_steps.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("memory loses its size where a state from before the first step is read, and only there") {
  std::int64_t read = 0;
  const auto archive = [&](const std::string& name, std::int64_t& steps) {
    CHECK(name == "steps");
    steps = read;
  };
  for (const std::int64_t before : {0, 4}) {
    for (const std::int64_t in_file : {0, 4, 9}) {
      std::int64_t steps = before;
      std::vector<double> first(3), second(2);
      read = in_file;
      detail::serialize_steps(archive, steps, first, second);
      CHECK(steps == in_file);
      const bool forgets = before == 4 && in_file == 0;
      CHECK(first.size() == (forgets ? 0U : 3U));
      CHECK(second.size() == (forgets ? 0U : 2U));
    }
  }
}
