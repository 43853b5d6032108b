// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_WRAPPER_HPP
#define VANTAGE_ENV_WRAPPER_HPP

#include <optional>
#include <span>
#include <utility>

#include "vantage/core/concepts.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/env/tangent.hpp"

namespace vantage {

/// An environment around another one that changes nothing. The wrappers build on it, and so may yours: what it changes,
/// a wrapper hides with a function of its own. It is stateful, has a state that can be moved, explains its reward and
/// shows a critic more, where the one inside is, has and does.
template <Environment E>
class Wrapper {
 public:
  /// Around this one, with its spec to begin with.
  explicit Wrapper(E environment) : environment_(std::move(environment)), spec_(environment_.spec()) {}

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  /// The one inside.
  [[nodiscard]] const E& environment() const { return environment_; }
  [[nodiscard]] E& environment() { return environment_; }

  void reset(Rng& rng, VectorRef<double> observation) { environment_.reset(rng, observation); }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    return environment_.step(action, observation);
  }

  [[nodiscard]] std::span<const double> reward_terms() const requires HasRewardTerms<E> {
    return environment_.reward_terms();
  }

  [[nodiscard]] std::span<const double> critic_observation() const requires HasCriticObservation<E> {
    return environment_.critic_observation();
  }

  [[nodiscard]] Index state_size() const requires StatefulEnvironment<E> { return environment_.state_size(); }
  void save_state(VectorRef<double> out) const requires StatefulEnvironment<E> { environment_.save_state(out); }
  void load_state(const Vector<double>& state) requires StatefulEnvironment<E> { environment_.load_state(state); }

  [[nodiscard]] Index tangent_size() const requires TangentEnvironment<E> { return environment_.tangent_size(); }
  void displace(VectorRef<double> state, ConstVectorRef<double> tangent) const requires TangentEnvironment<E> {
    vantage::displace(environment_, state, tangent);
  }
  void difference(ConstVectorRef<double> from, ConstVectorRef<double> to,
                  VectorRef<double> tangent) const requires TangentEnvironment<E> {
    vantage::difference(environment_, from, to, tangent);
  }

 protected:
  E environment_;         ///< the one inside
  EnvironmentSpec spec_;  ///< what this one tells of itself
};

namespace detail {

/// A function object that can be assigned, though a lambda with captures cannot.
template <class F>
class AssignableFunction {
 public:
  explicit AssignableFunction(F function) : function_(std::move(function)) {}
  AssignableFunction(const AssignableFunction&) = default;
  AssignableFunction(AssignableFunction&&) = default;  // NOLINT(performance-noexcept-move-constructor): as F
  ~AssignableFunction() = default;
  AssignableFunction& operator=(const AssignableFunction& other) {
    if (this != &other) *this = AssignableFunction(other);
    return *this;
  }
  AssignableFunction& operator=(AssignableFunction&& other) noexcept {
    if (this != &other) function_.emplace(std::move(*other.function_));
    return *this;
  }

  [[nodiscard]] const F& get() const { return *function_; }

 private:
  std::optional<F> function_;  // never empty
};

}  // namespace detail

}  // namespace vantage

#endif
