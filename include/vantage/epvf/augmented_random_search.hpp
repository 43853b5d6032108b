// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_AUGMENTED_RANDOM_SEARCH_HPP
#define VANTAGE_EPVF_AUGMENTED_RANDOM_SEARCH_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/policy/parameter_space.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

struct AugmentedRandomSearchOptions {
  Index directions = 16;      ///< N: directions an iteration, each played forwards and backwards
  Index top_directions = 0;   ///< b <= N: the step is made of these many, those with the best returns; 0: of all
  Schedule step_size = 0.02;  ///< alpha, over the share of the steps that is done
  double noise = 0.03;        ///< nu > 0: standard deviation of the perturbation
  double survival_bonus = 0;  ///< taken off the return for each step of an episode; reports keep it
  bool biases = false;        ///< biases are perturbed and learned too; else they stay: published policies have none
};

/// What an iteration of augmented random search found. Returns are without the survival bonus.
struct RandomSearchReport {
  double return_deviation = 0;  ///< sigma_R, of the 2 b returns that the step is made of, with divisor 2 b
  double mean_return = 0;       ///< of all 2 N
  double best_return = 0;
  double worst_return = 0;
};

/// Augmented random search: of N Gaussian directions delta_k the policies theta + nu delta_k and theta - nu delta_k
/// play an episode each, and with r+ and r- their returns, of the b directions whose max(r+, r-) is best,
///
///     theta += alpha / (b sigma_R) sum_k (r+_k - r-_k) delta_k
///
/// Published forms: V1 sees raw observations, V2 normalised ones (an option of the PopulationEvaluator); V1-t and V2-t
/// have b < N. Published policies are linear and begin at zero: a DeterministicPolicy with
/// `{.hidden = {}, .squash = Squash::none, .initialization = {.output_gain = 0}}`. Where all 2 b returns are the same
/// there is no step. A policy without parameter_space() has no biases that are known to be some.
/// Source: Mania, Guy and Recht 2018 (arXiv 1803.07055), algorithm 2; sigma_R as in its authors' code.
template <class S>
class AugmentedRandomSearch {
 public:
  /// Throws: std::invalid_argument for impossible options.
  explicit AugmentedRandomSearch(const AugmentedRandomSearchOptions& options = {})
      : options_(options), perturbation_(perturbation(options)) {
    constexpr const char* kWho = "AugmentedRandomSearch";
    require(options.directions >= 1, kWho, "directions >= 1", options.directions);
    require(options.top_directions >= 0 && options.top_directions <= options.directions, kWho,
            "0 <= top_directions <= directions", options.top_directions);
    require(options.noise > 0, kWho, "noise > 0", options.noise);
    require(std::isfinite(options.survival_bonus), kWho, "a finite survival_bonus", options.survival_bonus);
    options.step_size.validate(kWho, kStepSize);
    order_.resize(static_cast<std::size_t>(options.directions));
    returns_.resize(2 * options.directions);
  }

  [[nodiscard]] const AugmentedRandomSearchOptions& options() const { return options_; }
  /// Of the last iteration.
  [[nodiscard]] const RandomSearchReport& last() const { return report_; }
  /// P x 2N, those of the last iteration: column 2 k is theta + nu delta_k and column 2 k + 1 theta - nu delta_k.
  [[nodiscard]] const Matrix<S>& policies() const { return policies_; }

  /// An iteration: plays and makes the step. Allocates nothing after the first one.
  /// Throws: what the source throws; std::invalid_argument for as many episodes as there are no policies.
  template <class P, PopulationSource<P> Source>
  PolicyReport operator()(Source& source, P& policy, Context& context, EpisodeStatistics& episodes) {
    play(source, policy, context, episodes);
    return step(policy, context, episodes);
  }

  /// Its first half: plays 2 N policies around this one. One number of the context's stream starts all directions.
  template <class P, PopulationSource<P> Source>
  void play(Source& source, const P& policy, Context& context, EpisodeStatistics& episodes) {
    const Vector<S>& theta = policy.parameters();
    if (policies_.rows() != theta.size()) prepare(policy);
    perturbation_(theta, WeightClip{.bound = 0}, context, policies_);
    for (const ParameterBlock& bias : fixed_) {
      policies_.middleRows(bias.offset, bias.size()).colwise() = theta.segment(bias.offset, bias.size());
    }
    source(policy, policies_, context, episodes);
  }

  /// Its second half: the step that the returns of these episodes make. The report's gradient is
  /// sum_k (r+_k - r-_k) delta_k / (b sigma_R).
  template <class P>
  PolicyReport step(P& policy, Context& context, const EpisodeStatistics& episodes) {
    require(static_cast<Index>(episodes.returns.size()) == policies_.cols() && policies_.cols() > 0,
            "AugmentedRandomSearch", "an episode of each policy", episodes.returns.size());
    for (Index i = 0; i < returns_.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      returns_[i] = episodes.returns[at] - options_.survival_bonus * static_cast<double>(episodes.lengths[at]);
    }
    const Index used = options_.top_directions > 0 ? options_.top_directions : options_.directions;
    sort_directions();
    report_.return_deviation = deviation(used);
    report_.mean_return = returns_.mean();
    report_.best_return = returns_.maxCoeff();
    report_.worst_return = returns_.minCoeff();
    gradient_.setZero();
    // no number at all is no reason to stay: then training sees that it diverged
    if (report_.return_deviation != 0) {
      for (Index rank = 0; rank < used; ++rank) {
        const Index k = order_[static_cast<std::size_t>(rank)];
        // what was played lies 2 nu delta apart
        gradient_ += (returns_[2 * k] - returns_[2 * k + 1]) / (2 * options_.noise) *
                     (policies_.col(2 * k) - policies_.col(2 * k + 1)).template cast<double>();
      }
      gradient_ /= static_cast<double>(used) * report_.return_deviation;
    }
    const double step_size = options_.step_size.at(context.progress(), "AugmentedRandomSearch", kStepSize);
    Vector<S>& theta = policy.parameters();
    theta = (theta.template cast<double>() + step_size * gradient_).template cast<S>();
    PolicyReport report;
    report.gradient_norm = gradient_.norm();
    report.learning_rate = step_size;
    report.epochs = 1;
    return report;
  }

 private:
  static constexpr const char* kStepSize = "a finite step_size >= 0";

  static PerturbationOptions perturbation(const AugmentedRandomSearchOptions& options) {
    return {
        .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = options.noise, .antithetic = true};
  }

  template <class P>
  void prepare(const P& policy) {
    const Index size = policy.parameters().size();
    policies_.resize(size, 2 * options_.directions);
    gradient_.resize(size);
    fixed_.clear();
    if constexpr (requires { policy.parameter_space(); }) {
      for (const ParameterBlock& block : policy.parameter_space().blocks) {
        if (!options_.biases && block.column_axis < 0) fixed_.push_back(block);
      }
    }
  }

  // by the better return of each direction, the best first; equal ones stay in their order
  void sort_directions() {
    const auto key = [&](Index k) {
      const double better = std::max(returns_[2 * k], returns_[2 * k + 1]);
      return std::isnan(better) ? -std::numeric_limits<double>::infinity() : better;
    };
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
  Perturbation<S> perturbation_;
  RandomSearchReport report_;
  Matrix<S> policies_;
  Vector<double> returns_;
  Vector<double> gradient_;
  std::vector<Index> order_;           // directions, the best first
  std::vector<ParameterBlock> fixed_;  // biases that stay
};

}  // namespace vantage

#endif
