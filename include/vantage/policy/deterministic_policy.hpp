// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_DETERMINISTIC_POLICY_HPP
#define VANTAGE_POLICY_DETERMINISTIC_POLICY_HPP

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/policy/categorical.hpp"
#include "vantage/policy/parameter_space.hpp"

namespace vantage {

/// What becomes of a policy's outputs: none leaves them as they are, tanh takes them to (-1, 1).
enum class Squash { none, tanh };

/// What options and files call them, in the order of Squash.
inline constexpr std::array<std::string_view, 2> kSquashNames{"none", "tanh"};

struct DeterministicPolicyOptions {
  std::vector<Index> hidden = {64, 64};      ///< widths of the hidden layers
  Activation activation = Activation::tanh;  ///< of the hidden layers
  Squash squash = Squash::tanh;              ///< of continuous actions
  double output_gain = 1;                    ///< factor of the outputs before the squash
  MlpInitialization initialization = {};     ///< of the first parameters; its output gain 1 unless given
  bool layer_norm = false;                   ///< hidden layers are normalised, see LayerNorm
  std::optional<Index> mask_row = {};        ///< as EnvironmentSpec::mask_row, which it is where there is a task
};

/// Policy without a distribution. In a state s it responds with
///
///     r(s; theta) = squash(g y(s; theta)),
///
/// y the network's outputs and g the gain. Continuous actions are the response itself, an action map takes them to the
/// task's range; a discrete action is the first of the largest among K responses, which are never squashed, and of
/// those only that a mask in the observation allows. Several discrete actions have their responses one after the other.
///
/// Response, action and their derivatives are functions of any vector of parameters theta: one object serves thousands
/// of policies. The parameters of the object's own are those with which it acts where no others are named.
///
/// Shapes: theta P, observations O x n, responses R x n (R is A, or all choices), actions A x n (a row for each
/// discrete one).
template <class S>
class DeterministicPolicy {
 public:
  using Scalar = S;
  using Options = DeterministicPolicyOptions;
  using Tape = MlpTape<S>;  ///< scratch of respond and act

  /// For continuous actions. Throws: std::invalid_argument for sizes < 1 or a gain that is not positive.
  DeterministicPolicy(Index observation_size, Index action_size, const DeterministicPolicyOptions& options, Rng& rng)
      : DeterministicPolicy(observation_size, action_size, std::vector<Index>{}, options, rng) {}
  /// For a task: its responses are the actions, or a score for each discrete one, never squashed. Throws: as above.
  DeterministicPolicy(const EnvironmentSpec& spec, const DeterministicPolicyOptions& options, Rng& rng)
      : DeterministicPolicy(spec.is_discrete()
                                ? discrete(spec.observation_size, {spec.choices().begin(), spec.choices().end()},
                                           with_mask(options, spec), rng)
                                : DeterministicPolicy(spec.observation_size, spec.action_size(), options, rng)) {}

  /// For the discrete actions 0 .. K - 1. Throws: as the constructor, and for fewer than two actions.
  [[nodiscard]] static DeterministicPolicy discrete(Index observation_size, Index discrete_actions,
                                                    DeterministicPolicyOptions options, Rng& rng) {
    return discrete(observation_size, std::vector<Index>{discrete_actions}, std::move(options), rng);
  }
  /// For several of them at once, with so many choices each. Throws: as above, for no action or one without a choice,
  /// and for a mask outside the observation.
  [[nodiscard]] static DeterministicPolicy discrete(Index observation_size, std::vector<Index> choices,
                                                    DeterministicPolicyOptions options, Rng& rng) {
    const Index responses = choice_count("DeterministicPolicy::discrete", choices);
    options.squash = Squash::none;
    return DeterministicPolicy(observation_size, responses, std::move(choices), options, rng);
  }

  [[nodiscard]] const DeterministicPolicyOptions& options() const { return options_; }
  [[nodiscard]] const Mlp& network() const { return network_; }
  [[nodiscard]] Index observation_size() const { return network_.input_size(); }
  /// Numbers of a response: an action's components, or a score a discrete action.
  [[nodiscard]] Index response_size() const { return network_.output_size(); }
  [[nodiscard]] Index action_size() const {
    return choices_.empty() ? network_.output_size() : static_cast<Index>(choices_.size());
  }
  /// K of one action; 0: continuous, or several at once, see choices().
  [[nodiscard]] Index discrete_actions() const { return choices_.size() == 1 ? choices_.front() : 0; }
  /// Of each discrete action; none: continuous.
  [[nodiscard]] std::span<const Index> choices() const { return choices_; }
  /// How observations say which are allowed.
  [[nodiscard]] const ActionMask& mask() const { return mask_; }
  [[nodiscard]] std::optional<Index> mask_row() const { return mask_.row(); }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }
  /// What its parameters consist of.
  [[nodiscard]] ParameterSpace parameter_space() const { return vantage::parameter_space(network_); }

  /// The smooth part of the policy of parameters theta, as a view into the tape, valid until the next pass with it. The
  /// bits of a column depend neither on the number of columns nor on the column's position.
  Eigen::Map<Matrix<S>> respond(ConstVectorRef<S> theta, ConstMatrixRef<S> observations, MlpTape<S>& tape) const {
    return squash(network_.forward(theta, observations, tape));
  }

  /// The actions of the policy of parameters theta. Allocates nothing once the tape has seen as many columns.
  /// Throws: std::invalid_argument for an observation whose mask is not sound.
  void act(ConstVectorRef<S> theta, ConstMatrixRef<S> observations, MatrixRef<S> actions, MlpTape<S>& tape) const {
    Eigen::Map<Matrix<S>> output = network_.forward(theta, observations, tape);
    if (mask_.is_on()) mask_.apply(observations, output);
    mode_of_output(output, actions);
  }

  /// The vector-Jacobian product of respond: adds (dr/dtheta)^T response_gradient, summed over the columns, to
  /// theta_gradient and writes (dr/ds)^T response_gradient to observation_gradient, a column a sample. Either may be
  /// empty: it is left out. `scratch` only grows.
  /// Shapes: response_gradient R x n, theta_gradient P or 0, observation_gradient O x n or with no columns.
  /// Pre: respond has just been called with the same theta, observations and tape; pull_back leaves the tape valid.
  void pull_back(ConstVectorRef<S> theta, ConstMatrixRef<S> observations, MlpTape<S>& tape,
                 ConstMatrixRef<S> response_gradient, VectorRef<S> theta_gradient, MatrixRef<S> observation_gradient,
                 Vector<S>& scratch) const {
    const auto response = tape.output();
    VANTAGE_ASSERT(response_gradient.rows() == response.rows() && response_gradient.cols() == response.cols());
    grow_padded(scratch, response.size());
    Eigen::Map<Matrix<S>> slope(scratch.data(), response.rows(), response.cols());
    slope = static_cast<S>(options_.output_gain) * response_gradient;
    if (options_.squash == Squash::tanh) {
      multiply_slope<S>(Activation::tanh, response.data(), slope.data(), slope.size());
    }
    if (theta_gradient.size() > 0) network_.backward(theta, observations, tape, slope, theta_gradient);
    if (observation_gradient.cols() > 0) {
      network_.backward_to_input(theta, observations, tape, slope, observation_gradient);
    }
  }

  /// The action in each column's state. For use by one worker.
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const {
    act(parameters_, observations, actions, context.local<Scratch>(worker).tape);
  }

  /// The same: nothing is drawn. There is no density: log_probs are 0. For use by one worker.
  void sample(ConstMatrixRef<S> observations, std::span<Rng>, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const {
    mode(observations, actions, context, worker);
    log_probs.setZero();
  }

  /// The same from the network's outputs as they lie in a tape, lowered where a mask forbids, which become the
  /// responses.
  void mode_of_output(Eigen::Map<Matrix<S>> output, MatrixRef<S> actions) const {
    const auto response = squash(output);
    if (choices_.empty()) {
      actions = response;
      return;
    }
    categorical::modes(response, choices_, actions);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("parameters", parameters_);
  }

 private:
  struct Scratch {
    MlpTape<S> tape;
  };

  DeterministicPolicy(Index observation_size, Index outputs, std::vector<Index> choices,
                      const DeterministicPolicyOptions& options, Rng& rng)
      : options_(options),
        choices_(std::move(choices)),
        mask_(options.mask_row, choices_, observation_size),
        network_(widths(observation_size, outputs, options),
                 {.activation = options.activation, .layer_norm = options.layer_norm}) {
    require(options.output_gain > 0 && std::isfinite(options.output_gain), "DeterministicPolicy",
            "finite output_gain > 0", options.output_gain);
    parameters_.resize(network_.parameter_count());
    network_.initialize(parameters_, options.initialization, rng);
  }

  static std::vector<Index> widths(Index observation_size, Index outputs, const DeterministicPolicyOptions& options) {
    require(observation_size >= 1, "DeterministicPolicy", "observation_size >= 1", observation_size);
    require(outputs >= 1, "DeterministicPolicy", "action_size >= 1", outputs);
    return layer_widths(observation_size, options.hidden, outputs);
  }

  // outputs to responses, where they lie: a tape's storage is aligned and padded, as tanh needs it
  Eigen::Map<Matrix<S>> squash(Eigen::Map<Matrix<S>> output) const {
    if (options_.output_gain != 1) output *= static_cast<S>(options_.output_gain);
    if (options_.squash == Squash::tanh) activate(Activation::tanh, output.data(), output.size());
    return output;
  }

  DeterministicPolicyOptions options_;
  std::vector<Index> choices_;  // none: continuous actions
  ActionMask mask_;
  Mlp network_;
  Vector<S> parameters_;
};

}  // namespace vantage

#endif
