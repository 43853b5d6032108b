// SPDX-License-Identifier: MIT
#include "vantage/epvf/functional_tensor.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "epvf/parameter_permutation.hpp"

namespace {

using namespace vantage;

// the entry of a tensor that belongs to an entry of its block, from the meaning of axes alone
Index expected_place(const FunctionalTensor& tensor, Index row, Index column) {
  const ParameterBlock& block = tensor.block;
  Index channel = 0;
  Index position[2] = {0, 0};
  const auto put = [&](int axis, Index i, Index channels_below) {
    if (axis >= 0 && axis == tensor.axes[0]) {
      position[0] = i;
    } else if (axis >= 0 && axis == tensor.axes[1]) {
      position[1] = i;
    } else {
      channel += i * channels_below;
    }
  };
  const bool rows_are_channels = block.row_axis != tensor.axes[0] && block.row_axis != tensor.axes[1];
  put(block.row_axis, row, 1);
  put(block.column_axis, column, rows_are_channels ? block.rows : 1);
  return channel + tensor.channels * (position[0] + tensor.sizes[0] * position[1]);
}

void check_places(const ParameterSpace& space) {
  Rng rng(1);
  const Vector<double> theta = normal_vector<double>(space.size(), rng);
  for (const FunctionalTensor& tensor : functional_tensors(space)) {
    const Index size = tensor.channels * tensor.positions();
    REQUIRE(size == tensor.block.size());
    Vector<double> values = Vector<double>::Zero(size);
    tensor.read(theta.data(), 2.0, values.data());
    Vector<double> gradient = Vector<double>::Ones(space.size());
    tensor.add_gradient(values.data(), 0.5, gradient.data());
    Index wrong = 0;
    for (Index column = 0; column < tensor.block.columns; ++column) {
      for (Index row = 0; row < tensor.block.rows; ++row) {
        const Index entry = tensor.block.offset + row + tensor.block.rows * column;
        if (values(expected_place(tensor, row, column)) != 2 * theta(entry)) ++wrong;
        if (gradient(entry) != 1 + theta(entry)) ++wrong;
        gradient(entry) = 1;
      }
    }
    CHECK(wrong == 0);
    // and nothing else was touched
    CHECK(gradient == Vector<double>::Ones(space.size()));
  }
}

TEST_CASE("functional_tensors turns fixed axes into channels") {
  const ParameterSpace space = parameter_space(Mlp({3, 4, 5, 2}));
  const std::vector<FunctionalTensor> tensors = functional_tensors(space);
  REQUIRE(tensors.size() == 6);
  const std::vector<std::array<int, 2>> axes{{1, -1}, {1, -1}, {2, 1}, {2, -1}, {2, -1}, {-1, -1}};
  const std::vector<Index> channels{3, 1, 1, 1, 2, 2};
  const std::vector<Index> positions{4, 4, 20, 5, 5, 1};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CHECK(tensors[i].axes == axes[i]);
    CHECK(tensors[i].channels == channels[i]);
    CHECK(tensors[i].positions() == positions[i]);
  }
  check_places(space);
  check_places(parameter_space(Mlp({3, 2})));

  // the lower axis along the rows
  ParameterSpace turned = space;
  for (ParameterBlock& block : turned.blocks) {
    if (block.column_axis < 0) continue;
    std::swap(block.rows, block.columns);
    std::swap(block.row_axis, block.column_axis);
  }
  check_places(turned);
  CHECK(functional_tensors(turned)[2].axes == std::array<int, 2>{2, 1});
}

TEST_CASE("functional_tensors refuses what it cannot stand for") {
  CHECK_THROWS_AS(functional_tensors(ParameterSpace{}), std::invalid_argument);
  CHECK_THROWS_AS(functional_tensors({.blocks = {{0, 2, 2, 0, 0}}, .axis_sizes = {2}, .permutable = {true}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(functional_tensors({.blocks = {{0, 2, 2, 1, 0}}, .axis_sizes = {2}, .permutable = {true}}),
                  std::invalid_argument);
}

}  // namespace
