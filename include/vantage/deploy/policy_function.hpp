// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_POLICY_FUNCTION_HPP
#define VANTAGE_DEPLOY_POLICY_FUNCTION_HPP

#include <filesystem>
#include <limits>
#include <type_traits>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/single_precision.hpp"
#include "vantage/policy/policy_file.hpp"

namespace vantage {

/// Of the numbers that an exported policy computes with.
enum class Precision { single_precision, double_precision };

/// y = W x + b, or with layer norm g z + b where z is W x normalised, see LayerNorm.
/// Shapes: weights out x in, bias and gain out.
struct AffineLayer {
  Matrix<double> weights;    ///< W, out x in
  Vector<double> bias;       ///< b, out
  Vector<double> gain = {};  ///< g, out; empty: no layer norm
};

/// Components of the normalised observation that have hidden layers of their own, none: they pass as they are.
struct EncodedPart {
  Index size;                       ///< components, from where the part before ends
  std::vector<AffineLayer> layers;  ///< each followed by the activation

  /// Numbers that it gives.
  [[nodiscard]] Index output_size() const { return layers.empty() ? size : layers.back().bias.size(); }
};

/// What DeployedPolicy does with an observation, as plain numbers that an exporter writes down:
///
///     h_0 = clip((x - shift) scale, -bounds, bounds),   h_l = f(W_l h_{l-1} + b_l),   y = g (W_L h_{L-1} + b_L)
///     action = action map(squash(y)),   or the first of the largest y for a discrete action, of those that are allowed
///
/// where h_0 passes the parts of an encoder first, if there are some, and layers may have layer norm before f. Only
/// what the mode needs is left: a network's outputs for deviations or a value are not part of it.
struct PolicyFunction {
  Vector<double> shift;                      ///< empty: the policy sees raw observations
  Vector<double> scale;                      ///< a factor a component, beside shift
  Vector<double> bounds;                     ///< of each component, beside shift; infinite: none
  std::vector<EncodedPart> encoder;          ///< parts in front of the layers; empty: none
  std::vector<AffineLayer> layers;           ///< the hidden ones, then the output layer
  Activation activation = Activation::tanh;  ///< f, of the hidden layers
  double output_gain = 1;                    ///< g
  Squash squash = Squash::none;              ///< of continuous actions
  std::vector<Index> choices;                ///< of each discrete action; empty: continuous
  ActionMask mask;                           ///< how observations say which are allowed
  ActionMap action_map = ActionMap::none;    ///< to the task's units
  Vector<double> action_low;                 ///< empty where the actions are discrete
  Vector<double> action_high;                ///< as many as action_low
  FileMetadata metadata;                     ///< the policy file's own

  [[nodiscard]] Index observation_size() const {
    if (encoder.empty()) return layers.front().weights.cols();
    Index sum = 0;
    for (const EncodedPart& part : encoder) sum += part.size;
    return sum;
  }
  /// Whether an action is the number of a choice, or several of them.
  [[nodiscard]] bool is_discrete() const { return !choices.empty(); }
  /// A discrete action is one number.
  [[nodiscard]] Index action_size() const {
    return is_discrete() ? static_cast<Index>(choices.size()) : layers.back().bias.size();
  }

  /// Whether all components have the same bound, as those of a normaliser without exceptions have.
  [[nodiscard]] bool has_one_bound() const { return (bounds.array() == bounds[0]).all(); }

  /// Whether the action map takes a component from [-1, 1] to its bounds.
  [[nodiscard]] bool is_rescaled(Index i) const {
    return rescales(action_map) && action_high[i] - action_low[i] < std::numeric_limits<double>::infinity();
  }
};

namespace detail {

/// The layers of a perceptron, from where its parameters begin; `parameters` moves behind them.
template <class S>
std::vector<AffineLayer> affine_layers(const Mlp& network, const S*& parameters) {
  std::vector<AffineLayer> layers;
  const auto numbers = [&](Index rows, Index columns) {
    const Eigen::Map<const Matrix<S>> next(parameters, rows, columns);
    parameters += next.size();
    return Matrix<double>(next.template cast<double>());
  };
  for (std::size_t layer = 0; layer + 1 < network.widths().size(); ++layer) {
    const Index out = network.widths()[layer + 1];
    AffineLayer& next = layers.emplace_back();
    next.weights = numbers(out, network.widths()[layer]);
    next.bias = numbers(out, 1);
    if (network.is_normalized(layer)) next.gain = numbers(out, 1);
  }
  return layers;
}

template <class S>
void append_network(const Mlp& network, const S*& parameters, PolicyFunction& function) {
  function.activation = network.activation();
  function.layers = affine_layers(network, parameters);
}

template <class S>
void append_network(const Sequential<Encoder, Mlp>& network, const S*& parameters, PolicyFunction& function) {
  const Encoder& encoder = network.first();
  for (std::size_t i = 0; i < encoder.parts().size(); ++i) {
    EncodedPart& part = function.encoder.emplace_back();
    part.size = encoder.parts()[i].size;
    if (!encoder.parts()[i].hidden.empty()) part.layers = affine_layers(encoder.network(i), parameters);
  }
  append_network(network.second(), parameters, function);
}

}  // namespace detail

/// What a policy file computes.
template <class S>
[[nodiscard]] PolicyFunction policy_function(const PolicyFile<S>& file) {
  PolicyFunction function;
  if (file.normalizer) {
    function.shift = file.normalizer->shift();
    function.scale = file.normalizer->scale();
    function.bounds = file.normalizer->bounds();
  }
  file.policy.visit([&](const auto& policy) {
    const S* parameters = policy.parameters().data();
    detail::append_network(policy.network(), parameters, function);
    function.choices.assign(policy.choices().begin(), policy.choices().end());
    function.mask = policy.mask();
    if constexpr (std::is_same_v<std::decay_t<decltype(policy)>, DeterministicPolicy<S>>) {
      // as it is computed: in the policy's own precision
      function.output_gain = static_cast<double>(static_cast<S>(policy.options().output_gain));
      function.squash = policy.options().squash;
    } else if (policy.choices().empty()) {
      // behind the means may be the logarithms of deviations
      AffineLayer& last = function.layers.back();
      last = {Matrix<double>(last.weights.topRows(policy.action_size())),
              Vector<double>(last.bias.head(policy.action_size()))};
    }
  });
  if (!function.is_discrete()) {
    function.action_map = file.action_map;
    function.action_low = file.action_low;
    function.action_high = file.action_high;
  }
  function.metadata = file.metadata;
  return function;
}

/// The same of a file whose numbers have either precision. Throws: as load_policy.
[[nodiscard]] inline PolicyFunction load_policy_function(const std::filesystem::path& path) {
  StateReader reader(path);
  const bool is_double =
      reader.file().contains("policy.parameters") && reader.file().tensor("policy.parameters").dtype == Dtype::f64;
  return is_double ? policy_function(detail::read_policy_file<double>(reader))
                   : policy_function(detail::read_policy_file<float>(reader));
}

namespace detail {

/// A number as an export holds it. Throws: std::invalid_argument for a finite number that would not stay finite.
inline double rounded(double number, Precision precision, const char* who) {
  if (precision == Precision::double_precision) return number;
  const double single = rounded_to_single(number);
  require(std::isfinite(single) || !std::isfinite(number), who, "numbers that single precision can hold", number);
  return single;
}

}  // namespace detail

}  // namespace vantage

#endif
