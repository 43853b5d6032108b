// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_TABULAR_POLICY_HPP
#define VANTAGE_TABULAR_TABULAR_POLICY_HPP

#include "vantage/core/error.hpp"
#include "vantage/policy/categorical_policy.hpp"

namespace vantage {

/// A softmax policy over tables is the categorical policy without hidden layers on one-hot states: its first S A
/// parameters are the logits theta(s, a), at place s A + a, then come A biases common to all states, which are
/// redundant and start at 0. This makes one of given logits.
/// Shapes: logits S x A. Throws: as CategoricalPolicy.
template <class S>
[[nodiscard]] CategoricalPolicy<S> tabular_policy(const Matrix<double>& logits) {
  Rng rng;
  CategoricalPolicy<S> policy(logits.rows(), logits.cols(), {.hidden = {}}, rng);
  policy.parameters().setZero();
  policy.parameters().head(logits.size()) = logits.transpose().reshaped().template cast<S>();
  return policy;
}

/// A vector over the parameters of a tabular policy (a gradient, a step) as a table: its entries for the logits.
/// Shapes: vector S A + A, result S x A. Throws: std::invalid_argument for another size.
template <class S>
[[nodiscard]] Matrix<double> logit_table(const Vector<S>& vector, Index states, Index actions) {
  require(vector.size() == states * actions + actions, "logit_table", "an entry a logit, and a bias an action",
          vector.size());
  return vector.head(states * actions).reshaped(actions, states).transpose().template cast<double>();
}

/// The logits of a tabular policy, biases added. Shapes: S x A. Throws: std::invalid_argument where it has hidden
/// layers.
template <class S>
[[nodiscard]] Matrix<double> tabular_logits(const CategoricalPolicy<S>& policy) {
  require(policy.options().hidden.empty(), "tabular_logits", "a policy without hidden layers",
          policy.options().hidden.size());
  const Index actions = policy.discrete_actions();
  Matrix<double> logits = logit_table(policy.parameters(), policy.observation_size(), actions);
  logits.rowwise() += policy.parameters().tail(actions).transpose().template cast<double>();
  return logits;
}

}  // namespace vantage

#endif
