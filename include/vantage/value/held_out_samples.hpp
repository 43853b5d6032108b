// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_HELD_OUT_SAMPLES_HPP
#define VANTAGE_VALUE_HELD_OUT_SAMPLES_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// How much of a batch is held out, and in what pieces.
struct HeldOutOptions {
  double share = 0.1;      ///< of the samples, in (0, 1)
  Index environments = 0;  ///< E of the batches: whole environments are held out; 0: a run of columns is
};

/// Throws: std::invalid_argument for a share outside (0, 1), or one environment alone.
inline void validate(const HeldOutOptions& options) {
  require(options.share > 0 && options.share < 1, "HeldOutOptions", "0 < share < 1", options.share);
  require(options.environments >= 0 && options.environments != 1, "HeldOutOptions", "environments 0, or 2 at least",
          options.environments);
}

/// A batch in two: what is learned from, and what is held out to see what was learned.
///
/// The samples of one trajectory resemble each other, and so do their targets: of samples drawn singly each would leave
/// its neighbours to learn from, and no error on them would ever show noise that was learned by heart. So held out are
/// whole environments (column n belongs to environment n mod E); where E is not told, a run of consecutive columns,
/// which are neighbours of others at its ends only. Which ones is drawn each time.
template <class S>
class HeldOutSamples {
 public:
  /// Throws: as validate.
  explicit HeldOutSamples(const HeldOutOptions& options = {}) : options_(options) { validate(options); }

  [[nodiscard]] const HeldOutOptions& options() const { return options_; }

  /// How many of so many samples are held out: the share of them rounded to whole environments, at least one, and one
  /// less than all at most.
  [[nodiscard]] Index count(Index samples) const {
    if (options_.environments == 0) return share_of(samples);
    return share_of(options_.environments) * (samples / options_.environments);
  }

  /// Parts the columns, in their order. Shapes: inputs I x N, targets N. Cost: a copy; allocates nothing after the
  /// first call of this N. Throws: std::invalid_argument for targets that are not one an input, fewer than two samples,
  /// or samples that are no multiple of the environments.
  void split(ConstMatrixRef<S> inputs, const Vector<S>& targets, const Rng& rng) {
    const Index samples = inputs.cols();
    const Index environments = options_.environments;
    require(samples == targets.size(), "HeldOutSamples", "a target for each input", targets.size());
    require(samples >= 2, "HeldOutSamples", "two samples at least", samples);
    require(environments == 0 || samples % environments == 0, "HeldOutSamples", "as many samples of each environment",
            samples);
    choose(samples, rng);
    inputs_.resize(inputs.rows(), samples - count(samples));
    targets_.resize(inputs_.cols());
    held_out_inputs_.resize(inputs.rows(), count(samples));
    held_out_targets_.resize(held_out_inputs_.cols());
    const auto period = static_cast<Index>(is_held_out_.size());
    Index learned = 0, held_out = 0;
    for (Index n = 0; n < samples; ++n) {
      const bool out = is_held_out_[static_cast<std::size_t>(n % period)];
      const Index to = out ? held_out++ : learned++;
      (out ? held_out_inputs_ : inputs_).col(to) = inputs.col(n);
      (out ? held_out_targets_ : targets_)[to] = targets[n];
    }
  }

  /// What is learned from. Shapes: inputs O x n.
  [[nodiscard]] const Matrix<S>& inputs() const { return inputs_; }
  /// Their targets. Shapes: n.
  [[nodiscard]] const Vector<S>& targets() const { return targets_; }
  /// What is held out. Shapes: inputs O x m.
  [[nodiscard]] const Matrix<S>& held_out_inputs() const { return held_out_inputs_; }
  /// Their targets. Shapes: m.
  [[nodiscard]] const Vector<S>& held_out_targets() const { return held_out_targets_; }

 private:
  [[nodiscard]] Index share_of(Index units) const {
    const auto rounded = static_cast<Index>(std::lround(options_.share * static_cast<double>(units)));
    return std::clamp<Index>(rounded, 1, std::max<Index>(units - 1, 1));
  }

  // a flag an environment, or a column
  void choose(Index samples, Rng rng) {
    const Index units = options_.environments > 0 ? options_.environments : samples;
    const Index out = share_of(units);
    is_held_out_.assign(static_cast<std::size_t>(units), false);
    if (options_.environments > 0) {
      order_.begin(units, rng);
      for (const Index e : order_.next(out)) is_held_out_[static_cast<std::size_t>(e)] = true;
    } else {
      const std::uint64_t first = rng.below(static_cast<std::uint64_t>(units - out + 1));
      std::fill_n(is_held_out_.begin() + static_cast<std::ptrdiff_t>(first), out, true);
    }
  }

  HeldOutOptions options_;
  Matrix<S> inputs_, held_out_inputs_;
  Vector<S> targets_, held_out_targets_;
  std::vector<bool> is_held_out_;
  Shuffle order_;
};

}  // namespace vantage

#endif
