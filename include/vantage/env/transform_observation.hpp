// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_TRANSFORM_OBSERVATION_HPP
#define VANTAGE_ENV_TRANSFORM_OBSERVATION_HPP

#include <type_traits>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/env/wrapper.hpp"

namespace vantage {

/// Shows a function of the observation in its place: f(from, to) writes all of `to`.
/// f must depend on nothing but `from`: what it remembered would be lost on saving the state. A mask of actions stays
/// at its row: f copies its numbers there.
template <Environment E, class F>
class TransformObservation : public Wrapper<E> {
 public:
  static_assert(std::is_invocable_v<const F&, const Vector<double>&, VectorRef<double>&>,
                "TransformObservation needs a function f(ConstVectorRef<double> from, VectorRef<double> to) that is "
                "callable while const");

  /// `size`: of the new observation. Throws: std::invalid_argument for size < 1.
  TransformObservation(E environment, F function, Index size)
      : Wrapper<E>(std::move(environment)), function_(std::move(function)), inner_(this->spec_.observation_size) {
    require(size >= 1, "TransformObservation", "size >= 1", size);
    this->spec_.observation_size = size;
  }

  /// The new observation has as many numbers as that of the environment inside.
  TransformObservation(E environment, F function)
      : TransformObservation(environment, std::move(function), environment.spec().observation_size) {}

  void reset(Rng& rng, VectorRef<double> observation) {
    Wrapper<E>::reset(rng, inner_);
    function_.get()(std::as_const(inner_), observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const StepResult result = Wrapper<E>::step(action, inner_);
    function_.get()(std::as_const(inner_), observation);
    return result;
  }

 private:
  detail::AssignableFunction<F> function_;
  Vector<double> inner_;  // the observation before the function
};

}  // namespace vantage

#endif
