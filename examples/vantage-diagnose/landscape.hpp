// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_LANDSCAPE_HPP
#define VANTAGE_DIAGNOSE_LANDSCAPE_HPP

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "gradients.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/advantage/advantage_normalization.hpp"
#include "vantage/diagnostics/landscape.hpp"
#include "vantage/diagnostics/landscape_summary.hpp"
#include "vantage/diagnostics/return_estimate.hpp"
#include "vantage/diagnostics/surrogate_value.hpp"

/// The return, and what updates climb instead of it, over a plane of parameters through the policy: x the step of an
/// update (or a gradient, or the way to another checkpoint), y a random direction.
template <class P>
class MeasureLandscape {
 public:
  MeasureLandscape(const Request& request, const Subject<P>& subject)
      : options_(request.landscape),
        subject_(subject),
        nodes_(or_scale<vantage::Index>(options_.nodes, request.scale, 7, 13, 31)),
        steps_(or_scale<vantage::Index>(options_.steps, request.scale, 20'000, 100'000, 200'000)),
        samples_(subject.whole_steps(options_.samples)) {
    vantage::require(nodes_ >= 4, "--nodes", "four nodes along each direction at least", nodes_);
    vantage::require(options_.low < options_.high, "--high", "more than --low", options_.high);
    vantage::require(!options_.to_iteration || std::filesystem::exists(other_checkpoint()), "--to-iteration",
                     "an iteration whose checkpoint --keep-checkpoints of vantage-train left",
                     options_.to_iteration.value_or(0));
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // an episode more or less at the end
    const vantage::Index points = options_.line ? nodes_ : nodes_ * nodes_;
    return {{"points", points, static_cast<double>(steps_) + 4 * static_cast<double>(samples_) * 0.1}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    vantage::Context& context = units.whole();
    const auto iteration = subject_.iterate(samples_, units.seed_of("points", kOfStep), context);
    auto held_out = subject_.draw(samples_, units.seed_of("points", kOfHeldOut), context);
    vantage::Vector<float> advantages = iteration.estimate.advantages;
    vantage::normalize_advantages(advantages);
    vantage::normalize_advantages(held_out.estimate.advantages);

    const vantage::LandscapePlane plane = plane_of(iteration, units, context);
    vantage::Landscape landscape = vantage::landscape_grid(
        nodes(), options_.line ? vantage::Vector<double>{{0}} : nodes(), {kColumns.begin(), kColumns.end()});
    const auto points = units.run<Columns>(
        "points", [&](vantage::Index point, vantage::Context& own, Pulse& pulse) -> std::optional<Columns> {
          P policy = subject_.agent().policy;
          policy.parameters() = plane.at<float>(landscape.x_of(point), landscape.y_of(point));
          const double range = subject_.clip_range();
          const auto seen = vantage::surrogate_value(policy, iteration.batch, advantages, own, range);
          const auto unseen =
              vantage::surrogate_value(policy, held_out.batch, held_out.estimate.advantages, own, range);
          if (!pulse(0)) return {};
          const vantage::ReturnEstimate sum =
              vantage::estimate_return(subject_.source(), policy, own,
                                       {.episodes = kEpisodes,
                                        .steps = steps_,
                                        .deterministic = options_.mean_actions,
                                        .seed = units.seed_of("points", kOfReturns),
                                        .common_random_numbers = options_.common_random_numbers},
                                       point);
          pulse(static_cast<double>(sum.steps));
          Columns result{vantage::Matrix<double>(static_cast<vantage::Index>(kColumns.size()), 1)};
          result.columns << sum.mean, sum.standard_error, static_cast<double>(sum.episodes),
              static_cast<double>(sum.steps), seen.gain, seen.clipped_gain, unseen.gain, unseen.clipped_gain;
          return result;
        });
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!points[i]) continue;
      landscape.values.row(static_cast<vantage::Index>(i)) = points[i]->columns.col(0);
      landscape.measured[i] = true;
    }
    return tell(landscape, plane);
  }

 private:
  static constexpr std::array kColumns{
      "return",    "return_standard_error", "episodes",           "steps",
      "surrogate", "clipped_surrogate",     "held_out_surrogate", "held_out_clipped_surrogate"};
  static constexpr vantage::Index kEpisodes = 8;  // played before the steps are looked at
  // seeds beyond those of points
  static constexpr vantage::Index kOfStep = 1 << 20, kOfHeldOut = kOfStep + 1, kOfReturns = kOfStep + 2,
                                  kOfDirection = kOfStep + 3;

  [[nodiscard]] vantage::Vector<double> nodes() const {
    return vantage::Vector<double>::LinSpaced(nodes_, options_.low, options_.high);
  }

  [[nodiscard]] std::filesystem::path other_checkpoint() const {
    return RunFolder{subject_.settings().output}.kept_checkpoint(options_.to_iteration.value_or(0));
  }

  vantage::LandscapePlane plane_of(const typename Subject<P>::Iteration& iteration, Units& units,
                                   vantage::Context& context) const {
    const vantage::Vector<float>& origin = subject_.agent().policy.parameters();
    vantage::LandscapePlane plane = vantage::line_between(origin, iteration.agent.policy.parameters());
    if (options_.to_iteration) {
      const Subject<P> other(subject_.settings(), subject_.source().prototype(), other_checkpoint(),
                             subject_.agent().policy, context);
      plane = vantage::line_between(origin, other.agent().policy.parameters());
    } else if (options_.direction == "gradient") {
      // as long as the step
      vantage::GradientEstimate gradient;
      gradient.add(subject_.agent().policy, iteration.batch, iteration.estimate.advantages, context);
      const double norm = plane.first.norm();
      plane.first = vantage::with_norm(gradient.normalized(), norm > 0 ? norm : 1);
    }
    if (!options_.line) {
      plane.second =
          vantage::random_direction(plane.origin.size(), options_.norm, units.seed_of("points", kOfDirection));
    }
    return plane;
  }

  Findings tell(const vantage::Landscape& landscape, const vantage::LandscapePlane& plane) const {
    Findings findings;
    Table table{"landscape", {"x", "y"}, {}};
    table.columns.insert(table.columns.end(), kColumns.begin(), kColumns.end());
    for (vantage::Index point = 0; point < landscape.size(); ++point) {
      if (!landscape.measured[static_cast<std::size_t>(point)]) continue;
      vantage::CsvRow row{vantage::csv_number(landscape.x_of(point)), vantage::csv_number(landscape.y_of(point))};
      for (const double value : landscape.values.row(point)) row.push_back(vantage::csv_number(value));
      table.rows.push_back(std::move(row));
    }
    const double step = plane.first.norm();
    findings.number("step_norm", step);
    findings.plot = plot(landscape, table);
    findings.tables.push_back(std::move(table));
    if (!landscape.is_complete()) {
      findings.found = "Not all points are measured: the table has those that are.";
      return findings;
    }
    const vantage::Index returns = landscape.column("return"), errors = landscape.column("return_standard_error");
    const bool clips = subject_.settings().update == "ppo";
    const vantage::Index surrogate = landscape.column(clips ? "clipped_surrogate" : "surrogate");
    const vantage::Index held_out = landscape.column(clips ? "held_out_clipped_surrogate" : "held_out_surrogate");
    const vantage::Agreement seen = vantage::agreement(landscape, returns, surrogate);
    const vantage::Agreement unseen = vantage::agreement(landscape, returns, held_out);
    // what episodes have in common is no noise between points
    const std::optional<vantage::Index> noise =
        options_.common_random_numbers ? std::optional<vantage::Index>() : std::optional(errors);
    const vantage::Roughness rough = vantage::roughness(landscape, returns, noise);
    const vantage::Peak best = vantage::peak(landscape, returns), best_surrogate = vantage::peak(landscape, surrogate);
    findings.number("rank_correlation", seen.rank_correlation);
    findings.number("rank_correlation_line", seen.rank_correlation_line);
    findings.number("held_out_rank_correlation", unseen.rank_correlation);
    findings.number("held_out_rank_correlation_line", unseen.rank_correlation_line);
    findings.number("return_change_of_a_step", seen.return_change);
    findings.number("surrogate_change_of_a_step", seen.surrogate_change);
    findings.number("held_out_surrogate_change_of_a_step", unseen.surrogate_change);
    const double range = vantage::range_of(landscape, returns);
    findings.number("return_range", range);
    findings.number("surrogate_range", vantage::range_of(landscape, surrogate));
    findings.number("mean_return_standard_error", landscape.values.col(errors).mean());
    findings.number("roughness", rough.deviation());
    findings.number("roughness_over_range", rough.deviation() / range);
    if (const auto origin = landscape.point_at(0)) {
      const vantage::Index row = *origin / landscape.x.size();
      const auto slope = vantage::slope_at_origin(landscape.x, vantage::Vector<double>(landscape.along_x(returns, row)),
                                                  vantage::Vector<double>(landscape.along_x(errors, row)));
      findings.number("return_slope", slope.value);
      findings.number("return_slope_standard_error", slope.standard_error);
      findings.number("surrogate_slope",
                      vantage::slope_at_origin(landscape.x, vantage::Vector<double>(landscape.along_x(surrogate, row)),
                                               vantage::Vector<double>())
                          .value);
    }
    for (const auto& [name, where] : {std::pair("return", best), std::pair("surrogate", best_surrogate)}) {
      findings.number(std::string("best_") + name + "_x", where.x);
      findings.number(std::string("best_") + name + "_y", where.y);
    }
    const std::string moved = options_.to_iteration ? "The way to the other checkpoint" : "One step";
    findings.found = moved + " (of norm " + short_number(step) + ") changes the surrogate by " +
                     short_number(seen.surrogate_change) + ", on unseen samples by " +
                     short_number(unseen.surrogate_change) + ", and the return by " + short_number(seen.return_change) +
                     "; over the points their ranks correlate by " + short_number(seen.rank_correlation) + " (unseen " +
                     short_number(unseen.rank_correlation) + "), and the return is rough by " +
                     short_number(rough.deviation()) + " beside a noise of " +
                     short_number(landscape.values.col(errors).mean()) + ".";
    findings.healthy =
        "Healthy is a rank correlation near 1 along the step, an unseen surrogate that rises too, and a "
        "return whose roughness is small beside its change.";
    findings.advice = options_.to_iteration
                          ? "Between the checkpoints the surrogate of the first says little: its ratios are far from 1."
                      : !seen.same_sign() ? "The step does not do what it promises: larger batches, or shorter steps."
                                          : "The step does what it promises; how far it may go shows the table.";
    return findings;
  }

  [[nodiscard]] std::string plot(const vantage::Landscape& landscape, const Table& table) const {
    const std::string data = data_block(table);
    if (landscape.y.size() == 1) {
      return subject_.title("along the step") +
             "set xlabel 'steps'\nset ylabel 'return'\nset y2label 'surrogate'\nset ytics nomirror\nset y2tics\nset "
             "key left\n" +
             data +
             "plot $data using 1:3:4 with yerrorlines linewidth 2 linecolor rgb '#2060a0' title 'return', "
             "$data using 1:7 axes x1y2 with lines linewidth 2 linecolor rgb '#c06020' title 'surrogate', "
             "$data using 1:9 axes x1y2 with lines linewidth 2 dashtype 2 linecolor rgb '#c06020' title 'surrogate, "
             "unseen'\n";
    }
    return data + "set multiplot layout 1,2 title " +
           gnuplot_text(subject_text(subject_.settings(), subject_.progress())) +
           " noenhanced\nset xlabel 'steps'\nset ylabel 'random direction'\nset size square\n"
           "set title 'return'\nplot $data using 1:2:3 with image notitle\n"
           "set title 'surrogate'\nplot $data using 1:2:7 with image notitle\nunset multiplot\n";
  }

  LandscapeRequest options_;
  const Subject<P>& subject_;
  vantage::Index nodes_;
  vantage::Index steps_;
  vantage::Index samples_;
};

#endif
