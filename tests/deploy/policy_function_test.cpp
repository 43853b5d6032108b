// SPDX-License-Identifier: MIT
#include "vantage/deploy/policy_function.hpp"

#include "catch.hpp"
#include "exported_policies.hpp"
#include "io/temporary_folder.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

void activate_each(Activation activation, Vector<double>& x) {
  for (double& h : x) {
    h = activation == Activation::tanh   ? std::tanh(h)
        : activation == Activation::silu ? h / (1 + std::exp(-h))
        : h > 0                          ? h
        : activation == Activation::relu ? 0
                                         : std::expm1(h);
  }
}

Vector<double> layer_of(const AffineLayer& layer, const Vector<double>& x) {
  Vector<double> y = layer.weights * x;
  if (layer.gain.size() == 0) return y + layer.bias;
  y.array() -= y.mean();
  const double deviation = std::sqrt(y.squaredNorm() / static_cast<double>(y.size()) + kLayerNormEpsilon);
  return (layer.gain.array() * y.array() / deviation).matrix() + layer.bias;
}

/// The equations of the struct's comment.
Vector<double> evaluate(const PolicyFunction& f, Vector<double> x) {
  const Vector<double> shown = x;
  if (f.shift.size() > 0) {
    x = ((x - f.shift).array() * f.scale.array()).max(-f.bounds.array()).min(f.bounds.array()).matrix().eval();
  }
  if (!f.encoder.empty()) {
    std::vector<double> encoded;
    Index from = 0;
    for (const EncodedPart& part : f.encoder) {
      Vector<double> y = x.segment(from, part.size);
      for (const AffineLayer& layer : part.layers) {
        y = layer_of(layer, y);
        activate_each(f.activation, y);
      }
      CHECK(y.size() == part.output_size());
      encoded.insert(encoded.end(), y.begin(), y.end());
      from += part.size;
    }
    REQUIRE(from == x.size());
    x = Eigen::Map<Vector<double>>(encoded.data(), static_cast<Index>(encoded.size()));
  }
  for (std::size_t i = 0; i < f.layers.size(); ++i) {
    x = layer_of(f.layers[i], x);
    if (i + 1 < f.layers.size()) activate_each(f.activation, x);
  }
  x *= f.output_gain;
  if (f.squash == Squash::tanh) x = x.array().tanh().matrix().eval();
  if (f.is_discrete()) {
    Vector<double> action(f.action_size());
    if (f.mask.is_on()) x += (shown.segment(*f.mask.row(), f.mask.size()).array() - 1).matrix() * 1e6;
    Index first = 0;
    for (Index i = 0; i < action.size(); ++i) {
      const Index count = f.choices[static_cast<std::size_t>(i)];
      Index best = 0;
      x.segment(first, count).maxCoeff(&best);
      action[i] = static_cast<double>(best);
      first += count;
    }
    REQUIRE(x.size() == first);
    return action;
  }
  for (Index i = 0; i < x.size(); ++i) {
    const bool squashes = f.action_map == ActionMap::squash_and_rescale;
    if (f.is_rescaled(i))
      x[i] = f.action_low[i] + ((squashes ? std::tanh(x[i]) : std::clamp(x[i], -1.0, 1.0)) + 1) / 2 *
                                   (f.action_high[i] - f.action_low[i]);
    else if (f.action_map != ActionMap::none) x[i] = std::clamp(x[i], f.action_low[i], f.action_high[i]);
  }
  return x;
}

}  // namespace

TEST_CASE("a policy function is what DeployedPolicy computes") {
  for (const auto& [name, file, same_order] : exported_policies<double>()) {
    const PolicyFunction function = policy_function(file);
    CHECK(function.observation_size() == 5);
    CHECK(function.action_size() == file.policy.action_size());
    DeployedPolicy<double> deployed(file);
    for (const auto& observation : recorded_observations(file)) {
      Vector<double> expected(file.policy.action_size());
      deployed.act(observation, expected);
      const Vector<double> action = evaluate(function, observation);
      CAPTURE(name, action.transpose(), expected.transpose());
      CHECK((action - expected).cwiseAbs().maxCoeff() <= 1e-12 * (1 + expected.cwiseAbs().maxCoeff()));
    }
  }
}

TEST_CASE("outputs that the mode does not need are left out") {
  Rng rng(2);
  GaussianPolicyOptions options{.hidden = {4}};
  options.state_dependent_std = true;
  const GaussianPolicy<float> policy(2, 3, options, rng);
  REQUIRE(policy.network().output_size() == 6);
  const Vector<double> low = Vector<double>::Constant(3, -1), high = Vector<double>::Ones(3);
  const PolicyFunction function =
      policy_function(PolicyFile<float>{AnyPolicy<float>(policy), {}, ActionMap::clip, low, high, {}});
  CHECK(function.layers.back().bias.size() == 3);
  CHECK(function.layers.back().weights.rows() == 3);
  CHECK(function.layers.back().weights.cols() == 4);
  CHECK(function.shift.size() == 0);
}

TEST_CASE("a file of either precision is read") {
  const TemporaryFolder folder;
  Rng rng(2);
  const auto check = [&](const auto& policy) {
    save_policy(folder / "p", policy, nullptr, ActionMap::clip, Walk().spec(), {{"note", "kept"}});
    const PolicyFunction function = load_policy_function(folder / "p");
    CHECK(function.layers[0].weights(1, 0) == static_cast<double>(policy.parameters()[1]));
    CHECK(function.metadata.at("note") == "kept");
    CHECK(function.action_high[0] == 2);
  };
  check(GaussianPolicy<float>(2, 1, {.hidden = {5}}, rng));
  check(GaussianPolicy<double>(2, 1, {.hidden = {5}}, rng));
  CHECK_THROWS_AS(load_policy_function(folder / "none"), FileError);
  write_file_atomically(folder / "p", "no policy");
  CHECK_THROWS_AS(load_policy_function(folder / "p"), FileError);
}

TEST_CASE("numbers are rounded to the precision of an export, or refused") {
  CHECK(detail::rounded(0.1, Precision::double_precision, "who") == 0.1);
  CHECK(detail::rounded(0.1, Precision::single_precision, "who") == static_cast<double>(0.1F));
  CHECK(detail::rounded(kEndless, Precision::single_precision, "who") == kEndless);
  CHECK_THROWS_WITH(detail::rounded(1e39, Precision::single_precision, "who"),
                    "who: expected numbers that single precision can hold, got 1e+39");
}
