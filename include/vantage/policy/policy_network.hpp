// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_POLICY_NETWORK_HPP
#define VANTAGE_POLICY_POLICY_NETWORK_HPP

#include <utility>
#include <vector>

#include "vantage/core/blocks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/nn/encoder.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/nn/sequential.hpp"

namespace vantage {

/// What neural policies share: one vector of parameters, the network's and then `free` others that do not depend on the
/// state, and the passes over many samples. A policy says what the network's outputs mean for its distribution. The
/// network may have extra outputs after those: another model's part in it, which the policy never sees. It is a
/// perceptron on a front: an encoder, which may be none, or any DifferentiableMap. Where an observation's mask forbids
/// a choice its output is minus infinity. Shapes: parameters P, observations O x N, a block's output Y x n.
template <class S, class Front = Encoder>
class PolicyNetwork {
  static_assert(DifferentiableMap<Front, S>, "a front is a DifferentiableMap, see vantage/core/concepts.hpp");

 public:
  using Network = Sequential<Front, Mlp>;           ///< as a function of its parameters
  using Tape = typename Network::template Tape<S>;  ///< scratch of it

  /// Of one worker.
  struct Scratch {
    Tape tape;                  ///< of the network
    Vector<S> sample;           ///< numbers of one sample, for the policy's use
    Vector<S> more_sample;      ///< and more of them
    Vector<S> log_probs;        ///< of a block
    Vector<S> weights;          ///< of a block
    Matrix<S> output_gradient;  ///< of a block: d sum of weighted scores / d output

    /// Makes room for a block of `count` samples with `outputs` outputs each. Storage only grows.
    void reserve(Index outputs, Index count) {
      if (weights.size() < count) {
        log_probs.resize(count);
        weights.resize(count);
      }
      if (output_gradient.rows() != outputs || output_gradient.cols() < count) output_gradient.resize(outputs, count);
    }
  };

  /// For a second policy beside the first.
  struct OtherScratch : Scratch {};

  /// Forward passes of many samples, kept a block each. Memory: a number a sample and unit of the network.
  using Activations = std::vector<Tape>;

  /// A gradient that the extra outputs have no part in.
  struct NoExtra {
    /// Writes zeros.
    void operator()(Index, const auto&, auto slopes, Index) const { slopes.setZero(); }
  };

  /// The free parameters start at 0.
  PolicyNetwork(Network network, Index free, const MlpInitialization& initialization, Rng& rng, ActionMask mask = {})
      : network_(std::move(network)),
        mask_(std::move(mask)),
        parameters_(Vector<S>::Zero(network_.parameter_count() + free)) {
    network_.template initialize<S>(parameters_.head(network_.parameter_count()), initialization, rng);
  }

  [[nodiscard]] const Network& network() const { return network_; }
  /// How observations forbid outputs.
  [[nodiscard]] const ActionMask& mask() const { return mask_; }
  /// How many the policy sees.
  [[nodiscard]] Index outputs() const { return network_.output_size() - extra_outputs_; }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }
  /// How many parameters do not depend on the state.
  [[nodiscard]] Index free_count() const { return parameters_.size() - network_.parameter_count(); }
  /// The i-th of those.
  [[nodiscard]] S free(Index i) const { return parameters_[network_.parameter_count() + i]; }

  /// Gives the network so many extra outputs, all of weights 0. What the policy sees stays.
  void set_extra_outputs(Index count) {
    const Mlp& trunk = network_.second();
    std::vector<Index> widths = trunk.widths();
    widths.back() = outputs() + count;
    PolicyNetwork before = *this;
    network_ = Network(network_.first(), Mlp(std::move(widths), trunk.options()));
    extra_outputs_ = count;
    parameters_ = Vector<S>::Zero(network_.parameter_count() + before.free_count());
    const Index below = network_.parameter_count() - output_layer().size();
    parameters_.head(below) = before.parameters_.head(below);
    output_layer().topRows(outputs()) = before.output_layer().topRows(outputs());
    parameters_.tail(before.free_count()) = before.parameters_.tail(before.free_count());
  }

  /// Weights and biases [W b] of the last layer, a row an output, the extra ones last.
  Eigen::Map<Matrix<S>> output_layer() {
    const std::vector<Index>& widths = network_.second().widths();
    const Index columns = widths[widths.size() - 2] + 1;
    const Index size = network_.output_size() * columns;
    return {parameters_.data() + network_.parameter_count() - size, network_.output_size(), columns};
  }

  /// The outputs as a view into the scratch, valid until the next pass with it.
  /// Throws: std::invalid_argument for an observation whose mask is not sound.
  auto forward(ConstMatrixRef<S> observations, Scratch& scratch) const { return forward(observations, scratch.tape); }

  /// Calls visit(first, output, scratch) for blocks of samples, in any order, from any worker. Here and below ranks
  /// visit their own blocks, see for_each_block.
  template <class Visit>
  void for_each_output(ConstMatrixRef<S> observations, Context& context, Visit&& visit) const {
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      visit(first, forward(observations.middleCols(first, count), scratch), scratch);
    });
  }

  /// Calls visit(first, output, other's output, scratch, other scratch) for blocks of samples, in any order, from any
  /// worker.
  template <class Visit>
  void for_each_pair(const PolicyNetwork& other, ConstMatrixRef<S> observations, Context& context,
                     Visit&& visit) const {
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index worker) {
      Scratch& scratch = context.local<Scratch>(worker);
      Scratch& other_scratch = context.local<OtherScratch>(worker);
      const auto block = observations.middleCols(first, count);
      visit(first, forward(block, scratch), other.forward(block, other_scratch), scratch, other_scratch);
    });
  }

  /// gradient = sum_n w_n grad log pi_n. The policy provides for each block
  ///   log_prob(first, output, scratch, log_probs), which writes log pi_n, and
  ///   slope(first, inputs, output, scratch, worker, weights, outward, free), which writes w_n dlog pi_n / dy_n into
  ///     the columns of `outward` and adds the gradient of the free parameters to `free`;
  /// weight(first, log_probs, weights) writes w_n; extra(first, outputs, slopes, worker) sees the extra outputs and
  /// writes the slopes of what else the gradient is of.
  template <class LogProb, class Weight, class Slope, class Extra = NoExtra>
  void score_gradient(ConstMatrixRef<S> observations, LogProb&& log_prob, Weight&& weight, Slope&& slope,
                      Context& context, Vector<S>& gradient, const Extra& extra = {}) const {
    gradient.resize(parameters_.size());
    const Index count_of_network = network_.parameter_count();
    block_sum<S>(context, observations.cols(), gradient,
                 [&](Index first, Index count, Index worker, VectorRef<S> partial) {
                   Scratch& scratch = context.local<Scratch>(worker);
                   const auto inputs = observations.middleCols(first, count);
                   const auto output = forward(inputs, scratch);
                   scratch.reserve(network_.output_size(), count);
                   auto log_probs = scratch.log_probs.head(count);
                   auto weights = scratch.weights.head(count);
                   log_prob(first, output, scratch, VectorRef<S>(log_probs));
                   weight(first, VectorRef<S>(log_probs), VectorRef<S>(weights));
                   const auto all_outward = scratch.output_gradient.leftCols(count);
                   auto outward = seen(all_outward);
                   slope(first, inputs, output, scratch, worker, weights, outward, partial.tail(free_count()));
                   extra(first, unseen(scratch.tape.output()), unseen(all_outward), worker);
                   network_.backward(parameters_.head(count_of_network), inputs, scratch.tape, all_outward,
                                     partial.head(count_of_network));
                 });
  }

  /// Keeps the forward passes of all samples, for Gauss-Newton products at these parameters; a rank those of its
  /// blocks.
  void record(ConstMatrixRef<S> observations, Context& context, Activations& kept) const {
    const auto blocks = static_cast<std::size_t>((observations.cols() + kBlockSamples - 1) / kBlockSamples);
    if (kept.size() < blocks) kept.resize(blocks);
    for_each_block(context, observations.cols(), [&](Index first, Index count, Index) {
      forward(observations.middleCols(first, count), kept[static_cast<std::size_t>(first / kBlockSamples)]);
    });
  }

  /// product = sum_n J_n^T M_n J_n v, where J_n takes parameters to sample n's output and free parameters. The policy
  /// provides metric(output, tangent, free_tangent, scratch, outward, free), which writes M_n times the tangents: the
  /// outputs' part into the columns of `outward`, the free parameters' part added to `free`.
  /// Cost: one forward pass, unless it was kept by record() of the same samples and parameters; one tangent and one
  /// backward pass.
  template <class Metric>
  void gauss_newton_product(ConstMatrixRef<S> observations, const Vector<S>& v, Metric&& metric, Context& context,
                            Vector<S>& product, Activations* kept = nullptr) const {
    VANTAGE_ASSERT(v.size() == parameters_.size() && &v != &product);
    product.resize(parameters_.size());
    const Index count_of_network = network_.parameter_count();
    block_sum<S>(
        context, observations.cols(), product, [&](Index first, Index count, Index worker, VectorRef<S> partial) {
          Scratch& scratch = context.local<Scratch>(worker);
          const auto inputs = observations.middleCols(first, count);
          Tape* const tape = kept ? &(*kept)[static_cast<std::size_t>(first / kBlockSamples)] : nullptr;
          if (tape) {
            scratch.tape.swap_activations(*tape);
          } else {
            forward(inputs, scratch);
          }
          const auto tangent =
              network_.tangent(parameters_.head(count_of_network), inputs, scratch.tape, v.head(count_of_network));
          scratch.reserve(network_.output_size(), count);
          const auto all_outward = scratch.output_gradient.leftCols(count);
          auto outward = seen(all_outward);
          metric(seen(scratch.tape.output()), seen(tangent), v.tail(free_count()), scratch, outward,
                 partial.tail(free_count()));
          unseen(all_outward).setZero();
          network_.backward(parameters_.head(count_of_network), inputs, scratch.tape, all_outward,
                            partial.head(count_of_network));
          if (tape) scratch.tape.swap_activations(*tape);
        });
  }

 private:
  using View = Eigen::Map<Matrix<S>, 0, Eigen::OuterStride<>>;

  View forward(ConstMatrixRef<S> observations, Tape& tape) const {
    View outputs = seen(network_.forward(parameters_.head(network_.parameter_count()), observations, tape));
    if (mask_.is_on()) mask_.apply(observations, outputs);
    return outputs;
  }

  // the rows of the network's outputs, or of their gradients, that the policy sees, and the others
  template <class Outputs>
  View seen(Outputs all) const {
    return {all.data(), outputs(), all.cols(), Eigen::OuterStride<>(all.outerStride())};
  }
  template <class Outputs>
  View unseen(Outputs all) const {
    return {all.data() + outputs(), extra_outputs_, all.cols(), Eigen::OuterStride<>(all.outerStride())};
  }

  Network network_;
  ActionMask mask_;
  Index extra_outputs_ = 0;
  Vector<S> parameters_;
};

}  // namespace vantage

#endif
