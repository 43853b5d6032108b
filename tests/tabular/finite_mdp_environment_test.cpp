// SPDX-License-Identifier: MIT
#include "vantage/tabular/finite_mdp_environment.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<FiniteMdpEnvironment>);

TEST_CASE("a finite decision process is an environment") {
  Rng rng(2);
  check_environment(FiniteMdpEnvironment(corridor(), 20), {.check_no_reset = false});
  check_environment(FiniteMdpEnvironment(two_states()), {.check_no_reset = false});
  CHECK_THROWS_AS(FiniteMdpEnvironment(two_states(), -1), std::invalid_argument);
  CHECK(FiniteMdpEnvironment(corridor(), 20).spec().max_episode_steps == 20);
  CHECK(FiniteMdpEnvironment(corridor()).spec().discrete_actions == 2);
}

TEST_CASE("frequencies of starts and steps are the tables'") {
  // chi-squared of the counts against the tables, refused beyond four standard deviations
  Rng rng(11);
  const FiniteMdp mdp = random_mdp({.states = 5, .actions = 3, .reward_low = -1}, rng);
  FiniteMdpEnvironment world(mdp);
  Vector<double> observation(5);
  Vector<double> starts = Vector<double>::Zero(5);
  std::vector<Matrix<double>> counts(3, Matrix<double>::Zero(5, 5));
  for (int episode = 0; episode < 20000; ++episode) {
    world.reset(rng, observation);
    starts[world.state()] += 1;
    for (int t = 0; t < 3; ++t) {
      const Index s = world.state();
      CHECK_FALSE(observation != Vector<double>::Unit(5, s));
      const auto a = static_cast<Index>(rng.below(3));
      const StepResult result = world.step(Vector<double>::Constant(1, static_cast<double>(a)), observation);
      if (result.reward != mdp.rewards()(s, a)) FAIL("another reward than the table's");
      counts[static_cast<std::size_t>(a)](s, world.state()) += 1;
    }
  }
  double chi_squared = (starts - 20000 * mdp.start()).cwiseAbs2().cwiseQuotient(20000 * mdp.start()).sum();
  for (std::size_t a = 0; a < 3; ++a) {
    const Vector<double> totals = counts[a].rowwise().sum();
    const Matrix<double> expected = totals.asDiagonal() * mdp.transition(static_cast<Index>(a));
    chi_squared += (counts[a] - expected).cwiseAbs2().cwiseQuotient(expected).sum();
  }
  // 4 + 3 * 5 * 4 degrees of freedom
  CHECK(chi_squared < 64 + 4 * std::sqrt(2 * 64.0));
}

TEST_CASE("a step into an absorbing state is a termination, and only such a step") {
  FiniteMdpEnvironment world(corridor());
  Rng rng(1);
  Vector<double> observation(4);
  int ends = 0;
  for (int i = 0; i < 200; ++i) {
    world.reset(rng, observation);
    for (bool ended = false; !ended;) {
      ended = world.step(Vector<double>::Constant(1, static_cast<double>(rng.below(2))), observation).terminated;
      CHECK(ended == (world.state() == 0 || world.state() == 3));
    }
    ++ends;
    // nothing more is paid
    CHECK(world.step(Vector<double>::Ones(1), observation).reward == 0);
  }
  CHECK(ends == 200);
  CHECK_THROWS_AS(world.step(Vector<double>::Constant(1, 2.0), observation), std::invalid_argument);
}
