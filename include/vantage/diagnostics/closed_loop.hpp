// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_CLOSED_LOOP_HPP
#define VANTAGE_DIAGNOSTICS_CLOSED_LOOP_HPP

#include <concepts>
#include <optional>
#include <span>
#include <stdexcept>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/diagnostics/lyapunov.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/tangent.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

struct ClosedLoopOptions {
  bool deterministic = true;                 ///< take the policy's mode; else samples, the same noise for both twins
  std::optional<ActionMap> action_map = {};  ///< none: that of the source, or clip where there is no source
  bool restart = false;  ///< where an episode ends another begins, with twins of its own; else an end is an error
};

/// A policy that acts in a world, as dynamics: a step observes, normalises, acts and steps the world. There is no time
/// limit.
///
///     (x, o) -> step(x, map(pi(normalise(o))))
///
/// A point is a saved state x and the observation o that the world has shown of it. A tangent vector holds a move of
/// the state, by which lengths are measured, and the change of the observation, which a move takes along: nothing is
/// observed anew, so that wrappers and observations that lag behind the state are part of the loop as they are. All of
/// a saved state that cannot be moved is the same for both twins: clocks, warm starts, random streams.
template <TangentEnvironment E, ActorWithMode P>
class ClosedLoop {
  static_assert(std::same_as<typename P::Scalar, double>,
                "ClosedLoop: a policy in single precision does not see small distances; use one in double, such as "
                "load_policy<double> gives");

 public:
  /// A point of the loop.
  struct Point {
    Vector<double> state;        ///< of the world, as save_state writes it
    Vector<double> observation;  ///< as the world shows it
    Rng rng;                     ///< of resets and of the policy's noise
    bool ended = false;          ///< terminated or cut off
  };

  /// Acts as `worker` of the context's pool; policy, normaliser (or null) and context outlive this.
  /// Throws: std::invalid_argument for a policy, a normaliser or an action map that does not fit the world, or a world
  /// of tangent_size() 0.
  ClosedLoop(const E& world, const P& policy, const Normalizer* normalizer, Context& context, Index worker,
             const ClosedLoopOptions& options = {})
      : world_(world),
        policy_(&policy),
        normalizer_(normalizer),
        context_(&context),
        worker_(worker),
        options_(options),
        input_(spec().observation_size, 1),
        output_(spec().action_size(), 1),
        action_(spec().action_size()),
        log_prob_(1) {
    require(world.tangent_size() >= 1, "ClosedLoop", "a world whose state can be moved", spec().name);
    require(!spec().mask_row, "ClosedLoop", "a world whose choices are always allowed", spec().name);
    require_fit("ClosedLoop", policy, spec());
    require(normalizer == nullptr || normalizer->size() == spec().observation_size, "ClosedLoop",
            "a normaliser of the task's observations", normalizer == nullptr ? 0 : normalizer->size());
    validate(action_map(), spec());
  }

  /// The first point of an episode. Throws: std::runtime_error for an observation that is not finite.
  [[nodiscard]] Point start(const Rng& rng) {
    Point point{Vector<double>(world_.state_size()), Vector<double>(spec().observation_size), rng};
    reset(point);
    return point;
  }

  /// Directions in which the world's state can be moved.
  [[nodiscard]] Index dimension() const { return world_.tangent_size(); }
  /// Numbers of a tangent vector: the state's move, then the observation's change.
  [[nodiscard]] Index tangent_size() const { return dimension() + spec().observation_size; }

  /// Throws: std::runtime_error for a fault.
  void step(Point& point) {
    if (normalizer_ != nullptr) normalizer_->apply(point.observation, input_.col(0));
    else input_.col(0) = point.observation;
    if (options_.deterministic) policy_->mode(input_, output_, *context_, worker_);
    else policy_->sample(input_, std::span<Rng>(&point.rng, 1), output_, log_prob_, *context_, worker_);
    if (spec().is_discrete()) action_ = output_.col(0);
    else apply<double>(action_map(), output_.col(0), spec().action_low, spec().action_high, action_);
    world_.load_state(point.state);
    const StepResult result = world_.step(action_, point.observation);
    if (result.fault || !point.observation.allFinite()) refuse("a world that goes on, got a fault of ");
    point.ended = result.terminated || result.truncated;
    world_.save_state(point.state);
  }

  /// Throws: std::runtime_error where an episode ended and no other is to follow.
  [[nodiscard]] bool renew(Point& point) {
    if (!point.ended) return false;
    if (!options_.restart) refuse("a world without ends, or ClosedLoopOptions::restart, got an end of ");
    reset(point);
    ++restarts_;
    return true;
  }

  void displace(const Point& from, const Vector<double>& tangent, Point& to) const {
    to = from;
    vantage::displace(world_, to.state, tangent.head(dimension()));
    to.observation += tangent.tail(to.observation.size());
  }

  void difference(const Point& from, const Point& to, Vector<double>& tangent) const {
    vantage::difference(world_, from.state, to.state, tangent.head(dimension()));
    tangent.tail(to.observation.size()) = to.observation - from.observation;
  }

  /// Episodes that followed others.
  [[nodiscard]] Index restarts() const { return restarts_; }

 private:
  [[nodiscard]] const EnvironmentSpec& spec() const { return world_.spec(); }
  [[nodiscard]] ActionMap action_map() const { return options_.action_map.value_or(ActionMap::clip); }

  void reset(Point& point) {
    world_.reset(point.rng, point.observation);
    if (!point.observation.allFinite()) refuse("finite first observations, got others of ");
    world_.save_state(point.state);
    point.ended = false;
  }

  [[noreturn]] void refuse(const char* words) const {
    throw std::runtime_error(detail::join("ClosedLoop: expected ", words, spec().name));
  }

  E world_;
  const P* policy_;
  const Normalizer* normalizer_;
  Context* context_;
  Index worker_;
  ClosedLoopOptions options_;
  Matrix<double> input_;
  Matrix<double> output_;
  Vector<double> action_;
  Vector<double> log_prob_;
  Index restarts_ = 0;
};

}  // namespace vantage

#endif
