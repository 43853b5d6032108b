// SPDX-License-Identifier: MIT
#include "vantage/mujoco/inverted_double_pendulum.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<InvertedDoublePendulumEnvironment>);
static_assert(StatefulEnvironment<InvertedDoublePendulumEnvironment>);
static_assert(HasRewardTerms<InvertedDoublePendulumEnvironment>);

TEST_CASE("InvertedDoublePendulum: the model has the published figures") {
  const InvertedDoublePendulumEnvironment environment;
  testing::check_model(environment.model().get(), {3, 3, 1, 4, 3, 5, 8.245, {10.4719755, 4.19873858, 4.19873858}});
  CHECK(environment.model()->nsite == 1);
  CHECK(environment.model()->opt.gravity[0] == 1e-5);
  CHECK(environment.spec().observation_size == 9);
  CHECK(environment.spec().max_episode_steps == 1000);
  CHECK(environment.spec().action_high[0] == 1);
  CHECK(environment.dt() == Approx(0.05));
}

TEST_CASE("InvertedDoublePendulum: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(InvertedDoublePendulumEnvironment(), 0.1, 0.1);
  const std::vector<double> rewards{9.35634121851,  9.32197203438,  -1.21791744826,
                                    -8.03829881445, -3.47914083997, -1.34417344506};
  CHECK(result.first_sum == Approx(2.06318777363).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-8));
  }
  CHECK(result.sums[9] == Approx(-16.0912689264).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(-3.80394249681).epsilon(1e-8));
}

testing::Definition book(const InvertedDoublePendulum& task) {
  const bool four = task.version == 4;
  return {
      [=](const mjModel&, const mjData& data) {
        const testing::Numbers angles{data.qpos[0], std::sin(data.qpos[1]), std::sin(data.qpos[2]),
                                      std::cos(data.qpos[1]), std::cos(data.qpos[2])};
        return testing::joined(testing::joined(angles, testing::slice(data.qvel, 0, 3, 10)),
                               testing::slice(data.qfrc_constraint, 0, four ? 3 : 1, 10));
      },
      [](const mjModel&, const mjData&) { return testing::Numbers{}; },
      [=](const mjModel& model, const mjData& data, const testing::Numbers&, const Vector<double>&, double) {
        const mjtNum* tip = data.site_xpos + 3 * mj_name2id(&model, mjOBJ_SITE, "tip");
        return testing::Numbers{four || tip[2] > 1 ? task.healthy_reward : 0,
                                -0.01 * std::pow(tip[0], 2) - std::pow(tip[2] - 2, 2),
                                -0.001 * std::pow(data.qvel[1], 2) - 0.005 * std::pow(data.qvel[2], 2)};
      },
      [](const mjModel&, const mjData& data) { return data.site_xpos[2] <= 1; },
  };
}

TEST_CASE("InvertedDoublePendulum: observations, reward terms and ends are those of the definition") {
  for (const InvertedDoublePendulum& task : {InvertedDoublePendulum{}, InvertedDoublePendulum::v4(),
                                             InvertedDoublePendulum{.frame_skip = 2, .healthy_reward = 3}}) {
    CHECK(testing::check_by_book(task, 0.1, book(task)) > 0);
    // wide enough to meet the ends of the rail
    testing::check_by_book(task, 1.1, book(task));
  }
}

TEST_CASE("InvertedDoublePendulum: it has fallen when the tip is at 1 or below, and only version 4 pays for that") {
  for (const InvertedDoublePendulum& task : {InvertedDoublePendulum{}, InvertedDoublePendulum::v4()}) {
    const InvertedDoublePendulumEnvironment environment(task);
    const testing::PlainData data = testing::plain_data(environment.model().get());
    testing::Numbers terms;
    data->site_xpos[2] = std::nextafter(1.0, 2);
    CHECK_FALSE(testing::judge(environment, *data, terms).terminated);
    CHECK(terms[0] == 10);
    data->site_xpos[2] = 1;
    CHECK(testing::judge(environment, *data, terms).terminated);
    CHECK(terms[0] == (task.version == 4 ? 10 : 0));
  }
}

TEST_CASE("InvertedDoublePendulum: version 4 observes the forces on all joints and has no options") {
  const InvertedDoublePendulumEnvironment environment(InvertedDoublePendulum::v4());
  CHECK(environment.spec().observation_size == 11);
  CHECK(environment.spec().name == "InvertedDoublePendulum-v4");
  InvertedDoublePendulum task = InvertedDoublePendulum::v4();
  CHECK_THROWS_WITH(set_option(task, "healthy_reward", "2"), ContainsSubstring("InvertedDoublePendulum-v4"));
}

TEST_CASE("InvertedDoublePendulum: reset noise has the right distribution") {
  testing::check_reset_noise(InvertedDoublePendulumEnvironment(), 0.1, 0.1, true);
}

TEST_CASE("InvertedDoublePendulum: a saved state continues with the same bits") {
  testing::check_saved_state(InvertedDoublePendulum{});
}

TEST_CASE("InvertedDoublePendulum: wrong options are refused") {
  using Options = InvertedDoublePendulum;
  CHECK_THROWS_WITH(InvertedDoublePendulumEnvironment(Options{.reset_noise_scale = -1}),
                    ContainsSubstring("InvertedDoublePendulum: expected reset_noise_scale >= 0"));
  CHECK_THROWS_WITH(InvertedDoublePendulumEnvironment(Options{.version = 3}),
                    ContainsSubstring("expected version 4 or 5, got 3"));
  const testing::TemporaryFile no_joint("vantage_no_joint.xml", "<mujoco><worldbody/></mujoco>");
  CHECK_THROWS_WITH(
      InvertedDoublePendulumEnvironment(Options{.xml_file = no_joint.path}),
      ContainsSubstring("3 positions, 3 velocities") && ContainsSubstring("got \"MuJoCo Model\" with 0 positions"));
  std::string text = Options::mjcf;
  text.erase(text.find("<site"), text.find('\n', text.find("<site")) - text.find("<site"));
  const testing::TemporaryFile no_site("vantage_no_site.xml", text);
  CHECK_THROWS_WITH(InvertedDoublePendulumEnvironment(Options{.xml_file = no_site.path}),
                    ContainsSubstring("the first site is the tip") && ContainsSubstring(", 0 sites; "));
}

}  // namespace
