// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_NORMALIZER_HPP
#define VANTAGE_ROLLOUT_NORMALIZER_HPP

#include <cmath>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Count, mean and sum of squared deviations of a stream of vectors, in double.
/// Source: Welford 1962; merging: Chan, Golub and LeVeque 1983.
class RunningMoments {
 public:
  /// Of vectors of this size, with nothing added.
  explicit RunningMoments(Index size = 0) : mean_(Vector<double>::Zero(size)), squares_(Vector<double>::Zero(size)) {}

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
};

/// Observation normaliser with frozen statistics between updates:
///
///     normalised = clip((x - mean) / sqrt(variance + epsilon), -c, c)
///
/// Before the first update it is the identity (but for the clip).
/// Source: Engstrom et al. 2020, "Implementation Matters in Deep RL", section 3.
class Normalizer {
 public:
  /// Throws: std::invalid_argument unless clip > 0 and epsilon >= 0.
  explicit Normalizer(Index size = 0, const NormalizerOptions& options = {})
      : options_(options), moments_(size), shift_(Vector<double>::Zero(size)), scale_(Vector<double>::Ones(size)) {
    require(options.clip > 0, "Normalizer", "clip > 0", options.clip);
    require(options.epsilon >= 0 && std::isfinite(options.epsilon), "Normalizer", "a finite epsilon >= 0",
            options.epsilon);
  }

  /// Takes in what was seen since the last update.
  void update(const RunningMoments& seen) {
    moments_.merge(seen);
    refresh();
  }

  /// Shapes: raw O (double), normalised O.
  template <class Out>
  void apply(ConstVectorRef<double> raw, Out&& normalized) const {
    VANTAGE_ASSERT(raw.size() == shift_.size());
    for (Index i = 0; i < raw.size(); ++i) {
      const double value = (raw[i] - shift_[i]) * scale_[i];
      const double clipped = value < -options_.clip ? -options_.clip : value > options_.clip ? options_.clip : value;
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

  /// Whether every number is usable; false only after damaged numbers were read into it.
  [[nodiscard]] bool valid() const {
    return options_.clip > 0 && std::isfinite(options_.epsilon) && shift_.allFinite() && scale_.allFinite() &&
           scale_.minCoeff() >= 0;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("clip", options_.clip);
    archive("epsilon", options_.epsilon);
    archive("moments", moments_);
    shift_.resize(moments_.mean().size());
    scale_.resize(moments_.mean().size());
    refresh();
  }

 private:
  void refresh() {
    for (Index i = 0; i < shift_.size(); ++i) {
      shift_[i] = moments_.mean()[i];
      const double spread = moments_.variance(i) + (moments_.count() > 0 ? options_.epsilon : 0.0);
      // without an epsilon a component that never varied is left as it is
      scale_[i] = spread > 0 ? 1 / std::sqrt(spread) : 1.0;
    }
  }

  NormalizerOptions options_;
  RunningMoments moments_;
  Vector<double> shift_;  // derived from moments_, so that a step divides nothing
  Vector<double> scale_;
};

}  // namespace vantage

#endif
