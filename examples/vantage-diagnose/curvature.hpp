// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_CURVATURE_HPP
#define VANTAGE_DIAGNOSE_CURVATURE_HPP

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "findings.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/advantage/advantage_normalization.hpp"
#include "vantage/diagnostics/curvature.hpp"

/// Where the surrogate, the policy's distribution and the value loss bend most, and how much of a gradient lies there.
template <class P>
class MeasureCurvature {
 public:
  MeasureCurvature(const Request& request, const Subject<P>& subject)
      : options_(request.curvature),
        subject_(subject),
        samples_(subject.whole_steps(
            or_scale<vantage::Index>(options_.samples, request.scale, 20'000, 100'000, 1'000'000))) {
    vantage::require(options_.eigenvalues <= kIterations, "--eigenvalues", "sixty at most", options_.eigenvalues);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // a product costs two gradients of the batch, a tenth of its collection
    const double steps = 0.1 * kIterations * static_cast<double>(samples_);
    return {{"surrogate", 1, static_cast<double>(samples_) + steps}, {"fisher", 1, steps}, {"value", 1, steps}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    typename Subject<P>::Draw draw;
    const vantage::Batch<float>& batch = draw.batch;
    const vantage::AdvantageEstimate<float>& estimate = draw.estimate;
    const auto collect = [&](vantage::Context& context, Pulse& pulse) {
      if (draw.batch.size() > 0) return;
      draw = subject_.draw(samples_, units.seed_of("surrogate", 0), context);
      vantage::normalize_advantages(draw.estimate.advantages);
      pulse(static_cast<double>(samples_));
    };
    const P& policy = subject_.agent().policy;
    const auto& value = subject_.agent().value;
    const vantage::Vector<double> theta = policy.parameters().template cast<double>();
    const vantage::Vector<double> phi = value.parameters().template cast<double>();

    const auto surrogate_gradient = [&](vantage::Context& context) {
      return [&](const vantage::Vector<double>& at) -> vantage::Vector<double> {
        P moved = policy;
        moved.parameters() = at.cast<float>();
        vantage::Vector<float> sum(at.size());
        const float share = 1 / static_cast<float>(batch.size());
        moved.score_gradient(
            batch.observations, batch.actions,
            [&](vantage::Index first, const auto& log_probs, auto&& out) {
              const vantage::Index count = log_probs.size();
              out = share * (log_probs - batch.log_probs.segment(first, count)).array().exp() *
                    estimate.advantages.segment(first, count).array();
            },
            context, sum);
        return sum.cast<double>();
      };
    };
    const auto value_gradient = [&](vantage::Context& context) {
      return [&](const vantage::Vector<double>& at) -> vantage::Vector<double> {
        auto moved = value;
        moved.parameters() = at.cast<float>();
        vantage::Vector<float> sum(at.size());
        const float share = 2 / static_cast<float>(batch.size());
        moved.gradient(
            batch.value_inputs(),
            [&](vantage::Index first, const auto& values, vantage::VectorRef<float> out) {
              out = share * (values - estimate.value_targets.segment(first, values.size()));
            },
            context, sum);
        return sum.cast<double>();
      };
    };
    const auto of_gradient = [&](const auto& gradient_in, const vantage::Vector<double>& at, const char* phase) {
      return units.run_one<Bend>(phase, [&](vantage::Context& context, Pulse& pulse) {
        collect(context, pulse);
        const auto gradient = gradient_in(context);
        return bend(vantage::hessian_product(gradient, at, options_.step), gradient(at), pulse);
      });
    };
    const auto surrogate = of_gradient(surrogate_gradient, theta, "surrogate");
    const auto fisher = units.run_one<Bend>("fisher", [&](vantage::Context& context, Pulse& pulse) {
      collect(context, pulse);
      const auto product = [&](const vantage::Vector<double>& v) -> vantage::Vector<double> {
        vantage::Vector<float> result(v.size());
        policy.fisher_product(batch.observations, v.cast<float>(), context, result);
        return result.cast<double>();
      };
      return bend(product, surrogate_gradient(context)(theta), pulse);
    });
    const auto loss = of_gradient(value_gradient, phi, "value");
    return tell({{"surrogate", surrogate}, {"fisher", fisher}, {"value_loss", loss}});
  }

 private:
  static constexpr vantage::Index kIterations = 60;

  struct Bend {
    vantage::Vector<double> eigenvalues;
    vantage::Vector<double> residuals;
    double share = 0;          // of the gradient in the directions found
    double gradient_norm = 0;  // of all

    template <class Archive>
    void serialize(Archive& archive) {
      archive("eigenvalues", eigenvalues);
      archive("residuals", residuals);
      archive("share", share);
      archive("gradient_norm", gradient_norm);
    }
  };

  template <class Product>
  std::optional<Bend> bend(const Product& product, const vantage::Vector<double>& gradient, Pulse& pulse) const {
    bool stopped = false;
    const auto counted = [&](const vantage::Vector<double>& v) -> vantage::Vector<double> {
      stopped = stopped || !pulse(0.1 * static_cast<double>(samples_));
      // nothing more is computed once it is given up
      if (stopped) return vantage::Vector<double>::Zero(v.size());
      return product(v);
    };
    const vantage::Curvature found = vantage::leading_curvature(
        counted, gradient.size(),
        {.eigenvalues = std::min(options_.eigenvalues, gradient.size()), .iterations = kIterations, .tolerance = 1e-3});
    if (stopped) return {};
    return Bend{found.eigenvalues, found.residuals, found.share_of(gradient), gradient.norm()};
  }

  struct Named {
    std::string name;
    std::optional<Bend> bend;
  };

  Findings tell(const std::vector<Named>& bends) const {
    Findings findings;
    Table table{"curvature", {"matrix", "rank", "eigenvalue", "residual"}, {}};
    for (const auto& [name, found] : bends) {
      if (!found) continue;
      for (vantage::Index i = 0; i < found->eigenvalues.size(); ++i) {
        table.rows.push_back({name, std::to_string(i + 1), vantage::csv_number(found->eigenvalues[i]),
                              vantage::csv_number(found->residuals[i])});
      }
      findings.number(name + "_largest_eigenvalue", found->eigenvalues[0]);
      findings.number(name + "_share_of_gradient", found->share);
      findings.number(name + "_gradient_norm", found->gradient_norm);
    }
    findings.plot = plot(table);
    findings.tables.push_back(std::move(table));
    const auto& [surrogate, fisher, loss] = std::tie(bends[0].bend, bends[1].bend, bends[2].bend);
    if (!surrogate || !fisher || !loss) {
      findings.found = "Not all matrices are done.";
      return findings;
    }
    findings.found = "The surrogate bends by " + short_number(surrogate->eigenvalues[0]) +
                     " at most, the policy's distribution by " + short_number(fisher->eigenvalues[0]) +
                     ", the value loss by " + short_number(loss->eigenvalues[0]) + "; their leading " +
                     std::to_string(loss->eigenvalues.size()) + " directions hold " +
                     short_number(100 * surrogate->share) + ", " + short_number(100 * fisher->share) + " and " +
                     short_number(100 * loss->share) + " % of the gradient.";
    findings.healthy =
        "A step of plain gradient descent is stable on the value loss for learning rates below 2 / eigenvalue = " +
        short_number(2 / std::abs(loss->eigenvalues[0])) +
        "; a positive leading eigenvalue of the surrogate means that it gains more than its slope says.";
    findings.advice =
        fisher->share > 0.5
            ? "Most of the gradient lies where the distribution bends most: natural gradients (npg, trpo) "
              "would take other steps."
            : "Little of the gradient lies where the distribution bends most: plain steps do not go "
              "where the KL grows fastest.";
    return findings;
  }

  [[nodiscard]] std::string plot(const Table& table) const {
    std::string curves;
    const std::pair<const char*, const char*> matrices[] = {
        {"surrogate", "#c06020"}, {"fisher", "#2060a0"}, {"value_loss", "#408040"}};
    for (const auto& [name, colour] : matrices) {
      curves += std::string(curves.empty() ? "plot " : ", ") + "$data using 2:(strcol(1) eq '" + name +
                "' ? abs($3) : NaN) with linespoints linewidth 2 linecolor rgb '" + colour + "' title '" + name +
                "' noenhanced";
    }
    return subject_.title("leading eigenvalues") +
           "set logscale y\nset xlabel 'rank'\nset ylabel 'size of the eigenvalue'\nset xtics 1\n" + data_block(table) +
           curves + '\n';
  }

  CurvatureRequest options_;
  const Subject<P>& subject_;
  vantage::Index samples_;
};

#endif
