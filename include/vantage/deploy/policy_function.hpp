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

/// y = W x + b. Shapes: weights out x in, bias out.
struct AffineLayer {
  Matrix<double> weights;  ///< W, out x in
  Vector<double> bias;     ///< b, out
};

/// What DeployedPolicy does with an observation, as plain numbers that an exporter writes down:
///
///     h_0 = clip((x - shift) scale, -bounds, bounds),   h_l = f(W_l h_{l-1} + b_l),   y = g (W_L h_{L-1} + b_L)
///     action = action map(squash(y)),   or the first of the largest y for discrete actions
///
/// Only what the mode needs is left: a network's outputs for deviations or a value are not part of it.
struct PolicyFunction {
  Vector<double> shift;                      ///< empty: the policy sees raw observations
  Vector<double> scale;                      ///< a factor a component, beside shift
  Vector<double> bounds;                     ///< of each component, beside shift; infinite: none
  std::vector<AffineLayer> layers;           ///< the hidden ones, then the output layer
  Activation activation = Activation::tanh;  ///< f, of the hidden layers
  double output_gain = 1;                    ///< g
  Squash squash = Squash::none;              ///< of continuous actions
  Index discrete_actions = 0;                ///< 0: continuous
  ActionMap action_map = ActionMap::none;    ///< to the task's units
  Vector<double> action_low;                 ///< empty where the actions are discrete
  Vector<double> action_high;                ///< as many as action_low
  FileMetadata metadata;                     ///< the policy file's own

  [[nodiscard]] Index observation_size() const { return layers.front().weights.cols(); }
  /// A discrete action is one number.
  [[nodiscard]] Index action_size() const { return discrete_actions > 0 ? 1 : layers.back().bias.size(); }

  /// Whether all components have the same bound, as those of a normaliser without exceptions have.
  [[nodiscard]] bool has_one_bound() const { return (bounds.array() == bounds[0]).all(); }

  /// Whether the action map takes a component from [-1, 1] to its bounds.
  [[nodiscard]] bool is_rescaled(Index i) const {
    return rescales(action_map) && action_high[i] - action_low[i] < std::numeric_limits<double>::infinity();
  }
};

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
    const Mlp& network = policy.network();
    function.activation = network.activation();
    const S* parameters = policy.parameters().data();
    for (std::size_t layer = 0; layer + 1 < network.widths().size(); ++layer) {
      const Index in = network.widths()[layer];
      const Index out = network.widths()[layer + 1];
      function.layers.push_back({Eigen::Map<const Matrix<S>>(parameters, out, in).template cast<double>(),
                                 Eigen::Map<const Vector<S>>(parameters + out * in, out).template cast<double>()});
      parameters += out * (in + 1);
    }
    function.discrete_actions = policy.discrete_actions();
    if constexpr (std::is_same_v<std::decay_t<decltype(policy)>, DeterministicPolicy<S>>) {
      // as it is computed: in the policy's own precision
      function.output_gain = static_cast<double>(static_cast<S>(policy.options().output_gain));
      function.squash = policy.options().squash;
    } else if (policy.discrete_actions() == 0) {
      // behind the means may be the logarithms of deviations
      AffineLayer& last = function.layers.back();
      last = {Matrix<double>(last.weights.topRows(policy.action_size())),
              Vector<double>(last.bias.head(policy.action_size()))};
    }
  });
  if (function.discrete_actions == 0) {
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
