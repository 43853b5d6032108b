// SPDX-License-Identifier: MIT
#include "vantage/epvf/epvf_agent.hpp"

#include "catch.hpp"
#include "epvf/learner.hpp"
#include "epvf/search_learner.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;

TEST_CASE("an agent's file has its parts by name; without a value it says nothing of one") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "agent.safetensors";
  testing::EpvfSetup setup;
  setup.options.measure_foresight = true;
  testing::EpvfLearner<float, Pendulum> learner(Pendulum{}, setup);
  learner.run(1);
  save_state(path, learner.agent);
  const SafetensorsFile file(path);
  for (const char* name : {"policy.parameters", "value.layer_1", "archive.next", "foresight.linear.slope"}) {
    INFO(name);
    CHECK(file.contains(name));
  }
  testing::SearchLearner<EvolutionStrategies<double>> search(EvolutionStrategies<double>(), {});
  search.run(1);
  save_state(path, search.agent);
  const SafetensorsFile without(path);
  CHECK(without.contains("policy.parameters"));
  CHECK_FALSE(without.contains("foresight.linear.slope"));
}

TEST_CASE("wrong options of EPVF are refused") {
  const auto words = [](const EpvfOptions& options, const char* expected) {
    CHECK_THROWS_WITH(validate(options), Catch::Matchers::Contains(expected));
  };
  words({.steps = -1}, "steps >= 0, got -1");
  words({.survival_bonus = std::nan("")}, "a finite survival_bonus");
  words({.policy_rate_factor = -1}, "policy_rate_factor >= 0");
  words({.policy_step_size = -0.1}, "policy_step_size >= 0");
  words({.policy_step_size = HUGE_VAL}, "policy_step_size >= 0");
  words({.centre_trial = {.max_drop = -1}}, "max_drop >= 0");
  CHECK_NOTHROW(validate(EpvfOptions{.steps = 0, .policy_step_size = 2}));
}
