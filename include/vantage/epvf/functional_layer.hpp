// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_FUNCTIONAL_LAYER_HPP
#define VANTAGE_EPVF_FUNCTIONAL_LAYER_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/epvf/functional_tensor.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/nn/transpose.hpp"

namespace vantage {

/// Scratch of one layer and worker: what forward leaves for backward. Storage only grows.
template <class S>
class FunctionalTape {
 private:
  friend class FunctionalLayer;

  Vector<S> means_;       // of each pool, of the input
  Vector<S> sums_;        // of each pool: of the output, later of its gradient
  Vector<S> descent_;     // gradient at the means
  Vector<S> transposed_;  // one term's weights
  Vector<S> panel_;       // the product's own scratch
};

/// A linear map between the tensors of one policy that commutes with every permutation of the permutable axes. With C
/// the set of axes that tensors i and j have in common,
///   y_i = b_i + sum_j sum_{K in 2^C} spread_i(V_ijK mean_jK(x_j)),
/// where mean_jK averages x_j over its axes outside K, spread_i repeats over the axes of y_i outside K, and V_ijK mixes
/// channels. These are all such maps wherever an axis occurs at most once in a tensor, as in every perceptron: the maps
/// of one axis that commute with its permutations are spanned by identity and mean where both tensors have it, by the
/// mean where the input alone has it and by repetition where the output alone has it, and axes are permuted
/// independently. A pure function of its weights: V of each term (column-major), then b of each tensor.
/// Shapes: x (input_size): for each tensor channels x positions; y (output_size) likewise with its own channels.
/// Source: Zhou, Finn and Harrison, "Universal Neural Functionals", 2024, section 3.
class FunctionalLayer {
 public:
  /// `in_channels` counts the channels of each tensor.
  /// Throws: std::invalid_argument unless every tensor has channels in and out.
  FunctionalLayer(std::vector<FunctionalTensor> tensors, std::vector<Index> in_channels, Index out_channels)
      : tensors_(std::move(tensors)), in_channels_(std::move(in_channels)), out_channels_(out_channels) {
    require(in_channels_.size() == tensors_.size(), "FunctionalLayer", "channels of each tensor", in_channels_.size());
    require(out_channels >= 1, "FunctionalLayer", "out_channels >= 1", out_channels);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const FunctionalTensor& tensor = tensors_[i];
      const Index in = in_channels_[i];
      require(in >= 1, "FunctionalLayer", "in_channels >= 1", in);
      for (const FunctionalPool& pool : tensor.pools()) {
        pools_.push_back({i, pool.axes, pool.positions, pool.whole,
                          pool.whole ? input_size_ : in_scratch_ + in * pool.offset,
                          pool.whole ? output_size_ : out_scratch_ + out_channels_ * pool.offset});
      }
      starts_.push_back({input_size_, output_size_, in_scratch_, out_scratch_});
      input_size_ += in * tensor.positions();
      output_size_ += out_channels_ * tensor.positions();
      in_scratch_ += in * tensor.pool_positions();
      out_scratch_ += out_channels_ * tensor.pool_positions();
    }
    for (std::size_t to = 0; to < pools_.size(); ++to) {
      for (std::size_t from = 0; from < pools_.size(); ++from) {
        if (pools_[from].axes != pools_[to].axes) continue;
        terms_.push_back({from, to, weight_count_});
        weight_count_ += out_channels_ * in_channels_[pools_[from].tensor];
      }
    }
    biases_ = weight_count_;
    weight_count_ += out_channels_ * std::ssize(tensors_);
  }

  [[nodiscard]] Index weight_count() const { return weight_count_; }
  [[nodiscard]] Index input_size() const { return input_size_; }
  /// Numbers of y.
  [[nodiscard]] Index output_size() const { return output_size_; }

  /// V_ijK ~ N(0, 1 / (channels of x_j times the number of terms of y_i)), b = 0.
  template <class S>
  void initialize(std::type_identity_t<VectorRef<S>> weights, Rng& rng) const {
    VANTAGE_ASSERT(weights.size() == weight_count_);
    std::vector<Index> terms(tensors_.size(), 0);
    for (const Term& term : terms_) ++terms[pools_[term.to].tensor];
    for (const Term& term : terms_) {
      const Index in = in_channels_[pools_[term.from].tensor];
      const double deviation = 1 / std::sqrt(static_cast<double>(in * terms[pools_[term.to].tensor]));
      for (S& weight : weights.segment(term.weights, out_channels_ * in)) {
        weight = static_cast<S>(deviation * rng.normal());
      }
    }
    weights.tail(weight_count_ - biases_).setZero();
  }

  /// y of one policy.
  template <class S>
  void forward(std::type_identity_t<ConstVectorRef<S>> weights, std::type_identity_t<ConstVectorRef<S>> x,
               FunctionalTape<S>& tape, std::type_identity_t<VectorRef<S>> y) const {
    VANTAGE_ASSERT(weights.size() == weight_count_ && x.size() == input_size_ && y.size() == output_size_);
    grow(tape);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      S* means = tape.means_.data() + starts_[i].in_pools;
      tensors_[i].sum_out(in_channels_[i], x.data() + starts_[i].in, means, tape.panel_);
      tensors_[i].average(in_channels_[i], means);
    }
    // the terms of one pool are neighbours: the first of them overwrites
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      const Pool& from = pools_[terms_[k].from];
      const Pool& to = pools_[terms_[k].to];
      const bool first = k == 0 || terms_[k - 1].to != terms_[k].to;
      const Index in = in_channels_[from.tensor];
      const S* means = (from.whole ? x.data() : tape.means_.data()) + from.in;
      S* sums = (to.whole ? y.data() : tape.sums_.data()) + to.out;
      dense_product<S>(out_channels_, to.positions, in, weights.data() + terms_[k].weights, out_channels_,
                       {means, 1, in}, sums, out_channels_, first ? Start::zero : Start::accumulate, nullptr,
                       tape.panel_);
    }
    // a bias goes the way of what has no axes
    for (const Pool& pool : pools_) {
      if (pool.axes != kNoAxes) continue;
      S* sums = (pool.whole ? y.data() : tape.sums_.data()) + pool.out;
      Eigen::Map<Vector<S>>(sums, out_channels_) += weights.segment(bias(pool.tensor), out_channels_);
    }
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      tensors_[i].spread(out_channels_, tape.sums_.data() + starts_[i].out_pools, y.data() + starts_[i].out,
                         tape.panel_);
    }
  }

  /// Given dL/dy adds dL/dweights to `weight_gradient` and writes dL/dx to `x_gradient`; either may be empty: not
  /// wanted. Pre: forward was the last to use the tape, with the same weights and x.
  template <class S>
  void backward(std::type_identity_t<ConstVectorRef<S>> weights, std::type_identity_t<ConstVectorRef<S>> x,
                FunctionalTape<S>& tape, std::type_identity_t<ConstVectorRef<S>> y_gradient,
                std::type_identity_t<VectorRef<S>> weight_gradient,
                std::type_identity_t<VectorRef<S>> x_gradient) const {
    VANTAGE_ASSERT(y_gradient.size() == output_size_);
    VANTAGE_ASSERT(weight_gradient.size() == 0 || weight_gradient.size() == weight_count_);
    VANTAGE_ASSERT(x_gradient.size() == 0 || x_gradient.size() == input_size_);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      tensors_[i].sum_out(out_channels_, y_gradient.data() + starts_[i].out, tape.sums_.data() + starts_[i].out_pools,
                          tape.panel_);
    }
    const auto delta = [&](const Pool& pool) {
      return (pool.whole ? y_gradient.data() : tape.sums_.data()) + pool.out;
    };
    if (weight_gradient.size() > 0) {
      for (const Pool& pool : pools_) {
        if (pool.axes != kNoAxes) continue;
        weight_gradient.segment(bias(pool.tensor), out_channels_) +=
            Eigen::Map<const Vector<S>>(delta(pool), out_channels_);
      }
      for (const Term& term : terms_) {
        const Pool& from = pools_[term.from];
        const Pool& to = pools_[term.to];
        const Index in = in_channels_[from.tensor];
        const S* means = (from.whole ? x.data() : tape.means_.data()) + from.in;
        dense_product<S>(out_channels_, in, to.positions, delta(to), out_channels_, {means, in, 1},
                         weight_gradient.data() + term.weights, out_channels_, Start::accumulate, nullptr, tape.panel_);
      }
    }
    if (x_gradient.size() == 0) return;
    x_gradient.setZero();
    tape.descent_.setZero();
    for (const Term& term : terms_) {
      const Pool& from = pools_[term.from];
      const Pool& to = pools_[term.to];
      const Index in = in_channels_[from.tensor];
      S* below = (from.whole ? x_gradient.data() : tape.descent_.data()) + from.in;
      transpose<S>(out_channels_, in, weights.data() + term.weights, tape.transposed_.data());
      dense_product<S>(in, to.positions, out_channels_, tape.transposed_.data(), in, {delta(to), 1, out_channels_},
                       below, in, Start::accumulate, nullptr, tape.panel_);
    }
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      S* means = tape.descent_.data() + starts_[i].in_pools;
      tensors_[i].average(in_channels_[i], means);
      tensors_[i].spread(in_channels_[i], means, x_gradient.data() + starts_[i].in, tape.panel_);
    }
  }

 private:
  static constexpr std::array<int, 2> kNoAxes{-1, -1};

  /// Where a tensor and its pools begin, in x and y and in the scratch.
  struct Place {
    Index in, out, in_pools, out_pools;
  };

  /// A pool of one tensor; the whole ones lie in x and y, the others in the scratch.
  struct Pool {
    std::size_t tensor;
    std::array<int, 2> axes;
    Index positions;
    bool whole;
    Index in, out;
  };

  /// A pool of the input to a pool of the output with the same axes.
  struct Term {
    std::size_t from, to;
    Index weights;
  };

  template <class S>
  void grow(FunctionalTape<S>& tape) const {
    const auto at_least = [](Vector<S>& buffer, Index size) {
      if (buffer.size() < size) buffer = Vector<S>::Zero(size);
    };
    at_least(tape.means_, in_scratch_);
    at_least(tape.descent_, in_scratch_);
    at_least(tape.sums_, out_scratch_);
    at_least(tape.transposed_, out_channels_ * *std::max_element(in_channels_.begin(), in_channels_.end()));
  }

  [[nodiscard]] Index bias(std::size_t tensor) const { return biases_ + out_channels_ * static_cast<Index>(tensor); }

  std::vector<FunctionalTensor> tensors_;
  std::vector<Index> in_channels_;
  Index out_channels_;
  std::vector<Place> starts_;  // of each tensor
  std::vector<Pool> pools_;
  std::vector<Term> terms_;
  Index input_size_ = 0;
  Index output_size_ = 0;
  Index in_scratch_ = 0;
  Index out_scratch_ = 0;
  Index biases_ = 0;
  Index weight_count_ = 0;
};

}  // namespace vantage

#endif
