// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_GRADIENTS_HPP
#define VANTAGE_DIAGNOSE_GRADIENTS_HPP

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "columns.hpp"
#include "findings.hpp"
#include "subject.hpp"
#include "units.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/diagnostics/gradient_stream.hpp"

/// Steps of each collection of a stream: an episode of most tasks fits in.
inline constexpr vantage::Index kChunk = 2048;

/// Lets a stream go on by itself. False where the pulse says stop.
template <class P>
bool burn_in(vantage::Collector<AnyEnvironment>& stream, const P& policy, vantage::Index steps,
             vantage::Context& context, Pulse& pulse) {
  vantage::Batch<float> batch;
  for (vantage::Index done = 0; done < steps; done += batch.steps()) {
    if (!pulse(static_cast<double>(batch.size()))) return false;
    stream.collect(policy, context, batch, std::min(steps - done, kChunk));
  }
  return true;
}

/// Names and places of what a policy's parameters consist of.
template <class P>
std::vector<std::pair<std::string, vantage::ParameterBlock>> named_blocks(const P& policy) {
  std::vector<std::pair<std::string, vantage::ParameterBlock>> result;
  const auto& network = policy.network();
  const vantage::Index front = network.first().parameter_count();
  if (front > 0) result.emplace_back("encoder", vantage::ParameterBlock{0, front, 1, 0, -1});
  int layer = 0;
  for (vantage::ParameterBlock block : vantage::parameter_space(network.second()).blocks) {
    const bool is_matrix = block.column_axis >= 0;
    const char* what = is_matrix ? " weights" : block.row_axis > layer ? " biases" : " gains";
    if (!is_matrix) layer = block.row_axis;
    block.offset += front;
    result.emplace_back("layer " + std::to_string(block.row_axis) + what, block);
  }
  const vantage::Index known = network.parameter_count(), rest = policy.parameters().size() - known;
  if (rest > 0) result.emplace_back("log std", vantage::ParameterBlock{known, rest, 1, 0, -1});
  return result;
}

/// What one stream leaves: a gradient after each size, and all that it has seen, for the references of the others.
struct GradientRepeat : Columns {
  vantage::GradientEstimate whole;

  template <class Archive>
  void serialize(Archive& archive) {
    Columns::serialize(archive);
    archive("whole", whole);
  }
};

/// How well gradients, or the steps of whole updates, are known from so many samples.
template <class P>
class MeasureGradients {
 public:
  MeasureGradients(const Request& request, const Subject<P>& subject)
      : options_(request.gradients),
        subject_(subject),
        repeats_(or_scale<vantage::Index>(options_.repeats, request.scale, 11, 11, 11)),
        reference_(or_scale<vantage::Index>(options_.reference, request.scale, 2'000'000, 5'000'000, 10'000'000)),
        sizes_(options_.samples) {
    if (of_steps()) {
      if (sizes_.empty()) sizes_ = {subject.batch()};
      for (vantage::Index& size : sizes_) size = subject.whole_steps(size);
    } else if (sizes_.empty()) {
      const vantage::Index largest = or_scale<vantage::Index>(0, request.scale, 200'000, 500'000, 1'000'000);
      for (vantage::Index decade = 100; decade <= largest; decade *= 10) {
        for (const vantage::Index digit : {1, 2, 5}) {
          if (digit * decade <= largest) sizes_.push_back(digit * decade);
        }
      }
    }
    require_rising(sizes_);
    vantage::require(repeats_ >= 3, "--repeats", "three estimates at least", repeats_);
    vantage::require(reference_ >= kReferenceStreams, "--reference", "sixteen samples at least", reference_);
    const vantage::Index others = (repeats_ - 1) * sizes_.back();
    others_suffice_ = others >= reference_;
    reference_ = others_suffice_ ? others : reference_ - reference_ % kReferenceStreams;
  }

  [[nodiscard]] std::vector<Phase> phases() const {
    // two gradients and the values beside the collection
    constexpr double kCost = 1.25;
    const auto burnt = static_cast<double>(options_.burn_in);
    if (of_steps()) {
      double samples = 0;
      for (const vantage::Index size : sizes_) samples += static_cast<double>(size);
      return {{"steps", repeats_, samples * 2}};
    }
    std::vector<Phase> phases{{"repeats", repeats_, (static_cast<double>(sizes_.back()) + burnt) * kCost}};
    if (!others_suffice_) {
      const auto samples = static_cast<double>(reference_ / kReferenceStreams);
      phases.push_back({"reference", kReferenceStreams, (samples + burnt) * kCost});
    }
    return phases;
  }

  [[nodiscard]] Findings measure(Units& units) const {
    if (of_steps()) return findings_of(run_steps(units), {});
    const auto repeats = run_repeats(units);
    return findings_of(repeats, others_suffice_ ? sums_of_others(repeats) : run_reference(units));
  }

 private:
  static constexpr vantage::Index kReferenceStreams = 16;

  // `references`: one, or one for each of the repeats; none where they are not known yet, or of steps
  template <class Piece>
  [[nodiscard]] Findings findings_of(const std::vector<std::optional<Piece>>& repeats,
                                     const std::optional<vantage::Matrix<double>>& references) const {
    const auto done = finished(repeats);
    Findings findings;
    if (done.size() < 3) {
      findings.found = "Fewer than three estimates are done: nothing can be compared yet.";
      return findings;
    }
    const auto at_size = [&](std::size_t size) {
      vantage::Matrix<double> gradients(done.front()->columns.rows(), static_cast<vantage::Index>(done.size()));
      for (std::size_t i = 0; i < done.size(); ++i) {
        gradients.col(static_cast<vantage::Index>(i)) = done[i]->columns.col(static_cast<vantage::Index>(size));
      }
      return gradients;
    };
    // the largest estimates tell the noise best
    const double noise = vantage::noise_scale(at_size(sizes_.size() - 1), sizes_.back()).value();
    add_table(findings, at_size, noise, references);
    add_words(findings, at_size(nearest()), noise);
    if (!of_steps()) add_blocks(findings, at_size(sizes_.size() - 1));
    return findings;
  }

  [[nodiscard]] bool of_steps() const { return options_.vector == "step"; }

  [[nodiscard]] vantage::Vector<double> chosen(const vantage::GradientEstimate& estimate) const {
    return options_.advantages == "raw" ? estimate.raw() : estimate.normalized();
  }

  [[nodiscard]] std::optional<double> discount() const {
    if (!options_.discount_weights) return {};
    return subject_.agent().advantage.gamma();
  }

  // the estimate after each of `sizes` samples of one stream
  std::optional<std::vector<vantage::GradientEstimate>> stream(Units& units, const std::string& phase,
                                                               vantage::Index index,
                                                               const std::vector<vantage::Index>& sizes,
                                                               vantage::Context& context, Pulse& pulse) const {
    auto source = subject_.source().frozen(1, kChunk, units.seed_of(phase, index));
    context.set_progress(subject_.share());
    if (!burn_in(source, subject_.agent().policy, options_.burn_in, context, pulse)) return {};
    double before = 0;
    const auto stop = [&] {
      const double steps = before;
      before = 1.25 * kChunk;
      return !pulse(steps);
    };
    auto estimates =
        gradient_stream(source, subject_.agent().policy, {subject_.advantages()}, sizes, context, stop, discount());
    if (estimates.front().size() < sizes.size()) return {};
    return std::move(estimates.front());
  }

  auto run_repeats(Units& units) const {
    return units.run<GradientRepeat>(
        "repeats", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<GradientRepeat> {
          const auto estimates = stream(units, "repeats", index, sizes_, context, pulse);
          if (!estimates) return {};
          GradientRepeat result{
              {{subject_.agent().policy.parameters().size(), static_cast<vantage::Index>(sizes_.size())}},
              estimates->back()};
          for (std::size_t i = 0; i < sizes_.size(); ++i) {
            result.columns.col(static_cast<vantage::Index>(i)) = chosen((*estimates)[i]);
          }
          return result;
        });
  }

  // for each repeat the gradient of all samples of the others
  [[nodiscard]] std::optional<vantage::Matrix<double>> sums_of_others(
      const std::vector<std::optional<GradientRepeat>>& repeats) const {
    const auto done = finished(repeats);
    if (done.size() < repeats.size()) return {};
    vantage::Matrix<double> references(done.front()->columns.rows(), repeats_);
    for (vantage::Index i = 0; i < repeats_; ++i) {
      vantage::GradientEstimate sum(discount());
      for (const GradientRepeat* repeat : done) {
        if (repeat != done[static_cast<std::size_t>(i)]) sum.add(repeat->whole);
      }
      references.col(i) = chosen(sum);
    }
    return references;
  }

  [[nodiscard]] std::optional<vantage::Matrix<double>> run_reference(Units& units) const {
    const auto parts = units.run<vantage::GradientEstimate>(
        "reference",
        [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<vantage::GradientEstimate> {
          const auto estimates = stream(units, "reference", index, {reference_ / kReferenceStreams}, context, pulse);
          if (!estimates) return {};
          return estimates->front();
        });
    vantage::GradientEstimate sum(discount());
    for (const auto& part : parts) {
      if (!part) return {};
      sum.add(*part);
    }
    return chosen(sum);
  }

  // theta' - theta of whole updates of copies of the agent, as training would make them from these samples
  auto run_steps(Units& units) const {
    return units.run<Columns>(
        "steps", [&](vantage::Index index, vantage::Context& context, Pulse& pulse) -> std::optional<Columns> {
          Columns result{{subject_.agent().policy.parameters().size(), static_cast<vantage::Index>(sizes_.size())}};
          for (std::size_t i = 0; i < sizes_.size(); ++i) {
            if (!pulse(0)) return {};
            const auto iteration = subject_.iterate(sizes_[i], units.seed_of("steps", index), context);
            result.columns.col(static_cast<vantage::Index>(i)) =
                (iteration.agent.policy.parameters() - subject_.agent().policy.parameters()).template cast<double>();
            pulse(2 * static_cast<double>(sizes_[i]));
          }
          return result;
        });
  }

  // of the size that is nearest to what an iteration learns from
  [[nodiscard]] std::size_t nearest() const {
    const auto distance = [&](vantage::Index size) {
      return std::abs(std::log(static_cast<double>(size) / static_cast<double>(subject_.batch())));
    };
    const auto closer = [&](vantage::Index a, vantage::Index b) { return distance(a) < distance(b); };
    return static_cast<std::size_t>(std::min_element(sizes_.begin(), sizes_.end(), closer) - sizes_.begin());
  }

  template <class AtSize>
  void add_table(Findings& findings, const AtSize& at_size, double noise,
                 const std::optional<vantage::Matrix<double>>& references) const {
    Table table{"gradients",
                {"samples", "pairwise_cosine", "pairwise_low", "pairwise_high", "reference_cosine", "reference_low",
                 "reference_high", "noise_scale", "predicted_cosine", "norm"},
                {}};
    const double correction = std::sqrt(1 + noise / static_cast<double>(reference_));
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      const vantage::Matrix<double> gradients = at_size(i);
      vantage::CsvRow row{std::to_string(sizes_[i])};
      add_fields(row, vantage::pairwise_cosine(gradients));
      if (references && std::isfinite(correction)) {
        add_fields(row, vantage::cosine_to_reference(gradients, *references, correction));
      } else {
        row.insert(row.end(), 3, "nan");
      }
      row.push_back(vantage::csv_number(vantage::noise_scale(gradients, sizes_[i]).value()));
      row.push_back(vantage::csv_number(1 / (1 + noise / static_cast<double>(sizes_[i]))));
      row.push_back(vantage::csv_number(gradients.rowwise().mean().norm()));
      table.rows.push_back(std::move(row));
    }
    findings.plot = plot(table, references.has_value());
    findings.tables.push_back(std::move(table));
  }

  [[nodiscard]] std::string plot(const Table& table, bool with_reference) const {
    return subject_.title("cosine of " + what()) +
           "set logscale x\nset xlabel 'samples'\nset ylabel 'cosine'\nset yrange [-0.2:1]\n"
           "set key left top\n" +
           data_block(table) +
           "plot $data using 1:3:4 with filledcurves fillcolor rgb '#c0d4e8' notitle, "
           "$data using 1:2 with linespoints linewidth 2 linecolor rgb '#2060a0' title 'between two', " +
           (with_reference ? "$data using 1:5 with linespoints linewidth 2 linecolor rgb '#c06020' title 'to one of " +
                                 short_number(static_cast<double>(reference_)) + " samples', "
                           : std::string()) +
           "$data using 1:9 with lines dashtype 2 linecolor rgb '#808080' title '1 / (1 + B / N)'\n";
  }

  [[nodiscard]] std::string what() const { return of_steps() ? "steps of updates" : "gradients"; }

  void add_words(Findings& findings, const vantage::Matrix<double>& gradients, double noise) const {
    const vantage::Index batch = subject_.batch();
    const vantage::Index samples = sizes_[nearest()];
    const vantage::Estimate cosine = vantage::pairwise_cosine(gradients);
    findings.number("noise_scale", noise);
    findings.number("batch", static_cast<double>(batch));
    findings.number("samples", static_cast<double>(samples));
    findings.estimate("pairwise_cosine", cosine);
    findings.found = "Two " + what() + " from " + std::to_string(samples) + " samples each have a mean cosine of " +
                     short_estimate(cosine) + "; noise and signal are equal at B = " + short_number(noise) +
                     " samples, an iteration has " + std::to_string(batch) + ".";
    findings.healthy =
        "Healthy is a cosine of 1 / (1 + B / N) with N >= B, 0.5 or more; below 0.1 two batches agree on next to "
        "nothing.";
    findings.advice = !std::isfinite(noise) ? "No signal was seen: measure with more --samples or --repeats."
                      : noise > static_cast<double>(batch)
                          ? "A larger --batch, up to " + short_number(noise) +
                                " samples, would make each step better; beyond that it would only cost steps."
                          : "The batch is beyond the noise scale: smaller batches and more iterations would learn as "
                            "much from each sample.";
  }

  void add_blocks(Findings& findings, const vantage::Matrix<double>& gradients) const {
    Table table{"blocks", {"block", "parameters", "noise_scale", "signal_to_noise_of_batch"}, {}};
    std::vector<vantage::ParameterBlock> places;
    const auto blocks = named_blocks(subject_.agent().policy);
    for (const auto& [name, place] : blocks) places.push_back(place);
    const auto scales = vantage::noise_scales(gradients, sizes_.back(), places);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const double noise = scales[i].value();
      table.rows.push_back({blocks[i].first, std::to_string(places[i].size()), vantage::csv_number(noise),
                            vantage::csv_number(static_cast<double>(subject_.batch()) / noise)});
    }
    findings.tables.push_back(std::move(table));
  }

  GradientsRequest options_;
  const Subject<P>& subject_;
  vantage::Index repeats_;
  vantage::Index reference_;
  bool others_suffice_;  ///< the other repeats, to be each one's reference
  std::vector<vantage::Index> sizes_;
};

#endif
