// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_TRUST_REGION_HPP
#define VANTAGE_DIAGNOSE_TRUST_REGION_HPP

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "gradients.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/trust_region_trace.hpp"

/// How far each update goes as training continues from the checkpoint: on the batch that it learns from and on another
/// of the same policy, before its steps and at its end.
template <class P>
class MeasureTrustRegion {
 public:
  MeasureTrustRegion(const Request& request, const Subject<P>& subject)
      : subject_(subject),
        iterations_(or_scale<vantage::Index>(request.trust_region.iterations, request.scale, 20, 100, 500)),
        every_(request.trust_region.every) {
    vantage::require(iterations_ >= 2, "--iterations", "two iterations at least", iterations_);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // a batch, another that is held out, and as much again for the updates
    return {{"training", 1, 3 * static_cast<double>(iterations_ * subject_.batch())}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    std::vector<vantage::Vector<double>> rows;
    const auto done = units.run_one<Columns>(
        "training", [&](vantage::Context& context, Pulse& pulse) { return train(units, context, pulse, rows); });
    return tell(done ? done->columns : side_by_side(rows).columns);
  }

 private:
  static constexpr std::array kColumns{"iteration",
                                       "optimiser_steps",
                                       "finished",
                                       "kl_mean",
                                       "kl_max",
                                       "ratio_min",
                                       "ratio_max",
                                       "clip_fraction",
                                       "entropy",
                                       "surrogate",
                                       "held_out_kl_mean",
                                       "held_out_kl_max",
                                       "held_out_ratio_min",
                                       "held_out_ratio_max",
                                       "held_out_clip_fraction",
                                       "held_out_surrogate"};
  static constexpr vantage::Index kFinished = 2, kKlMean = 3, kRatioMax = 6, kClipFraction = 7, kSurrogate = 9,
                                  kHeldOutKlMean = 10, kHeldOutRatioMax = 13, kHeldOutSurrogate = 15;

  std::optional<Columns> train(Units& units, vantage::Context& context, Pulse& pulse,
                               std::vector<vantage::Vector<double>>& rows) const {
    auto source = subject_.source();
    auto agent = subject_.agent();
    const Settings& settings = subject_.settings();
    const vantage::Index environments = settings.environments;
    vantage::TrustRegionTrace<P> trace({.clip_range = subject_.clip_range(),
                                        .normalize_advantages = settings.advantage_normalization != "none",
                                        .every = every_});
    agent.policy_update.observe_steps(std::ref(trace));
    context.rng() = vantage::Rng(units.seed_of("training", 0), vantage::StreamPurpose::learner);
    auto progress = subject_.progress();
    vantage::Batch<float> batch, held_out;
    vantage::AdvantageEstimate<float> estimate;
    for (vantage::Index i = 0; i < iterations_; ++i) {
      if (!pulse(0)) return {};
      // both are drawn by one policy with one normaliser
      auto other = source.frozen(environments, subject_.batch() / environments, units.seed_of("training", i + 1));
      other.collect(agent.policy, context, held_out);
      agent.advantage(held_out, agent.value, context, estimate);
      trace.hold_out(held_out, estimate.advantages);
      context.set_progress(progress.share_of(settings.steps));
      source.collect(agent.policy, context, batch);
      const P before = agent.policy;
      trace.clear();
      subject_.learn(agent, before, batch, context);
      progress.count_iteration(batch.size(), batch.episodes);
      for (const vantage::TrustRegionEntry& entry : trace.entries()) {
        const auto& [step, surrogate] = entry.batch;
        vantage::Vector<double> row(kColumns.size());
        row << static_cast<double>(progress.iterations), static_cast<double>(entry.steps), entry.finished ? 1.0 : 0.0,
            step.mean_kl, step.max_kl, step.min_ratio, step.max_ratio, step.clip_fraction, step.entropy, surrogate.gain,
            entry.held_out->step.mean_kl, entry.held_out->step.max_kl, entry.held_out->step.min_ratio,
            entry.held_out->step.max_ratio, entry.held_out->step.clip_fraction, entry.held_out->surrogate.gain;
        rows.push_back(std::move(row));
      }
      pulse(3 * static_cast<double>(batch.size()));
    }
    return side_by_side(rows);
  }

  static Columns side_by_side(const std::vector<vantage::Vector<double>>& rows) {
    Columns result{vantage::Matrix<double>(static_cast<vantage::Index>(kColumns.size()),
                                           static_cast<vantage::Index>(rows.size()))};
    for (std::size_t i = 0; i < rows.size(); ++i) result.columns.col(static_cast<vantage::Index>(i)) = rows[i];
    return result;
  }

  Findings tell(const vantage::Matrix<double>& rows) const {
    Findings findings;
    Table table{"trust_region", {kColumns.begin(), kColumns.end()}, {}};
    Table ends{"ends", table.columns, {}};
    std::vector<vantage::Index> finished;
    for (vantage::Index n = 0; n < rows.cols(); ++n) {
      vantage::CsvRow row;
      for (const double value : rows.col(n)) row.push_back(vantage::csv_number(value));
      if (rows(kFinished, n) > 0) {
        finished.push_back(n);
        ends.rows.push_back(row);
      }
      table.rows.push_back(std::move(row));
    }
    if (finished.size() < 2) {
      findings.found = "Fewer than two updates are done: nothing can be said yet.";
      return findings;
    }
    const vantage::Matrix<double> last = rows(Eigen::all, finished);
    const auto over = [&](vantage::Index row) { return vantage::estimate_mean(last.row(row).transpose()); };
    for (vantage::Index column = kKlMean; column < rows.rows(); ++column) {
      findings.estimate(kColumns[static_cast<std::size_t>(column)], over(column));
    }
    const double bound = 1 + subject_.clip_range();
    const double beyond = (last.row(kRatioMax).array() > bound).cast<double>().mean();
    findings.number("share_of_iterations_with_ratio_beyond_the_clip", beyond);
    findings.found = "Over " + std::to_string(finished.size()) + " updates the mean KL was " +
                     short_estimate(over(kKlMean)) + " nats on the batch and " + short_estimate(over(kHeldOutKlMean)) +
                     " on unseen samples; the largest ratio was " + short_number(over(kRatioMax).value) + " (beyond " +
                     short_number(bound) + " in " + short_number(100 * beyond) + " % of updates), " +
                     short_number(100 * over(kClipFraction).value) +
                     " % of samples outside the clip; the surrogate rose by " + short_number(over(kSurrogate).value) +
                     ", on unseen samples by " + short_number(over(kHeldOutSurrogate).value) + ".";
    findings.healthy =
        "Healthy is a KL of 0.005 to 0.03 nats, alike on both batches, and a surrogate that rises on unseen "
        "samples by half as much or more.";
    findings.advice = over(kKlMean).value > 0.05 ? "Steps are large: a lower rate or KL radius, fewer epochs, or a "
                                                   "bound (--max-kl 0.03 --on-violation stop)."
                      : over(kHeldOutSurrogate).value < 0.3 * over(kSurrogate).value
                          ? "What the update gains is mostly the batch's noise: larger batches, or fewer epochs."
                          : "Steps are within what the samples bear out.";
    findings.plot =
        subject_.title("how far updates go") +
        "set xlabel 'iteration'\nset ylabel 'mean KL, nats'\nset y2label 'largest ratio'\nset ytics nomirror\n"
        "set y2tics\nset logscale y2\n" +
        data_block(ends) +
        "plot $data using 1:4 with lines linewidth 2 linecolor rgb '#2060a0' title 'KL', "
        "$data using 1:11 with lines linewidth 2 dashtype 2 linecolor rgb '#2060a0' title 'KL, unseen', "
        "$data using 1:7 axes x1y2 with lines linewidth 2 linecolor rgb '#c06020' title 'ratio', "
        "$data using 1:14 axes x1y2 with lines linewidth 2 dashtype 2 linecolor rgb '#c06020' title 'ratio, "
        "unseen'\n";
    findings.tables = {std::move(table), std::move(ends)};
    return findings;
  }

  const Subject<P>& subject_;
  vantage::Index iterations_;
  vantage::Index every_;
};

#endif
