// SPDX-License-Identifier: MIT
#include "vantage/mujoco/pusher.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<PusherEnvironment>);
static_assert(StatefulEnvironment<PusherEnvironment>);
static_assert(HasRewardTerms<PusherEnvironment>);

const std::vector<double> arm_masses{7.2935215,    3.14159265,  0.0854513202,  1.62860163,  0.407150408,
                                     0.0854513202, 0.842732229, 0.00502654825, 0.180955737, 0.00251327412};

TEST_CASE("Pusher: the model has the published figures") {
  const PusherEnvironment environment;
  std::vector<double> masses = arm_masses;
  masses.insert(masses.end(), {7.85398163e-06, 4.0212386e-10});
  testing::check_model(environment.model().get(), {11, 11, 7, 13, 11, 20, 1.6, masses});
  CHECK(environment.spec().observation_size == 23);
  CHECK(environment.spec().max_episode_steps == 100);
  CHECK(environment.spec().action_high == Vector<double>::Constant(7, 2));
  CHECK(environment.model()->opt.iterations == 20);
  CHECK(environment.dt() == Approx(0.05));
}

TEST_CASE("Pusher: version 4 has a lighter puck with a ball inside, and no options") {
  const PusherEnvironment environment(Pusher::v4());
  std::vector<double> masses = arm_masses;
  masses.insert(masses.end(), {1.30899694e-08, 4.0212386e-10});
  testing::check_model(environment.model().get(), {11, 11, 7, 13, 11, 21, 1.6, masses});
  CHECK(environment.spec().name == "Pusher-v4");
  Pusher task = Pusher::v4();
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring("Pusher-v4"));
  // the file's name alone takes its model
  CHECK(PusherEnvironment(Pusher{.xml_file = "pusher.xml"}).model()->ngeom == 21);
}

TEST_CASE("Pusher: a fixed drive gives the known rewards") {
  const testing::Drive result =
      testing::drive(PusherEnvironment(), 0, 0.005, [](Vector<double>& qpos, Vector<double>& qvel) {
        qpos.tail(4) << -0.2, 0.1, 0, 0;
        qvel.tail(4).setZero();
      });
  const std::vector<double> rewards{-1.38343277565, -1.42886096246, -1.35825603867,
                                    -1.37822936436, -1.4166005705,  -1.33759613934};
  CHECK(result.first_sum == Approx(0.324374046175).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-9));
  }
  CHECK(result.sums[9] == Approx(-3.6697858779).epsilon(1e-9));
  CHECK(result.sums[39] == Approx(1.28303268897).epsilon(1e-9));
}

testing::Definition book(const Pusher& task) {
  const auto distances = [](const mjModel& model, const mjData& data) {
    const mjtNum* puck = testing::frame_of(model, data, "object");
    return testing::Numbers{testing::distance(puck, testing::frame_of(model, data, "goal")),
                            testing::distance(puck, testing::frame_of(model, data, "tips_arm"))};
  };
  return {
      [](const mjModel& model, const mjData& data) {
        testing::Numbers out = testing::joined(testing::slice(data.qpos, 0, 7), testing::slice(data.qvel, 0, 7));
        for (const char* body : {"tips_arm", "object", "goal"}) {
          out = testing::joined(out, testing::slice(testing::frame_of(model, data, body), 0, 3));
        }
        return out;
      },
      distances,
      [=](const mjModel& model, const mjData& data, const testing::Numbers& before, const Vector<double>& action,
          double) {
        const testing::Numbers d = task.version == 4 ? before : distances(model, data);
        return testing::Numbers{-task.reward_dist_weight * d[0],
                                -task.reward_control_weight * testing::sum_of_squares(action),
                                -task.reward_near_weight * d[1]};
      },
      [](const mjModel&, const mjData&) { return false; },
  };
}

TEST_CASE("Pusher: observations and reward terms are those of the definition") {
  for (const Pusher& task :
       {Pusher{}, Pusher::v4(),
        Pusher{.frame_skip = 2, .reward_near_weight = 0.8, .reward_dist_weight = 2.5, .reward_control_weight = 0.02}}) {
    testing::check_by_book(task, 0.2, book(task));
  }
}

TEST_CASE("Pusher: the arm moves the puck, version 4's lighter one too") {
  const auto moved = [](const Pusher& task) {
    PusherEnvironment environment(task);
    Vector<double> observation(23), qpos(11), before(3);
    // the fork of the hand presses against the puck
    qpos << 0.926, 0.583, 1.254, -0.765, -1.285, -0.406, 0.395, -0.075, 0.159, 0, 0;
    environment.set_state(qpos, Vector<double>::Zero(11), observation);
    before = observation.segment(17, 3);
    for (int t = 0; t < 10; ++t) environment.step(Vector<double>::Zero(7), observation);
    return (observation.segment(17, 3) - before).norm();
  };
  // without a contact it does not move at all
  CHECK(moved({}) > 1e-4);
  CHECK(moved(Pusher::v4()) > 1e-6);
}

TEST_CASE("Pusher: the puck starts uniformly where it is not at the goal, the arm at rest") {
  PusherEnvironment environment;
  Rng rng(4);
  Vector<double> observation(23);
  constexpr int columns = 6, rows = 8, count = 20000;
  std::vector<int> counts(columns * rows, 0);
  const auto cell = [](double x, double y) {
    return static_cast<std::size_t>(static_cast<int>(columns * (x + 0.3) / 0.3) * rows +
                                    static_cast<int>(rows * (y + 0.2) / 0.4));
  };
  std::vector<testing::Numbers> velocities(7);
  for (int k = 0; k < count; ++k) {
    environment.reset(rng, observation);
    environment.inspect([&](const mjModel&, const mjData& data) {
      for (std::size_t i = 0; i < 7; ++i) {
        REQUIRE(data.qpos[i] == 0);
        velocities[i].push_back(data.qvel[i]);
      }
      for (int i = 7; i < 11; ++i) REQUIRE(data.qvel[i] == 0);
      REQUIRE((data.qpos[9] == 0 && data.qpos[10] == 0));
      const double x = data.qpos[7], y = data.qpos[8];
      REQUIRE((-0.3 <= x && x < 0 && -0.2 <= y && y < 0.2));
      REQUIRE(std::sqrt(x * x + y * y) > 0.17);
      ++counts[cell(x, y)];
    });
  }
  // the share of each cell, by a grid of 1200 x 1600 points
  testing::Numbers shares(counts.size(), 0.0);
  double points = 0;
  for (int i = 0; i < 1200; ++i) {
    for (int j = 0; j < 1600; ++j) {
      const double x = -0.3 + 0.3 * (i + 0.5) / 1200, y = -0.2 + 0.4 * (j + 0.5) / 1600;
      if (!(x * x + y * y > 0.17 * 0.17)) continue;
      shares[cell(x, y)] += 1;
      points += 1;
    }
  }
  for (double& share : shares) share /= points;
  testing::check_shares(counts, shares);
  for (const testing::Numbers& x : velocities) testing::check_uniform(x, -0.005, 0.005);
}

TEST_CASE("Pusher: a saved state continues with the same bits") {
  testing::check_saved_state(Pusher{});
  testing::check_saved_state(Pusher::v4());
}

TEST_CASE("Pusher: a model in a file is used, and one that lacks what the task needs is refused") {
  const testing::TemporaryFile same("vantage_pusher.xml", Pusher::mjcf);
  const Pusher task{.xml_file = same.path};
  testing::check_by_book(task, 0.1, book(task));
  CHECK_THROWS_WITH(PusherEnvironment(Pusher{.version = 3}), ContainsSubstring("Pusher: expected version 4 or 5"));
  const testing::TemporaryFile empty("vantage_no_joint.xml", "<mujoco><worldbody/></mujoco>");
  CHECK_THROWS_WITH(PusherEnvironment(Pusher{.xml_file = empty.path}),
                    ContainsSubstring("Pusher-v5: expected a model with at least an actuator"));
  const testing::TemporaryFile nameless("vantage_nameless.xml",
                                        replaced(Pusher::mjcf, R"(<body name="goal")", R"(<body name="elsewhere")"));
  CHECK_THROWS_WITH(PusherEnvironment(Pusher{.xml_file = nameless.path}),
                    ContainsSubstring("elsewhere") && ContainsSubstring("no body \"goal\""));
}

}  // namespace
