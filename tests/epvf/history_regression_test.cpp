// SPDX-License-Identifier: MIT
#include "vantage/epvf/history_regression.hpp"

#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "catch.hpp"
#include "epvf/parameter_permutation.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/epvf/with_last_parameters.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/linear_quadratic.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"

namespace {

using namespace vantage;

static_assert(ValueUpdate<HistoryRegression<float>, PolicyExtendedValue<float>, float>);
static_assert(!ValueUpdate<HistoryRegression<float>, ValueNetwork<float>, float>);
static_assert(DifferentiableValue<detail::ValueOfEach<PolicyExtendedValue<float>>>);

template <class S>
GaussianPolicy<S> make_policy(std::vector<Index> hidden = {}, std::uint64_t seed = 1) {
  Rng rng(seed);
  return {2, 1, {.hidden = std::move(hidden)}, rng};
}

struct Data {
  Matrix<float> inputs;
  Vector<float> targets;
};

Data make_data(Index samples, Rng& rng) {
  return {normal_matrix<float>(2, samples, rng), normal_vector<float>(samples, rng)};
}

ValueRegressionOptions steps(Index count, Index minibatch = 0, double rate = 3e-3) {
  return {.steps = count, .optimizer = AdamOptions{.learning_rate = rate}, .minibatch = minibatch};
}

TEST_CASE("without earlier policies it is the value regression, bit for bit") {
  for (const Index minibatch : {0, 32}) {
    Context context, same;
    Rng rng(3), also(3), numbers(5);
    ValueNetwork<float> plain(2, {.hidden = {16}}, rng);
    PolicyExtendedValue<float> value(make_policy<float>(), {}, {.hidden = {16}}, also);
    ValueRegression<float> regression(steps(7, minibatch));
    HistoryRegression<float> update(steps(7, minibatch), {.policies = 0});
    for (int iteration = 0; iteration < 3; ++iteration) {
      const Data data = make_data(200, numbers);
      const ValueReport expected = regression(plain, data.inputs, data.targets, context);
      const ValueReport report = update(value, data.inputs, data.targets, same);
      CHECK(value.parameters() == plain.parameters());
      CHECK(report.error_after == expected.error_after);
      CHECK(report.gradient_norm == expected.gradient_norm);
      CHECK(context.rng() == same.rng());
    }
  }
}

TEST_CASE("where policies look alike it is the value regression on the samples of all, bit for bit") {
  for (const Index minibatch : {0, 32}) {
    Context context, same;
    Rng rng(3), also(3), numbers(5);
    auto policy = make_policy<float>();
    ValueNetwork<float> plain(2, {.hidden = {16}}, rng);
    PolicyExtendedValue<float> value(policy, {}, {.hidden = {16}}, also);
    ValueRegression<float> regression(steps(7, minibatch));
    HistoryRegression<float> update(steps(7, minibatch), {.policies = 2, .samples = 100});
    Data before[2];  // the newest first
    for (int iteration = 0; iteration < 5; ++iteration) {
      policy.parameters().setConstant(static_cast<float>(iteration));
      value.follow(policy);
      const Data data = make_data(100, numbers);
      const Index policies = std::min(iteration, 2);
      Data all{Matrix<float>(2, 100 * (1 + policies)), Vector<float>(100 * (1 + policies))};
      all.inputs.leftCols(100) = data.inputs;
      all.targets.head(100) = data.targets;
      for (Index age = 1; age <= policies; ++age) {
        all.inputs.middleCols(100 * age, 100) = before[age - 1].inputs;
        all.targets.segment(100 * age, 100) = before[age - 1].targets;
      }
      regression(plain, all.inputs, all.targets, context);
      update(value, data.inputs, data.targets, same);
      CHECK(value.parameters() == plain.parameters());
      // a number is taken for the samples that are kept, also where no minibatch wants one
      CHECK((update.draws(100) && regression.draws(all.targets.size()) == (minibatch > 0)));
      if (minibatch == 0) context.rng()();
      CHECK(context.rng() == same.rng());
      before[1] = std::exchange(before[0], data);
    }
  }
}

TEST_CASE("the report is of the policy's own samples") {
  Context context;
  Rng rng(3), numbers(5);
  auto policy = make_policy<float>();
  PolicyExtendedValue<float> value(policy, {}, {.hidden = {8}}, rng);
  HistoryRegression<float> update(steps(5), {.policies = 3, .samples = 50});
  for (int iteration = 0; iteration < 3; ++iteration) {
    policy.parameters().setConstant(static_cast<float>(iteration));
    value.follow(policy);
    const Data data = make_data(60, numbers);
    Vector<float> values(60);
    value.predict(data.inputs, context, values);
    const double before = std::sqrt((values - data.targets).cast<double>().squaredNorm() / 60);
    const ValueReport report = update(value, data.inputs, data.targets, context);
    value.predict(data.inputs, context, values);
    const double after = std::sqrt((values - data.targets).cast<double>().squaredNorm() / 60);
    CHECK(report.steps == 5);
    CHECK(report.error_before == Approx(before).epsilon(1e-6));
    CHECK(report.error_after == Approx(after).epsilon(1e-6));
    CHECK(report.explained_variance < 1);
    CHECK(update.history().size() == iteration + 1);
    CHECK(update.history().policy(1) == policy.parameters());
  }
  // the policy stood still: its newer samples take the place of the older
  const Data data = make_data(60, numbers);
  update(value, data.inputs, data.targets, context);
  CHECK(update.history().size() == 3);
  CHECK(update.history().policy(2)[0] == 1);
  CHECK_THROWS_AS(update(value, Matrix<float>(3, 60), data.targets, context), std::invalid_argument);
  CHECK_THROWS_AS(update(value, Matrix<float>(2, 59), data.targets, context), std::invalid_argument);
}

// The family: linear policies of the point mass, from weak to strong gains and from much to little noise, in no order.
// V_K(s) = -(s' P_K s + c_K) is known of each.
struct Family {
  LinearQuadratic problem = linear_quadratic({.process_noise = 0.05}, 0.9);
  Rng rng{21};

  LinearGaussian member() {
    Matrix<double> gain(1, 2);
    gain << -rng.uniform(0.2, 1.5), -rng.uniform(0.2, 1.5);
    return {gain, Vector<double>::Constant(1, rng.uniform(-1, 0.5))};
  }

  static void set(GaussianPolicy<double>& policy, const LinearGaussian& member) {
    policy.parameters() << member.gain(0, 0), member.gain(0, 1), 0, member.log_std[0];
  }

  void sample(const LinearGaussian& member, Matrix<double>& states, Vector<double>& values) {
    Context context;
    states.resize(2, 64);
    values.resize(64);
    for (double& number : states.reshaped()) number = rng.uniform(-1, 1);
    evaluate_policy(problem, member).value.predict(states, context, values);
  }
};

// root mean squared error of the values of policies that are new, before any step on their samples, over the last
// half of a run
template <class V, class U>
double error_on_new_policies(V value, U update) {
  Context context;
  Family family;
  auto policy = make_policy<double>();
  Matrix<double> states;
  Vector<double> targets;
  double sum = 0;
  constexpr int kIterations = 32;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const LinearGaussian member = family.member();
    Family::set(policy, member);
    family.sample(member, states, targets);
    if constexpr (FollowsPolicy<V, GaussianPolicy<double>>) value.follow(policy);
    const double error = update(value, states, targets, context).error_before;
    if (iteration >= kIterations / 2) sum += error;
  }
  return sum / (kIterations / 2);
}

TEST_CASE("values learned of the policies of a run carry over to the next") {
  const auto policy = make_policy<double>();
  const HistoryRegression<double> update(steps(100, 0, 1e-2), {.policies = 15, .samples = 32});
  const auto conditioned = [&](const auto& seen) {
    Rng rng(4);
    return error_on_new_policies(
        PolicyExtendedValue<double, std::decay_t<decltype(seen)>>(policy, seen, {.hidden = {24}}, rng), update);
  };
  Rng rng(4);
  const double plain = error_on_new_policies(ValueNetwork<double>(2, {.hidden = {24}}, rng),
                                             ValueRegression<double>(steps(100, 0, 1e-2)));
  const double alike = conditioned(NoFeatures<double>{});
  const double probing = conditioned(probe_outputs(policy, {.count = 4, .initial = InitialStates::normal}));
  const double functional = conditioned(UniversalFunctional<double>(parameter_space_of(policy), {.channels = 8}));
  CAPTURE(plain, alike, probing, functional);
  CHECK(probing < 0.5 * plain);
  CHECK(probing < 0.5 * alike);
  CHECK(functional < 0.5 * plain);
  CHECK(functional < 0.5 * alike);
}

// whole training runs

using P = GaussianPolicy<float>;

template <class V, class U, class PU>
struct Learner {
  Context context;
  Collector<PointMass> source{VectorEnvironment<PointMass>(PointMass({.process_noise = 0.1}), {.count = 4, .seed = 5}),
                              {.steps = 40, .normalize_observations = true}};
  Agent<P, V, Gae, U, PU> agent;
  TrainingProgress progress;

  Learner(Index threads, V value, U value_update, PU policy_update)
      : context({.threads = threads}),
        agent{make_policy<float>({16}), std::move(value), Gae{}, std::move(value_update), std::move(policy_update)} {}

  void run(std::int64_t iterations) {
    CHECK(train(source, agent, context, {.steps = 160 * iterations}, progress) == StopReason::finished);
  }
};

template <class PU>
auto make_learner(PU policy_update, Index minibatch, Index threads = 1) {
  const P policy = make_policy<float>({16});
  const auto seen = probe_outputs(policy, {.count = 3, .initial = InitialStates::normal});
  Rng rng(6);
  PolicyExtendedValue<float, std::decay_t<decltype(seen)>> value(policy, seen, {.hidden = {16}}, rng);
  return Learner(threads, std::move(value),
                 HistoryRegression<float>(steps(10, minibatch), {.policies = 3, .samples = 50}),
                 std::move(policy_update));
}

Ppo<P> make_ppo() { return Ppo<P>({.epochs = 2, .minibatch = 40}); }

TEST_CASE("training with a policy that shows nothing is training with the plain value network, bit for bit") {
  for (const Index minibatch : {0, 32}) {
    Rng rng(6), same(6);
    Learner plain(1, ValueNetwork<float>(2, {.hidden = {16}}, rng), ValueRegression<float>(steps(10, minibatch)),
                  make_ppo());
    Learner extended(1, PolicyExtendedValue<float>(make_policy<float>({16}), {}, {.hidden = {16}}, same),
                     HistoryRegression<float>(steps(10, minibatch), {.policies = 0}), make_ppo());
    plain.run(4);
    extended.run(4);
    CHECK(plain.agent.policy.parameters() == extended.agent.policy.parameters());
    CHECK(plain.agent.value.parameters() == extended.agent.value.parameters());
  }
}

TEST_CASE("the loop asks for the values of the policy that drew the batch") {
  auto learner = make_learner(make_ppo(), 32);
  Vector<float> before;
  for (std::int64_t iteration = 1; iteration <= 5; ++iteration) {
    before = learner.agent.policy.parameters();
    learner.run(iteration);
    CHECK(learner.agent.value.policy_parameters() == before);
    CHECK(learner.agent.policy.parameters() != before);
    CHECK(learner.agent.value_update.history().policy(1) == before);
    CHECK(learner.agent.value_update.history().size() == std::min<std::int64_t>(iteration, 3));
  }
}

TEST_CASE("a resumed run and any number of threads end with the same bits") {
  const auto check = [](const auto& make) {
    const auto path = std::filesystem::temp_directory_path() / "vantage_history_regression_test.safetensors";
    auto whole = make(1), threaded = make(3), first = make(1), resumed = make(2);
    whole.run(8);
    threaded.run(8);
    first.run(5);
    save_checkpoint(path, first.source, first.agent, first.context, first.progress);
    load_checkpoint(path, resumed.source, resumed.agent, resumed.context, resumed.progress);
    resumed.run(8);
    for (auto* other : {&threaded, &resumed}) {
      CHECK(other->agent.policy.parameters() == whole.agent.policy.parameters());
      CHECK(other->agent.value.parameters() == whole.agent.value.parameters());
      for (Index age = 1; age <= 3; ++age) {
        CHECK(other->agent.value_update.history().inputs(age) == whole.agent.value_update.history().inputs(age));
      }
    }
    std::filesystem::remove(path);
  };
  check([](Index threads) { return make_learner(make_ppo(), 32, threads); });
  check([](Index threads) { return make_learner(make_ppo(), 0, threads); });
  check([](Index threads) { return make_learner(NaturalGradient<P>(), 0, threads); });
}

}  // namespace
