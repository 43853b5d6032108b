// SPDX-License-Identifier: MIT
#include "vantage/policy/actor_critic.hpp"

#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "policy_checks.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/deployed_policy.hpp"

using namespace vantage;

namespace {

using Gaussian = ActorCritic<GaussianPolicy<double>>;
using Categorical = ActorCritic<CategoricalPolicy<double>>;

struct Data {
  Matrix<double> observations;
  Matrix<double> actions;
  Vector<double> weights;
  Vector<double> value_weights;
};

// moved away from the start, where too much is zero
template <class M>
M make(const typename M::Options& options, std::uint64_t seed = 5) {
  Rng rng(seed);
  M model(3, 2, options, rng);
  for (double& parameter : model.parameters()) parameter += 0.2 * rng.normal();
  return model;
}

template <class M>
Data data(const M& model, Index count) {
  Rng rng(8);
  Data d{Matrix<double>(3, count), Matrix<double>(model.action_size(), count), Vector<double>(count),
         Vector<double>(count)};
  for (double& x : d.observations.reshaped()) x = rng.normal();
  for (double& a : d.actions.reshaped())
    a = model.discrete_actions() > 0 ? static_cast<double>(rng.below(2)) : rng.normal();
  for (double& w : d.weights) w = rng.normal();
  for (double& w : d.value_weights) w = rng.normal();
  return d;
}

std::vector<Rng> streams(Index count) {
  std::vector<Rng> result;
  for (Index n = 0; n < count; ++n) result.emplace_back(static_cast<std::uint64_t>(n));
  return result;
}

template <class M>
Vector<double> joint_gradient(const M& model, const Data& d, Context& context) {
  Vector<double> values(d.weights.size()), gradient;
  model.predict(d.observations, context, values);
  model.joint_gradient(
      d.observations, d.actions,
      [&](Index first, const VectorRef<double>&, VectorRef<double> out) { out = d.weights.segment(first, out.size()); },
      [&](Index first, const VectorRef<double>& fresh, VectorRef<double> out) {
        if (fresh != values.segment(first, fresh.size())) throw std::logic_error("values are not fresh");
        out = d.value_weights.segment(first, out.size());
      },
      context, gradient);
  return gradient;
}

// entries of the parameters that belong to the value's row alone
template <class M>
Vector<double> value_row(const M& model, const Vector<double>& parameters) {
  const auto& widths = model.network().second().widths();
  const Index outputs = widths.back();
  const Index inputs = widths[widths.size() - 2] + 1;
  const Index first = model.network().parameter_count() - outputs * inputs;
  return parameters.segment(first, outputs * inputs).reshaped(outputs, inputs).bottomRows(1).transpose();
}

template <class M>
void check_as_policy(const M& model) {
  const Data d = data(model, 300);
  const Data few = data(model, 20);
  Context context({.threads = 2});
  check_score_gradient(model, few.observations, few.actions, few.weights);
  check_regularization(model, make<M>(model.options(), 6), few.observations, few.actions, few.weights);
  check_threads(model, d.observations, d.actions, d.weights);
  const Vector<double> score = weighted_score(model, d.observations, d.actions, d.weights, context);
  CHECK(value_row(model, score).norm() == 0);

  // the policy alone does the same
  const auto policy = model.policy();
  const M other = make<M>(model.options(), 6);
  CHECK(policy.parameters().size() == model.parameters().size() - value_row(model, model.parameters()).size());
  const auto agree = [](const auto& a, const auto& b) { return (a - b).cwiseAbs().maxCoeff() < 1e-13; };
  std::vector<Rng> rngs = streams(300), same = streams(300);
  Matrix<double> actions(model.action_size(), 300), expected(model.action_size(), 300);
  Vector<double> out(300), out_expected(300);
  model.sample(d.observations, rngs, actions, out, context, 0);
  policy.sample(d.observations, same, expected, out_expected, context, 0);
  CHECK(agree(actions, expected));
  CHECK(agree(out, out_expected));
  model.mode(d.observations, actions, context, 0);
  policy.mode(d.observations, expected, context, 0);
  CHECK(agree(actions, expected));
  model.log_prob(d.observations, d.actions, context, out);
  policy.log_prob(d.observations, d.actions, context, out_expected);
  CHECK(agree(out, out_expected));
  model.entropy(d.observations, context, out);
  policy.entropy(d.observations, context, out_expected);
  CHECK(agree(out, out_expected));
  model.kl_divergence(other, d.observations, context, out);
  policy.kl_divergence(other.policy(), d.observations, context, out_expected);
  CHECK(agree(out, out_expected));
  CHECK(out.minCoeff() > 0);
}

template <class M>
void check_as_value(M model) {
  const Data d = data(model, 300);
  Context context({.threads = 2});
  Vector<double> values(300);
  model.predict(d.observations, context, values);
  typename std::decay_t<decltype(model.network())>::template Tape<double> tape;
  const Vector<double> theta = model.parameters().head(model.network().parameter_count());
  CHECK(values == model.network().template forward<double>(theta, d.observations, tape).bottomRows(1).transpose());

  Vector<double> gradient;
  model.gradient(
      d.observations,
      [&](Index first, const VectorRef<double>& fresh, VectorRef<double> out) {
        CHECK(fresh == values.segment(first, fresh.size()));
        out = d.value_weights.segment(first, out.size());
      },
      context, gradient);
  const Vector<double> slope = finite_difference(model.parameters(), [&] {
    model.predict(d.observations, context, values);
    return d.value_weights.dot(values);
  });
  CHECK((gradient - slope).cwiseAbs().maxCoeff() < 1e-6 * slope.norm());
  CHECK(value_row(model, gradient).norm() > 0);
  CHECK(gradient.norm() > 1.01 * value_row(model, gradient).norm());

  // one pass does both
  const Vector<double> both = weighted_score(model, d.observations, d.actions, d.weights, context) + gradient;
  const Vector<double> joint = joint_gradient(model, d, context);
  CHECK((joint - both).cwiseAbs().maxCoeff() < 1e-12 * both.norm());
  for (const Index threads : {1, 3, 5}) {
    Context its({.threads = threads});
    CHECK(joint_gradient(model, d, its) == joint);
  }
}

// a file of the model is one of its policy, ready for deployment
template <class M, class E>
void check_file(const E& world) {
  Rng rng(4);
  const auto& spec = world.spec();
  const M model(spec.observation_size, spec.is_discrete() ? spec.discrete_actions : spec.action_size(), {.hidden = {8}},
                rng);
  const TemporaryFolder folder;
  save_policy(folder / "model.safetensors", model, nullptr, ActionMap::none, spec);
  auto deployed = DeployedPolicy<double>::load(folder / "model.safetensors");
  CHECK(deployed.policy().parameters() == model.policy().parameters());
  Context context;
  Vector<double> observation = Vector<double>::LinSpaced(spec.observation_size, -0.5, 1);
  Vector<double> action(spec.action_size());
  Matrix<double> mode(spec.action_size(), 1);
  deployed.act(observation, action);
  model.mode(observation, mode, context, 0);
  CHECK((action - mode.col(0)).cwiseAbs().maxCoeff() < 1e-13);
}

}  // namespace

TEST_CASE("policy and value share an encoder too") {
  GaussianPolicyOptions options{.hidden = {5}, .activation = Activation::silu};
  options.layer_norm = true;
  options.encoder = {{2, {4}}, {1, {}}};
  const auto model = make<Gaussian>(options);
  check_as_value(model);
  CHECK(model.policy().network().first().parts() == options.encoder);
  CHECK(model.policy().parameters().size() == model.parameters().size() - 6);
}

TEST_CASE("a shared model is a policy, and a value function that the natural gradient can tell by") {
  STATIC_REQUIRE(FisherPolicy<Gaussian>);
  STATIC_REQUIRE(FisherPolicy<Categorical>);
  STATIC_REQUIRE(FisherPolicy<ActorCritic<GaussianPolicy<float>>>);
  STATIC_REQUIRE(PolicyWithValue<Gaussian>);
  STATIC_REQUIRE(PolicyWithValue<Categorical>);
  STATIC_REQUIRE_FALSE(PolicyWithValue<GaussianPolicy<double>>);
}

TEST_CASE("its policy starts as the plain one, its value with a gain of its own") {
  for (const double gain : {1.0, 0.3}) {
    Rng rng(11), same(11);
    const Gaussian model(4, 2, {.hidden = {16, 8}}, rng, gain);
    const GaussianPolicy<double> plain(4, 2, {.hidden = {16, 8}}, same);
    CHECK(model.policy().parameters() == plain.parameters());
    const Vector<double> row = value_row(model, model.parameters());
    CHECK(row.head(8).norm() == Approx(gain).epsilon(1e-12));
    CHECK(row[8] == 0);
    CHECK(model.network().second().widths() == std::vector<Index>{4, 16, 8, 3});
    // a value for a policy that there is already
    const Gaussian added(plain, same, gain);
    CHECK(added.parameters() == model.parameters());
  }
  Rng rng(11), same(11);
  const Categorical model(4, 3, {.hidden = {}}, rng);
  CHECK(model.policy().parameters() == CategoricalPolicy<double>(4, 3, {.hidden = {}}, same).parameters());
  CHECK(model.discrete_actions() == 3);
  CHECK(model.policy().discrete_actions() == 3);
  CHECK_THROWS_AS(Gaussian(0, 1, {}, rng), std::invalid_argument);
}

TEST_CASE("it is the policy that it holds") {
  check_as_policy(make<Gaussian>({.hidden = {5, 4}}));
  check_as_policy(make<Gaussian>({.hidden = {5}, .log_std_bounds = LogStdBounds{-2, 1}, .state_dependent_std = true}));
  check_as_policy(make<Categorical>({.hidden = {5, 4}}));
}

TEST_CASE("its Fisher product is the policy's, and the value has no part in it") {
  const auto check = [](const auto& model) {
    const Data d = data(model, 10);
    Context context;
    const Matrix<double> fisher = fisher_matrix(model, d.observations, context);
    const Matrix<double> hessian = divergence_hessian(model, d.observations, context);
    CHECK((fisher - hessian).cwiseAbs().maxCoeff() < 1e-4 * hessian.norm());
    CHECK(value_row(model, fisher.rowwise().norm()).norm() == 0);
    CHECK(value_row(model, fisher.colwise().norm().transpose()).norm() == 0);
  };
  check(make<Gaussian>({.hidden = {3}}));
  check(make<Categorical>({.hidden = {3}}));
}

TEST_CASE("it is a value function, and one pass gives both gradients") {
  check_as_value(make<Gaussian>({.hidden = {5, 4}}));
  check_as_value(make<Gaussian>({.hidden = {5}, .state_dependent_std = true}));
  check_as_value(make<Categorical>({.hidden = {5, 4}}));
}

TEST_CASE("its file is a policy's") {
  check_file<Gaussian>(Pendulum{});
  check_file<Categorical>(CartPole{});
}

TEST_CASE("its state goes round through a file") {
  const TemporaryFolder folder;
  const auto model = make<Gaussian>({.hidden = {5}});
  save_state(folder / "state.safetensors", model);
  auto other = make<Gaussian>({.hidden = {5}}, 7);
  REQUIRE(other.parameters() != model.parameters());
  load_state(folder / "state.safetensors", other);
  CHECK(other.parameters() == model.parameters());
}

TEST_CASE("a model for a task has the task's sizes, and the parameters that these sizes give") {
  const EnvironmentSpec spec{"task", 3, Vector<double>::Constant(2, -1), Vector<double>::Ones(2), 10, {}};
  using Model = ActorCritic<GaussianPolicy<float>>;
  Rng rng(4), other(4);
  const Model model(spec, {.hidden = {5}}, rng, 0.5);
  CHECK(model.observation_size() == 3);
  CHECK(model.input_size() == 3);
  CHECK(model.action_size() == 2);
  CHECK(model.parameters() == Model(3, 2, {.hidden = {5}}, other, 0.5).parameters());
}

TEST_CASE("a shared model of several actions under a mask acts as its policy, and has the gradients of both parts") {
  Rng rng(3), same(3);
  using Model = ActorCritic<CategoricalPolicy<double>>;
  const Model model(Switchboard().spec(), {.hidden = {4}}, rng);
  CHECK(model.mask_row() == 1);
  CHECK(model.action_size() == 2);
  CHECK_NOTHROW(require_fit("it", model, Switchboard().spec()));
  Matrix<double> observations(6, 2), actions(2, 2);
  observations << 0.3, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1;
  actions << 2, 1, 0, 1;
  Context context;
  Vector<double> values(2), log_probs(2), expected(2), gradient;
  model.log_prob(observations, actions, context, log_probs);
  model.policy().log_prob(observations, actions, context, expected);
  CHECK((log_probs - expected).norm() < 1e-14);
  model.predict(observations, context, values);
  CHECK(values.allFinite());
  auto moved = model;
  const auto objective = [&] {
    moved.log_prob(observations, actions, context, log_probs);
    moved.predict(observations, context, values);
    return 2 * log_probs.sum() + 3 * values.sum();
  };
  model.joint_gradient(
      observations, actions, [](Index, const VectorRef<double>&, VectorRef<double> w) { w.setConstant(2); },
      [](Index, const VectorRef<double>&, VectorRef<double> w) { w.setConstant(3); }, context, gradient);
  const Vector<double> slope = finite_difference(moved.parameters(), objective);
  CHECK((gradient - slope).norm() < 1e-6 * slope.norm());
}
