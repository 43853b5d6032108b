// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_ACTOR_CRITIC_HPP
#define VANTAGE_POLICY_ACTOR_CRITIC_HPP

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "vantage/core/blocks.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/policy/policy_network.hpp"
#include "vantage/policy/regularization.hpp"

namespace vantage {

/// A policy and a value function on one network with one vector of parameters: the hidden layers are shared, the last
/// layer has the policy's outputs and, in one more row, the value. It stands wherever a policy or a value function
/// does; JointUpdate trains both at once.
///
/// P is GaussianPolicy or CategoricalPolicy. Shapes: observations O x N, values N, everything else as P.
template <class P>
class ActorCritic {
 public:
  using Scalar = typename P::Scalar;
  using S = Scalar;
  using Options = typename P::Options;

  /// The policy starts as P of the same options and random stream does; the value's row is then drawn with
  /// `value_gain`. Throws: as P, and for a gain that is negative or not finite.
  ActorCritic(Index observation_size, Index actions, const Options& options, Rng& rng, double value_gain = 1)
      : ActorCritic(P(observation_size, actions, options, rng), rng, value_gain) {}
  /// For a task. Throws: as P.
  ActorCritic(const EnvironmentSpec& spec, const Options& options, Rng& rng, double value_gain = 1)
      : ActorCritic(P(spec, options, rng), rng, value_gain) {}

  /// Adds a value function to a policy, on that policy's hidden layers.
  ActorCritic(const P& policy, Rng& rng, double value_gain = 1) : policy_(policy.with_extra_outputs(1)) {
    require(value_gain >= 0 && std::isfinite(value_gain), "ActorCritic", "a finite value_gain >= 0", value_gain);
    // the last layer is [W b], a row an output
    const Index outputs = network().output_size();
    const std::vector<Index>& widths = network().second().widths();
    const Index inputs = widths[widths.size() - 2];
    S* const layer = parameters().data() + network().parameter_count() - outputs * (inputs + 1);
    Eigen::Map<Matrix<S>>(layer, outputs, inputs).bottomRows(1) =
        initial_weights(1, inputs, options().initialization.scheme, value_gain, rng).template cast<S>();
  }

  /// The policy alone, on a network without the value: acts the same, in files and elsewhere.
  [[nodiscard]] P policy() const { return policy_.with_extra_outputs(0); }

  [[nodiscard]] const Options& options() const { return policy_.options(); }
  /// With the value as its last output.
  [[nodiscard]] const typename P::Network& network() const { return policy_.network(); }
  [[nodiscard]] Index observation_size() const { return policy_.observation_size(); }
  /// Of the value: the observations.
  [[nodiscard]] Index input_size() const { return policy_.observation_size(); }
  [[nodiscard]] Index action_size() const { return policy_.action_size(); }
  [[nodiscard]] Index discrete_actions() const { return policy_.discrete_actions(); }
  [[nodiscard]] std::span<const Index> choices() const { return policy_.choices(); }
  [[nodiscard]] std::optional<Index> mask_row() const { return policy_.mask().row(); }
  [[nodiscard]] Vector<S>& parameters() { return policy_.parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return policy_.parameters(); }

  // as a policy: see P

  void sample(ConstMatrixRef<S> observations, std::span<Rng> rngs, MatrixRef<S> actions, VectorRef<S> log_probs,
              Context& context, Index worker) const {
    policy_.sample(observations, rngs, actions, log_probs, context, worker);
  }
  void mode(ConstMatrixRef<S> observations, MatrixRef<S> actions, Context& context, Index worker) const {
    policy_.mode(observations, actions, context, worker);
  }
  void log_prob(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context, VectorRef<S> out) const {
    policy_.log_prob(observations, actions, context, out);
  }
  void entropy(ConstMatrixRef<S> observations, Context& context, VectorRef<S> out) const {
    policy_.entropy(observations, context, out);
  }
  void kl_divergence(const ActorCritic& other, ConstMatrixRef<S> observations, Context& context,
                     VectorRef<S> out) const {
    policy_.kl_divergence(other.policy_, observations, context, out);
  }
  void compare(const ActorCritic& after, ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Context& context,
               VectorRef<S> log_probs, VectorRef<S> kl, VectorRef<S> entropy) const {
    policy_.compare(after.policy_, observations, actions, context, log_probs, kl, entropy);
  }
  /// Of the policy: 0 for the value's row.
  void fisher_product(ConstMatrixRef<S> observations, const Vector<S>& v, Context& context, Vector<S>& product) const {
    policy_.fisher_product(observations, v, context, product);
  }
  /// Of the policy: 0 for the value's row.
  template <class Weight>
  void score_gradient(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Weight&& weight, Context& context,
                      Vector<S>& gradient, const Regularization<ActorCritic>& regularization = {}) const {
    policy_.score_gradient(observations, actions, weight, context, gradient, of_policy(regularization));
  }

  // as a value function: see ValueNetwork

  /// V of every input.
  void predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
    VANTAGE_ASSERT(values.size() == inputs.cols());
    for_each_block(context, inputs.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      values.segment(first, count) = forward(inputs.middleCols(first, count), scratch).bottomRows(1).transpose();
    });
    share_blocks(context, inputs.cols(), values.data());
  }

  /// gradient = sum_n w_n grad V(input_n): of the value's row and of the hidden layers that the policy stands on too.
  template <class Weight>
  void gradient(ConstMatrixRef<S> inputs, Weight&& weight, Context& context, Vector<S>& gradient) const {
    gradient.resize(parameters().size());
    block_sum<S>(context, inputs.cols(), gradient, [&](Index first, Index count, Index worker, VectorRef<S> partial) {
      Scratch& scratch = context.local<Scratch>(worker);
      const auto block = inputs.middleCols(first, count);
      const auto output = forward(block, scratch);
      scratch.outward.resize(output.rows(), std::max(scratch.outward.cols(), count));
      auto outward = scratch.outward.leftCols(count);
      outward.setZero();
      write_slopes(first, output.bottomRows(1), outward.bottomRows(1), scratch, weight);
      const Index size = network().parameter_count();
      network().backward(parameters().head(size), block, scratch.tape, outward, partial.head(size));
    });
  }

  /// score_gradient plus sum_n v_n grad V(s_n), in one forward and one backward pass:
  /// `value_weight(first, values, weights)` sees the fresh values and writes v_n as `weight` writes w_n.
  template <class Weight, class ValueWeight>
  void joint_gradient(ConstMatrixRef<S> observations, ConstMatrixRef<S> actions, Weight&& weight,
                      ValueWeight&& value_weight, Context& context, Vector<S>& gradient,
                      const Regularization<ActorCritic>& regularization = {}) const {
    policy_.score_gradient(observations, actions, weight, context, gradient, of_policy(regularization),
                           [&](Index first, const auto& values, auto slopes, Index worker) {
                             write_slopes(first, values, slopes, context.local<Scratch>(worker), value_weight);
                           });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    policy_.serialize(archive);
  }

 private:
  struct Scratch {
    typename P::Network::template Tape<S> tape;
    Vector<S> values;
    Vector<S> weights;
    Matrix<S> outward;
  };

  auto forward(ConstMatrixRef<S> inputs, Scratch& scratch) const {
    return network().forward(parameters().head(network().parameter_count()), inputs, scratch.tape);
  }

  // slopes = the weights of the values, both rows
  template <class Values, class Slopes, class Weight>
  static void write_slopes(Index first, const Values& values, Slopes slopes, Scratch& scratch, Weight& weight) {
    const Index count = values.cols();
    if (scratch.values.size() < count) {
      scratch.values.resize(count);
      scratch.weights.resize(count);
    }
    scratch.values.head(count) = values.transpose();
    auto weights = scratch.weights.head(count);
    weight(first, VectorRef<S>(scratch.values.head(count)), VectorRef<S>(weights));
    slopes = weights.transpose();
  }

  static Regularization<P> of_policy(const Regularization<ActorCritic>& all) {
    return {.entropy_weight = all.entropy_weight,
            .kl_weight = all.kl_weight,
            .reference = all.reference == nullptr ? nullptr : &all.reference->policy_};
  }

  P policy_;  // on a network with one more output, the value
};

}  // namespace vantage

#endif
