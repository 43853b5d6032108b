// SPDX-License-Identifier: MIT
#include "vantage/epvf/centre_step.hpp"

#include <vector>

#include "catch.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;

namespace {

struct Point {
  using Scalar = double;
  Vector<double> theta;
  Vector<double>& parameters() { return theta; }
  [[nodiscard]] const Vector<double>& parameters() const { return theta; }
};

// V(theta) = s . theta
struct Slope {
  Vector<double> slope;
  void predict(ConstMatrixRef<double> thetas, Context&, VectorRef<double> values) const {
    values = thetas.transpose() * slope;
  }
  double input_gradient(ConstVectorRef<double> theta, Context&, VectorRef<double> gradient) const {
    gradient = slope;
    return slope.dot(theta);
  }
};

const PerturbationOptions kNoise{.shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.5};
const Vector<double> kUp{{3, 0, 4, 0}};

auto climber(const WeightClip& clip) {
  return EpvfAgent<Point, Slope>{Point{Vector<double>::Zero(4)},
                                 Slope{kUp},
                                 PolicyArchive<double>(4, {.population = 2}),
                                 Perturbation<double>(kNoise),
                                 clip,
                                 ValueRegression<double>(),
                                 PolicyAscent<double>({.steps = 2, .optimizer = SgdOptions{.learning_rate = 0.1}})};
}

static_assert(ValueAscent<PolicyAscent<double>, Point, Slope> && !PopulationUpdate<PolicyAscent<double>, Point>);
static_assert(!CentreUpdate<PolicyAscent<double>, Point, NoValue<double>>);
static_assert(StepwiseAscent<PolicyAscent<double>, Point, Slope>);
static_assert(!StepwiseAscent<EvolutionStrategies<double>, Point, NoValue<double>>);
static_assert(CentreUpdate<EvolutionStrategies<double>, Point, NoValue<double>>);

}  // namespace

TEST_CASE("a step has the length that its update makes, told in distances of the noise") {
  Context context;
  auto agent = climber({.bound = 0});
  const Point before = agent.policy;
  const PolicyReport report = step_centre(agent, before, context, {.policy_rate_factor = 0.5});
  // two steps of 0.05 up the slope; four parameters of deviation 0.5 are 1 away
  CHECK((agent.policy.theta - 0.1 * kUp).norm() < 1e-14);
  CHECK(report.ascent.noise_share == Approx(0.5));
  CHECK(report.ascent.predicted_return == Approx(2.5));
}

TEST_CASE("a step size is the step's length in distances of the noise, up and down, along what the update made") {
  Context context;
  for (const double size : {0.01, 3.0}) {
    for (const double factor : {1.0, 0.25}) {
      auto agent = climber({.bound = 0});
      agent.policy.theta << 1, 2, 3, 4;
      const Point before = agent.policy;
      const PolicyReport report =
          step_centre(agent, before, context, {.policy_rate_factor = factor, .policy_step_size = size});
      const Vector<double> expected = factor * size * kUp / 5;
      CHECK((agent.policy.theta - before.theta - expected).norm() < 1e-12);
      CHECK(report.ascent.noise_share == Approx(factor * size));
      CHECK(report.ascent.predicted_return == Approx(kUp.dot(before.theta + expected)));
    }
  }
}

TEST_CASE("the clip holds after a step is lengthened, and what did not move stays") {
  Context context;
  auto agent = climber({.bound = 0.5});
  const Point before = agent.policy;
  const PolicyReport report = step_centre(agent, before, context, {.policy_step_size = 100});
  CHECK(agent.policy.theta == Vector<double>{{0.5, 0, 0.5, 0}});
  CHECK(report.ascent.boundary_share == 0.5);
  CHECK(report.ascent.noise_share == Approx(std::sqrt(0.5)));
  agent = climber({.bound = 0});
  agent.value.slope.setZero();
  CHECK(step_centre(agent, before, context, {.policy_step_size = 1}).ascent.noise_share == 0);
  CHECK(agent.policy.theta == before.theta);
}

TEST_CASE("who judges the centre is asked after each step, or once after what is brought to a length and clipped") {
  Context context;
  for (const double size : {0.0, 100.0}) {
    auto agent = climber({.bound = 0.5});
    const Point before = agent.policy;
    std::vector<Vector<double>> judged;
    step_centre(agent, before, context, {.policy_step_size = size}, [&] {
      judged.push_back(agent.policy.theta);
      return true;
    });
    CHECK(judged.size() == (size > 0 ? 1 : 2));
    const Vector<double> first = size > 0 ? Vector<double>{{0.5, 0, 0.5, 0}} : Vector<double>{{0.3, 0, 0.4, 0}};
    CHECK((judged.front() - first).norm() < 1e-14);
    CHECK(judged.back() == agent.policy.theta);
  }
  auto agent = climber({.bound = 0});
  const Point before = agent.policy;
  CHECK(step_centre(agent, before, context, {}, [] { return false; }).epochs == 1);
}

TEST_CASE("updates that learn from a population get the one that was played last") {
  Context context;
  EpvfAgent agent{Point{Vector<double>::Zero(4)},
                  NoValue<double>{},
                  PolicyArchive<double>(4, {.population = 2}),
                  Perturbation<double>(kNoise),
                  WeightClip{.bound = 0},
                  NoValueUpdate{},
                  EvolutionStrategies<double>({.optimizer = SgdOptions{.learning_rate = 1}})};
  agent.archive.add_population([&](auto&& policies) {
    policies.setZero();
    policies(1, 0) = typename std::decay_t<decltype(policies)>::Scalar(0.5);
    return Vector<double>{{2, 1}};
  });
  const Point before = agent.policy;
  int asked = 0;
  const PolicyReport report = step_centre(agent, before, context, {.policy_step_size = 0.5}, [&] { return ++asked; });
  CHECK(asked == 1);
  CHECK((agent.policy.theta - Vector<double>{{0, 0.5, 0, 0}}).norm() < 1e-14);
  // 1/2 (1/2) 0.5 / 0.25
  CHECK(report.gradient_norm == Approx(0.5));
}
