// SPDX-License-Identifier: MIT
#include "vantage/mujoco/integration_state.hpp"

#include <Eigen/Eigenvalues>

#include "catch.hpp"
#include "vantage/diagnostics/closed_loop_exponents.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/tabular/small_matrices.hpp"

using namespace vantage;
using namespace vantage::mujoco;

namespace {

CustomEnvironment world_of(const std::string& mjcf, Index size) {
  return CustomEnvironment(CustomTask{.model = Model::from_xml_string(mjcf),
                                      .observation_size = size,
                                      .observe =
                                          [](const mjModel& m, const mjData& data, VectorRef<double> out) {
                                            for (Index i = 0; i < m.nv; ++i) {
                                              out[i] = data.qpos[i];
                                              out[m.nv + i] = data.qvel[i];
                                            }
                                          },
                                      .reward = [](const mjModel&, const mjData&, auto) { return 0.0; },
                                      .reset_noise_scale = 0.1,
                                      .frame_skip = 3});
}

// three steps of h = 0.1 s of m x'' = -k x - c x' + u as MuJoCo's integrators take them, of (x, x', u): the gain of u
// closes the loop
Matrix<double> three_steps(const std::string& integrator, double m, double k, double c, const Vector<double>& gain) {
  constexpr double h = 0.1;
  Matrix<double> step = Matrix<double>::Identity(3, 3);
  if (integrator == "RK4") {
    const Matrix<double> rate{{0, 1, 0}, {-k / m, -c / m, 1 / m}, {0, 0, 0}};
    Matrix<double> term = step;
    for (int i = 1; i <= 4; ++i) {
      term = h / i * small_product(term, rate);
      step += term;
    }
  } else {
    // the damping is implicit: v' = v + h (-k x - c v + u) / (m + h c), x' = x + h v'
    step.row(1) << -h * k / (m + h * c), 1 - h * c / (m + h * c), h / (m + h * c);
    step.row(0) << 1 + h * step(1, 0), h * step(1, 1), h * step(1, 2);
  }
  const Matrix<double> three = small_product(step, step, step);
  return three.topLeftCorner(2, 2) + three.topRightCorner(2, 1) * gain.transpose();
}

}  // namespace

TEST_CASE("integration state: a saved row continues in another work space with the same bits") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  DataLease one(model), two(model);
  mjData& a = one.get();
  mjData& b = two.get();
  Vector<double> row(IntegrationState::size(model.get()));
  for (int t = 0; t < 200; ++t) {
    for (int i = 0; i < 3; ++i) a.ctrl[i] = std::sin(0.1 * t + i);
    mj_step(&model.get(), &a);
  }
  // the other work space has been elsewhere meanwhile
  for (int t = 0; t < 50; ++t) mj_step(&model.get(), &b);
  IntegrationState::save(model.get(), a, row.data());
  IntegrationState::load(model.get(), b, row.data());
  for (int t = 0; t < 200; ++t) {
    mj_step(&model.get(), &a);
    mj_step(&model.get(), &b);
  }
  CHECK(a.time == b.time);
  for (int i = 0; i < 6; ++i) CHECK((a.qpos[i] == b.qpos[i] && a.qvel[i] == b.qvel[i]));
}

TEST_CASE("integration state: a move takes a row along its tangent and back, quaternions too") {
  const AntEnvironment ant;
  REQUIRE(ant.tangent_size() == 28);
  Rng rng(2);
  Vector<double> observation(ant.spec().observation_size), from(ant.state_size()), tangent(28), back(28);
  AntEnvironment world(ant);
  world.reset(rng, observation);
  for (int t = 0; t < 20; ++t) world.step(Vector<double>::Constant(8, 0.3), observation);
  world.save_state(from);
  for (double& x : tangent) x = 0.1 * rng.normal();
  Vector<double> to = from;
  displace(world, to, tangent);
  difference(world, from, to, back);
  CHECK((back - tangent).norm() < 1e-12);
  // positions and velocities moved, nothing else
  CHECK(to[0] == from[0]);
  CHECK(to.tail(to.size() - 30) == from.tail(to.size() - 30));
  AntEnvironment moved(ant);
  moved.load_state(to);
  world.inspect([&](const mjModel&, const mjData& a) {
    moved.inspect([&](const mjModel&, const mjData& b) {
      CHECK(b.qpos[0] - a.qpos[0] == Approx(tangent[0]).epsilon(1e-12));
      CHECK(b.qvel[13] - a.qvel[13] == Approx(tangent[27]).epsilon(1e-12));
      CHECK(mju_norm(b.qpos + 3, 4) == Approx(1).epsilon(1e-14));
      CHECK(a.time == b.time);
    });
  });
}

TEST_CASE("integration state: a spring's closed loop has the exponents of its integrator in closed form") {
  Context context;
  Rng rng(1);
  GaussianPolicy<double> policy(2, 1, {.hidden = {}}, rng);
  const Vector<double> gain{{-0.5, -1}};
  policy.parameters().head(3) << gain, 0;
  for (const std::string integrator : {"Euler", "implicit", "RK4"}) {
    const CustomEnvironment world =
        world_of("<mujoco><option timestep='0.1' gravity='0 0 0' integrator='" + integrator +
                     "'/><worldbody><body><joint name='j' type='slide' axis='1 0 0' stiffness='1' damping='4'/>"
                     "<geom size='.1' mass='2'/></body></worldbody><actuator><motor joint='j'/></actuator></mujoco>",
                 2);
    const Matrix<double> loop = three_steps(integrator, 2, 1, 4, gain);
    Vector<double> expected = Eigen::EigenSolver<Matrix<double>>(loop).eigenvalues().cwiseAbs().array().log();
    std::sort(expected.begin(), expected.end(), std::greater<>());
    const ClosedLoopExponentsOptions options{.lyapunov = {.steps = 100, .transient = 30, .distance = 1e-5, .blocks = 2},
                                             .loop = {.action_map = ActionMap::none}};
    INFO(integrator);
    const ClosedLoopExponents spectrum = closed_loop_spectrum(world, policy, nullptr, context, options);
    CHECK((spectrum.exponents - expected).norm() < 1e-6);
    const ClosedLoopExponents twins = closed_loop_exponent(world, policy, nullptr, context, options);
    CHECK(twins.largest.exponent.value == Approx(expected[0]).epsilon(1e-6));
    CHECK(twins.largest.per_second(world.dt()).value == Approx(expected[0] / 0.3).epsilon(1e-6));
    ClosedLoopExponentsOptions noisy = options;
    noisy.loop.deterministic = false;
    noisy.starts = 3;
    Context two({.threads = 2});
    const ClosedLoopExponents shared = closed_loop_spectrum(world, policy, nullptr, two, noisy);
    CHECK(shared.exponents == closed_loop_spectrum(world, policy, nullptr, context, noisy).exponents);
    CHECK((shared.exponents.colwise() - expected).cwiseAbs().maxCoeff() < 1e-6);
  }
}

TEST_CASE("integration state: a free body that is braked forgets its velocities and keeps its pose") {
  Context context;
  Rng rng(1);
  const CustomEnvironment world = world_of(
      "<mujoco><option timestep='0.1' gravity='0 0 0'/><worldbody><body><joint type='free' damping='.5'/>"
      "<geom size='1' mass='2'/></body><body><joint name='j' type='slide'/><geom size='.1' pos='9 9 9'/></body>"
      "</worldbody><actuator><motor joint='j'/></actuator></mujoco>",
      14);
  const GaussianPolicy<double> policy(14, 1, {.hidden = {}}, rng);
  const ClosedLoopExponents spectrum = closed_loop_spectrum(
      world, policy, nullptr, context, {.lyapunov = {.steps = 400, .transient = 200, .blocks = 2}});
  REQUIRE(spectrum.exponents.rows() == 14);
  // v' = v m / (m + h c) for the mass, and for the inertia 2/5 m r^2, in each of three steps; the slider is free
  CHECK(spectrum.exponents.col(0).head(8).norm() < 0.05);
  CHECK((spectrum.exponents.col(0).segment(8, 3).array() - 3 * std::log(2 / 2.05)).matrix().norm() < 1e-4);
  CHECK((spectrum.exponents.col(0).tail(3).array() - 3 * std::log(0.8 / 0.85)).matrix().norm() < 1e-4);
}
