// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_ANY_POLICY_HPP
#define VANTAGE_POLICY_ANY_POLICY_HPP

#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "vantage/core/concepts.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"

namespace vantage {

/// A policy of a kind that only a file knows: acts and evaluates as the one inside. Training names its policy's type.
template <class S>
class AnyPolicy {
 public:
  using Scalar = S;
  using Kinds = std::variant<GaussianPolicy<S>, CategoricalPolicy<S>, DeterministicPolicy<S>>;  ///< what it may hold

  /// Holds this one.
  template <class P>
  requires(std::is_constructible_v<Kinds, P>) explicit AnyPolicy(P policy) : policy_(std::move(policy)) {}

  /// The policy inside as call(policy) sees it, whose type it may depend on.
  template <class Call>
  decltype(auto) visit(Call&& call) const {
    return std::visit(std::forward<Call>(call), policy_);
  }

  [[nodiscard]] Index observation_size() const {
    return visit([](const auto& policy) { return policy.observation_size(); });
  }
  [[nodiscard]] Index action_size() const {
    return visit([](const auto& policy) { return policy.action_size(); });
  }
  /// K of one discrete action; 0: continuous, or several at once, see choices().
  [[nodiscard]] Index discrete_actions() const {
    return visit([](const auto& policy) { return policy.discrete_actions(); });
  }
  /// Of each discrete action; none: continuous.
  [[nodiscard]] std::span<const Index> choices() const {
    return visit([](const auto& policy) -> std::span<const Index> { return policy.choices(); });
  }
  /// How observations say which are allowed.
  [[nodiscard]] const ActionMask& mask() const {
    return visit([](const auto& policy) -> const ActionMask& { return policy.mask(); });
  }
  [[nodiscard]] std::optional<Index> mask_row() const { return mask().row(); }
  [[nodiscard]] const Vector<S>& parameters() const {
    return visit([](const auto& policy) -> const Vector<S>& { return policy.parameters(); });
  }
  [[nodiscard]] Vector<S>& parameters() {
    return std::visit([](auto& policy) -> Vector<S>& { return policy.parameters(); }, policy_);
  }

  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const {
    visit([&](const auto& policy) { policy.sample(observations, rngs, actions, log_probs, context, worker); });
  }
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const {
    visit([&](const auto& policy) { policy.mode(observations, actions, context, worker); });
  }
  /// Throws: std::invalid_argument for a policy without a density.
  void log_prob(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context, VectorRef<S> out) const {
    visit_density("AnyPolicy::log_prob",
                  [&](const auto& policy) { policy.log_prob(observations, actions, context, out); });
  }
  /// Throws: as log_prob.
  void entropy(ConstMatrixRef<S> observations, Context& context, VectorRef<S> out) const {
    visit_density("AnyPolicy::entropy", [&](const auto& policy) { policy.entropy(observations, context, out); });
  }

 private:
  template <class Call>
  void visit_density(const char* who, Call&& call) const {
    visit([&](const auto& policy) {
      if constexpr (StochasticPolicy<std::decay_t<decltype(policy)>>) {
        call(policy);
      } else {
        throw std::invalid_argument(detail::join(who, ": expected a policy with a density, got a deterministic one"));
      }
    });
  }

  Kinds policy_;
};

}  // namespace vantage

#endif
