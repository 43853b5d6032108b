// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_SINGLE_PRECISION_HPP
#define VANTAGE_CORE_SINGLE_PRECISION_HPP

namespace vantage {

/// The nearest number of single precision, as a double. It passes through memory: g++ 12 with AVX2 drops the plain
/// conversion to float and back where it vectorises it.
[[nodiscard]] inline double rounded_to_single(double x) {
  volatile float single = static_cast<float>(x);  // NOLINT(modernize-use-auto)
  return static_cast<double>(single);
}

}  // namespace vantage

#endif
