// SPDX-License-Identifier: MIT
#include "vantage/mujoco/inverted_pendulum.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<InvertedPendulumEnvironment>);
static_assert(StatefulEnvironment<InvertedPendulumEnvironment>);
static_assert(HasRewardTerms<InvertedPendulumEnvironment>);

TEST_CASE("InvertedPendulum: the model has the published figures") {
  const InvertedPendulumEnvironment environment;
  testing::check_model(environment.model().get(), {2, 2, 1, 3, 2, 3, 2.04, {10.4719755, 5.01859164}});
  CHECK(environment.spec().observation_size == 4);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("InvertedPendulum: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(InvertedPendulumEnvironment(), 0.01, 0.01);
  const std::vector<double> rewards{1, 1, 0, 0, 0, 0};
  const std::vector<double> sums{-4.34830091515, -1.14847309449};
  CHECK(result.first_sum == Approx(0.0197164723309).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-8));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-8));
}

TEST_CASE("InvertedPendulum: reset noise has the right distribution") {
  testing::check_reset_noise(InvertedPendulumEnvironment(), 0.01, 0.01, false);
}

TEST_CASE("InvertedPendulum: a negative noise scale is refused") {
  CHECK_THROWS_WITH(InvertedPendulumEnvironment(InvertedPendulum{.reset_noise_scale = -1}),
                    ContainsSubstring("InvertedPendulum: expected reset_noise_scale >= 0"));
}

testing::Definition book(const InvertedPendulum& task) {
  return {
      [](const mjModel&, const mjData& data) {
        return testing::Numbers{data.qpos[0], data.qpos[1], data.qvel[0], data.qvel[1]};
      },
      [](const mjModel&, const mjData&) { return testing::Numbers{}; },
      [=](const mjModel&, const mjData& data, const testing::Numbers&, const Vector<double>&, double) {
        return testing::Numbers{task.version == 4 || std::fabs(data.qpos[1]) <= 0.2 ? 1.0 : 0.0};
      },
      [](const mjModel&, const mjData& data) { return std::fabs(data.qpos[1]) > 0.2; },
  };
}

TEST_CASE("InvertedPendulum: observations, rewards and ends are those of the definition") {
  for (const InvertedPendulum& task : {InvertedPendulum{}, InvertedPendulum::v4(), InvertedPendulum{.frame_skip = 1}}) {
    CHECK(testing::check_by_book(task, 0.1, book(task)) > 0);
  }
}

TEST_CASE("InvertedPendulum: the pole stands up to 0.2, and only version 4 pays for the fall") {
  for (const InvertedPendulum& task : {InvertedPendulum{}, InvertedPendulum::v4()}) {
    const InvertedPendulumEnvironment environment(task);
    const testing::PlainData data = testing::plain_data(environment.model().get());
    testing::Numbers terms;
    for (const double side : {-1.0, 1.0}) {
      data->qpos[1] = side * 0.2;
      CHECK_FALSE(testing::judge(environment, *data, terms).terminated);
      CHECK(terms[0] == 1);
      data->qpos[1] = side * std::nextafter(0.2, 1);
      CHECK(testing::judge(environment, *data, terms).terminated);
      CHECK(terms[0] == (task.version == 4 ? 1 : 0));
    }
  }
}

TEST_CASE("InvertedPendulum: version 4 has no options") {
  InvertedPendulum task = InvertedPendulum::v4();
  CHECK(InvertedPendulumEnvironment(task).spec().name == "InvertedPendulum-v4");
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring("InvertedPendulum-v4"));
}

TEST_CASE("InvertedPendulum: a saved state continues with the same bits") {
  testing::check_saved_state(InvertedPendulum{});
}

TEST_CASE("InvertedPendulum: there are versions 4 and 5") {
  CHECK_THROWS_WITH(InvertedPendulumEnvironment(InvertedPendulum{.version = 3}),
                    ContainsSubstring("InvertedPendulum: expected version 4 or 5, got 3"));
}

}  // namespace
