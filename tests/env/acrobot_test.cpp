// SPDX-License-Identifier: MIT
#include "vantage/env/acrobot.hpp"

#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;
using std::numbers::pi;
using vantage::testing::ClassicStep;
using vantage::testing::step_from;

static_assert(StatefulEnvironment<Acrobot> && HasRewardTerms<Acrobot>);

namespace {

/// Rates of (p, q, p_t, q_t) from Lagrange's equations of two links, solved as a linear system.
Eigen::Vector4d rates(const Eigen::Vector4d& s, double torque) {
  Eigen::Matrix2d inertia;
  inertia << 3.5 + std::cos(s[1]), 1.25 + 0.5 * std::cos(s[1]), 1.25 + 0.5 * std::cos(s[1]), 1.25;
  const double outer = 4.9 * std::sin(s[0] + s[1]);
  const double coupling = 0.5 * std::sin(s[1]);
  const Eigen::Vector2d forces(coupling * s[3] * (s[3] + 2 * s[2]) - 14.7 * std::sin(s[0]) - outer,
                               torque - coupling * s[2] * s[2] - outer);
  const Eigen::Vector2d acceleration = inertia.inverse() * forces;
  return {s[2], s[3], acceleration[0], acceleration[1]};
}

/// One step of the classical Runge-Kutta method, without wrapping or clipping.
Eigen::Vector4d integrate(const Eigen::Vector4d& s, double torque) {
  const Eigen::Vector4d a = rates(s, torque);
  const Eigen::Vector4d b = rates(s + 0.1 * a, torque);
  const Eigen::Vector4d c = rates(s + 0.1 * b, torque);
  const Eigen::Vector4d d = rates(s + 0.2 * c, torque);
  return s + (a + 2 * b + 2 * c + d) / 30;
}

}  // namespace

TEST_CASE("at rest and hanging the acrobot stays, and the motor bends it by hand") {
  const ClassicStep still = step_from(Acrobot(), {0, 0, 0, 0}, 1);
  CHECK(still.state.norm() < 1e-15);
  CHECK(still.observation.isApprox(Vector<double>{{1, 0, 1, 0, 0, 0}}, 1e-15));
  CHECK(still.result.reward == -1);
  CHECK_FALSE(still.result.terminated);
  CHECK(still.terms == std::vector<double>{-1});
  // about the hanging rest the motion is linear, for a force so small; here in the first order of the step:
  // 4.5 p_tt + 1.75 q_tt = 0 and 1.75 p_tt + 1.25 q_tt = 1 give q_tt = 72/41, p_tt = -28/41
  const Eigen::Vector4d first = rates(Eigen::Vector4d::Zero(), 1);
  CHECK(first[2] == Approx(-28.0 / 41));
  CHECK(first[3] == Approx(72.0 / 41));
}

TEST_CASE("the acrobot obeys Lagrange's equations") {
  Rng rng(6);
  for (int i = 0; i < 40; ++i) {
    const std::vector<double> s{rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(-3, 3), rng.uniform(-3, 3)};
    const int action = i % 3;
    const Eigen::Vector4d expected = integrate(Eigen::Map<const Eigen::Vector4d>(s.data()), action - 1);
    if (expected.head<2>().cwiseAbs().maxCoeff() > pi) continue;
    const ClassicStep step = step_from(Acrobot(), s, action);
    INFO("state " << step.state.transpose() << " expected " << expected.transpose());
    CHECK((step.state - expected).norm() < 1e-12);
    CHECK(step.observation[0] == std::cos(step.state[0]));
    CHECK(step.observation[1] == std::sin(step.state[0]));
    CHECK(step.observation[2] == std::cos(step.state[1]));
    CHECK(step.observation[3] == std::sin(step.state[1]));
    CHECK(step.observation[4] == step.state[2]);
    CHECK(step.observation[5] == step.state[3]);
  }
}

TEST_CASE("angles of the acrobot are wrapped and its speeds clipped") {
  const auto check = [](const std::vector<double>& s) {
    const Eigen::Vector4d free = integrate(Eigen::Map<const Eigen::Vector4d>(s.data()), 1);
    const ClassicStep step = step_from(Acrobot(), s, 2);
    for (Index i = 0; i < 2; ++i) {
      CHECK(std::abs(step.state[i]) <= pi);
      CHECK(std::abs(std::remainder(step.state[i] - free[i], 2 * pi)) < 1e-12);
    }
    CHECK(step.state[2] == Approx(std::clamp(free[2], -4 * pi, 4 * pi)).epsilon(1e-12));
    CHECK(step.state[3] == Approx(std::clamp(free[3], -9 * pi, 9 * pi)).epsilon(1e-12));
    return free;
  };
  CHECK(check({3.1, 3.1, 2, 3})[0] > pi);
  CHECK(check({-3.1, -3.1, -2, -3})[0] < -pi);
  CHECK(check({0.3, -0.4, 12.5, 28.2})[3] > 9 * pi);
  CHECK(check({-0.3, 0.4, -12.5, -28.2})[3] < -9 * pi);
  CHECK(check({0, 0, 12, 5})[2] > 4 * pi);
  CHECK(check({0, 0, -12, -5})[2] < -4 * pi);
  CHECK(std::abs(check({20, -20, 0, 0})[0]) > 3 * pi);
}

TEST_CASE("the acrobot ends where its free end is one link above the joint") {
  Rng rng(7);
  int ends = 0;
  for (int i = 0; i < 200; ++i) {
    const ClassicStep step = step_from(Acrobot(), {rng.uniform(1, pi), rng.uniform(-1, 1), 0, 0}, 1);
    // cos(p + q) from the observation
    const auto& o = step.observation;
    const double height = -o[0] - (o[0] * o[2] - o[1] * o[3]);
    if (std::abs(height - 1) < 1e-9) continue;
    CHECK(step.result.terminated == (height > 1));
    CHECK(step.result.reward == (height > 1 ? 0 : -1));
    CHECK(step.terms[0] == step.result.reward);
    ends += step.result.terminated ? 1 : 0;
  }
  CHECK(ends > 20);
  CHECK(ends < 180);
  // balanced upright
  CHECK(step_from(Acrobot(), {pi, 0, 0, 0}, 1).result.terminated);
}

TEST_CASE("first states, state and refused actions of the acrobot") {
  vantage::testing::check_reset(Acrobot(), {true, true, true, true}, -0.1, 0.1, 1e-8);
  vantage::testing::check_reset(Acrobot({.low = -1, .high = 2}), {true, true, true, true}, -1, 2, 1e-7);
  vantage::testing::check_state(Acrobot(), 2);
  vantage::testing::check_refused_actions(Acrobot(), 3, "Acrobot");
  check_environment(Acrobot());
  // a number of single precision each
  Acrobot acrobot;
  Rng rng(1);
  Vector<double> observation(6), state(4);
  acrobot.reset(rng, observation);
  acrobot.save_state(state);
  CHECK(state == state.cast<float>().cast<double>());
}

TEST_CASE("options of the acrobot") {
  CHECK(vantage::testing::option_names(AcrobotOptions()) == std::set<std::string>{"low", "high", "max_episode_steps"});
  CHECK(Acrobot().spec().name == "Acrobot-v1");
  CHECK(Acrobot().spec().max_episode_steps == 500);
  CHECK_THROWS_AS(Acrobot({.low = 0.2}), std::invalid_argument);
  CHECK_THROWS_AS(Acrobot({.low = -std::numeric_limits<double>::infinity()}), std::invalid_argument);
  CHECK_THROWS_AS(Acrobot({.max_episode_steps = -1}), std::invalid_argument);
}
