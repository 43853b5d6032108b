// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_CHAOS_HPP
#define VANTAGE_DIAGNOSE_CHAOS_HPP

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "objective.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/closed_loop_exponents.hpp"

/// The same policy in double precision.
template <template <class, class...> class Policy, class... Front>
Policy<double, Front...> in_double(const Policy<float, Front...>& policy, const vantage::EnvironmentSpec& spec) {
  vantage::Rng rng;
  Policy<double, Front...> result(spec, policy.options(), rng);
  result.parameters() = policy.parameters().template cast<double>();
  return result;
}

/// How a policy and its world together amplify small differences, and what follows for the number of value steps.
template <class P>
class MeasureChaos {
 public:
  MeasureChaos(const Request& request, const Subject<P>& subject)
      : options_(request.chaos),
        subject_(subject),
        starts_(or_scale<vantage::Index>(options_.starts, request.scale, 8, 20, 50)),
        steps_(or_scale<vantage::Index>(options_.steps, request.scale, 5'000, 20'000, 100'000)) {
    vantage::require(starts_ >= 2, "--starts", "two starts at least", starts_);
    vantage::require(options_.points == 0 || options_.points >= 2, "--points", "two points at least, or none",
                     options_.points);
    vantage::require(subject.source().prototype().tangent_size() > 0, "chaos", "a world whose state can be moved",
                     subject.settings().task);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    std::vector<Phase> phases{{"starts", starts_, 2 * static_cast<double>(steps_ + kTransient)}};
    // episodes of some hundred steps, at a point and at eight distances from it
    if (options_.points > 0) phases.push_back({"objective", starts_, 9 * 300 * static_cast<double>(options_.points)});
    return phases;
  }

  [[nodiscard]] Findings measure(Units& units) const {
    const auto policy = in_double(subject_.agent().policy, subject_.source().spec());
    const auto pieces = units.run<Exponent>(
        "starts", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<Exponent> {
          if (!pulse(0)) return {};
          const auto found =
              vantage::closed_loop_exponent(subject_.source(), policy, context,
                                            {.lyapunov = {.steps = steps_,
                                                          .transient = kTransient,
                                                          .distance = options_.distance,
                                                          .seed = units.seed_of("starts", index)},
                                             .loop = {.deterministic = !options_.stochastic, .restart = true},
                                             .starts = 1});
          pulse(2 * static_cast<double>(steps_ + kTransient));
          return Exponent{found.largest.exponent.value, static_cast<double>(found.restarts)};
        });
    Findings findings;
    const double lambda = tell(findings, pieces);
    if (options_.points > 0 && std::isfinite(lambda)) {
      const auto changes = units.run<ObjectiveChange>("objective", [&](vantage::Index index, vantage::Context& context,
                                                                       Pulse& pulse) {
        return objective_change(subject_, lambda, options_.points, units.seed_of("objective", index), context, pulse);
      });
      tell_objective(findings, lambda, changes);
    }
    return findings;
  }

 private:
  static constexpr vantage::Index kTransient = 200;

  struct Exponent {
    double value = 0;
    double restarts = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive("value", value);
      archive("restarts", restarts);
    }
  };

  // returns the exponent; NaN where it is not known yet
  double tell(Findings& findings, const std::vector<std::optional<Exponent>>& pieces) const {
    Table table{"chaos", {"start", "exponent_a_step", "restarts"}, {}};
    std::vector<double> exponents;
    double restarts = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i]) continue;
      exponents.push_back(pieces[i]->value);
      restarts += pieces[i]->restarts;
      table.rows.push_back(
          {std::to_string(i), vantage::csv_number(pieces[i]->value), vantage::csv_number(pieces[i]->restarts)});
    }
    if (exponents.size() < 2) {
      findings.found = "Fewer than two starts are done: nothing can be said yet.";
      return std::nan("");
    }
    const vantage::LyapunovReport report{vantage::estimate_mean(vantage::as_vector(exponents))};
    const double gamma = subject_.agent().advantage.gamma();
    const double alpha = report.hoelder_exponent(gamma);
    const double threshold = -std::log(gamma);
    const double length = static_cast<double>(steps_) * static_cast<double>(exponents.size()) / std::max(restarts, 1.0);
    findings.plot =
        subject_.title("how fast neighbouring states part") + "set xlabel 'start'\nset ylabel 'nats a step'\n" +
        data_block(table) + "plot $data using 1:2 with points pointtype 7 linecolor rgb '#2060a0' title 'exponent', " +
        vantage::csv_number(threshold) + " with lines dashtype 2 linecolor rgb '#808080' title '-log gamma'\n";
    findings.tables.push_back(std::move(table));
    findings.estimate("exponent_a_step", report.exponent);
    if (const double dt = subject_.source().prototype().dt(); dt > 0) {
      findings.estimate("exponent_a_second", report.per_second(dt));
    }
    findings.number("minus_log_gamma", threshold);
    findings.number("hoelder_exponent", alpha);
    findings.number("restarts", restarts);
    findings.found = "Neighbouring states part by " + short_estimate(report.exponent) + " nats a step; -log gamma is " +
                     short_number(threshold) + ", so alpha = -log gamma / lambda is " +
                     (std::isfinite(alpha) ? short_number(alpha) : std::string("infinite")) + "; episodes lasted " +
                     (restarts > 0 ? "about " + short_number(length) + " steps." : "throughout.");
    findings.healthy =
        "Where alpha is 1 or more the objective is known to be smooth in the parameters; below, returns "
        "may have no gradient that a deterministic policy could follow, and values are harder to learn.";
    findings.advice = alpha < 1
                          ? "Values change abruptly with the policy: more --value-steps an iteration, as the bound "
                            "K_V >= K_1 beta_1^alpha / (K_2 beta_2) asks for; more exploration noise smooths."
                          : "Chaos is no obstacle here: a few --value-steps keep up with the policy.";
    return report.exponent.value;
  }

  // the exponent that the objective has along a step, and the constants of the bound on value steps
  void tell_objective(Findings& findings, double lambda,
                      const std::vector<std::optional<ObjectiveChange>>& changes) const {
    Table table{"objective", {"start", "learning_rate", "mean_squared_change"}, {}};
    std::vector<double> exponents, target_changes, value_changes;
    const double gamma = subject_.agent().advantage.gamma();
    const double alpha = std::min(vantage::LyapunovReport{{lambda, 0, {}}}.hoelder_exponent(gamma), 1.0);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (!changes[i] || changes[i]->distances.size() == 0) continue;
      const auto& [exponent, distances, structure, value_change] = *changes[i];
      for (vantage::Index k = 0; k < distances.size(); ++k) {
        table.rows.push_back({std::to_string(i), vantage::csv_number(distances[k]), vantage::csv_number(structure[k])});
      }
      exponents.push_back(exponent);
      target_changes.push_back(
          vantage::hoelder_constant({.exponent = {}, .distances = distances, .structure = structure}, alpha).value);
      value_changes.push_back(value_change);
    }
    if (exponents.size() < 2) return;
    const vantage::Estimate exponent = vantage::estimate_mean(vantage::as_vector(exponents));
    const vantage::Estimate k1 = vantage::estimate_mean(vantage::as_vector(target_changes));
    const vantage::Estimate k2 = vantage::estimate_mean(vantage::as_vector(value_changes));
    findings.tables.push_back(std::move(table));
    findings.estimate("measured_hoelder_exponent", exponent);
    findings.estimate("target_change", k1);
    findings.estimate("value_change", k2);
    findings.found += " Along the step of an update the return's measured exponent is " + short_estimate(exponent) +
                      ", K_1 = " + short_number(k1.value) + " and K_2 = " + short_number(k2.value);
    if (k2.value > 0) {
      const double steps =
          vantage::ValueStepBound{alpha, k1.value, k2.value}(subject_.policy_rate(), subject_.value_rate());
      findings.number("value_steps_of_the_bound", steps);
      findings.found += ": the bound asks for " + short_number(steps) + " value steps, an iteration makes " +
                        std::to_string(subject_.settings().value_steps) + '.';
    } else {
      findings.found += ": the value steps did not come nearer to their targets.";
    }
  }

  ChaosRequest options_;
  const Subject<P>& subject_;
  vantage::Index starts_;
  vantage::Index steps_;
};

#endif
