// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_C_SOURCE_HPP
#define VANTAGE_DEPLOY_C_SOURCE_HPP

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "vantage/deploy/deployment_metadata.hpp"
#include "vantage/deploy/policy_function.hpp"
#include "vantage/nn/layer_norm.hpp"

namespace vantage {

/// How a C header is written.
struct CSourceOptions {
  Precision precision = Precision::single_precision;  ///< of all numbers in the header
  std::string name = "policy";                        ///< what all names of the header begin with: a C identifier
  FileMetadata metadata = {};                         ///< beside what deployment_metadata knows; goes first
};

namespace detail {

/// A number as C99 reads it back to the same bits, in hexadecimal whatever the locale; with F of type float.
inline std::string c_number(double number, Precision precision) {
  const std::string sign = std::signbit(number) ? "-" : "";
  if (std::isinf(number)) return sign + "INFINITY";
  std::array<char, 64> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), std::abs(number), std::chars_format::hex).ptr;
  return sign + "0x" + std::string(digits.data(), end) + (precision == Precision::single_precision ? "F" : "");
}

/// Text that ends no comment, continues no line and is no trigraph.
inline std::string comment_text(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += c < ' ' || c > '~' || c == '\\' || c == '?' ? '_' : c;
  return plain;
}

/// Writes the header piece by piece; `$` in a piece stands for the policy's name, `@` for float or double.
class CSource {
 public:
  CSource(const PolicyFunction& function, const CSourceOptions& options)
      : function_(function), options_(options), widest_(function.observation_size()) {
    Index encoded = 0;
    for (const EncodedPart& part : function.encoder) {
      look_at(part.layers);
      encoded += part.output_size();
    }
    widest_ = std::max(widest_, encoded);
    look_at(function.layers);
  }

  std::string write() {
    begin();
    constants();
    helpers();
    act();
    return text_ + "\n#endif\n";
  }

 private:
  void look_at(const std::vector<AffineLayer>& layers) {
    for (const AffineLayer& layer : layers) {
      widest_ = std::max(widest_, layer.bias.size());
      is_normalized_ = is_normalized_ || layer.gain.size() > 0;
    }
  }

  [[nodiscard]] bool is_single() const { return options_.precision == Precision::single_precision; }

  void add(std::string_view piece) {
    for (const char c : piece) {
      if (c == '$') text_ += options_.name;
      else if (c == '@') text_ += is_single() ? "float" : "double";
      else text_ += c;
    }
  }

  void begin() {
    add("// A policy by vantage " VANTAGE_VERSION
        ": C99, to be included in one source file; needs math.h (-lm) alone.\n//\n");
    add("//     int $_act(const @ observation[$_observation_size], @ action[$_action_size]);\n//\n");
    add("// writes the action for an observation, both in the task's own units");
    add(function_.choices.size() > 1 ? "; each action is the number of the most probable one, from 0 on"
        : function_.is_discrete()    ? "; the action is the number of the most probable one, from 0 on"
                                     : "");
    if (function_.mask.is_on()) {
      add(",\n// among those for which the observation holds 1, from number " + csv_number(*function_.mask.row()) +
          " on, and not 0");
    }
    add(", and returns 0. An observation that\n// is not finite, or so large that the action would not be, is refused: "
        "it returns 1 and action stays as it was.\n// Allocates nothing and keeps no state: any number of threads may "
        "call it.\n//\n");
    for (const auto& [key, value] : deployment_metadata(function_, options_.metadata)) {
      text_ += "// " + comment_text(key) + ": " + comment_text(value) + "\n";
    }
    add("#ifndef VANTAGE_$_H\n#define VANTAGE_$_H\n\n#include <math.h>\n\n");
    add("#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__\n"
        "#error \"fast math removes the checks of numbers that are not finite: add "
        "-fno-finite-math-only\"\n#endif\n\n");
    add("enum { $_observation_size = " + csv_number(function_.observation_size()) +
        ", $_action_size = " + csv_number(function_.action_size()) + " };\n\n");
  }

  void array(const std::string& name, const double* numbers, Index size, Precision precision) {
    add(precision == Precision::single_precision ? "static const float $_" : "static const double $_");
    text_ += name + "[" + csv_number(size) + "] = {";
    for (Index i = 0; i < size; ++i) {
      text_ += i % 8 == 0 ? "\n    " : " ";
      text_ += c_number(rounded(numbers[i], precision, "c_header"), precision) + (i + 1 < size ? "," : "");
    }
    text_ += "};\n\n";
  }

  void constants() {
    if (function_.shift.size() > 0) {
      add("// normaliser: (x - mean) inverse_deviation, clipped; in double, as in training\n");
      array("mean", function_.shift.data(), function_.shift.size(), Precision::double_precision);
      array("inverse_deviation", function_.scale.data(), function_.scale.size(), Precision::double_precision);
      if (!function_.has_one_bound()) {
        array("bounds", function_.bounds.data(), function_.bounds.size(), Precision::double_precision);
      }
    }
    add("// a column of weights for each input, then the biases\n");
    for (std::size_t i = 0; i < function_.encoder.size(); ++i) {
      const auto& layers = function_.encoder[i].layers;
      for (std::size_t l = 0; l < layers.size(); ++l) layer_constants(layers[l], part_layer(i, l));
    }
    for (std::size_t i = 0; i < function_.layers.size(); ++i) layer_constants(function_.layers[i], csv_number(i));
    if (!is_normalized_) return;
    add("// where layer norm gives the biases\n");
    const Vector<double> none = Vector<double>::Zero(widest_);
    array("none", none.data(), none.size(), options_.precision);
  }

  static std::string part_layer(std::size_t part, std::size_t layer) {
    return "part_" + csv_number(part) + "_" + csv_number(layer);
  }

  void layer_constants(const AffineLayer& layer, const std::string& number) {
    array("weights_" + number, layer.weights.data(), layer.weights.size(), options_.precision);
    array("bias_" + number, layer.bias.data(), layer.bias.size(), options_.precision);
    if (layer.gain.size() > 0) array("gain_" + number, layer.gain.data(), layer.gain.size(), options_.precision);
  }

  void helpers() {
    // four inputs at once save most of the stores; each output is still summed over the inputs in their order
    add(R"(// to = bias + weights from
static inline void $_layer(const @* weights, const @* bias, int inputs, int outputs, const @* from, @* to) {
  const @* column = weights;
  int k = 0;
  for (int i = 0; i < outputs; ++i) to[i] = bias[i];
  for (; k + 4 <= inputs; k += 4) {
    const @ a = from[k], b = from[k + 1], c = from[k + 2], d = from[k + 3];
    for (int i = 0; i < outputs; ++i) {
      to[i] = (((to[i] + column[i] * a) + column[outputs + i] * b) + column[2 * outputs + i] * c) +
              column[3 * outputs + i] * d;
    }
    column += 4 * outputs;
  }
  for (; k < inputs; ++k) {
    for (int i = 0; i < outputs; ++i) to[i] += column[i] * from[k];
    column += outputs;
  }
}

)");
    if (is_normalized_) {
      const double epsilon = rounded(kLayerNormEpsilon, options_.precision, "c_header");
      add(R"(// layer norm: to = gain (to - mean) / deviation + bias, over the units
static inline void $_normalize(const @* gain, const @* bias, int units, @* to) {
  @ mean = 0, variance = 0;
  for (int i = 0; i < units; ++i) mean += to[i];
  mean /= (@)units;
  for (int i = 0; i < units; ++i) {
    to[i] -= mean;
    variance += to[i] * to[i];
  }
  const @ inverse = 1 / )");
      add(std::string(is_single() ? "sqrtf" : "sqrt") + "(variance / (@)units + " +
          c_number(epsilon, options_.precision) + R"();
  for (int i = 0; i < units; ++i) to[i] = gain[i] * (to[i] * inverse) + bias[i];
}

)");
    }
    add(R"(static inline double $_clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

)");
    if (rescales(function_.action_map)) {
      const bool squashes = function_.action_map == ActionMap::squash_and_rescale;
      add(R"(// from [-1, 1] to the bounds
static inline double $_rescale(double x, double low, double high) {
  return low + 0.5 * ()");
      add(squashes ? "tanh(x)" : "$_clip(x, -1.0, 1.0)");
      add(R"( + 1.0) * (high - low);
}

)");
    }
  }

  [[nodiscard]] std::string activation() const {
    const std::string f = is_single() ? "f" : "";
    switch (function_.activation) {
      case Activation::tanh:
        return "tanh" + f + "(x[i])";
      case Activation::relu:
        return "x[i] < 0 ? 0 : x[i]";
      case Activation::elu:
        return "x[i] > 0 ? x[i] : expm1" + f + "(x[i])";
      case Activation::silu:
        return "x[i] / (1 + exp" + f + "(-x[i]))";
    }
    return {};
  }

  // to = the layer of from, as a hidden one with its activation
  void layer(const AffineLayer& layer, const std::string& number, const std::string& from, const std::string& to,
             bool is_hidden) {
    const bool is_normalized = layer.gain.size() > 0;
    const std::string units = csv_number(layer.bias.size());
    add("  $_layer($_weights_" + number + ", " + (is_normalized ? "$_none" : "$_bias_" + number) + ", " +
        csv_number(layer.weights.cols()) + ", " + units + ", " + from + ", " + to + ");\n");
    if (is_normalized) add("  $_normalize($_gain_" + number + ", $_bias_" + number + ", " + units + ", " + to + ");\n");
    if (is_hidden) each(layer.bias.size(), to, activation());
  }

  // each part of `seen` through its layers, which go back and forth between two arrays, to its place in `even`
  void encoder() {
    Index from = 0, to = 0;
    for (std::size_t i = 0; i < function_.encoder.size(); ++i) {
      const EncodedPart& part = function_.encoder[i];
      const std::string place = "(even + " + csv_number(to) + ")";
      std::string last = "(seen + " + csv_number(from) + ")";
      if (part.layers.empty()) {
        add("  for (int i = 0; i < " + csv_number(part.size) + "; ++i) " + place + "[i] = " + last + "[i];\n");
      }
      for (std::size_t l = 0; l < part.layers.size(); ++l) {
        const std::string next = l + 1 == part.layers.size() ? place : l % 2 == 0 ? "odd" : "other";
        layer(part.layers[l], part_layer(i, l), last, next, true);
        last = next;
      }
      from += part.size;
      to += part.output_size();
    }
  }

  // the layers go back and forth between two arrays
  void act() {
    add("static inline int $_act(const @ observation[$_observation_size], @ action[$_action_size]) {\n");
    const std::string size = csv_number(widest_);
    const bool encodes = !function_.encoder.empty();
    add("  @ even[" + size + "], odd[" + size + "]" +
        (encodes ? ", other[" + size + "], seen[$_observation_size]" : std::string()) + ";\n");
    if (encodes) add("  (void)other;\n");
    const std::string input = encodes ? "seen" : "even";
    add("  for (int i = 0; i < $_observation_size; ++i) {\n    if (!isfinite(observation[i])) return 1;\n");
    if (function_.shift.size() == 0) {
      add("    " + input + "[i] = observation[i];\n  }\n");
    } else {
      const std::string clip =
          function_.has_one_bound() ? c_number(function_.bounds[0], Precision::double_precision) : "$_bounds[i]";
      add("    " + input + "[i] = (@)$_clip(((double)observation[i] - $_mean[i]) * $_inverse_deviation[i], -" + clip +
          ", " + clip + ");\n  }\n");
    }
    encoder();
    for (std::size_t i = 0; i < function_.layers.size(); ++i) {
      layer(function_.layers[i], csv_number(i), i % 2 == 0 ? "even" : "odd", i % 2 == 0 ? "odd" : "even",
            i + 1 < function_.layers.size());
    }
    const Index outputs = function_.layers.back().bias.size();
    const std::string last = function_.layers.size() % 2 == 1 ? "odd" : "even";
    if (function_.output_gain != 1) {
      const double gain = rounded(function_.output_gain, options_.precision, "c_header");
      each(outputs, last, "x[i] * " + c_number(gain, options_.precision));
    }
    if (function_.squash == Squash::tanh) each(outputs, last, is_single() ? "tanhf(x[i])" : "tanh(x[i])");
    add("  for (int i = 0; i < " + csv_number(outputs) + "; ++i) {\n    if (!isfinite(" + last +
        "[i])) return 1;\n  }\n");
    if (function_.is_discrete()) {
      choose(last);
    } else {
      for (Index i = 0; i < outputs; ++i) add("  action[" + csv_number(i) + "] = " + mapped(i, last) + ";\n");
    }
    add("  return 0;\n}\n");
  }

  // the first of the largest scores of each action, and nothing where a mask allows none
  void choose(const std::string& scores) {
    const bool is_masked = function_.mask.is_on();
    if (function_.choices.size() == 1 && !is_masked) {
      add("  int best = 0;\n  for (int k = 1; k < " + csv_number(function_.choices.front()) + "; ++k) {\n    if (" +
          scores + "[k] > " + scores + "[best]) best = k;\n  }\n  action[0] = (@)best;\n");
      return;
    }
    std::string all;
    for (const Index count : function_.choices) all += (all.empty() ? "" : ", ") + csv_number(count);
    add("  static const int choices[$_action_size] = {" + all + "};\n  int best[$_action_size];\n");
    add("  int first = 0;\n  for (int i = 0; i < $_action_size; ++i) {\n    best[i] = -1;\n");
    add("    for (int k = 0; k < choices[i]; ++k) {\n");
    if (is_masked) {
      add("      const @ allowed = observation[" + csv_number(*function_.mask.row()) + " + first + k];\n");
      add("      if (allowed != 0 && allowed != 1) return 1;\n");
    }
    const std::string score = scores + "[first + k] > " + scores + "[first + best[i]]";
    add(std::string("      if (") + (is_masked ? "allowed == 1 && " : "") + "(best[i] < 0 || " + score +
        ")) best[i] = k;\n    }\n");
    if (is_masked) add("    if (best[i] < 0) return 1;\n");
    add("    first += choices[i];\n  }\n  for (int i = 0; i < $_action_size; ++i) action[i] = (@)best[i];\n");
  }

  // replaces each number x[i] of an array
  void each(Index size, const std::string& array, std::string formula) {
    for (std::size_t at = formula.find("x[i]"); at != std::string::npos; at = formula.find("x[i]", at + array.size())) {
      formula.replace(at, 1, array);
    }
    add("  for (int i = 0; i < " + csv_number(size) + "; ++i) " + array + "[i] = " + formula + ";\n");
  }

  [[nodiscard]] std::string mapped(Index i, const std::string& array) const {
    const std::string raw = array + "[" + csv_number(i) + "]";
    if (function_.action_map == ActionMap::none) return raw;
    const auto bound = [](double number) { return c_number(number, Precision::double_precision); };
    return std::string("(@)$_") + (function_.is_rescaled(i) ? "rescale" : "clip") + "((double)" + raw + ", " +
           bound(function_.action_low[i]) + ", " + bound(function_.action_high[i]) + ")";
  }

  const PolicyFunction& function_;
  const CSourceOptions& options_;
  Index widest_;
  bool is_normalized_ = false;
  std::string text_;
};

}  // namespace detail

/// A C99 header with one function, `int <name>_act(const float observation[O], float action[A])`, that acts as
/// DeployedPolicy does, normaliser and action map included, and refuses what that refuses. Weights are written so that
/// they are read back to the same bits, and every unit is summed in the order in which DeployedPolicy sums it: with
/// relu the two agree to the bit where no compiler fuses multiplications and additions and no layer has one unit alone
/// (which DeployedPolicy sums in vectors); tanh, elu and silu are those of math.h, some units in the last place away.
/// Throws: std::invalid_argument for a name that is no C identifier, numbers that single precision cannot hold, and
/// metadata that is not UTF-8.
[[nodiscard]] inline std::string c_header(const PolicyFunction& function, const CSourceOptions& options = {}) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view kOthers = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  require(!options.name.empty() && kLetters.find(options.name[0]) != std::string_view::npos &&
              options.name.find_first_not_of(kOthers) == std::string::npos,
          "c_header", "a name of letters, digits and _ that begins with a letter", options.name);
  return detail::CSource(function, options).write();
}

}  // namespace vantage

#endif
