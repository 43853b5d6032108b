// SPDX-License-Identifier: MIT
#include "vantage/policy/deployed_policy.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "policy/switches.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

GaussianPolicy<float> make(const GaussianPolicyOptions& options) {
  Rng rng(5);
  GaussianPolicy<float> policy(2, 1, options, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.2 * rng.normal());
  return policy;
}

Normalizer seen(std::vector<Index> except = {}) {
  Normalizer normalizer(2, {.clip = 3, .epsilon = 0.01, .except = std::move(except)});
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(1, 5));
  moments.add(Eigen::Vector2d(2, -4));
  normalizer.update(moments);
  return normalizer;
}

}  // namespace

TEST_CASE("a loaded policy acts as the one that was saved") {
  const TemporaryFolder folder;
  Context context;
  const Normalizer normalizer = seen(), partial = seen({1});
  const EnvironmentSpec spec = Walk().spec();
  for (const bool state_dependent : {false, true}) {
    for (const bool bounded : {false, true}) {
      for (const ActionMap map :
           {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale, ActionMap::squash_and_rescale}) {
        GaussianPolicyOptions options{.hidden = {5, 4}, .activation = Activation::tanh};
        options.state_dependent_std = state_dependent;
        if (bounded) options.log_std_bounds = LogStdBounds{-3, 1};
        const auto policy = make(options);
        const Normalizer* used = state_dependent ? nullptr : bounded ? &partial : &normalizer;
        save_policy(folder / "p", policy, used, map, spec, {{"note", "kept"}});
        auto loaded = DeployedPolicy<float>::load(folder / "p");
        CHECK(loaded.policy().parameters() == policy.parameters());
        CHECK(loaded.action_map() == map);
        CHECK((loaded.normalizer() != nullptr) == (used != nullptr));
        CHECK(loaded.metadata().at("note") == "kept");
        CHECK(loaded.metadata().at("task") == "walk");
        for (const double x : {-3.0, -0.2, 0.9, 40.0}) {
          const Vector<double> observation{{x, 2 * x}};
          Matrix<float> input(2, 1), output(1, 1);
          input = observation.cast<float>();
          if (used != nullptr) used->apply(observation, input.col(0));
          policy.mode(input, output, context, 0);
          Vector<double> expected, action(1);
          apply<float>(map, output.col(0), spec.action_low, spec.action_high, expected);
          loaded.act(observation, action);
          CHECK(action == expected);
          // the distribution too, not the mode alone
          Vector<float> mine(1), theirs(1);
          policy.entropy(input, context, mine);
          loaded.policy().entropy(input, context, theirs);
          CHECK(mine == theirs);
        }
      }
    }
  }
}

TEST_CASE("a deployed categorical policy gives the number of the most probable action") {
  const TemporaryFolder folder;
  Context context;
  const EnvironmentSpec spec = switches();
  Rng rng(5);
  CategoricalPolicy<float> policy(2, 3, {.hidden = {5}}, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(rng.normal());
  const Normalizer normalizer = seen();
  save_policy(folder / "p", policy, &normalizer, ActionMap::clip, spec);
  auto deployed = DeployedPolicy<float>::load(folder / "p");
  Vector<double> counts = Vector<double>::Zero(3), action(1);
  Matrix<float> input(2, 1), mode(1, 1);
  for (int n = 0; n < 200; ++n) {
    const Vector<double> observation{{4 * rng.normal(), 4 * rng.normal()}};
    normalizer.apply(observation, input.col(0));
    policy.mode(input, mode, context, 0);
    deployed.act(observation, action);
    CHECK(action[0] == static_cast<double>(mode(0, 0)));
    counts[static_cast<Index>(action[0])] += 1;
  }
  CHECK(counts.minCoeff() > 0);
}

TEST_CASE("a deployed deterministic policy acts as the one that was saved") {
  const TemporaryFolder folder;
  Context context;
  Rng rng(5);
  const Normalizer normalizer = seen();
  const EnvironmentSpec choices = switches();
  const DeterministicPolicyOptions options{.hidden = {5}, .output_gain = 1.5};
  const auto check = [&](const DeterministicPolicy<float>& policy, const EnvironmentSpec& spec, ActionMap map) {
    save_policy(folder / "p", policy, &normalizer, map, spec);
    auto deployed = DeployedPolicy<float>::load(folder / "p");
    Vector<double> action(1), expected;
    Matrix<float> input(2, 1), mode(1, 1);
    double low = 1e9, high = -1e9;
    for (int n = 0; n < 50; ++n) {
      const Vector<double> observation{{4 * rng.normal(), 4 * rng.normal()}};
      normalizer.apply(observation, input.col(0));
      policy.mode(input, mode, context, 0);
      expected = mode.col(0).cast<double>();
      if (!spec.is_discrete()) apply<float>(map, mode.col(0), spec.action_low, spec.action_high, expected);
      deployed.act(observation, action);
      CHECK(action == expected);
      low = std::min(low, action[0]);
      high = std::max(high, action[0]);
    }
    CHECK(low < high);
  };
  check(DeterministicPolicy<float>(2, 1, options, rng), Walk().spec(), ActionMap::clip_and_rescale);
  check(DeterministicPolicy<float>(2, 1, options, rng), Walk().spec(), ActionMap::none);
  check(DeterministicPolicy<float>::discrete(2, 3, options, rng), choices, ActionMap::none);
}

TEST_CASE("observations and actions of other sizes are refused, in every build") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen();
  for (const Normalizer* used : {static_cast<const Normalizer*>(nullptr), &normalizer}) {
    save_policy(folder / "p", make({.hidden = {5}}), used, ActionMap::clip, Walk().spec());
    auto deployed = DeployedPolicy<float>::load(folder / "p");
    Vector<double> action(1);
    for (const Index size : {0, 1, 3, 4000}) {
      CHECK_THROWS_WITH(deployed.act(Vector<double>::Constant(size, 0.5), action),
                        "DeployedPolicy::act: expected an observation of 2 numbers, got " + std::to_string(size));
    }
    for (const Index size : {0, 2}) {
      Vector<double> other = Vector<double>::Constant(size, 77);
      CHECK_THROWS_WITH(deployed.act(Vector<double>::Zero(2), other),
                        "DeployedPolicy::act: expected room for an action of 1 numbers, got " + std::to_string(size));
      CHECK((other.array() == 77).all());
    }
    CHECK_NOTHROW(deployed.act(Vector<double>::Zero(2), action));
  }
}

TEST_CASE("an observation that is not finite is refused, or the last good action is held") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen();
  const EnvironmentSpec choices = switches();
  Rng rng(5);
  CategoricalPolicy<float> categorical(2, 3, {.hidden = {5}, .initialization = {.output_gain = 3}}, rng);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // the last one is finite, but not in single precision: with a normaliser it is clipped like any other
  const std::vector<Vector<double>> bad{Vector<double>{{kNan, 0.1}}, Vector<double>{{0.1, kNan}},
                                        Vector<double>{{kInfinity, 0.1}}, Vector<double>{{0.1, -kInfinity}},
                                        Vector<double>{{1e300, -1e300}}};
  const auto check = [&](const auto& policy, const EnvironmentSpec& spec, const Normalizer* used) {
    save_policy(folder / "p", policy, used, ActionMap::clip, spec);
    auto refusing = DeployedPolicy<float>::load(folder / "p");
    auto holding = DeployedPolicy<float>::load(folder / "p", {.bad_observation = BadObservation::hold});
    const Vector<double> good{{0.3, -0.2}}, better{{-3, 1}};
    Vector<double> action{{77}}, held{{77}};
    for (std::size_t i = 0; i < bad.size() - (used != nullptr ? 1 : 0); ++i) {
      // before there is a good action there is nothing to hold
      if (i == 0) CHECK_THROWS_AS(holding.act(bad[i], held), std::invalid_argument);
      CHECK_THROWS_WITH(refusing.act(bad[i], action), Catch::Matchers::Contains("an observation that gives a finite"));
      CHECK(action[0] == 77);
      CHECK_NOTHROW(holding.act(i % 2 == 0 ? good : better, held));
      CHECK(holding.held() == 0);
      const double last = held[0];
      for (int again = 1; again <= 2; ++again) {
        held[0] = 77;
        holding.act(bad[i], held);
        CHECK(held[0] == last);
        CHECK(holding.held() == again);
      }
    }
    // and goes on as if nothing had been
    refusing.act(good, action);
    holding.act(good, held);
    CHECK(action == held);
    CHECK(holding.held() == 0);
  };
  for (const Normalizer* used : {static_cast<const Normalizer*>(nullptr), &normalizer}) {
    check(make({.hidden = {5}, .activation = Activation::relu}), Walk().spec(), used);
    check(categorical, choices, used);
  }
}

TEST_CASE("a deployed policy says how far an observation is from those of training") {
  const TemporaryFolder folder;
  // of components that the normaliser leaves as they are too
  const Normalizer normalizer = seen(GENERATE(std::vector<Index>{}, std::vector<Index>{1}));
  save_policy(folder / "p", make({.hidden = {5}}), &normalizer, ActionMap::clip, Walk().spec());
  auto deployed = DeployedPolicy<float>::load(folder / "p", {.far_deviation = 4});
  Vector<double> action(1);
  CHECK(std::isnan(deployed.deviation()));
  CHECK(std::isnan(deployed.far_share()));
  // the moments are (1.5, 0.5) and (0.25, 20.25), epsilon is 0.01; the clip at 3 does not hide what lies beyond
  const double unit = std::sqrt(0.25 + 0.01), other_unit = std::sqrt(20.25 + 0.01);
  const auto look = [&](double z, double other, double share) {
    deployed.act(Vector<double>{{1.5 + z * unit, 0.5 + other * other_unit}}, action);
    CAPTURE(z, other);
    CHECK(deployed.deviation() == Approx(std::max(std::abs(z), std::abs(other))).epsilon(1e-12));
    CHECK(deployed.far_share() == share);
    CHECK(deployed.held() == 0);
  };
  look(0.5, -1, 0);
  look(3.999, 3.5, 0);
  look(4.001, 3.5, 0.5);
  look(-2, -4.001, 0.5);
  look(-7, 1e6, 1);
  CHECK_THROWS_AS(deployed.act(Vector<double>{{1, std::numeric_limits<double>::infinity()}}, action),
                  std::invalid_argument);
  CHECK(std::isnan(deployed.deviation()));
  CHECK(std::isnan(deployed.far_share()));
}

TEST_CASE("a far observation is answered by the policy, refused, or answered by the last or a safe action") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen();
  const EnvironmentSpec choices = switches();
  Rng rng(5);
  CategoricalPolicy<float> categorical(2, 3, {.hidden = {5}, .initialization = {.output_gain = 3}}, rng);
  const Vector<double> near{{1.7, -2}}, far{{1.5, 40}}, far_too{{-9, 0}};
  const Vector<double> broken{{1.5, std::numeric_limits<double>::quiet_NaN()}};
  const auto check = [&](const auto& policy, const EnvironmentSpec& spec, double safe) {
    save_policy(folder / "p", policy, &normalizer, ActionMap::clip, spec);
    const auto load = [&](const DeployedPolicyOptions& options) {
      return DeployedPolicy<float>::load(folder / "p", options);
    };
    auto accepting = load({}), refusing = load({.far_observation = FarObservation::refuse});
    auto holding = load({.far_observation = FarObservation::hold});
    auto giving = load({.bad_observation = BadObservation::give,
                        .far_observation = FarObservation::give,
                        .safe_action = Vector<double>{{safe}}});
    Vector<double> expected(1), action{{77}};
    CHECK_THROWS_WITH(refusing.act(far, action), Catch::Matchers::Contains("an observation like those of training"));
    CHECK_THROWS_WITH(holding.act(far, action), Catch::Matchers::Contains("a good observation before"));
    CHECK(action[0] == 77);
    CHECK(holding.held() == 0);
    giving.act(far, action);
    CHECK(action[0] == safe);
    CHECK(giving.held() == 1);
    accepting.act(near, expected);
    for (auto* each : {&refusing, &holding, &giving}) {
      each->act(near, action);
      CHECK(action == expected);
      CHECK(each->held() == 0);
    }
    for (const auto* observation : {&far, &far_too}) {
      action[0] = 77;
      CHECK_THROWS_AS(refusing.act(*observation, action), std::invalid_argument);
      CHECK(action[0] == 77);
      holding.act(*observation, action);
      CHECK(action == expected);
      giving.act(*observation, action);
      CHECK(action[0] == safe);
      CHECK(holding.deviation() > 6);
    }
    CHECK(holding.held() == 2);
    CHECK_THROWS_AS(holding.act(broken, action), std::invalid_argument);
    giving.act(broken, action);
    CHECK(action[0] == safe);
    CHECK(giving.held() == 3);
    giving.act(near, action);
    CHECK(action == expected);
    CHECK(giving.held() == 0);
  };
  check(make({.hidden = {5}, .activation = Activation::relu}), Walk().spec(), -0.25);
  check(categorical, choices, 2);
}

TEST_CASE("what a deployed policy cannot keep is refused when it is made") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen(), blank(2);
  const auto load = [&](const DeployedPolicyOptions& options) {
    return DeployedPolicy<float>::load(folder / "p", options);
  };
  const auto policy = make({.hidden = {5}});
  // without moments nothing is known
  for (const Normalizer* used : {static_cast<const Normalizer*>(nullptr), &blank}) {
    save_policy(folder / "p", policy, used, ActionMap::clip, Walk().spec());
    CHECK_THROWS_WITH(load({.far_observation = FarObservation::hold}),
                      Catch::Matchers::Contains("a policy with a normaliser that tells what is far"));
    auto deployed = load({.bad_observation = BadObservation::hold});
    Vector<double> action(1);
    deployed.act(Vector<double>::Constant(2, 1e6), action);
    CHECK(std::isnan(deployed.deviation()));
    CHECK(std::isnan(deployed.far_share()));
  }
  save_policy(folder / "p", policy, &normalizer, ActionMap::clip, Walk().spec());
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const double deviation : {0.0, -1.0, kNan}) {
    CHECK_THROWS_WITH(load({.far_deviation = deviation}), Catch::Matchers::Contains("far_deviation > 0"));
  }
  CHECK_THROWS_WITH(load({.safe_action = Vector<double>{{0.0}}}), Catch::Matchers::Contains("nothing gives it"));
  const auto refused = [&](const Vector<double>& safe) {
    CHECK_THROWS_WITH(load({.bad_observation = BadObservation::give, .safe_action = safe}),
                      Catch::Matchers::Contains("a safe action of the task"));
    CHECK_THROWS_WITH(load({.far_observation = FarObservation::give, .safe_action = safe}),
                      Catch::Matchers::Contains("a safe action of the task"));
  };
  const EnvironmentSpec spec = Walk().spec();
  refused({});
  refused(Vector<double>::Zero(2));
  refused(Vector<double>{{kNan}});
  refused(Vector<double>{{spec.action_high[0] + 0.1}});
  refused(Vector<double>{{spec.action_low[0] - 0.1}});
  const EnvironmentSpec choices = switches();
  Rng rng(5);
  save_policy(folder / "p", CategoricalPolicy<float>(2, 3, {.hidden = {5}}, rng), &normalizer, ActionMap::clip,
              choices);
  for (const double number : {-1.0, 0.5, 3.0, kNan}) refused(Vector<double>{{number}});
}

TEST_CASE("a deployed policy gives what the mask allows, and holds or gives nothing that it forbids") {
  Rng rng(5);
  const EnvironmentSpec spec = Switchboard().spec();
  CategoricalPolicyOptions shape{.hidden = {5}};
  if (GENERATE(false, true)) shape.encoder = {{1, {}}, {5, {3}}};
  CategoricalPolicy<float> policy(spec, shape, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(rng.normal());
  Normalizer normalizer(6);
  RunningMoments moments(6);
  for (int i = 0; i < 9; ++i) moments.add(Vector<double>{{-4.0 + i, 1, 1, 0, 1, 1}});
  normalizer.leave(1, 5);
  normalizer.update(moments);
  const TemporaryFolder folder;
  save_policy(folder / "p", policy, &normalizer, ActionMap::none, spec);
  const auto load = [&](const DeployedPolicyOptions& options) {
    return DeployedPolicy<float>::load(folder / "p", options);
  };
  auto deployed = load({});
  Context context;
  Matrix<float> input(6, 1), mode(2, 1);
  Vector<double> action(2);
  for (int bits = 0; bits < 32; ++bits) {
    Vector<double> x(6);
    x[0] = rng.normal();
    for (Index k = 0; k < 5; ++k) x[1 + k] = (bits >> k) & 1;
    if ((bits & 7) == 0 || (bits & 24) == 0) {
      CHECK_THROWS_AS(deployed.act(x, action), std::invalid_argument);
      continue;
    }
    deployed.act(x, action);
    normalizer.apply(x, input.col(0));
    policy.mode(input, mode, context, 0);
    CHECK(action == mode.col(0).cast<double>());
    CHECK(x[1 + static_cast<Index>(action[0])] == 1);
    CHECK(x[4 + static_cast<Index>(action[1])] == 1);
    // a mask is neither near nor far
    CHECK(deployed.deviation() == Approx(std::abs(x[0]) / std::sqrt(60.0 / 9)).epsilon(1e-6));
  }
  const Vector<double> only_last{{0.1, 0, 0, 1, 0, 1}}, only_first{{std::nan(""), 1, 0, 0, 1, 0}};
  Vector<double> broken = only_last;
  broken[3] = 0.5;
  auto holding = load({.bad_observation = BadObservation::hold});
  holding.act(only_last, action);
  CHECK(action == Vector<double>{{2, 1}});
  CHECK_THROWS_WITH(holding.act(only_first, action), Catch::Matchers::Contains("a mask that allows what is held"));
  // nothing is known of a mask that is not sound
  holding.act(broken, action);
  CHECK(action == Vector<double>{{2, 1}});
  CHECK(holding.held() == 1);
  auto giving = load({.bad_observation = BadObservation::give, .safe_action = Vector<double>::Zero(2)});
  giving.act(only_first, action);
  CHECK(action.isZero(0));
  CHECK_THROWS_AS(load({.bad_observation = BadObservation::give, .safe_action = Vector<double>{{0, 2}}}),
                  std::invalid_argument);
}
