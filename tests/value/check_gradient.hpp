// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_VALUE_CHECK_GRADIENT_HPP
#define VANTAGE_TESTS_VALUE_CHECK_GRADIENT_HPP

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "catch.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage::testing {

/// A weighted sum of gradients, and the values that weights are shown, against finite differences of values.
template <class V>
void check_gradient(V value, const Matrix<double>& x) {
  Context context({.threads = 2});
  Rng rng(4);
  Vector<double> chosen(x.cols()), values(x.cols()), gradient;
  for (double& weight : chosen) weight = rng.normal();
  value.predict(x, context, values);
  value.gradient(
      x,
      [&](Index first, const VectorRef<double>& fresh, VectorRef<double> weights) {
        if (fresh != values.segment(first, fresh.size())) throw std::logic_error("values are not fresh");
        weights = chosen.segment(first, weights.size());
      },
      context, gradient);
  double worst = 0;
  for (Index i = 0; i < gradient.size(); ++i) {
    const double kept = value.parameters()[i];
    const double h = 1e-5;
    value.parameters()[i] = kept + h;
    value.predict(x, context, values);
    const double up = chosen.dot(values);
    value.parameters()[i] = kept - h;
    value.predict(x, context, values);
    const double down = chosen.dot(values);
    value.parameters()[i] = kept;
    worst = std::max(worst, std::abs((up - down) / (2 * h) - gradient[i]));
  }
  CHECK(worst < 1e-6 * gradient.norm());
}

}  // namespace vantage::testing

#endif
