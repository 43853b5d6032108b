// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_REPRESENTATION_HPP
#define VANTAGE_EPVF_REPRESENTATION_HPP

#include <concepts>
#include <string>

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// What a representation shows of n policies, a column a policy: a view into its tape, valid until the next call.
template <class S>
using FeatureView = Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>>;

/// A piece of a flat vector of parameters that belongs together, column-major, by which files know it.
struct ParameterPart {
  std::string name;  ///< in files
  /// Its shape, as a matrix.
  Index rows, columns;  ///< its shape, as a matrix

  /// Numbers of it.
  [[nodiscard]] Index size() const { return rows * columns; }
};

/// What a value function of policies sees of their parameters: features(weights, thetas), a pure function with learned
/// weights of its own, which the value function keeps beside those of its layers. `Tape` is the scratch of one worker;
/// its storage only grows. The derivatives are those of the features just computed with the same arguments, and add:
///   backward:           weight_gradient += sum_n (d features_n / d weights)^T feature_gradient_n
///   backward_to_input:  theta_gradient_n += (d features_n / d theta_n)^T feature_gradient_n
/// With `parts()` it also names the pieces of its weights, in order: a std::vector<ParameterPart>.
/// The smallest: NoFeatures.
/// Shapes: weights (weight_count), thetas and theta_gradient (P x n), features and feature_gradient (feature_size x n).
template <class R>
concept Representation = std::copyable<R> && std::default_initializable<typename R::Tape> &&
    requires(const R& representation, Rng& rng, typename R::Tape& tape, VectorRef<typename R::Scalar> weights,
             ConstVectorRef<typename R::Scalar> fixed_weights, ConstMatrixRef<typename R::Scalar> thetas,
             ConstMatrixRef<typename R::Scalar> feature_gradient, VectorRef<typename R::Scalar> weight_gradient,
             MatrixRef<typename R::Scalar> theta_gradient) {
  { representation.feature_size() } -> std::same_as<Index>;
  { representation.weight_count() } -> std::same_as<Index>;
  representation.initialize(weights, rng);
  { representation.features(fixed_weights, thetas, tape) } -> std::same_as<FeatureView<typename R::Scalar>>;
  representation.backward(fixed_weights, thetas, tape, feature_gradient, weight_gradient);
  representation.backward_to_input(fixed_weights, thetas, tape, feature_gradient, theta_gradient);
};

/// Shows nothing: the value function sees the raw parameters alone.
template <class S>
class NoFeatures {
 public:
  using Scalar = S;
  struct Tape {};

  [[nodiscard]] Index feature_size() const { return 0; }
  [[nodiscard]] Index weight_count() const { return 0; }

  void initialize(VectorRef<S>, Rng&) const {}

  [[nodiscard]] FeatureView<S> features(ConstVectorRef<S>, ConstMatrixRef<S> thetas, Tape&) const {
    return {nullptr, 0, thetas.cols(), Eigen::OuterStride<>(0)};
  }

  void backward(ConstVectorRef<S>, ConstMatrixRef<S>, Tape&, ConstMatrixRef<S>, VectorRef<S>) const {}
  void backward_to_input(ConstVectorRef<S>, ConstMatrixRef<S>, Tape&, ConstMatrixRef<S>, MatrixRef<S>) const {}
};

}  // namespace vantage

#endif
