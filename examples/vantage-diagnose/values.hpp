// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_VALUES_HPP
#define VANTAGE_DIAGNOSE_VALUES_HPP

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "findings.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/start_value_error.hpp"
#include "vantage/diagnostics/value_quality.hpp"

/// How far the value function is from what it is fitted to and from the returns of the policy, on the batch of an
/// iteration and on another that it does not see, before and after its steps.
template <class P>
class MeasureValues {
 public:
  MeasureValues(const Request& request, const Subject<P>& subject)
      : subject_(subject),
        repeats_(or_scale<vantage::Index>(request.values.repeats, request.scale, 10, 50, 200)),
        samples_(request.values.returns == "complete" ? vantage::ComparedReturns::complete
                 : request.values.returns == "all"    ? vantage::ComparedReturns::all
                                                      : vantage::ComparedReturns::published) {
    vantage::require(repeats_ >= 2, "--repeats", "two iterations at least", repeats_);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // the update takes as long as a collection, and there are two of these
    return {{"iterations", repeats_, 3 * static_cast<double>(subject_.batch())}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    const auto pieces =
        units.run<Errors>("iterations", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) {
          return iterate(units.seed_of("iterations", index), context, pulse);
        });
    const auto done = finished(pieces);
    Findings findings;
    if (done.size() < 2) {
      findings.found = "Fewer than two iterations are done: nothing can be said yet.";
      return findings;
    }
    Table table{"values", {"batch", "value", "against"}, {}};
    for (const char* measure : kMeasures) {
      for (const char* end : {"", "_low", "_high"}) table.columns.push_back(std::string(measure) + end);
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      vantage::CsvRow fields{row < 4 ? "trained" : "held_out", row / 2 % 2 == 0 ? "before" : "after",
                             row % 2 == 0 ? "targets" : "returns"};
      for (std::size_t measure = 0; measure < kMeasures.size(); ++measure) {
        add_fields(fields, over(done, row, measure));
      }
      table.rows.push_back(std::move(fields));
    }
    findings.tables.push_back(std::move(table));
    add_words(findings, done);
    return findings;
  }

 private:
  static constexpr std::array kMeasures{"mean_relative", "median_relative", "total_relative", "normalized_rmse",
                                        "explained_variance"};
  static constexpr std::array kStarts{"start_error_of_mean_actions", "absolute_start_error_of_mean_actions",
                                      "start_error", "absolute_start_error"};
  static constexpr vantage::Index kEpisodes = 10;  // that tell eta(s_0), an iteration
  static constexpr std::size_t kRows = 8;          // trained on or not, before or after, targets or returns
  static constexpr std::size_t kTrainedAfterTargets = 2, kHeldOutAfterTargets = 6, kHeldOutAfterReturns = 7;

  struct Errors {
    vantage::Matrix<double> numbers;  // measures x rows
    vantage::Vector<double> start;    // eta(s_0) by mean actions and by samples, each signed and absolute

    template <class Archive>
    void serialize(Archive& archive) {
      archive("numbers", numbers);
      archive("start", start);
    }
  };

  std::optional<Errors> iterate(std::uint64_t seed, vantage::Context& context, Pulse& pulse) const {
    if (!pulse(0)) return {};
    const auto iteration = subject_.iterate(subject_.batch(), seed, context);
    if (!pulse(2 * static_cast<double>(subject_.batch()))) return {};
    // the same policy and the old value in other worlds
    const auto [held_out, estimate] = subject_.draw(
        subject_.batch(), vantage::Rng::derive_seed(seed, vantage::StreamPurpose::frozen_rollout, 1), context);

    Errors result{vantage::Matrix<double>(static_cast<vantage::Index>(kMeasures.size()), kRows),
                  start_errors(seed, context)};
    vantage::Index column = 0;
    const auto add = [&](const vantage::ValueError& error) {
      result.numbers.col(column++) << error.mean_relative, error.median_relative, error.total_relative,
          error.normalized_rmse, error.explained_variance;
    };
    const double gamma = subject_.agent().advantage.gamma();
    const auto add_both = [&](const auto& batch, const auto& targets) {
      for (const auto* value : {&subject_.agent().value, &iteration.agent.value}) {
        const vantage::ValueQuality quality = vantage::value_quality(batch, targets, *value, gamma, context, samples_);
        add(quality.targets);
        add(quality.returns);
      }
    };
    add_both(iteration.batch, iteration.estimate);
    add_both(held_out, estimate);
    pulse(static_cast<double>(subject_.batch()));
    return result;
  }

  // of the values as they are; none where episodes have no end
  vantage::Vector<double> start_errors(std::uint64_t seed, vantage::Context& context) const {
    vantage::Vector<double> result = vantage::Vector<double>::Constant(4, std::nan(""));
    if (subject_.source().time_limit() == 0) return result;
    for (const bool deterministic : {true, false}) {
      const auto eta =
          vantage::start_value_error(subject_.source(), subject_.agent().policy, subject_.agent().value, context,
                                     {.episodes = kEpisodes, .deterministic = deterministic, .seed = seed});
      result.segment<2>(deterministic ? 0 : 2) << eta.signed_mean.value, eta.absolute_mean.value;
    }
    return result;
  }

  static vantage::Estimate over(const std::vector<const Errors*>& done, std::size_t row, std::size_t measure) {
    return over(done, [&](const Errors& one) {
      return one.numbers(static_cast<vantage::Index>(measure), static_cast<vantage::Index>(row));
    });
  }

  // over the iterations where there was something to measure
  template <class Number>
  static vantage::Estimate over(const std::vector<const Errors*>& done, const Number& number_of) {
    std::vector<double> numbers;
    for (const Errors* one : done) {
      if (const double number = number_of(*one); std::isfinite(number)) numbers.push_back(number);
    }
    if (numbers.size() < 2) {
      const double none = std::nan("");
      return {none, none, {none, none}};
    }
    return vantage::estimate_mean(vantage::as_vector(numbers));
  }

  void add_words(Findings& findings, const std::vector<const Errors*>& done) const {
    const vantage::Estimate targets = over(done, kHeldOutAfterTargets, 0);
    const vantage::Estimate returns = over(done, kHeldOutAfterReturns, 0);
    const vantage::Estimate trained = over(done, kTrainedAfterTargets, 3);
    const vantage::Estimate held_out = over(done, kHeldOutAfterTargets, 3);
    findings.estimate("held_out_targets_mean_relative", targets);
    findings.estimate("held_out_returns_mean_relative", returns);
    findings.estimate("held_out_returns_total_relative", over(done, kHeldOutAfterReturns, 2));
    findings.estimate("trained_normalized_rmse", trained);
    findings.estimate("held_out_normalized_rmse", held_out);
    findings.estimate("held_out_returns_explained_variance", over(done, kHeldOutAfterReturns, 4));
    for (std::size_t i = 0; i < kStarts.size(); ++i) {
      findings.estimate(kStarts[i],
                        over(done, [&](const Errors& one) { return one.start[static_cast<vantage::Index>(i)]; }));
    }
    findings.found = "On samples that it has not seen the value misses its targets by a mean of " +
                     short_number(100 * targets.value) + " % and the returns by " + short_number(100 * returns.value) +
                     " %; of the deviation of targets " + short_number(held_out.value) + " are missed, " +
                     short_number(trained.value) + " where it was fitted.";
    findings.healthy =
        "Healthy is a normalised error well below 1, and as large on unseen samples as where it was fitted; returns "
        "scatter, so that even a perfect value misses them.";
    findings.advice = held_out.value > 1.5 * trained.value
                          ? "The value fits what it sees only: more samples (--batch) or fewer --value-steps."
                      : trained.value > 0.5
                          ? "The value has not learned its targets: more --value-steps, or a higher "
                            "--value-learning-rate."
                          : "The value has learned its targets: more --value-steps would gain little.";
    std::string bars = "$data << EOD\n";
    const char* names[] = {"targets, fitted", "returns, fitted", "targets, unseen", "returns, unseen"};
    const std::size_t rows[] = {2, 3, 6, 7};
    for (std::size_t i = 0; i < 4; ++i) {
      const auto before = over(done, rows[i] - 2, 3), after = over(done, rows[i], 3);
      bars += '"' + std::string(names[i]) + "\" " + vantage::csv_number(before.value) + ' ' +
              vantage::csv_number(after.value) + '\n';
    }
    findings.plot = subject_.title("error of values over the deviation of what they are compared with") +
                    "set style data histogram\nset style fill solid 0.8\nset yrange [0:*]\n" + bars +
                    "EOD\nplot $data using 2:xtic(1) title 'before the value steps' linecolor rgb '#a0a0a0', "
                    "$data using 3 title 'after' linecolor rgb '#2060a0'\n";
  }

  const Subject<P>& subject_;
  vantage::Index repeats_;
  vantage::ComparedReturns samples_;
};

#endif
