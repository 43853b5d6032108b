// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_MLP_HPP
#define VANTAGE_NN_MLP_HPP

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/nn/activation.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/nn/initialization.hpp"
#include "vantage/nn/transpose.hpp"

namespace vantage {

/// Scratch of one worker: the activations of the last forward pass and what the derivatives need. Storage only grows.
template <class S>
class MlpTape {
 public:
  /// The output of the last forward pass. Shapes: output_size x n.
  [[nodiscard]] Eigen::Map<Matrix<S>> output() {
    return {layers_.empty() ? nullptr : layers_[output_layer_].data(), rows_, columns_};
  }

  /// Exchanges the last forward pass, not the scratch of derivatives: passes kept aside come back in no time.
  void swap_activations(MlpTape& other) {
    layers_.swap(other.layers_);
    std::swap(output_layer_, other.output_layer_);
    std::swap(rows_, other.rows_);
    std::swap(columns_, other.columns_);
  }

 private:
  friend class Mlp;

  std::vector<Vector<S>> layers_;    // activation of each layer, the output last
  std::vector<Vector<S>> tangents_;  // directional derivative of each layer
  Vector<S> delta_[2];               // gradient at the current layer and at the one below
  Vector<S> transposed_;             // weights of one layer, transposed
  Vector<S> panel_;                  // the product's own scratch
  std::size_t output_layer_ = 0;     // the last one of the last forward pass
  Index rows_ = 0;
  Index columns_ = 0;
};

/// The widths of a perceptron's layers: input, hidden layers, output.
[[nodiscard]] inline std::vector<Index> layer_widths(Index input, const std::vector<Index>& hidden, Index output) {
  std::vector<Index> widths{input};
  widths.insert(widths.end(), hidden.begin(), hidden.end());
  widths.push_back(output);
  return widths;
}

/// Multi-layer perceptron as a pure function of a flat parameter vector theta and a block of inputs x:
///   h_0 = x,  h_l = f(W_l h_{l-1} + b_l),  y = W_L h_{L-1} + b_L.
/// theta holds for each layer W_l (out x in, column-major), then b_l. One column is one sample, and the bits of an
/// output column depend neither on the number of columns nor on the column's position.
/// Shapes: theta (parameter_count), x (input_size x n), y (output_size x n), any n >= 0.
class Mlp {
 public:
  /// `widths` lists input, hidden layers, output.
  /// Throws: std::invalid_argument unless there are two or more positive widths.
  explicit Mlp(std::vector<Index> widths, Activation activation = Activation::tanh)
      : widths_(std::move(widths)), activation_(activation) {
    require(widths_.size() >= 2, "Mlp", "at least two widths (input and output)", widths_.size());
    for (const Index width : widths_) require(width > 0, "Mlp", "positive widths", width);
    for (std::size_t layer = 0; layer + 1 < widths_.size(); ++layer) {
      parameter_count_ += widths_[layer + 1] * (widths_[layer] + 1);
    }
  }

  [[nodiscard]] Index input_size() const { return widths_.front(); }
  /// Numbers of an output.
  [[nodiscard]] Index output_size() const { return widths_.back(); }
  /// P, the weights and biases of all layers.
  [[nodiscard]] Index parameter_count() const { return parameter_count_; }
  /// Of all layers: the input's, the hidden ones', the output's.
  [[nodiscard]] const std::vector<Index>& widths() const { return widths_; }
  /// Of the hidden layers.
  [[nodiscard]] Activation activation() const { return activation_; }

  /// Draws the weights of every layer and sets the biases to 0. For a segment name the scalar: initialize<S>(segment,
  /// ...). Throws: std::invalid_argument for a theta of another size, or gains that are negative or not finite.
  template <class S>
  void initialize(std::type_identity_t<VectorRef<S>> theta, const MlpInitialization& options, Rng& rng) const {
    require(theta.size() == parameter_count_, "Mlp::initialize", "parameter_count() entries", theta.size());
    validate(options);
    Index offset = 0;
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const double gain = layer + 1 < depth() ? options.hidden_gain : options.output_gain.value_or(1);
      Eigen::Map<Matrix<S>> weights(theta.data() + offset, widths_[layer + 1], widths_[layer]);
      weights = initial_weights(widths_[layer + 1], widths_[layer], options.scheme, gain, rng).template cast<S>();
      theta.segment(offset + weights.size(), widths_[layer + 1]).setZero();
      offset += weights.size() + widths_[layer + 1];
    }
  }

  template <class S>
  void initialize(Vector<S>& theta, const MlpInitialization& options, Rng& rng) const {
    initialize<S>(VectorRef<S>(theta), options, rng);
  }

  /// y(x) as a view into the tape, valid until the next forward pass with it.
  template <class S>
  Eigen::Map<Matrix<S>> forward(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, MlpTape<S>& tape) const {
    VANTAGE_ASSERT(theta.size() == parameter_count_ && x.rows() == input_size());
    if (tape.layers_.size() < depth()) tape.layers_.resize(depth());
    const S* parameters = theta.data();
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const Index in = widths_[layer];
      const Index out = widths_[layer + 1];
      grow_padded(tape.layers_[layer], activation_room(activation_, out * x.cols()));
      S* output = tape.layers_[layer].data();
      dense_product<S>(out, x.cols(), in, parameters, out, input(layer, x, tape), output, out, Start::column,
                       parameters + out * in, tape.panel_);
      if (layer + 1 < depth()) activate(activation_, output, out * x.cols());
      parameters += out * (in + 1);
    }
    tape.output_layer_ = depth() - 1;
    tape.rows_ = output_size();
    tape.columns_ = x.cols();
    return tape.output();
  }

  /// Adds the vector-Jacobian product: gradient += (dy/dtheta)^T output_gradient, summed over the columns.
  /// Pre: forward has just been called with the same theta, x and tape.
  template <class S>
  void backward(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x,
                MlpTape<S>& tape, std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                std::type_identity_t<VectorRef<S>> gradient) const {
    VANTAGE_ASSERT(gradient.size() == parameter_count_);
    static constexpr S kOne = 1;
    descend<S>(theta, x, tape, output_gradient, [&](std::size_t layer, Index offset, const S* delta, Index stride) {
      const Index in = widths_[layer];
      const Index out = widths_[layer + 1];
      S* result = gradient.data() + offset;
      const Strided<S> below = input(layer, x, tape);
      dense_product<S>(out, in, x.cols(), delta, stride, {below.data, below.column_stride, below.row_stride}, result,
                       out, Start::accumulate, nullptr, tape.panel_);
      dense_product<S>(out, 1, x.cols(), delta, stride, {&kOne, 0, 0}, result + out * in, out, Start::accumulate,
                       nullptr, tape.panel_);
      return layer > 0;
    });
  }

  /// Writes input_gradient = (dy/dx)^T output_gradient, a column a sample. Pre: as backward.
  template <class S>
  void backward_to_input(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x,
                         MlpTape<S>& tape, std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                         std::type_identity_t<MatrixRef<S>> input_gradient) const {
    VANTAGE_ASSERT(input_gradient.rows() == input_size() && input_gradient.cols() == x.cols());
    descend<S>(theta, x, tape, output_gradient, [&](std::size_t layer, Index, const S* delta, Index stride) {
      if (layer > 0) return true;
      pull_back(theta.data(), layer, x.cols(), delta, stride, input_gradient.data(), input_gradient.outerStride(),
                tape);
      return false;
    });
  }

  /// The Jacobian-vector product (dy/dtheta) direction as a view into the tape; leaves what backward needs intact.
  /// Shapes: direction (parameter_count), result (output_size x n). Pre: as backward.
  template <class S>
  Eigen::Map<Matrix<S>> tangent(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, MlpTape<S>& tape,
                                std::type_identity_t<ConstVectorRef<S>> direction) const {
    VANTAGE_ASSERT(direction.size() == parameter_count_ && tape.columns_ == x.cols());
    if (tape.tangents_.size() < depth()) tape.tangents_.resize(depth());
    Index offset = 0;
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const Index in = widths_[layer];
      const Index out = widths_[layer + 1];
      grow_padded(tape.tangents_[layer], out * x.cols());
      S* result = tape.tangents_[layer].data();
      // product rule: the direction's weights on the activations, then the weights on the tangent from below
      const S* change = direction.data() + offset;
      dense_product<S>(out, x.cols(), in, change, out, input(layer, x, tape), result, out, Start::column,
                       change + out * in, tape.panel_);
      if (layer > 0) {
        dense_product<S>(out, x.cols(), in, theta.data() + offset, out, {tape.tangents_[layer - 1].data(), 1, in},
                         result, out, Start::accumulate, nullptr, tape.panel_);
      }
      if (layer + 1 < depth()) multiply_slope(activation_, tape.layers_[layer].data(), result, out * x.cols());
      offset += out * (in + 1);
    }
    return {tape.tangents_[depth() - 1].data(), output_size(), x.cols()};
  }

 private:
  [[nodiscard]] std::size_t depth() const { return widths_.size() - 1; }

  template <class S>
  Strided<S> input(std::size_t layer, ConstMatrixRef<S> x, const MlpTape<S>& tape) const {
    if (layer == 0) return {x.data(), 1, x.outerStride()};
    return {tape.layers_[layer - 1].data(), 1, widths_[layer]};
  }

  // result (in x n) = W^T delta of one layer; `weights` is column-major out x in
  template <class S>
  void pull_back(const S* weights, std::size_t layer, Index columns, const S* delta, Index stride, S* result,
                 Index result_stride, MlpTape<S>& tape) const {
    const Index in = widths_[layer];
    const Index out = widths_[layer + 1];
    grow_padded(tape.transposed_, in * out);
    transpose<S>(out, in, weights, tape.transposed_.data());
    dense_product<S>(in, columns, out, tape.transposed_.data(), in, {delta, 1, stride}, result, result_stride,
                     Start::zero, nullptr, tape.panel_);
  }

  // carries the output gradient down the layers: visit(layer, offset of its parameters, delta, delta's stride) sees the
  // gradient with respect to W h + b of each layer and returns whether to go on below it
  template <class S, class Visit>
  void descend(ConstVectorRef<S> theta, ConstMatrixRef<S> x, MlpTape<S>& tape, ConstMatrixRef<S> output_gradient,
               Visit&& visit) const {
    VANTAGE_ASSERT(tape.columns_ == x.cols() && output_gradient.rows() == output_size() &&
                   output_gradient.cols() == x.cols());
    const S* delta = output_gradient.data();
    Index stride = output_gradient.outerStride();
    Index offset = parameter_count_;
    for (std::size_t layer = depth(); layer-- > 0;) {
      const Index in = widths_[layer];
      offset -= widths_[layer + 1] * (in + 1);
      if (!visit(layer, offset, delta, stride)) return;
      Vector<S>& below = tape.delta_[layer % 2];
      grow_padded(below, in * x.cols());
      pull_back(theta.data() + offset, layer, x.cols(), delta, stride, below.data(), in, tape);
      multiply_slope(activation_, tape.layers_[layer - 1].data(), below.data(), in * x.cols());
      delta = below.data();
      stride = in;
    }
  }

  std::vector<Index> widths_;
  Activation activation_;
  Index parameter_count_ = 0;
};

}  // namespace vantage

#endif
