// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_NETWORK_HPP
#define VANTAGE_VALUE_VALUE_NETWORK_HPP

#include <algorithm>
#include <numbers>
#include <utility>
#include <vector>

#include "vantage/core/blocks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/nn/encoder.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/nn/sequential.hpp"

namespace vantage {

struct ValueNetworkOptions {
  std::vector<Index> hidden = {64, 64};      ///< widths of the hidden layers
  Activation activation = Activation::tanh;  ///< of the hidden layers
  MlpInitialization initialization = {};     ///< its output gain sqrt(2) unless given
  bool layer_norm = false;                   ///< hidden layers are normalised, see LayerNorm
  std::vector<EncoderPart> encoder = {};     ///< layers in front, of parts of the input; none: no encoder
};

/// A neural network from inputs (observations, or anything of fixed size) to one value: a perceptron on an encoder or
/// on any other front. Shapes: inputs I x N, values N.
template <class S, class Front = Encoder>
class ValueNetwork {
  static_assert(DifferentiableMap<Front, S>, "a front is a DifferentiableMap, see vantage/core/concepts.hpp");

 public:
  using Scalar = S;
  using Network = Sequential<Front, Mlp>;  ///< as a function of its parameters

  /// Throws: std::invalid_argument for input_size < 1.
  ValueNetwork(Index input_size, const ValueNetworkOptions& options, Rng& rng);
  /// On a front that is no Encoder. Throws: std::invalid_argument for an encoder in the options.
  ValueNetwork(Front front, const ValueNetworkOptions& options, Rng& rng);
  /// Of a task's observations, or of those that it shows a critic. Throws: as above.
  ValueNetwork(const EnvironmentSpec& spec, const ValueNetworkOptions& options, Rng& rng)
      : ValueNetwork(spec.value_input_size(), options, rng) {}

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] Index input_size() const { return network_.input_size(); }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }

  /// V of every input.
  void predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const;

  /// gradient = sum_n w_n grad V(input_n). `weight(first, values, weights)` sees the fresh values of inputs first ..
  /// first + n - 1 and writes their weights; blocks come in any order, from any worker.
  /// Shapes: gradient P. Cost: one forward and one backward pass.
  template <class Weight>
  void gradient(ConstMatrixRef<S> inputs, Weight&& weight, Context& context, Vector<S>& gradient) const {
    ValueNetwork::gradient(network_, parameters_, inputs, weight, context, gradient);
  }

  /// Makes V factor V + shift, by the last layer alone.
  void rescale(double factor, double shift) {
    // one row of weights, then the bias
    auto layer = parameters_.tail(network_.second().widths().end()[-2] + 1);
    layer = (factor * layer.template cast<double>()).template cast<S>();
    layer.tail(1).array() += static_cast<S>(shift);
  }

  /// The same of any network with one output and any parameters of it.
  template <class N>
  static void predict(const N& network, ConstVectorRef<S> parameters, ConstMatrixRef<S> inputs, Context& context,
                      VectorRef<S> values) {
    VANTAGE_ASSERT(values.size() == inputs.cols());
    for_each_block(context, inputs.cols(), [&](Index first, Index count, Index worker) {
      auto& tape = context.local<Scratch<N>>(worker).tape;
      values.segment(first, count) =
          network.forward(parameters, inputs.middleCols(first, count), tape).row(0).transpose();
    });
    share_blocks(context, inputs.cols(), values.data());
  }

  /// The gradient of any network with one output and any parameters of it; see above.
  template <class N, class Weight>
  static void gradient(const N& network, ConstVectorRef<S> parameters, ConstMatrixRef<S> inputs, Weight&& weight,
                       Context& context, Vector<S>& gradient) {
    gradient.resize(parameters.size());
    block_sum<S>(context, inputs.cols(), gradient, [&](Index first, Index count, Index worker, VectorRef<S> partial) {
      auto& scratch = context.local<Scratch<N>>(worker);
      const auto block = inputs.middleCols(first, count);
      const auto output = network.forward(parameters, block, scratch.tape);
      scratch.values.resize(std::max(scratch.values.size(), count));
      scratch.weights.resize(1, std::max(scratch.weights.cols(), count));
      scratch.values.head(count) = output.row(0).transpose();
      auto weights = VectorRef<S>(Eigen::Map<Vector<S>>(scratch.weights.data(), count));
      weight(first, VectorRef<S>(scratch.values.head(count)), weights);
      network.backward(parameters, block, scratch.tape, scratch.weights.leftCols(count), partial);
    });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("parameters", parameters_);
  }

 private:
  template <class N>
  struct Scratch {
    typename N::template Tape<S> tape;
    Vector<S> values;
    Matrix<S> weights;  // 1 x N
  };

  static Encoder encoder(Index input_size, const ValueNetworkOptions& options) {
    require(input_size >= 1, "ValueNetwork", "input_size >= 1", input_size);
    return encoder_of(options, input_size);
  }

  Network network_;
  Vector<S> parameters_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S, class Front>
ValueNetwork<S, Front>::ValueNetwork(Index input_size, const ValueNetworkOptions& options, Rng& rng)
    : ValueNetwork(encoder(input_size, options), options, rng) {}

template <class S, class Front>
ValueNetwork<S, Front>::ValueNetwork(Front front, const ValueNetworkOptions& options, Rng& rng)
    : network_(network_on(std::move(front), options, 1)), parameters_(network_.parameter_count()) {
  network_.template initialize<S>(parameters_, with_output_gain(options.initialization, std::numbers::sqrt2), rng);
}

template <class S, class Front>
void ValueNetwork<S, Front>::predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
  predict(network_, parameters_, inputs, context, values);
}

}  // namespace vantage

#endif
