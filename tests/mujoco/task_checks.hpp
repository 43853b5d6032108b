// SPDX-License-Identifier: MIT
// what every task's test does
#ifndef VANTAGE_TESTS_MUJOCO_TASK_CHECKS_HPP
#define VANTAGE_TESTS_MUJOCO_TASK_CHECKS_HPP

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "vantage/core/random.hpp"
#include "vantage/mujoco/environment.hpp"

namespace vantage::testing {

/// Rewards of a fixed drive: start and actions are sines of the index and the step, episodes do not end.
struct Drive {
  double first_sum = 0;  ///< of the first observation
  std::vector<double> rewards;
  std::vector<double> sums;  ///< of the observation after each step
};

/// `place(qpos, qvel)` changes the start.
template <class Task, class Place>
Drive drive(const mujoco::Environment<Task>& prototype, double position_scale, double velocity_scale, Place&& place) {
  mujoco::Environment<Task> environment = prototype;
  const mjModel& model = environment.model().get();
  Vector<double> qpos(model.nq), qvel(model.nv), action(model.nu), observation(environment.spec().observation_size);
  for (int i = 0; i < qpos.size(); ++i) qpos[i] = model.qpos0[i] + position_scale * std::sin(1.0 + 2.3 * i);
  for (int i = 0; i < qvel.size(); ++i) qvel[i] = velocity_scale * std::sin(0.5 + 1.7 * i);
  place(qpos, qvel);
  environment.set_state(qpos, qvel, observation);
  Drive result;
  result.first_sum = observation.sum();
  for (int t = 0; t < 40; ++t) {
    for (int i = 0; i < action.size(); ++i) {
      action[i] = 0.8 * environment.spec().action_high[i] * std::sin(0.7 * t + 1.3 * i);
    }
    const StepResult step = environment.step(action, observation);
    REQUIRE_FALSE(step.fault);
    // a reward is the sum of its terms
    const auto terms = environment.reward_terms();
    REQUIRE(step.reward == Approx(std::accumulate(terms.begin(), terms.end(), 0.0)).margin(1e-13));
    result.rewards.push_back(step.reward);
    result.sums.push_back(observation.sum());
  }
  return result;
}

template <class Task>
Drive drive(const mujoco::Environment<Task>& prototype, double position_scale, double velocity_scale) {
  return drive(prototype, position_scale, velocity_scale, [](Vector<double>&, Vector<double>&) {});
}

/// The known sum of the first observation, the rewards of steps 0, 1, 4, 9, 19 and 39, the sums after steps 9 and 39.
inline void check_drive(const Drive& result, double first_sum, const std::vector<double>& rewards,
                        const std::vector<double>& sums, double tolerance) {
  CHECK(result.first_sum == Approx(first_sum).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  REQUIRE(rewards.size() == steps.size());
  REQUIRE(sums.size() == 2);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(tolerance));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(tolerance));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(tolerance));
}

struct ModelFigures {
  Index nq, nv, nu, nbody, njnt, ngeom;
  double extent;
  std::vector<double> masses;  ///< without the world's
};

inline void check_model(const mjModel& model, const ModelFigures& expected) {
  CHECK(static_cast<Index>(model.nq) == expected.nq);
  CHECK(static_cast<Index>(model.nv) == expected.nv);
  CHECK(static_cast<Index>(model.nu) == expected.nu);
  CHECK(static_cast<Index>(model.nbody) == expected.nbody);
  CHECK(static_cast<Index>(model.njnt) == expected.njnt);
  CHECK(static_cast<Index>(model.ngeom) == expected.ngeom);
  CHECK(model.stat.extent == Approx(expected.extent).epsilon(1e-6));
  for (std::size_t b = 0; b < expected.masses.size(); ++b) {
    CHECK(model.body_mass[b + 1] == Approx(expected.masses[b]).epsilon(1e-8));
  }
}

/// Resets many times and compares mean, spread and range of each number with its noise. The bounds are five standard
/// errors, so a right program fails for at most one seed in 50 000 (34 numbers, two tests each); the seed is fixed.
template <class Task>
void check_reset_noise(mujoco::Environment<Task> environment, double position_width, double velocity_width,
                       bool normal_velocity) {
  const mjModel& model = environment.model().get();
  const Index positions = model.nq;
  const Index velocities = model.nv;
  const int count = 4000;
  Rng rng(5);
  Vector<double> observation(environment.spec().observation_size);
  Vector<double> sum = Vector<double>::Zero(positions + velocities), squares = sum, widest = sum;
  for (int k = 0; k < count; ++k) {
    environment.reset(rng, observation);
    environment.inspect([&](const mjModel&, const mjData& data) {
      for (Index i = 0; i < positions + velocities; ++i) {
        const double x = i < positions ? data.qpos[i] - model.qpos0[i] : data.qvel[i - positions];
        sum[i] += x;
        squares[i] += x * x;
        widest[i] = std::max(widest[i], std::abs(x));
      }
    });
  }
  for (Index i = 0; i < positions + velocities; ++i) {
    // before 3.2.0 MuJoCo normalises the root's quaternion in place
    if (mjVERSION_HEADER < 320 && model.jnt_type[0] == mjJNT_FREE && 3 <= i && i < 7) continue;
    const bool normal = normal_velocity && i >= positions;
    const double width = i < positions ? position_width : velocity_width;
    const double variance = normal ? width * width : width * width / 3;
    const double kurtosis = normal ? 3 : 1.8;
    INFO("number " << i);
    CHECK(std::abs(sum[i] / count) < 5 * std::sqrt(variance / count));
    CHECK(std::abs(squares[i] / count / variance - 1) < 5 * std::sqrt((kurtosis - 1) / count));
    if (normal) {
      CHECK(widest[i] > 2.5 * width);
    } else {
      CHECK(widest[i] <= width * (1 + 1e-9));
      CHECK(widest[i] > 0.99 * width);
    }
  }
}

/// Options out of range, refused in the task's name.
template <class Task>
void check_noise_scale(const std::string& name) {
  CHECK_THROWS_WITH(mujoco::Environment<Task>(Task{.reset_noise_scale = -1}),
                    Catch::Matchers::ContainsSubstring(name + ": expected reset_noise_scale >= 0"));
}

template <class Task>
void check_versions(const std::string& name) {
  CHECK_THROWS_WITH(mujoco::Environment<Task>(Task{.version = 3}),
                    Catch::Matchers::ContainsSubstring(name + ": expected version 4 or 5, got 3"));
}

}  // namespace vantage::testing

#endif
