// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_AGENT_HPP
#define VANTAGE_TRAIN_AGENT_HPP

#include <type_traits>

#include "vantage/core/concepts.hpp"

namespace vantage {

/// The parts that learn together. Deduced from its members: `Agent agent{policy, value, Gae{}, value_update,
/// policy_update}`.
template <class P, class V, class A, class VU, class PU>
struct Agent {
  using Scalar = typename P::Scalar;
  using Policy = P;

  P policy;          ///< what acts and learns
  V value;           ///< or SharedValue{}: the policy is its own value function
  A advantage;       ///< an AdvantageEstimator
  VU value_update;   ///< a ValueUpdate; its options hold K_V
  PU policy_update;  ///< a PolicyUpdate

  template <class Archive>
  void serialize(Archive& archive) {
    archive("policy", policy);
    archive("value", value);
    if constexpr (requires { advantage.serialize(archive); }) archive("advantage", advantage);
    archive("value_update", value_update);
    archive("policy_update", policy_update);
  }
};

/// Deduces all types from the parts.
template <class P, class V, class A, class VU, class PU>
Agent(P, V, A, VU, PU) -> Agent<P, V, A, VU, PU>;

namespace detail {

// part by part, since a part may be a function of the user's that cannot be assigned, and then has nothing to restore
template <class P, class V, class A, class VU, class PU>
void restore(Agent<P, V, A, VU, PU>& to, const Agent<P, V, A, VU, PU>& from) {
  const auto assign = []<class Part>(Part& target, const Part& source) {
    if constexpr (std::is_copy_assignable_v<Part>) target = source;
  };
  assign(to.policy, from.policy);
  assign(to.value, from.value);
  assign(to.advantage, from.advantage);
  assign(to.value_update, from.value_update);
  assign(to.policy_update, from.policy_update);
}

template <class M>
bool finite_parameters(const M& model) {
  if constexpr (Parameterised<M>) {
    return model.parameters().allFinite();
  } else {
    return true;
  }
}

}  // namespace detail

}  // namespace vantage

#endif
