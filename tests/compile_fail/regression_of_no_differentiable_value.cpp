// SPDX-License-Identifier: MIT
// expected error: DifferentiableValue
#include "vantage/value/no_value.hpp"
#include "vantage/value/value_regression.hpp"

auto fit(vantage::NoValue<float>& value, const vantage::Matrix<float>& inputs, const vantage::Vector<float>& targets,
         vantage::Context& context) {
  return vantage::ValueRegression<float>()(value, inputs, targets, context).steps;
}
