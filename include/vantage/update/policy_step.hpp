// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_POLICY_STEP_HPP
#define VANTAGE_UPDATE_POLICY_STEP_HPP

#include <functional>

#include "vantage/core/context.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// An update of a policy, as it stands before one of its optimiser steps or after the last.
template <class P>
struct PolicyStep {
  using S = typename P::Scalar;

  const P& before;              ///< the policy that drew the batch
  const P& policy;              ///< what the steps so far have made of it
  const Batch<S>& batch;        ///< what the update learns from
  const Vector<S>& advantages;  ///< N, as the update was given them
  Index steps = 0;              ///< that were made so far
  bool finished = false;        ///< no more will be; a step that was taken back is not to be seen in `policy`
};

/// Is called before each optimiser step of an update and once more when it is finished, on the thread that makes the
/// update, with a context whose scratch it may use and whose random numbers it leaves alone. What it refers to has to
/// live as long as the update it is given to, and as that one's copies. What it throws is passed on, in the middle of
/// the update.
template <class P>
using StepObserver = std::function<void(const PolicyStep<P>&, Context&)>;

}  // namespace vantage

#endif
