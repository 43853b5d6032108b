// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_OBJECTIVE_HPP
#define VANTAGE_DIAGNOSE_OBJECTIVE_HPP

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/hoelder.hpp"
#include "vantage/diagnostics/value_step_constants.hpp"
#include "vantage/rollout/evaluate.hpp"

/// How the discounted return from one start changes along the step of an update, and how fast value steps follow.
struct ObjectiveChange {
  double exponent = 0;                ///< of the return along the step
  vantage::Vector<double> distances;  ///< learning rates of the policy
  vantage::Vector<double> structure;  ///< mean squared change of the return
  double value_change = 0;            ///< K_2

  template <class Archive>
  void serialize(Archive& archive) {
    archive("exponent", exponent);
    archive("distances", distances);
    archive("structure", structure);
    archive("value_change", value_change);
  }
};

/// One start's: the policy's mode plays the same episode at theta + h d, where d is the step of an update a unit of
/// learning rate, so that h is beta_1; in the units of the values. No distances where the update has no learning rate
/// or the return does not change at all; nothing where the pulse says stop.
template <class P>
std::optional<ObjectiveChange> objective_change(const Subject<P>& subject, double lambda, vantage::Index points,
                                                std::uint64_t seed, vantage::Context& context, Pulse& pulse) {
  const auto iteration = subject.iterate(subject.batch(), seed, context);
  const double rate = iteration.reports.policy.learning_rate;
  if (!pulse(2 * static_cast<double>(subject.batch()))) return {};
  if (!(rate > 0)) return ObjectiveChange{};
  const P& policy = subject.agent().policy;
  const vantage::Vector<double> origin = policy.parameters().template cast<double>();
  const vantage::Vector<double> step =
      (iteration.agent.policy.parameters() - policy.parameters()).template cast<double>();
  const double unit = subject.source().reward_scaler().factor();
  bool stopped = false;
  P moved = policy;
  const auto objective = [&](double steps) {
    if (stopped) return steps;
    moved.parameters() = (origin + steps * step).template cast<float>();
    const auto played =
        vantage::evaluate(subject.source(), moved, context, {.episodes = 1, .deterministic = true, .seed = seed});
    stopped = !pulse(static_cast<double>(played.lengths[0]));
    return unit * played.discounted_returns[0];
  };
  // rough between a step and what the horizon of the discount makes of it
  const double gamma = subject.agent().advantage.gamma();
  const auto horizon = static_cast<vantage::Index>(1 / (1 - gamma));
  const double low = lambda > 0 ? vantage::rough_distances(lambda, horizon, 1).low : 1e-3;
  vantage::HoelderReport report;
  try {
    report = vantage::hoelder_exponent(objective, {.distances = {std::max(low, 1e-4), 1},
                                                   .scales = 8,
                                                   .range = {0, 1},
                                                   .points = points,
                                                   .blocks = 2,
                                                   .seed = seed});
  } catch (const std::runtime_error&) {
    if (!stopped) return ObjectiveChange{};
  }
  if (stopped) return {};
  // a few steps of a fresh optimiser, from the values as they were
  Settings few = subject.settings();
  few.value_steps = 5 * rounds(few);
  few.value_step_rule = "fixed";
  few.diagnose = "none";
  auto value = subject.agent().value;
  auto update = make_value_update(few);
  const auto fit = update(value, iteration.batch.value_inputs(), iteration.estimate.value_targets, context);
  return ObjectiveChange{report.exponent.value, report.distances * rate, report.structure,
                         vantage::value_step_constant(fit, subject.value_rate())};
}

#endif
