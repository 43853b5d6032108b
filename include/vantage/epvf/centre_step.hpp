// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_CENTRE_STEP_HPP
#define VANTAGE_EPVF_CENTRE_STEP_HPP

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/epvf/epvf_agent.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

/// Moves a policy up a value function of its parameters; PolicyAscent is one.
template <class U, class P, class V>
concept ValueAscent = requires(U& update, P& policy, const V& value, const WeightClip& clip, Context& context) {
  { update(policy, value, clip, context, 1.0) } -> detail::ValueOf<PolicyReport>;
};

/// Moves a policy by what the newest population of an archive returned, which was perturbed around it;
/// EvolutionStrategies is one.
template <class U, class P>
concept PopulationUpdate = requires(U& update, P& policy, const PolicyArchive<typename P::Scalar>& archive,
                                    const Perturbation<typename P::Scalar>& perturbation, const WeightClip& clip,
                                    Context& context) {
  { update(policy, archive, perturbation, clip, context, 1.0) } -> detail::ValueOf<PolicyReport>;
};

/// Either: the last argument multiplies the update's learning rate.
template <class U, class P, class V>
concept CentreUpdate = ValueAscent<U, P, V> || PopulationUpdate<U, P>;

/// theta <- before + length (theta - before) / |theta - before|; where it did not move it stays.
template <class S>
void set_step_length(const Vector<S>& before, double length, Vector<S>& theta) {
  const auto moved = static_cast<double>((theta - before).norm());
  if (moved > 0) theta = before + static_cast<S>(length / moved) * (theta - before);
}

/// Steps one by one, between which it can be asked to go on; PolicyAscent does.
template <class U, class P, class V>
concept StepwiseAscent = requires(U& update, P& policy, const V& value, const WeightClip& clip, Context& context,
                                  bool (*proceed)()) {
  { update(policy, value, clip, context, 1.0, proceed) } -> detail::ValueOf<PolicyReport>;
};

/// The step of the centre in one iteration: what the agent's policy update makes of it and, where the options give a
/// step size, that brought to its length,
///
///     theta <- clip(before + factor step_size d (theta - before) / |theta - before|),  d = Perturbation::distance
///
/// `proceed()` is asked after each step of a StepwiseAscent whether another may follow, and once, at the end, where the
/// update makes but one or a step size makes one of all.
/// Pre: `before` is the agent's policy.
template <class P, class V, class VU, class PU, class Proceed = detail::EveryStep>
PolicyReport step_centre(EpvfAgent<P, V, VU, PU>& agent, const P& before, Context& context, const EpvfOptions& options,
                         const Proceed& proceed = {}) {
  using S = typename P::Scalar;
  const double factor =
      options.policy_rate_factor.at(context.progress(), "EpvfOptions", "a finite policy_rate_factor >= 0");
  const double distance = agent.perturbation.distance(before.parameters());
  const bool is_one = options.policy_step_size > 0 || !StepwiseAscent<PU, P, V>;
  PolicyReport report;
  if constexpr (StepwiseAscent<PU, P, V>) {
    report = agent.policy_update(agent.policy, agent.value, agent.weight_clip, context, factor,
                                 [&] { return is_one || proceed(); });
  } else if constexpr (ValueAscent<PU, P, V>) {
    report = agent.policy_update(agent.policy, agent.value, agent.weight_clip, context, factor);
  } else {
    report = agent.policy_update(agent.policy, agent.archive, agent.perturbation, agent.weight_clip, context, factor);
  }
  Vector<S>& theta = agent.policy.parameters();
  if (options.policy_step_size > 0) {
    set_step_length(before.parameters(), factor * options.policy_step_size * distance, theta);
    if (agent.weight_clip.centre) clip_weights(agent.weight_clip, theta);
    report.ascent.boundary_share = boundary_share(agent.weight_clip, theta);
    if constexpr (ValueAscent<PU, P, V>) {
      S predicted = 0;
      agent.value.predict(Eigen::Map<const Matrix<S>>(theta.data(), theta.size(), 1), context,
                          Eigen::Map<Vector<S>>(&predicted, 1));
      report.ascent.predicted_return = static_cast<double>(predicted);
    }
  }
  const auto moved = static_cast<double>((theta - before.parameters()).norm());
  report.ascent.noise_share = distance > 0 ? moved / distance : 0;
  if (is_one) proceed();
  return report;
}

}  // namespace vantage

#endif
