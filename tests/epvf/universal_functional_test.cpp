// SPDX-License-Identifier: MIT
#include "vantage/epvf/universal_functional.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "epvf/representation_checks.hpp"

namespace {

using namespace vantage;

static_assert(Representation<UniversalFunctional<float>>);
static_assert(Representation<UniversalFunctional<double>>);

const std::vector<std::vector<Index>> kWidths{{3, 2}, {3, 6, 2}, {3, 4, 5, 2}, {2, 3, 4, 3, 1}};

template <class S>
Vector<S> drawn_weights(const UniversalFunctional<S>& functional, Rng& rng) {
  Vector<S> weights(functional.weight_count());
  functional.initialize(weights, rng);
  return weights;
}

TEST_CASE("UniversalFunctional does not see the order of hidden neurons, but that of inputs and outputs") {
  Rng rng(3);
  for (const auto& widths : kWidths) {
    const Mlp network(widths);
    const ParameterSpace space = parameter_space(network);
    const UniversalFunctional<double> functional(space, {.layers = 3, .channels = 5, .input_scale = 2.0});
    const Vector<double> weights = drawn_weights(functional, rng);
    const Vector<double> theta = normal_vector<double>(space.size(), rng);
    UniversalFunctional<double>::Tape tape;
    const Matrix<double> features = functional.features(weights, theta, tape);
    REQUIRE(features.rows() == 5 * static_cast<Index>(space.blocks.size()));
    CHECK(features.cwiseAbs().maxCoeff() > 0.01);

    MlpTape<double> network_tape;
    const Matrix<double> x = normal_matrix<double>(widths.front(), 3, rng);
    const Matrix<double> y = network.forward(theta, x, network_tape);
    for (int trial = 0; trial < 5; ++trial) {
      const Vector<double> other = permute(space, random_orders(space, space.permutable, rng), theta);
      // the orders are the right ones: the network computes the same
      CHECK((network.forward(other, x, network_tape) - y).cwiseAbs().maxCoeff() < 1e-12);
      CHECK((functional.features(weights, other, tape) - features).cwiseAbs().maxCoeff() < 1e-12);
    }

    // exchanging two inputs, or two outputs, makes another policy
    for (const std::size_t axis : {std::size_t(0), widths.size() - 1}) {
      if (widths[axis] == 1) continue;
      AxisOrders orders = random_orders(space, std::vector<bool>(widths.size(), false), rng);
      std::swap(orders[axis][0], orders[axis][1]);
      const Vector<double> other = permute(space, orders, theta);
      CHECK((functional.features(weights, other, tape) - features).cwiseAbs().maxCoeff() > 1e-4);
    }
  }
}

TEST_CASE("UniversalFunctional's gradients are those of its features") {
  for (const auto& widths : kWidths) {
    const ParameterSpace space = parameter_space(Mlp(widths));
    for (const Activation activation : {Activation::tanh, Activation::relu, Activation::silu}) {
      const UniversalFunctional<double> functional(
          space, {.layers = 2, .channels = 3, .input_scale = 0.7, .activation = activation});
      check_gradients(functional, space.size(), 1, 1e-7);
      check_gradients(functional, space.size(), 2, 1e-7);
    }
  }
  const ParameterSpace space = parameter_space(Mlp({3, 4, 5, 2}));
  for (const Index layers : {1, 3}) {
    check_gradients(UniversalFunctional<double>(space, {.layers = layers, .channels = 2}), space.size(), 2, 1e-7);
  }
}

TEST_CASE("UniversalFunctional treats many policies as it treats each") {
  const ParameterSpace space = parameter_space(Mlp({5, 19, 33, 6}));
  check_columns(UniversalFunctional<double>(space, {.channels = 7}), space.size());
  check_columns(UniversalFunctional<float>(space, {.channels = 8, .activation = Activation::tanh}), space.size());
}

TEST_CASE("UniversalFunctional sees its input scaled") {
  Rng rng(4);
  const ParameterSpace space = parameter_space(Mlp({3, 4, 2}));
  const UniversalFunctional<double> plain(space);
  const UniversalFunctional<double> scaled(space, {.input_scale = 10});
  const Vector<double> weights = drawn_weights(plain, rng);
  const Vector<double> theta = normal_vector<double>(space.size(), rng);
  UniversalFunctional<double>::Tape tape;
  const Matrix<double> expected = plain.features(weights, Vector<double>(10 * theta), tape);
  CHECK((scaled.features(weights, theta, tape) - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("UniversalFunctional refuses options without a meaning") {
  const ParameterSpace space = parameter_space(Mlp({3, 4, 2}));
  CHECK_THROWS_AS(UniversalFunctional<double>(space, {.layers = 0}), std::invalid_argument);
  CHECK_THROWS_AS(UniversalFunctional<double>(space, {.channels = 0}), std::invalid_argument);
  CHECK_THROWS_AS(UniversalFunctional<double>(space, {.input_scale = 0}), std::invalid_argument);
  CHECK_THROWS_AS(UniversalFunctional<double>(ParameterSpace{}), std::invalid_argument);
  const UniversalFunctional<double> functional(space);
  Vector<double> few(3);
  Rng rng(1);
  CHECK_THROWS_AS(functional.initialize(few, rng), std::invalid_argument);
}

}  // namespace
