// SPDX-License-Identifier: MIT
#include "worlds.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tasks.hpp"
#include "vantage/core/thread_pool.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/vector_environment.hpp"

namespace nb = nanobind;

namespace {

using vantage::Index;

// row-major: a row is one world, as a column is in the library
template <class T>
using Rows = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Numbers = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void require_shape(bool fits, const char* expected) {
  vantage::require(fits, "Worlds", expected, "arrays of other shapes");
}

/// When a world whose episode ended begins the next one.
enum class Autoreset { none, same_step, next_step };

/// A vector of environments and its threads. All arrays are the caller's and are written in place, without the lock of
/// the interpreter. Its actions are the task's own: nothing is clipped, as in Gymnasium.
class Worlds {
 public:
  Worlds(const std::string& task, const std::vector<std::string>& options, Index count, Index threads,
         std::uint64_t seed, Index max_episode_steps, double fault_penalty, Autoreset autoreset)
      : environments_(make_task(task, options), {.count = count,
                                                 .seed = seed,
                                                 .action_map = vantage::ActionMap::none,
                                                 .max_episode_steps = max_episode_steps,
                                                 .fault_penalty = fault_penalty}),
        pool_(threads),
        autoreset_(autoreset),
        ended_(static_cast<std::size_t>(count), 0) {}

  [[nodiscard]] const vantage::EnvironmentSpec& spec() const { return environments_.spec(); }
  [[nodiscard]] Index time_limit() const { return environments_.time_limit(); }

  /// World e draws from then on what world `stream` of a vector with this seed draws.
  void set_seed(Index e, std::uint64_t seed, std::uint64_t stream) {
    require_world(e);
    environments_.rngs(e, 1)[0] = vantage::Rng(seed, vantage::StreamPurpose::environment, stream);
  }

  /// Starts new episodes where the mask says so, and shows all observations. Shapes: mask E, observations E x O.
  void reset(const Numbers<const bool>& mask, const Rows<double>& observations) {
    require_shape(fits(observations, spec().observation_size) && fits(mask), "a mask and observations of all worlds");
    const bool* const chosen = mask.data();
    double* const shown = observations.data();
    const nb::gil_scoped_release release;
    for_each_world([&](Index e) {
      if (chosen[e]) begin(e);
      show(environments_.observation(e), shown, e);
    });
  }

  /// Steps all worlds, but for those that begin an episode instead, with reward and terms 0. Returns whether any ended
  /// or began; only where one ended is its final observation written. An action that is refused is refused before any
  /// world moves.
  /// Shapes: actions E x A, observations and final_observations E x O, flags (terminated, truncated, fault, began) 4 x
  /// E, rewards E, reward_terms terms x E. Throws: std::invalid_argument for an action that is not finite or none of
  /// the task's, and what the worlds throw.
  bool step(const Rows<const double>& actions, const Rows<double>& observations, const Numbers<double>& rewards,
            const Rows<bool>& flags, const Rows<double>& reward_terms, const Rows<double>& final_observations) {
    const auto terms = static_cast<Index>(spec().reward_terms.size());
    require_shape(fits(actions, spec().action_size()) && fits(observations, spec().observation_size) &&
                      fits(final_observations, spec().observation_size) && fits(rewards) && flags.shape(0) == 4 &&
                      static_cast<Index>(flags.shape(1)) == size() &&
                      static_cast<Index>(reward_terms.shape(0)) == terms &&
                      static_cast<Index>(reward_terms.shape(1)) == size(),
                  "an action a world and arrays of all worlds");
    const double* const action = actions.data();
    double* const shown = observations.data();
    double* const last = final_observations.data();
    double* const reward = rewards.data();
    double* const term = reward_terms.data();
    bool* const flag = flags.data();
    const nb::gil_scoped_release release;
    const Index width = spec().action_size();
    require_actions(action);
    for_each_world([&](Index e) {
      const bool begins = ended_[static_cast<std::size_t>(e)] != 0;
      vantage::Transition transition;
      if (begins) {
        begin(e);
      } else {
        transition =
            environments_.advance<double>(e, Eigen::Map<const vantage::Vector<double>>(action + e * width, width));
      }
      reward[e] = transition.reward;
      flag[e] = transition.terminated;
      flag[size() + e] = transition.truncated;
      flag[2 * size() + e] = transition.fault;
      flag[3 * size() + e] = begins;
      for (Index k = 0; k < terms; ++k) term[k * size() + e] = begins ? 0 : environments_.reward_terms(e)[k];
      if (transition.ended()) {
        show(environments_.successor(e), last, e);
        if (autoreset_ == Autoreset::same_step) begin(e);
        if (autoreset_ == Autoreset::next_step) ended_[static_cast<std::size_t>(e)] = 1;
      }
      show(environments_.observation(e), shown, e);
    });
    return std::any_of(flag, flag + 4 * size(), [](bool raised) { return raised; });
  }

 private:
  [[nodiscard]] Index size() const { return environments_.size(); }

  void begin(Index e) {
    environments_.reset(e);
    ended_[static_cast<std::size_t>(e)] = 0;
  }

  // a few worlds at a time: some are done sooner than others
  template <class Call>
  void for_each_world(Call&& call) {
    const Index shards = std::min(size(), 8 * pool_.size());
    pool_.run(shards, [&](Index shard, Index) {
      for (Index e = size() * shard / shards; e < size() * (shard + 1) / shards; ++e) call(e);
    });
  }

  template <class Array>
  [[nodiscard]] bool fits(const Array& array) const {
    return static_cast<Index>(array.shape(0)) == size();
  }
  template <class Array>
  [[nodiscard]] bool fits(const Array& array, Index width) const {
    return fits(array) && static_cast<Index>(array.shape(1)) == width;
  }

  void require_world(Index e) const { vantage::require(e >= 0 && e < size(), "Worlds", "one of its worlds", e); }

  void require_actions(const double* actions) const {
    const Index width = spec().action_size();
    const auto choices = spec().choices();
    for (Index i = 0; i < size() * width; ++i) {
      const Index count = choices.empty() ? 0 : choices[static_cast<std::size_t>(i % width)];
      if (count > 0 ? vantage::is_discrete_action(actions[i], count) : std::isfinite(actions[i])) continue;
      throw std::invalid_argument(vantage::detail::join(
          "step: expected ",
          count > 0 ? vantage::detail::join("actions from 0 to ", count - 1) : std::string("finite actions"), ", got ",
          actions[i], " for environment ", i / width));
    }
    const vantage::ActionMask mask(spec());
    for (Index e = 0; e < size() && mask.is_on(); ++e) {
      const Eigen::Map<const vantage::Vector<double>> action(actions + e * width, width);
      const bool begins = ended_[static_cast<std::size_t>(e)] != 0;
      vantage::require(begins || mask.allows(environments_.observation(e), action), "step",
                       "an action that the observation's mask allows", action.transpose());
    }
  }

  template <class Observation>
  void show(const Observation& observation, double* out, Index e) const {
    Eigen::Map<vantage::Vector<double>>(out + e * spec().observation_size, spec().observation_size) = observation;
  }

  vantage::VectorEnvironment<AnyEnvironment> environments_;
  vantage::ThreadPool pool_;
  Autoreset autoreset_;
  std::vector<char> ended_;  // of each world: its next step is a reset
};

std::vector<double> list(const vantage::Vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

void bind_worlds(nb::module_& module) {
  nb::enum_<Autoreset>(module, "Autoreset")
      .value("none", Autoreset::none)
      .value("same_step", Autoreset::same_step)
      .value("next_step", Autoreset::next_step);
  nb::class_<Worlds>(module, "Worlds")
      .def(nb::init<const std::string&, const std::vector<std::string>&, Index, Index, std::uint64_t, Index, double,
                    Autoreset>())
      .def_prop_ro("observation_size", [](const Worlds& worlds) { return worlds.spec().observation_size; })
      .def_prop_ro("choices",
                   [](const Worlds& worlds) {
                     const auto choices = worlds.spec().choices();
                     return std::vector<Index>(choices.begin(), choices.end());
                   })
      .def_prop_ro("mask_row", [](const Worlds& worlds) { return worlds.spec().mask_row; })
      .def_prop_ro("action_low", [](const Worlds& worlds) { return list(worlds.spec().action_low); })
      .def_prop_ro("action_high", [](const Worlds& worlds) { return list(worlds.spec().action_high); })
      .def_prop_ro("reward_terms", [](const Worlds& worlds) { return worlds.spec().reward_terms; })
      .def_prop_ro("time_limit", &Worlds::time_limit)
      .def("set_seed", &Worlds::set_seed)
      .def("reset", &Worlds::reset, nb::arg().noconvert(), nb::arg().noconvert())
      .def("step", &Worlds::step, nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().noconvert(),
           nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().noconvert());
  module.def("task_names", &task_names);
}
