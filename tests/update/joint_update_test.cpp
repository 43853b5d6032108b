// SPDX-License-Identifier: MIT
#include "vantage/update/joint_update.hpp"

#include "catch.hpp"
#include "policy/policy_checks.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/vpg.hpp"

using namespace vantage;

namespace {

using Gaussian = ActorCritic<GaussianPolicy<double>>;
using Categorical = ActorCritic<CategoricalPolicy<double>>;

// a batch that one model drew, and a model some way from it
template <class M, class E>
struct Setup {
  Context context{{.threads = 2}};
  M drew;
  M model;
  Batch<double> batch;
  AdvantageEstimate<double> estimate;

  Setup(const E& world, double distance, typename M::Options options = {.hidden = {6}})
      : drew(make(world, options)), model(drew) {
    Collector<E> collector(VectorEnvironment<E>(world, {.count = 4, .max_episode_steps = 23}), {.steps = 40});
    collector.collect(drew, context, batch);
    Gae{}(batch, drew, context, estimate);
    Rng rng(2);
    for (double& parameter : model.parameters()) parameter += distance * rng.normal();
  }

  static M make(const E& world, const typename M::Options& options) {
    Rng rng(3);
    const auto& spec = world.spec();
    return M(spec.observation_size, spec.is_discrete() ? spec.discrete_actions : spec.action_size(), options, rng);
  }
};

using PointMassSetup = Setup<Gaussian, PointMass>;
using CartPoleSetup = Setup<Categorical, CartPole>;

// the loss as the header states it, a sample at a time
template <class SetupType, class M>
double loss(SetupType& setup, const M& model, const JointUpdateOptions& options) {
  const Index count = setup.batch.size();
  Vector<double> log_probs(count), values(count), entropy(count);
  model.log_prob(setup.batch.observations, setup.batch.actions, setup.context, log_probs);
  model.predict(setup.batch.observations, setup.context, values);
  model.entropy(setup.batch.observations, setup.context, entropy);
  const double range = options.clip_range(0.0);
  double sum = 0;
  for (Index n = 0; n < count; ++n) {
    const double advantage = setup.estimate.advantages[n];
    const double ratio = std::exp(log_probs[n] - setup.batch.log_probs[n]);
    sum -= range > 0 ? std::min(ratio * advantage, std::clamp(ratio, 1 - range, 1 + range) * advantage)
                     : advantage * log_probs[n];
    const double miss = values[n] - setup.estimate.value_targets[n];
    const double old = setup.estimate.values[n];
    double value_loss = miss * miss;
    if (options.value_loss.kind == ValueLoss::huber) {
      const double delta = options.value_loss.huber_delta;
      if (std::abs(miss) > delta) value_loss = delta * (2 * std::abs(miss) - delta);
    } else if (options.value_loss.kind == ValueLoss::clipped) {
      const double limit = options.value_loss.clip_range;
      const double held = old + std::clamp(values[n] - old, -limit, limit) - setup.estimate.value_targets[n];
      value_loss = std::max(value_loss, held * held);
    }
    sum += options.value_coefficient * value_loss - options.entropy_coefficient(0.0) * entropy[n];
  }
  return sum / static_cast<double>(count);
}

// plain gradient descent at rate 1 shows the gradient
template <class SetupType>
void check_gradient(SetupType setup, JointUpdateOptions options) {
  using M = std::decay_t<decltype(setup.model)>;
  options.optimizer = SgdOptions{.learning_rate = 1};
  options.max_gradient_norm = 0;
  const Vector<double> before = setup.model.parameters();
  M moving = setup.model;
  const Vector<double> expected = finite_difference(
      moving.parameters(), [&] { return loss(setup, moving, options); }, 1e-6);
  const PolicyReport report = JointUpdate<M>(options)(setup.model, setup.batch, setup.estimate, setup.context);
  const Vector<double> gradient = before - setup.model.parameters();
  CHECK((gradient - expected).cwiseAbs().maxCoeff() < 1e-6 * expected.norm());
  CHECK(report.gradient_norm == Approx(gradient.norm()).epsilon(1e-9));
  CHECK(report.epochs == 1);
}

// a model without parameters to speak of that checks which targets and old values come with which state. Its value is 0
// everywhere; by state s, the target is s and the old value -1 where s is odd
struct Recorder {
  using Scalar = double;
  Vector<double> theta = Vector<double>::Zero(1);
  std::vector<double>* seen;
  Vector<double>& parameters() { return theta; }
  const Vector<double>& parameters() const { return theta; }
  void sample(ConstMatrixRef<double>, std::span<Rng>, MatrixRef<double>, VectorRef<double>, Context&, Index) const {}
  void mode(ConstMatrixRef<double>, MatrixRef<double>, Context&, Index) const {}
  void log_prob(ConstMatrixRef<double>, ConstMatrixRef<double>, Context&, VectorRef<double> out) const {
    out.setZero();
  }
  void entropy(ConstMatrixRef<double>, Context&, VectorRef<double> out) const { out.setZero(); }
  void kl_divergence(const Recorder&, ConstMatrixRef<double>, Context&, VectorRef<double> out) const { out.setZero(); }
  void compare(const Recorder&, ConstMatrixRef<double>, ConstMatrixRef<double>, Context&, VectorRef<double> log_probs,
               VectorRef<double> kl, VectorRef<double> entropies) const {
    log_probs.setZero();
    kl.setZero();
    entropies.setZero();
  }
  void predict(ConstMatrixRef<double>, Context&, VectorRef<double> out) const { out.setZero(); }
  template <class Weight, class ValueWeight>
  void joint_gradient(ConstMatrixRef<double> observations, ConstMatrixRef<double>, const Weight& weight,
                      const ValueWeight& value_weight, Context&, Vector<double>& gradient,
                      const Regularization<Recorder>&) const {
    const Index count = observations.cols();
    Vector<double> zero = Vector<double>::Zero(count), weights(count), value_weights(count);
    weight(Index{0}, VectorRef<double>(zero), VectorRef<double>(weights));
    value_weight(Index{0}, VectorRef<double>(zero), VectorRef<double>(value_weights));
    for (Index n = 0; n < count; ++n) {
      const double state = observations(0, n);
      const bool odd = std::fmod(state, 2) == 1;
      CHECK(weights[n] * static_cast<double>(count) == Approx(-3 * state));
      CHECK(value_weights[n] * static_cast<double>(count) == Approx(odd ? 0 : -2 * 0.25 * state));
      seen->push_back(state);
    }
    gradient.setZero(1);
  }
};

}  // namespace

TEST_CASE("a step follows the gradient of the whole loss") {
  for (const ValueLoss kind : {ValueLoss::squared, ValueLoss::huber, ValueLoss::clipped}) {
    for (const double range : {0.0, 0.2}) {
      INFO("loss " << static_cast<int>(kind) << ", clip range " << range);
      const JointUpdateOptions options{.clip_range = range,
                                       .value_coefficient = 0.7,
                                       .value_loss = {.kind = kind, .huber_delta = 0.5, .clip_range = 0.1},
                                       .entropy_coefficient = 0.3};
      check_gradient(PointMassSetup(PointMass(), 0.1), options);
      check_gradient(PointMassSetup(PointMass(), 0.1, {.hidden = {6}, .state_dependent_std = true}), options);
      check_gradient(CartPoleSetup(CartPole(), 0.2), options);
    }
  }
}

TEST_CASE("the whole gradient is clipped, and the optimiser is the one that was asked for") {
  PointMassSetup setup(PointMass(), 0.1);
  const Vector<double> start = setup.model.parameters();
  Gaussian free = setup.model;
  JointUpdate<Gaussian> descent({.optimizer = SgdOptions{.learning_rate = 1}, .max_gradient_norm = 0});
  descent(free, setup.batch, setup.estimate, setup.context);
  Vector<double> gradient = start - free.parameters();
  REQUIRE(gradient.norm() > 0.5);
  gradient *= 0.5 / gradient.norm();
  // the default: RMSProp as its equation says, at its first step
  const double rate = 7e-4;
  const Vector<double> expected =
      start.array() - rate * gradient.array() / ((0.01 * gradient.array().square()).sqrt() + 1e-5);
  JointUpdate<Gaussian>()(setup.model, setup.batch, setup.estimate, setup.context);
  CHECK((setup.model.parameters() - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("without a value coefficient it is Vpg, or with a clip range Ppo, and the value's row stays") {
  const auto check = [](auto setup, const auto& plain_update, const JointUpdateOptions& options) {
    using M = std::decay_t<decltype(setup.model)>;
    auto plain = setup.model.policy();
    auto update = plain_update;
    JointUpdate<M> joint(options);
    Context same({.threads = 2});
    setup.context.rng() = same.rng();
    Vector<double> values(setup.batch.size()), before(setup.batch.size());
    for (int iteration = 0; iteration < 3; ++iteration) {
      const PolicyReport expected = update(plain, setup.batch, setup.estimate, same);
      const PolicyReport report = joint(setup.model, setup.batch, setup.estimate, setup.context);
      CHECK((setup.model.policy().parameters() - plain.parameters()).cwiseAbs().maxCoeff() < 1e-10);
      CHECK(report.gradient_norm == Approx(expected.gradient_norm).epsilon(1e-8));
      CHECK(report.step.mean_kl == Approx(expected.step.mean_kl).epsilon(1e-6));
      CHECK(report.epochs == expected.epochs);
    }
    CHECK((plain.parameters() - setup.drew.policy().parameters()).norm() > 1e-3);
    // the row: what is left of the parameters beside the policy's
    M old_row = setup.drew;
    const Index width = setup.model.network().second().widths()[1] + 1;
    const Index outputs = setup.model.network().output_size();
    const Index first = setup.model.network().parameter_count() - outputs * width;
    const auto row = [&](const M& model) -> Vector<double> {
      return model.parameters().segment(first, outputs * width).reshaped(outputs, width).bottomRows(1).transpose();
    };
    CHECK(row(setup.model) == row(old_row));
  };
  check(PointMassSetup(PointMass(), 0),
        Vpg<GaussianPolicy<double>>({.optimizer = AdamOptions{}, .max_gradient_norm = 0.5, .entropy_coefficient = 0.1}),
        {.optimizer = AdamOptions{}, .value_coefficient = 0, .max_gradient_norm = 0.5, .entropy_coefficient = 0.1});
  check(CartPoleSetup(CartPole(), 0), Ppo<CategoricalPolicy<double>>({.epochs = 3, .minibatch = 50}),
        {.optimizer = AdamOptions{.epsilon = 1e-5},
         .epochs = 3,
         .minibatch = 50,
         .clip_range = 0.2,
         .value_coefficient = 0,
         .advantage_normalization = AdvantageNormalization::minibatch});
}

TEST_CASE("targets and old values stay with their states in minibatches") {
  const auto check = [](Index minibatch, std::size_t expected) {
    const Index count = 100;
    Batch<double> batch;
    batch.resize(1, 1, 1, count);
    AdvantageEstimate<double> estimate;
    estimate.resize(count, 0);
    for (Index n = 0; n < count; ++n) {
      const auto state = static_cast<double>(n + 1);
      batch.observations(0, n) = state;
      estimate.advantages[n] = 3 * state;
      estimate.value_targets[n] = state;
      estimate.values[n] = n % 2 == 0 ? -1 : 0;
    }
    batch.log_probs.setZero();
    batch.actions.setZero();
    std::vector<double> seen;
    Recorder recorder{.seen = &seen};
    JointUpdate<Recorder> update(
        {.minibatch = minibatch, .value_coefficient = 0.25, .value_loss = {.kind = ValueLoss::clipped}});
    Context context;
    update(recorder, batch, estimate, context);
    std::sort(seen.begin(), seen.end());
    CHECK(seen.size() == expected);
    CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
  };
  check(0, 100);
  check(20, 100);
  check(30, 90);
  check(1000, 100);
}

TEST_CASE("a step that leaves the trust region is taken back, the value's too") {
  PointMassSetup setup(PointMass(), 0);
  const Vector<double> start = setup.model.parameters();
  const JointUpdateOptions free{.optimizer = AdamOptions{.learning_rate = 0.05}, .epochs = 4};
  JointUpdateOptions options = free;
  options.trust_region = {.max_mean_kl = 1e-9, .on_violation = OnViolation::revert};
  JointUpdate<Gaussian> update(options);
  int shown = 0;
  update.observe_steps([&](const PolicyStep<Gaussian>&, Context&) { ++shown; });
  for (int round = 0; round < 2; ++round) {
    const PolicyReport report = update(setup.model, setup.batch, setup.estimate, setup.context);
    CHECK(shown == 2 * (round + 1));
    CHECK(report.reverted);
    CHECK(report.epochs == 1);
    CHECK(report.step.mean_kl > 1e-9);
    CHECK(setup.model.parameters() == start);
    CHECK(update.optimizer().steps() == 0);
  }
  options.trust_region.on_violation = OnViolation::stop;
  CHECK(JointUpdate<Gaussian>(options)(setup.model, setup.batch, setup.estimate, setup.context).epochs == 1);
  CHECK(setup.model.parameters() != start);
  setup.model.parameters() = start;
  CHECK(JointUpdate<Gaussian>(free)(setup.model, setup.batch, setup.estimate, setup.context).epochs == 4);
}

TEST_CASE("a joint update's schedules follow the run") {
  PointMassSetup setup(PointMass(), 0.1);
  // no surrogate, no value: all that moves the parameters is the entropy, which is 0 at the end
  setup.estimate.advantages.setZero();
  JointUpdate<Gaussian> update({.optimizer = SgdOptions{.learning_rate = 0.1},
                                .value_coefficient = 0,
                                .entropy_coefficient = Schedule::linear(1, 0)});
  const Vector<double> start = setup.model.parameters();
  update(setup.model, setup.batch, setup.estimate, setup.context);
  const Vector<double> moved = setup.model.parameters();
  CHECK(moved != start);
  setup.context.set_progress(1);
  update(setup.model, setup.batch, setup.estimate, setup.context);
  CHECK(setup.model.parameters() == moved);
}

TEST_CASE("a clip range that falls to 0 clips all the more, and 0 throughout is the plain policy gradient") {
  const auto move = [](const OptimizerOptions& optimizer, const Schedule& range, double share) {
    PointMassSetup setup(PointMass(), 0.1);
    setup.context.set_progress(share);
    // ratios start at 1
    setup.model.log_prob(setup.batch.observations, setup.batch.actions, setup.context, setup.batch.log_probs);
    JointUpdate<Gaussian> update({.optimizer = optimizer, .epochs = 20, .clip_range = range, .value_coefficient = 0});
    return update(setup.model, setup.batch, setup.estimate, setup.context).step;
  };
  const OptimizerOptions fast = AdamOptions{.learning_rate = 3e-3}, slow = SgdOptions{.learning_rate = 1e-2};
  const Schedule range = Schedule::linear(0.2, 0);
  CHECK(move(fast, range, 0).mean_kl < 0.7 * move(fast, 0, 0).mean_kl);
  // of twenty steps one is made, and then ratios are pulled back
  const StepMeasure end = move(slow, range, 1);
  CHECK(end.mean_kl < 0.1 * move(slow, range, 0).mean_kl);
  // counted as clipped is what is beyond the range that was used
  CHECK(end.clip_fraction > 0.99);
}

TEST_CASE("impossible joint updates are refused") {
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.epochs = 0}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.minibatch = -1}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.clip_range = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.clip_range = Schedule::linear(0.1, -0.1)}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.value_coefficient = -1}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.value_coefficient = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.value_loss = {.huber_delta = 0}}), std::invalid_argument);
  CHECK_THROWS_AS(JointUpdate<Gaussian>({.max_gradient_norm = -1}), std::invalid_argument);
}
