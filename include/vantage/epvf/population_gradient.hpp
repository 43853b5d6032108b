// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POPULATION_GRADIENT_HPP
#define VANTAGE_EPVF_POPULATION_GRADIENT_HPP

#include "vantage/core/blocks.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/perturbation.hpp"

namespace vantage {

/// What a population alone says of the slope of returns at its centre: with v_j the variance of the noise,
///
///     g_j = 1 / (M v_j) sum_i (R_i - mean R) (theta_ij - theta_j),  0 where v_j = 0
///
/// With Gaussian noise g estimates the gradient of the expected return over that noise, without bias; with antithetic
/// pairs it sums (R+ - R-) e. Returns may be of any scale. Bits do not depend on the number of threads.
/// Shapes: centre P, policies P x M of any precision, returns M, gradient P.
/// Throws: std::invalid_argument for no policies, or not a return each.
/// Source: Salimans et al. 2017 (arXiv 1703.03864), algorithms 1 and 2.
template <class S, class Policies, class Returns>
void population_gradient(const Vector<S>& centre, const Perturbation<S>& perturbation, const Policies& policies,
                         const Returns& returns, Context& context, Vector<double>& gradient) {
  require(policies.cols() >= 1 && returns.size() == policies.cols(), "population_gradient", "a return for each policy",
          returns.size());
  const double mean = returns.template cast<double>().mean();
  const auto count = static_cast<double>(returns.size());
  gradient.resize(centre.size());
  block_sum<double>(context, policies.cols(), gradient, [&](Index first, Index n, Index, VectorRef<double> partial) {
    for (Index i = first; i < first + n; ++i) {
      const double weight = (static_cast<double>(returns[i]) - mean) / count;
      partial += weight * (policies.col(i).template cast<double>() - centre.template cast<double>());
    }
  });
  for (Index j = 0; j < gradient.size(); ++j) {
    const double variance = perturbation.variance(static_cast<double>(centre[j]));
    // no number at all is no reason to stay: then training sees that it diverged
    gradient[j] = variance > 0 ? gradient[j] / variance : 0 * gradient[j];
  }
}

}  // namespace vantage

#endif
