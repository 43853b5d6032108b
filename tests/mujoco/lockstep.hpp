// SPDX-License-Identifier: MIT
// a task beside a plain mjData of its own: what it observes and pays, computed by the book
#ifndef VANTAGE_TESTS_MUJOCO_LOCKSTEP_HPP
#define VANTAGE_TESTS_MUJOCO_LOCKSTEP_HPP

#include <cmath>
#include <functional>
#include <vector>

#include "by_book.hpp"
#include "catch.hpp"
#include "vantage/core/random.hpp"
#include "vantage/mujoco/environment.hpp"

namespace vantage::testing {

/// A task's definition written down a second time.
struct Book {
  std::function<std::vector<double>(const mjModel&, const mjData&)> observation;
  std::function<double(const mjModel&, const mjData&)> before;  ///< what the reward compares
  std::function<std::vector<double>(const mjModel&, const mjData&, const Vector<double>& action, double change)> terms;
  std::function<bool(const mjModel&, const mjData&)> ends;
};

/// sum_i x_i sin(1 + i): any number of an array that is wrong or out of place changes it.
template <class Number>
double digest(const Number* x, Index count) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * std::sin(1.0 + static_cast<double>(i));
  return sum;
}

inline void append(std::vector<double>& out, const mjtNum* x, Index first, Index last) {
  out.insert(out.end(), x + first, x + last);
}

/// Three environments that share work spaces, each beside an mjData of its own, stepped in turn; observations are equal
/// to the bit, also right after the start, where contact forces are zero.
/// Returns how many episodes ended.
template <class Task>
int check_lockstep(const mujoco::Environment<Task>& prototype, double spread, double height, const Book& book) {
  const mjModel& model = prototype.model().get();
  std::vector<mujoco::Environment<Task>> environments(3, prototype);
  std::vector<PlainData> own;
  Vector<double> observation(prototype.spec().observation_size), action(model.nu);
  Rng rng(11);
  int differences = 0;
  const auto compare = [&](const mjData& data) {
    const std::vector<double> expected = book.observation(model, data);
    REQUIRE(static_cast<Index>(expected.size()) == observation.size());
    for (Index i = 0; i < observation.size(); ++i)
      differences += observation[i] != expected[static_cast<std::size_t>(i)];
  };
  const auto start = [&](std::size_t e) {
    mjData& data = *own[e];
    mj_resetData(&model, &data);
    for (int i = 0; i < static_cast<int>(model.nq); ++i) data.qpos[i] += rng.uniform(-spread, spread);
    for (int i = 0; i < static_cast<int>(model.nv); ++i) data.qvel[i] += rng.uniform(-spread, spread);
    data.qpos[2] = height;
    const Vector<double> qpos = Eigen::Map<const Vector<double>>(data.qpos, model.nq);
    const Vector<double> qvel = Eigen::Map<const Vector<double>>(data.qvel, model.nv);
    environments[e].set_state(qpos, qvel, observation);
    mj_forward(&model, &data);
    compare(data);
  };
  for (std::size_t e = 0; e < environments.size(); ++e) {
    own.push_back(plain_data(model));
    start(e);
  }
  int contacts = 0, ends = 0;
  for (int t = 0; t < 60; ++t) {
    for (std::size_t e = 0; e < environments.size(); ++e) {
      for (Index i = 0; i < action.size(); ++i) action[i] = 1.3 * prototype.spec().action_high[i] * rng.uniform(-1, 1);
      mjData& data = *own[e];
      const double before = book.before(model, data);
      std::copy_n(action.data(), action.size(), data.ctrl);
      for (int i = 0; i < prototype.task().frame_skip; ++i) mj_step(&model, &data);
      mj_rnePostConstraint(&model, &data);
      contacts += data.ncon;

      const StepResult result = environments[e].step(action, observation);
      compare(data);
      const std::vector<double> terms =
          book.terms(model, data, action, (book.before(model, data) - before) / prototype.dt());
      double reward = 0;
      REQUIRE(terms.size() == environments[e].reward_terms().size());
      for (std::size_t i = 0; i < terms.size(); ++i) {
        CHECK(environments[e].reward_terms()[i] == Approx(terms[i]).epsilon(1e-11).margin(1e-12));
        reward += terms[i];
      }
      CHECK(result.reward == Approx(reward).epsilon(1e-11).margin(1e-11));
      CHECK(result.terminated == book.ends(model, data));
      CHECK_FALSE(result.fault);
      ends += result.terminated;
      if (result.terminated) start(e);
    }
  }
  CHECK(differences == 0);
  // or nothing was seen of them
  CHECK(contacts > 20);
  return ends;
}

}  // namespace vantage::testing

#endif
