// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_NORMALIZER_HPP
#define VANTAGE_ROLLOUT_NORMALIZER_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// Count, mean and sum of squared deviations of a stream of vectors, in double.
/// Source: Welford 1962; merging: Chan, Golub and LeVeque 1983.
class RunningMoments {
 public:
  /// Of vectors of this size, with nothing added.
  explicit RunningMoments(Index size = 0) : mean_(Vector<double>::Zero(size)), squares_(Vector<double>::Zero(size)) {}
  /// Known ones, that weigh as much as `count` vectors. Throws: std::invalid_argument for numbers that are not finite,
  /// deviations below 0 or not as many as means, or a count that is not > 0.
  RunningMoments(const Vector<double>& mean, const Vector<double>& deviation, double count)
      : count_(count), mean_(mean), squares_(count * deviation.array().square()) {
    constexpr const char* kWho = "RunningMoments";
    require(count > 0 && std::isfinite(count), kWho, "a finite count > 0", count);
    require(mean.size() == deviation.size(), kWho, "as many deviations as means", deviation.size());
    require(mean.allFinite(), kWho, "finite means", detail::Listed(mean));
    require(squares_.allFinite() && (deviation.array() >= 0).all(), kWho, "finite deviations >= 0",
            detail::Listed(deviation));
  }

  /// Adds one vector. Pre: of the size that it was made for.
  template <class Derived>
  void add(const Eigen::MatrixBase<Derived>& value) {
    count_ += 1;
    for (Index i = 0; i < mean_.size(); ++i) {
      const double delta = static_cast<double>(value[i]) - mean_[i];
      mean_[i] += delta / count_;
      squares_[i] += delta * (static_cast<double>(value[i]) - mean_[i]);
    }
  }

  /// Adds all that another has seen.
  void merge(const RunningMoments& other) {
    if (other.count_ == 0) return;
    const double total = count_ + other.count_;
    for (Index i = 0; i < mean_.size(); ++i) {
      const double delta = other.mean_[i] - mean_[i];
      mean_[i] += delta * other.count_ / total;
      squares_[i] += other.squares_[i] + delta * delta * count_ * other.count_ / total;
    }
    count_ = total;
  }

  /// Has all that was seen so far weigh so much less. Pre: 0 <= share <= 1.
  void fade(double share) {
    count_ *= share;
    squares_ *= share;
  }

  /// Forgets all, keeps the size.
  void clear() {
    count_ = 0;
    mean_.setZero();
    squares_.setZero();
  }

  /// Vectors that were added, those that faded as what they weigh.
  [[nodiscard]] double count() const { return count_; }
  /// Of each component; 0 while nothing was added.
  [[nodiscard]] const Vector<double>& mean() const { return mean_; }
  /// Population variance of component i; 1 while nothing was added.
  [[nodiscard]] double variance(Index i) const { return count_ > 0 ? squares_[i] / count_ : 1.0; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("count", count_);
    archive("mean", mean_);
    archive("squares", squares_);
  }

 private:
  double count_ = 0;
  Vector<double> mean_;
  Vector<double> squares_;
};

struct NormalizerOptions {
  double clip = 10;       ///< bound of a normalised component
  double epsilon = 1e-8;  ///< added to the variance
  /// Components, from 0 on, that stay as they are and are not clipped either: flags, angles, what is scaled already.
  std::vector<Index> except = {};
  /// Observations, those of given moments too, after which whoever feeds it leaves the moments as they are, from the
  /// next collection on; 0: from the start.
  double freeze_after = std::numeric_limits<double>::infinity();
};

/// Observation normaliser with frozen statistics between updates:
///
///     normalised = clip((x - mean) / sqrt(variance + epsilon), -c, c)
///
/// and the components that options.except names as they are. Before the first update it is the identity (but for the
/// clip).
/// Source: Engstrom et al. 2020, "Implementation Matters in Deep RL", section 3.
class Normalizer {
 public:
  /// Throws: std::invalid_argument unless clip > 0, epsilon >= 0, freeze_after >= 0, and exceptions are components.
  explicit Normalizer(Index size = 0, const NormalizerOptions& options = {})
      : Normalizer(RunningMoments(size), options) {}
  /// By given moments. Throws: as above.
  explicit Normalizer(RunningMoments moments, const NormalizerOptions& options = {})
      : options_(options), moments_(std::move(moments)) {
    require(options.clip > 0, "Normalizer", "clip > 0", options.clip);
    require(options.epsilon >= 0 && std::isfinite(options.epsilon), "Normalizer", "a finite epsilon >= 0",
            options.epsilon);
    require(options.freeze_after >= 0, "Normalizer", "freeze_after >= 0", options.freeze_after);
    for (const Index i : options.except) {
      require(i >= 0 && i < moments_.mean().size(), "Normalizer", "exceptions that are components, from 0 on", i);
    }
    refresh();
  }

  /// Leaves components first .. first + count - 1 as they are too, as options.except says of others.
  /// Throws: std::invalid_argument for components that there are not.
  void leave(Index first, Index count) {
    require(first >= 0 && count >= 0 && first + count <= size(), "Normalizer::leave", "components that there are",
            first);
    auto& except = options_.except;
    for (Index i = first; i < first + count; ++i) {
      if (std::find(except.begin(), except.end(), i) == except.end()) except.push_back(i);
    }
    refresh();
  }

  /// Takes in what was seen since the last update, which may come in several parts: who feeds it asks is_frozen()
  /// before the first.
  void update(const RunningMoments& seen) {
    moments_.merge(seen);
    refresh();
  }

  /// Whether it has seen what options.freeze_after says.
  [[nodiscard]] bool is_frozen() const { return moments_.count() >= options_.freeze_after; }
  /// Freezes after so many observations, if not earlier.
  void freeze_after(double observations) { options_.freeze_after = std::min(options_.freeze_after, observations); }

  /// Shapes: raw O (double), normalised O.
  template <class Out>
  void apply(ConstVectorRef<double> raw, Out&& normalized) const {
    VANTAGE_ASSERT(raw.size() == shift_.size());
    for (Index i = 0; i < raw.size(); ++i) {
      const double value = (raw[i] - shift_[i]) * scale_[i];
      const double clipped = value < -bounds_[i] ? -bounds_[i] : value > bounds_[i] ? bounds_[i] : value;
      normalized[i] = static_cast<typename std::decay_t<Out>::Scalar>(clipped);
    }
  }

  /// Numbers of an observation.
  [[nodiscard]] Index size() const { return shift_.size(); }
  /// Of all raw observations that were merged in.
  [[nodiscard]] const RunningMoments& moments() const { return moments_; }
  [[nodiscard]] const NormalizerOptions& options() const { return options_; }
  /// What is taken off a component, and by what the rest is multiplied, before the clip.
  [[nodiscard]] const Vector<double>& shift() const { return shift_; }
  [[nodiscard]] const Vector<double>& scale() const { return scale_; }
  /// The clip of each component; infinite for the exceptions.
  [[nodiscard]] const Vector<double>& bounds() const { return bounds_; }
  /// One over the deviation of component i, an exception or not; 1 while nothing is known.
  [[nodiscard]] double inverse_deviation(Index i) const {
    const double spread = moments_.variance(i) + (moments_.count() > 0 ? options_.epsilon : 0.0);
    // without an epsilon a component that never varied is left as it is
    return spread > 0 ? 1 / std::sqrt(spread) : 1.0;
  }

  /// Whether every number is usable; false only after damaged numbers were read into it.
  [[nodiscard]] bool valid() const {
    return options_.clip > 0 && std::isfinite(options_.epsilon) && shift_.allFinite() && scale_.allFinite() &&
           scale_.minCoeff() >= 0 &&
           std::all_of(options_.except.begin(), options_.except.end(), [&](Index i) { return is_component(i); });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("clip", options_.clip);
    archive("epsilon", options_.epsilon);
    archive("moments", moments_);
    serialize_exceptions(archive);
    refresh();
  }

 private:
  [[nodiscard]] bool is_component(Index i) const { return i >= 0 && i < shift_.size(); }

  // files of normalisers without any do not mention them
  template <class Archive>
  void serialize_exceptions(Archive& archive) {
    if constexpr (requires { archive.contains("except"); }) {
      options_.except.clear();
      if (archive.contains("except")) archive("except", options_.except);
    } else if (!options_.except.empty()) {
      archive("except", options_.except);
    }
  }

  void refresh() {
    shift_ = moments_.mean();
    scale_.resize(shift_.size());
    for (Index i = 0; i < shift_.size(); ++i) scale_[i] = inverse_deviation(i);
    bounds_.setConstant(shift_.size(), options_.clip);
    for (const Index i : options_.except) {
      if (!is_component(i)) continue;  // of a damaged file, see valid
      shift_[i] = 0;
      scale_[i] = 1;
      bounds_[i] = std::numeric_limits<double>::infinity();
    }
  }

  NormalizerOptions options_;
  RunningMoments moments_;
  Vector<double> shift_;  // derived from the moments, so that a step divides nothing
  Vector<double> scale_;
  Vector<double> bounds_;
};

/// Leaves a task's mask of actions as it is. Throws: as leave.
inline void leave_mask(Normalizer& normalizer, const EnvironmentSpec& spec) {
  if (spec.mask_row) normalizer.leave(*spec.mask_row, spec.choice_count());
}

}  // namespace vantage

#endif
