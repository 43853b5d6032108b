// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_STEPS_HPP
#define VANTAGE_DIAGNOSE_STEPS_HPP

#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/step_distribution.hpp"
#include "vantage/rollout/evaluate.hpp"

/// A mean return of whole episodes and its standard error.
struct MeanReturn {
  double mean = 0;
  double standard_error = 0;
  double mean_length = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("mean", mean);
    archive("standard_error", standard_error);
    archive("mean_length", mean_length);
  }
};

/// Plays so many episodes of the policy as it acts in training.
template <class P>
MeanReturn mean_return(const Subject<P>& subject, const P& policy, vantage::Index episodes, std::uint64_t seed,
                       vantage::Context& context) {
  const vantage::Evaluation played =
      vantage::evaluate(subject.source(), policy, context, {.episodes = episodes, .seed = seed});
  const vantage::Estimate estimate = vantage::estimate_mean(vantage::as_vector(played.returns));
  return {estimate.value, estimate.standard_error, vantage::mean(played.lengths)};
}

/// What the return is after each of many updates of one and the same agent.
template <class P>
class MeasureSteps {
 public:
  MeasureSteps(const Request& request, const Subject<P>& subject)
      : subject_(subject),
        repeats_(or_scale<vantage::Index>(request.steps.repeats, request.scale, 40, 100, 500)),
        episodes_(or_scale<vantage::Index>(request.steps.episodes, request.scale, 20, 50, 100)),
        samples_(subject.whole_steps(request.steps.samples)) {
    vantage::require(episodes_ >= 2, "--episodes", "two episodes at least", episodes_);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    const vantage::Index limit = subject_.source().time_limit();
    vantage::require(limit > 0, "steps", "a task with a time limit", limit);
    const double played = length() * static_cast<double>(episodes_);
    return {{"before", kBefore, played}, {"updates", repeats_, 2 * static_cast<double>(samples_) + played}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    const auto play = [&](const std::string& phase, vantage::Index index, const P& policy, vantage::Context& context) {
      return mean_return(subject_, policy, episodes_, units.seed_of(phase, index), context);
    };
    const auto before = units.run<MeanReturn>(
        "before", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<MeanReturn> {
          if (!pulse(0)) return {};
          const MeanReturn result = play("before", index, subject_.agent().policy, context);
          pulse(result.mean_length * static_cast<double>(episodes_));
          return result;
        });
    const auto after = units.run<MeanReturn>(
        "updates", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<MeanReturn> {
          if (!pulse(0)) return {};
          const auto iteration = subject_.iterate(samples_, units.seed_of("updates", index), context);
          const MeanReturn result = play("updates", index, iteration.agent.policy, context);
          pulse(2 * static_cast<double>(samples_) + result.mean_length * static_cast<double>(episodes_));
          return result;
        });
    return tell(before, after);
  }

 private:
  static constexpr vantage::Index kBefore = 10;

  // of an episode, as training had them lately
  [[nodiscard]] double length() const {
    const auto& progress = subject_.progress();
    return progress.episodes > 0 ? static_cast<double>(progress.env_steps) / static_cast<double>(progress.episodes)
                                 : static_cast<double>(subject_.source().time_limit());
  }

  Findings tell(const std::vector<std::optional<MeanReturn>>& before,
                const std::vector<std::optional<MeanReturn>>& after) const {
    Findings findings;
    Table table{"steps", {"update", "mean_return", "standard_error", "mean_length"}, {}};
    std::vector<double> starts, ends;
    for (const auto& one : before) {
      if (one) starts.push_back(one->mean);
    }
    double noise = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (!after[i]) continue;
      ends.push_back(after[i]->mean);
      noise += after[i]->standard_error;
      table.rows.push_back({std::to_string(i), vantage::csv_number(after[i]->mean),
                            vantage::csv_number(after[i]->standard_error), vantage::csv_number(after[i]->mean_length)});
    }
    if (starts.size() < 2 || ends.empty()) {
      findings.found = "The agent itself is not evaluated yet: nothing can be compared.";
      return findings;
    }
    noise /= static_cast<double>(ends.size());
    const vantage::Estimate start = vantage::estimate_mean(vantage::as_vector(starts));
    vantage::Context one;
    const vantage::StepDistribution steps =
        vantage::step_distribution(start.value, static_cast<vantage::Index>(ends.size()), one,
                                   [&](vantage::Index i, vantage::Index) { return ends[static_cast<std::size_t>(i)]; });
    findings.tables.push_back(std::move(table));
    findings.estimate("return_before", start);
    for (const double p : {0.05, 0.25, 0.5, 0.75, 0.95}) {
      findings.number("return_after_quantile_" + short_number(p), steps.quantile(p));
    }
    findings.number("share_worse", steps.share_worse);
    findings.number("share_worse_by_a_tenth", steps.share_worse_tenth);
    findings.number("share_worse_by_half", steps.share_worse_half);
    findings.number("standard_error_of_each_return", noise);
    findings.found = "Of " + std::to_string(ends.size()) + " updates from a return of " + short_estimate(start) + ", " +
                     short_number(100 * steps.share_worse) + " % made the policy worse, " +
                     short_number(100 * steps.share_worse_tenth) + " % by more than a tenth and " +
                     short_number(100 * steps.share_worse_half) + " % by more than half; the median return after is " +
                     short_number(steps.quantile(0.5)) + ".";
    findings.healthy = "Healthy is fewer than half worse, and none by a tenth; a return here is known to " +
                       short_number(noise) + " (standard error), which alone makes some look worse.";
    findings.advice = steps.share_worse_tenth > 0.1
                          ? "Steps are too large or too noisy: a lower learning rate or KL radius, or a larger --batch."
                          : "Steps are safe: a higher learning rate or KL radius may learn faster.";
    std::string points = "$data << EOD\n";
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(ends.size());
      points += vantage::csv_number(steps.quantile(p)) + ' ' + vantage::csv_number(p) + '\n';
    }
    const std::string at = vantage::csv_number(start.value);
    findings.plot = subject_.title("return after an update") +
                    "set xlabel 'mean return'\nset ylabel 'share of updates below'\nset yrange [0:1]\nset key left\n" +
                    points + "EOD\nset arrow from " + at + ",0 to " + at +
                    ",1 nohead linecolor rgb '#c06020' linewidth 2\n"
                    "plot $data with linespoints linecolor rgb '#2060a0' linewidth 2 title 'after', "
                    "NaN with lines linecolor rgb '#c06020' linewidth 2 title 'before'\n";
    return findings;
  }

  const Subject<P>& subject_;
  vantage::Index repeats_;
  vantage::Index episodes_;
  vantage::Index samples_;
};

#endif
