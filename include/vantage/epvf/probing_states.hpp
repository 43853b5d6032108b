// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_PROBING_STATES_HPP
#define VANTAGE_EPVF_PROBING_STATES_HPP

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/epvf/representation.hpp"

namespace vantage {

/// From which the first probing states are drawn, each component by itself: uniform on [0, 1), or normal with mean 0
/// and deviation 1, which is where normalised observations lie.
enum class InitialStates { uniform, normal };

/// What options call them, in the order of InitialStates.
inline constexpr std::array<std::string_view, 2> kInitialStatesNames{"uniform", "normal"};

struct ProbingStatesOptions {
  Index count = 32;                                ///< states
  InitialStates initial = InitialStates::uniform;  ///< of the states
};

/// Features of a policy: its responses in states that are learned along with the value function,
///   features = [r(s_1; theta), ..., r(s_K; theta)].
/// Policies that act alike there look alike, whatever their parameters. A pure function of its weights, the states,
/// O x K column-major.
/// Shapes: features (K response_size) x n.
/// Cost: a pass of the policy over K states; backward repeats it where there are several policies.
/// Source: Faccio, Ramesh, Herrmann, Harb and Schmidhuber, "General Policy Evaluation and Improvement by Learning to
/// Identify Few But Crucial States", 2022.
template <class P>
class ProbingStates {
 public:
  using Scalar = typename P::Scalar;
  using S = Scalar;

  /// Scratch of one worker. Storage only grows.
  class Tape {
    friend class ProbingStates;

    typename P::Tape policy_;
    Vector<S> features_;
    Vector<S> scratch_;
    Matrix<S> state_gradient_;  // O x K
  };

  /// `policy` says what a policy is; its own parameters play no part.
  /// Throws: std::invalid_argument for no states.
  explicit ProbingStates(P policy, const ProbingStatesOptions& options = {})
      : policy_(std::move(policy)), options_(options) {
    require(options.count >= 1, "ProbingStates", "count >= 1", options.count);
  }

  [[nodiscard]] const ProbingStatesOptions& options() const { return options_; }
  [[nodiscard]] Index feature_size() const { return options_.count * policy_.response_size(); }
  [[nodiscard]] Index weight_count() const { return options_.count * policy_.observation_size(); }

  [[nodiscard]] std::vector<ParameterPart> parts() const {
    return {{"states", policy_.observation_size(), options_.count}};
  }

  /// The states as a matrix. Shapes: O x K.
  [[nodiscard]] Eigen::Map<const Matrix<S>> states(ConstVectorRef<S> weights) const {
    VANTAGE_ASSERT(weights.size() == weight_count());
    return {weights.data(), policy_.observation_size(), options_.count};
  }

  void initialize(VectorRef<S> weights, Rng& rng) const {
    require(weights.size() == weight_count(), "ProbingStates::initialize", "weight_count() entries", weights.size());
    const bool uniform = options_.initial == InitialStates::uniform;
    for (S& weight : weights) weight = static_cast<S>(uniform ? rng.uniform() : rng.normal());
  }

  [[nodiscard]] FeatureView<S> features(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape) const {
    const Index size = feature_size();
    if (tape.features_.size() < size * thetas.cols()) tape.features_.resize(size * thetas.cols());
    for (Index n = 0; n < thetas.cols(); ++n) {
      const auto responses = policy_.respond(thetas.col(n), states(weights), tape.policy_);
      std::copy_n(responses.data(), size, tape.features_.data() + n * size);
    }
    return {tape.features_.data(), size, thetas.cols(), Eigen::OuterStride<>(size)};
  }

  void backward(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape, ConstMatrixRef<S> feature_gradient,
                VectorRef<S> weight_gradient) const {
    VANTAGE_ASSERT(weight_gradient.size() == weight_count());
    tape.state_gradient_.resize(policy_.observation_size(), options_.count);
    for (Index n = 0; n < thetas.cols(); ++n) {
      pull_back(weights, thetas, n, tape, feature_gradient, Eigen::Map<Vector<S>>(nullptr, 0), tape.state_gradient_);
      weight_gradient += tape.state_gradient_.reshaped();
    }
  }

  void backward_to_input(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Tape& tape,
                         ConstMatrixRef<S> feature_gradient, MatrixRef<S> theta_gradient) const {
    VANTAGE_ASSERT(theta_gradient.rows() == thetas.rows() && theta_gradient.cols() == thetas.cols());
    Matrix<S> none(policy_.observation_size(), 0);
    for (Index n = 0; n < thetas.cols(); ++n) {
      pull_back(weights, thetas, n, tape, feature_gradient, theta_gradient.col(n), none);
    }
  }

 private:
  // the vector-Jacobian product of one policy's responses; with a single policy its pass is still in the tape
  void pull_back(ConstVectorRef<S> weights, ConstMatrixRef<S> thetas, Index n, Tape& tape,
                 ConstMatrixRef<S> feature_gradient, VectorRef<S> theta_gradient, MatrixRef<S> state_gradient) const {
    const auto probes = states(weights);
    if (thetas.cols() > 1) policy_.respond(thetas.col(n), probes, tape.policy_);
    const Eigen::Map<const Matrix<S>> gradient(feature_gradient.col(n).data(), policy_.response_size(), options_.count);
    policy_.pull_back(thetas.col(n), probes, tape.policy_, gradient, theta_gradient, state_gradient, tape.scratch_);
  }

  P policy_;
  ProbingStatesOptions options_;
};

}  // namespace vantage

#endif
