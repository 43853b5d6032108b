// SPDX-License-Identifier: MIT
#ifndef VANTAGE_BENCHMARKS_BARE_PHYSICS_HPP
#define VANTAGE_BENCHMARKS_BARE_PHYSICS_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "vantage/env/vector_environment.hpp"
#include "vantage/mujoco/environment.hpp"

namespace vantage::benchmarks {

[[nodiscard]] double seconds_of(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What one environment asked of MuJoCo: where its episodes started, and the controls of every step.
struct PhysicsLog {
  std::vector<Vector<double>> starts;  // physics states after a reset
  std::vector<Index> lengths;          // steps of each episode
  std::vector<double> controls;        // nu a step
  Vector<double> end;                  // physics state after the last step
};

/// A MuJoCo environment that can keep a log; without it, it is the environment itself.
template <class World>
class Logged : public World {
 public:
  explicit Logged(const World& world, bool keeps_log) : World(world), keeps_log_(keeps_log) {}

  void reset(Rng& rng, VectorRef<double> observation) {
    World::reset(rng, observation);
    if (!keeps_log_) return;
    log_.starts.push_back(physics());
    log_.lengths.push_back(0);
  }

  StepResult step(ConstVectorRef<double> action, VectorRef<double> observation) {
    const StepResult result = World::step(action, observation);
    if (keeps_log_) {
      log_.controls.insert(log_.controls.end(), action.begin(), action.end());
      ++log_.lengths.back();
      log_.end = physics();
    }
    return result;
  }

  [[nodiscard]] const PhysicsLog& log() const { return log_; }

 private:
  [[nodiscard]] Vector<double> physics() const {
    Vector<double> state(this->state_size());
    this->save_state(state);
    return state.head(this->model().initial_state().size());
  }

  bool keeps_log_;
  PhysicsLog log_;
};

/// The same physics again with MuJoCo's own options, as a loop over mj_step written by hand: one mjData a thread, an
/// environment after the other.
template <class World>
class BarePhysics {
 public:
  BarePhysics(const VectorEnvironment<Logged<World>>& environments, Index threads)
      : world_(as_it_is(environments.environment(0).task())), threads_(threads) {
    for (Index e = 0; e < environments.size(); ++e) {
      logs_.push_back(environments.environment(e).log());
      // a reset that no step followed costs nothing to speak of
      for (const Index length : logs_.back().lengths) steps_ += length;
      episodes_ += static_cast<Index>(logs_.back().starts.size());
    }
  }

  [[nodiscard]] Index steps() const { return steps_; }
  [[nodiscard]] Index episodes() const { return episodes_; }

  /// Seconds that it takes. Throws: std::runtime_error if the states at the end are not the environments', bit by bit.
  [[nodiscard]] double run() const { return run(world_.model().get(), true); }

  /// The same with another model of the same sizes, whose states at the end may be others where `checked` is false.
  [[nodiscard]] double run(const mjModel& played, bool checked) const {
    const mjModel* model = &played;
    std::vector<mjData*> spaces;
    for (Index thread = 0; thread < threads_; ++thread) spaces.push_back(mj_makeData(model));
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> differs = false;
    const auto work = [&](mjData* data) {
      for (std::size_t e = next++; e < logs_.size(); e = next++) {
        if (!replay(logs_[e], model, data)) differs = true;
      }
    };
    const double seconds = seconds_of([&] {
      std::vector<std::thread> others;
      for (std::size_t thread = 1; thread < spaces.size(); ++thread) others.emplace_back(work, spaces[thread]);
      work(spaces[0]);
      for (std::thread& other : others) other.join();
    });
    for (mjData* data : spaces) mj_deleteData(data);
    if (checked && differs) throw std::runtime_error("bare physics: other states than the environments' at the end");
    return seconds;
  }

  /// How far the positions of another model's physics are from the first one's.
  struct Difference {
    Index steps = 0, different = 0;  ///< environment steps that were compared; those with another bit
    double first = 0;                ///< largest distance after the first such step of an episode
    double largest = 0;
  };

  /// Plays the episodes with both models, each going on from its own states, so many environment steps at the most.
  [[nodiscard]] Difference compare(const mjModel& one, const mjModel& other, Index steps) const {
    Difference found;
    const std::array<const mjModel*, 2> models{&one, &other};
    const std::array<mjData*, 2> spaces{mj_makeData(&one), mj_makeData(&other)};
    for (const PhysicsLog& log : logs_) {
      const double* control = log.controls.data();
      for (std::size_t episode = 0; episode < log.starts.size() && found.steps < steps; ++episode) {
        for (std::size_t i = 0; i < 2; ++i) start(*models[i], *spaces[i], log.starts[episode]);
        bool same = true;
        for (Index t = 0; t < log.lengths[episode] && found.steps < steps; ++t, control += one.nu) {
          for (std::size_t i = 0; i < 2; ++i) step(*models[i], *spaces[i], control);
          double distance = 0;
          for (int q = 0; q < static_cast<int>(one.nq); ++q) {
            distance = std::max(distance, std::abs(spaces[0]->qpos[q] - spaces[1]->qpos[q]));
          }
          ++found.steps;
          if (distance == 0) continue;
          ++found.different;
          found.largest = std::max(found.largest, distance);
          if (std::exchange(same, false)) found.first = std::max(found.first, distance);
        }
      }
    }
    for (mjData* data : spaces) mj_deleteData(data);
    return found;
  }

 private:
  template <class Task>
  static World as_it_is(Task task) {
    task.physics = "mujoco";
    return World(task);
  }

  static void start(const mjModel& model, mjData& data, const Vector<double>& state) {
    mj_resetData(&model, &data);
    mujoco::IntegrationState::load(model, data, state.data());
    mj_forward(&model, &data);
    // the start was noted after its own mj_forward
    mujoco::IntegrationState::load(model, data, state.data());
  }

  void step(const mjModel& model, mjData& data, const double* control) const {
    std::copy_n(control, model.nu, data.ctrl);
    for (int i = 0; i < world_.task().frame_skip; ++i) mj_step(&model, &data);
    if (world_.task().needs_contact_forces) mj_rnePostConstraint(&model, &data);
  }

  bool replay(const PhysicsLog& log, const mjModel* model, mjData* data) const {
    const double* control = log.controls.data();
    for (std::size_t episode = 0; episode < log.starts.size(); ++episode) {
      start(*model, *data, log.starts[episode]);
      for (Index t = 0; t < log.lengths[episode]; ++t, control += model->nu) step(*model, *data, control);
    }
    if (log.lengths.back() == 0) return true;
    Vector<double> end(log.end.size());
    mujoco::IntegrationState::save(*model, *data, end.data());
    return end == log.end;
  }

  World world_;
  Index threads_;
  std::vector<PhysicsLog> logs_;
  Index steps_ = 0;
  Index episodes_ = 0;
};

}  // namespace vantage::benchmarks

#endif
