// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_POLICY_RECORD_HPP
#define VANTAGE_POLICY_POLICY_RECORD_HPP

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/any_policy.hpp"

// what a file says of a policy itself: its kind, its network and its parameters

namespace vantage {

/// A policy of a kind that files know.
template <class P>
concept FilePolicy = Parameterised<P> && std::is_constructible_v<typename AnyPolicy<typename P::Scalar>::Kinds, P>;

namespace detail {

inline std::string join_widths(const std::vector<Index>& widths) {
  std::string text;
  for (const Index width : widths) text += (text.empty() ? "" : ",") + std::to_string(width);
  return text;
}

// widths of a file: few, positive, and small enough that their products do not overflow
inline std::vector<Index> split_widths(const std::string& path, const std::string& text) {
  std::vector<Index> widths;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Index width = 0;
    const auto [next, error] = std::from_chars(at, end, width);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (error != std::errc{} || !separated || width < 1 || width > (1 << 20) || widths.size() >= 64) {
      throw FileError(join(path, ": policy: expected widths such as 17,64,6, got ", text));
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

/// What a reader needs to make the policy again.
template <class P>
void write_policy(StateWriter& writer, const P& policy) {
  writer.set_metadata("widths", join_widths(policy.network().widths()));
  writer.set_metadata("activation",
                      std::string(kActivationNames[static_cast<std::size_t>(policy.network().activation())]));
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
    const auto activation =
        static_cast<Activation>(find_name(path, "activation", text("activation"), kActivationNames));
    // files of version 0.1 do not say what only one distribution could be
    const auto& metadata = reader_.file().metadata();
    if (!metadata.contains("distribution") || text("distribution") == "gaussian")
      return gaussian(activation, action_size);
    if (text("distribution") == "categorical") return categorical(activation, action_size);
    if (text("distribution") == "deterministic") return deterministic(activation, action_size);
    fail("unknown distribution \"", text("distribution"), '"');
  }

 private:
  AnyPolicy<S> gaussian(Activation activation, Index action_size) {
    GaussianPolicyOptions options;
    options.activation = activation;
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
    return finish(GaussianPolicy<S>(widths_.front(), action_size, with_hidden(options), rng_));
  }

  AnyPolicy<S> categorical(Activation activation, Index action_size) {
    CategoricalPolicyOptions options;
    options.activation = activation;
    const Index outputs = widths_.empty() ? 0 : widths_.back();
    read_parameters(outputs, 0, action_size == 0 && outputs >= 2, action_size);
    return finish(CategoricalPolicy<S>(widths_.front(), outputs, with_hidden(options), rng_));
  }

  AnyPolicy<S> deterministic(Activation activation, Index action_size) {
    DeterministicPolicyOptions options;
    options.activation = activation;
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
    const Index outputs = widths_.empty() ? 0 : widths_.back();
    read_parameters(outputs, 0, outputs >= 2, action_size);
    return finish(DeterministicPolicy<S>::discrete(widths_.front(), outputs, with_hidden(options), rng_));
  }

  void read_parameters(Index outputs, Index free, bool fits, Index action_size) {
    reader_("policy.parameters", parameters_);
    Index expected = free;
    for (std::size_t layer = 0; layer + 1 < widths_.size(); ++layer) {
      expected += (widths_[layer] + 1) * widths_[layer + 1];
    }
    if (!fits || widths_.size() < 2 || widths_.back() != outputs || parameters_.size() != expected ||
        !parameters_.allFinite()) {
      fail("expected ", expected, " finite parameters and ", outputs, " outputs for widths ", text("widths"), ", got ",
           parameters_.size(), " parameters, ", action_size, " action bounds");
    }
  }

  template <class Options>
  Options with_hidden(Options options) const {
    options.hidden.assign(widths_.begin() + 1, widths_.end() - 1);
    return options;
  }

  template <class P>
  AnyPolicy<S> finish(P policy) {
    policy.parameters() = parameters_;
    return AnyPolicy<S>(std::move(policy));
  }

  StateReader& reader_;
  std::vector<Index> widths_;
  Vector<S> parameters_;
  Rng rng_;
};

}  // namespace detail

}  // namespace vantage

#endif
