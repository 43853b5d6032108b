// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_INITIALIZATION_HPP
#define VANTAGE_NN_INITIALIZATION_HPP

#include <cmath>
#include <numbers>
#include <optional>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// How weights are drawn: orthogonal_weights or xavier_uniform_weights.
enum class WeightScheme { orthogonal, xavier_uniform };

/// How the first parameters of a perceptron are drawn.
struct MlpInitialization {
  WeightScheme scheme = WeightScheme::orthogonal;  ///< how the weights are drawn; biases are 0
  double hidden_gain = std::numbers::sqrt2;        ///< scale of every layer but the last
  /// Scale of the last layer; 0.01 makes a nearly uniform first policy. None: what the network's owner says, which its
  /// options name; 1 for a perceptron by itself.
  std::optional<double> output_gain = {};
};

/// The same, with an output gain where there is none: what an owner's default is.
[[nodiscard]] inline MlpInitialization with_output_gain(MlpInitialization options, double gain) {
  options.output_gain = options.output_gain.value_or(gain);
  return options;
}

/// Throws: std::invalid_argument for a gain that is negative or not finite.
inline void validate(const MlpInitialization& options) {
  const double output_gain = options.output_gain.value_or(1);
  require(options.hidden_gain >= 0 && std::isfinite(options.hidden_gain), "MlpInitialization",
          "a finite hidden_gain >= 0", options.hidden_gain);
  require(output_gain >= 0 && std::isfinite(output_gain), "MlpInitialization", "a finite output_gain >= 0",
          output_gain);
}

/// A matrix with orthonormal rows or columns, whichever are fewer, uniform over all such matrices, times `gain`.
/// Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2014).
[[nodiscard]] inline Matrix<double> orthogonal_weights(Index rows, Index columns, double gain, Rng& rng) {
  const bool wide = rows < columns;
  Matrix<double> basis(wide ? columns : rows, wide ? rows : columns);
  for (Index i = 0; i < basis.size(); ++i) basis.data()[i] = rng.normal();
  for (Index j = 0; j < basis.cols(); ++j) {
    // twice, since one Gram-Schmidt pass leaves rounding errors along the earlier columns
    for (int pass = 0; pass < 2; ++pass) {
      const Vector<double> overlap = basis.leftCols(j).transpose() * basis.col(j);
      basis.col(j).noalias() -= basis.leftCols(j) * overlap;
    }
    basis.col(j).normalize();
  }
  // entry by entry: a transpose in place is blocks of code that everyone would compile
  Matrix<double> weights(rows, columns);
  for (Index j = 0; j < columns; ++j) {
    for (Index i = 0; i < rows; ++i) weights(i, j) = gain * (wide ? basis(j, i) : basis(i, j));
  }
  return weights;
}

/// Independent entries, uniform on +-gain sqrt(6 / (rows + columns)).
/// Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
/// eq. 16.
[[nodiscard]] inline Matrix<double> xavier_uniform_weights(Index rows, Index columns, double gain, Rng& rng) {
  const double limit = gain * std::sqrt(6.0 / static_cast<double>(rows + columns));
  Matrix<double> weights(rows, columns);
  for (Index i = 0; i < weights.size(); ++i) weights.data()[i] = rng.uniform(-limit, limit);
  return weights;
}

/// By the scheme that is named. Shapes: rows x columns.
[[nodiscard]] inline Matrix<double> initial_weights(Index rows, Index columns, WeightScheme scheme, double gain,
                                                    Rng& rng) {
  return scheme == WeightScheme::orthogonal ? orthogonal_weights(rows, columns, gain, rng)
                                            : xavier_uniform_weights(rows, columns, gain, rng);
}

}  // namespace vantage

#endif
