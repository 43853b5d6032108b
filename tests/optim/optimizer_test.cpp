// SPDX-License-Identifier: MIT
#include "vantage/optim/optimizer.hpp"

#include "catch.hpp"
#include "optim/round_trip.hpp"

using namespace vantage;

namespace {

const AdamOptions kAdam{.learning_rate = Schedule::linear(0.1, 0.01), .beta1 = 0.8};
const RmsPropOptions kRmsProp{.learning_rate = Schedule::geometric(0.1, 0.01), .decay = 0.9};
const SgdOptions kSgd{.learning_rate = [](double share) { return share < 0.4 ? 0.1 : 0.05; }, .momentum = 0.7};

Vector<double> gradient(int step) { return Vector<double>::LinSpaced(5, -1, 1 + step); }

// the same bits as the optimiser that the options name
template <class Chosen>
void check_same(const OptimizerOptions& options, Chosen chosen) {
  Optimizer<double> optimizer(options);
  Vector<double> theta = Vector<double>::Ones(5);
  Vector<double> expected = theta;
  for (int step = 0; step < 6; ++step) {
    CHECK(optimizer.steps() == step);
    const double share = step / 6.0;
    optimizer.set_progress(share);
    chosen.set_progress(share);
    CHECK(optimizer.learning_rate() == chosen.options().learning_rate(share));
    const double rate_factor = step == 4 ? 0.25 : 1;
    optimizer.step(theta, gradient(step), rate_factor);
    chosen.step(expected, gradient(step), rate_factor);
    REQUIRE(theta == expected);
  }
}

}  // namespace

TEST_CASE("the options choose the optimiser") {
  check_same(kAdam, Adam<double>(kAdam));
  check_same(kRmsProp, RmsProp<double>(kRmsProp));
  check_same(kSgd, Sgd<double>(kSgd));
  // Adam where nothing is said
  Optimizer<double> plain;
  Vector<double> theta = Vector<double>::Ones(5);
  Vector<double> expected = theta;
  plain.step(theta, gradient(0));
  Adam<double>().step(expected, gradient(0));
  CHECK(theta == expected);
}

TEST_CASE("the rate is that of the share of the run, however many steps come") {
  for (const OptimizerOptions& options :
       {OptimizerOptions(kAdam), OptimizerOptions(kRmsProp), OptimizerOptions(kSgd)}) {
    Optimizer<double> optimizer(options);
    CHECK(optimizer.learning_rate() == 0.1);
    Vector<double> theta = Vector<double>::Ones(5);
    for (int step = 0; step < 10; ++step) optimizer.step(theta, gradient(step));
    CHECK(optimizer.learning_rate() == 0.1);
    optimizer.set_progress(1);
    CHECK(optimizer.learning_rate() < 0.051);
    CHECK_THROWS_AS(optimizer.set_progress(1.5), std::invalid_argument);
  }
}

TEST_CASE("an owner's epsilon is Adam's where none is named") {
  const auto epsilon = [](const OptimizerOptions& options) {
    return std::get<AdamOptions>(with_epsilon_of_adam(options, 1e-5)).epsilon;
  };
  CHECK(epsilon(AdamOptions{}) == 1e-5);
  CHECK(epsilon(AdamOptions{.learning_rate = 1e-3}) == 1e-5);
  CHECK(epsilon(AdamOptions{.epsilon = 1e-8}) == 1e-8);
  CHECK(std::get<RmsPropOptions>(with_epsilon_of_adam(RmsPropOptions{.epsilon = 3}, 1e-5)).epsilon == 3);
}

TEST_CASE("a copy is a snapshot: going back to it repeats the steps") {
  for (const OptimizerOptions& options :
       {OptimizerOptions(kAdam), OptimizerOptions(kRmsProp), OptimizerOptions(kSgd)}) {
    Optimizer<double> optimizer(options);
    Vector<double> theta = Vector<double>::Ones(5);
    for (int step = 0; step < 3; ++step) optimizer.step(theta, gradient(step));
    const Optimizer<double> kept = optimizer;
    const Vector<double> start = theta;
    optimizer.step(theta, gradient(3));
    const Vector<double> end = theta;
    optimizer = kept;
    theta = start;
    CHECK(optimizer.steps() == 3);
    optimizer.step(theta, gradient(3));
    CHECK(theta == end);
  }
}

TEST_CASE("Optimizer: a state that was written and read goes on with the same bits") {
  for (const OptimizerOptions& options :
       {OptimizerOptions(kAdam), OptimizerOptions(kRmsProp), OptimizerOptions(kSgd)}) {
    Optimizer<double> one(options), two(options);
    Vector<double> theta = Vector<double>::Ones(5);
    for (int step = 0; step < 3; ++step) one.step(theta, gradient(step));
    copy_state(one, two);
    Vector<double> other = theta;
    one.step(theta, gradient(3));
    two.step(other, gradient(3));
    CHECK(theta == other);
    CHECK(one.learning_rate() == two.learning_rate());
  }
}

TEST_CASE("the state of one optimiser is not read into another") {
  Optimizer<double> adam(kAdam), sgd(kSgd);
  Vector<double> theta = Vector<double>::Ones(5);
  adam.step(theta, gradient(0));
  CHECK_THROWS_AS(copy_state(adam, sgd), FileError);
}

TEST_CASE("prepared memory is what the first step would have made") {
  for (const OptimizerOptions& options :
       {OptimizerOptions(kAdam), OptimizerOptions(kRmsProp), OptimizerOptions(kSgd)}) {
    Optimizer<double> one(options), two(options);
    one.prepare(5);
    one.prepare(7);  // it has a size already
    Vector<double> theta = Vector<double>::Ones(5);
    Vector<double> other = theta;
    one.step(theta, gradient(0));
    two.step(other, gradient(0));
    CHECK(theta == other);
    CHECK(one.steps() == 1);
  }
}

TEST_CASE("bad options are refused, whichever they are") {
  CHECK_THROWS_AS(Optimizer<float>(AdamOptions{.beta1 = 1}), std::invalid_argument);
  CHECK_THROWS_AS(Optimizer<float>(RmsPropOptions{.decay = 1}), std::invalid_argument);
  CHECK_THROWS_AS(Optimizer<float>(SgdOptions{.momentum = 1}), std::invalid_argument);
}
