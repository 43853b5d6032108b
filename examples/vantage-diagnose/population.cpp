// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "carry_out.hpp"
#include "measurements.hpp"
#include "population_gradients.hpp"

int diagnose_population(const Request& request, const Settings& settings, const AnyEnvironment& task,
                        const std::filesystem::path& checkpoint) {
  using namespace vantage;
  if (request.measurement != "gradients") {
    throw std::invalid_argument("expected gradients, the one measurement beside --update " + settings.update +
                                ", got " + request.measurement);
  }
  Context context({.seed = settings.seed, .threads = request.threads});
  const auto measure = [&]<class Agent>(Agent agent) {
    const PopulationSubject<Agent> subject(settings, task, checkpoint, context, std::move(agent));
    return carry_out(request, subject, checkpoint, MeasurePopulationGradients<Agent>(request, subject));
  };
  auto policy = make_deterministic(settings, task.spec(), context);
  if (settings.update == "es") return measure(make_search_agent(settings, policy, evolution_strategies(settings)));
  if (settings.update == "ars") return measure(make_search_agent(settings, policy, random_search(settings)));
  const auto of_value = [&](auto seen, bool raw) {
    return measure(make_epvf_agent(settings, context, policy, std::move(seen), raw));
  };
  if (settings.representation == "raw") return of_value(NoFeatures<float>{}, true);
  if (settings.representation == "probing") return of_value(probing_states(settings, policy), false);
  return of_value(universal_functional(settings, policy), settings.representation == "functional+raw");
}
