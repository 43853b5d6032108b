// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_LINEAR_VALUE_HPP
#define VANTAGE_EPVF_LINEAR_VALUE_HPP

#include "vantage/core/blocks.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/optim/conjugate_gradient.hpp"

namespace vantage {

/// The plane that fits returns of policies best, by ridge regression:
///
///     V(theta) = b + w . (theta - c)
///     w minimises sum_n (V(theta_n) - R_n)^2 + lambda |w|^2,  lambda = 1/N sum_n |theta_n - c|^2,  b = mean R
///
/// with c the mean of the policies. This lambda is the one for a slope that explains as much as it leaves, whatever its
/// direction, so there is a fit for fewer policies than parameters too. Without policies V is 0.
/// Shapes: thetas P x N, values N, w P. Cost: a fit reads the policies once for each of 10 to 40 conjugate gradients.
template <class S>
class LinearValue {
 public:
  using Scalar = S;

  /// Of the plane; empty before the first fit. Shapes: P.
  [[nodiscard]] const Vector<S>& slope() const { return slope_; }
  /// The mean of the policies that it was fitted to. Shapes: P.
  [[nodiscard]] const Vector<S>& centre() const { return centre_; }
  /// The mean of their returns, which is the value at the centre.
  [[nodiscard]] double mean() const { return mean_; }
  /// Whether there was a fit.
  [[nodiscard]] bool is_fitted() const { return slope_.size() > 0; }

  /// `room` is the number of policies of later fits, so that they allocate nothing.
  /// Throws: std::invalid_argument for no policies, or not a return each.
  void fit(ConstMatrixRef<S> thetas, ConstVectorRef<S> returns, Context& context, Index room = 0) {
    require(thetas.cols() >= 1 && returns.size() == thetas.cols(), "LinearValue::fit", "a return for each policy",
            returns.size());
    const Index size = thetas.rows();
    const auto count = static_cast<double>(thetas.cols());
    detail::partial_sums<S>(context, size + 1, room);
    mean_ = returns.template cast<double>().mean();
    sum_columns(thetas, context, [&](Index, Index n, auto& weights) { weights.head(n).setOnes(); });
    centre_ = sum_.head(size) / static_cast<S>(count);
    double squares = 0;
    for (Index n = 0; n < thetas.cols(); ++n) {
      squares += static_cast<double>((thetas.col(n) - centre_).squaredNorm());
    }
    const S lambda = static_cast<S>(squares / count);

    // right-hand side X (R - mean R) of (X X^T + lambda) w, X the policies less their mean
    sum_columns(thetas, context, [&](Index first, Index n, auto& weights) {
      weights.head(n) = returns.segment(first, n).array() - static_cast<S>(mean_);
    });
    right_ = sum_.head(size) - sum_[size] * centre_;
    solver_(
        right_,
        [&](const Vector<S>& v, Vector<S>& product) {
          const S shift = centre_.dot(v);
          sum_columns(thetas, context, [&](Index first, Index n, auto& weights) {
            weights.head(n).noalias() = thetas.middleCols(first, n).transpose() * v;
            weights.head(n).array() -= shift;
          });
          // but for rounding the weights sum to 0
          product = sum_.head(size) - sum_[size] * centre_ + lambda * v;
        },
        slope_);
  }

  void predict(ConstMatrixRef<S> thetas, Context&, VectorRef<S> values) const {
    VANTAGE_ASSERT(values.size() == thetas.cols());
    if (!is_fitted()) {
      values.setZero();
      return;
    }
    values.noalias() = thetas.transpose() * slope_;
    values.array() += static_cast<S>(mean_) - centre_.dot(slope_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("slope", slope_);
    archive("centre", centre_);
    archive("mean", mean_);
  }

 private:
  // sum_ = sum_n weight_n theta_n, and behind it the sum of the weights
  template <class Weigh>
  void sum_columns(ConstMatrixRef<S> thetas, Context& context, Weigh&& weigh) {
    sum_.resize(thetas.rows() + 1);
    block_sum<S>(context, thetas.cols(), sum_, [&](Index first, Index n, Index, VectorRef<S> partial) {
      Eigen::Matrix<S, kBlockSamples, 1> weights;
      weigh(first, n, weights);
      partial.head(thetas.rows()).noalias() += thetas.middleCols(first, n) * weights.head(n);
      partial[thetas.rows()] += weights.head(n).sum();
    });
  }

  Vector<S> slope_, centre_;
  double mean_ = 0;
  Vector<S> sum_, right_;
  // far below what a fit to returns needs
  ConjugateGradient<S> solver_{ConjugateGradientOptions{.iterations = 40, .tolerance = 1e-8}};
};

}  // namespace vantage

#endif
