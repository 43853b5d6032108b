// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_ACTIVATION_HPP
#define VANTAGE_NN_ACTIVATION_HPP

#include <Eigen/Core>
#include <array>
#include <string_view>
#include <type_traits>

#include "vantage/core/types.hpp"
#include "vantage/nn/exponential.hpp"
#include "vantage/nn/lanes.hpp"

namespace vantage {

/// Non-linearity of the hidden layers: tanh x; relu max(x, 0); elu x > 0 ? x : exp(x) - 1.
enum class Activation { tanh, relu, elu };

/// What options and files call them, in the order of Activation.
inline constexpr std::array<std::string_view, 3> kActivationNames{"tanh", "relu", "elu"};

/// `size` rounded up to a whole number of the longest vectors. Eigen treats the rest of an array by scalar functions,
/// whose last bits differ from those of its vector functions: padded arrays have no rest.
[[nodiscard]] constexpr Index padded_size(Index size) { return (size + 15) / 16 * 16; }

/// Makes room for `size` entries and the padding behind them. A buffer that has it stays as it is, another is zero.
template <class S>
void grow_padded(Vector<S>& buffer, Index size) {
  if (buffer.size() < padded_size(size)) buffer = Vector<S>::Zero(padded_size(size));
}

namespace detail {

template <class S>
auto padded_array(S* data, Index size) {
  using Entries = std::conditional_t<std::is_const_v<S>, const Eigen::ArrayX<std::remove_const_t<S>>, Eigen::ArrayX<S>>;
  return Eigen::Map<Entries, Eigen::AlignedMax>(data, padded_size(size));
}

}  // namespace detail

/// h = f(h) for each entry. Pre: h is aligned as Eigen's own storage and has padded_size(size) entries.
template <class S>
void activate(Activation activation, S* h, Index size) {
  auto entries = detail::padded_array(h, size);
  switch (activation) {
    case Activation::tanh:
      entries = entries.tanh();
      break;
    case Activation::relu:
      // written so that "not a number" passes through
      for (Index i = 0; i < size; ++i) h[i] = h[i] < S(0) ? S(0) : h[i];
      break;
    case Activation::elu:
      if constexpr (std::is_same_v<S, float>) {
        using Lane = detail::Lanes<float>::Type;
        for (Index i = 0; i < entries.size(); i += detail::Lanes<float>::kCount) {
          const Lane x = detail::load_lanes(h + i);
          detail::store_lanes(h + i, x > 0 ? x : detail::expm1_of_negative(x));
        }
      } else {
        entries = entries.max(S(0)) + entries.min(S(0)).expm1();
      }
      break;
  }
}

/// d = f'(x) d for each entry, where h = f(x): all slopes are functions of the activation itself. Pre: as activate.
template <class S>
void multiply_slope(Activation activation, const S* h, S* d, Index size) {
  const auto values = detail::padded_array(h, size);
  auto entries = detail::padded_array(d, size);
  switch (activation) {
    case Activation::tanh:
      entries *= S(1) - values.square();
      break;
    case Activation::relu:
      for (Index i = 0; i < size; ++i) d[i] = h[i] > S(0) ? d[i] : S(0);
      break;
    case Activation::elu:
      entries *= S(1) + values.min(S(0));
      break;
  }
}

}  // namespace vantage

#endif
