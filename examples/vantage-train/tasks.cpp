// SPDX-License-Identifier: MIT
#include "tasks.hpp"

#include <algorithm>
#include <stdexcept>

#include "mujoco_tasks.hpp"
#include "nearest.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/acrobot.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/continuous_cart_pole.hpp"
#include "vantage/env/mountain_car.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"

namespace {

using vantage::detail::join;

/// A task without MuJoCo.
template <class E, class Options>
TaskTable::value_type row(const std::string& name, const Options& preset) {
  return task_row(name, preset, [](const Options& chosen) { return E(chosen); });
}

const TaskTable& table() {
  static const TaskTable tasks = [] {
    TaskTable all{
        row<vantage::Acrobot>("Acrobot-v1", vantage::AcrobotOptions{}),
        row<vantage::CartPole>("CartPole-v1", vantage::CartPoleOptions{}),
        row<vantage::ContinuousCartPole>("ContinuousCartPole-v1", vantage::ContinuousCartPoleOptions{}),
        row<vantage::MountainCar>("MountainCar-v0", vantage::MountainCarOptions{}),
        row<vantage::MountainCarContinuous>("MountainCarContinuous-v0", vantage::MountainCarContinuousOptions{}),
        row<vantage::Pendulum>("Pendulum-v1", vantage::PendulumOptions{}),
        row<vantage::PointMass>("PointMass", vantage::PointMassOptions{}),
    };
    all.merge(mujoco_tasks());
    return all;
  }();
  return tasks;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, row] : table()) all.push_back(name);
  return all;
}

/// "Hopper" of "Hopper-v5"
std::string without_version(const std::string& name) { return name.substr(0, name.rfind("-v")); }

/// A MuJoCo task of a version that is not here is refused with the reason.
void refuse_version(const std::string& name) {
  const std::string robot = without_version(lower(name));
  const std::string version = name.substr(std::min(name.size(), robot.size() + 2));
  if (version.empty() || version.find_first_not_of("0123456789") != std::string::npos) return;
  for (const auto& [known, row] : table()) {
    if (!known.ends_with("-v4") || lower(without_version(known)) != robot) continue;
    const std::string newest = without_version(known) + "-v5";
    if (version.size() == 1 && version < "4") {
      throw std::invalid_argument(join("--task: ", name, " was made for mujoco-py, which is no longer maintained, and ",
                                       "for the physics of its time; take ", known,
                                       ", its successor on MuJoCo's own interface, or ", newest));
    }
    if (lower(known) != lower(name) && lower(newest) != lower(name)) {
      throw std::invalid_argument(join("--task: there is no ", name, "; take ", known, " or ", newest));
    }
  }
}

}  // namespace

void task_options::refuse_unknown(const std::string& task, const std::string& option) {
  const std::vector<std::string>& own = table().at(task).options;
  std::vector<std::string> others;
  for (const auto& [name, row] : table()) {
    if (std::count(row.options.begin(), row.options.end(), option) > 0) others.push_back(name);
  }
  // another version of the same task says more than all tasks
  const auto kin = std::find_if(others.begin(), others.end(), [&](const std::string& name) {
    return without_version(name) == without_version(task);
  });
  if (kin != others.end()) others = {*kin};
  std::string words =
      join("--task-option: ", task, " has no option \"", option, "\"; it has ", own.empty() ? "none" : listed(own));
  if (!others.empty()) {
    words += join("; \"", option, "\" is an option of ", listed(others));
  } else if (!own.empty() && edit_distance(option, nearest(option, own)) <= 3) {
    words += join("; the nearest is ", nearest(option, own));
  }
  throw std::invalid_argument(words);
}

std::string task_names() { return listed(names()); }

namespace {

const TaskRow& find_row(const std::string& name) {
  const auto found = table().find(name);
  if (found != table().end()) return found->second;
  refuse_version(name);
  throw std::invalid_argument(join("--task: there is no \"", name, "\"; the nearest is ", nearest(name, names()),
                                   "; all tasks: ", task_names()));
}

}  // namespace

AnyEnvironment make_task(const std::string& name, const std::vector<std::string>& options) {
  return find_row(name).make(options);
}

std::string default_of(const std::string& task, const std::string& option) {
  return find_row(task).defaults.at(option);
}

std::vector<std::string> settled_options(const std::string& task, const std::vector<std::string>& options) {
  return find_row(task).settle(options);
}
