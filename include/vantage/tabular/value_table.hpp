// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_VALUE_TABLE_HPP
#define VANTAGE_TABULAR_VALUE_TABLE_HPP

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A value a state, asked with one-hot observations: the exact value function of a finite decision process where an
/// advantage estimator expects a value network. Shapes: values S.
struct ValueTable {
  Vector<double> values;  ///< a number a state

  /// Shapes: inputs S x N, out N.
  template <class Inputs, class Out>
  void predict(const Inputs& inputs, Context&, Out&& out) const {
    using S = typename Inputs::Scalar;
    VANTAGE_ASSERT(inputs.rows() == values.size());
    for (Index n = 0; n < inputs.cols(); ++n) {
      out[n] = static_cast<S>(values.dot(inputs.col(n).template cast<double>()));
    }
  }
};

}  // namespace vantage

#endif
