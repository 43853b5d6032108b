// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/closed_loop_exponents.hpp"

#include <Eigen/Eigenvalues>

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/env/time_limit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/doubling_map.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"

using namespace vantage;

using Policy = GaussianPolicy<double>;

namespace {

// s' = 1.5 s ends beyond 10, and begins anywhere near 1
struct Runaway {
  EnvironmentSpec task{"Runaway", 1, Vector<double>::Constant(1, -1), Vector<double>::Ones(1), 0, {}};
  double s = 1;
  const EnvironmentSpec& spec() const { return task; }
  void reset(Rng& rng, VectorRef<double> observation) { observation[0] = s = rng.uniform(0.9, 1.1); }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = s = 1.5 * s + 0 * action[0];
    return {0, std::abs(s) > 10};
  }
  Index state_size() const { return 1; }
  void save_state(VectorRef<double> out) const { out[0] = s; }
  void load_state(const Vector<double>& state) { s = state[0]; }
  Index tangent_size() const { return 1; }
};

}  // namespace

TEST_CASE("a linear-quadratic loop has the exponents log |eig(A + B K)|, whatever its noise") {
  Rng rng(5);
  const LinearQuadratic problem = random_linear_world(rng);
  const LinearQuadraticEnvironment world(problem);
  Context context({.threads = 2});
  Policy policy(3, 2, {.hidden = {}}, rng);
  const Matrix<double> gain = random_matrix(2, 3, rng);
  policy.parameters().head(6) = gain.reshaped();
  const Matrix<double> loop = problem.transition + small_product(problem.control, gain);
  Vector<double> expected = Eigen::EigenSolver<Matrix<double>>(loop).eigenvalues().cwiseAbs().array().log();
  std::sort(expected.begin(), expected.end(), std::greater<>());

  for (const bool deterministic : {true, false}) {
    ClosedLoopExponentsOptions options{.lyapunov = {.steps = 2000, .transient = 100, .distance = 1e-4},
                                       .loop = {.deterministic = deterministic}};
    const ClosedLoopExponents all = closed_loop_spectrum(world, policy, nullptr, context, options);
    REQUIRE(all.exponents.rows() == 3);
    CHECK((all.exponents - expected).norm() < 3e-3);
    CHECK(all.exponents.sum() == Approx(std::log(std::abs(loop.determinant()))).epsilon(1e-6));
    CHECK(all.spectrum().largest.exponent.value == all.exponents(0, 0));
    options.starts = 3;
    const ClosedLoopExponents twins = closed_loop_exponent(world, policy, nullptr, context, options);
    REQUIRE(twins.exponents.cols() == 3);
    CHECK(twins.largest.exponent.value == Approx(expected[0]).margin(3e-3));
    CHECK(twins.largest.exponent.value == Approx(twins.exponents.mean()).epsilon(1e-14));
  }
}

TEST_CASE("the doubling map doubles through its turns, and starts give the same bits for any number of threads") {
  const DoublingMap world;
  Rng rng(1);
  const Policy policy(2, 1, {.hidden = {}}, rng);
  const ClosedLoopExponentsOptions options{
      .lyapunov = {.steps = 400, .transient = 0}, .loop = {.deterministic = false}, .starts = 4};
  Context one, three({.threads = 3});
  const ClosedLoopExponents alone = closed_loop_exponent(world, policy, nullptr, one, options);
  CHECK(closed_loop_exponent(world, policy, nullptr, three, options).exponents == alone.exponents);
  CHECK((alone.exponents.array() - alone.exponents(0, 0)).abs().maxCoeff() > 1e-5);
  // a policy that does not look: the exponent of the map alone
  Policy blind = policy;
  blind.parameters().head(3).setZero();
  const ClosedLoopExponents map = closed_loop_exponent(TimeLimit(world, 5), blind, nullptr, one, options);
  CHECK(map.largest.exponent.value == Approx(std::numbers::ln2).epsilon(1e-7));
}

TEST_CASE("an episode that ends is an error, or followed by another") {
  Rng rng(1);
  Context context;
  const Policy policy(1, 1, {.hidden = {}}, rng);
  ClosedLoopExponentsOptions options{.lyapunov = {.steps = 600, .transient = 60}};
  CHECK_THROWS_WITH(closed_loop_exponent(Runaway{}, policy, nullptr, context, options),
                    Catch::Matchers::ContainsSubstring("restart, got an end of Runaway"));
  options.loop.restart = true;
  for (const bool twins : {true, false}) {
    const ClosedLoopExponents found = twins ? closed_loop_exponent(Runaway{}, policy, nullptr, context, options)
                                            : closed_loop_spectrum(Runaway{}, policy, nullptr, context, options);
    CHECK(found.largest.exponent.value == Approx(std::log(1.5)).epsilon(1e-7));
    // from 0.9 .. 1.1 it takes six steps to pass 10
    CHECK(found.restarts == 110);
  }
  options.starts = 0;
  CHECK_THROWS_AS(closed_loop_exponent(Runaway{}, policy, nullptr, context, options), std::invalid_argument);
}

TEST_CASE("in the world of a source its action map and normaliser hold") {
  Rng rng(1);
  Context context;
  Policy policy(2, 1, {.hidden = {}}, rng);
  const Vector<double> gain{{-0.6, -0.3}};
  policy.parameters().head(3) << gain, 0;
  const PointMass world({.initial_range = 1, .max_force = 1e-6});
  Collector<PointMass> source(VectorEnvironment<PointMass>(world, {.count = 20, .action_map = ActionMap::none}),
                              {.steps = 10});
  Batch<double> batch;
  source.collect(policy, context, batch);
  const Normalizer& normalizer = *source.observation_normalizer();
  Vector<double> scale(2);
  for (Index i = 0; i < 2; ++i) scale[i] = 1 / std::sqrt(normalizer.moments().variance(i) + 1e-8);
  REQUIRE((scale.array() - 1).abs().minCoeff() > 0.1);
  const Matrix<double> loop = world.transition() + small_product(world.control(), gain.cwiseProduct(scale).transpose());

  const ClosedLoopExponentsOptions options{.lyapunov = {.steps = 100, .transient = 0, .blocks = 2}};
  const ClosedLoopExponents found = closed_loop_spectrum(source, policy, context, options);
  // the first step moves what the policy does not see yet
  CHECK(found.exponents.sum() == Approx(std::log(loop.determinant())).margin(5e-3));
  CHECK(std::abs(std::log(loop.determinant()) - std::log(world.transition().determinant())) > 0.05);
  CHECK(closed_loop_exponent(source, policy, context, options).largest.exponent.value ==
        Approx(0.5 * std::log(loop.determinant())).margin(0.02));
}
