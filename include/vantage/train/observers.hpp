// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_OBSERVERS_HPP
#define VANTAGE_TRAIN_OBSERVERS_HPP

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/train/notification.hpp"

namespace vantage {

/// Observer that ends training once `predicate(report)` holds, which is not to read the source.
template <class Predicate>
class StopWhen {
 public:
  /// `predicate(report)` says whether to stop.
  explicit StopWhen(Predicate predicate) : predicate_(std::move(predicate)) {}

  /// Never.
  static bool reads_source(std::int64_t /*iteration*/) { return false; }

  /// Asks the predicate.
  Signal operator()(const IterationReport& report) { return predicate_(report) ? Signal::stop : Signal::proceed; }

 private:
  Predicate predicate_;
};

/// Observer that passes every n-th iteration on to another, which may be any observer: f(report) or f(report, agent).
template <class Observer>
class Every {
 public:
  /// Throws: std::invalid_argument unless n >= 1.
  Every(std::int64_t n, Observer observer) : n_(n), observer_(std::move(observer)) {
    require(n >= 1, "Every", "n >= 1", n);
  }

  /// Passes the look at the agent before the first iteration on.
  template <class A>
  void begin(const A& agent) {
    detail::begin(observer_, agent);
  }

  /// Whether the other reads it, or does not say, where an iteration is passed on.
  [[nodiscard]] bool reads_source(std::int64_t iteration) const {
    return iteration % n_ == 0 && detail::reads_source(iteration, observer_);
  }

  /// Passes every n-th iteration on, and its answer back.
  template <class A>
  Signal operator()(const IterationReport& report, const A& agent) {
    if (report.iteration % n_ != 0) return Signal::proceed;
    return detail::notify(observer_, report, agent);
  }

  /// The one that it passes them on to.
  [[nodiscard]] const Observer& observer() const { return observer_; }

 private:
  std::int64_t n_;
  Observer observer_;
};

/// Another observer, f(report) or f(report, agent), together with the iterations of which it reads the source:
/// `when(iteration)`, from 1. Needed for functions where value steps overlap the next collection, see train.
template <class When, class Observer>
class ReadsSource {
 public:
  /// `when(iteration)` says whether the observer reads the source then.
  ReadsSource(When when, Observer observer) : when_(std::move(when)), observer_(std::move(observer)) {}

  /// Passes the look at the agent before the first iteration on.
  template <class A>
  void begin(const A& agent) {
    detail::begin(observer_, agent);
  }

  /// What `when` says.
  [[nodiscard]] bool reads_source(std::int64_t iteration) const { return when_(iteration); }

  /// Passes the iteration on, and the answer back.
  template <class A>
  Signal operator()(const IterationReport& report, const A& agent) {
    return detail::notify(observer_, report, agent);
  }

 private:
  When when_;
  Observer observer_;
};

/// Observer that keeps a copy of the policy with the best mean return of the last 100 episodes. These were played by
/// this policy's predecessors, the last of them one update ago, so the number is a late and noisy estimate of its own
/// return. A lucky first episode does not count: nothing is kept before `minimum_episodes` have ended.
template <class P>
class BestPolicy {
 public:
  /// Keeps nothing before so many episodes have ended.
  explicit BestPolicy(std::int64_t minimum_episodes = 100) : minimum_episodes_(minimum_episodes) {}

  /// Never: it reads report and agent.
  static bool reads_source(std::int64_t /*iteration*/) { return false; }

  /// Keeps the policy if the mean return is the best so far.
  template <class A>
  void operator()(const IterationReport& report, const A& agent) {
    const double current = report.progress.mean_return_last_100();
    if (report.progress.episodes < minimum_episodes_ || !(current > mean_return_)) return;
    mean_return_ = current;
    iteration_ = report.iteration;
    policy_ = agent.policy;
  }

  /// Empty until enough episodes have ended.
  [[nodiscard]] const std::optional<P>& policy() const { return policy_; }
  /// Minus infinity until enough episodes have ended.
  [[nodiscard]] double mean_return() const { return mean_return_; }
  /// The one after which the policy was kept; 0: none yet.
  [[nodiscard]] std::int64_t iteration() const { return iteration_; }

 private:
  std::int64_t minimum_episodes_;
  std::int64_t iteration_ = 0;
  double mean_return_ = -std::numeric_limits<double>::infinity();
  std::optional<P> policy_;
};

}  // namespace vantage

#endif
