// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_PARAMETER_SPACE_HPP
#define VANTAGE_POLICY_PARAMETER_SPACE_HPP

#include <cstddef>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/nn/encoder.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/nn/sequential.hpp"

namespace vantage {

/// One tensor of a flat vector of parameters: a matrix, column-major, or a vector.
struct ParameterBlock {
  Index offset;     ///< of the first entry
  Index rows;       ///< size of the row axis
  Index columns;    ///< size of the column axis; 1 for a vector
  int row_axis;     ///< which axis of the space its rows run along
  int column_axis;  ///< the same of its columns; -1 for a vector

  /// Numbers of it.
  [[nodiscard]] Index size() const { return rows * columns; }
};

/// What a flat vector of parameters consists of. Blocks that share an axis share its units: where an axis is
/// permutable, the same permutation of that axis in all blocks leaves the function that the parameters stand for as it
/// is. The blocks lie one after another and cover the vector.
struct ParameterSpace {
  std::vector<ParameterBlock> blocks;  ///< in the order in which they lie
  std::vector<Index> axis_sizes;       ///< a size an axis
  std::vector<bool> permutable;        ///< a flag an axis

  /// The number of parameters.
  [[nodiscard]] Index size() const { return blocks.empty() ? 0 : blocks.back().offset + blocks.back().size(); }
};

/// Of a network of L layers: axis 0 is the input, axis L the output, those between are the hidden layers, whose neurons
/// have no order. Layer l has the blocks W_l (axis l + 1 by axis l), b_l (axis l + 1) and, with layer norm, g_l (axis
/// l + 1), l = 0 .. L - 1.
[[nodiscard]] inline ParameterSpace parameter_space(const Mlp& network) {
  ParameterSpace space{.blocks = {}, .axis_sizes = network.widths(), .permutable = {}};
  const int last = static_cast<int>(network.widths().size()) - 1;
  for (int axis = 0; axis <= last; ++axis) space.permutable.push_back(axis > 0 && axis < last);
  for (int layer = 0; layer < last; ++layer) {
    const Index in = space.axis_sizes[static_cast<std::size_t>(layer)];
    const Index out = space.axis_sizes[static_cast<std::size_t>(layer) + 1];
    space.blocks.push_back({space.size(), out, in, layer + 1, layer});
    space.blocks.push_back({space.size(), out, 1, layer + 1, -1});
    if (network.is_normalized(static_cast<std::size_t>(layer))) {
      space.blocks.push_back({space.size(), out, 1, layer + 1, -1});
    }
  }
  return space;
}

/// Of a network without an encoder. Throws: std::invalid_argument for one that has an encoder.
[[nodiscard]] inline ParameterSpace parameter_space(const Sequential<Encoder, Mlp>& network) {
  require(network.is_second_alone(), "parameter_space", "a network without an encoder", network.first().parts().size());
  return parameter_space(network.second());
}

/// The blocks that are biases, or gains of layer norm: the vectors of the space.
[[nodiscard]] inline std::vector<ParameterBlock> bias_blocks(const ParameterSpace& space) {
  std::vector<ParameterBlock> biases;
  for (const ParameterBlock& block : space.blocks) {
    if (block.column_axis < 0) biases.push_back(block);
  }
  return biases;
}

}  // namespace vantage

#endif
