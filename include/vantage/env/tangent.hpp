// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_TANGENT_HPP
#define VANTAGE_ENV_TANGENT_HPP

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

namespace detail {

template <class E>
concept MovesStates = requires(const E& world, VectorRef<double> out, const Vector<double>& numbers) {
  world.displace(out, numbers);
  world.difference(numbers, numbers, out);
};

// a function that is left aside because its type is a little off would go unnoticed
template <class E>
concept MovesStatesOrSaysNothing = MovesStates<E> || !(
    requires { &E::displace; } || requires { &E::difference; });

}  // namespace detail

/// Moves a saved state along a tangent vector: by the world's own displace, or by adding to the state's first numbers.
/// Shapes: state state_size(), tangent tangent_size().
template <TangentEnvironment E>
void displace(const E& world, VectorRef<double> state, ConstVectorRef<double> tangent) {
  static_assert(detail::MovesStatesOrSaysNothing<E>,
                "an environment's moves are void displace(VectorRef<double> state, ConstVectorRef<double> tangent) "
                "const and void difference(ConstVectorRef<double> from, ConstVectorRef<double> to, VectorRef<double> "
                "tangent) const");
  VANTAGE_ASSERT(state.size() == world.state_size() && tangent.size() == world.tangent_size());
  if constexpr (detail::MovesStates<E>) {
    world.displace(state, tangent);
  } else {
    state.head(tangent.size()) += tangent;
  }
}

/// The tangent vector that displaces one saved state to the other.
/// Shapes: from, to state_size(), tangent tangent_size().
template <TangentEnvironment E>
void difference(const E& world, ConstVectorRef<double> from, ConstVectorRef<double> to, VectorRef<double> tangent) {
  VANTAGE_ASSERT(from.size() == to.size() && tangent.size() == world.tangent_size());
  if constexpr (detail::MovesStates<E>) {
    world.difference(from, to, tangent);
  } else {
    tangent = to.head(tangent.size()) - from.head(tangent.size());
  }
}

}  // namespace vantage

#endif
