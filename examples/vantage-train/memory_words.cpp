// SPDX-License-Identifier: MIT
#include "memory_words.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "option.hpp"
#include "vantage/core/error.hpp"

namespace {

using vantage::detail::join;

/// Parameters of a network, in double: this many may be no integer.
double parameters(double inputs, const std::vector<vantage::Index>& hidden, double outputs) {
  double sum = 0;
  for (const vantage::Index width : hidden) {
    sum += (inputs + 1) * static_cast<double>(width);
    inputs = static_cast<double>(width);
  }
  return sum + (inputs + 1) * outputs;
}

std::string size_text(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 1e9 ? "%.3g MB" : "%.3g GB", bytes / (bytes < 1e9 ? 1e6 : 1e9));
  return text;
}

}  // namespace

std::string memory_words(const Settings& settings, const vantage::EnvironmentSpec& spec) {
  const auto observations = static_cast<double>(spec.observation_size);
  const auto actions = static_cast<double>(spec.is_discrete() ? spec.choice_count() : spec.action_size());
  const std::vector<vantage::Index> hidden =
      settings.hidden == std::vector<vantage::Index>{0} ? std::vector<vantage::Index>{} : settings.hidden;
  const double policy = parameters(observations, hidden, actions);
  double widths = 0;
  for (const auto& layers : {hidden, settings.value_hidden.empty() ? hidden : settings.value_hidden}) {
    for (const vantage::Index width : layers) widths += static_cast<double>(width);
  }
  // parameters, gradient, two moments of the optimiser and a copy
  constexpr double kCopies = 5 * sizeof(float);
  std::vector<std::pair<double, std::string>> parts{
      {kCopies * policy, join("--hidden asks for networks of ", policy, " parameters")}};
  if (plays_populations(settings)) {
    const double seen = settings.representation.ends_with("raw") ? policy : 0;
    const double value = parameters(seen, settings.value_hidden, 1);
    const double policies = static_cast<double>(settings.population) * static_cast<double>(settings.generations);
    if (settings.update == "epvf")
      parts.emplace_back(kCopies * value, join("--value-hidden asks for a value of ", value, " parameters"));
    parts.emplace_back(policies * policy * (settings.half_precision ? 2 : 4),
                       join("--population and --generations ask for an archive of ", policies, " policies"));
  } else {
    const auto samples = static_cast<double>(settings.batch);
    parts.emplace_back(samples * sizeof(float) * (observations + actions + widths + 10),
                       join("--batch asks for ", settings.batch, " samples an iteration, --hidden for ",
                            static_cast<vantage::Index>(widths), " units of each"));
    if (settings.value == "policy-conditioned") {
      const auto policies = static_cast<double>(settings.old_policies);
      const double rows = policies * std::min(static_cast<double>(settings.old_samples), samples);
      // kept twice, and once beside the present batch with a number for each policy
      parts.emplace_back(
          sizeof(float) * (3 * (policies * policy + rows * (observations + 1)) + rows * policies),
          join("--old-policies and --old-samples ask for ", rows, " samples of ", policies, " policies"));
    }
  }
  const auto& [bytes, words] = *std::max_element(parts.begin(), parts.end());
  return join("out of memory: ", words, ", about ", size_text(bytes));
}
