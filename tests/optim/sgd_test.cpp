// SPDX-License-Identifier: MIT
#include "vantage/optim/sgd.hpp"

#include <cmath>

#include "catch.hpp"
#include "optim/round_trip.hpp"

using namespace vantage;

TEST_CASE("without momentum a step is the rate times the gradient") {
  Sgd<double> sgd({.learning_rate = Schedule::linear(0.5, 0.25)});
  Vector<double> theta(2);
  theta << 1, 2;
  const Vector<double> gradient = Vector<double>::LinSpaced(2, 1, -4);
  sgd.step(theta, gradient);
  CHECK(theta == Vector<double>(Eigen::Vector2d(0.5, 4)));
  // any number of steps is at one rate: that of the share
  sgd.set_progress(0.5);
  CHECK(sgd.learning_rate() == 0.375);
  sgd.step(theta, gradient);
  CHECK(theta == Vector<double>(Eigen::Vector2d(0.125, 5.5)));
  // the factor is the caller's
  sgd.set_progress(1);
  sgd.step(theta, gradient, 2);
  CHECK(theta == Vector<double>(Eigen::Vector2d(-0.375, 7.5)));
  CHECK(sgd.steps() == 3);
}

TEST_CASE("momentum keeps a share of the last direction") {
  // b = 1, 1/2 + 2, 5/4 + 0; rate 2: theta = -2, -7, -9.5
  Sgd<double> sgd({.learning_rate = 2.0, .momentum = 0.5});
  Vector<double> theta = Vector<double>::Zero(1);
  sgd.step(theta, Vector<double>::Constant(1, 1));
  CHECK(theta(0) == -2);
  sgd.step(theta, Vector<double>::Constant(1, 2));
  CHECK(theta(0) == -7);
  sgd.step(theta, Vector<double>::Zero(1));
  CHECK(theta(0) == -9.5);
}

TEST_CASE("the rate in force scales the whole direction, the remembered part too") {
  Sgd<double> sgd({.learning_rate = Schedule::linear(1, 0), .momentum = 0.5});
  Vector<double> theta = Vector<double>::Zero(1);
  sgd.step(theta, Vector<double>::Ones(1));
  sgd.set_progress(0.5);
  sgd.step(theta, Vector<double>::Ones(1));
  CHECK(theta(0) == -1.75);
}

TEST_CASE("SGD: a state that was written and read goes on with the same bits") {
  const SgdOptions options{.learning_rate = 0.1, .momentum = 0.9};
  Sgd<float> one(options), two(options);
  Vector<float> theta = Vector<float>::Ones(4);
  const Vector<float> gradient = Vector<float>::LinSpaced(4, -1, 2);
  for (int i = 0; i < 3; ++i) one.step(theta, gradient);
  copy_state(one, two);
  CHECK(two.steps() == 3);
  Vector<float> other = theta;
  Vector<float> anew = theta;
  Sgd<float> fresh(options);
  for (int i = 0; i < 3; ++i) {
    one.step(theta, gradient);
    two.step(other, gradient);
    fresh.step(anew, gradient);
  }
  CHECK(theta == other);
  CHECK(theta != anew);
}

TEST_CASE("SGD: bad options and sizes are refused") {
  CHECK_THROWS_AS(Sgd<double>({.momentum = 1}), std::invalid_argument);
  CHECK_THROWS_AS(Sgd<double>({.momentum = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Sgd<double>({.momentum = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(Sgd<double>({.learning_rate = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Sgd<double>({.learning_rate = HUGE_VAL}), std::invalid_argument);
  Sgd<double> sgd;
  Vector<double> theta = Vector<double>::Ones(4);
  CHECK_THROWS_AS(sgd.step(theta, Vector<double>::Ones(3)), std::invalid_argument);
  sgd.step(theta, Vector<double>::Ones(4));
  Vector<double> longer = Vector<double>::Ones(5);
  CHECK_THROWS_AS(sgd.step(longer, longer), std::invalid_argument);
}
