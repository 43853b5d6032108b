// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_SHARED_VALUE_HPP
#define VANTAGE_VALUE_SHARED_VALUE_HPP

namespace vantage {

/// Stands in place of a value function where the policy is one itself, such as ActorCritic:
/// `Agent{model, SharedValue{}, Gae{}, value_update, JointUpdate<M>()}`.
struct SharedValue {
  template <class Archive>
  void serialize(Archive&) {}
};

/// What predicts values: the value, or the policy in its place.
template <class P, class V>
[[nodiscard]] V& value_function(P&, V& value) {
  return value;
}
template <class P>
[[nodiscard]] P& value_function(P& policy, SharedValue&) {
  return policy;
}

}  // namespace vantage

#endif
