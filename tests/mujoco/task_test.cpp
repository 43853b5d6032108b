// SPDX-License-Identifier: MIT
#include "vantage/mujoco/task.hpp"

#include "catch.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage;
using namespace vantage::mujoco;

namespace {

struct Critical : Hopper {
  [[nodiscard]] Index count_critic_observations(const mjModel&) const { return 1; }
  void observe_critic(const mjModel&, const mjData& data, VectorRef<double> out) const { out[0] = data.time; }
};

// of another type than a task's
struct Misjudged : Hopper {
  [[nodiscard]] double evaluate(const StepView&, std::span<double>) const { return 1; }
};
struct Uncounted : Hopper {
  void observe_critic(const mjModel&, const mjData& data, VectorRef<double> out) const { out[0] = data.time; }
};

}  // namespace

TEST_CASE("tasks are what has all of a task's functions") {
  STATIC_REQUIRE(Task<Hopper>);
  STATIC_REQUIRE(Task<Ant>);
  STATIC_REQUIRE(Task<Critical>);
  STATIC_REQUIRE_FALSE(Task<Misjudged>);
  STATIC_REQUIRE_FALSE(Task<Index>);
}

TEST_CASE("a critic sees what a task counts and writes") {
  STATIC_REQUIRE_FALSE(ShowsCritic<Hopper>);
  STATIC_REQUIRE(ShowsCritic<Critical>);
  STATIC_REQUIRE_FALSE(ShowsCritic<Uncounted>);
}
