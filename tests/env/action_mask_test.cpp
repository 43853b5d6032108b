// SPDX-License-Identifier: MIT
#include "vantage/env/action_mask.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<Index> kChoices{3, 2};

// a mask of 3 and 2 choices from row 1 on, in an observation of seven numbers
ActionMask made() { return {1, kChoices, 7}; }

Vector<double> shown(double a, double b, double c, double d, double e) { return Vector<double>{{9, a, b, c, d, e, 9}}; }

}  // namespace

TEST_CASE("a mask is sound where it is of zeros and ones, and each action has a choice") {
  const ActionMask mask = made();
  CHECK(mask.is_on());
  CHECK(mask.row() == 1);
  CHECK(mask.size() == 5);
  for (unsigned bits = 0; bits < 32; ++bits) {
    Vector<double> x = shown(0, 0, 0, 0, 0);
    for (Index k = 0; k < 5; ++k) x[1 + k] = (bits >> k) & 1U;
    CHECK(mask.is_sound(x) == ((bits & 7U) != 0 && (bits & 24U) != 0));
  }
  for (const double bad : {0.5, -1.0, 2.0, std::nan("")}) CHECK_FALSE(mask.is_sound(shown(1, bad, 0, 1, 1)));
}

TEST_CASE("an action is allowed where each of its choices is") {
  const ActionMask mask = made();
  const Vector<double> x = shown(1, 1, 0, 0, 1);
  for (Index a = 0; a < 3; ++a) {
    for (Index b = 0; b < 2; ++b) {
      const Vector<double> action{{static_cast<double>(a), static_cast<double>(b)}};
      CHECK(mask.allows(x, action) == (a != 2 && b == 1));
    }
  }
}

TEST_CASE("scores of what is not allowed fall to minus infinity, the others stay") {
  Matrix<float> observations(7, 2);
  observations.col(0) = shown(1, 0, 1, 0, 1).cast<float>();
  observations.col(1) = shown(1, 1, 1, 1, 0).cast<float>();
  const float none = -std::numeric_limits<float>::infinity();
  Matrix<float> scores{{1, 6}, {2, 7}, {3, 8}, {4, 9}, {5, 10}};
  made().apply(observations, scores);
  CHECK(scores == Matrix<float>{{1, 6}, {none, 7}, {3, 8}, {none, 9}, {5, none}});
  observations.col(1) = shown(1, 1, 1, 0, 0).cast<float>();
  CHECK_THROWS_WITH(made().apply(observations, scores),
                    ContainsSubstring("for each action a choice that is allowed, got 1 1 1 0 0"));
}

TEST_CASE("without a mask everything is allowed") {
  const ActionMask none({}, kChoices, 7);
  CHECK_FALSE(none.is_on());
  CHECK(none.size() == 0);
  CHECK(none.is_sound(shown(0, 0, 0, 0, 0)));
  CHECK(none.allows(shown(0, 0, 0, 0, 0), Vector<double>{{0, 0}}));
  CHECK_FALSE(ActionMask().is_on());
}

TEST_CASE("a mask lies within the observation, and is of discrete actions") {
  CHECK_NOTHROW(ActionMask(2, kChoices, 7));
  CHECK_THROWS_AS(ActionMask(3, kChoices, 7), std::invalid_argument);
  CHECK_THROWS_AS(ActionMask(-1, kChoices, 7), std::invalid_argument);
  CHECK_THROWS_AS(ActionMask(0, {}, 7), std::invalid_argument);
  EnvironmentSpec spec;
  spec.observation_size = 4;
  spec.discrete_actions = 3;
  spec.mask_row = 1;
  CHECK(ActionMask(spec).size() == 3);
  spec.mask_row = 2;
  CHECK_THROWS_AS(ActionMask(spec), std::invalid_argument);
}
