// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_REMEMBERING_WRAPPER_HPP
#define VANTAGE_ENV_REMEMBERING_WRAPPER_HPP

#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/env/wrapper.hpp"

namespace vantage {

/// A wrapper that remembers numbers from step to step, for others to build on. Its state is that of the environment
/// inside, with the numbers behind it. Those that follow smoothly from earlier states and actions are part of the
/// dynamics: they can be moved, behind what can be moved of the state inside. The others stay where they are.
template <Environment E>
class RememberingWrapper : public Wrapper<E> {
 public:
  [[nodiscard]] Index state_size() const requires StatefulEnvironment<E> {
    return Wrapper<E>::state_size() + memory_.size();
  }

  void save_state(VectorRef<double> out) const requires StatefulEnvironment<E> {
    VANTAGE_ASSERT(out.size() == state_size());
    Wrapper<E>::save_state(out.head(Wrapper<E>::state_size()));
    out.tail(memory_.size()) = memory_;
  }

  /// Throws: std::invalid_argument for a state of another size.
  void load_state(const Vector<double>& state) requires StatefulEnvironment<E> {
    require(state.size() == state_size(), this->spec_.name.c_str(), "a state of this environment's size", state.size());
    Wrapper<E>::load_state(state.head(Wrapper<E>::state_size()));
    memory_ = state.tail(memory_.size());
  }

  [[nodiscard]] Index tangent_size() const requires TangentEnvironment<E> {
    return Wrapper<E>::tangent_size() + movable_;
  }

  void displace(VectorRef<double> state, ConstVectorRef<double> tangent) const requires TangentEnvironment<E> {
    const Index inside = Wrapper<E>::state_size();
    Wrapper<E>::displace(state.head(inside), tangent.head(Wrapper<E>::tangent_size()));
    state.segment(inside, movable_) += tangent.tail(movable_);
  }

  void difference(ConstVectorRef<double> from, ConstVectorRef<double> to,
                  VectorRef<double> tangent) const requires TangentEnvironment<E> {
    const Index inside = Wrapper<E>::state_size();
    Wrapper<E>::difference(from.head(inside), to.head(inside), tangent.head(Wrapper<E>::tangent_size()));
    tangent.tail(movable_) = to.segment(inside, movable_) - from.segment(inside, movable_);
  }

 protected:
  /// It remembers nothing until remember() says how much.
  explicit RememberingWrapper(E environment) : Wrapper<E>(std::move(environment)) {}

  /// Room for `movable` numbers that follow smoothly from states and actions, then `fixed` others, all of them 0: for
  /// the constructor.
  void remember(Index movable, Index fixed) {
    movable_ = movable;
    memory_ = Vector<double>::Zero(movable + fixed);
  }

  Vector<double> memory_;  ///< what is remembered, the movable numbers first

 private:
  Index movable_ = 0;
};

}  // namespace vantage

#endif
