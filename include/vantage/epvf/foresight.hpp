// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_FORESIGHT_HPP
#define VANTAGE_EPVF_FORESIGHT_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/ranks.hpp"
#include "vantage/epvf/linear_value.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/population_gradient.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

/// What a value function of policies knows: how well it foresees the newest population of an archive before it learns
/// from it, beside a plane fitted to what it learned from last (LinearValue), and how its slope at the centre agrees
/// with what that population alone says (population_gradient).
/// Cost: V of a population, and the fit of a plane to what the value steps are on.
template <class S>
class Foresight {
 public:
  /// Looks at the population that V has not learned from. Explained variance 1 - var(y - V) / var(y) and Spearman's
  /// rank correlation, y the transformed returns; not a number for less than two policies, or returns all alike.
  template <ValueFunction<S> V>
  void look(const V& value, const PolicyArchive<S>& archive, const ReturnTransform& transform, Context& context,
            ForesightReport& report) {
    archive.newest_population([&](const auto& policies, const auto& returned) {
      prepare(returned, transform);
      with_full_precision(policies, [&](ConstMatrixRef<S> thetas) {
        values_.resize(thetas.cols());
        value.predict(thetas, context, values_);
        judge(report.explained_variance, report.rank_correlation);
        if (!linear_.is_fitted()) return;
        linear_.predict(thetas, context, values_);
        judge(report.linear_explained_variance, report.linear_rank_correlation);
      });
    });
  }

  /// Compares V's slope at the centre of the newest population with that population's own, by their cosine.
  template <InputDifferentiable<S> V>
  void compare_slopes(const V& value, const Vector<S>& centre, const Perturbation<S>& perturbation,
                      const PolicyArchive<S>& archive, const ReturnTransform& transform, Context& context,
                      ForesightReport& report) {
    archive.newest_population([&](const auto& policies, const auto& returned) {
      prepare(returned, transform);
      population_gradient(centre, perturbation, policies, targets_, context, population_slope_);
    });
    slope_.resize(centre.size());
    value.input_gradient(centre, context, slope_);
    const double product = slope_.template cast<double>().dot(population_slope_);
    report.slope_cosine = product / (static_cast<double>(slope_.norm()) * population_slope_.norm());
  }

  /// Fits the plane to the newest policies of an archive, `most` at the most. Where those are all that it can hold, in
  /// full precision, nothing is copied.
  void fit(const PolicyArchive<S>& archive, Index most, const ReturnTransform& transform, Context& context) {
    const Index room = std::min(archive.capacity(), most), count = std::min(archive.size(), most);
    if (returns_.size() < room) returns_.resize(room);
    auto returns = returns_.head(count);
    if (most >= archive.capacity() && !archive.options().half_precision) {
      returns = archive.returns();
      transform.apply(returns);
      linear_.fit(archive.policies(), returns, context, room);
    } else {
      if (policies_.cols() < room) policies_.resize(archive.parameter_size(), room);
      archive.newest(policies_.leftCols(count), returns);
      transform.apply(returns);
      linear_.fit(policies_.leftCols(count), returns, context, room);
    }
  }

  /// The plane, the linear fit.
  [[nodiscard]] const LinearValue<S>& linear() const { return linear_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("linear", linear_);
  }

 private:
  template <class Policies, class Look>
  void with_full_precision(const Policies& policies, Look&& look) {
    if constexpr (std::is_same_v<typename Policies::Scalar, S>) {
      look(policies);
    } else {
      full_ = policies.template cast<S>();
      look(full_);
    }
  }

  template <class Returns>
  void prepare(const Returns& returned, const ReturnTransform& transform) {
    targets_ = returned.template cast<double>();
    transform.apply(targets_);
  }

  // values_ against targets_
  void judge(double& explained, double& correlation) {
    explained = correlation = std::numeric_limits<double>::quiet_NaN();
    const auto variance = [](const auto& x) { return (x.array() - x.mean()).square().mean(); };
    if (targets_.size() < 2 || targets_.minCoeff() == targets_.maxCoeff()) return;
    predicted_ = values_.template cast<double>();
    misses_ = targets_ - predicted_;
    explained = 1 - variance(misses_) / variance(targets_);
    rank(predicted_, order_, predicted_ranks_);
    rank(targets_, order_, target_ranks_);
    correlation = correlation_of_ranks(predicted_ranks_, target_ranks_);
  }

  LinearValue<S> linear_;
  Matrix<S> policies_;  // that the plane is fitted to, where the archive holds more or others
  Matrix<S> full_;      // the newest population of an archive in half precision
  Vector<S> returns_, values_, slope_;
  Vector<double> targets_, predicted_, misses_, predicted_ranks_, target_ranks_, population_slope_;
  std::vector<Index> order_;
};

}  // namespace vantage

#endif
