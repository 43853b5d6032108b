// SPDX-License-Identifier: MIT
#include "vantage/mujoco/ant.hpp"

#include <cmath>
#include <limits>

#include "lockstep.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<AntEnvironment>);
static_assert(StatefulEnvironment<AntEnvironment>);
static_assert(HasRewardTerms<AntEnvironment>);

constexpr double leg = 0.0391577537;
constexpr double shin = 0.0675922045;

TEST_CASE("Ant: the model has the published figures") {
  const AntEnvironment environment;
  const mjModel& model = environment.model().get();
  testing::check_model(
      model, {15, 14, 8, 14, 9, 14, 8, {0.327249235, leg, leg, shin, leg, leg, shin, leg, leg, shin, leg, leg, shin}});
  const auto near = [](double x) { return Approx(x).epsilon(1e-9).margin(1e-12); };
  CHECK(testing::digest(model.body_inertia, 3 * model.nbody) == near(-0.012973800523068077));
  CHECK(testing::digest(model.body_ipos, 3 * model.nbody) == near(0.26312916148296944));
  CHECK(testing::digest(model.jnt_axis, 3 * model.njnt) == near(-0.11364961340125856));
  CHECK(testing::digest(model.jnt_range, 2 * model.njnt) == near(-4.059725912134919));
  CHECK(testing::digest(model.dof_armature, model.nv) == near(1.3886534876649306));
  CHECK(testing::digest(model.dof_damping, model.nv) == near(1.3886534876649306));
  CHECK(testing::digest(model.geom_size, 3 * model.ngeom) == near(75.68538400142018));
  CHECK(testing::digest(model.geom_friction, 3 * model.ngeom) == near(0.8295824474335289));
  CHECK(testing::digest(model.geom_margin, model.ngeom) == near(0.012853996391883834));
  CHECK(testing::digest(model.geom_conaffinity, model.ngeom) == near(0.8414709848078965));
  CHECK(testing::digest(model.actuator_gear, 6 * model.nu) == near(8.519933791476447));
  CHECK(testing::digest(model.actuator_trnid, 2 * model.nu) == near(10.128715045424805));
  CHECK(testing::digest(model.qpos0, model.nq) == near(-0.6509624892630278));
  CHECK(environment.dt() == Approx(0.05));
  CHECK(environment.spec().max_episode_steps == 1000);
  CHECK(environment.spec().action_high == Vector<double>::Ones(8));
}

TEST_CASE("Ant: the size of the observation follows the options") {
  const auto size = [](const Ant& task) { return AntEnvironment(task).spec().observation_size; };
  CHECK(size({}) == 105);
  CHECK(size({.exclude_current_positions_from_observation = false}) == 107);
  CHECK(size({.include_cfrc_ext_in_observation = false}) == 27);
  CHECK(size(Ant::v4()) == 27);
  Ant forces = Ant::v4();
  forces.use_contact_forces = true;
  CHECK(size(forces) == 111);
}

TEST_CASE("Ant: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(AntEnvironment(), 0.1, 0.1);
#if mjVERSION_HEADER >= 3005000
  // from 3.5.0 on the margins of two geoms add up, and later versions solve the contacts otherwise
  const std::vector<double> rewards{-0.241683819075, -0.525547244534, -0.550170817897, -1.01233755416};
  const double tolerance = 2e-3;
#else
  const std::vector<double> rewards{-0.241683819075,  -0.525547244534, -0.552999917736,
                                    -0.0217281574651, -0.480296742324, -0.36968952695};
  const double tolerance = 1e-8;
  CHECK(result.sums[9] == Approx(16.8449764897).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(-14.0425332802).epsilon(1e-8));
#endif
#if mjVERSION_HEADER >= 320
  CHECK(result.first_sum == Approx(1.8593472831).epsilon(1e-10));
#else
  // the quaternion of the start is normalised in place
  CHECK(result.first_sum == Approx(1.75466464162).epsilon(1e-10));
#endif
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(tolerance));
  }
}

/// The task by the book.
testing::Book book(const Ant& task) {
  const bool four = task.version == 4;
  const auto limited = [task](double f) {
    return std::fmin(std::fmax(f, task.contact_force_range[0]), task.contact_force_range[1]);
  };
  const auto healthy = [task](const mjData& data) {
    return data.qpos[2] >= task.healthy_z_range[0] && data.qpos[2] <= task.healthy_z_range[1];
  };
  return {
      [=](const mjModel& model, const mjData& data) {
        std::vector<double> out;
        testing::append(out, data.qpos, task.exclude_current_positions_from_observation ? 2 : 0, model.nq);
        testing::append(out, data.qvel, 0, model.nv);
        if (four ? task.use_contact_forces : task.include_cfrc_ext_in_observation) {
          for (int i = four ? 0 : 6; i < 6 * 14; ++i) out.push_back(limited(data.cfrc_ext[i]));
        }
        return out;
      },
      [=](const mjModel& model, const mjData& data) {
        const int body = task.main_body == "1" ? 1 : mj_name2id(&model, mjOBJ_BODY, task.main_body.c_str());
        return data.xpos[3 * body];
      },
      [=](const mjModel&, const mjData& data, const Vector<double>& action, double change) {
        double control = 0, contact = 0;
        for (double a : action) control += a * a;
        for (int i = 0; i < 6 * 14; ++i) contact += limited(data.cfrc_ext[i]) * limited(data.cfrc_ext[i]);
        const bool paid = healthy(data) || (four && task.terminate_when_unhealthy);
        return std::vector<double>{task.forward_reward_weight * change, -task.ctrl_cost_weight * control,
                                   four && !task.use_contact_forces ? 0 : -task.contact_cost_weight * contact,
                                   paid ? task.healthy_reward : 0};
      },
      [=](const mjModel&, const mjData& data) { return task.terminate_when_unhealthy && !healthy(data); },
  };
}

TEST_CASE("Ant: observations, reward terms and ends are those of the book") {
  Ant forces = Ant::v4();
  forces.use_contact_forces = true;
  forces.healthy_z_range = {0.25, 0.6};
  const std::vector<Ant> tasks{
      {},
      {.frame_skip = 2,
       .forward_reward_weight = 2,
       .ctrl_cost_weight = 0.1,
       .contact_cost_weight = 0.1,
       .healthy_reward = 3,
       .main_body = "aux_4",
       .healthy_z_range = {0.3, 0.5},
       .contact_force_range = {-0.5, 2},
       .exclude_current_positions_from_observation = false},
      {.terminate_when_unhealthy = false, .healthy_z_range = {0.3, 0.4}, .include_cfrc_ext_in_observation = false},
      Ant::v4(),
      forces,
  };
  for (const Ant& task : tasks) {
    const int ends = testing::check_lockstep(AntEnvironment(task), 0.1, 0.45, book(task));
    CHECK((ends > 0) == task.terminate_when_unhealthy);
  }
}

TEST_CASE("Ant: the main body is named or numbered") {
  Vector<double> observation(105), action = Vector<double>::Constant(8, 0.7);
  std::vector<double> rewards;
  for (const char* body : {"1", "torso", "2", "front_left_leg", "13"}) {
    AntEnvironment environment(Ant{.main_body = body});
    Rng rng(2);
    environment.reset(rng, observation);
    environment.step(action, observation);
    rewards.push_back(environment.step(action, observation).reward);
  }
  CHECK(rewards[0] == rewards[1]);
  CHECK(rewards[2] == rewards[3]);
  CHECK(rewards[0] != rewards[4]);
  CHECK_THROWS_WITH(AntEnvironment(Ant{.main_body = "head"}),
                    ContainsSubstring("torso") && ContainsSubstring("got head"));
  CHECK_THROWS_WITH(AntEnvironment(Ant{.main_body = "14"}), ContainsSubstring("Ant: expected main_body below"));
  CHECK_THROWS_AS(AntEnvironment(Ant{.main_body = ""}), std::invalid_argument);
}

TEST_CASE("Ant: the bounds of the healthy range are healthy") {
  const AntEnvironment environment;
  const testing::PlainData data = testing::plain_data(environment.model().get());
  const auto healthy_at = [&](double z) {
    data->qpos[2] = z;
    return environment.task().is_healthy(*data);
  };
  CHECK(healthy_at(0.2));
  CHECK(healthy_at(1.0));
  CHECK_FALSE(healthy_at(std::nextafter(0.2, 0)));
  CHECK_FALSE(healthy_at(std::nextafter(1.0, 2)));
  CHECK_FALSE(healthy_at(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("Ant: the last step is paid in version 4 only") {
  for (const Ant& task : {Ant{}, Ant::v4()}) {
    AntEnvironment environment(task);
    Vector<double> observation(environment.spec().observation_size);
    Vector<double> qpos = Eigen::Map<const Vector<double>>(environment.model()->qpos0, 15);
    qpos[2] = 1.2;
    environment.set_state(qpos, Vector<double>::Zero(14), observation);
    CHECK(environment.step(Vector<double>::Zero(8), observation).terminated);
    CHECK(environment.reward_terms()[3] == (task.version == 4 ? 1.0 : 0.0));
  }
}

TEST_CASE("Ant: reset noise has the right distribution") {
  testing::check_reset_noise(AntEnvironment(), 0.1, 0.1, true);
}

TEST_CASE("Ant: a saved state continues with the same bits") { testing::check_saved_state(Ant{}); }

TEST_CASE("Ant: wrong options are refused") {
  CHECK_THROWS_WITH(AntEnvironment(Ant{.reset_noise_scale = -1}),
                    ContainsSubstring("Ant: expected reset_noise_scale >= 0"));
  CHECK_THROWS_WITH(AntEnvironment(Ant{.healthy_z_range = {1, 0.2}}),
                    ContainsSubstring("Ant: expected healthy_z_range low <= high, got 1, 0.2"));
  CHECK_THROWS_WITH(AntEnvironment(Ant{.contact_force_range = {1, -1}}),
                    ContainsSubstring("contact_force_range low <= high"));
  CHECK_THROWS_WITH(AntEnvironment(Ant{.version = 3}), ContainsSubstring("version 4 or 5, got 3"));
  CHECK_THROWS_WITH(AntEnvironment(Ant{.xml_file = "no_ant.xml"}), ContainsSubstring("no_ant.xml"));
}

TEST_CASE("Ant: each version has the options of its own") {
  Ant five, four = Ant::v4();
  set_option(five, "include_cfrc_ext_in_observation", "false");
  set_option(five, "main_body", "torso");
  set_option(four, "use_contact_forces", "true");
  CHECK_FALSE(five.include_cfrc_ext_in_observation);
  CHECK(four.use_contact_forces);
  CHECK_THROWS_WITH(set_option(five, "use_contact_forces", "true"), ContainsSubstring("Ant-v5: expected an option of"));
  CHECK_THROWS_WITH(set_option(four, "frame_skip", "2"), ContainsSubstring("Ant-v4: expected an option of"));
}

}  // namespace
