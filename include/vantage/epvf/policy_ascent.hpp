// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POLICY_ASCENT_HPP
#define VANTAGE_EPVF_POLICY_ASCENT_HPP

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/optim/optimizer.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

namespace detail {

// one optimiser step of a policy up a gradient, which is clipped and turned round on the way, and the centre's clip
template <class S>
void step_up(Vector<S>& theta, Vector<S>& gradient, double max_norm, const WeightClip& clip, double rate_factor,
             Optimizer<S>& optimizer, PolicyReport& report) {
  report.gradient_norm = static_cast<double>(clip_gradient_norm(gradient, max_norm));
  report.learning_rate = rate_factor * optimizer.learning_rate();
  gradient = -gradient;
  optimizer.step(theta, gradient, rate_factor);
  if (clip.centre) clip_weights(clip, theta);
}

// asked by nobody
struct EveryStep {
  bool operator()() const { return true; }
};

}  // namespace detail

struct PolicyAscentOptions {
  Index steps = 10;                            ///< n_pi: optimiser steps an iteration
  OptimizerOptions optimizer = AdamOptions{};  ///< which optimiser, and its learning rate
  double max_gradient_norm = 0;                ///< l2 norm to which the gradient is clipped; 0: none
};

/// n_pi optimiser steps of the policy's parameters up the value function of parameters, theta += rate grad V(theta),
/// each followed by the weight clip of the centre.
/// Cost: a forward and a backward pass of V for one policy, a step.
/// Source: Faccio et al. 2021 (arXiv 2006.09226), algorithm 1; Bohlinger and Peters 2025 (arXiv 2502.11949), eq. 2.
template <class S>
class PolicyAscent {
 public:
  /// Throws: std::invalid_argument for a negative number of steps or norm.
  explicit PolicyAscent(const PolicyAscentOptions& options = {}) : options_(options), optimizer_(options.optimizer) {
    require(options.steps >= 0, "PolicyAscent", "steps >= 0", options.steps);
    require(options.max_gradient_norm >= 0, "PolicyAscent", "max_gradient_norm >= 0", options.max_gradient_norm);
  }

  [[nodiscard]] const PolicyAscentOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return optimizer_; }

  /// `rate_factor` multiplies the learning rate, which is that of the context's progress. The report's predicted return
  /// is V of the policy after the last step, its gradient norm that of the last step. `proceed()` is asked after each
  /// step whether another may follow.
  template <class P, InputDifferentiable<S> V, class Proceed = detail::EveryStep>
  PolicyReport operator()(P& policy, const V& value, const WeightClip& clip, Context& context, double rate_factor = 1,
                          const Proceed& proceed = {}) {
    Vector<S>& theta = policy.parameters();
    gradient_.resize(theta.size());
    optimizer_.set_progress(context.progress());
    PolicyReport report;
    for (bool more = true; more && report.epochs < options_.steps; more = proceed()) {
      value.input_gradient(theta, context, gradient_);
      detail::step_up(theta, gradient_, options_.max_gradient_norm, clip, rate_factor, optimizer_, report);
      ++report.epochs;
    }
    report.ascent.predicted_return = static_cast<double>(value.input_gradient(theta, context, gradient_));
    report.ascent.boundary_share = boundary_share(clip, theta);
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("optimizer", optimizer_);
  }

 private:
  PolicyAscentOptions options_;
  Optimizer<S> optimizer_;
  Vector<S> gradient_;
};

}  // namespace vantage

#endif
