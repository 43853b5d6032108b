// SPDX-License-Identifier: MIT
#include "tasks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>

#include "nearest.hpp"
#include "randomise.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/acrobot.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/continuous_cart_pole.hpp"
#include "vantage/env/mountain_car.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/inverted_double_pendulum.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/pusher.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/target_speed_ant.hpp"
#include "vantage/mujoco/walker2d.hpp"
#include "whole_number.hpp"

namespace {

using vantage::detail::join;

[[noreturn]] void refuse(const std::string& name, const char* expected, const std::string& text) {
  throw std::invalid_argument(join("--task-option ", name, ": expected ", expected, ", got \"", text, '"'));
}

template <class T>
T number(const std::string& name, const std::string& text, const char* expected) {
  T value{};
  // a whole number may be written as 1e6; the text of none is empty
  const std::string digits = std::is_integral_v<T> ? whole_digits(text) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // "inf" is a bound, "nan" is nothing
  if (error != std::errc{} || end != digits.data() + digits.size() || std::isnan(static_cast<double>(value)))
    refuse(name, expected, text);
  return value;
}

std::string text_of(const std::string& value) { return value; }
std::string text_of(double value) { return vantage::csv_number(value); }
std::string text_of(const std::array<double, 2>& value) { return text_of(value[0]) + ',' + text_of(value[1]); }
template <class T>
requires(std::is_integral_v<T>) std::string text_of(T value) {
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  return std::to_string(value);
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

/// How a task is made, and the options that it has.
struct Row {
  std::function<AnyEnvironment(const std::vector<std::string>& options)> make;
  /// The options in the order of their names, numbers in their shortest text.
  std::function<std::vector<std::string>(const std::vector<std::string>& options)> settle;
  std::vector<std::string> options;
  std::map<std::string, std::string> defaults;
};

using Table = std::map<std::string, Row>;
const Table& table();

[[noreturn]] void refuse_option(const std::string& task, const std::string& option);

constexpr const char* kModelFile = "xml_file";

/// Names and values of options. Throws: std::invalid_argument for one that is given twice.
std::map<std::string, std::string> split(const std::vector<std::string>& options) {
  std::map<std::string, std::string> values;
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      throw std::invalid_argument(join("--task-option: expected name=value, got \"", option, '"'));
    }
    const auto [entry, fresh] = values.emplace(option.substr(0, equals), option.substr(equals + 1));
    if (!fresh && entry->second != option.substr(equals + 1)) refuse(entry->first, "one value", option);
  }
  return values;
}

template <class Options>
void set_options(const std::string& task, Options& target, const std::vector<std::string>& options) {
  for (const auto& [option, text] : split(options)) {
    const std::string& name = option;
    const std::string& value = text;
    bool found = false;
    visit_options(target, [&](const char* field_name, auto& field) {
      if (name != field_name) return;
      found = true;
      const auto own = field;
      parse(name, value, field);
      if constexpr (std::is_same_v<decltype(own), const std::string>) {
        // the task's own model is no file
        if (name != kModelFile || field == own) return;
        if (std::error_code error; !std::filesystem::exists(field, error)) refuse(name, "a file that exists", field);
        field = std::filesystem::absolute(field).lexically_normal().string();
      }
    });
    if (!found) refuse_option(task, name);
  }
}

/// The options of a MuJoCo task, and what its episodes draw anew.
template <class Task>
struct RandomizedTask {
  Task task;
  std::string randomise;
};

template <class Chosen, class F>
requires requires(std::remove_const_t<Chosen> chosen) { chosen.randomise; }
void visit_options(Chosen& chosen, F&& visit) {
  visit_options(chosen.task, visit);
  visit("randomise", chosen.randomise);
}

template <class E, class Options>
AnyEnvironment make_environment(const Options& chosen) {
  if constexpr (requires { chosen.randomise; }) {
    return AnyEnvironment(E(chosen.task, parse_randomization(chosen.randomise)));
  } else {
    return AnyEnvironment(E(chosen));
  }
}

/// A row of the table: what makes an environment of type E from a preset of its options.
template <class E, class Options>
Table::value_type row(const std::string& name, const Options& preset) {
  Row made{[name, preset](const std::vector<std::string>& options) {
             Options chosen = preset;
             set_options(name, chosen, options);
             return make_environment<E>(chosen);
           },
           [name, preset](const std::vector<std::string>& options) {
             Options chosen = preset;
             set_options(name, chosen, options);
             std::vector<std::string> settled;
             for (const auto& [option, text] : split(options)) {
               visit_options(chosen, [&, wanted = option](const char* field_name, const auto& field) {
                 if (wanted == field_name) settled.push_back(wanted + '=' + text_of(field));
               });
             }
             return settled;
           },
           {},
           {}};
  visit_options(preset, [&](const char* option, const auto& field) {
    made.options.emplace_back(option);
    made.defaults.emplace(option, text_of(field));
  });
  return {name, std::move(made)};
}

/// A MuJoCo task under the name of its preset.
template <class Task>
Table::value_type mujoco_row(const Task& preset) {
  return row<vantage::mujoco::Environment<Task>>(preset.name, RandomizedTask<Task>{preset, ""});
}

const Table& table() {
  namespace mj = vantage::mujoco;
  static const Table tasks{
      row<vantage::Acrobot>("Acrobot-v1", vantage::AcrobotOptions{}),
      row<vantage::CartPole>("CartPole-v1", vantage::CartPoleOptions{}),
      row<vantage::ContinuousCartPole>("ContinuousCartPole-v1", vantage::ContinuousCartPoleOptions{}),
      row<vantage::MountainCar>("MountainCar-v0", vantage::MountainCarOptions{}),
      row<vantage::MountainCarContinuous>("MountainCarContinuous-v0", vantage::MountainCarContinuousOptions{}),
      row<vantage::Pendulum>("Pendulum-v1", vantage::PendulumOptions{}),
      row<vantage::PointMass>("PointMass", vantage::PointMassOptions{}),
      mujoco_row(mj::Ant{}),
      mujoco_row(mj::Ant::v4()),
      mujoco_row(mj::HalfCheetah{}),
      mujoco_row(mj::HalfCheetah::v4()),
      mujoco_row(mj::Hopper{}),
      mujoco_row(mj::Hopper::v4()),
      mujoco_row(mj::Humanoid{}),
      mujoco_row(mj::Humanoid::v4()),
      mujoco_row(mj::HumanoidStandup{}),
      mujoco_row(mj::HumanoidStandup::v4()),
      mujoco_row(mj::InvertedDoublePendulum{}),
      mujoco_row(mj::InvertedDoublePendulum::v4()),
      mujoco_row(mj::InvertedPendulum{}),
      mujoco_row(mj::InvertedPendulum::v4()),
      mujoco_row(mj::Pusher{}),
      mujoco_row(mj::Pusher::v4()),
      mujoco_row(mj::Reacher{}),
      mujoco_row(mj::Reacher::v4()),
      mujoco_row(mj::Swimmer{}),
      mujoco_row(mj::Swimmer::v4()),
      mujoco_row(mj::TargetSpeedAnt{}),
      mujoco_row(mj::Walker2d{}),
      mujoco_row(mj::Walker2d::v4()),
  };
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

/// Says what options the task has, and whose this one is.
void refuse_option(const std::string& task, const std::string& option) {
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

}  // namespace

std::string task_names() { return listed(names()); }

namespace {

const Row& find_row(const std::string& name) {
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
