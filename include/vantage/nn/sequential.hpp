// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_SEQUENTIAL_HPP
#define VANTAGE_NN_SEQUENTIAL_HPP

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/nn/encoder.hpp"
#include "vantage/nn/initialization.hpp"
#include "vantage/nn/mlp.hpp"

namespace vantage {

/// One differentiable map on another, y = second(first(x)), as a pure function of one flat parameter vector: first's
/// parameters, then second's. Where first says is_identity(), it is left out and costs nothing.
///
/// First is any DifferentiableMap; Second also gives gradients and takes directions of its inputs, as Mlp does. Shapes:
/// theta (parameter_count), x (input_size x n), y (output_size x n), any n >= 0.
template <class First, class Second>
class Sequential {
 public:
  /// Scratch of one worker.
  template <class S>
  class Tape {
   public:
    /// The output of the last forward pass. Shapes: output_size x n.
    [[nodiscard]] Eigen::Map<Matrix<S>> output() { return second_.output(); }

    /// Exchanges the last forward pass, not the scratch of derivatives.
    void swap_activations(Tape& other) {
      first_.swap_activations(other.first_);
      second_.swap_activations(other.second_);
    }

    /// Second's part.
    [[nodiscard]] typename Second::template Tape<S>& second() { return second_; }

   private:
    friend class Sequential;

    Eigen::Map<Matrix<S>> slopes(Index rows, Index columns) {
      if (slopes_.size() < rows * columns) slopes_.resize(rows * columns);
      return {slopes_.data(), rows, columns};
    }

    typename First::template Tape<S> first_;
    typename Second::template Tape<S> second_;
    Vector<S> slopes_;  // gradient at first's outputs
  };

  /// Throws: std::invalid_argument unless first has as many outputs as second has inputs.
  Sequential(First first, Second second) : first_(std::move(first)), second_(std::move(second)) {
    if (first_.output_size() == second_.input_size()) return;
    throw std::invalid_argument(detail::join("Sequential: expected a first map of ", second_.input_size(),
                                             " outputs, as second has inputs, got ", first_.output_size()));
  }
  /// Second alone, behind the identity.
  Sequential(Second second)  // NOLINT(google-explicit-constructor): a network without something in front is one
      requires(requires { First(Index()).is_identity(); })
      : first_(second.input_size()), second_(std::move(second)) {}

  /// What sees the inputs.
  [[nodiscard]] const First& first() const { return first_; }
  /// What stands on first's outputs.
  [[nodiscard]] const Second& second() const { return second_; }

  [[nodiscard]] Index input_size() const { return first_.input_size(); }
  /// Numbers of an output.
  [[nodiscard]] Index output_size() const { return second_.output_size(); }
  /// P, the parameters of both.
  [[nodiscard]] Index parameter_count() const { return first_.parameter_count() + second_.parameter_count(); }
  /// Whether first is left out.
  [[nodiscard]] bool is_second_alone() const {
    if constexpr (requires { first_.is_identity(); }) return first_.is_identity();
    return false;
  }

  /// Draws first's parameters, then second's. Throws: as they do, and for a theta of another size.
  template <class S>
  void initialize(std::type_identity_t<VectorRef<S>> theta, const MlpInitialization& options, Rng& rng) const {
    require(theta.size() == parameter_count(), "Sequential::initialize", "parameter_count() entries", theta.size());
    first_.template initialize<S>(detail::entries<S>(theta, 0, first_.parameter_count()), options, rng);
    second_.template initialize<S>(detail::entries<S>(theta, first_.parameter_count(), second_.parameter_count()),
                                   options, rng);
  }

  /// y(x) as a view into the tape, valid until the next forward pass with it.
  template <class S>
  Eigen::Map<Matrix<S>> forward(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape) const {
    if (is_second_alone()) return second_.template forward<S>(theta, x, tape.second_);
    const auto between = first_.template forward<S>(first_part<S>(theta), x, tape.first_);
    return second_.template forward<S>(second_part<S>(theta), between, tape.second_);
  }

  /// Adds the vector-Jacobian product: gradient += (dy/dtheta)^T output_gradient, summed over the columns.
  /// Pre: forward has just been called with the same theta, x and tape.
  template <class S>
  void backward(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape,
                std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                std::type_identity_t<VectorRef<S>> gradient) const {
    if (is_second_alone()) return second_.template backward<S>(theta, x, tape.second_, output_gradient, gradient);
    if (first_.parameter_count() == 0) {
      return second_.template backward<S>(theta, tape.first_.output(), tape.second_, output_gradient, gradient);
    }
    auto slopes = tape.slopes(first_.output_size(), x.cols());
    second_.template backward<S>(second_part<S>(theta), tape.first_.output(), tape.second_, output_gradient,
                                 detail::entries<S>(gradient, first_.parameter_count(), second_.parameter_count()),
                                 slopes);
    first_.template backward<S>(first_part<S>(theta), x, tape.first_, slopes,
                                detail::entries<S>(gradient, 0, first_.parameter_count()));
  }

  /// The Jacobian-vector product (dy/dtheta) direction as a view into the tape; leaves what backward needs intact.
  /// Shapes: direction (parameter_count), result (output_size x n). Pre: as backward.
  template <class S>
  Eigen::Map<Matrix<S>> tangent(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape,
                                std::type_identity_t<ConstVectorRef<S>> direction) const {
    if (is_second_alone()) return second_.template tangent<S>(theta, x, tape.second_, direction);
    const auto between = first_.template tangent<S>(first_part<S>(theta), x, tape.first_, first_part<S>(direction));
    return second_.template tangent<S>(second_part<S>(theta), tape.first_.output(), tape.second_,
                                       second_part<S>(direction), between);
  }

 private:
  template <class S>
  auto first_part(ConstVectorRef<S> parameters) const {
    return detail::entries<S>(parameters, 0, first_.parameter_count());
  }
  template <class S>
  auto second_part(ConstVectorRef<S> parameters) const {
    return detail::entries<S>(parameters, first_.parameter_count(), second_.parameter_count());
  }

  First first_;
  Second second_;
};

/// A perceptron with the hidden layers of a policy's or a value function's options, on a front.
/// Throws: std::invalid_argument for an encoder in the options beside a front that is none of that kind, or another.
template <class Front, class Options>
[[nodiscard]] Sequential<Front, Mlp> network_on(Front front, const Options& options, Index outputs) {
  if constexpr (std::is_same_v<Front, Encoder>) {
    const Encoder asked = encoder_of(options, front.input_size());
    require(front.parts() == asked.parts() && front.options() == asked.options(), "network_on",
            "the encoder that the options ask for", "another");
  } else {
    require(options.encoder.empty(), "network_on", "no encoder in the options beside a front of its own",
            options.encoder.size());
  }
  const Index inputs = front.output_size();
  return {std::move(front), Mlp(layer_widths(inputs, options.hidden, outputs),
                                {.activation = options.activation, .layer_norm = options.layer_norm})};
}

}  // namespace vantage

#endif
