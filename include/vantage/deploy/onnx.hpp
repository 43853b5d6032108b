// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_ONNX_HPP
#define VANTAGE_DEPLOY_ONNX_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "vantage/core/single_precision.hpp"
#include "vantage/deploy/deployment_metadata.hpp"
#include "vantage/deploy/onnx_graph.hpp"
#include "vantage/deploy/policy_function.hpp"
#include "vantage/nn/layer_norm.hpp"

namespace vantage {

/// How an ONNX model is written.
struct OnnxOptions {
  Precision precision = Precision::single_precision;  ///< of all numbers in the model
  FileMetadata metadata = {};                         ///< beside what deployment_metadata knows; goes first
};

namespace detail {

/// (x - shift) scale, clipped.
inline void append_normalizer(OnnxGraph& graph, const PolicyFunction& function, Precision precision) {
  graph.apply("Sub", {graph.constant("mean", function.shift)});
  // a mean far larger than the deviation has digits that single precision lacks: they are taken off by themselves
  Vector<double> rest = function.shift;
  for (double& number : rest) number -= rounded(number, precision, "onnx_model");
  if (!rest.isZero(0)) graph.apply("Sub", {graph.constant("mean_rest", rest)});
  graph.apply("Mul", {graph.constant("inverse_deviation", function.scale)});
  if (!function.has_one_bound()) {
    graph.apply("Max", {graph.constant("lower_bounds", Vector<double>(-function.bounds))});
    graph.apply("Min", {graph.constant("upper_bounds", function.bounds)});
  } else if (const double clip = function.bounds[0]; std::isfinite(clip)) {
    graph.apply("Clip", {graph.constant("clip_low", -clip), graph.constant("clip_high", clip)});
  }
}

inline void append_activation(OnnxGraph& graph, Activation activation, Precision precision) {
  switch (activation) {
    case Activation::tanh:
      graph.apply("Tanh");
      break;
    case Activation::relu:
      graph.apply("Relu");
      break;
    case Activation::silu: {
      const std::string input = graph.last();
      graph.apply("Sigmoid");
      graph.apply("Mul", {input});
      break;
    }
    case Activation::elu:
      if (precision == Precision::single_precision) {
        graph.apply("Elu");
        break;
      }
      // runtimes have Elu in single precision alone: max(x, 0) + (exp(min(x, 0)) - 1)
      const std::string input = graph.last();
      graph.combine("Min", {input, "zero"});
      graph.apply("Exp");
      graph.apply("Sub", {"one"});
      const std::string below = graph.last();
      graph.combine("Max", {input, "zero"});
      graph.apply("Add", {below});
      break;
  }
}

/// A layer, and its activation if it is a hidden one. `number` makes the constants' names its own.
inline void append_layer(OnnxGraph& graph, const AffineLayer& layer, const std::string& number,
                         const Activation* activation, Precision precision) {
  const auto& [weights, bias, gain] = layer;
  // a matrix column by column is its transpose row by row
  const std::string matrix =
      graph.constant("weights_" + number, {weights.cols(), weights.rows()}, weights.data(), weights.size());
  const std::string offset = graph.constant("bias_" + number, bias);
  if (gain.size() == 0) {
    graph.apply("Gemm", {matrix, offset});
  } else {
    // written out: LayerNormalization is an operator of later sets
    graph.apply("Gemm", {matrix});
    const std::string sums = graph.last();
    graph.apply("ReduceMean", {}, {{"axes", 1}, {"keepdims", 1}});
    graph.combine("Sub", {sums, graph.last()});
    const std::string centred = graph.last();
    graph.combine("Mul", {centred, centred});
    graph.apply("ReduceMean", {}, {{"axes", 1}, {"keepdims", 1}});
    graph.apply("Add", {graph.constant("epsilon_" + number, kLayerNormEpsilon)});
    graph.apply("Sqrt");
    graph.combine("Div", {centred, graph.last()});
    graph.apply("Mul", {graph.constant("gain_" + number, gain)});
    graph.apply("Add", {offset});
  }
  if (activation != nullptr) append_activation(graph, *activation, precision);
}

/// Columns from .. to - 1 of `input`. `name` makes the constants' names its own. Pre: the constant second_axis.
inline void append_slice(OnnxGraph& graph, const std::string& input, const std::string& name, Index from, Index to) {
  graph.combine("Slice", {input, graph.whole_numbers("from_" + name, {from}), graph.whole_numbers("to_" + name, {to}),
                          "second_axis"});
}

/// Slices of what the graph has so far, each through its own layers, side by side again.
inline void append_encoder(OnnxGraph& graph, const PolicyFunction& function, const std::string& input,
                           Precision precision) {
  const std::string whole = graph.last().empty() ? input : graph.last();
  std::vector<std::string> outputs;
  Index from = 0;
  for (std::size_t i = 0; i < function.encoder.size(); ++i) {
    const EncodedPart& part = function.encoder[i];
    const std::string number = "part_" + csv_number(i);
    append_slice(graph, whole, number, from, from + part.size);
    for (std::size_t l = 0; l < part.layers.size(); ++l) {
      append_layer(graph, part.layers[l], number + "_" + csv_number(l), &function.activation, precision);
    }
    outputs.push_back(graph.last());
    from += part.size;
  }
  graph.combine("Concat", outputs, {{"axis", 1}});
}

/// Bounds, then half the range and its middle: of a component that is only clipped these are 1 and 0.
inline void append_action_map(OnnxGraph& graph, const PolicyFunction& function) {
  if (function.action_map == ActionMap::none) return;
  const Index size = function.action_size();
  Vector<double> low = function.action_low, high = function.action_high;
  Vector<double> half = Vector<double>::Ones(size), middle = Vector<double>::Zero(size);
  Vector<double> rescaled = Vector<double>::Zero(size);
  for (Index i = 0; i < size; ++i) {
    if (!function.is_rescaled(i)) continue;
    rescaled[i] = 1;
    half[i] = 0.5 * (high[i] - low[i]);
    middle[i] = low[i] + half[i];
    low[i] = -1;
    high[i] = 1;
  }
  if (function.action_map == ActionMap::squash_and_rescale) {
    // tanh of what is rescaled, the rest as it is
    const std::string raw = graph.last();
    graph.apply("Mul", {graph.constant("clipped", Vector<double>(Vector<double>::Ones(size) - rescaled))});
    const std::string kept = graph.last();
    graph.combine("Tanh", {raw});
    graph.apply("Mul", {graph.constant("squashed", rescaled)});
    graph.apply("Add", {kept});
  }
  graph.apply("Max", {graph.constant("low", low)});
  graph.apply("Min", {graph.constant("high", high)});
  if (rescaled.isZero(0)) return;
  graph.apply("Mul", {graph.constant("half_range", half)});
  graph.apply("Add", {graph.constant("middle", middle)});
}

/// Scores of minus infinity where the observation, the graph's input, does not allow.
inline void append_mask(OnnxGraph& graph, const ActionMask& mask, const std::string& input) {
  const std::string scores = graph.last();
  append_slice(graph, input, "mask", *mask.row(), *mask.row() + mask.size());
  graph.apply("Cast", {}, {{"to", OnnxGraph::kBoolean}});
  graph.apply("Where", {scores, graph.constant("forbidden", -std::numeric_limits<double>::infinity())});
}

/// The first of the largest scores of each discrete action.
inline void append_choices(OnnxGraph& graph, const std::vector<Index>& choices) {
  const std::string scores = graph.last();
  std::vector<std::string> chosen;
  Index begin = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices.size() > 1) {
      append_slice(graph, scores, "choice_" + csv_number(i), begin, begin + choices[i]);
      begin += choices[i];
    }
    graph.apply("ArgMax", {}, {{"axis", 1}, {"keepdims", 1}, {"select_last_index", 0}});
    chosen.push_back(graph.last());
  }
  if (choices.size() > 1) graph.combine("Concat", chosen, {{"axis", 1}});
}

}  // namespace detail

/// The bytes of an ONNX model that acts as DeployedPolicy does, normaliser and action map included: from `obs`,
/// observations in the task's own units, to `actions`, in the task's own units too. Discrete actions are numbers of
/// type int64. Numbers that are not finite are not refused, nor a mask that allows nothing: that is left to the caller.
/// Shapes: obs batch x O, actions batch x A; the batch is free. Throws: std::invalid_argument for numbers that single
/// precision cannot hold, and metadata that is not UTF-8.
[[nodiscard]] inline std::string onnx_model(const PolicyFunction& function, const OnnxOptions& options = {}) {
  OnnxGraph graph(options.precision);
  if (function.shift.size() > 0) detail::append_normalizer(graph, function, options.precision);
  const bool written_elu = function.activation == Activation::elu && options.precision == Precision::double_precision;
  const auto has_layers = [](const EncodedPart& part) { return !part.layers.empty(); };
  if (written_elu &&
      (function.layers.size() > 1 || std::any_of(function.encoder.begin(), function.encoder.end(), has_layers))) {
    graph.constant("zero", 0.0);
    graph.constant("one", 1.0);
  }
  if (!function.encoder.empty() || function.mask.is_on() || function.choices.size() > 1) {
    graph.whole_numbers("second_axis", {1});
  }
  if (!function.encoder.empty()) detail::append_encoder(graph, function, "obs", options.precision);
  for (std::size_t i = 0; i < function.layers.size(); ++i) {
    detail::append_layer(graph, function.layers[i], csv_number(i),
                         i + 1 < function.layers.size() ? &function.activation : nullptr, options.precision);
  }
  if (function.output_gain != 1) graph.apply("Mul", {graph.constant("output_gain", function.output_gain)});
  if (function.squash == Squash::tanh) graph.apply("Tanh");
  std::string meaning = "actions in the task's own units";
  if (function.is_discrete()) {
    if (function.mask.is_on()) detail::append_mask(graph, function.mask, "obs");
    detail::append_choices(graph, function.choices);
    meaning = "number of the most probable action";
  } else {
    detail::append_action_map(graph, function);
  }
  return graph.model({"obs", function.observation_size(), "observations in the task's own units"},
                     {"actions", function.action_size(), meaning},
                     "a policy with its normaliser and action map: the mode, as it is deployed",
                     deployment_metadata(function, options.metadata));
}

}  // namespace vantage

#endif
