// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_VALUE_LANDSCAPE_HPP
#define VANTAGE_DIAGNOSE_VALUE_LANDSCAPE_HPP

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "gradients.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/landscape.hpp"
#include "vantage/diagnostics/landscape_summary.hpp"
#include "vantage/diagnostics/squared_error.hpp"

/// The loss of the value over a plane of its parameters: x what the value steps of an iteration do to them, y a random
/// direction.
template <class P>
class MeasureValueLandscape {
 public:
  MeasureValueLandscape(const Request& request, const Subject<P>& subject)
      : options_(request.landscape),
        subject_(subject),
        nodes_(or_scale<vantage::Index>(options_.nodes, request.scale, 7, 13, 31)),
        samples_(subject.whole_steps(options_.samples)) {
    vantage::require(nodes_ >= 4, "--nodes", "four nodes along each direction at least", nodes_);
    vantage::require(options_.low < options_.high, "--high", "more than --low", options_.high);
    vantage::require(!options_.to_iteration, "--to-iteration", "--of returns beside it", "--of values");
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    return {{"points", options_.line ? nodes_ : nodes_ * nodes_, 0.1 * static_cast<double>(samples_)}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    vantage::Context& context = units.whole();
    const auto iteration = subject_.iterate(samples_, units.seed_of("points", kOfStep), context);
    const auto unseen = subject_.draw(samples_, units.seed_of("points", kOfHeldOut), context);
    auto value = subject_.agent().value;
    value.take_scale(iteration.agent.value);
    vantage::LandscapePlane plane = vantage::line_between(value.parameters(), iteration.agent.value.parameters());
    if (!options_.line) {
      plane.second =
          vantage::random_direction(plane.origin.size(), options_.norm, units.seed_of("points", kOfDirection));
    }
    const vantage::Vector<double> nodes = vantage::Vector<double>::LinSpaced(nodes_, options_.low, options_.high);
    vantage::Landscape landscape = vantage::landscape_grid(nodes, options_.line ? vantage::Vector<double>{{0}} : nodes,
                                                           {"value_loss", "held_out_value_loss"});
    const auto points = units.run<Columns>(
        "points", [&](vantage::Index point, vantage::Context& own, Pulse& pulse) -> std::optional<Columns> {
          if (!pulse(0)) return {};
          auto moved = value;
          moved.parameters() = plane.at<float>(landscape.x_of(point), landscape.y_of(point));
          Columns result{vantage::Matrix<double>(2, 1)};
          result.columns << vantage::squared_error(moved, iteration.batch.value_inputs(),
                                                   iteration.estimate.value_targets, own),
              vantage::squared_error(moved, unseen.batch.value_inputs(), unseen.estimate.value_targets, own);
          pulse(0.1 * static_cast<double>(samples_));
          return result;
        });
    Findings findings;
    Table table{"landscape", {"x", "y", "value_loss", "held_out_value_loss"}, {}};
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!points[i]) continue;
      const auto point = static_cast<vantage::Index>(i);
      landscape.values.row(point) = points[i]->columns.col(0);
      landscape.measured[i] = true;
      table.rows.push_back({vantage::csv_number(landscape.x_of(point)), vantage::csv_number(landscape.y_of(point)),
                            vantage::csv_number(landscape.values(point, 0)),
                            vantage::csv_number(landscape.values(point, 1))});
    }
    findings.plot = subject_.title("loss of the value") + "set xlabel 'value steps of an iteration'\nset ylabel '" +
                    (options_.line ? "mean squared error" : "random direction") + "'\n" + data_block(table) +
                    (options_.line ? "plot $data using 1:3 with linespoints title 'fitted', $data using 1:4 with "
                                     "linespoints title 'unseen'\n"
                                   : "plot $data using 1:2:3 with image notitle\n");
    findings.tables.push_back(std::move(table));
    if (!landscape.is_complete()) {
      findings.found = "Not all points are measured: the table has those that are.";
      return findings;
    }
    const auto from = landscape.point_at(0), to = landscape.point_at(1);
    const auto change = [&](vantage::Index column) {
      return from && to ? landscape.values(*to, column) / landscape.values(*from, column) : std::nan("");
    };
    const vantage::Roughness rough = vantage::roughness(landscape, 0);
    findings.number("loss_after_over_before", change(0));
    findings.number("held_out_loss_after_over_before", change(1));
    findings.number("roughness", rough.deviation());
    findings.number("roughness_over_range", rough.deviation() / vantage::range_of(landscape, 0));
    findings.found = "The value steps of an iteration take the loss to " + short_number(change(0)) +
                     " of what it was, on unseen samples to " + short_number(change(1)) +
                     "; the landscape is rough by " + short_number(rough.deviation()) + " between nodes.";
    findings.healthy =
        "Healthy is a smooth bowl, as it is for most networks, and a loss that falls on unseen samples too.";
    findings.advice = change(1) > 1
                          ? "The value steps fit the batch and not the policy: fewer of them, or more samples."
                          : "The value steps go where they should.";
    return findings;
  }

 private:
  static constexpr vantage::Index kOfStep = 1 << 20, kOfHeldOut = kOfStep + 1, kOfDirection = kOfStep + 2;

  LandscapeRequest options_;
  const Subject<P>& subject_;
  vantage::Index nodes_;
  vantage::Index samples_;
};

#endif
