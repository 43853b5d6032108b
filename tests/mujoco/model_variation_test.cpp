// SPDX-License-Identifier: MIT
#include "vantage/mujoco/model_variation.hpp"

#include <array>
#include <cmath>
#include <string>

#include "catch.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

// a cart with a motor, a servo's arm on a tendon, and a block on the floor
Model workshop() {
  return Model::from_xml_string(R"(
    <mujoco>
      <option timestep="0.002" integrator="Euler"/>
      <worldbody>
        <geom name="floor" type="plane" size="9 9 1" friction="0.5"/>
        <body name="cart" pos="0 3 1">
          <joint name="rail" type="slide" axis="1 0 0" damping="0.5" limited="true" range="-50 50"/>
          <geom name="box" type="box" size=".1 .1 .1" mass="2" contype="0" conaffinity="0"/>
          <body name="arm">
            <joint name="hinge" type="hinge" axis="0 1 0" stiffness="3" armature="0.1" frictionloss="0.01"/>
            <geom name="rod" type="capsule" fromto="0 0 0 0 0 -.5" size=".02" mass="0.5" contype="0" conaffinity="0"/>
          </body>
        </body>
        <body name="block" pos="0 0 0.1">
          <freejoint name="free"/>
          <geom name="sole" type="box" size=".1 .1 .1" mass="1" friction="0.5"/>
        </body>
      </worldbody>
      <tendon><fixed name="cable"><joint joint="rail" coef="1"/><joint joint="hinge" coef="-0.5"/></fixed></tendon>
      <actuator>
        <motor name="push" joint="rail" gear="1"/>
        <position name="servo" joint="hinge" kp="7"/>
        <motor name="pull" tendon="cable"/>
      </actuator>
    </mujoco>)");
}

const Randomization kEverything{{Quantity::mass, 0.5, 1.5},
                                {Quantity::mass, 0.1, 0.6, Change::offset, {}, true},
                                {Quantity::inertia, 0.8, 1.2},
                                {Quantity::friction, 0.3, 1.2, Change::scale, {}, true},
                                {Quantity::damping, 0, 2},
                                {Quantity::armature, 0.5, 2},
                                {Quantity::friction_loss, 0.5, 2},
                                {Quantity::stiffness, 0.5, 2},
                                {Quantity::motor_gain, 0.8, 1.2, Change::scale, {}, true},
                                {Quantity::joint_offset, -0.1, 0.1, Change::offset, {}, true},
                                {Quantity::gravity, 0.9, 1.1},
                                {Quantity::gravity, -0.5, 0.5, Change::offset},
                                {Quantity::time_step, 0.9, 1.1}};

// one that any model has
const Randomization kCommon{{Quantity::mass, 0.5, 1.5, Change::scale, {}, true},
                            {Quantity::friction, 0.3, 1.2},
                            {Quantity::damping, 0.5, 2},
                            {Quantity::armature, 0.5, 2},
                            {Quantity::motor_gain, 0.8, 1.2},
                            {Quantity::gravity, 0.9, 1.1}};

// a row that is loaded over another one's model gives the model that the row was drawn with, derived numbers too
void check_loading(const Model& model, const Randomization& randomization) {
  const ModelVariation variation(model, randomization, "test");
  DataLease one(model), two(model);
  Rng rng(4);
  Vector<double> first(variation.size()), second(variation.size()), nominal(variation.size());
  variation.draw(model, one, rng, first.data());
  const std::string expected = model_fingerprint(one.varied(), one.varied().opt);
  variation.draw(model, two, rng, second.data());
  CHECK(model_fingerprint(two.varied(), two.varied().opt) != expected);
  variation.load(model, two.varied(), first.data());
  CHECK(model_fingerprint(two.varied(), two.varied().opt) == expected);
  // and back to the model as it is
  variation.nominal(model, nominal.data());
  variation.load(model, two.varied(), nominal.data());
  CHECK(model_fingerprint(two.varied(), two.varied().opt) == model_fingerprint(model, model->opt));
}

CustomTask cart(double seconds = 0.02) {
  return {.model = workshop(),
          .observation_size = 4,
          .observe = [](const mjModel&, const mjData& data,
                        VectorRef<double> out) { out << data.qpos[0], data.qvel[0], data.qpos[2], data.qvel[2]; },
          .reward = [](const mjModel&, const mjData& data, auto) { return data.qpos[0]; },
          .frame_skip = static_cast<int>(std::lround(seconds / 0.002)),
          .max_episode_steps = 20};
}

// drawn between the same bounds: exactly that
Randomized fixed(Quantity quantity, double value, Change change = Change::scale, std::vector<std::string> names = {}) {
  return {quantity, value, value, change, std::move(names)};
}

// velocity of the rail after one step from rest
double push(const Randomization& randomization, double force, double seconds = 0.02) {
  CustomEnvironment world(cart(seconds), randomization);
  Rng rng(1);
  Vector<double> observation(4);
  world.reset(rng, observation);
  world.step(Vector<double>{{force, 0, 0}}, observation);
  return observation[1];
}

}  // namespace

TEST_CASE("a row loads the whole model that it was drawn with") {
  check_loading(workshop(), kEverything);
  check_loading(Hopper().load_model(), kCommon);
  check_loading(Ant().load_model(), kCommon);
  check_loading(Humanoid().load_model(), kCommon);
#if mjVERSION_HEADER >= 300
  // a rope whose edges hold their length
  check_loading(Model::from_xml_string(R"(
    <mujoco><worldbody>
      <flexcomp name="rope" type="grid" dim="1" count="4 1 1" spacing=".1 .1 .1" mass="1" radius=".01">
        <edge equality="true"/><pin id="0"/>
      </flexcomp>
    </worldbody></mujoco>)"),
                {{Quantity::mass, 0.5, 1.5, Change::scale, {}, true}});
#endif
}

TEST_CASE("drawn numbers are in the model: each by the physics that follows") {
  // one body of 2 + 0.5 kg on a rail without friction or gravity along it, pushed for a step; the arm's swing is small
  const Randomization light{fixed(Quantity::damping, 0), fixed(Quantity::stiffness, 0), fixed(Quantity::gravity, 0)};
  const auto with = [&](Randomized more) {
    Randomization all = light;
    all.push_back(std::move(more));
    return all;
  };
  const double plain = push(light, 1);
  CHECK(plain > 0.02 * 1 / 2.5);
  CHECK(plain < 0.02 * 1 / 2);
  CHECK(push(with(fixed(Quantity::mass, 2)), 1) == Approx(plain / 2).epsilon(0.05));
  CHECK(push(with(fixed(Quantity::motor_gain, 3, Change::scale, {"push"})), 1) == Approx(3 * plain).epsilon(0.02));
  CHECK(push(with(fixed(Quantity::time_step, 0.5)), 1) == Approx(plain / 2).epsilon(0.01));
  // a load makes the cart 4 kg: of the two bodies only that
  CHECK(push(with(fixed(Quantity::mass, 2, Change::offset, {"cart"})), 1) < 0.02 / 4);
  CHECK(push(with(fixed(Quantity::mass, 2, Change::offset, {"cart"})), 1) > 0.02 / 4.5);
  CHECK(push(with(fixed(Quantity::armature, 1e6)), 1) == Approx(plain).epsilon(0.2));

  // a drag of 0.5 a m/s, in steps of semi-implicit Euler with an implicit drag: slower, by how much the coefficient
  // says
  const double drag =
      push({fixed(Quantity::damping, 4), fixed(Quantity::stiffness, 0), fixed(Quantity::gravity, 0)}, 1, 2);
  CHECK(drag == Approx(1 / (4 * 0.5)).epsilon(0.25));

  // a block that slides with v0 stops after v0 / (mu g)
  for (const double factor : {0.4, 1.0, 2.0}) {
    CustomEnvironment world(cart(0.1), {fixed(Quantity::friction, factor)});
    Rng rng(1);
    Vector<double> observation(4), velocity = Vector<double>::Zero(8);
    world.reset(rng, observation);
    velocity[2] = 1;
    world.set_state(world.model().initial_state().segment(1, 9), velocity, observation);
    world.step(Vector<double>::Zero(3), observation);
    CHECK(observation[3] == Approx(1 - factor * 0.5 * 9.81 * 0.1).margin(0.03));
  }

  // an encoder that is 0.1 off: the spring rests where it says 0.1
  CustomEnvironment world(cart(2),
                          {fixed(Quantity::joint_offset, 0.1, Change::offset, {"hinge"}), fixed(Quantity::gravity, 0)});
  bool seen = false;
  Rng rng(1);
  Vector<double> observation(4);
  world.reset(rng, observation);
  world.inspect([&](const mjModel& model, mjData& data) {
    seen = true;
    CHECK(model.qpos_spring[1] == Approx(0.1));
    // the arm of half a metre hangs askew by 0.1 at a reading of 0
    CHECK(std::abs(data.xquat[4 * body_id(model, "arm") + 2]) == Approx(std::sin(0.05)).epsilon(1e-6));
  });
  CHECK(seen);
}

TEST_CASE("a body that is scaled keeps its shape, a load has none") {
  const auto inertia = [](const Randomization& randomization) {
    CustomEnvironment world(cart(), randomization);
    Rng rng(1);
    Vector<double> observation(4);
    world.reset(rng, observation);
    double number = 0;
    world.inspect([&](const mjModel& model, mjData&) { number = model.body_inertia[3 * body_id(model, "cart")]; });
    return number;
  };
  const double plain = inertia({});
  CHECK(inertia({fixed(Quantity::mass, 2)}) == Approx(2 * plain));
  CHECK(inertia({fixed(Quantity::mass, 2), fixed(Quantity::inertia, 3)}) == Approx(6 * plain));
  CHECK(inertia({fixed(Quantity::mass, 2, Change::offset)}) == plain);
}

TEST_CASE("draws are uniform, of their own for each episode, and part of the state") {
  CustomEnvironment world(cart(), kEverything);
  REQUIRE(world.drawn().size() == static_cast<Index>(world.drawn_labels().size()));
  CHECK(world.drawn_labels()[0] == "mass");
  CHECK(world.drawn_labels()[1] == "mass cart");
  Rng rng(7);
  Vector<double> observation(4);
  // the largest deviation of an empirical distribution of 2000 from the uniform one exceeds 1.95 / sqrt(2000) with
  // probability 1e-3
  std::vector<double> factors;
  for (int i = 0; i < 2000; ++i) {
    world.reset(rng, observation);
    factors.push_back(world.drawn()[0]);
  }
  std::sort(factors.begin(), factors.end());
  double deviation = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    deviation = std::max(deviation, std::abs(factors[i] - 0.5 - static_cast<double>(i) / 2000));
  }
  CHECK(deviation < 1.95 / std::sqrt(2000.0));

  // a copy that loads the state goes on with its draws, whatever it drew itself
  CustomEnvironment other(cart(), kEverything);
  other.reset(rng, observation);
  Vector<double> state(world.state_size());
  world.save_state(state);
  other.load_state(state);
  CHECK(Vector<double>(other.drawn()) == Vector<double>(world.drawn()));
  Vector<double> same(4);
  const Vector<double> action{{1, 0.2, 0.1}};
  for (int i = 0; i < 5; ++i) {
    CHECK(world.step(action, observation).reward == other.step(action, same).reward);
    CHECK(observation == same);
  }
  CHECK(check_environment(world).faults == 0);
}

TEST_CASE("randomized worlds give the same bits on any number of threads") {
  Matrix<float> expected;
  for (const Index threads : {1, 2, 3}) {
    Context context({.threads = threads});
    Rng rng(2);
    const GaussianPolicy<float> policy(4, 3, {.hidden = {8}}, rng);
    Collector<CustomEnvironment> source(
        VectorEnvironment<CustomEnvironment>(CustomEnvironment(cart(), kEverything), {.count = 8}), {.steps = 50});
    Batch<float> batch;
    source.collect(policy, context, batch);
    source.collect(policy, context, batch);
    if (threads == 1) expected = batch.observations;
    CHECK(batch.observations == expected);
  }
}

TEST_CASE("a world without randomization draws nothing") {
  CustomEnvironment plain(cart());
  CustomEnvironment same(cart(), {});
  Rng rng(3), other(3);
  Vector<double> observation(4);
  plain.reset(rng, observation);
  same.reset(other, observation);
  CHECK(rng == other);
  CustomEnvironment random(cart(), kCommon);
  Rng third(3);
  random.reset(third, observation);
  CHECK_FALSE(rng == third);
  CHECK(same.state_size() == plain.state_size());
  CHECK(plain.drawn().size() == 0);
}

TEST_CASE("randomizations that cannot be are refused in words") {
  const auto refused = [](const Randomized& entry, const std::string& words) {
    CHECK_THROWS_WITH(CustomEnvironment(cart(), {entry}), Catch::Matchers::ContainsSubstring(words));
  };
  refused({Quantity::mass, 2, 1}, "a finite range low <= high of mass, got 2:1");
  refused({Quantity::mass, std::nan(""), 1}, "a finite range");
  refused({Quantity::damping, -1, 1}, "factors >= 0 of damping, got -1");
  refused({Quantity::joint_offset, 0, 1}, "an offset of joint_offset, got a scale");
  refused({Quantity::motor_gain, 0, 1, Change::offset}, "a scale of motor_gain, got an offset");
  refused({Quantity::time_step, 0, 1}, "factors > 0 of time_step");
  refused({Quantity::gravity, 0, 1, Change::scale, {"cart"}}, "one draw, without names, of gravity");
  refused({Quantity::mass, -2.5, 1, Change::offset, {"cart"}}, "offsets that leave no negative mass, got -0.5");
  refused({Quantity::mass, 1, 2, Change::scale, {"carp"}}, "body: expected one of {world, cart, arm, block}, got carp");
  refused({Quantity::joint_offset, 0, 1, Change::offset, {"free"}}, "a model with something that has a joint_offset");
}

TEST_CASE("worlds of one model that are randomized each in its own way do not see each other") {
  const CustomTask task = cart();
  CustomEnvironment alone(task, {fixed(Quantity::damping, 1)});
  Rng rng(1), other(2);
  Vector<double> observation(4), expected(4);
  const Vector<double> action{{1, 0, 0}};
  alone.reset(rng, observation);
  alone.step(action, expected);
  // the same work spaces, if they shared them
  CustomEnvironment heavy(task, {fixed(Quantity::mass, 7)});
  heavy.reset(other, observation);
  alone.reset(rng, observation);
  alone.step(action, observation);
  CHECK(observation == expected);
  CHECK(alone.fingerprint() == CustomEnvironment(task).fingerprint());
}

TEST_CASE("gains that follow the motion are scaled too, what is no gain is left, and nothing is drawn for it") {
  const Model model = Model::from_xml_string(R"(
    <mujoco><worldbody><light mode="trackcom" pos="0 0 3"/><body name="b"><joint name="j" type="slide" axis="1 0 0"/><geom size=".1" mass="2"/>
      <camera mode="trackcom" pos="0 -3 0"/><body pos=".5 0 0"><joint name="k" axis="0 1 0"/><geom size=".1"/></body></body>
      <body pos="0 5 0"><freejoint name="free"/><geom size=".1"/></body></worldbody>
      <actuator><damper name="damper" joint="j" kv="3" ctrlrange="0 1"/><muscle name="muscle" joint="k" lengthrange="-1 1"/></actuator></mujoco>)");
  check_loading(model, {{Quantity::mass, 0.5, 2, Change::scale, {}, true}});
  const ModelVariation variation(
      model,
      {{Quantity::motor_gain, 2, 2, Change::scale, {}, true}, {Quantity::joint_offset, 0, 1, Change::offset, {}, true}},
      "test");
  CHECK(variation.labels() == std::vector<std::string>{"motor_gain damper", "joint_offset j", "joint_offset k"});
  DataLease lease(model);
  Rng rng(1);
  Vector<double> row(variation.size());
  variation.draw(model, lease, rng, row.data());
  CHECK(lease.varied().actuator_gainprm[2] == -6);
  CHECK(lease.varied().actuator_gainprm[mjNGAIN] == model->actuator_gainprm[mjNGAIN]);
}

TEST_CASE("each quantity changes its own numbers of the model, and no other's") {
  const Model model = workshop();
  const int rail = model->jnt_dofadr[joint_id(model, "rail")], hinge = model->jnt_dofadr[joint_id(model, "hinge")];
  const auto numbers = [&](const mjModel& m) {
    const int arm = body_id(m, "arm");
    return std::array{m.dof_damping[rail],
                      m.dof_armature[hinge],
                      m.dof_frictionloss[hinge],
                      m.jnt_stiffness[joint_id(m, "hinge")],
                      m.body_inertia[3 * arm],
                      m.body_mass[arm],
                      m.geom_friction[3 * geom_id(m, "sole")]};
  };
  const std::array quantities{Quantity::damping, Quantity::armature, Quantity::friction_loss, Quantity::stiffness,
                              Quantity::inertia, Quantity::mass,     Quantity::friction};
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const ModelVariation variation(model, {fixed(quantities[i], 2)}, "test");
    DataLease lease(model);
    Rng rng(1);
    Vector<double> row(variation.size());
    variation.draw(model, lease, rng, row.data());
    auto expected = numbers(model);
    expected[i] *= 2;
    if (quantities[i] == Quantity::mass) expected[4] *= 2;
    CHECK(numbers(lease.varied()) == expected);
    variation.nominal(model, row.data());
    variation.load(model, lease.varied(), row.data());
  }
}
