// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_ENCODER_HPP
#define VANTAGE_NN_ENCODER_HPP

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/nn/mlp.hpp"

namespace vantage {

/// So many components of an observation, and the layers that they alone pass through.
struct EncoderPart {
  Index size = 0;             ///< components, from where the part before ends
  std::vector<Index> hidden;  ///< widths of their layers; none: they pass as they are

  /// Numbers that it gives.
  [[nodiscard]] Index output_size() const { return hidden.empty() ? size : hidden.back(); }
  /// Of the same sizes.
  bool operator==(const EncoderPart&) const = default;
};

/// Takes each part of an observation through layers of its own and puts the results one below the other,
///
///     y = (e_1(x_1), .., e_k(x_k)),   e_i the hidden layers of a perceptron, or the identity
///
/// as a pure function of a flat parameter vector: the parts' parameters one after another, each as Mlp's. Without parts
/// it is the identity and has no parameters. Shapes: theta (parameter_count), x (input_size x n), y (output_size x n).
class Encoder {
 public:
  /// Scratch of one worker.
  template <class S>
  class Tape {
   public:
    /// The output of the last forward pass. Shapes: output_size x n.
    [[nodiscard]] Eigen::Map<Matrix<S>> output() { return {output_.data(), rows_, columns_}; }

    /// Exchanges the last forward pass, not the scratch of derivatives.
    void swap_activations(Tape& other) {
      std::swap(parts_, other.parts_);
      output_.swap(other.output_);
      std::swap(rows_, other.rows_);
      std::swap(columns_, other.columns_);
    }

   private:
    friend class Encoder;

    std::vector<MlpTape<S>> parts_;
    Vector<S> output_;
    Vector<S> tangent_;
    Index rows_ = 0;
    Index columns_ = 0;
  };

  /// `options` are those of the parts' layers, all of which are hidden ones.
  /// Throws: std::invalid_argument for sizes < 1, widths < 1, and parts whose sizes do not sum to input_size.
  explicit Encoder(Index input_size, std::vector<EncoderPart> parts = {}, const MlpOptions& options = {})
      : parts_(std::move(parts)),
        options_(options),
        input_size_(input_size),
        output_size_(parts_.empty() ? input_size : 0) {
    require(input_size >= 1, "Encoder", "input_size >= 1", input_size);
    options_.hidden_output = true;
    Index sum = 0;
    for (const EncoderPart& part : parts_) {
      require(part.size >= 1, "Encoder", "parts of one or more components", part.size);
      sum += part.size;
      output_size_ += part.output_size();
      std::vector<Index> widths{part.size};
      widths.insert(widths.end(), part.hidden.begin(), part.hidden.end());
      // of a part without layers it is not used
      if (part.hidden.empty()) widths.push_back(1);
      networks_.emplace_back(std::move(widths), options_);
      if (!part.hidden.empty()) parameter_count_ += networks_.back().parameter_count();
    }
    if (!parts_.empty() && sum != input_size) {
      throw std::invalid_argument(
          detail::join("Encoder: expected parts of ", input_size, " components in all, got ", sum));
    }
  }

  /// In the order of the inputs.
  [[nodiscard]] const std::vector<EncoderPart>& parts() const { return parts_; }
  /// The layers of a part that has some.
  [[nodiscard]] const Mlp& network(std::size_t part) const { return networks_[part]; }
  /// Of the parts' layers.
  [[nodiscard]] const MlpOptions& options() const { return options_; }
  /// Whether there are no parts.
  [[nodiscard]] bool is_identity() const { return parts_.empty(); }
  [[nodiscard]] Index input_size() const { return input_size_; }
  /// Numbers of an output.
  [[nodiscard]] Index output_size() const { return output_size_; }
  /// P, the parameters of all parts.
  [[nodiscard]] Index parameter_count() const { return parameter_count_; }

  /// Draws the parameters of every part as those of hidden layers, see Mlp. Throws: as there.
  template <class S>
  void initialize(std::type_identity_t<VectorRef<S>> theta, const MlpInitialization& options, Rng& rng) const {
    require(theta.size() == parameter_count_, "Encoder::initialize", "parameter_count() entries", theta.size());
    for_each_part([&](const Place& at) {
      if (at.parameters > 0) networks_[at.part].initialize<S>(theta.segment(at.offset, at.parameters), options, rng);
    });
  }

  /// y(x) as a view into the tape, valid until the next forward pass with it.
  template <class S>
  Eigen::Map<Matrix<S>> forward(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape) const {
    VANTAGE_ASSERT(theta.size() == parameter_count_ && x.rows() == input_size_);
    if (tape.parts_.size() < parts_.size()) tape.parts_.resize(parts_.size());
    grow_padded(tape.output_, output_size_ * x.cols());
    tape.rows_ = output_size_;
    tape.columns_ = x.cols();
    const Index stride = x.outerStride();
    S* const y = tape.output_.data();
    if (is_identity()) detail::copy_columns(input_size_, x.cols(), x.data(), stride, y, output_size_);
    for_each_part([&](const Place& at) {
      const S* from = detail::shifted(x.data(), at.from);
      Index from_stride = stride;
      if (at.parameters > 0) {
        MlpTape<S>& part = tape.parts_[at.part];
        from = networks_[at.part]
                   .forward<S>(detail::entries<S>(theta, at.offset, at.parameters),
                               detail::rows<S>(x, at.from, at.size), part)
                   .data();
        from_stride = at.outputs;
      }
      detail::copy_columns(at.outputs, x.cols(), from, from_stride, detail::shifted(y, at.to), output_size_);
    });
    return tape.output();
  }

  /// Adds the vector-Jacobian product: gradient += (dy/dtheta)^T output_gradient, summed over the columns.
  /// Pre: forward has just been called with the same theta, x and tape.
  template <class S>
  void backward(std::type_identity_t<ConstVectorRef<S>> theta, std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape,
                std::type_identity_t<ConstMatrixRef<S>> output_gradient,
                std::type_identity_t<VectorRef<S>> gradient) const {
    VANTAGE_ASSERT(gradient.size() == parameter_count_);
    for_each_part([&](const Place& at) {
      if (at.parameters == 0) return;
      networks_[at.part].backward<S>(detail::entries<S>(theta, at.offset, at.parameters),
                                     detail::rows<S>(x, at.from, at.size), tape.parts_[at.part],
                                     detail::rows<S>(output_gradient, at.to, at.outputs),
                                     detail::entries<S>(gradient, at.offset, at.parameters));
    });
  }

  /// The Jacobian-vector product (dy/dtheta) direction as a view into the tape; leaves what backward needs intact.
  /// Shapes: direction (parameter_count), result (output_size x n). Pre: as backward.
  template <class S>
  Eigen::Map<Matrix<S>> tangent(std::type_identity_t<ConstVectorRef<S>> theta,
                                std::type_identity_t<ConstMatrixRef<S>> x, Tape<S>& tape,
                                std::type_identity_t<ConstVectorRef<S>> direction) const {
    VANTAGE_ASSERT(direction.size() == parameter_count_);
    grow_padded(tape.tangent_, output_size_ * x.cols());
    S* const result = tape.tangent_.data();
    std::fill_n(result, output_size_ * x.cols(), S(0));
    for_each_part([&](const Place& at) {
      if (at.parameters == 0) return;
      const auto part = networks_[at.part].tangent<S>(detail::entries<S>(theta, at.offset, at.parameters),
                                                      detail::rows<S>(x, at.from, at.size), tape.parts_[at.part],
                                                      detail::entries<S>(direction, at.offset, at.parameters));
      detail::copy_columns(at.outputs, x.cols(), part.data(), at.outputs, detail::shifted(result, at.to), output_size_);
    });
    return {result, output_size_, x.cols()};
  }

 private:
  // where a part lies in inputs, outputs and parameters; no parameters: it passes as it is
  struct Place {
    std::size_t part;
    Index from, size, to, outputs, offset, parameters;
  };

  template <class Visit>
  void for_each_part(Visit&& visit) const {
    Index from = 0, to = 0, offset = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const EncoderPart& part = parts_[i];
      const Index parameters = part.hidden.empty() ? 0 : networks_[i].parameter_count();
      visit(Place{i, from, part.size, to, part.output_size(), offset, parameters});
      from += part.size;
      to += part.output_size();
      offset += parameters;
    }
  }

  std::vector<EncoderPart> parts_;
  MlpOptions options_;
  std::vector<Mlp> networks_;  // one a part
  Index input_size_;
  Index output_size_;
  Index parameter_count_ = 0;
};

/// The encoder that the options of a policy or a value function ask for, with the activation and the layer norm of
/// their hidden layers. Throws: std::invalid_argument for an input_size < 1, and as Encoder.
template <class Options>
[[nodiscard]] Encoder encoder_of(const Options& options, Index input_size) {
  return Encoder(input_size, options.encoder, {.activation = options.activation, .layer_norm = options.layer_norm});
}

}  // namespace vantage

#endif
