// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_POLICY_RECORD_HPP
#define VANTAGE_POLICY_POLICY_RECORD_HPP

#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/nn/encoder_text.hpp"
#include "vantage/policy/any_policy.hpp"

// what a file says of a policy itself: its kind, its network and its parameters

namespace vantage {

/// A policy of a kind that files know.
template <class P>
concept FilePolicy = Parameterised<P> && std::is_constructible_v<typename AnyPolicy<typename P::Scalar>::Kinds, P>;

namespace detail {

inline std::string join_widths(std::span<const Index> widths) {
  std::string text;
  for (const Index width : widths) text += (text.empty() ? "" : ",") + std::to_string(width);
  return text;
}

// widths of a file: few, positive, and small enough that their products do not overflow
inline std::vector<Index> split_widths(const std::string& path, const std::string& text,
                                       const char* expected = "widths such as 17,64,6") {
  std::vector<Index> widths;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Index width = 0;
    const auto [next, error] = std::from_chars(at, end, width);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (error != std::errc{} || !separated || width < 1 || width > (1 << 20) || widths.size() >= 64) {
      throw FileError(join(path, ": policy: expected ", expected, ", got ", text));
    }
    widths.push_back(width);
    at = next == end ? end : next + 1;
  }
  return widths;
}

template <std::size_t N>
std::size_t find_name(const std::string& path, const char* key, const std::string& name,
                      const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  throw FileError(join(path, ": policy: unknown ", key, " \"", name, '"'));
}

template <class S>
void write_distribution(StateWriter& writer, const GaussianPolicy<S>& policy) {
  writer.set_metadata("distribution", "gaussian");
  writer.set_metadata("standard_deviation", policy.options().state_dependent_std ? "state_dependent" : "free");
  if (policy.options().log_std_bounds) {
    writer("policy.log_std_low", policy.options().log_std_bounds->low);
    writer("policy.log_std_high", policy.options().log_std_bounds->high);
  }
}

template <class S>
void write_distribution(StateWriter& writer, const CategoricalPolicy<S>&) {
  writer.set_metadata("distribution", "categorical");
}

template <class S>
void write_distribution(StateWriter& writer, const DeterministicPolicy<S>& policy) {
  writer.set_metadata("distribution", "deterministic");
  writer.set_metadata("squash", std::string(kSquashNames[static_cast<std::size_t>(policy.options().squash)]));
  writer("policy.output_gain", policy.options().output_gain);
}

inline void write_network(StateWriter& writer, const Mlp& network) {
  writer.set_metadata("widths", join_widths(network.widths()));
  writer.set_metadata("activation", std::string(kActivationNames[static_cast<std::size_t>(network.activation())]));
  // only files of networks that have it name it: older ones stay as they are
  if (network.options().layer_norm) writer.set_metadata("layer_norm", "true");
}

// widths are those of the perceptron, behind the encoder
inline void write_network(StateWriter& writer, const Sequential<Encoder, Mlp>& network) {
  write_network(writer, network.second());
  if (!network.is_second_alone()) writer.set_metadata("encoder", encoder_text(network.first().parts()));
}

// a reader that knows the first format only would take several actions for one, or choose what a mask forbids
inline constexpr std::string_view kPolicyFormat = "vantage policy 1";
inline constexpr std::string_view kFormatOfChoices = "vantage policy 2";  // with "action_choices" or "mask_row"

/// The format of a file of this policy.
template <class P>
std::string_view policy_format(const P& policy) {
  return policy.choices().size() > 1 || policy.mask().is_on() ? kFormatOfChoices : kPolicyFormat;
}

/// What a reader needs to make the policy again, beside the file's format.
template <class P>
void write_policy(StateWriter& writer, const P& policy) {
  if (policy.choices().size() > 1) writer.set_metadata("action_choices", join_widths(policy.choices()));
  if (policy.mask().is_on()) writer.set_metadata("mask_row", std::to_string(*policy.mask().row()));
  write_network(writer, policy.network());
  write_distribution(writer, policy);
  writer("policy.parameters", policy.parameters());
}

/// Makes the policy that the file tells of, having checked the sizes of what is there before.
template <class S>
class PolicyReader {
 public:
  explicit PolicyReader(StateReader& reader) : reader_(reader) {}

  const std::string& text(const char* key) const {
    const auto found = reader_.file().metadata().find(key);
    if (found == reader_.file().metadata().end()) fail("expected the metadata ", key);
    return found->second;
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw FileError(join(reader_.file().path(), ": policy: ", parts...));
  }

  /// `action_size` is the number of action bounds: none for discrete actions.
  AnyPolicy<S> policy(Index action_size) {
    const std::string& path = reader_.file().path();
    widths_ = split_widths(path, text("widths"));
    activation_ = static_cast<Activation>(find_name(path, "activation", text("activation"), kActivationNames));
    const auto& metadata = reader_.file().metadata();
    layer_norm_ = metadata.contains("layer_norm");
    if (layer_norm_ && text("layer_norm") != "true") fail("expected layer_norm true, got ", text("layer_norm"));
    if (metadata.contains("encoder")) read_encoder();
    has_choices_ = metadata.contains("format") && text("format") == kFormatOfChoices;
    // files of version 0.1 do not say what only one distribution could be
    if (!metadata.contains("distribution") || text("distribution") == "gaussian") return gaussian(action_size);
    if (text("distribution") == "categorical") return categorical(action_size);
    if (text("distribution") == "deterministic") return deterministic(action_size);
    fail("unknown distribution \"", text("distribution"), '"');
  }

 private:
  void read_encoder() {
    try {
      encoder_ = encoder_parts(text("encoder"));
    } catch (const std::invalid_argument& error) {
      fail(error.what());
    }
    Index outputs = 0;
    for (const EncoderPart& part : encoder_) {
      inputs_ += part.size;
      outputs += part.output_size();
    }
    if (widths_.empty() || widths_.front() != outputs) {
      fail("expected widths from ", outputs, " on, the outputs of the encoder, got ", text("widths"));
    }
  }

  [[nodiscard]] Index observation_size() const { return encoder_.empty() ? widths_.front() : inputs_; }

  AnyPolicy<S> gaussian(Index action_size) {
    GaussianPolicyOptions options;
    options.encoder = encoder_;
    options.state_dependent_std = text("standard_deviation") == "state_dependent";
    read_parameters(options.state_dependent_std ? 2 * action_size : action_size,
                    options.state_dependent_std ? 0 : action_size, action_size >= 1, action_size);
    if (reader_.file().contains("policy.log_std_low")) {
      LogStdBounds bounds;
      reader_("policy.log_std_low", bounds.low);
      reader_("policy.log_std_high", bounds.high);
      options.log_std = 0.5 * (bounds.low + bounds.high);
      if (!(bounds.low < options.log_std && options.log_std < bounds.high)) {
        fail("expected log_std bounds low < high, got ", bounds.low, ", ", bounds.high);
      }
      options.log_std_bounds = bounds;
    }
    return finish(GaussianPolicy<S>(observation_size(), action_size, with_hidden(options), rng_));
  }

  AnyPolicy<S> categorical(Index action_size) {
    CategoricalPolicyOptions options;
    options.encoder = encoder_;
    std::vector<Index> choices = read_choices(options.mask_row);
    read_parameters(choices_in_all_, 0, action_size == 0 && choices_in_all_ >= 2, action_size);
    return finish(CategoricalPolicy<S>(observation_size(), std::move(choices), with_hidden(options), rng_));
  }

  AnyPolicy<S> deterministic(Index action_size) {
    DeterministicPolicyOptions options;
    if (!encoder_.empty()) fail("expected no encoder of a deterministic policy, got ", text("encoder"));
    options.squash = static_cast<Squash>(find_name(reader_.file().path(), "squash", text("squash"), kSquashNames));
    reader_("policy.output_gain", options.output_gain);
    if (!(options.output_gain > 0 && std::isfinite(options.output_gain))) {
      fail("expected a finite output gain > 0, got ", options.output_gain);
    }
    if (action_size > 0) {
      read_parameters(action_size, 0, true, action_size);
      return finish(DeterministicPolicy<S>(widths_.front(), action_size, with_hidden(options), rng_));
    }
    if (options.squash != Squash::none) fail("expected squash none for discrete actions, got ", text("squash"));
    std::vector<Index> choices = read_choices(options.mask_row);
    read_parameters(choices_in_all_, 0, choices_in_all_ >= 2, action_size);
    return finish(DeterministicPolicy<S>::discrete(widths_.front(), std::move(choices), with_hidden(options), rng_));
  }

  // of each discrete action: one alone has all outputs for its own
  std::vector<Index> read_choices(std::optional<Index>& mask_row) {
    choices_in_all_ = widths_.empty() ? 0 : widths_.back();
    const std::string& path = reader_.file().path();
    const auto& metadata = reader_.file().metadata();
    std::vector<Index> choices{choices_in_all_};
    if (has_choices_ && metadata.contains("action_choices")) {
      choices = split_widths(path, text("action_choices"), "action_choices such as 3,2,4");
      choices_in_all_ = std::accumulate(choices.begin(), choices.end(), Index{0});
    }
    if (has_choices_ && metadata.contains("mask_row")) {
      const std::string& row = text("mask_row");
      Index first = -1;
      const auto [end, error] = std::from_chars(row.data(), row.data() + row.size(), first);
      const bool is_number = error == std::errc{} && end == row.data() + row.size();
      if (!is_number || first < 0 || widths_.empty() || first > observation_size() - choices_in_all_) {
        fail("expected a mask_row from which on the observation has a number for each choice, got ", row);
      }
      mask_row = first;
    }
    return choices;
  }

  void read_parameters(Index outputs, Index free, bool fits, Index action_size) {
    reader_("policy.parameters", parameters_);
    Index expected = free;
    const MlpOptions hidden{.activation = activation_, .layer_norm = layer_norm_};
    if (widths_.size() >= 2) expected += Mlp(widths_, hidden).parameter_count();
    if (!encoder_.empty()) expected += Encoder(inputs_, encoder_, hidden).parameter_count();
    if (!fits || widths_.size() < 2 || widths_.back() != outputs || parameters_.size() != expected ||
        !parameters_.allFinite()) {
      fail("expected ", expected, " finite parameters and ", outputs, " outputs for widths ", text("widths"), ", got ",
           parameters_.size(), " parameters, ", action_size, " action bounds");
    }
  }

  template <class Options>
  Options with_hidden(Options options) const {
    options.hidden.assign(widths_.begin() + 1, widths_.end() - 1);
    options.activation = activation_;
    options.layer_norm = layer_norm_;
    return options;
  }

  template <class P>
  AnyPolicy<S> finish(P policy) {
    policy.parameters() = parameters_;
    return AnyPolicy<S>(std::move(policy));
  }

  StateReader& reader_;
  std::vector<Index> widths_;
  Activation activation_ = Activation::tanh;
  bool layer_norm_ = false;
  std::vector<EncoderPart> encoder_;
  Index inputs_ = 0;          // of the encoder
  bool has_choices_ = false;  // whether the file's format knows of several actions and of masks
  Index choices_in_all_ = 0;
  Vector<S> parameters_;
  Rng rng_;
};

}  // namespace detail

}  // namespace vantage

#endif
