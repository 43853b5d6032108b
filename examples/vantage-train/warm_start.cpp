// SPDX-License-Identifier: MIT
#include "warm_start.hpp"

#include <stdexcept>
#include <type_traits>

#include "parts.hpp"
#include "presets.hpp"
#include "vantage/core/error.hpp"
#include "vantage/nn/encoder_text.hpp"

namespace {

using vantage::detail::join;

template <class... Words>
[[noreturn]] void refuse(const Settings& settings, const Words&... words) {
  throw std::invalid_argument(join("--policy ", settings.policy.string(), ": expected ", words...));
}

/// The options of a policy, as those of the command line.
template <class P>
void take_options(const P& policy, Settings& settings) {
  const auto& options = policy.options();
  settings.hidden = options.hidden;
  if (settings.hidden.empty()) settings.hidden = {0};
  settings.activation = vantage::kActivationNames[index_of(options.activation)];
  settings.layer_norm = options.layer_norm;
  if constexpr (requires { options.encoder; }) {
    settings.encoder = options.encoder.empty() ? "none" : vantage::encoder_text(options.encoder);
  }
  if constexpr (requires { options.log_std; }) {
    settings.log_std = options.log_std;
    settings.state_dependent_std = options.state_dependent_std;
    if (options.log_std_bounds) refuse(settings, "a log standard deviation without bounds");
  }
  if constexpr (std::is_same_v<P, vantage::DeterministicPolicy<float>>) {
    settings.output_gain = options.output_gain;
    if (policy.choices().empty()) settings.squash = vantage::kSquashNames[index_of(options.squash)];
  }
}

}  // namespace

void take_from_policy(const GivenOptions& given, Settings& settings, const AnyEnvironment& task) {
  const auto file = vantage::load_policy<float>(settings.policy);
  const auto expect = [&](const char* what, vantage::Index expected, vantage::Index found) {
    if (expected != found) refuse(settings, what, " of ", settings.task, ", ", expected, ", got ", found);
  };
  expect("the observation size", task.spec().observation_size, file.policy.observation_size());
  expect("the number of discrete actions", task.spec().discrete_actions, file.policy.discrete_actions());
  expect("the action size", task.spec().action_size(), file.policy.action_size());
  vantage::require_fit(settings.policy.string(), file.policy, task.spec());

  const Settings asked = settings;
  settings.action_map = vantage::kActionMapNames[index_of(file.action_map)];
  settings.normalize_observations = file.normalizer.has_value();
  settings.normalize_except.clear();
  if (file.normalizer) {
    // the rows of a mask are left without being asked
    const vantage::ActionMask& mask = file.policy.mask();
    for (const vantage::Index i : file.normalizer->options().except) {
      const vantage::Index from_mask = mask.is_on() ? i - *mask.row() : -1;
      if (from_mask < 0 || from_mask >= mask.size()) settings.normalize_except.push_back(i);
    }
  }
  // no first weights are drawn: what is said of them is not read
  settings.initial_gain = method_defaults(settings.update, settings.task, settings.preset).initial_gain;
  file.policy.visit([&](const auto& policy) {
    constexpr bool is_deterministic =
        std::is_same_v<std::decay_t<decltype(policy)>, vantage::DeterministicPolicy<float>>;
    if (is_deterministic != plays_populations(settings)) {
      refuse(settings, "a ", is_deterministic ? "stochastic" : "deterministic", " policy for --update ",
             settings.update, ", got a ", is_deterministic ? "deterministic" : "stochastic", " one");
    }
    take_options(policy, settings);
  });
  for (const auto& [option, what] : given) {
    if (!option->of_policy_file || same_value(*option, asked, settings)) continue;
    if (option->name == "action-map" && asked.action_map == "auto") continue;
    throw std::invalid_argument(join(what.where, ": expected ", value_text(*option, settings),
                                     ", which the file of --policy decides, got ", value_text(*option, asked)));
  }
}
