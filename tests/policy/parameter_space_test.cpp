// SPDX-License-Identifier: MIT
#include "vantage/policy/parameter_space.hpp"

#include <numeric>
#include <stdexcept>

#include "catch.hpp"

using namespace vantage;

namespace {

Vector<double> parameters(const Mlp& network) {
  Rng rng(4);
  Vector<double> theta(network.parameter_count());
  for (double& parameter : theta) parameter = rng.normal();
  return theta;
}

auto block_of(Vector<double>& theta, const ParameterBlock& block) {
  return Eigen::Map<Matrix<double>>(theta.data() + block.offset, block.rows, block.columns);
}

// the order of one axis reversed in every block that has it
Vector<double> reverse(const ParameterSpace& space, int axis, Vector<double> theta) {
  for (const ParameterBlock& block : space.blocks) {
    auto entries = block_of(theta, block);
    if (block.row_axis == axis) entries.colwise().reverseInPlace();
    if (block.column_axis == axis) entries.rowwise().reverseInPlace();
  }
  return theta;
}

}  // namespace

TEST_CASE("the blocks of a space name every parameter of a network exactly once") {
  for (const auto& widths : {std::vector<Index>{3, 2}, {3, 5, 2}, {4, 7, 6, 1}}) {
    const Mlp network(widths);
    const ParameterSpace space = parameter_space(network);
    CHECK(space.size() == network.parameter_count());
    CHECK(space.axis_sizes == widths);
    REQUIRE(space.permutable.size() == widths.size());
    for (std::size_t axis = 0; axis < widths.size(); ++axis) {
      CHECK(space.permutable[axis] == (axis > 0 && axis + 1 < widths.size()));
    }
    Vector<double> named = Vector<double>::Zero(network.parameter_count());
    for (const ParameterBlock& block : space.blocks) {
      REQUIRE(block.offset + block.size() <= named.size());
      named.segment(block.offset, block.size()).array() += 1;
      CHECK(block.rows == widths[static_cast<std::size_t>(block.row_axis)]);
      if (block.column_axis < 0) CHECK(block.columns == 1);
      if (block.column_axis >= 0) CHECK(block.columns == widths[static_cast<std::size_t>(block.column_axis)]);
    }
    CHECK(named == Vector<double>::Ones(network.parameter_count()));
  }
}

TEST_CASE("the blocks are the layers' weights and biases") {
  const Mlp network({4, 7, 6, 2}, Activation::elu);
  const ParameterSpace space = parameter_space(network);
  Vector<double> theta = parameters(network);
  const Matrix<double> x = Matrix<double>::Random(4, 3);
  // the network, written down from the blocks alone
  Matrix<double> h = x;
  for (std::size_t i = 0; i < space.blocks.size(); i += 2) {
    CHECK(space.blocks[i + 1].column_axis == -1);
    h = ((block_of(theta, space.blocks[i]) * h).colwise() + block_of(theta, space.blocks[i + 1]).col(0)).eval();
    if (i + 2 < space.blocks.size()) h = h.unaryExpr([](double y) { return y > 0 ? y : std::expm1(y); }).eval();
  }
  const std::vector<ParameterBlock> biases = bias_blocks(space);
  REQUIRE(biases.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(biases[i].offset == space.blocks[2 * i + 1].offset);
  MlpTape<double> tape;
  CHECK((network.forward<double>(theta, x, tape) - h).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("gains of layer norm run along their layer; an encoder has no such space") {
  const Mlp network({4, 7, 6, 2}, {.layer_norm = true});
  const ParameterSpace space = parameter_space(network);
  CHECK(space.size() == network.parameter_count());
  REQUIRE(space.blocks.size() == 8);
  CHECK((space.blocks[2].row_axis == 1 && space.blocks[5].row_axis == 2));
  const Vector<double> theta = parameters(network);
  const Matrix<double> x = Matrix<double>::Random(4, 3);
  MlpTape<double> tape;
  const Matrix<double> expected = network.forward<double>(theta, x, tape);
  for (const int axis : {1, 2}) {
    CHECK((network.forward<double>(reverse(space, axis, theta), x, tape) - expected).cwiseAbs().maxCoeff() < 1e-13);
  }
  CHECK(parameter_space(Sequential<Encoder, Mlp>(network)).blocks.size() == 8);
  CHECK_THROWS_AS(parameter_space(Sequential(Encoder(5, {{5, {4}}}), network)), std::invalid_argument);
}

TEST_CASE("a network does not change when the neurons of its permutable axes change places, and no others may") {
  const Mlp network({4, 7, 6, 2}, Activation::tanh);
  const ParameterSpace space = parameter_space(network);
  const Vector<double> theta = parameters(network);
  const Matrix<double> x = Matrix<double>::Random(4, 3);
  MlpTape<double> tape;
  const Matrix<double> expected = network.forward<double>(theta, x, tape);
  for (int axis = 0; axis < 4; ++axis) {
    const Vector<double> other = reverse(space, axis, theta);
    CHECK(other != theta);
    const double change = (network.forward<double>(other, x, tape) - expected).cwiseAbs().maxCoeff();
    if (space.permutable[static_cast<std::size_t>(axis)]) {
      CHECK(change < 1e-13);
    } else {
      CHECK(change > 0.1);
    }
  }
}
