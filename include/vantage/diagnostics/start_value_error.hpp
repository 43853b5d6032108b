// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_START_VALUE_ERROR_HPP
#define VANTAGE_DIAGNOSTICS_START_VALUE_ERROR_HPP

#include "vantage/core/concepts.hpp"
#include "vantage/diagnostics/intervals.hpp"
#include "vantage/rollout/evaluate.hpp"

namespace vantage {

namespace detail {

template <class V>
struct ScalarOf {
  using Type = double;
};

template <class V>
requires requires { typename V::Scalar; }
struct ScalarOf<V> {
  using Type = typename V::Scalar;
};

}  // namespace detail

/// How far a value function is from what first states turn out to be worth:
///
///     eta(s_0) = sum_k gamma^k r_k - V(s_0)
///
/// so that it is positive where V is too low. An episode that the time limit cuts counts as it is, without a value of
/// what would have followed: the limit should be many times 1 / (1 - gamma).
struct StartValueError {
  Vector<double> errors;   ///< eta of each episode
  Estimate signed_mean;    ///< of eta
  Estimate absolute_mean;  ///< of |eta|; with random actions or noise not 0 for the exact V either
};

namespace detail {

// evaluations keep what the policy saw, not what a critic did
inline void require_one_view(const EnvironmentSpec& spec) {
  require(spec.critic_observation_size == 0, "start_value_error", "a world whose critic sees what the policy sees",
          spec.name);
}

}  // namespace detail

/// From episodes that were played. V sees first observations as the policy did; `reward_factor`: what rewards were
/// multiplied with for V to learn from, RewardScaler::factor().
/// Throws: std::invalid_argument for fewer than two episodes, a value function of other inputs, values that are not
/// finite, or a factor that is not > 0. Source: Wang et al. 2025, arXiv 2505.19247 equation 10.
template <class V>
requires ValueFunction<V, typename detail::ScalarOf<V>::Type>
[[nodiscard]] StartValueError start_value_error(const Evaluation& evaluation, const V& value, Context& context,
                                                double reward_factor = 1) {
  using S = typename detail::ScalarOf<V>::Type;
  require(reward_factor > 0, "start_value_error", "reward_factor > 0", reward_factor);
  const Matrix<S> inputs = evaluation.first_observations.template cast<S>();
  require_inputs("start_value_error", value, inputs.rows());
  Vector<S> values(inputs.cols());
  value.predict(inputs, context, values);
  StartValueError result;
  result.errors = Eigen::Map<const Vector<double>>(evaluation.discounted_returns.data(), inputs.cols()) -
                  values.template cast<double>() / reward_factor;
  result.signed_mean = estimate_mean(result.errors);
  result.absolute_mean = estimate_mean(result.errors.cwiseAbs());
  return result;
}

/// Plays the episodes first: by the policy's mode, as the paper does, or by samples, which are what V learns from.
/// Throws: as above and as evaluate.
template <Environment E, ActorWithMode P, class V>
[[nodiscard]] StartValueError start_value_error(const E& prototype, const P& policy, const V& value,
                                                const Normalizer* normalizer, Context& context,
                                                const EvaluationOptions& options = {}) {
  detail::require_one_view(prototype.spec());
  return start_value_error(evaluate(prototype, policy, normalizer, context, options), value, context);
}

/// The same in the worlds of a source, such as a Collector, with the factor of its rewards. Throws: as above.
template <WorldSource Source, ActorWithMode P, class V>
[[nodiscard]] StartValueError start_value_error(const Source& source, const P& policy, const V& value, Context& context,
                                                const EvaluationOptions& options = {}) {
  detail::require_one_view(source.spec());
  double reward_factor = 1;
  if constexpr (requires { source.reward_scaler(); }) reward_factor = source.reward_scaler().factor();
  return start_value_error(evaluate(source, policy, context, options), value, context, reward_factor);
}

}  // namespace vantage

#endif
