// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POLICY_EXTENDED_VALUE_HPP
#define VANTAGE_EPVF_POLICY_EXTENDED_VALUE_HPP

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/epvf/representation.hpp"
#include "vantage/value/value_network.hpp"

namespace vantage {

/// What a state is worth to a policy, as a function of both:
///
///     V(s, theta) = f([s; e(theta)])
///
/// where e are the features that a representation shows of the policy's parameters theta and f is a network with one
/// output. The policy's part in the first layer is the same for all of its states, so it is computed once a policy: a
/// shift U e(theta) of the layer's biases. U begins at 0, where V is the value network that the same random stream
/// makes.
///
/// V holds one policy, that of the last follow(): predict and gradient are of its states. Of samples of several
/// policies there are predict_each and gradient_each. `parameters()` holds f's without U, as Mlp does, then U, H x F,
/// then the representation's weights, and learning them all trains the representation through V.
/// Shapes: inputs O x N, values N; thetas P x G, a column a policy.
/// Cost: that of a value network, and the features of each policy, by one thread, a prediction or gradient.
/// Source: Tang et al. 2022 (arXiv 2010.09536): policy-extended value function approximators.
template <class S, Representation R = NoFeatures<S>>
class PolicyExtendedValue {
 public:
  using Scalar = S;

  /// Of the policy's states, and of itself until another is followed. Throws: as ValueNetwork.
  template <class P>
  PolicyExtendedValue(const P& policy, R representation, const ValueNetworkOptions& options, Rng& rng)
      : representation_(std::move(representation)), policy_(policy.parameters()) {
    const ValueNetwork<S> plain(policy.observation_size(), options, rng);
    require(plain.network().is_second_alone() && !options.layer_norm, "PolicyExtendedValue",
            "a network without encoder and layer norm", options.layer_norm ? "layer norm" : "an encoder");
    network_ = plain.network().second();
    parameters_.setZero(network_.parameter_count() + shift_size() + representation_.weight_count());
    parameters_.head(network_.parameter_count()) = plain.parameters();
    representation_.initialize(parameters_.tail(representation_.weight_count()), rng);
  }

  [[nodiscard]] Index input_size() const { return network_.input_size(); }
  /// What it sees of the policy's parameters.
  [[nodiscard]] const R& representation() const { return representation_; }
  [[nodiscard]] Vector<S>& parameters() { return parameters_; }
  [[nodiscard]] const Vector<S>& parameters() const { return parameters_; }

  /// Becomes the value of this policy's states. Throws: std::invalid_argument for another number of parameters.
  template <class P>
  void follow(const P& policy) {
    require(policy.parameters().size() == policy_.size(), "PolicyExtendedValue::follow",
            "a policy of as many parameters as the first", policy.parameters().size());
    policy_ = policy.parameters();
  }

  /// The parameters of the policy that it is the value of.
  [[nodiscard]] const Vector<S>& policy_parameters() const { return policy_; }

  /// V of the policy's states.
  void predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
    Scratch& scratch = context.local<Scratch>(0);
    shift_biases(scratch);
    ValueNetwork<S>::predict(network_, scratch.alone.parameters, inputs, context, values);
  }

  /// gradient = sum_n w_n grad V(input_n, theta), as ValueNetwork. Shapes: gradient as parameters().
  template <class Weight>
  void gradient(ConstMatrixRef<S> inputs, Weight&& weight, Context& context, Vector<S>& gradient) const {
    Scratch& scratch = context.local<Scratch>(0);
    const FeatureView<S> shown = shift_biases(scratch);
    Pass& alone = scratch.alone;
    ValueNetwork<S>::gradient(network_, alone.parameters, inputs, weight, context, alone.gradient);
    gradient.resize(parameters_.size());
    gradient.head(network_.parameter_count()) = alone.gradient;
    pull_back(policy_, shown, alone.gradient.data() + weight_size(), scratch, gradient);
  }

  /// V of samples of the policies `thetas`: below its observation an input has a 1 for the policy that it is of, and 0
  /// for the others. Shapes: inputs (O + G) x N. Pre: G >= 1.
  void predict_each(ConstMatrixRef<S> thetas, ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
    Scratch& scratch = context.local<Scratch>(0);
    weigh_policies(thetas, scratch);
    ValueNetwork<S>::predict(*scratch.network_of_each, scratch.each.parameters, inputs, context, values);
  }

  /// gradient = sum_n w_n grad V(input_n, theta of input_n). Shapes: as above, gradient as parameters().
  template <class Weight>
  void gradient_each(ConstMatrixRef<S> thetas, ConstMatrixRef<S> inputs, Weight&& weight, Context& context,
                     Vector<S>& gradient) const {
    Scratch& scratch = context.local<Scratch>(0);
    const FeatureView<S> shown = weigh_policies(thetas, scratch);
    Pass& each = scratch.each;
    ValueNetwork<S>::gradient(*scratch.network_of_each, each.parameters, inputs, weight, context, each.gradient);
    gradient.resize(parameters_.size());
    const Index rest = network_.parameter_count() - weight_size();
    gradient.head(weight_size()) = each.gradient.head(weight_size());
    gradient.segment(weight_size(), rest) = each.gradient.tail(rest);
    pull_back(thetas, shown, each.gradient.data() + weight_size(), scratch, gradient);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("parameters", parameters_);
    archive("policy", policy_);
  }

 private:
  // of a network with the policies in it
  struct Pass {
    Vector<S> parameters, gradient;
  };

  struct Scratch {
    typename R::Tape tape;
    Pass alone, each;
    std::optional<Mlp> network_of_each;  // f with an input more for each policy
    Vector<S> shift, feature_gradient, panel;
  };

  // the first layer's width and number of weights
  [[nodiscard]] Index width() const { return network_.widths()[1]; }
  [[nodiscard]] Index weight_size() const { return width() * network_.input_size(); }
  [[nodiscard]] Index shift_size() const { return width() * representation_.feature_size(); }
  [[nodiscard]] const S* shift_weights() const { return parameters_.data() + network_.parameter_count(); }
  [[nodiscard]] auto weights_of_representation() const { return parameters_.tail(representation_.weight_count()); }

  // result = U e(theta) of each policy; returns the features
  FeatureView<S> shift_of_each(ConstMatrixRef<S> thetas, S* result, Scratch& scratch) const {
    VANTAGE_ASSERT(thetas.rows() == policy_.size());
    const FeatureView<S> shown = representation_.features(weights_of_representation(), thetas, scratch.tape);
    dense_product<S>(width(), thetas.cols(), shown.rows(), shift_weights(), width(),
                     {shown.data(), 1, shown.outerStride()}, result, width(), Start::zero, nullptr, scratch.panel);
    return shown;
  }

  // f's parameters for the policy that is followed
  FeatureView<S> shift_biases(Scratch& scratch) const {
    scratch.shift.resize(width());
    const FeatureView<S> shown = shift_of_each(policy_, scratch.shift.data(), scratch);
    scratch.alone.parameters = parameters_.head(network_.parameter_count());
    scratch.alone.parameters.segment(weight_size(), width()) += scratch.shift;
    return shown;
  }

  // the same for several: the shifts are the weights of the inputs that say which policy a sample is of
  FeatureView<S> weigh_policies(ConstMatrixRef<S> thetas, Scratch& scratch) const {
    prepare_network_of_each(network_.input_size() + thetas.cols(), scratch);
    const Index rest = network_.parameter_count() - weight_size();
    Vector<S>& wider = scratch.each.parameters;
    wider.resize(scratch.network_of_each->parameter_count());
    wider.head(weight_size()) = parameters_.head(weight_size());
    wider.tail(rest) = parameters_.segment(weight_size(), rest);
    return shift_of_each(thetas, wider.data() + weight_size(), scratch);
  }

  void prepare_network_of_each(Index inputs, Scratch& scratch) const {
    const auto& widths = network_.widths();
    if (scratch.network_of_each) {
      const auto& ready = scratch.network_of_each->widths();
      if (ready.front() == inputs && std::equal(widths.begin() + 1, widths.end(), ready.begin() + 1, ready.end()) &&
          scratch.network_of_each->activation() == network_.activation()) {
        return;
      }
    }
    std::vector<Index> wider = widths;
    wider.front() = inputs;
    scratch.network_of_each.emplace(std::move(wider), network_.activation());
  }

  // from the gradient with respect to each policy's shift, H x G, to that of U and of the representation's weights
  void pull_back(ConstMatrixRef<S> thetas, const FeatureView<S>& shown, const S* shift_gradient, Scratch& scratch,
                 Vector<S>& gradient) const {
    const Index features = shown.rows();
    dense_product<S>(width(), features, thetas.cols(), shift_gradient, width(), {shown.data(), shown.outerStride(), 1},
                     gradient.data() + network_.parameter_count(), width(), Start::zero, nullptr, scratch.panel);
    gradient.tail(representation_.weight_count()).setZero();
    if (representation_.weight_count() == 0) return;
    scratch.feature_gradient.resize(std::max(scratch.feature_gradient.size(), features * thetas.cols()));
    for (Index g = 0; g < thetas.cols(); ++g) {
      dense_product<S>(1, features, width(), shift_gradient + g * width(), 1, {shift_weights(), 1, width()},
                       scratch.feature_gradient.data() + g * features, 1, Start::zero, nullptr, scratch.panel);
    }
    representation_.backward(weights_of_representation(), thetas, scratch.tape,
                             Eigen::Map<const Matrix<S>>(scratch.feature_gradient.data(), features, thetas.cols()),
                             gradient.tail(representation_.weight_count()));
  }

  R representation_;
  Mlp network_{{1, 1}};
  Vector<S> parameters_;
  Vector<S> policy_;  // theta of the policy that it is the value of
};

}  // namespace vantage

#endif
