// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_DEPLOY_EXPORTED_POLICIES_HPP
#define VANTAGE_TESTS_DEPLOY_EXPORTED_POLICIES_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/deployed_policy.hpp"

// a policy of each kind that a file can hold, with each action map, and observations to act on

template <class S>
struct ExportedPolicy {
  std::string name;
  vantage::PolicyFile<S> file;
  bool same_order = true;  // each of its layers is summed by DeployedPolicy in the order of the inputs
};

inline constexpr double kEndless = std::numeric_limits<double>::infinity();

/// Of five numbers; the mean of the last one is a hundred thousand of its deviations away.
inline vantage::Vector<double> drawn_observation(vantage::Rng& rng) {
  vantage::Vector<double> x(5);
  for (double& number : x) number = rng.normal();
  x[1] = 3 + 20 * x[1];
  x[4] = 1000 + 0.01 * x[4];
  // as a float holds it, so that one observation serves both precisions
  return x.cast<float>().cast<double>();
}

inline vantage::Normalizer drawn_normalizer(double clip, std::vector<vantage::Index> except = {}) {
  vantage::Normalizer normalizer(5, {.clip = clip, .except = std::move(except)});
  vantage::RunningMoments moments(5);
  vantage::Rng rng(3);
  for (int n = 0; n < 50; ++n) moments.add(drawn_observation(rng));
  normalizer.update(moments);
  return normalizer;
}

/// Some as in training, some far from it; without a normaliser small ones.
inline std::vector<vantage::Vector<double>> recorded_observations(bool normalized) {
  vantage::Rng rng(11);
  std::vector<vantage::Vector<double>> all;
  for (int n = 0; n < 60; ++n) {
    vantage::Vector<double> x = drawn_observation(rng);
    if (!normalized) x[4] -= 1000;
    if (!normalized) x[1] /= 20;
    if (n % 6 == 5) x[n % 5] *= 50;
    all.emplace_back(x.cast<float>().cast<double>());
  }
  return all;
}

inline const vantage::Mlp& trunk_of(const vantage::Mlp& network) { return network; }
inline const vantage::Mlp& trunk_of(const vantage::Sequential<vantage::Encoder, vantage::Mlp>& network) {
  return network.second();
}

/// Of what such a policy sees: where it reads a mask, one that allows something of each action.
template <class S>
std::vector<vantage::Vector<double>> recorded_observations(const vantage::PolicyFile<S>& file) {
  auto all = recorded_observations(file.normalizer.has_value());
  if (!file.policy.mask_row()) return all;
  vantage::Rng rng(13);
  for (auto& x : all) {
    vantage::Index at = *file.policy.mask_row();
    for (const vantage::Index count : file.policy.choices()) {
      const std::uint64_t allowed = 1 + rng.below((1U << count) - 1);
      for (vantage::Index k = 0; k < count; ++k) x[at++] = static_cast<double>((allowed >> k) & 1U);
    }
  }
  return all;
}

template <class S, class P>
P shaken(P policy, double size, vantage::Rng& rng) {
  for (S& parameter : policy.parameters()) parameter += static_cast<S>(size * rng.normal());
  return policy;
}

template <class S>
std::vector<ExportedPolicy<S>> exported_policies() {
  using namespace vantage;
  Rng rng(7);
  std::vector<ExportedPolicy<S>> all;
  const Vector<double> low{{-0.4, -kEndless, -kEndless}}, high{{1.2, kEndless, 0.5}};
  const auto add = [&](std::string name, auto policy, std::optional<Normalizer> normalizer, ActionMap map,
                       const Vector<double>& from, const Vector<double>& to) {
    // layer norm's means are summed in vectors, as a layer of one unit is
    const Mlp& trunk = trunk_of(policy.network());
    const auto& widths = trunk.widths();
    const bool same_order =
        std::find(widths.begin() + 1, widths.end(), 1) == widths.end() && !trunk.options().layer_norm;
    all.push_back({std::move(name),
                   {AnyPolicy<S>(std::move(policy)), std::move(normalizer), map, from, to, {{"task", "hand-made"}}},
                   same_order});
  };
  const Normalizer normalizer = drawn_normalizer(5);
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu, Activation::silu}) {
    for (const ActionMap map : {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale}) {
      const std::string name = std::string(kActivationNames[static_cast<std::size_t>(activation)]) + "_" +
                               std::string(kActionMapNames[static_cast<std::size_t>(map)]);
      const GaussianPolicyOptions options{.hidden = {19, 8}, .activation = activation};
      add(name, shaken<S>(GaussianPolicy<S>(5, 3, options, rng), 0.2, rng), normalizer, map, low, high);
      add(name + "_raw", shaken<S>(GaussianPolicy<S>(5, 3, options, rng), 0.2, rng), std::nullopt, map, low, high);
    }
    GaussianPolicyOptions deviating{.hidden = {9}, .activation = activation};
    deviating.state_dependent_std = true;
    deviating.log_std_bounds = LogStdBounds{-3, 1};
    const std::string name(kActivationNames[static_cast<std::size_t>(activation)]);
    add("deviating_" + name, shaken<S>(GaussianPolicy<S>(5, 3, deviating, rng), 0.3, rng), normalizer, ActionMap::clip,
        low, high);
  }
  const std::vector<EncoderPart> parts{{2, {7}}, {1, {}}, {2, {6, 5, 4}}};
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu, Activation::silu}) {
    const std::string name(kActivationNames[static_cast<std::size_t>(activation)]);
    GaussianPolicyOptions encoded{.hidden = {19, 8}, .activation = activation};
    encoded.encoder = parts;
    add("encoded_" + name, shaken<S>(GaussianPolicy<S>(5, 3, encoded, rng), 0.2, rng), normalizer, ActionMap::clip, low,
        high);
    encoded.layer_norm = true;
    add("encoded_normalized_" + name, shaken<S>(GaussianPolicy<S>(5, 3, encoded, rng), 0.2, rng), normalizer,
        ActionMap::clip, low, high);
    encoded.encoder.clear();
    add("normalized_" + name, shaken<S>(GaussianPolicy<S>(5, 3, encoded, rng), 0.2, rng), std::nullopt,
        ActionMap::clip_and_rescale, low, high);
  }
  const Vector<double> none, below = Vector<double>::Constant(1, -2), above = Vector<double>::Constant(1, 3);
  const GaussianPolicyOptions narrow{.hidden = {6, 1, 5}, .activation = Activation::relu};
  add("one_unit", shaken<S>(GaussianPolicy<S>(5, 1, narrow, rng), 0.4, rng), normalizer, ActionMap::clip_and_rescale,
      below, above);
  const GaussianPolicyOptions wide{.hidden = {64, 64}, .activation = Activation::relu};
  add("wide", shaken<S>(GaussianPolicy<S>(5, 3, wide, rng), 0.05, rng), normalizer, ActionMap::clip, low, high);
  add("linear", shaken<S>(GaussianPolicy<S>(5, 3, {.hidden = {}}, rng), 0.3, rng), drawn_normalizer(kEndless),
      ActionMap::none, low, high);
  add("choice", shaken<S>(CategoricalPolicy<S>(5, 4, {.hidden = {12}, .activation = Activation::relu}, rng), 0.5, rng),
      normalizer, ActionMap::clip, none, none);
  const CategoricalPolicyOptions seeing{.hidden = {}, .activation = Activation::elu, .encoder = {{4, {9}}, {1, {}}}};
  add("encoded_choice", shaken<S>(CategoricalPolicy<S>(5, 4, seeing, rng), 0.5, rng), std::nullopt, ActionMap::none,
      none, none);
  add("choice_raw", shaken<S>(CategoricalPolicy<S>(5, 4, {.hidden = {12}}, rng), 0.5, rng), std::nullopt,
      ActionMap::none, none, none);
  const std::vector<Index> three{3, 2, 4}, two{2, 2};
  add("choices", shaken<S>(CategoricalPolicy<S>(5, three, {.hidden = {12}}, rng), 0.5, rng), normalizer,
      ActionMap::clip, none, none);
  const auto masked = [](auto file_options, Index row) {
    file_options.hidden = {12};
    file_options.activation = Activation::relu;
    file_options.mask_row = row;
    return file_options;
  };
  Normalizer behind = normalizer, before = normalizer;
  behind.leave(2, 3);
  before.leave(0, 4);
  add("masked_choice", shaken<S>(CategoricalPolicy<S>(5, 3, masked(CategoricalPolicyOptions{}, 2), rng), 0.5, rng),
      behind, ActionMap::none, none, none);
  add("masked_choices", shaken<S>(CategoricalPolicy<S>(5, two, masked(CategoricalPolicyOptions{}, 0), rng), 0.5, rng),
      before, ActionMap::none, none, none);
  add("masked_raw", shaken<S>(CategoricalPolicy<S>(5, two, masked(CategoricalPolicyOptions{}, 1), rng), 0.5, rng),
      std::nullopt, ActionMap::none, none, none);
  add("masked_scores",
      shaken<S>(DeterministicPolicy<S>::discrete(5, two, masked(DeterministicPolicyOptions{}, 0), rng), 0.5, rng),
      before, ActionMap::none, none, none);
  CategoricalPolicyOptions seen = masked(CategoricalPolicyOptions{}, 0);
  seen.encoder = {{4, {9}}, {1, {}}};
  add("masked_encoded", shaken<S>(CategoricalPolicy<S>(5, two, seen, rng), 0.5, rng), before, ActionMap::none, none,
      none);
  DeterministicPolicyOptions options{.hidden = {12}, .output_gain = 1.7};
  add("squashed", shaken<S>(DeterministicPolicy<S>(5, 3, options, rng), 0.2, rng), normalizer,
      ActionMap::clip_and_rescale, low, high);
  add("score", shaken<S>(DeterministicPolicy<S>::discrete(5, 4, options, rng), 0.5, rng), normalizer, ActionMap::none,
      none, none);
  options.squash = Squash::none;
  options.activation = Activation::relu;
  options.layer_norm = true;
  add("normalized_response", shaken<S>(DeterministicPolicy<S>(5, 3, options, rng), 0.2, rng), normalizer,
      ActionMap::clip, low, high);
  options.layer_norm = false;
  add("response", shaken<S>(DeterministicPolicy<S>(5, 3, options, rng), 0.2, rng), normalizer, ActionMap::clip, low,
      high);
  const ActorCritic<GaussianPolicy<S>> shared(5, 3, {.hidden = {12}, .activation = Activation::relu}, rng);
  add("shared", shaken<S>(shared, 0.2, rng).policy(), normalizer, ActionMap::clip, low, high);
  // two components as they are
  for (const double clip : {5.0, kEndless}) {
    const GaussianPolicyOptions partial{.hidden = {19, 8}, .activation = Activation::relu};
    add(clip < kEndless ? "partial" : "partial_endless", shaken<S>(GaussianPolicy<S>(5, 3, partial, rng), 0.2, rng),
        drawn_normalizer(clip, {3, 0}), ActionMap::clip, low, high);
  }
  for (const bool normalizes : {false, true}) {
    const GaussianPolicyOptions smooth{.hidden = {19, 8}, .activation = Activation::relu};
    add(normalizes ? "tanh_of_actions" : "tanh_of_actions_raw",
        shaken<S>(GaussianPolicy<S>(5, 3, smooth, rng), 0.2, rng),
        normalizes ? std::optional(normalizer) : std::nullopt, ActionMap::squash_and_rescale, low, high);
  }
  return all;
}

/// x through the layers of a perceptron, whose parameters begin at theta, which moves behind them.
template <class S>
vantage::Vector<S> layers_by_hand(const vantage::Mlp& network, const S*& theta, vantage::Vector<S> x) {
  using namespace vantage;
  for (std::size_t layer = 0; layer + 1 < network.widths().size(); ++layer) {
    const Index in = network.widths()[layer], out = network.widths()[layer + 1];
    Vector<S> y(out);
    // no compiler may fuse a product with the sum
    volatile S product = 0;
    for (Index i = 0; i < out; ++i) {
      y[i] = network.is_normalized(layer) ? 0 : theta[in * out + i];
      for (Index k = 0; k < in; ++k) {
        product = theta[k * out + i] * x[k];
        y[i] += product;
      }
    }
    if (network.is_normalized(layer)) {
      const S* const offset = theta + in * out;
      S mean = 0, variance = 0;
      for (const S sum : y) mean += sum;
      mean /= static_cast<S>(out);
      for (S& number : y) {
        number -= mean;
        product = number * number;
        variance += product;
      }
      const S inverse = 1 / std::sqrt(variance / static_cast<S>(out) + static_cast<S>(1e-5));
      for (Index i = 0; i < out; ++i) {
        product = offset[out + i] * (y[i] * inverse);
        y[i] = product + offset[i];
      }
      theta += out;
    }
    for (Index i = 0; i < out && network.is_hidden(layer); ++i) {
      if (network.activation() == Activation::tanh) y[i] = std::tanh(y[i]);
      if (network.activation() == Activation::relu) y[i] = std::max(y[i], S(0));
      if (network.activation() == Activation::elu && y[i] <= 0) y[i] = std::expm1(y[i]);
      if (network.activation() == Activation::silu) y[i] /= 1 + std::exp(-y[i]);
    }
    theta += (in + 1) * out;
    x = y;
  }
  return x;
}

/// x through the parts of an encoder, if there is one.
template <class S>
vantage::Vector<S> encoder_by_hand(const vantage::Mlp&, const S*&, vantage::Vector<S> x) {
  return x;
}
template <class S>
vantage::Vector<S> encoder_by_hand(const vantage::Sequential<vantage::Encoder, vantage::Mlp>& network, const S*& theta,
                                   vantage::Vector<S> x) {
  using namespace vantage;
  const Encoder& encoder = network.first();
  if (encoder.is_identity()) return x;
  Vector<S> result(encoder.output_size());
  Index from = 0, to = 0;
  for (std::size_t i = 0; i < encoder.parts().size(); ++i) {
    const EncoderPart& part = encoder.parts()[i];
    Vector<S> y = x.segment(from, part.size);
    if (!part.hidden.empty()) y = layers_by_hand<S>(encoder.network(i), theta, y);
    result.segment(to, y.size()) = y;
    from += part.size;
    to += y.size();
  }
  return result;
}

/// The same written down once more, number by number, with the functions of math.h.
template <class S>
vantage::Vector<double> action_by_hand(const vantage::PolicyFile<S>& file, const vantage::Vector<double>& observation) {
  using namespace vantage;
  Vector<S> x(observation.size());
  for (Index i = 0; i < x.size(); ++i) {
    double number = observation[i];
    const auto excepted = [&] {
      const auto& except = file.normalizer->options().except;
      return std::find(except.begin(), except.end(), i) != except.end();
    };
    if (file.normalizer && !excepted()) {
      const auto& moments = file.normalizer->moments();
      const auto& known = file.normalizer->options();
      const double inverse = 1 / std::sqrt(moments.variance(i) + known.epsilon);
      number = std::clamp((number - moments.mean()[i]) * inverse, -known.clip, known.clip);
    }
    x[i] = static_cast<S>(number);
  }
  return file.policy.visit([&](const auto& policy) {
    const S* theta = policy.parameters().data();
    x = encoder_by_hand<S>(policy.network(), theta, x);
    x = layers_by_hand<S>(trunk_of(policy.network()), theta, x);
    if constexpr (std::is_same_v<std::decay_t<decltype(policy)>, DeterministicPolicy<S>>) {
      for (S& number : x) {
        number *= static_cast<S>(policy.options().output_gain);
        if (policy.options().squash == Squash::tanh) number = std::tanh(number);
      }
    }
    Vector<double> action(policy.action_size());
    if (!policy.choices().empty()) {
      Index first = 0;
      for (Index i = 0; i < action.size(); ++i) {
        const Index count = policy.choices()[static_cast<std::size_t>(i)];
        Index best = -1;
        for (Index k = 0; k < count; ++k) {
          if (file.policy.mask_row() && observation[*file.policy.mask_row() + first + k] == 0) continue;
          if (best < 0 || x[first + k] > x[first + best]) best = k;
        }
        action[i] = static_cast<double>(best);
        first += count;
      }
      return action;
    }
    apply<S>(file.action_map, x.head(policy.action_size()), file.action_low, file.action_high, action);
    return action;
  });
}

#endif
