// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POLICY_CONDITIONED_VALUE_HPP
#define VANTAGE_EPVF_POLICY_CONDITIONED_VALUE_HPP

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/blocks.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/representation.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/nn/outer_product.hpp"

namespace vantage {

struct PolicyConditionedValueOptions {
  std::vector<Index> hidden = {128, 128};    ///< widths of the hidden layers, one at least
  Activation activation = Activation::relu;  ///< of the hidden layers
  bool raw_parameters = true;                ///< whether V sees theta itself beside the representation's features
  double input_scale = 1;                    ///< factor of the raw parameters
  MlpInitialization initialization = {};     ///< its output gain 1 unless given
};

/// The return to expect of a policy, as a function of the policy's parameters theta:
///
///     V(theta) = m + d f([s theta; features(theta)])
///
/// where f is a network with one output, s the input scale, and m and d the mean and the deviation of returns.
/// `parameters()` holds the representation's weights, then for each layer of f its weights and biases as Mlp does.
/// Shapes: thetas P x N, a column a policy; values N. Units: values in those of the returns.
/// Cost: the first layer, H x P weights, is nearly all of the work.
/// Source: Faccio, Kirsch and Schmidhuber 2021 (arXiv 2006.09226), parameter-based state-independent value functions.
template <class S, Representation R = NoFeatures<S>>
class PolicyConditionedValue {
 public:
  using Scalar = S;

  /// Throws: std::invalid_argument if V would see neither theta nor features, for no hidden layer, for widths or a
  /// scale that are not positive.
  PolicyConditionedValue(Index parameter_size, R representation, const PolicyConditionedValueOptions& options, Rng& rng)
      : parameter_size_(parameter_size),
        representation_(std::move(representation)),
        options_(options),
        network_(widths(), options.activation),
        above_(std::vector<Index>(network_.widths().begin() + 1, network_.widths().end()), options.activation),
        parameters_(weight_count() + network_.parameter_count()) {
    parameters_.setZero();
    representation_.initialize(parameters_.head(weight_count()), rng);
    network_.template initialize<S>(parameters_.tail(network_.parameter_count()), options.initialization, rng);
  }

  /// P, which is an input's size.
  [[nodiscard]] Index parameter_size() const { return parameter_size_; }
  [[nodiscard]] Index input_size() const { return parameter_size_; }
  /// What it sees of the parameters.
  [[nodiscard]] const R& representation() const { return representation_; }
  [[nodiscard]] const PolicyConditionedValueOptions& options() const { return options_; }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }

  /// What `parameters()` consists of: the representation's weights, the first layer's weights of the raw parameters, of
  /// the features and its biases, then each layer above as its weights with the biases as the last column.
  [[nodiscard]] std::vector<ParameterPart> parts() const {
    std::vector<ParameterPart> result;
    if constexpr (requires { representation_.parts(); }) {
      result = representation_.parts();
    } else {
      result = {{"representation", weight_count(), 1}};
    }
    result.push_back({"raw_weights", hidden_size(), raw_size()});
    result.push_back({"feature_weights", hidden_size(), representation_.feature_size()});
    result.push_back({"first_biases", hidden_size(), 1});
    const std::vector<Index>& widths = above_.widths();
    for (std::size_t l = 1; l < widths.size(); ++l) {
      result.push_back({"layer_" + std::to_string(l), widths[l], widths[l - 1] + 1});
    }
    std::erase_if(result, [](const ParameterPart& part) { return part.size() == 0; });
    return result;
  }

  /// m and d become the mean and the deviation of the returns; d = 1 where they are all equal. The network stays, so
  /// values move with m and d.
  /// Throws: std::invalid_argument for no returns, or some that are not finite.
  void standardize(ConstVectorRef<double> returns) {
    require(returns.size() > 0, "PolicyConditionedValue::standardize", "at least one return", returns.size());
    require(returns.allFinite(), "PolicyConditionedValue::standardize", "finite returns", returns.sum());
    const bool equal = returns.minCoeff() == returns.maxCoeff();
    return_mean_ = equal ? returns[0] : returns.mean();
    return_deviation_ = equal ? 1 : std::sqrt((returns.array() - return_mean_).square().mean());
  }

  /// m and d become these. Throws: std::invalid_argument for numbers that are not finite, or d <= 0.
  void set_units(double mean, double deviation) {
    require(std::isfinite(mean), "PolicyConditionedValue::set_units", "a finite mean", mean);
    require(std::isfinite(deviation) && deviation > 0, "PolicyConditionedValue::set_units", "a finite deviation > 0",
            deviation);
    return_mean_ = mean;
    return_deviation_ = deviation;
  }

  /// m.
  [[nodiscard]] double return_mean() const { return return_mean_; }
  /// d.
  [[nodiscard]] double return_deviation() const { return return_deviation_; }

  /// V of every policy.
  void predict(ConstMatrixRef<S> thetas, Context& context, VectorRef<S> values) const {
    VANTAGE_ASSERT(thetas.rows() == parameter_size_ && values.size() == thetas.cols());
    for_each_block(context, thetas.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      forward(thetas.middleCols(first, count), scratch);
      values.segment(first, count) = scratch.values.head(count);
    });
    share_blocks(context, thetas.cols(), values.data());
  }

  /// gradient = sum_n w_n grad_phi V(theta_n). `weight(first, values, weights)` sees the fresh values of policies
  /// first .. first + n - 1 and writes their weights; blocks come in any order, from any worker.
  /// Shapes: gradient as parameters(). Cost: one forward and one backward pass; scratch of (H + F) N numbers.
  template <class Weight>
  void gradient(ConstMatrixRef<S> thetas, Weight&& weight, Context& context, Vector<S>& gradient) const {
    VANTAGE_ASSERT(thetas.rows() == parameter_size_);
    const Index samples = thetas.cols();
    const Index features = representation_.feature_size();
    Shared& shared = context.local<Shared>(0);
    grow_padded(shared.deltas, hidden_size() * samples);
    grow_padded(shared.features, features * samples);
    if (weight_count() > 0) transpose_feature_weights(shared.transposed);

    // all but the weights of the first layer: block by block, while the layers' activations are in the cache
    shared.small.resize(weight_count() + hidden_size() + above_.parameter_count());
    block_sum<S>(context, samples, shared.small, [&](Index first, Index count, Index worker, VectorRef<S> partial) {
      Scratch& scratch = context.local<Scratch>(worker);
      const auto block = thetas.middleCols(first, count);
      const auto shown = forward(block, scratch);
      Eigen::Map<Matrix<S>>(shared.features.data() + first * features, features, count) = shown;
      auto weights = VectorRef<S>(scratch.weights.head(count));
      weight(first, VectorRef<S>(scratch.values.head(count)), weights);
      S* const deltas = shared.deltas.data() + first * hidden_size();
      backward_above(count, scratch, partial.tail(above_.parameter_count()), deltas);
      static constexpr S kOne = 1;
      dense_product<S>(hidden_size(), 1, count, deltas, hidden_size(), {&kOne, 0, 0}, partial.data() + weight_count(),
                       hidden_size(), Start::accumulate, nullptr, scratch.panel);
      if (weight_count() > 0) {
        grow_padded(scratch.feature_gradient, features * count);
        dense_product<S>(features, count, hidden_size(), shared.transposed.data(), features, {deltas, 1, hidden_size()},
                         scratch.feature_gradient.data(), features, Start::zero, nullptr, scratch.panel);
        representation_.backward(weights_of_representation(), block, scratch.tape,
                                 matrix(scratch.feature_gradient, features, count), partial.head(weight_count()));
      }
    });
    gradient.resize(parameters_.size());
    gradient.head(weight_count()) = shared.small.head(weight_count());
    gradient.tail(shared.small.size() - weight_count()) = shared.small.tail(shared.small.size() - weight_count());

    // the weights of the first layer: each column of them over all samples, whichever rank had their blocks
    share_blocks(context, samples, shared.deltas.data(), hidden_size());
    share_blocks(context, samples, shared.features.data(), features);
    const auto deltas = matrix(shared.deltas, hidden_size(), samples);
    Eigen::Map<Matrix<S>> first_layer(gradient.data() + weight_count(), hidden_size(), network_.input_size());
    if (options_.raw_parameters) {
      outer_product<S>(context, deltas, thetas, static_cast<S>(options_.input_scale),
                       first_layer.leftCols(parameter_size_));
    }
    if (features > 0) {
      outer_product<S>(context, deltas, matrix(shared.features, features, samples), S(1),
                       first_layer.rightCols(features));
    }
  }

  /// Writes dV / dtheta at one policy and returns its V. Shapes: theta and gradient P.
  S input_gradient(ConstVectorRef<S> theta, Context& context, VectorRef<S> gradient) const {
    VANTAGE_ASSERT(theta.size() == parameter_size_ && gradient.size() == parameter_size_);
    Scratch& scratch = context.local<Scratch>(0);
    const Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>> column(theta.data(), parameter_size_, 1,
                                                                      Eigen::OuterStride<>(parameter_size_));
    forward(column, scratch);
    scratch.weights[0] = 1;
    grow_padded(scratch.delta, hidden_size());
    backward_above(1, scratch, scratch.values.head(0), scratch.delta.data());
    gradient.setZero();
    if (options_.raw_parameters) {
      pull_back(first_weights(), parameter_size_, scratch, gradient.data());
      gradient *= static_cast<S>(options_.input_scale);
    }
    const Index features = representation_.feature_size();
    if (features > 0) {
      grow_padded(scratch.feature_gradient, features);
      pull_back(feature_weights(), features, scratch, scratch.feature_gradient.data());
      representation_.backward_to_input(weights_of_representation(), column, scratch.tape,
                                        matrix(scratch.feature_gradient, features, 1),
                                        Eigen::Map<Matrix<S>>(gradient.data(), parameter_size_, 1));
    }
    return scratch.values[0];
  }

  template <class Archive>
  void serialize(Archive& archive) {
    Matrix<S> values;
    S* first = parameters_.data();
    for (const ParameterPart& part : parts()) {
      Eigen::Map<Matrix<S>> here(first, part.rows, part.columns);
      values = here;
      archive(part.name, values);
      here = values;
      first += part.size();
    }
    archive("return_mean", return_mean_);
    archive("return_deviation", return_deviation_);
  }

 private:
  // of one worker; storage only grows
  struct Scratch {
    typename R::Tape tape;
    MlpTape<S> above;
    Vector<S> hidden;  // activations of the first layer, H x n
    Vector<S> values, weights;
    Vector<S> delta, feature_gradient;
    Vector<S> panel;
  };

  // of all workers, for one gradient
  struct Shared {
    Vector<S> deltas;      // gradients with respect to z of the first layer, H x N
    Vector<S> features;    // F x N
    Vector<S> transposed;  // the first layer's weights of the features, F x H
    Vector<S> small;       // the gradient without the weights of the first layer
  };

  [[nodiscard]] Index weight_count() const { return representation_.weight_count(); }
  [[nodiscard]] Index hidden_size() const { return options_.hidden.front(); }
  [[nodiscard]] Index raw_size() const { return options_.raw_parameters ? parameter_size_ : 0; }

  [[nodiscard]] auto weights_of_representation() const { return parameters_.head(weight_count()); }
  [[nodiscard]] const S* first_weights() const { return parameters_.data() + weight_count(); }
  [[nodiscard]] const S* feature_weights() const { return first_weights() + hidden_size() * raw_size(); }
  [[nodiscard]] const S* first_biases() const { return first_weights() + hidden_size() * network_.input_size(); }

  [[nodiscard]] std::vector<Index> widths() const {
    const char* const who = "PolicyConditionedValue";
    require(parameter_size_ >= 1, who, "parameter_size >= 1", parameter_size_);
    require(!options_.hidden.empty(), who, "at least one hidden layer", options_.hidden.size());
    require(options_.raw_parameters || representation_.feature_size() > 0, who,
            "raw parameters or a representation with features", "neither");
    require(std::isfinite(options_.input_scale) && options_.input_scale > 0, who, "input_scale > 0",
            options_.input_scale);
    return layer_widths(raw_size() + representation_.feature_size(), options_.hidden, 1);
  }

  static Eigen::Map<Matrix<S>> matrix(Vector<S>& buffer, Index rows, Index columns) {
    return {buffer.data(), rows, columns};
  }

  // values of n policies into the scratch; returns their features
  FeatureView<S> forward(ConstMatrixRef<S> thetas, Scratch& scratch) const {
    const Index rows = hidden_size();
    const Index count = thetas.cols();
    grow_padded(scratch.hidden, activation_room(options_.activation, rows * count));
    auto hidden = matrix(scratch.hidden, rows, count);
    const Eigen::Map<const Vector<S>> biases(first_biases(), rows);
    if (options_.raw_parameters) {
      dense_product<S>(rows, count, parameter_size_, first_weights(), rows, {thetas.data(), 1, thetas.outerStride()},
                       hidden.data(), rows, Start::zero, nullptr, scratch.panel);
      // two statements: one may be fused for some entries only, and bits must not depend on a policy's neighbours
      hidden *= static_cast<S>(options_.input_scale);
      hidden.colwise() += biases;
    }
    const FeatureView<S> shown = representation_.features(weights_of_representation(), thetas, scratch.tape);
    if (shown.rows() > 0) {
      dense_product<S>(rows, count, shown.rows(), feature_weights(), rows, {shown.data(), 1, shown.outerStride()},
                       hidden.data(), rows, options_.raw_parameters ? Start::accumulate : Start::column, biases.data(),
                       scratch.panel);
    }
    activate(options_.activation, hidden.data(), hidden.size());
    grow_padded(scratch.values, count);
    grow_padded(scratch.weights, count);
    auto values = scratch.values.head(count);
    values = above_.forward(parameters_.tail(above_.parameter_count()), hidden, scratch.above).row(0).transpose();
    values *= static_cast<S>(return_deviation_);
    values.array() += static_cast<S>(return_mean_);
    return shown;
  }

  // after forward: from the weights of the values to the first layer's deltas; adds to the gradient of what is above
  void backward_above(Index count, Scratch& scratch, VectorRef<S> gradient, S* deltas) const {
    const auto theta = parameters_.tail(above_.parameter_count());
    const auto hidden = matrix(scratch.hidden, hidden_size(), count);
    scratch.weights.head(count) *= static_cast<S>(return_deviation_);
    const auto weights = matrix(scratch.weights, 1, count);
    if (gradient.size() > 0) above_.backward(theta, hidden, scratch.above, weights, gradient);
    above_.backward_to_input(theta, hidden, scratch.above, weights,
                             Eigen::Map<Matrix<S>>(deltas, hidden_size(), count));
    multiply_slope(options_.activation, hidden.data(), deltas, hidden.size());
  }

  // result = weights^T delta of one policy, where weights is H x columns
  void pull_back(const S* weights, Index columns, Scratch& scratch, S* result) const {
    dense_product<S>(1, columns, hidden_size(), scratch.delta.data(), 1, {weights, 1, hidden_size()}, result, 1,
                     Start::zero, nullptr, scratch.panel);
  }

  void transpose_feature_weights(Vector<S>& result) const {
    const Index features = representation_.feature_size();
    grow_padded(result, features * hidden_size());
    transpose<S>(hidden_size(), features, feature_weights(), result.data());
  }

  Index parameter_size_;
  R representation_;
  PolicyConditionedValueOptions options_;
  Mlp network_;  // f as a whole
  Mlp above_;    // f without its first layer
  Vector<S> parameters_;
  double return_mean_ = 0;
  double return_deviation_ = 1;
};

}  // namespace vantage

#endif
