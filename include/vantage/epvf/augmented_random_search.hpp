// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_AUGMENTED_RANDOM_SEARCH_HPP
#define VANTAGE_EPVF_AUGMENTED_RANDOM_SEARCH_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

struct AugmentedRandomSearchOptions {
  Index top_directions = 0;   ///< b: the step is made of these many, those with the best returns; 0: of all
  Schedule step_size = 0.02;  ///< alpha, over the share of the steps that is done
};

/// Augmented random search: of the N directions delta_k that the newest population was perturbed in, forwards and
/// backwards, with r+ and r- what these returned, of the b directions whose max(r+, r-) is best,
///
///     theta += alpha / (b sigma_R) sum_k (r+_k - r-_k) delta_k
///
/// delta_k is half the way between the two policies of a pair, in deviations of the noise, and sigma_R the deviation of
/// the 2 b returns with divisor 2 b. Published are Gaussian noise of one deviation, linear policies that begin at zero,
/// `{.hidden = {}, .squash = Squash::none, .initialization = {.output_gain = 0}}`, and biases that stay, `fixed` blocks
/// of the perturbation; V1 sees raw observations, V2 normalised ones, V1-t and V2-t have b < N. Where all 2 b returns
/// are the same there is no step.
/// Source: Mania, Guy and Recht 2018 (arXiv 1803.07055), algorithm 2; sigma_R as in its authors' code.
template <class S>
class AugmentedRandomSearch {
 public:
  /// Throws: std::invalid_argument for impossible options.
  explicit AugmentedRandomSearch(const AugmentedRandomSearchOptions& options = {}) : options_(options) {
    require(options.top_directions >= 0, kWho, "top_directions >= 0", options.top_directions);
    options.step_size.validate(kWho, kStepSize);
  }

  [[nodiscard]] const AugmentedRandomSearchOptions& options() const { return options_; }

  /// The step that the newest population of the archive makes, which `perturbation` drew around this policy.
  /// `rate_factor` multiplies the step size. The report's gradient is sum_k (r+_k - r-_k) delta_k / (b sigma_R).
  /// Throws: std::invalid_argument from an empty archive, for noise without pairs, or fewer directions than b.
  template <class P>
  PolicyReport operator()(P& policy, const PolicyArchive<S>& archive, const Perturbation<S>& perturbation,
                          const WeightClip& clip, Context& context, double rate_factor = 1) {
    require(perturbation.options().antithetic && !perturbation.options().include_centre, kWho,
            "antithetic noise without the centre", "other noise");
    const Index population = archive.options().population;
    require(population % 2 == 0, kWho, "a population of pairs", population);
    require(2 * options_.top_directions <= population, kWho, "top_directions <= population / 2",
            options_.top_directions);
    Vector<S>& theta = policy.parameters();
    archive.newest_population([&](const auto& policies, const auto& returned) {
      returns_ = returned.template cast<double>();
      sum_directions(policies);
    });
    for (Index j = 0; j < gradient_.size(); ++j) {
      const double deviation = std::sqrt(perturbation.variance(static_cast<double>(theta[j])));
      gradient_[j] = deviation > 0 ? gradient_[j] / deviation : 0 * gradient_[j];
    }
    PolicyReport report;
    report.gradient_norm = gradient_.norm();
    report.learning_rate = rate_factor * options_.step_size.at(context.progress(), kWho, kStepSize);
    report.epochs = 1;
    theta = (theta.template cast<double>() + report.learning_rate * gradient_).template cast<S>();
    if (clip.centre) clip_weights(clip, theta);
    report.ascent.boundary_share = boundary_share(clip, theta);
    return report;
  }

  template <class Archive>
  void serialize(Archive&) {}

 private:
  static constexpr const char* kWho = "AugmentedRandomSearch";
  static constexpr const char* kStepSize = "a finite step_size >= 0";

  // the gradient but for the deviations of the noise
  template <class Policies>
  void sum_directions(const Policies& policies) {
    sort_directions();
    const Index used = options_.top_directions > 0 ? options_.top_directions : returns_.size() / 2;
    const double spread = deviation(used);
    gradient_.setZero(policies.rows());
    // no number at all is no reason to stay: then training sees that it diverged
    if (spread == 0) return;
    for (Index rank = 0; rank < used; ++rank) {
      const Index k = order_[static_cast<std::size_t>(rank)];
      gradient_ += (returns_[2 * k] - returns_[2 * k + 1]) / 2 *
                   (policies.col(2 * k).template cast<double>() - policies.col(2 * k + 1).template cast<double>());
    }
    gradient_ /= static_cast<double>(used) * spread;
  }

  // by the better return of each direction, the best first; equal ones stay in their order
  void sort_directions() {
    const auto key = [&](Index k) {
      const double better = std::max(returns_[2 * k], returns_[2 * k + 1]);
      return std::isnan(better) ? -std::numeric_limits<double>::infinity() : better;
    };
    order_.resize(static_cast<std::size_t>(returns_.size() / 2));
    std::iota(order_.begin(), order_.end(), Index{0});
    std::sort(order_.begin(), order_.end(),
              [&](Index a, Index b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  }

  [[nodiscard]] double deviation(Index used) const {
    double sum = 0, squares = 0;
    const auto over_used = [&](auto&& f) {
      for (Index rank = 0; rank < used; ++rank) {
        const Index k = order_[static_cast<std::size_t>(rank)];
        f(returns_[2 * k]);
        f(returns_[2 * k + 1]);
      }
    };
    const auto count = static_cast<double>(2 * used);
    over_used([&](double r) { sum += r; });
    over_used([&](double r) { squares += (r - sum / count) * (r - sum / count); });
    return std::sqrt(squares / count);
  }

  AugmentedRandomSearchOptions options_;
  Vector<double> returns_;
  Vector<double> gradient_;
  std::vector<Index> order_;  // directions, the best first
};

}  // namespace vantage

#endif
