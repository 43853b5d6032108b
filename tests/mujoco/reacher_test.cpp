// SPDX-License-Identifier: MIT
#include "vantage/mujoco/reacher.hpp"

#include <cmath>
#include <numbers>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<ReacherEnvironment>);
static_assert(StatefulEnvironment<ReacherEnvironment>);
static_assert(HasRewardTerms<ReacherEnvironment>);

TEST_CASE("Reacher: the model has the published figures") {
  const ReacherEnvironment environment;
  testing::check_model(environment.model().get(),
                       {4, 4, 2, 5, 4, 10, 1.24, {0.0356047167, 0.0356047167, 0.0041887902, 0.00305362806}});
  CHECK(environment.spec().observation_size == 10);
  CHECK(environment.spec().max_episode_steps == 50);
  CHECK(environment.dt() == Approx(0.02));
}

TEST_CASE("Reacher: a fixed drive gives the known rewards") {
  const testing::Drive result =
      testing::drive(ReacherEnvironment(), 0.1, 0.005, [](Vector<double>& qpos, Vector<double>& qvel) {
        qpos.tail(2) << 0.11, -0.07;
        qvel.tail(2).setZero();
      });
  const std::vector<double> rewards{-0.727602224772, -0.936495004227, -0.708734532573,
                                    -0.845026192523, -1.09986242899,  -0.763621904716};
  CHECK(result.first_sum == Approx(2.29635989061).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-9));
  }
  CHECK(result.sums[9] == Approx(5.05508219228).epsilon(1e-9));
  CHECK(result.sums[39] == Approx(11.2968751262).epsilon(1e-9));
}

testing::Definition book(const Reacher& task) {
  const bool four = task.version == 4;
  const auto gap = [](const mjModel& model, const mjData& data) {
    return testing::distance(testing::frame_of(model, data, "fingertip"), testing::frame_of(model, data, "target"));
  };
  return {
      [=](const mjModel& model, const mjData& data) {
        const mjtNum *q = data.qpos, *v = data.qvel;
        const mjtNum* tip = testing::frame_of(model, data, "fingertip");
        const mjtNum* target = testing::frame_of(model, data, "target");
        testing::Numbers out{std::cos(q[0]), std::cos(q[1]), std::sin(q[0]), std::sin(q[1]),     q[2],
                             q[3],           v[0],           v[1],           tip[0] - target[0], tip[1] - target[1]};
        if (four) out.push_back(tip[2] - target[2]);
        return out;
      },
      [=](const mjModel& model, const mjData& data) { return testing::Numbers{gap(model, data)}; },
      [=](const mjModel& model, const mjData& data, const testing::Numbers& before, const Vector<double>& action,
          double) {
        return testing::Numbers{-task.reward_dist_weight * (four ? before[0] : gap(model, data)),
                                -task.reward_control_weight * testing::sum_of_squares(action)};
      },
      [](const mjModel&, const mjData&) { return false; },
  };
}

TEST_CASE("Reacher: observations and reward terms are those of the definition") {
  for (const Reacher& task :
       {Reacher{}, Reacher::v4(), Reacher{.frame_skip = 3, .reward_dist_weight = 2.5, .reward_control_weight = 0.3}}) {
    testing::check_by_book(task, 0.15, book(task));
  }
}

TEST_CASE("Reacher: the target is uniform on a disc, the arm near its rest") {
  ReacherEnvironment environment;
  Rng rng(4);
  Vector<double> observation(10);
  std::vector<testing::Numbers> positions(2), velocities(2);
  // rings of equal area, split into sectors
  constexpr int rings = 5, sectors = 8, count = 20000;
  std::vector<int> counts(rings * sectors, 0);
  for (int k = 0; k < count; ++k) {
    environment.reset(rng, observation);
    environment.inspect([&](const mjModel&, const mjData& data) {
      for (std::size_t i = 0; i < 2; ++i) {
        positions[i].push_back(data.qpos[i]);
        velocities[i].push_back(data.qvel[i]);
        REQUIRE(data.qvel[2 + i] == 0);
      }
      const double radius = std::sqrt(data.qpos[2] * data.qpos[2] + data.qpos[3] * data.qpos[3]);
      REQUIRE(radius < 0.2);
      const double turn = std::atan2(data.qpos[3], data.qpos[2]) / (2 * std::numbers::pi) + 0.5;
      const int ring = static_cast<int>(rings * radius * radius / 0.04);
      ++counts[static_cast<std::size_t>(ring * sectors + static_cast<int>(sectors * turn) % sectors)];
    });
    // observed in the frame of the world
    REQUIRE(std::hypot(observation[4], observation[5]) < 0.2);
  }
  testing::check_shares(counts, testing::Numbers(counts.size(), 1.0 / (rings * sectors)));
  for (const testing::Numbers& x : positions) testing::check_uniform(x, -0.1, 0.1);
  for (const testing::Numbers& x : velocities) testing::check_uniform(x, -0.005, 0.005);
}

TEST_CASE("Reacher: version 4 observes the height too and has no options") {
  const ReacherEnvironment environment(Reacher::v4());
  CHECK(environment.spec().observation_size == 11);
  CHECK(environment.spec().name == "Reacher-v4");
  Reacher task = Reacher::v4();
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring("Reacher-v4"));
}

TEST_CASE("Reacher: a saved state continues with the same bits") {
  testing::check_saved_state(Reacher{});
  testing::check_saved_state(Reacher::v4());
}

TEST_CASE("Reacher: a model in a file is used, and one that lacks what the task needs is refused") {
  const testing::TemporaryFile same("vantage_reacher.xml", Reacher::mjcf);
  const Reacher task{.xml_file = same.path};
  testing::check_by_book(task, 0.1, book(task));
  CHECK_THROWS_WITH(ReacherEnvironment(Reacher{.version = 6}), ContainsSubstring("Reacher: expected version 4 or 5"));
  const testing::TemporaryFile empty("vantage_no_joint.xml", "<mujoco><worldbody/></mujoco>");
  CHECK_THROWS_WITH(ReacherEnvironment(Reacher{.xml_file = empty.path}),
                    ContainsSubstring("Reacher-v5: expected a model with at least an actuator"));
  const testing::TemporaryFile nameless("vantage_nameless.xml",
                                        replaced(Reacher::mjcf, R"(<body name="target")", R"(<body name="elsewhere")"));
  CHECK_THROWS_WITH(ReacherEnvironment(Reacher{.xml_file = nameless.path}),
                    ContainsSubstring("elsewhere") && ContainsSubstring("no body \"target\""));
}

}  // namespace
