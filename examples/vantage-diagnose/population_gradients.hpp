// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_POPULATION_GRADIENTS_HPP
#define VANTAGE_DIAGNOSE_POPULATION_GRADIENTS_HPP

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "columns.hpp"
#include "findings.hpp"
#include "population_subject.hpp"
#include "request.hpp"
#include "units.hpp"
#include "vantage/diagnostics/population_slopes.hpp"
#include "vantage/diagnostics/slope_quality.hpp"

/// How well the slope of returns at a frozen centre is known from so many policies, and what its value knows of it.
template <class Agent>
class MeasurePopulationGradients {
 public:
  MeasurePopulationGradients(const Request& request, const PopulationSubject<Agent>& subject)
      : options_(request.gradients),
        subject_(subject),
        repeats_(or_scale<vantage::Index>(options_.repeats, request.scale, 20, 50, 100)),
        sizes_(options_.samples) {
    const GradientsRequest plain;
    vantage::require(options_.reference == plain.reference && options_.burn_in == plain.burn_in &&
                         options_.advantages == plain.advantages && options_.vector == plain.vector &&
                         !options_.discount_weights,
                     "gradients", "--samples and --repeats alone of a run that plays populations", "others");
    if (sizes_.empty()) sizes_ = {population()};
    require_rising(sizes_);
    vantage::require(repeats_ >= 3, "--repeats", "three estimates at least", repeats_);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    double policies = 0;
    for (const vantage::Index size : sizes_) policies += static_cast<double>(size);
    return {{"populations", repeats_, policies * subject_.episode_length()}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    const auto pieces = run(units);
    const auto done = finished(pieces);
    Findings findings;
    if (done.size() < 3) {
      findings.found = "Fewer than three estimates are done: nothing can be compared yet.";
      return findings;
    }
    const auto slope = value_slope(units.whole());
    Table table{"gradients",
                {"policies", "pairwise_cosine", "pairwise_low", "pairwise_high", "noise_scale", "population_cosine",
                 "value_cosine", "value_low", "value_high", "correction", "norm"},
                {}};
    std::vector<vantage::SlopeQuality> qualities;
    for (std::size_t size = 0; size < sizes_.size(); ++size) {
      vantage::Matrix<double> slopes(done.front()->columns.rows(), static_cast<vantage::Index>(done.size()));
      for (std::size_t i = 0; i < done.size(); ++i) {
        slopes.col(static_cast<vantage::Index>(i)) = done[i]->columns.col(static_cast<vantage::Index>(size));
      }
      // any slope will do where there is no value: its cosine is not told
      qualities.push_back(
          vantage::slope_quality(slopes, sizes_[size], slope ? *slope : vantage::Vector<double>(slopes.col(0))));
      vantage::SlopeQuality& quality = qualities.back();
      if (!slope) quality.value = {std::nan(""), std::nan(""), {std::nan(""), std::nan("")}};
      vantage::CsvRow row{std::to_string(sizes_[size])};
      add_fields(row, quality.pairwise);
      row.push_back(vantage::csv_number(quality.noise_scale));
      row.push_back(vantage::csv_number(quality.population));
      add_fields(row, quality.value);
      row.push_back(vantage::csv_number(quality.correction));
      row.push_back(vantage::csv_number(slopes.rowwise().mean().norm()));
      table.rows.push_back(std::move(row));
    }
    findings.plot = plot(table, slope.has_value());
    findings.tables.push_back(std::move(table));
    add_words(findings, qualities.back(), slope.has_value());
    return findings;
  }

 private:
  [[nodiscard]] vantage::Index population() const { return subject_.settings().population; }

  auto run(Units& units) const {
    return units.run<Columns>(
        "populations", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<Columns> {
          const Settings& settings = subject_.settings();
          const Agent& agent = subject_.agent();
          const std::uint64_t seed = units.seed_of("populations", index);
          auto source = subject_.source().frozen(seed);
          Columns result{{agent.policy.parameters().size(), static_cast<vantage::Index>(sizes_.size())}};
          for (std::size_t i = 0; i < sizes_.size(); ++i) {
            if (!pulse(0)) return {};
            // a seed for each size: a larger population does not begin with a smaller one
            result.columns.col(static_cast<vantage::Index>(i)) = vantage::population_slopes(
                source, agent.policy, agent.perturbation, agent.weight_clip, context,
                {.populations = 1,
                 .policies = sizes_[i],
                 .return_transform = named<vantage::ReturnScale>(vantage::kReturnScaleNames, settings.return_transform),
                 .survival_bonus = settings.survival_bonus,
                 .seed = seed + i});
            pulse(static_cast<double>(sizes_[i]) * subject_.episode_length());
          }
          return result;
        });
  }

  // at the policy of the checkpoint; none: there is no value, or it knows no direction
  [[nodiscard]] std::optional<vantage::Vector<double>> value_slope(vantage::Context& context) const {
    const Agent& agent = subject_.agent();
    if constexpr (vantage::InputDifferentiable<decltype(agent.value), float>) {
      vantage::Vector<float> slope(agent.policy.parameters().size());
      agent.value.input_gradient(agent.policy.parameters(), context, slope);
      if (slope.allFinite() && slope.norm() > 0) return slope.template cast<double>();
    }
    return {};
  }

  [[nodiscard]] std::string plot(const Table& table, bool with_value) const {
    return subject_.title("cosine of slopes") +
           "set logscale x\nset xlabel 'policies'\nset ylabel 'cosine'\nset yrange [-0.2:1]\nset key left top\n" +
           data_block(table) +
           "plot $data using 1:3:4 with filledcurves fillcolor rgb '#c0d4e8' notitle, "
           "$data using 1:2 with linespoints linewidth 2 linecolor rgb '#2060a0' title 'between two populations', " +
           (with_value ? "$data using 1:7 with linespoints linewidth 2 linecolor rgb '#c06020' title 'of the value', "
                       : "") +
           "$data using 1:6 with lines dashtype 2 linecolor rgb '#808080' title '1 / sqrt(1 + B / N)'\n";
  }

  void add_words(Findings& findings, const vantage::SlopeQuality& quality, bool has_value) const {
    const auto size = static_cast<double>(sizes_.back());
    findings.number("noise_scale", quality.noise_scale);
    findings.number("population", static_cast<double>(population()));
    findings.number("policies", size);
    findings.number("population_cosine", quality.population);
    findings.estimate("pairwise_cosine", quality.pairwise);
    if (has_value) findings.estimate("value_cosine", quality.value);
    findings.found =
        "The slopes of two populations of " + short_number(size) + " policies have a mean cosine of " +
        short_estimate(quality.pairwise) + "; noise and signal are equal at B = " + short_number(quality.noise_scale) +
        " policies. To the true slope that of one population has a cosine of " + short_number(quality.population) +
        (has_value ? ", that of the value " + short_estimate(quality.value) + "." : ".");
    findings.healthy = has_value
                           ? "Healthy is a value whose cosine is above that of one population, which costs no value."
                           : "Healthy is a cosine of 1 / sqrt(1 + B / N) with N >= B, 0.7 or more.";
    if (!std::isfinite(quality.noise_scale)) {
      findings.advice = "No signal was seen: measure with more --samples or --repeats.";
    } else if (!has_value) {
      findings.advice = "A larger --population makes steps better up to about B policies.";
    } else if (quality.value.interval.high < quality.population) {
      findings.advice = "The value knows less than the population that it learned from: compare with --update es.";
    } else if (quality.value.interval.low > quality.population) {
      findings.advice = "The value is worth its steps: its slope is better than that of one population.";
    } else {
      findings.advice = "The value's slope and that of one population cannot be told apart: more --repeats would.";
    }
  }

  GradientsRequest options_;
  const PopulationSubject<Agent>& subject_;
  vantage::Index repeats_;
  std::vector<vantage::Index> sizes_;
};

#endif
