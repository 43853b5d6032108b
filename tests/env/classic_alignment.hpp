// SPDX-License-Identifier: MIT
// replays recorded transitions of Gymnasium's classic control tasks
#ifndef VANTAGE_TESTS_ENV_CLASSIC_ALIGNMENT_HPP
#define VANTAGE_TESTS_ENV_CLASSIC_ALIGNMENT_HPP

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/env/acrobot.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/mountain_car.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"

namespace vantage::testing {

/// How recordings of these tasks are replayed; a replay throws whatever differs.
class ClassicReplay {
 public:
  using Json = nlohmann::json;
  using Replay = void (*)(const Json& recording);

  /// The task's replay, or null for a task that is not of this family.
  static Replay find(const std::string& task) {
    static const std::map<std::string, Replay> all{
        {"Acrobot-v1", &replay<Acrobot, AcrobotOptions>},
        {"CartPole-v1", &replay<CartPole, CartPoleOptions>},
        {"MountainCar-v0", &replay<MountainCar, MountainCarOptions>},
        {"MountainCarContinuous-v0", &replay<MountainCarContinuous, MountainCarContinuousOptions>},
        {"Pendulum-v1", &replay<Pendulum, PendulumOptions>},
    };
    const auto found = all.find(task);
    return found == all.end() ? nullptr : found->second;
  }

 private:
  // a few units in the last place of single precision
  static constexpr double kSingle = 5e-7;
  static constexpr double kDouble = 1e-12;

  static void compare(const std::string& where, double ours, double recorded, double tolerance = 0) {
    if (std::abs(ours - recorded) <= tolerance * std::max(1.0, std::abs(recorded))) return;
    std::ostringstream text;
    text.precision(17);
    text << where << ": " << ours << " instead of " << recorded;
    throw std::runtime_error(text.str());
  }

  /// Gymnasium's observations are single precision: ours are compared after the same cast.
  static void compare(const std::string& where, const Vector<double>& ours, const Json& recorded) {
    const auto numbers = recorded.get<std::vector<double>>();
    compare(where + ".size", static_cast<double>(ours.size()), static_cast<double>(numbers.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto single = static_cast<float>(ours[static_cast<Index>(i)]);
      compare(where + "[" + std::to_string(i) + "]", single, numbers[i], kSingle);
    }
  }

  static Vector<double> read_vector(const Json& list) {
    const auto numbers = list.get<std::vector<double>>();
    return Eigen::Map<const Vector<double>>(numbers.data(), static_cast<Index>(numbers.size()));
  }

  template <class Options>
  static Options read_options(const Json& given) {
    Options options;
    for (const auto& item : given.items()) {
      bool found = false;
      visit_options(options, [&](const char* name, auto& field) {
        if (item.key() != name) return;
        item.value().get_to(field);
        found = true;
      });
      if (!found) throw std::runtime_error("unknown option " + item.key());
    }
    return options;
  }

  static void compare_spec(const EnvironmentSpec& spec, const Json& recording) {
    if (recording.contains("max_episode_steps")) {
      compare("max_episode_steps", static_cast<double>(spec.max_episode_steps),
              recording.at("max_episode_steps").get<double>());
    }
    if (!recording.contains("spaces")) return;
    const Json& spaces = recording.at("spaces");
    compare("observation_size", static_cast<double>(spec.observation_size),
            spaces.at("observation_size").get<double>());
    compare("action_count", static_cast<double>(spec.discrete_actions), spaces.value("action_count", 0.0));
    if (spaces.contains("action_low")) compare("action_low", spec.action_low, spaces.at("action_low"));
    if (spaces.contains("action_high")) compare("action_high", spec.action_high, spaces.at("action_high"));
  }

  template <class E, class Options>
  static void replay(const Json& recording) {
    E environment(read_options<Options>(recording.at("options")));
    compare_spec(environment.spec(), recording);
    Vector<double> observation(environment.spec().observation_size);
    const Json& episodes = recording.at("episodes");
    if (episodes.empty()) throw std::runtime_error("no episodes");
    for (std::size_t e = 0; e < episodes.size(); ++e) {
      const Json& episode = episodes[e];
      const std::string where = "task " + environment.spec().name + ", episode " + std::to_string(e);
      // with actions of single precision Gymnasium's rewards are, too
      const double precision = episode.value("label", std::string()) == "float32" ? kSingle : kDouble;
      environment.set_state(read_vector(episode.at("state")), observation);
      compare(where + ", start, field observation", observation, episode.at("observation"));
      const Json& steps = episode.at("steps");
      for (std::size_t t = 0; t < steps.size(); ++t) {
        const std::string at = where + ", step " + std::to_string(t);
        const StepResult result = environment.step(read_vector(steps[t].at("action")), observation);
        compare(at + ", field observation", observation, steps[t].at("observation"));
        compare(at + ", field reward", result.reward, steps[t].at("reward").get<double>(), precision);
        compare(at + ", field terminated", result.terminated, steps[t].at("terminated").get<bool>());
        compare(at + ", field fault", result.fault, 0);
      }
    }
  }
};

}  // namespace vantage::testing

#endif
