// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_ADAPTIVE_RATE_HPP
#define VANTAGE_UPDATE_ADAPTIVE_RATE_HPP

#include <algorithm>
#include <cmath>

#include "vantage/core/error.hpp"

namespace vantage {

/// When an adaptive rate looks at how far an update has gone.
enum class AdaptEvery {
  epoch,     ///< after each epoch, by the exact KL over the whole batch
  minibatch  ///< before each step, by an estimate on its own samples, mean(rho - 1 - log rho): unbiased, never
             ///< negative, and free. The first step of an update sees 0
};

struct AdaptiveRateOptions {
  double target_kl = 0;    ///< mean KL of an update that the learning rate aims at, nats; 0: the rate is not adapted
  double tolerance = 2;    ///< the rate falls above tolerance target_kl and rises below target_kl / tolerance
  double factor = 1.5;     ///< by which it does
  double min_rate = 1e-5;  ///< of the resulting learning rate
  double max_rate = 1e-2;  ///< see min_rate
  AdaptEvery every = AdaptEvery::epoch;  ///< when the rate changes
};

/// A learning rate that follows the divergence of the steps it makes: the factor on an optimiser's own rate is divided
/// by `factor` after a step that went too far and multiplied by it after one that could have gone further.
/// Source: the adaptive schedule of Rudin et al. 2022 (arXiv 2109.11978), appendix, whose code looks before each
/// minibatch.
class AdaptiveRate {
 public:
  /// Throws: std::invalid_argument for a negative target, tolerance or factor below 1, bounds out of order, or what is
  /// not finite.
  explicit AdaptiveRate(const AdaptiveRateOptions& options = {}) : options_(options) {
    const char* const who = "AdaptiveRate";
    const auto finite = [](double number) { return std::isfinite(number); };
    require(options.target_kl >= 0 && finite(options.target_kl), who, "a finite target_kl >= 0", options.target_kl);
    require(options.tolerance >= 1 && finite(options.tolerance), who, "a finite tolerance >= 1", options.tolerance);
    require(options.factor >= 1 && finite(options.factor), who, "a finite factor >= 1", options.factor);
    require(options.min_rate > 0, who, "min_rate > 0", options.min_rate);
    require(options.max_rate >= options.min_rate && finite(options.max_rate), who, "a finite max_rate >= min_rate",
            options.max_rate);
  }

  /// Whether there is a target.
  [[nodiscard]] bool is_on() const { return options_.target_kl > 0; }
  /// Whether the rate changes so often.
  [[nodiscard]] bool adapts_every(AdaptEvery every) const { return is_on() && options_.every == every; }

  /// What the optimiser's rate is to be multiplied with.
  [[nodiscard]] double factor() const { return factor_; }

  /// Learns that the steps so far went `mean_kl` from where they started, at the base rate times factor().
  void observe(double mean_kl, double base_rate) {
    if (!is_on() || base_rate <= 0) return;
    double rate = base_rate * factor_;
    if (mean_kl > options_.tolerance * options_.target_kl) {
      rate /= options_.factor;
    } else if (mean_kl < options_.target_kl / options_.tolerance) {
      rate *= options_.factor;
    }
    factor_ = std::clamp(rate, options_.min_rate, options_.max_rate) / base_rate;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("factor", factor_);
  }

 private:
  AdaptiveRateOptions options_;
  double factor_ = 1;
};

}  // namespace vantage

#endif
