// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_SQUARED_ERROR_HPP
#define VANTAGE_DIAGNOSTICS_SQUARED_ERROR_HPP

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"

namespace vantage {

/// 1/N sum_n (V(input_n) - target_n)^2: the loss that value steps descend, a landscape over the parameters of V.
///
/// Shapes: inputs I x N, targets N. Throws: std::invalid_argument for no targets, or not one an input.
/// Cost: a forward pass. Source: Wang et al. 2025 (arXiv 2505.19247), appendix (figure 12).
template <class S, ValueFunction<S> V>
[[nodiscard]] double squared_error(const V& value, const Matrix<S>& inputs, const Vector<S>& targets,
                                   Context& context) {
  require(targets.size() == inputs.cols() && targets.size() >= 1, "squared_error", "a target for each input",
          targets.size());
  Vector<S> values(targets.size());
  value.predict(inputs, context, values);
  return (values - targets).template cast<double>().squaredNorm() / static_cast<double>(targets.size());
}

}  // namespace vantage

#endif
