// SPDX-License-Identifier: MIT
// a task against its definition written down a second time, and tests of distributions
#ifndef VANTAGE_TESTS_MUJOCO_BY_BOOK_HPP
#define VANTAGE_TESTS_MUJOCO_BY_BOOK_HPP

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "vantage/core/random.hpp"
#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::testing {

using Numbers = std::vector<double>;

/// What a task observes, pays and ends by, from MuJoCo's own structures.
struct Definition {
  std::function<Numbers(const mjModel&, const mjData&)> observation;
  std::function<Numbers(const mjModel&, const mjData&)> before;  ///< read ahead of the physics steps
  std::function<Numbers(const mjModel&, const mjData&, const Numbers& before, const Vector<double>& action, double dt)>
      terms;
  std::function<bool(const mjModel&, const mjData&)> ends;
};

using PlainData = std::unique_ptr<mjData, void (*)(mjData*)>;
inline PlainData plain_data(const mjModel& model) { return {mj_makeData(&model), &mj_deleteData}; }

inline Numbers slice(const mjtNum* x, Index first, Index last, double limit = mujoco::infinity) {
  Numbers out;
  for (Index i = first; i < last; ++i) out.push_back(std::fmax(-limit, std::fmin(limit, x[i])));
  return out;
}

inline Numbers joined(Numbers a, const Numbers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline double sum_of_squares(const Vector<double>& action) {
  double sum = 0;
  for (Index i = 0; i < action.size(); ++i) sum += action[i] * action[i];
  return sum;
}

inline const mjtNum* frame_of(const mjModel& model, const mjData& data, const char* body) {
  return data.xpos + 3 * mj_name2id(&model, mjOBJ_BODY, body);
}

inline double distance(const mjtNum* a, const mjtNum* b) {
  return std::sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

/// Two environments that share work spaces, each beside an mjData of its own, stepped in turn from starts within
/// `spread` of the model's own; the number of episodes that ended.
template <class Task>
int check_by_book(const Task& task, double spread, const Definition& book) {
  const mujoco::Environment<Task> prototype(task);
  INFO(prototype.spec().name);
  const mjModel& model = prototype.model().get();
  std::vector<mujoco::Environment<Task>> environments(2, prototype);
  std::vector<PlainData> own;
  Vector<double> observation(prototype.spec().observation_size), action(model.nu);
  Rng rng(12);
  const auto compare = [&](const Numbers& expected) {
    REQUIRE(static_cast<Index>(expected.size()) == observation.size());
    for (Index i = 0; i < observation.size(); ++i) {
      INFO("observation " << i);
      REQUIRE(observation[i] == Approx(expected[static_cast<std::size_t>(i)]).epsilon(1e-14).margin(1e-15));
    }
  };
  const auto start = [&](std::size_t e) {
    mjData& data = *own[e];
    mj_resetData(&model, &data);
    for (int i = 0; i < static_cast<int>(model.nq); ++i) data.qpos[i] += rng.uniform(-spread, spread);
    for (int i = 0; i < static_cast<int>(model.nv); ++i) data.qvel[i] += rng.uniform(-spread, spread);
    const Vector<double> qpos = Eigen::Map<const Vector<double>>(data.qpos, model.nq);
    const Vector<double> qvel = Eigen::Map<const Vector<double>>(data.qvel, model.nv);
    environments[e].set_state(qpos, qvel, observation);
    mj_forward(&model, &data);
    compare(book.observation(model, data));
  };
  for (std::size_t e = 0; e < environments.size(); ++e) {
    own.push_back(plain_data(model));
    start(e);
  }
  int ends = 0;
  for (int t = 0; t < 60; ++t) {
    for (std::size_t e = 0; e < environments.size(); ++e) {
      for (Index i = 0; i < action.size(); ++i) action[i] = 1.3 * prototype.spec().action_high[i] * rng.uniform(-1, 1);
      mjData& data = *own[e];
      const Numbers before = book.before(model, data);
      std::copy_n(action.data(), action.size(), data.ctrl);
      for (int i = 0; i < task.frame_skip; ++i) mj_step(&model, &data);

      const StepResult result = environments[e].step(action, observation);
      compare(book.observation(model, data));
      const Numbers terms = book.terms(model, data, before, action, model.opt.timestep * task.frame_skip);
      REQUIRE(terms.size() == environments[e].reward_terms().size());
      for (std::size_t i = 0; i < terms.size(); ++i) {
        INFO("term " << i << ", step " << t);
        REQUIRE(environments[e].reward_terms()[i] == Approx(terms[i]).epsilon(1e-12).margin(1e-13));
      }
      REQUIRE(result.reward == Approx(std::accumulate(terms.begin(), terms.end(), 0.0)).epsilon(1e-12).margin(1e-12));
      REQUIRE(result.terminated == book.ends(model, data));
      REQUIRE_FALSE(result.fault);
      ends += result.terminated;
      if (result.terminated) start(e);
    }
  }
  return ends;
}

/// What evaluate says of a state that is only written down, not reached.
template <class Task>
mujoco::Outcome judge(const mujoco::Environment<Task>& environment, const mjData& data, Numbers& terms) {
  const Numbers before(static_cast<std::size_t>(environment.task().memory_size) + 1, 0.0);
  const Vector<double> action = Vector<double>::Zero(environment.spec().action_size());
  terms.assign(environment.spec().reward_terms.size(), 0.0);
  return environment.task().evaluate(
      {environment.model().get(), data, action, std::span<const double>(before).first(before.size() - 1), 0.1}, terms);
}

/// A state saved in the middle, loaded into another environment, continues with the same bits while a third one steps.
template <class Task>
void check_saved_state(const Task& task) {
  const mujoco::Environment<Task> prototype(task);
  mujoco::Environment<Task> first = prototype, second = prototype, other = prototype;
  Vector<double> a(prototype.spec().observation_size), b = a, c = a, action(prototype.spec().action_size());
  Vector<double> state(first.state_size());
  Rng rng(6);
  first.reset(rng, a);
  other.reset(rng, c);
  const auto draw = [&] {
    for (Index i = 0; i < action.size(); ++i) action[i] = prototype.spec().action_high[i] * rng.uniform(-1, 1);
  };
  for (int t = 0; t < 25; ++t) {
    draw();
    first.step(action, a);
  }
  first.save_state(state);
  second.load_state(state);
  for (int t = 0; t < 25; ++t) {
    draw();
    other.step(action, c);
    draw();
    REQUIRE(first.step(action, a).reward == second.step(action, b).reward);
    REQUIRE(a == b);
  }
}

/// Mean, spread and range of numbers that should be uniform. The bounds are five standard errors: wrong alarms for at
/// most one seed in a million.
inline void check_uniform(const Numbers& x, double low, double high) {
  const double count = static_cast<double>(x.size()), middle = (low + high) / 2;
  const double variance = (high - low) * (high - low) / 12;
  double sum = 0, squares = 0, widest = 0;
  for (const double each : x) {
    sum += each - middle;
    squares += (each - middle) * (each - middle);
    widest = std::fmax(widest, std::abs(each - middle));
  }
  CHECK(std::abs(sum / count) < 5 * std::sqrt(variance / count));
  CHECK(std::abs(squares / count / variance - 1) < 5 * std::sqrt(0.8 / count));
  CHECK(widest <= (high - low) / 2 * (1 + 1e-9));
  CHECK(widest > 0.99 * (high - low) / 2);
}

/// Pearson's statistic of counts against shares, below its quantile of one in a million (after Wilson and Hilferty).
inline void check_shares(const std::vector<int>& counts, const Numbers& shares) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  double statistic = 0, cells = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * shares[i];
    if (shares[i] == 0) {
      CHECK(counts[i] == 0);
      continue;
    }
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    cells += 1;
  }
  const double freedom = cells - 1;
  const double root = 1 - 2 / (9 * freedom) + 4.7534 * std::sqrt(2 / (9 * freedom));
  CHECK(statistic < freedom * root * root * root);
}

/// A file that is gone at the end of the scope.
struct TemporaryFile {
  TemporaryFile(const std::string& name, const std::string& text)
      : path((std::filesystem::temp_directory_path() / name).string()) {
    std::ofstream(path) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }

  std::string path;
};

}  // namespace vantage::testing

#endif
