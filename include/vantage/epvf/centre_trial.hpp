// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_CENTRE_TRIAL_HPP
#define VANTAGE_EPVF_CENTRE_TRIAL_HPP

#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

/// Plays episodes of one policy, on the same random streams until its next population is played, neither counted nor
/// seen by a normaliser; PopulationEvaluator is one.
template <class C, class P>
concept CentreSource = requires(C& source, const P& policy, Context& context, EpisodeStatistics& episodes) {
  source.play_aside(policy, Index{1}, context, episodes);
};

struct CentreTrialOptions {
  /// Largest fall of the centre's return by its steps, in deviations of the archive's returns; infinite: it is not
  /// played.
  double max_drop = std::numeric_limits<double>::infinity();
  Index episodes = 16;  ///< with the centre as it was, and again after each step that is judged
  OnViolation on_violation = OnViolation::observe;  ///< what a step past the bound leads to
};

/// Throws: std::invalid_argument for a negative bound or fewer than one episode.
inline void validate(const CentreTrialOptions& options) {
  require(options.max_drop >= 0, "CentreTrialOptions", "max_drop >= 0", options.max_drop);
  require(options.episodes >= 1, "CentreTrialOptions", "episodes >= 1", options.episodes);
}

/// The trust region of a population's centre: it is played itself, before its steps and after each, and what made its
/// return fall too far is reported, ends the steps or is taken back with the optimiser's state,
///
///     violated: mean R(before) - mean R(after) > max_drop s,  s the deviation of the archive's returns
///
/// Both play the same episodes, so that luck which does not depend on the policy drops out. The bound is in s because s
/// is what the noise makes of returns, as a step size is in what it makes of parameters: it suits any task and any
/// scale of rewards. s holds the luck of single episodes too, so where n are played and centres are not luckier than
/// copies a fall of c s is c sqrt(n / 2) of its standard errors or more: 2.8 with c = 1 and n = 16. A fall that is not
/// a number is too far, as is a centre that is not finite, which is not played. Nothing is kept from one iteration to
/// the next.
template <class P, class PU>
class CentreTrial {
 public:
  /// `survival_bonus` is taken off returns for each step, as from those of the archive.
  /// Throws: std::invalid_argument for wrong options.
  explicit CentreTrial(const CentreTrialOptions& options = {}, double survival_bonus = 0)
      : options_(options), survival_bonus_(survival_bonus) {
    validate(options);
  }

  /// Whether the centre is played at all.
  [[nodiscard]] bool is_held() const { return std::isfinite(options_.max_drop); }

  /// Before the steps of an iteration: plays the centre as it is. Cost: `episodes` episodes, here and below.
  /// Throws: std::invalid_argument for a source that is no CentreSource, where the centre has to be played.
  template <class Source, class Returns>
  void begin(Source& source, const P& policy, const PU& update, const Returns& archive_returns, Context& context) {
    if (!is_held()) return;
    require(CentreSource<Source, P>, "CentreTrial",
            "a source that plays the centre, called as source.play_aside(policy, episodes, context, statistics), such "
            "as a PopulationEvaluator",
            "another one");
    report_ = {};
    const auto returns = archive_returns.template cast<double>();
    const double mean = returns.mean();
    spread_ = std::sqrt((returns.array() - mean).square().mean());
    before_ = play(source, policy, context);
    keep(policy, update);
  }

  /// After a step: whether another may follow.
  template <class Source>
  bool proceed(Source& source, const P& policy, const PU& update, Context& context) {
    if (!is_held()) return true;
    report_.ascent.centre_return = play(source, policy, context);
    const double drop = before_ - report_.ascent.centre_return;
    report_.ascent.centre_drop = drop == 0 ? 0 : drop / spread_;
    const bool inside = drop <= options_.max_drop * spread_;
    report_.violated = report_.violated || !inside;
    report_.stopped = !inside && options_.on_violation != OnViolation::observe;
    report_.reverted = !inside && options_.on_violation == OnViolation::revert;
    if (inside) keep(policy, update);
    return !report_.stopped;
  }

  /// After the last step: takes that back where it has to be, and adds what was found to the update's report.
  void end(P& policy, PU& update, PolicyReport& report) {
    if (!is_held()) return;
    report.violated = report_.violated;
    report.stopped = report_.stopped;
    report.reverted = report_.reverted;
    report.ascent.centre_return = report_.ascent.centre_return;
    report.ascent.centre_drop = report_.ascent.centre_drop;
    if (!report_.reverted) return;
    policy.parameters() = *kept_parameters_;
    update = *kept_update_;
  }

 private:
  using Parameters = std::decay_t<decltype(std::declval<P&>().parameters())>;

  template <class Source>
  double play(Source& source, const P& policy, Context& context) {
    if (!policy.parameters().allFinite()) return std::numeric_limits<double>::quiet_NaN();
    if constexpr (CentreSource<Source, P>) source.play_aside(policy, options_.episodes, context, episodes_);
    double sum = 0;
    for (Index i = 0; i < options_.episodes; ++i) sum += episodes_.return_without(survival_bonus_, i);
    return sum / static_cast<double>(options_.episodes);
  }

  void keep(const P& policy, const PU& update) {
    if (options_.on_violation != OnViolation::revert) return;
    kept_parameters_ = policy.parameters();
    kept_update_ = update;
  }

  CentreTrialOptions options_;
  double survival_bonus_;
  double spread_ = 0;
  double before_ = 0;  // mean return of the centre before its steps
  EpisodeStatistics episodes_;
  PolicyReport report_;
  std::optional<Parameters> kept_parameters_;
  std::optional<PU> kept_update_;
};

}  // namespace vantage

#endif
