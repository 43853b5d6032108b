// SPDX-License-Identifier: MIT
#include "vantage/optim/rms_prop.hpp"

#include <cmath>

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("two steps by hand") {
  // decay 3/4, epsilon 0, rate 1, gradients 2, 0 then 1: v = 1, 3/4, 13/16; steps 2 / 1, 0, 1 / sqrt(13/16)
  RmsProp<double> rms_prop({.learning_rate = 1.0, .decay = 0.75, .epsilon = 0});
  Vector<double> theta = Vector<double>::Constant(1, 5);
  rms_prop.step(theta, Vector<double>::Constant(1, 2));
  CHECK(theta(0) == Approx(3).epsilon(1e-15));
  rms_prop.step(theta, Vector<double>::Zero(1));
  CHECK(theta(0) == Approx(3).epsilon(1e-15));
  rms_prop.step(theta, Vector<double>::Ones(1));
  CHECK(theta(0) == Approx(3 - 1 / std::sqrt(13.0 / 16)).epsilon(1e-15));
  CHECK(rms_prop.steps() == 3);
}

TEST_CASE("epsilon stands outside the root or inside it, and the first square is a choice") {
  const auto first_step = [](RmsPropEpsilon place, double initial_square) {
    RmsProp<double> rms_prop({.learning_rate = 1.0,
                              .decay = 0.75,
                              .epsilon = 0.5,
                              .epsilon_place = place,
                              .initial_square = initial_square});
    Vector<double> theta = Vector<double>::Zero(1);
    rms_prop.step(theta, Vector<double>::Constant(1, 3));
    return -theta(0);
  };
  CHECK(first_step(RmsPropEpsilon::outside_root, 0) == Approx(3 / (1.5 + 0.5)).epsilon(1e-15));
  CHECK(first_step(RmsPropEpsilon::inside_root, 0) == Approx(3 / std::sqrt(2.25 + 0.5)).epsilon(1e-15));
  CHECK(first_step(RmsPropEpsilon::outside_root, 1) == Approx(3 / (std::sqrt(3.0) + 0.5)).epsilon(1e-15));
  CHECK(first_step(RmsPropEpsilon::inside_root, 1) == Approx(3 / std::sqrt(3.5)).epsilon(1e-15));
}

TEST_CASE("RMSProp: many steps agree with the formula entry by entry") {
  constexpr Index kSize = 70;
  for (const RmsPropEpsilon place : {RmsPropEpsilon::outside_root, RmsPropEpsilon::inside_root}) {
    const RmsPropOptions options{.learning_rate = Schedule::linear(1e-2, 1e-3),
                                 .decay = 0.9,
                                 .epsilon = 1e-3,
                                 .epsilon_place = place,
                                 .initial_square = 1};
    RmsProp<double> rms_prop(options);
    Rng rng(1);
    Vector<double> theta = Vector<double>::Ones(kSize);
    Vector<double> expected = theta;
    Vector<double> v = Vector<double>::Ones(kSize);
    for (Index t = 0; t < 40; ++t) {
      Vector<double> gradient(kSize);
      for (double& g : gradient) g = rng.normal();
      const double rate_factor = t % 3 == 0 ? 0.5 : 2.0;
      const double share = static_cast<double>(t) / 64;
      rms_prop.set_progress(share);
      rms_prop.step(theta, gradient, rate_factor);
      const double rate = rate_factor * (1e-2 - 9e-3 * share);
      for (Index i = 0; i < kSize; ++i) {
        v(i) = 0.9 * v(i) + 0.1 * gradient(i) * gradient(i);
        expected(i) -= rate * gradient(i) /
                       (place == RmsPropEpsilon::inside_root ? std::sqrt(v(i) + 1e-3) : std::sqrt(v(i)) + 1e-3);
      }
      REQUIRE((theta - expected).cwiseAbs().maxCoeff() < 1e-12);
    }
  }
}

TEST_CASE("RMSProp: a state that was written and read goes on with the same bits") {
  const RmsPropOptions options{.learning_rate = 0.1, .initial_square = 1};
  RmsProp<float> one(options), two(options);
  Vector<float> theta = Vector<float>::Ones(4);
  const Vector<float> gradient = Vector<float>::LinSpaced(4, -1, 2);
  for (int i = 0; i < 3; ++i) one.step(theta, gradient);
  copy_state(one, two);
  CHECK(two.steps() == 3);
  Vector<float> other = theta;
  for (int i = 0; i < 3; ++i) {
    one.step(theta, gradient);
    two.step(other, gradient);
  }
  CHECK(theta == other);
  // one that starts anew goes elsewhere
  RmsProp<float> fresh(options);
  for (int i = 0; i < 6; ++i) fresh.step(other, gradient);
  CHECK(theta != other);
}

TEST_CASE("RMSProp: bad options and sizes are refused") {
  CHECK_THROWS_AS(RmsProp<double>({.decay = 1}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.decay = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.epsilon = -1}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.initial_square = -1}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.initial_square = HUGE_VAL}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.epsilon = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.epsilon = HUGE_VAL}), std::invalid_argument);
  CHECK_THROWS_AS(RmsProp<double>({.learning_rate = -1}), std::invalid_argument);
  RmsProp<double> rms_prop;
  Vector<double> theta = Vector<double>::Ones(4);
  CHECK_THROWS_AS(rms_prop.step(theta, Vector<double>::Ones(3)), std::invalid_argument);
  rms_prop.step(theta, Vector<double>::Ones(4));
  Vector<double> longer = Vector<double>::Ones(5);
  CHECK_THROWS_AS(rms_prop.step(longer, longer), std::invalid_argument);
}
