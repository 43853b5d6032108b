// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_UNIVERSAL_FUNCTIONAL_HPP
#define VANTAGE_EPVF_UNIVERSAL_FUNCTIONAL_HPP

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "vantage/epvf/functional_layer.hpp"
#include "vantage/epvf/representation.hpp"
#include "vantage/nn/activation.hpp"

namespace vantage {

struct UniversalFunctionalOptions {
  Index layers = 2;        ///< equivariant layers, each followed by the activation
  Index channels = 16;     ///< of every tensor after each layer; whole vectors (16 floats) are fastest
  double input_scale = 1;  ///< factor of the parameters; as features are means, it wants about 10 / the weights' bound
  Activation activation = Activation::relu;  ///< after each layer
};

/// Features of a policy that do not depend on the order of its hidden neurons: equivariant layers over its tensors of
/// parameters, then the mean of each tensor over its positions.
///   h_0 = scale theta,  h_l = f(layer_l(h_{l-1})),  features = [mean over positions of tensor i of h_L]_i
/// A pure function of its weights, those of the layers one after another.
/// Shapes: features (channels times the number of tensors) x n.
/// Cost: for a perceptron mostly 2 channels^2 layers operations for each parameter; backward passes forward again.
/// Source: Zhou, Finn and Harrison, "Universal Neural Functionals", 2024; the pooling follows invariant layers.
template <class S>
class UniversalFunctional {
 public:
  using Scalar = S;

  /// Scratch of one worker. Storage only grows.
  class Tape {
    friend class UniversalFunctional;

    std::vector<Vector<S>> activations_;    // h_0 .. h_L of one policy
    std::vector<FunctionalTape<S>> tapes_;  // a layer each
    Vector<S> delta_[2];                    // gradient at a layer and at the one below
    Vector<S> features_;
  };

  /// Throws: std::invalid_argument for no layers, no channels, or a scale that is not positive and finite.
  explicit UniversalFunctional(const ParameterSpace& space, const UniversalFunctionalOptions& options = {})
      : options_(options), tensors_(functional_tensors(space)), parameters_(space.size()) {
    require(options.layers >= 1, "UniversalFunctional", "layers >= 1", options.layers);
    require(options.channels >= 1, "UniversalFunctional", "channels >= 1", options.channels);
    require(options.input_scale > 0 && std::isfinite(options.input_scale), "UniversalFunctional",
            "a positive input_scale", options.input_scale);
    std::vector<Index> channels;
    for (const FunctionalTensor& tensor : tensors_) channels.push_back(tensor.channels);
    for (Index layer = 0; layer < options.layers; ++layer) {
      layers_.emplace_back(tensors_, channels, options.channels);
      weight_count_ += layers_.back().weight_count();
      channels.assign(tensors_.size(), options.channels);
    }
  }

  [[nodiscard]] const UniversalFunctionalOptions& options() const { return options_; }
  [[nodiscard]] Index feature_size() const { return options_.channels * std::ssize(tensors_); }
  [[nodiscard]] Index weight_count() const { return weight_count_; }

  [[nodiscard]] std::vector<ParameterPart> parts() const {
    std::vector<ParameterPart> result;
    for (const FunctionalLayer& layer : layers_) {
      const Index columns = layer.weight_count() / options_.channels;
      result.push_back({"functional_layer_" + std::to_string(result.size()), options_.channels, columns});
    }
    return result;
  }

  void initialize(VectorRef<S> weights, Rng& rng) const {
    require(weights.size() == weight_count_, "UniversalFunctional::initialize", "weight_count() entries",
            weights.size());
    Index offset = 0;
    for (const FunctionalLayer& layer : layers_) {
      layer.initialize<S>(weights.segment(offset, layer.weight_count()), rng);
      offset += layer.weight_count();
    }
  }

  [[nodiscard]] FeatureView<S> features(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape) const {
    VANTAGE_ASSERT(weights.size() == weight_count_ && thetas.rows() == parameters_);
    grow_padded(tape.features_, feature_size() * thetas.cols());
    for (Index n = 0; n < thetas.cols(); ++n) {
      pass(weights, thetas.col(n), tape);
      const S* h = tape.activations_.back().data();
      S* feature = tape.features_.data() + n * feature_size();
      for (const FunctionalTensor& tensor : tensors_) {
        const Eigen::Map<const Matrix<S>> values(h, options_.channels, tensor.positions());
        Eigen::Map<Vector<S>>(feature, options_.channels) = values.rowwise().mean();
        h += values.size();
        feature += options_.channels;
      }
    }
    return {tape.features_.data(), feature_size(), thetas.cols(), Eigen::OuterStride<>(feature_size())};
  }

  void backward(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape, ConstMatrixRef<S> feature_gradient,
                VectorRef<S> weight_gradient) const {
    VANTAGE_ASSERT(weight_gradient.size() == weight_count_);
    for (Index n = 0; n < thetas.cols(); ++n) {
      if (thetas.cols() > 1) pass(weights, thetas.col(n), tape);
      descend(weights, tape, feature_gradient.col(n), weight_gradient, false);
    }
  }

  void backward_to_input(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape,
                         ConstMatrixRef<S> feature_gradient, MatrixRef<S> theta_gradient) const {
    VANTAGE_ASSERT(theta_gradient.rows() == parameters_ && theta_gradient.cols() == thetas.cols());
    Vector<S> none;
    for (Index n = 0; n < thetas.cols(); ++n) {
      if (thetas.cols() > 1) pass(weights, thetas.col(n), tape);
      descend(weights, tape, feature_gradient.col(n), none, true);
      S* delta = tape.delta_[0].data();
      for (const FunctionalTensor& tensor : tensors_) {
        tensor.add_gradient(delta, static_cast<S>(options_.input_scale), theta_gradient.col(n).data());
        delta += tensor.channels * tensor.positions();
      }
    }
  }

 private:
  // h_0 .. h_L of one policy
  void pass(ConstVectorRef<S> weights, ConstVectorRef<S> theta, Tape& tape) const {
    tape.activations_.resize(std::max(tape.activations_.size(), layers_.size() + 1));
    tape.tapes_.resize(std::max(tape.tapes_.size(), layers_.size()));
    grow_padded(tape.activations_[0], layers_[0].input_size());
    S* input = tape.activations_[0].data();
    for (const FunctionalTensor& tensor : tensors_) {
      tensor.read(theta.data(), static_cast<S>(options_.input_scale), input);
      input += tensor.channels * tensor.positions();
    }
    Index offset = 0;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const FunctionalLayer& layer = layers_[l];
      Vector<S>& output = tape.activations_[l + 1];
      grow_padded(output, activation_room(options_.activation, layer.output_size()));
      layer.forward<S>(weights.segment(offset, layer.weight_count()), tape.activations_[l].head(layer.input_size()),
                       tape.tapes_[l], output.head(layer.output_size()));
      activate(options_.activation, output.data(), layer.output_size());
      offset += layer.weight_count();
    }
  }

  // carries the gradient of one policy's features down to the weights or to h_0 (in delta_[0]), after its pass
  void descend(ConstVectorRef<S> weights, Tape& tape, ConstVectorRef<S> feature_gradient, VectorRef<S> weight_gradient,
               bool to_input) const {
    Vector<S>& top = tape.delta_[layers_.size() % 2];
    grow_padded(top, layers_.back().output_size());
    S* delta = top.data();
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const auto mean = feature_gradient.segment(static_cast<Index>(i) * options_.channels, options_.channels);
      const Index positions = tensors_[i].positions();
      Eigen::Map<Matrix<S>> gradient(delta, options_.channels, positions);
      for (Index p = 0; p < positions; ++p) gradient.col(p) = mean / static_cast<S>(positions);
      delta += gradient.size();
    }
    Index offset = weight_count_;
    Vector<S> none;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      const FunctionalLayer& layer = layers_[l];
      offset -= layer.weight_count();
      Vector<S>& above = tape.delta_[(l + 1) % 2];
      Vector<S>& below = tape.delta_[l % 2];
      grow_padded(below, layer.input_size());
      multiply_slope(options_.activation, tape.activations_[l + 1].data(), above.data(), layer.output_size());
      layer.backward<S>(weights.segment(offset, layer.weight_count()), tape.activations_[l].head(layer.input_size()),
                        tape.tapes_[l], above.head(layer.output_size()),
                        weight_gradient.segment(to_input ? 0 : offset, to_input ? 0 : layer.weight_count()),
                        below.head(l > 0 || to_input ? layer.input_size() : 0));
    }
  }

  UniversalFunctionalOptions options_;
  std::vector<FunctionalTensor> tensors_;
  std::vector<FunctionalLayer> layers_;
  Index parameters_;
  Index weight_count_ = 0;
};

}  // namespace vantage

#endif
