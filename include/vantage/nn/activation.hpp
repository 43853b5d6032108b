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

/// Non-linearity of the hidden layers: tanh x; relu max(x, 0); elu x > 0 ? x : exp(x) - 1; silu x / (1 + exp(-x)).
enum class Activation { tanh, relu, elu, silu };

/// What options and files call them, in the order of Activation.
inline constexpr std::array<std::string_view, 4> kActivationNames{"tanh", "relu", "elu", "silu"};

/// `size` rounded up to a whole number of the longest vectors. Eigen treats the rest of an array by scalar functions,
/// whose last bits differ from those of its vector functions: padded arrays have no rest.
[[nodiscard]] constexpr Index padded_size(Index size) { return (size + 15) / 16 * 16; }

/// Makes room for `size` entries and the padding behind them. A buffer that has it stays as it is, another is zero.
template <class S>
void grow_padded(Vector<S>& buffer, Index size) {
  if (buffer.size() < padded_size(size)) buffer = Vector<S>::Zero(padded_size(size));
}

/// Entries that `activate` asks for: padded activations, and of silu, which has a minimum and so two slopes for one
/// value, the padded slopes behind them.
[[nodiscard]] constexpr Index activation_room(Activation activation, Index size) {
  return activation == Activation::silu ? 2 * padded_size(size) : padded_size(size);
}

namespace detail {

template <class S>
auto padded_array(S* data, Index size) {
  using Entries = std::conditional_t<std::is_const_v<S>, const Eigen::ArrayX<std::remove_const_t<S>>, Eigen::ArrayX<S>>;
  return Eigen::Map<Entries, Eigen::AlignedMax>(data, padded_size(size));
}

// h = f(h) and behind it f'(h): with s(x) = 1 / (1 + exp(-x)) these are x s(x) and s(x) + x s(x) s(-x)
template <class S>
void activate_silu(S* h, Index size) {
  using Lane = typename Lanes<S>::Type;
  S* slopes = h + padded_size(size);
  // exp(-|x|) first
  if constexpr (std::is_same_v<S, float>) {
    for (Index i = 0; i < padded_size(size); i += Lanes<S>::kCount) {
      const Lane x = load_lanes(h + i);
      store_lanes(slopes + i, exp_of_negative(x > 0 ? -x : x));
    }
  } else {
    padded_array(slopes, size) = (-padded_array(h, size).abs()).exp();
  }
  for (Index i = 0; i < padded_size(size); i += Lanes<S>::kCount) {
    const Lane x = load_lanes(h + i), e = load_lanes(slopes + i);
    const Lane larger = 1 / (1 + e), smaller = e * larger;
    const Lane value = x * (x > 0 ? larger : smaller);
    store_lanes(h + i, value);
    store_lanes(slopes + i, (x > 0 ? larger : smaller) + value * (x > 0 ? smaller : larger));
  }
}

}  // namespace detail

/// h = f(h) for each entry. Pre: h is aligned as Eigen's own storage and has activation_room(activation, size) entries.
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
    case Activation::silu:
      detail::activate_silu(h, size);
      break;
  }
}

/// d = f'(x) d for each entry, where h is what `activate` left for x: its slopes, or activations that tell the slopes.
/// Pre: as activate, of the same size; d has padded_size(size) entries.
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
    case Activation::silu:
      entries *= detail::padded_array(h + padded_size(size), size);
      break;
  }
}

}  // namespace vantage

#endif
