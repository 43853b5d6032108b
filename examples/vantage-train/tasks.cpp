// SPDX-License-Identifier: MIT
#include "tasks.hpp"

#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/walker2d.hpp"

namespace {

using vantage::detail::join;

[[noreturn]] void refuse(const std::string& name, const char* expected, const std::string& text) {
  throw std::invalid_argument(join("--task-option ", name, ": expected ", expected, ", got \"", text, '"'));
}

template <class T>
T number(const std::string& name, const std::string& text, const char* expected) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(name, expected, text);
  return value;
}

template <class T>
void parse(const std::string& name, const std::string& text, T& field) {
  if constexpr (std::is_same_v<T, std::string>) {
    field = text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false" && text != "1" && text != "0") refuse(name, "true or false", text);
    field = text == "true" || text == "1";
  } else if constexpr (std::is_integral_v<T>) {
    field = number<T>(name, text, "a whole number");
  } else if constexpr (std::is_same_v<T, double>) {
    field = number<double>(name, text, "a number");
  } else {
    static_assert(std::is_same_v<T, std::array<double, 2>>);
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) refuse(name, "two numbers \"low,high\"", text);
    field = {number<double>(name, text.substr(0, comma), "two numbers \"low,high\""),
             number<double>(name, text.substr(comma + 1), "two numbers \"low,high\"")};
  }
}

template <class Options>
void set_options(const std::string& task, Options& target, const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      throw std::invalid_argument(join("--task-option: expected name=value, got \"", option, '"'));
    }
    const std::string name = option.substr(0, equals);
    std::string known;
    bool found = false;
    visit_options(target, [&](const char* field_name, auto& field) {
      known += (known.empty() ? "" : ", ") + std::string(field_name);
      if (name != field_name) return;
      parse(name, option.substr(equals + 1), field);
      found = true;
    });
    if (!found)
      throw std::invalid_argument(join("--task-option: ", task, " has no option \"", name, "\"; it has ", known));
  }
}

using Factory = std::function<AnyEnvironment(const std::string&, const std::vector<std::string>&)>;

template <class E, class Options>
AnyEnvironment make(const std::string& name, const std::vector<std::string>& options) {
  Options task;
  set_options(name, task, options);
  return AnyEnvironment(E(task));
}

/// A row of the table: a MuJoCo task under the name of its preset.
template <class Task>
std::pair<const std::string, Factory> mujoco_row(const Task& preset) {
  return {preset.name, [preset](const std::string& name, const std::vector<std::string>& options) {
            Task task = preset;
            set_options(name, task, options);
            return AnyEnvironment(vantage::mujoco::Environment<Task>(task));
          }};
}

const std::map<std::string, Factory>& table() {
  namespace mj = vantage::mujoco;
  static const std::map<std::string, Factory> tasks{
      {"Pendulum-v1", make<vantage::Pendulum, vantage::PendulumOptions>},
      {"PointMass", make<vantage::PointMass, vantage::PointMassOptions>},
      mujoco_row(mj::Ant{}),
      mujoco_row(mj::Ant::v4()),
      mujoco_row(mj::HalfCheetah{}),
      mujoco_row(mj::Hopper{}),
      mujoco_row(mj::Humanoid{}),
      mujoco_row(mj::Humanoid::v4()),
      mujoco_row(mj::HumanoidStandup{}),
      mujoco_row(mj::HumanoidStandup::v4()),
      mujoco_row(mj::InvertedPendulum{}),
      mujoco_row(mj::Swimmer{}),
      mujoco_row(mj::Walker2d{}),
  };
  return tasks;
}

}  // namespace

std::string task_names() {
  std::string names;
  for (const auto& [name, factory] : table()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

AnyEnvironment make_task(const std::string& name, const std::vector<std::string>& options) {
  const auto found = table().find(name);
  if (found == table().end()) {
    throw std::invalid_argument(join("--task: expected one of ", task_names(), "; got \"", name, '"'));
  }
  return found->second(name, options);
}
