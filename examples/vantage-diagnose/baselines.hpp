// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_BASELINES_HPP
#define VANTAGE_DIAGNOSE_BASELINES_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "findings.hpp"
#include "gradients.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/diagnostics/true_value.hpp"
#include "vantage/value/no_value.hpp"

/// What the value function is worth to the gradient: the same rollouts judged by the agent's own values, by those of a
/// network fitted to very many returns, and by none.
template <class P>
class MeasureBaselines {
 public:
  MeasureBaselines(const Request& request, const Subject<P>& subject)
      : subject_(subject),
        gae_(std::get_if<vantage::Gae>(&subject.agent().advantage.estimator)),
        sizes_(request.baselines.samples),
        repeats_(or_scale<vantage::Index>(request.baselines.repeats, request.scale, 10, 20, 20)),
        true_samples_(
            or_scale<vantage::Index>(request.baselines.true_samples, request.scale, 500'000, 2'000'000, 5'000'000)),
        passes_(request.baselines.passes) {
    vantage::require(gae_ != nullptr, "baselines", "an agent with --advantage gae", subject.settings().advantage);
    vantage::require(repeats_ >= 3, "--repeats", "three repeats at least", repeats_);
    if (sizes_.empty()) sizes_ = {500, 1000, 2000, 5000, 10'000};
    require_rising(sizes_);
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // a pass costs a fifth of the collection; each repeat forms twelve gradients
    const auto samples = static_cast<double>(true_samples_);
    return {{"true-value", 1, samples * (1.1 + 0.2 * static_cast<double>(passes_))},
            {"repeats", repeats_, 2 * static_cast<double>(sizes_.back())}};
  }

  [[nodiscard]] Findings measure(Units& units) const {
    const auto fitted = units.run_one<TrueValue>(
        "true-value", [&](vantage::Context& context, Pulse& pulse) { return fit(units, context, pulse); });
    Findings findings;
    if (!fitted) {
      findings.found = "The true value is not fitted yet: nothing can be compared.";
      return findings;
    }
    auto true_value = subject_.agent().value;
    true_value.parameters() = fitted->parameters;
    const auto pieces =
        units.run<Columns>("repeats", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) {
          return repeat(units.seed_of("repeats", index), true_value, context, pulse);
        });
    const auto done = finished(pieces);
    if (done.size() < 3) {
      findings.found = "Fewer than three repeats are done: nothing can be compared yet.";
      return findings;
    }
    tell(findings, *fitted, done);
    return findings;
  }

 private:
  // zero is measured once, as it is and with the mean taken off
  static constexpr std::array kNames{"value",    "true_value",     "zero_centred",
                                     "zero_raw", "value_lambda_1", "true_value_lambda_1"};
  enum Kind : std::size_t { kValue, kTrue, kCentred, kRaw, kValueOne, kTrueOne };

  struct TrueValue {
    vantage::Vector<float> parameters;
    vantage::Vector<double> held_out_errors;
    double mean_relative = 0, median_relative = 0, total_relative = 0, normalized_rmse = 0, explained_variance = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive("parameters", parameters);
      archive("held_out_errors", held_out_errors);
      archive("mean_relative", mean_relative);
      archive("median_relative", median_relative);
      archive("total_relative", total_relative);
      archive("normalized_rmse", normalized_rmse);
      archive("explained_variance", explained_variance);
    }
  };

  std::optional<TrueValue> fit(Units& units, vantage::Context& context, Pulse& pulse) const {
    const vantage::Index inputs = subject_.source().spec().observation_size;
    // where the time limit hides more of all returns than is allowed, the agent's values stand for it
    const vantage::Index limit = subject_.source().time_limit();
    vantage::ReturnSamplesOptions options{.gamma = gae_->gamma};
    if (limit > 0 && std::pow(options.gamma, static_cast<double>(limit)) > options.most_unseen) options.most_unseen = 1;
    const auto gather = [&](vantage::Index count,
                            vantage::Index stream) -> std::optional<vantage::ReturnSamples<float>> {
      vantage::ReturnSamples<float> samples(inputs, count, options);
      // long streams: little of them is left out at their ends
      auto source = subject_.source().frozen(16, std::clamp<vantage::Index>(count / 16, 1000, 4096),
                                             units.seed_of("true-value", stream));
      vantage::Batch<float> batch;
      while (!samples.is_full()) {
        source.collect(subject_.agent().policy, context, batch);
        samples.add(batch, context, subject_.agent().value);
        if (!pulse(static_cast<double>(batch.size()))) return {};
      }
      return samples;
    };
    const auto samples = gather(true_samples_, 1);
    if (!samples) return {};
    const auto held_out = gather(std::max<vantage::Index>(true_samples_ / 10, 2), 2);
    if (!held_out) return {};
    auto value = subject_.agent().value;
    context.rng() = vantage::Rng(units.seed_of("true-value", 3), vantage::StreamPurpose::learner);
    const auto report = vantage::fit_true_value(value, *samples, *held_out, context, {.passes = passes_});
    const vantage::ValueError& error = report.held_out;
    return TrueValue{value.parameters(),   report.held_out_errors, error.mean_relative,     error.median_relative,
                     error.total_relative, error.normalized_rmse,  error.explained_variance};
  }

  template <class V>
  std::optional<Columns> repeat(std::uint64_t seed, const V& true_value, vantage::Context& context,
                                Pulse& pulse) const {
    auto source = subject_.source().frozen(1, kChunk, seed);
    const auto view = [&](const auto& value, double lambda) -> vantage::AdvantageView<float> {
      return [this, &value, lambda](const auto& batch, vantage::Context& own, auto& estimate) {
        vantage::Gae{.gamma = gae_->gamma, .lambda = lambda}(batch, value, own, estimate);
      };
    };
    const vantage::NoValue<float> none;
    const auto& own = subject_.agent().value;
    double steps = 0;
    const auto stop = [&] { return !pulse(std::exchange(steps, 2.0 * kChunk)); };
    const auto estimates = vantage::gradient_stream(
        source, subject_.agent().policy,
        {view(own, gae_->lambda), view(true_value, gae_->lambda), view(none, 1), view(own, 1), view(true_value, 1)},
        sizes_, context, stop);
    if (estimates.front().size() < sizes_.size()) return {};
    const auto count = static_cast<vantage::Index>(sizes_.size());
    Columns result{vantage::Matrix<double>(subject_.agent().policy.parameters().size(),
                                           count * static_cast<vantage::Index>(kNames.size()))};
    constexpr std::size_t kViews[] = {0, 1, 2, 2, 3, 4};
    for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
      for (std::size_t size = 0; size < sizes_.size(); ++size) {
        const vantage::GradientEstimate& estimate = estimates[kViews[kind]][size];
        result.columns.col(column(kind, size)) = kind == kRaw ? estimate.raw() : estimate.normalized();
      }
    }
    return result;
  }

  [[nodiscard]] vantage::Index column(std::size_t kind, std::size_t size) const {
    return static_cast<vantage::Index>(kind * sizes_.size() + size);
  }

  // how much more alike gradients are by one baseline than by another, on the same rollouts
  vantage::Estimate difference(const std::vector<const Columns*>& done, Kind a, Kind b, std::size_t size) const {
    const auto without = [&](std::size_t left_out) {
      const vantage::Index count = static_cast<vantage::Index>(done.size()) - (left_out < done.size() ? 1 : 0);
      vantage::Matrix<double> of_a(done[0]->columns.rows(), count), of_b(done[0]->columns.rows(), count);
      vantage::Index to = 0;
      for (std::size_t i = 0; i < done.size(); ++i) {
        if (i == left_out) continue;
        of_a.col(to) = done[i]->columns.col(column(a, size));
        of_b.col(to++) = done[i]->columns.col(column(b, size));
      }
      return vantage::mean_pairwise_cosine(of_a) - vantage::mean_pairwise_cosine(of_b);
    };
    vantage::Vector<double> each(static_cast<vantage::Index>(done.size()));
    for (std::size_t i = 0; i < done.size(); ++i) each[static_cast<vantage::Index>(i)] = without(i);
    return vantage::jackknife(without(done.size()), each);
  }

  void tell(Findings& findings, const TrueValue& fitted, const std::vector<const Columns*>& done) const {
    Table table{"baselines", {"samples"}, {}};
    for (const char* name : kNames) {
      for (const char* end : {"", "_low", "_high"}) table.columns.push_back(std::string(name) + end);
    }
    for (std::size_t size = 0; size < sizes_.size(); ++size) {
      vantage::CsvRow row{std::to_string(sizes_[size])};
      for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
        vantage::Matrix<double> gradients(done[0]->columns.rows(), static_cast<vantage::Index>(done.size()));
        for (std::size_t i = 0; i < done.size(); ++i) {
          gradients.col(static_cast<vantage::Index>(i)) = done[i]->columns.col(column(kind, size));
        }
        const vantage::Estimate cosine = vantage::pairwise_cosine(gradients);
        add_fields(row, cosine);
        if (size + 1 == sizes_.size()) findings.estimate(kNames[kind], cosine);
      }
      table.rows.push_back(std::move(row));
    }
    const std::size_t last = sizes_.size() - 1;
    const vantage::Estimate gain = difference(done, kTrue, kValue, last);
    const vantage::Estimate worth = difference(done, kValue, kCentred, last);
    findings.estimate("true_value_over_value", gain);
    findings.estimate("value_over_zero_centred", worth);
    findings.estimate("true_value_over_zero_centred", difference(done, kTrue, kCentred, last));
    findings.number("true_value_held_out_mean_relative", fitted.mean_relative);
    findings.number("true_value_held_out_median_relative", fitted.median_relative);
    findings.number("true_value_held_out_total_relative", fitted.total_relative);
    findings.number("true_value_held_out_normalized_rmse", fitted.normalized_rmse);
    findings.number("true_value_held_out_explained_variance", fitted.explained_variance);
    const std::string samples = std::to_string(sizes_.back());
    findings.found = "Between gradients of " + samples + " samples the agent's value makes the cosine larger by " +
                     short_estimate(worth) + " than no value (a constant); the true value would add " +
                     short_estimate(gain) + ". The true value misses unseen returns by " +
                     short_number(100 * fitted.mean_relative) + " % on average, which no value can better.";
    findings.healthy = "Healthy is a value that is worth something, and a true value that would add little.";
    findings.advice = gain.interval.low > 0
                          ? "Better values would make better gradients: more --value-steps, or a larger value network."
                      : worth.interval.low > 0
                          ? "The value does what a value can do here."
                          : "The value is worth no more than a constant at this size: noise comes from the returns.";
    findings.plot = subject_.title("cosine of gradients by baseline") +
                    "set xlabel 'samples'\nset ylabel 'cosine between two'\nset key left top\n" + data_block(table) +
                    "plot $data using 1:5:6:7 with yerrorlines linewidth 2 linecolor rgb '#208040' title 'true value', "
                    "$data using 1:2:3:4 with yerrorlines linewidth 2 linecolor rgb '#2060a0' title 'value', "
                    "$data using 1:8:9:10 with yerrorlines linewidth 2 linecolor rgb '#c06020' title 'zero, centred', "
                    "$data using 1:11 with lines dashtype 2 linecolor rgb '#c06020' title 'zero'\n";
    findings.tables.push_back(std::move(table));
  }

  const Subject<P>& subject_;
  const vantage::Gae* gae_;
  std::vector<vantage::Index> sizes_;
  vantage::Index repeats_;
  vantage::Index true_samples_;
  vantage::Index passes_;
};

#endif
