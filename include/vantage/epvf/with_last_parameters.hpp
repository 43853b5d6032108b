// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_WITH_LAST_PARAMETERS_HPP
#define VANTAGE_EPVF_WITH_LAST_PARAMETERS_HPP

#include <algorithm>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/epvf/probing_states.hpp"
#include "vantage/policy/deterministic_policy.hpp"

namespace vantage {

/// What another representation shows of a policy's parameters without the last n, and below it those n as they are: the
/// log standard deviations of a policy whose mean alone the other sees.
/// Shapes: features (features of the other + n) x policies.
template <class R>
class WithLastParameters {
 public:
  using Scalar = typename R::Scalar;
  using S = Scalar;

  /// Scratch of one worker. Storage only grows.
  struct Tape {
    typename R::Tape of_other;  ///< its own scratch
    Vector<S> features;         ///< of both
  };

  /// Throws: std::invalid_argument for a negative count.
  WithLastParameters(R other, Index count) : other_(std::move(other)), count_(count) {
    require(count >= 0, "WithLastParameters", "count >= 0", count);
  }

  /// What sees the parameters before the last ones.
  [[nodiscard]] const R& other() const { return other_; }
  [[nodiscard]] Index feature_size() const { return other_.feature_size() + count_; }
  [[nodiscard]] Index weight_count() const { return other_.weight_count(); }

  void initialize(VectorRef<S> weights, Rng& rng) const { other_.initialize(weights, rng); }

  [[nodiscard]] FeatureView<S> features(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape) const {
    const Index size = feature_size();
    tape.features.resize(std::max(tape.features.size(), size * thetas.cols()));
    Eigen::Map<Matrix<S>> shown(tape.features.data(), size, thetas.cols());
    shown.topRows(size - count_) = other_.features(weights, seen_by_other(thetas), tape.of_other);
    shown.bottomRows(count_) = thetas.bottomRows(count_);
    return {tape.features.data(), size, thetas.cols(), Eigen::OuterStride<>(size)};
  }

  void backward(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape, ConstMatrixRef<S> feature_gradient,
                VectorRef<S> weight_gradient) const {
    other_.backward(weights, seen_by_other(thetas), tape.of_other, feature_gradient.topRows(other_.feature_size()),
                    weight_gradient);
  }

  void backward_to_input(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape,
                         ConstMatrixRef<S> feature_gradient, MatrixRef<S> theta_gradient) const {
    other_.backward_to_input(weights, seen_by_other(thetas), tape.of_other,
                             feature_gradient.topRows(other_.feature_size()),
                             theta_gradient.topRows(thetas.rows() - count_));
    theta_gradient.bottomRows(count_) += feature_gradient.bottomRows(count_);
  }

 private:
  [[nodiscard]] auto seen_by_other(ConstMatrixRef<S> thetas) const { return thetas.topRows(thetas.rows() - count_); }

  R other_;
  Index count_;
};

/// Probing states of a stochastic policy over a network: the network's outputs there (means, or logits), and the free
/// parameters, which are its last: log standard deviations.
/// Throws: std::invalid_argument for a policy with an encoder.
template <class P>
[[nodiscard]] auto probe_outputs(const P& policy, const ProbingStatesOptions& options) {
  using Probed = DeterministicPolicy<typename P::Scalar>;
  require(policy.network().is_second_alone(), "probe_outputs", "a policy without an encoder",
          policy.network().first().parts().size());
  const Mlp& network = policy.network().second();
  const std::vector<Index>& widths = network.widths();
  Rng unused(0);
  Probed outputs(network.input_size(), network.output_size(),
                 {.hidden = {widths.begin() + 1, widths.end() - 1},
                  .activation = network.activation(),
                  .squash = Squash::none,
                  .layer_norm = network.options().layer_norm},
                 unused);
  return WithLastParameters<ProbingStates<Probed>>(ProbingStates<Probed>(std::move(outputs), options),
                                                   policy.parameters().size() - network.parameter_count());
}

/// What a stochastic policy over a network consists of: the network's tensors, and the free parameters, if it has some,
/// along the axis of its outputs.
template <class P>
[[nodiscard]] ParameterSpace parameter_space_of(const P& policy) {
  ParameterSpace space = parameter_space(policy.network());
  const Index free = policy.parameters().size() - space.size();
  if (free > 0) space.blocks.push_back({space.size(), free, 1, static_cast<int>(space.axis_sizes.size()) - 1, -1});
  return space;
}

}  // namespace vantage

#endif
