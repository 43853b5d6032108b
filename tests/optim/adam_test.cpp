// SPDX-License-Identifier: MIT
#include "vantage/optim/adam.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("three steps by hand") {
  // beta1 = beta2 = 1/2, epsilon = 0, rate 1, gradients 1, 1, 0:
  //   m = 1/2, 3/4, 3/8 and v = the same; corrections 1/2, 3/4, 7/8
  //   steps: 1 / 1, 1 / 1, (3/7) / sqrt(3/7)
  Adam<double> adam({.learning_rate = 1.0, .beta1 = 0.5, .beta2 = 0.5, .epsilon = 0});
  Vector<double> theta = Vector<double>::Constant(1, 10);
  Vector<double> gradient = Vector<double>::Constant(1, 1);
  adam.step(theta, gradient);
  CHECK(theta(0) == Approx(9).epsilon(1e-15));
  adam.step(theta, gradient);
  CHECK(theta(0) == Approx(8).epsilon(1e-15));
  gradient(0) = 0;
  adam.step(theta, gradient);
  CHECK(theta(0) == Approx(8 - std::sqrt(3.0 / 7)).epsilon(1e-15));
  CHECK(adam.steps() == 3);
}

TEST_CASE("epsilon stands outside the root") {
  Adam<double> adam({.learning_rate = 1.0, .epsilon = 3});
  Vector<double> theta = Vector<double>::Zero(1);
  adam.step(theta, Vector<double>::Constant(1, 1));
  CHECK(theta(0) == Approx(-1.0 / (1 + 3)).epsilon(1e-15));
}

TEST_CASE("Adam: many steps agree with the formula entry by entry") {
  constexpr Index kSize = 300;
  const AdamOptions options{
      .learning_rate = Schedule::linear(1e-2, 1e-3), .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-4};
  Adam<double> adam(options);
  Rng rng(1);
  Vector<double> theta = Vector<double>::Ones(kSize);
  Vector<double> expected = theta;
  Vector<double> m = Vector<double>::Zero(kSize);
  Vector<double> v = m;
  for (int t = 1; t <= 40; ++t) {
    Vector<double> gradient(kSize);
    for (Index i = 0; i < kSize; ++i) gradient(i) = rng.normal();
    const double share = t / 64.0;
    adam.set_progress(share);
    adam.step(theta, gradient);
    for (Index i = 0; i < kSize; ++i) {
      m(i) = 0.8 * m(i) + 0.2 * gradient(i);
      v(i) = 0.95 * v(i) + 0.05 * gradient(i) * gradient(i);
      const double rate = 1e-2 - 9e-3 * share;
      expected(i) -= rate * (m(i) / (1 - std::pow(0.8, t))) / (std::sqrt(v(i) / (1 - std::pow(0.95, t))) + 1e-4);
    }
    REQUIRE((theta - expected).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("a minimum is found") {
  Adam<float> adam({.learning_rate = Schedule::geometric(0.1, 1e-5)});
  Vector<float> theta = Vector<float>::Constant(3, 2);
  for (int i = 0; i < 1500; ++i) {
    adam.set_progress(i / 1500.0);
    adam.step(theta, 2 * (theta.array() - 1).matrix());
  }
  CHECK((theta.array() - 1).abs().maxCoeff() < 1e-3F);
}

TEST_CASE("the archive holds all that a continued run needs") {
  Adam<double> adam;
  Adam<double> copy;
  Vector<double> theta = Vector<double>::Ones(4);
  const Vector<double> gradient = Vector<double>::LinSpaced(4, -1, 2);
  for (int i = 0; i < 3; ++i) adam.step(theta, gradient);
  // write each object under its name, then read it back in the same order
  std::string names;
  std::int64_t steps = 0;
  std::vector<Vector<double>> moments;
  struct {
    std::string& names;
    std::int64_t& steps;
    std::vector<Vector<double>>& moments;
    void operator()(const char* name, std::int64_t& object) { names += name, steps = object; }
    void operator()(const char* name, Vector<double>& object) { names += name, moments.push_back(object); }
  } writer{names, steps, moments};
  adam.serialize(writer);
  CHECK(names == "stepsfirst_momentsecond_moment");
  struct {
    std::int64_t& steps;
    std::vector<Vector<double>>& moments;
    std::size_t next = 0;
    void operator()(const char*, std::int64_t& object) { object = steps; }
    void operator()(const char*, Vector<double>& object) { object = moments[next++]; }
  } reader{steps, moments};
  copy.serialize(reader);
  Vector<double> other = theta;
  adam.step(theta, gradient);
  copy.step(other, gradient);
  CHECK(theta == other);
}

TEST_CASE("no epsilon is one of 1e-8") {
  CHECK(Adam<double>().options().epsilon == 1e-8);
  CHECK(Adam<double>({.learning_rate = 1, .epsilon = 1e-5}).options().epsilon == 1e-5);
}

TEST_CASE("Adam: bad options and sizes are refused") {
  CHECK_THROWS_AS(Adam<double>({.beta1 = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(Adam<double>({.beta2 = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Adam<double>({.beta1 = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(Adam<double>({.epsilon = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Adam<double>({.epsilon = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(Adam<double>({.epsilon = HUGE_VAL}), std::invalid_argument);
  CHECK_THROWS_WITH(Adam<double>({.learning_rate = -1}),
                    Catch::Matchers::Equals("Adam: expected a finite learning_rate >= 0, got -1"));
  CHECK_THROWS_AS(Adam<double>({.learning_rate = std::nan("")}), std::invalid_argument);
  Adam<double> adam;
  Vector<double> theta = Vector<double>::Ones(4);
  CHECK_THROWS_AS(adam.step(theta, Vector<double>::Ones(3)), std::invalid_argument);
  adam.step(theta, Vector<double>::Ones(4));
  Vector<double> longer = Vector<double>::Ones(5);
  CHECK_THROWS_AS(adam.step(longer, longer), std::invalid_argument);
}
