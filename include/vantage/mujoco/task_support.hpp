// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_TASK_SUPPORT_HPP
#define VANTAGE_MUJOCO_TASK_SUPPORT_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/mujoco/model.hpp"

namespace vantage::mujoco {

/// Small pieces that several tasks are made of.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two bounds. Gymnasium's healthy ranges are open intervals, but for Ant's.
using Range = std::array<double, 2>;

/// Whether x lies between the bounds, not on them.
[[nodiscard]] inline bool strictly_inside(double x, const Range& range) { return range[0] < x && x < range[1]; }

/// Throws: std::invalid_argument unless the bounds are in order.
inline void require_range(const Range& range, const char* who, const char* expected) {
  require(range[0] <= range[1], who, expected, vantage::detail::join(range[0], ", ", range[1]));
}

/// x limited to the bounds.
[[nodiscard]] inline double clipped(double x, const Range& range) { return std::clamp(x, range[0], range[1]); }

/// The model of a user's file, or the embedded one where the file's name is left at Gymnasium's default, with the
/// task's physics. Of a user's model nobody knows what keeps its bits: there "exact" is as it is.
template <class TaskOptions>
[[nodiscard]] Model load_task_model(const TaskOptions& task, const char* default_name, const std::string& embedded) {
  const bool is_embedded = task.xml_file == default_name;
  Model model = is_embedded ? Model::from_xml_string(embedded, default_name) : Model::from_xml_file(task.xml_file);
  model.set_physics(PhysicsOptions::named(task.physics, is_embedded && TaskOptions::exact_without_islands, task.name));
  return model;
}

/// An embedded text with one of its parts replaced, for models that differ in little.
/// Pre: the text holds the part.
[[nodiscard]] inline std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const std::size_t place = text.find(part);
  VANTAGE_ASSERT(place != std::string::npos);
  return text.replace(place, part.size(), by);
}

/// The position of a body's frame, one substep behind after a step. Units: m.
[[nodiscard]] inline Eigen::Map<const Eigen::Vector3d> body_frame(const mjData& data, int body) {
  return Eigen::Map<const Eigen::Vector3d>(data.xpos + 3 * body);
}

/// x_i += U(-scale, scale), in index order.
template <class Count>
void add_uniform(double* x, Count count, double scale, Rng& rng) {
  for (Count i = 0; i < count; ++i) x[i] += rng.uniform(-scale, scale);
}

/// x_i += scale N(0, 1), in index order.
template <class Count>
void add_normal(double* x, Count count, double scale, Rng& rng) {
  for (Count i = 0; i < count; ++i) x[i] += scale * rng.normal();
}

/// Writes qpos without its first `skip` entries, then qvel clipped to [-velocity_limit, velocity_limit].
inline void observe_state(const mjModel& model, const mjData& data, Index skip, double velocity_limit,
                          VectorRef<double> out) {
  double* next = std::copy(data.qpos + skip, data.qpos + model.nq, out.data());
  std::transform(data.qvel, data.qvel + model.nv, next,
                 [=](double v) { return std::clamp(v, -velocity_limit, velocity_limit); });
}

/// sum_i x_i^2 of `count` numbers, each limited to `range`.
template <class Count>
[[nodiscard]] double clipped_squares(const double* x, Count count, const Range& range = {-infinity, infinity}) {
  double sum = 0;
  for (Count i = 0; i < count; ++i) {
    const double limited = clipped(x[i], range);
    sum += limited * limited;
  }
  return sum;
}

/// weight sum_i a_i^2
[[nodiscard]] inline double control_cost(ConstVectorRef<double> action, double weight) {
  return weight * action.squaredNorm();
}

/// The task's healthy_reward in a healthy state, else 0. Version 4 pays it in unhealthy states too where they end the
/// episode.
template <class TaskOptions>
[[nodiscard]] double survival_reward(const TaskOptions& task, bool healthy) {
  return healthy || (task.version == 4 && task.terminate_when_unhealthy) ? task.healthy_reward : 0.0;
}

}  // namespace vantage::mujoco

#endif
