// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_NO_VALUE_HPP
#define VANTAGE_VALUE_NO_VALUE_HPP

#include <type_traits>

#include "vantage/core/context.hpp"
#include "vantage/core/types.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

/// The value function that is 0 everywhere and learns nothing: what a method without a baseline uses.
template <class S>
struct NoValue {
  using Scalar = S;

  void predict([[maybe_unused]] ConstMatrixRef<S> inputs, Context&, VectorRef<S> values) const {
    VANTAGE_ASSERT(values.size() == inputs.cols());
    values.setZero();
  }

  template <class Archive>
  void serialize(Archive&) {}
};

/// The value update that does nothing; goes with NoValue, or freezes another value function.
struct NoValueUpdate {
  /// Changes nothing; its report is empty.
  template <class V, class S>
  ValueReport operator()(V&, std::type_identity_t<ConstMatrixRef<S>>, const Vector<S>&, Context&) {
    return {};
  }

  template <class Archive>
  void serialize(Archive&) {}
};

}  // namespace vantage

#endif
