// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_EPVF_AGENT_HPP
#define VANTAGE_EPVF_EPVF_AGENT_HPP

#include <cmath>
#include <cstdint>
#include <filesystem>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/centre_trial.hpp"
#include "vantage/epvf/foresight.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/policy_ascent.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/value/value_regression.hpp"

namespace vantage {

/// The parts that learn together, of EPVF: `EpvfAgent agent{policy, value, archive, perturbation, weight_clip,
/// value_update, policy_update}` with a value function of policies, a ValueRegression and PolicyAscent; of its
/// controls, which learn from the population itself: NoValue, NoValueUpdate, and EvolutionStrategies or
/// AugmentedRandomSearch.
template <class P, class V, class VU = ValueRegression<typename P::Scalar>, class PU = PolicyAscent<typename P::Scalar>>
struct EpvfAgent {
  using Scalar = typename P::Scalar;
  using Policy = P;

  P policy;  ///< the centre: what is evaluated and saved, in training played only where it is asked for
  V value;   ///< of a policy's parameters
  PolicyArchive<Scalar> archive;      ///< the last policies, and what they returned
  Perturbation<Scalar> perturbation;  ///< how a population is made of the centre
  WeightClip weight_clip;             ///< bounds of its parameters
  VU value_update;                    ///< its steps are n_V, its minibatch the policies a step, drawn from the archive
  PU policy_update;                   ///< the ascent
  Foresight<Scalar> foresight = {};   ///< what V knows, where it is measured

  template <class Archive>
  void serialize(Archive& state) {
    state("policy", policy);
    state("value", value);
    state("archive", archive);
    state("value_update", value_update);
    state("policy_update", policy_update);
    if constexpr (DifferentiableValue<V>) state("foresight", foresight);
  }
};

/// Deduces all types from the parts.
template <class P, class V, class VU, class PU>
EpvfAgent(P, V, PolicyArchive<typename P::Scalar>, Perturbation<typename P::Scalar>, WeightClip, VU, PU)
    -> EpvfAgent<P, V, VU, PU>;

/// How train_epvf runs.
struct EpvfOptions {
  /// Environment steps in all, those before a resume included; rounded up to whole populations.
  std::int64_t steps = 1'000'000;
  double survival_bonus = 0;        ///< taken off the return for each step, before it is learned; reports keep it
  bool standardize_returns = true;  ///< V learns returns of mean 0 and deviation 1 over the archive
  ReturnScale return_transform = ReturnScale::none;  ///< of the returns that V learns, over the archive, before that
  /// Factor of the policy's step (its learning rate, or its length where that is given), finite and >= 0, over the
  /// share of the steps that is done.
  Schedule policy_rate_factor = 1.0;
  /// Length to which the policy's whole step in an iteration is brought, whatever its optimiser made of it, in root
  /// mean square distances of the perturbed copies from it (Perturbation::distance); 0: as it comes.
  double policy_step_size = 0;
  CentreTrialOptions centre_trial = {};  ///< bounds what the policy's steps may cost it, by playing it
  bool measure_foresight = false;        ///< whether reports tell what V knows of fresh policies, see Foresight
  /// Where the archive goes that training diverged on; empty: nowhere.
  std::filesystem::path divergence_file = {};
};

/// Throws: std::invalid_argument for a negative number of steps or step size, a bonus that is not finite, a factor that
/// is at some time negative or not finite, or a trial that cannot be held.
inline void validate(const EpvfOptions& options) {
  require(options.steps >= 0, "EpvfOptions", "steps >= 0", options.steps);
  require(std::isfinite(options.survival_bonus), "EpvfOptions", "a finite survival_bonus", options.survival_bonus);
  require(options.policy_step_size >= 0 && std::isfinite(options.policy_step_size), "EpvfOptions",
          "a finite policy_step_size >= 0", options.policy_step_size);
  validate(options.centre_trial);
  options.policy_rate_factor.validate("EpvfOptions", "a finite policy_rate_factor >= 0");
}

}  // namespace vantage

#endif
