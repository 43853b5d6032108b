// SPDX-License-Identifier: MIT
// a learner for the tests of updates that learn from a population alone, in a linear-quadratic world
#ifndef VANTAGE_TESTS_EPVF_SEARCH_LEARNER_HPP
#define VANTAGE_TESTS_EPVF_SEARCH_LEARNER_HPP

#include "vantage/epvf/train_epvf.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"

namespace vantage::testing {

inline constexpr Index kSearchSteps = 40;

// its noise alone moves it, so that all of an episode is like the rest of it: the best gain is that of no discount
inline LinearQuadratic stationary_world() {
  const Matrix<double> identity = Matrix<double>::Identity(3, 3);
  return {.transition = Matrix<double>{{0.9, 0.2, 0}, {0, 0.8, 0.2}, {0, 0, 0.9}},
          .control = Matrix<double>{{0.5, 0}, {0, 0.5}, {0.1, 0.4}},
          .state_cost = identity,
          .control_cost = 0.3 * Matrix<double>::Identity(2, 2),
          .noise = identity,
          .start = 0 * identity,
          .gamma = 1 - 1e-9};
}

// what a gain costs a step in the long run
inline double stationary_cost(const Matrix<double>& gain) {
  const LinearQuadratic problem = stationary_world();
  const auto [loop, spread, cost] = detail::close_loop(problem, {gain, Vector<double>::Constant(2, -1e3)});
  return trace_of_product(solve_lyapunov("cost", loop, cost), problem.noise);
}

struct SearchSetup {
  PolicyArchiveOptions archive = {.population = 32};
  PerturbationOptions perturbation = {
      .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.03, .antithetic = true};
  bool biases = false;
  EpvfOptions options = {};
  Index threads = 1;
  bool normalize = false;
  std::uint64_t seed = 1;
};

template <class Update>
struct SearchLearner {
  using Policy = DeterministicPolicy<double>;
  using World = LinearQuadraticEnvironment;
  using Agent = EpvfAgent<Policy, NoValue<double>, NoValueUpdate, Update>;

  EpvfOptions options;
  Context context;
  PopulationEvaluator<World> source;
  Agent agent;
  TrainingProgress progress;

  SearchLearner(const Update& update, const SearchSetup& setup)
      : options(setup.options),
        context({.seed = setup.seed, .threads = setup.threads}),
        source(World(stationary_world(), kSearchSteps),
               {.seed = setup.seed, .action_map = ActionMap::none, .normalize_observations = setup.normalize}),
        agent(make_agent(update, setup)) {}

  Agent make_agent(const Update& update, const SearchSetup& setup) {
    Policy policy(source.spec(), {.hidden = {}, .squash = Squash::none, .initialization = {.output_gain = 0}},
                  context.rng());
    const auto fixed = setup.biases ? std::vector<ParameterBlock>{} : bias_blocks(policy.parameter_space());
    const Index parameters = policy.parameters().size();
    return {std::move(policy),
            {},
            PolicyArchive<double>(parameters, setup.archive),
            Perturbation<double>(setup.perturbation, fixed),
            WeightClip{.bound = 0},
            {},
            update};
  }

  /// So many iterations more, over which schedules go.
  template <class... Observers>
  StopReason run(std::int64_t iterations, Observers&&... observers) {
    options.steps = progress.env_steps + iterations * agent.archive.options().population * kSearchSteps;
    return train_epvf(source, agent, context, options, progress, observers...);
  }

  // the gain as the world sees it, through the normaliser where there is one
  [[nodiscard]] Matrix<double> gain() const {
    Matrix<double> result = agent.policy.parameters().head(6).reshaped(2, 3);
    if (const Normalizer* seen = source.observation_normalizer()) {
      for (Index i = 0; i < 3; ++i) {
        result.col(i) /= std::sqrt(seen->moments().variance(i) + seen->options().epsilon);
      }
    }
    return result;
  }
};

}  // namespace vantage::testing

#endif
