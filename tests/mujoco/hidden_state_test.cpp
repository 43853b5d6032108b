// SPDX-License-Identifier: MIT
#include "vantage/mujoco/hidden_state.hpp"

#include <string>

#include "catch.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/mujoco/custom_task.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

/// A world that shows all of a model's positions, velocities, activations and measurements.
CustomTask everything_of(const std::string& text) {
  CustomTask task{.model = Model::from_xml_string(text)};
  const mjModel& model = task.model.get();
  task.observation_size = static_cast<Index>(model.nq + model.nv + model.na + model.nsensordata);
  task.observe = [](const mjModel& m, const mjData& d, VectorRef<double> out) {
    double* next = std::copy_n(d.qpos, m.nq, out.data());
    next = std::copy_n(d.qvel, m.nv, next);
    next = std::copy_n(d.act, m.na, next);
    std::copy_n(d.sensordata, m.nsensordata, next);
  };
  task.reward = [](const mjModel&, const mjData& d, ConstVectorRef<double>) { return d.qvel[0]; };
  task.reset_noise_scale = 0.1;
  return task;
}

/// The sum of all that a world shows in 200 steps, alone or with another that is stepped in between, in the same work
/// space and wildly.
double walk(const CustomEnvironment& prototype, bool disturbed) {
  CustomEnvironment world = prototype, other = prototype;
  const EnvironmentSpec& spec = world.spec();
  Vector<double> seen(spec.observation_size), unused(spec.observation_size), action(spec.action_size());
  Rng resets(1), actions(2), others(3);
  const auto random_action = [&action](Rng& rng, double scale) -> const Vector<double>& {
    for (double& a : action) a = scale * rng.uniform(-1, 1);
    return action;
  };
  double sum = 0;
  world.reset(resets, seen);
  if (disturbed) other.reset(others, unused);
  for (int t = 0; t < 200; ++t) {
    sum += world.step(random_action(actions, 1), seen).reward + seen.sum();
    if (disturbed && other.step(random_action(others, 3), unused).fault) other.reset(others, unused);
    if (disturbed && t % 50 == 49) other.reset(others, unused);
    if (t % 90 == 89) world.reset(resets, seen);
  }
  return sum;
}

void check_unshared(const std::string& name, const std::string& text) {
  INFO(name);
  const CustomEnvironment world(everything_of(text));
  CHECK(walk(world, true) == walk(world, false));
  CHECK(check_environment(world, {.steps = 150, .check_no_reset = false}).steps == 150);
}

const std::string box = R"(<body pos="0 0 .1"><freejoint/><geom type="box" size=".1 .1 .1"/></body>)";
const std::string arm = R"(<body pos="0 1 1"><joint name="j" axis="0 1 0" damping=".1"/>
    <geom type="capsule" size=".05" fromto="0 0 0 0 0 -.5"/>)";
const std::string motor = R"(<actuator><motor joint="j" gear="3" ctrllimited="true" ctrlrange="-1 1"/></actuator>)";
const std::string floor_plane = R"(<geom type="plane" size="3 3 .1"/>)";

std::string model(const std::string& before, const std::string& world, const std::string& after = motor) {
  return "<mujoco>" + before + "<worldbody>" + floor_plane + world + arm + "</body></worldbody>" + after + "</mujoco>";
}

TEST_CASE("hidden state: environments that share a work space do not see each other, whatever the model has") {
  for (const char* solver : {"Newton", "CG", "PGS"}) {
    check_unshared(solver, model(std::string("<option solver='") + solver + "'/>", box + box));
  }
  for (const char* integrator : {"Euler", "RK4", "implicit"}) {
    check_unshared(
        integrator,
        model(std::string("<option cone='elliptic' noslip_iterations='2' integrator='") + integrator + "'/>", box));
  }
  // activations, and a muscle's
  check_unshared("activations", model("", box, R"(<actuator>
      <general joint="j" dyntype="filter" dynprm=".1" gainprm="5" biastype="affine" biasprm="0 -5 0"/>
      <general joint="j" dyntype="integrator" gainprm="2" ctrllimited="true" ctrlrange="-1 1"/>
      <muscle joint="j" ctrllimited="true" ctrlrange="0 1" lengthrange="-2 2"/></actuator>)"));
  check_unshared("sensors", model("", box + R"(<site name="s" pos="0 0 .1" size=".3"/>)", motor + R"(<sensor>
      <touch site="s"/><accelerometer site="s"/><force site="s"/><torque site="s"/><jointvel joint="j"/></sensor>)"));
  check_unshared("a weld to a moved body", model("", box + R"(<body name="hand" mocap="true" pos="0 0 .3">
      <geom type="box" size=".02 .02 .02" contype="0" conaffinity="0"/></body>
      <body name="held" pos="0 0 .5"><freejoint/><geom size=".05"/></body>)",
                                                 motor + R"(<equality><weld body1="hand" body2="held"/></equality>)"));
  check_unshared("tendons", model("", box + R"(<site name="a" pos="1 0 1"/><body pos="1 0 .5"><joint axis="0 0 1"
      type="slide"/><geom size=".05"/><site name="b"/></body>)",
                                  motor + R"(<tendon><spatial stiffness="30" damping="1"><site site="a"/>
      <site site="b"/></spatial></tendon>)"));
#if mjVERSION_HEADER >= 3005000
  check_unshared("a delay", model("", box, R"(<actuator><motor joint="j" gear="5" delay=".02" nsample="10"
      ctrllimited="true" ctrlrange="-1 1"/></actuator>)"));
#endif
#if mjVERSION_HEADER >= 4000000
  check_unshared("a plastic spring", model("", R"(<body pos="1 0 .5"><joint axis="0 0 1" type="slide" stiffness="40"
      springyield="3"/><geom size=".05"/></body>)"));
#endif
#if mjVERSION_HEADER >= 300
  check_unshared("a cloth", model("", R"(<flexcomp type="grid" count="4 4 1" spacing=".1 .1 .1" pos="0 0 .5" mass=".1"
      name="f" radius=".01"><edge equality="true"/></flexcomp>)"));
#endif
}

TEST_CASE("hidden state: every input that a reset may write is an environment's own") {
  CustomTask task =
      everything_of("<mujoco><size nuserdata='2'/><worldbody>" + box + R"(<body name="hand" mocap="true" pos="0 0 .3"/>
      <body name="held" pos="0 0 .5"><freejoint/><geom size=".05"/></body>)" +
                    arm + R"(</body></worldbody><actuator>
      <general joint="j" dyntype="filter" dynprm=".5" gainprm="5" biastype="affine" biasprm="0 -5 0"/></actuator>
      <equality><weld body1="hand" body2="held"/></equality></mujoco>)");
  task.reset = [](const mjModel& m, mjData& d, Rng& rng) {
    const auto scatter = [&](double* numbers, auto count, double scale) { add_uniform(numbers, count, scale, rng); };
    scatter(d.qpos, m.nq, 0.1);
    scatter(d.act, m.na, 1);
    scatter(d.ctrl, m.nu, 1);
    scatter(d.qfrc_applied, m.nv, 0.1);
    scatter(d.xfrc_applied, 6 * m.nbody, 0.1);
    scatter(d.mocap_pos, 3 * m.nmocap, 1);
    scatter(d.mocap_quat, 4 * m.nmocap, 1);
    scatter(d.userdata, m.nuserdata, 1);
    scatter(&d.time, 1, 1);
#if mjVERSION_HEADER >= 300
    d.eq_active[0] = rng.uniform(0, 1) < 0.5 ? 1 : 0;
#endif
  };
  task.observation_size += 3;
  task.observe = [inner = task.observe](const mjModel& m, const mjData& d, VectorRef<double> out) {
    inner(m, d, out.head(out.size() - 3));
    out.tail(3) << d.userdata[0], d.userdata[1], d.time;
  };
  const CustomEnvironment world(task);
  CHECK(walk(world, true) == walk(world, false));
  CHECK(check_environment(world, {.steps = 150, .check_no_reset = false}).steps == 150);
}

TEST_CASE("hidden state: what MuJoCo keeps to itself is refused by name") {
  const auto refused = [](const std::string& text) {
    const CustomTask task = everything_of(text);
    try {
      static_cast<void>(CustomEnvironment(task));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused(model("", box)).empty());
#if mjVERSION_HEADER >= 340
  CHECK_THAT(refused(model("<option><flag sleep='enable'/></option>", box)),
             ContainsSubstring("custom: expected a model whose whole state can be kept, got <flag sleep=\"enable\""));
#endif
#if mjVERSION_HEADER >= 3014000
  CHECK_THAT(refused(model("<option integrator='discrete'><flag ipc='enable'/></option>", box)),
             ContainsSubstring("<flag ipc=\"enable\""));
#endif
#if mjVERSION_HEADER < 314
  CHECK_THAT(refused(model("<option><flag sensornoise='enable'/></option>", box,
                           motor + "<sensor><jointpos joint='j' noise='.1'/></sensor>")),
             ContainsSubstring("<flag sensornoise=\"enable\""));
#endif
  // others of the same kind are nothing of it
  CHECK(refused(model("<option><flag energy='enable' multiccd='enable'/></option>", box)).empty());
}

#if mjVERSION_HEADER >= 230
TEST_CASE("hidden state: a plugin with data of its own must be trusted") {
  mjpPlugin plugin;
  mjp_defaultPlugin(&plugin);
  plugin.name = "vantage.test.passive";
  plugin.capabilityflags = mjPLUGIN_PASSIVE;
  plugin.nstate = [](const mjModel*, int) { return 0; };
  plugin.init = [](const mjModel*, mjData* data, int instance) {
    data->plugin_data[instance] = 1;
    return 0;
  };
  plugin.reset = [](const mjModel*, double*, auto, int) {};
  plugin.compute = [](const mjModel*, mjData*, int, int) {};
  mjp_registerPlugin(&plugin);
  const CustomTask task = everything_of(
      model("<extension><plugin plugin='vantage.test.passive'/></extension>",
            "<body pos='2 0 .1'><freejoint/><geom size='.1'/><plugin plugin='vantage.test.passive'/></body>"));
  CHECK_THROWS_WITH(CustomEnvironment(task), ContainsSubstring("the plugin vantage.test.passive") &&
                                                 ContainsSubstring("trust_plugin(\"vantage.test.passive\")"));
  trust_plugin("vantage.test.passive");
  CHECK_NOTHROW(CustomEnvironment(task));
}
#endif

}  // namespace
