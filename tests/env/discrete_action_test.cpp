// SPDX-License-Identifier: MIT
#include "vantage/env/discrete_action.hpp"

#include <cmath>
#include <limits>

#include <vector>

#include "catch.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

Index read(double action, Index count) { return discrete_action("Lift", Vector<double>::Constant(1, action), count); }

}  // namespace

TEST_CASE("a discrete action is read") {
  for (Index i = 0; i < 5; ++i) CHECK(read(static_cast<double>(i), 5) == i);
  CHECK(read(-0.0, 1) == 0);
}

TEST_CASE("what is no discrete action is refused in words") {
  CHECK_THROWS_WITH(read(1.5, 3), ContainsSubstring("Lift: expected a discrete action, one of 0 .. 2, got 1.5"));
  CHECK_THROWS_WITH(read(3, 3), ContainsSubstring("one of 0 .. 2, got 3"));
  CHECK_THROWS_WITH(read(-1, 3), ContainsSubstring("got -1"));
  CHECK_THROWS_AS(read(std::nan(""), 3), std::invalid_argument);
  CHECK_THROWS_AS(read(std::numeric_limits<double>::infinity(), 3), std::invalid_argument);
  CHECK_THROWS_WITH(discrete_action("Lift", Vector<double>::Zero(2), 3),
                    ContainsSubstring("Lift: expected a discrete action of one number, got 2"));
  CHECK_THROWS_AS(discrete_action("Lift", Vector<double>(), 3), std::invalid_argument);
}

TEST_CASE("of several discrete actions each is read by its own count") {
  const std::vector<Index> choices{3, 2};
  const auto read_both = [&](double a, double b, std::size_t i) {
    return discrete_action("Lift", Vector<double>{{a, b}}, choices, i);
  };
  CHECK(read_both(2, 1, 0) == 2);
  CHECK(read_both(2, 1, 1) == 1);
  CHECK_THROWS_WITH(read_both(0, 2, 1), ContainsSubstring("one of 0 .. 1, got 2"));
  CHECK_THROWS_WITH(discrete_action("Lift", Vector<double>::Zero(1), choices, 0),
                    ContainsSubstring("Lift: expected 2 discrete actions, got 1"));
}

TEST_CASE("the choices of a policy's actions are counted, and refused where there are none") {
  using Catch::Matchers::ContainsSubstring;
  CHECK(choice_count("Policy", std::vector<Index>{3, 1, 4}) == 8);
  CHECK(choice_count("Policy", std::vector<Index>{2}) == 2);
  CHECK_THROWS_WITH(choice_count("Policy", std::vector<Index>()),
                    ContainsSubstring("Policy: expected one discrete action"));
  CHECK_THROWS_WITH(choice_count("Policy", std::vector<Index>{1}), ContainsSubstring("discrete_actions >= 2, got 1"));
  CHECK_THROWS_WITH(choice_count("Policy", std::vector<Index>{3, 0}), ContainsSubstring("choices >= 1, got 0"));
}
