// SPDX-License-Identifier: MIT
// naming one field of nested options keeps the owner's defaults of all others
#include <cmath>
#include <numbers>
#include <variant>

#include "catch.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

using P = GaussianPolicy<double>;

// the first parameters of a model, made with options whose initialisation is that given
template <class Make>
void check_initialization(double own_gain, const Make& make) {
  const Vector<double> plain = make({});
  CHECK(make({.output_gain = own_gain}) == plain);
  CHECK(make({.scheme = WeightScheme::orthogonal}) == plain);
  CHECK(make({.hidden_gain = std::numbers::sqrt2}) == plain);
  // and where another is named it counts
  CHECK(make({.output_gain = 3 * own_gain}) != plain);
}

double epsilon_of(const OptimizerOptions& options) { return std::get<AdamOptions>(options).epsilon.value_or(1e-8); }

// Adam's epsilon in an update that was given one field of its optimiser
template <class U, class Options>
void check_epsilon(double own_epsilon, Options options) {
  CHECK(epsilon_of(U(options).options().optimizer) == own_epsilon);
  for (const AdamOptions& named :
       {AdamOptions{}, AdamOptions{.learning_rate = 1e-3}, AdamOptions{.beta1 = 0.5}, AdamOptions{.beta2 = 0.5}}) {
    options.optimizer = named;
    CHECK(epsilon_of(U(options).options().optimizer) == own_epsilon);
  }
  options.optimizer = AdamOptions{.epsilon = 1e-3};
  CHECK(epsilon_of(U(options).options().optimizer) == 1e-3);
}

}  // namespace

TEST_CASE("naming one field of an initialisation keeps the owner's output gain") {
  check_initialization(0.01 * std::numbers::sqrt2, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return P(2, 1, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
  check_initialization(0.01, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return CategoricalPolicy<double>(2, 3, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
  check_initialization(1, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return DeterministicPolicy<double>(2, 3, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
  check_initialization(std::numbers::sqrt2, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return ValueNetwork<double>(2, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
  check_initialization(1, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return PolicyConditionedValue<double>(5, {}, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
  check_initialization(0.01 * std::numbers::sqrt2, [](const MlpInitialization& initialization) {
    Rng rng(1);
    return ActorCritic<P>(2, 1, {.hidden = {4}, .initialization = initialization}, rng).parameters();
  });
}

TEST_CASE("naming one field of an optimiser keeps the owner's epsilon") {
  check_epsilon<Ppo<P>>(1e-5, PpoOptions{});
  check_epsilon<PpoPenalty<P>>(1e-5, PpoPenaltyOptions{});
  check_epsilon<Vpg<P>>(1e-8, VpgOptions{});
}

TEST_CASE("what is reported as an update's epsilon is what its optimiser has") {
  // with a gradient of 1e-5 the first step of Adam is rate / (1 + epsilon / 1e-5)
  const auto step = [](auto update) {
    Vector<double> theta = Vector<double>::Zero(1);
    update.optimizer().step(theta, Vector<double>::Constant(1, 1e-5));
    return -theta[0];
  };
  const OptimizerOptions rate = AdamOptions{.learning_rate = 1};
  CHECK(step(Ppo<P>({.optimizer = rate})) == Approx(0.5).epsilon(1e-6));
  CHECK(step(PpoPenalty<P>({.optimizer = rate})) == Approx(0.5).epsilon(1e-6));
  CHECK(step(Vpg<P>({.optimizer = rate})) == Approx(1 / 1.001).epsilon(1e-6));
}
