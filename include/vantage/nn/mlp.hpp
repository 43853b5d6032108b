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
#include "vantage/nn/layer_norm.hpp"
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
    norms_.swap(other.norms_);
    std::swap(output_layer_, other.output_layer_);
    std::swap(rows_, other.rows_);
    std::swap(columns_, other.columns_);
  }

 private:
  friend class Mlp;

  std::vector<Vector<S>> layers_;    // activation of each layer, the output last
  std::vector<LayerNorm<S>> norms_;  // of each layer that has one
  std::vector<Vector<S>> tangents_;  // directional derivative of each layer
  Vector<S> delta_[2];               // gradient at the current layer and at the one below
  Vector<S> transposed_;             // weights of one layer, transposed
  Vector<S> panel_;                  // the product's own scratch
  std::size_t output_layer_ = 0;     // the last one of the last forward pass
  Index rows_ = 0;
  Index columns_ = 0;
};

namespace detail {

// views and copies in few types: each kind of Eigen's expressions is code that everyone would compile

// of nothing there may be no address, and then none beside it
template <class T>
T* shifted(T* address, Index offset) {
  return address == nullptr ? address : address + offset;
}

template <class S>
Eigen::Map<const Vector<S>> entries(ConstVectorRef<S> v, Index from, Index count) {
  return {v.data() + from, count};
}
template <class S>
Eigen::Map<Vector<S>> entries(VectorRef<S>& v, Index from, Index count) {
  return {v.data() + from, count};
}

template <class S>
Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>> rows(ConstMatrixRef<S> x, Index from, Index count) {
  return {shifted(x.data(), from), count, x.cols(), Eigen::OuterStride<>(x.outerStride())};
}

template <class S>
void copy_columns(Index height, Index columns, const S* from, Index from_stride, S* to, Index to_stride) {
  for (Index n = 0; n < columns; ++n) std::copy_n(from + n * from_stride, height, to + n * to_stride);
}

}  // namespace detail

/// The widths of a perceptron's layers: input, hidden layers, output.
[[nodiscard]] inline std::vector<Index> layer_widths(Index input, const std::vector<Index>& hidden, Index output) {
  std::vector<Index> widths{input};
  widths.insert(widths.end(), hidden.begin(), hidden.end());
  widths.push_back(output);
  return widths;
}

struct MlpOptions {
  Activation activation = Activation::tanh;  ///< f, of the hidden layers
  bool layer_norm = false;     ///< hidden layers are normalised before f, with a gain more a unit, see LayerNorm
  bool hidden_output = false;  ///< the last layer is as the hidden ones: what stands on it is another network

  /// The same function, but for its widths and parameters.
  bool operator==(const MlpOptions&) const = default;
};

/// Multi-layer perceptron as a pure function of a flat parameter vector theta and a block of inputs x:
///   h_0 = x,  h_l = f(W_l h_{l-1} + b_l),  y = W_L h_{L-1} + b_L,
/// or with layer norm h_l = f(g_l z_l + b_l), where z_l is W_l h_{l-1} normalised. theta holds for each layer W_l
/// (out x in, column-major), then b_l, then g_l where there is one. One column is one sample, and the bits of an output
/// column depend neither on the number of columns nor on the column's position.
/// Shapes: theta (parameter_count), x (input_size x n), y (output_size x n), any n >= 0.
class Mlp {
 public:
  /// Scratch of one worker.
  template <class S>
  using Tape = MlpTape<S>;

  /// `widths` lists input, hidden layers, output.
  /// Throws: std::invalid_argument unless there are two or more positive widths.
  Mlp(std::vector<Index> widths, const MlpOptions& options) : widths_(std::move(widths)), options_(options) {
    require(widths_.size() >= 2, "Mlp", "at least two widths (input and output)", widths_.size());
    for (const Index width : widths_) require(width > 0, "Mlp", "positive widths", width);
    for (std::size_t layer = 0; layer < depth(); ++layer) parameter_count_ += layer_size(layer);
  }
  /// Without layer norm, the last layer affine. Throws: as above.
  explicit Mlp(std::vector<Index> widths, Activation activation = Activation::tanh)
      : Mlp(std::move(widths), MlpOptions{.activation = activation}) {}

  [[nodiscard]] Index input_size() const { return widths_.front(); }
  /// Numbers of an output.
  [[nodiscard]] Index output_size() const { return widths_.back(); }
  /// P, the weights, biases and gains of all layers.
  [[nodiscard]] Index parameter_count() const { return parameter_count_; }
  /// Of all layers: the input's, the hidden ones', the output's.
  [[nodiscard]] const std::vector<Index>& widths() const { return widths_; }
  /// Activation, layer norm and what the last layer is.
  [[nodiscard]] const MlpOptions& options() const { return options_; }
  /// Of the hidden layers.
  [[nodiscard]] Activation activation() const { return options_.activation; }
  /// Whether a layer, 0 the first, has an activation.
  [[nodiscard]] bool is_hidden(std::size_t layer) const { return layer + 1 < depth() || options_.hidden_output; }
  /// Whether a layer is normalised and so has gains.
  [[nodiscard]] bool is_normalized(std::size_t layer) const { return options_.layer_norm && is_hidden(layer); }

  /// Draws the weights of every layer, sets the biases to 0 and the gains of layer norm to 1. For a segment name the
  /// scalar: initialize<S>(segment, ...).
  /// Throws: std::invalid_argument for a theta of another size, or gains that are negative or not finite.
  template <class S>
  void initialize(std::type_identity_t<VectorRef<S>> theta, const MlpInitialization& options, Rng& rng) const {
    require(theta.size() == parameter_count_, "Mlp::initialize", "parameter_count() entries", theta.size());
    validate(options);
    Index offset = 0;
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const Index out = widths_[layer + 1];
      const double gain = is_hidden(layer) ? options.hidden_gain : options.output_gain.value_or(1);
      Eigen::Map<Matrix<S>> weights(theta.data() + offset, out, widths_[layer]);
      weights = initial_weights(out, widths_[layer], options.scheme, gain, rng).template cast<S>();
      theta.segment(offset + weights.size(), out).setZero();
      offset += layer_size(layer);
      if (is_normalized(layer)) theta.segment(offset - out, out).setOnes();
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
    if (options_.layer_norm && tape.norms_.size() < depth()) tape.norms_.resize(depth());
    const S* parameters = theta.data();
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const Index in = widths_[layer];
      const Index out = widths_[layer + 1];
      grow_padded(tape.layers_[layer], activation_room(activation(), out * x.cols()));
      S* output = tape.layers_[layer].data();
      const S* biases = parameters + out * in;
      dense_product<S>(out, x.cols(), in, parameters, out, input(layer, x, tape), output, out,
                       is_normalized(layer) ? Start::zero : Start::column, biases, tape.panel_);
      if (is_normalized(layer)) tape.norms_[layer].forward(out, x.cols(), biases + out, biases, output);
      if (is_hidden(layer)) activate(activation(), output, out * x.cols());
      parameters += layer_size(layer);
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
    descend<S>(theta, x, tape, output_gradient, gradient.data(), nullptr, 0);
  }

  /// backward and backward_to_input in one pass.
  template <class S>
  void backward(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x,
                MlpTape<S>& tape, std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                std::type_identity_t<VectorRef<S>> gradient, std::type_identity_t<MatrixRef<S>> input_gradient) const {
    VANTAGE_ASSERT(gradient.size() == parameter_count_);
    VANTAGE_ASSERT(input_gradient.rows() == input_size() && input_gradient.cols() == x.cols());
    descend<S>(theta, x, tape, output_gradient, gradient.data(), input_gradient.data(), input_gradient.outerStride());
  }

  /// Writes input_gradient = (dy/dx)^T output_gradient, a column a sample. Pre: as backward.
  template <class S>
  void backward_to_input(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x,
                         MlpTape<S>& tape, std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                         std::type_identity_t<MatrixRef<S>> input_gradient) const {
    VANTAGE_ASSERT(input_gradient.rows() == input_size() && input_gradient.cols() == x.cols());
    descend<S>(theta, x, tape, output_gradient, nullptr, input_gradient.data(), input_gradient.outerStride());
  }

  /// The Jacobian-vector product (dy/dtheta) direction as a view into the tape; leaves what backward needs intact.
  /// Shapes: direction (parameter_count), result (output_size x n). Pre: as backward.
  template <class S>
  Eigen::Map<Matrix<S>> tangent(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, MlpTape<S>& tape,
                                std::type_identity_t<ConstVectorRef<S>> direction) const {
    return tangent_of<S>(theta, x, tape, direction, {nullptr, 1, 0});
  }

  /// (dy/dtheta) direction + (dy/dx) input_direction. Shapes: input_direction (input_size x n).
  template <class S>
  Eigen::Map<Matrix<S>> tangent(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, MlpTape<S>& tape,
                                std::type_identity_t<ConstVectorRef<S>> direction,
                                std::type_identity_t<ConstMatrixRef<S>> input_direction) const {
    VANTAGE_ASSERT(input_direction.rows() == input_size() && input_direction.cols() == x.cols());
    return tangent_of<S>(theta, x, tape, direction, {input_direction.data(), 1, input_direction.outerStride()});
  }

 private:
  [[nodiscard]] std::size_t depth() const { return widths_.size() - 1; }

  // parameters of one layer
  [[nodiscard]] Index layer_size(std::size_t layer) const {
    return widths_[layer + 1] * (widths_[layer] + (is_normalized(layer) ? 2 : 1));
  }

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

  // adds the gradient of one layer's weights, and of its biases where they are not the offsets of layer norm
  template <class S>
  void add_gradient(std::size_t layer, ConstMatrixRef<S> x, MlpTape<S>& tape, const S* delta, Index stride,
                    S* gradient) const {
    static constexpr S kOne = 1;
    const Index in = widths_[layer];
    const Index out = widths_[layer + 1];
    const Strided<S> below = input(layer, x, tape);
    dense_product<S>(out, in, x.cols(), delta, stride, {below.data, below.column_stride, below.row_stride}, gradient,
                     out, Start::accumulate, nullptr, tape.panel_);
    if (is_normalized(layer)) return;
    dense_product<S>(out, 1, x.cols(), delta, stride, {&kOne, 0, 0}, gradient + out * in, out, Start::accumulate,
                     nullptr, tape.panel_);
  }

  // delta, the gradient at a hidden layer, becomes that at W h + b, or at W h before layer norm; `gradient`, unless
  // null, takes the part of the layer's offsets and gains
  template <class S>
  void pass_unit(std::size_t layer, Index columns, const S* parameters, const MlpTape<S>& tape, S* delta,
                 S* gradient) const {
    const Index weights = widths_[layer] * widths_[layer + 1];
    multiply_slope(activation(), tape.layers_[layer].data(), delta, widths_[layer + 1] * columns);
    if (!is_normalized(layer)) return;
    const Index gains = weights + widths_[layer + 1];
    tape.norms_[layer].backward(parameters + gains, delta, gradient == nullptr ? nullptr : gradient + gains,
                                gradient == nullptr ? nullptr : gradient + weights);
  }

  // carries the output gradient down the layers; adds to `gradient` and writes `input_gradient` unless they are null
  template <class S>
  void descend(ConstVectorRef<S> theta, ConstMatrixRef<S> x, MlpTape<S>& tape, ConstMatrixRef<S> output_gradient,
               S* gradient, S* input_gradient, Index input_stride) const {
    VANTAGE_ASSERT(tape.columns_ == x.cols() && output_gradient.rows() == output_size() &&
                   output_gradient.cols() == x.cols());
    const S* delta = output_gradient.data();
    Index stride = output_gradient.outerStride();
    Index offset = parameter_count_;
    const auto pass = [&](std::size_t layer, Index first, Vector<S>& at) {
      pass_unit(layer, x.cols(), theta.data() + first, tape, at.data(),
                gradient == nullptr ? nullptr : gradient + first);
      delta = at.data();
      stride = widths_[layer + 1];
    };
    if (options_.hidden_output) {
      Vector<S>& top = tape.delta_[depth() % 2];
      grow_padded(top, output_gradient.size());
      detail::copy_columns(output_size(), x.cols(), delta, stride, top.data(), output_size());
      pass(depth() - 1, offset - layer_size(depth() - 1), top);
    }
    for (std::size_t layer = depth(); layer-- > 0;) {
      const Index in = widths_[layer];
      offset -= layer_size(layer);
      // delta is the gradient with respect to W h + b of this layer, with layer norm to W h
      if (gradient != nullptr) add_gradient<S>(layer, x, tape, delta, stride, gradient + offset);
      if (layer == 0) break;
      Vector<S>& below = tape.delta_[layer % 2];
      grow_padded(below, in * x.cols());
      pull_back(theta.data() + offset, layer, x.cols(), delta, stride, below.data(), in, tape);
      pass(layer - 1, offset - layer_size(layer - 1), below);
    }
    if (input_gradient == nullptr) return;
    pull_back(theta.data(), 0, x.cols(), delta, stride, input_gradient, input_stride, tape);
  }

  // input_direction's data may be null: 0
  template <class S>
  Eigen::Map<Matrix<S>> tangent_of(ConstVectorRef<S> theta, ConstMatrixRef<S> x, MlpTape<S>& tape,
                                   ConstVectorRef<S> direction, Strided<S> input_direction) const {
    VANTAGE_ASSERT(direction.size() == parameter_count_ && tape.columns_ == x.cols());
    if (tape.tangents_.size() < depth()) tape.tangents_.resize(depth());
    Index offset = 0;
    for (std::size_t layer = 0; layer < depth(); ++layer) {
      const Index in = widths_[layer];
      const Index out = widths_[layer + 1];
      grow_padded(tape.tangents_[layer], out * x.cols());
      S* result = tape.tangents_[layer].data();
      // product rule: the direction's weights on the activations, then the weights on the tangent from below
      const S* parameters = theta.data() + offset;
      const S* change = direction.data() + offset;
      const Index biases = out * in;
      dense_product<S>(out, x.cols(), in, change, out, input(layer, x, tape), result, out,
                       is_normalized(layer) ? Start::zero : Start::column, change + biases, tape.panel_);
      const Strided<S> below = layer > 0 ? Strided<S>{tape.tangents_[layer - 1].data(), 1, in} : input_direction;
      if (below.data != nullptr) {
        dense_product<S>(out, x.cols(), in, parameters, out, below, result, out, Start::accumulate, nullptr,
                         tape.panel_);
      }
      if (is_normalized(layer)) {
        tape.norms_[layer].tangent(parameters + biases + out, change + biases + out, change + biases, result);
      }
      if (is_hidden(layer)) multiply_slope(activation(), tape.layers_[layer].data(), result, out * x.cols());
      offset += layer_size(layer);
    }
    return {tape.tangents_[depth() - 1].data(), output_size(), x.cols()};
  }

  std::vector<Index> widths_;
  MlpOptions options_;
  Index parameter_count_ = 0;
};

}  // namespace vantage

#endif
