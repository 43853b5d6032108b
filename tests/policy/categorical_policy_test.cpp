// SPDX-License-Identifier: MIT
#include "vantage/policy/categorical_policy.hpp"

#include <array>
#include <bit>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "nn/sines.hpp"
#include "policy/policy_checks.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;
using Policy = CategoricalPolicy<double>;
static_assert(FisherPolicy<Policy> && FisherPolicy<CategoricalPolicy<float>>);

namespace {

constexpr Index kActions = 4;

struct Samples {
  Matrix<double> observations;
  Matrix<double> actions;
  Vector<double> weights;
};

Samples samples(Index count) {
  Rng rng(7);
  Samples result{Matrix<double>(3, count), Matrix<double>(1, count), Vector<double>(count)};
  for (double& x : result.observations.reshaped()) x = rng.normal();
  for (double& a : result.actions.reshaped()) a = static_cast<double>(rng.below(kActions));
  for (double& w : result.weights) w = rng.normal();
  return result;
}

Policy make(std::uint64_t seed = 3, std::vector<Index> hidden = {7, 5}) {
  Rng rng(seed);
  Policy policy(3, kActions, {.hidden = std::move(hidden), .initialization = {.output_gain = 0.7}}, rng);
  for (double& parameter : policy.parameters()) parameter += 0.2 * rng.normal();
  return policy;
}

// probabilities in one state, by a forward pass and a sum of exponentials of its own
Vector<double> probabilities(const Policy& policy, const Vector<double>& observation) {
  Policy::Network::Tape<double> tape;
  const Matrix<double> output = policy.network().forward<double>(policy.parameters(), observation, tape);
  const Vector<double> raw = output.col(0).array().exp();
  return raw / raw.sum();
}

}  // namespace

TEST_CASE("the categorical score gradient agrees with finite differences") {
  const Samples data = samples(150);  // more than a block
  check_score_gradient(make(), data.observations, data.actions, data.weights);
}

TEST_CASE("a categorical policy behind an encoder has the gradients of finite differences") {
  const Samples data = samples(150);
  Rng rng(3);
  Policy policy(3, kActions,
                {.hidden = {6},
                 .activation = Activation::silu,
                 .initialization = {.output_gain = 0.7},
                 .layer_norm = true,
                 .encoder = {{1, {}}, {2, {5}}}},
                rng);
  for (double& parameter : policy.parameters()) parameter += 0.2 * rng.normal();
  check_score_gradient(policy, data.observations, data.actions, data.weights);
  check_threads(policy, data.observations, data.actions, data.weights);
  using OnSines = CategoricalPolicy<double, Sines>;
  OnSines on_sines(Sines{}, kActions, {.hidden = {5}, .initialization = {.output_gain = 0.7}}, rng);
  for (double& parameter : on_sines.parameters()) parameter += 0.2 * rng.normal();
  check_score_gradient(on_sines, data.observations, data.actions, data.weights);
  // a mask in what the front sees, of two actions
  OnSines masked(Sines{}, {2, 1}, {.hidden = {5}, .initialization = {.output_gain = 0.7}, .mask_row = 0}, rng);
  CHECK(masked.action_size() == 2);
  CHECK(masked.mask_row() == 0);
  CHECK_THROWS_AS(OnSines(Sines{}, {2, 1}, {.mask_row = 1}, rng), std::invalid_argument);
}

TEST_CASE("a comparison with another categorical policy is that of its parts") {
  const Samples data = samples(150);
  check_compare(make(), make(11), data.observations, data.actions);
}

TEST_CASE("a regularization adds the gradients of the softmax's entropy and divergence") {
  const Samples data = samples(150);
  check_regularization(make(), make(11), data.observations, data.actions, data.weights);
}

TEST_CASE("log-probability, entropy, divergence and mode are those of the softmax") {
  const Samples data = samples(130);
  Context context({.threads = 2});
  const Policy policy = make();
  const Policy other = make(11);
  Vector<double> log_probs(130), entropy(130), divergence(130);
  Matrix<double> modes(1, 130);
  policy.log_prob(data.observations, data.actions, context, log_probs);
  policy.entropy(data.observations, context, entropy);
  policy.kl_divergence(other, data.observations, context, divergence);
  policy.mode(data.observations, modes, context, 0);
  for (Index n = 0; n < 130; ++n) {
    const Vector<double> p = probabilities(policy, data.observations.col(n));
    const Vector<double> q = probabilities(other, data.observations.col(n));
    CHECK(log_probs[n] == Approx(std::log(p[static_cast<Index>(data.actions(0, n))])).epsilon(1e-12));
    CHECK(entropy[n] == Approx(-p.dot(p.array().log().matrix())).epsilon(1e-12));
    CHECK(divergence[n] == Approx((p.array() * (p.array() / q.array()).log()).sum()).epsilon(1e-12));
    Index best = 0;
    p.maxCoeff(&best);
    CHECK(modes(0, n) == static_cast<double>(best));
  }
}

TEST_CASE("the probabilities of all actions add up to one") {
  const Samples data = samples(20);
  Context context;
  Vector<double> log_probs(20), sum = Vector<double>::Zero(20);
  for (Index k = 0; k < kActions; ++k) {
    make().log_prob(data.observations, Matrix<double>::Constant(1, 20, static_cast<double>(k)), context, log_probs);
    sum += log_probs.array().exp().matrix();
  }
  CHECK((sum.array() - 1).abs().maxCoeff() < 1e-14);
}

TEST_CASE("actions are drawn as often as their probabilities say") {
  Context context;
  const Policy policy = make();
  const Samples data = samples(3);
  const Index count = 20000;
  for (Index state = 0; state < 3; ++state) {
    std::vector<Rng> rngs;
    for (Index n = 0; n < count; ++n) rngs.emplace_back(5, static_cast<std::uint64_t>(n));
    const Matrix<double> observations = data.observations.col(state).replicate(1, count);
    Matrix<double> actions(1, count);
    Vector<double> log_probs(count), again(count);
    policy.sample(observations, rngs, actions, log_probs, context, 0);
    policy.log_prob(observations, actions, context, again);
    CHECK(log_probs == again);
    const Vector<double> p = probabilities(policy, data.observations.col(state));
    Vector<double> seen = Vector<double>::Zero(kActions);
    for (const double action : actions.reshaped()) seen[static_cast<Index>(action)] += 1;
    const Vector<double> expected = static_cast<double>(count) * p;
    // chi-square with three degrees of freedom: a right sampler is above with probability 1e-6
    CHECK(((seen - expected).array().square() / expected.array()).sum() < 30.66);
  }
}

TEST_CASE("a categorical column draws one number from its own stream") {
  Context context;
  const Policy policy = make();
  const Samples data = samples(3);
  std::vector<Rng> rngs{Rng(1, 0), Rng(1, 1), Rng(1, 2)};
  Rng alone(1, 1);
  Matrix<double> actions(1, 3), single(1, 1);
  Vector<double> log_probs(3), log_prob(1);
  policy.sample(data.observations, rngs, actions, log_probs, context, 0);
  policy.sample(data.observations.middleCols(1, 1), {&alone, 1}, single, log_prob, context, 0);
  CHECK(actions(0, 1) == single(0, 0));
  CHECK(log_probs[1] == log_prob[0]);
  CHECK(alone == rngs[1]);
  Rng counted(1, 1);
  (void)counted.uniform();
  CHECK(alone == counted);
}

TEST_CASE("the categorical Fisher product is the Hessian of the mean divergence, and the mean of outer products") {
  const Samples data = samples(9);
  Context context({.threads = 2});
  for (const auto& hidden : {std::vector<Index>{3}, std::vector<Index>{}}) {
    const Policy policy = make(3, hidden);
    const Matrix<double> fisher = fisher_matrix(policy, data.observations, context);
    const double scale = fisher.cwiseAbs().maxCoeff();
    CHECK(scale > 0.01);
    CHECK((fisher - divergence_hessian(policy, data.observations, context)).cwiseAbs().maxCoeff() < 2e-5 * scale);
    // the expectation over actions by enumeration
    Matrix<double> outer = Matrix<double>::Zero(fisher.rows(), fisher.cols());
    for (Index n = 0; n < 9; ++n) {
      const Vector<double> p = probabilities(policy, data.observations.col(n));
      for (Index k = 0; k < kActions; ++k) {
        const Vector<double> score =
            weighted_score(policy, data.observations.col(n), Matrix<double>::Constant(1, 1, static_cast<double>(k)),
                           Vector<double>::Ones(1), context);
        outer += p[k] / 9 * score * score.transpose();
      }
    }
    CHECK((fisher - outer).cwiseAbs().maxCoeff() < 1e-13 * scale);
  }
}

TEST_CASE("near a policy the gradient of the divergence is the Fisher product of the step") {
  const Samples data = samples(40);
  Context context;
  Policy policy = make(3, {3});
  const Policy origin = policy;
  Rng rng(2);
  Vector<double> step(policy.parameters().size()), kl(40), product;
  for (double& x : step) x = 1e-4 * rng.normal();
  const auto mean_kl = [&] {
    origin.kl_divergence(policy, data.observations, context, kl);
    return kl.mean();
  };
  CHECK(finite_difference(policy.parameters(), mean_kl).cwiseAbs().maxCoeff() < 1e-9);
  policy.parameters() += step;
  origin.fisher_product(data.observations, step, context, product);
  CHECK((finite_difference(policy.parameters(), mean_kl) - product).norm() < 1e-3 * product.norm());
}

TEST_CASE("logits of a thousand give finite numbers everywhere") {
  Context context;
  Rng rng;
  CategoricalPolicy<float> policy(1, 3, {.hidden = {}}, rng);
  policy.parameters() << 0, 0, 0, 1e3F, -1e3F, 0;
  const Matrix<float> observations = Matrix<float>::Ones(1, 3);
  const Matrix<float> actions{{0, 1, 2}};
  Vector<float> log_probs(3), entropy(3), kl(3);
  policy.log_prob(observations, actions, context, log_probs);
  CHECK(log_probs == Vector<float>{{0, -2000, -1000}});
  policy.entropy(observations, context, entropy);
  CHECK(entropy.cwiseAbs().maxCoeff() == 0);
  CategoricalPolicy<float> other = policy;
  other.parameters() << 0, 0, 0, -1e3F, 1e3F, 0;
  policy.kl_divergence(other, observations, context, kl);
  CHECK(kl == Vector<float>::Constant(3, 2000));
  Vector<float> gradient, product;
  policy.score_gradient(
      observations, actions, [](Index, const VectorRef<float>&, VectorRef<float> weights) { weights.setOnes(); },
      context, gradient);
  CHECK(gradient == Vector<float>{{-2, 1, 1, -2, 1, 1}});
  policy.fisher_product(observations, gradient, context, product);
  CHECK(product.cwiseAbs().maxCoeff() == 0);
  std::vector<Rng> rngs(3);
  Matrix<float> drawn(1, 3);
  policy.sample(observations, rngs, drawn, log_probs, context, 0);
  CHECK(drawn.cwiseAbs().maxCoeff() == 0);
  // a policy that is broken still draws an action that there is
  policy.parameters().setConstant(std::numeric_limits<float>::quiet_NaN());
  policy.sample(observations, rngs, drawn, log_probs, context, 0);
  CHECK(drawn.cwiseAbs().maxCoeff() == 0);
  CHECK(std::isnan(log_probs[0]));
}

TEST_CASE("categorical gradients and Fisher products do not depend on the number of threads") {
  const Samples data = samples(1000);
  check_threads(make(), data.observations, data.actions, data.weights);
}

TEST_CASE("the first policy is nearly uniform") {
  Context context;
  Rng rng(1);
  const Policy policy(3, kActions, {}, rng);
  const Samples data = samples(50);
  Vector<double> entropy(50);
  policy.entropy(data.observations, context, entropy);
  CHECK(entropy.minCoeff() > std::log(4.0) - 1e-3);
  CHECK(policy.action_size() == 1);
  CHECK(policy.discrete_actions() == 4);
  CHECK(policy.observation_size() == 3);
}

TEST_CASE("a saved categorical policy is the same policy") {
  const TemporaryFolder folder;
  const Policy policy = make();
  save_state(folder / "p", policy);
  Policy loaded = make(8);
  load_state(folder / "p", loaded);
  CHECK(loaded.parameters() == policy.parameters());
}

TEST_CASE("impossible categorical policies and actions are refused") {
  Rng rng;
  Context context;
  CHECK_THROWS_AS(Policy(0, 2, {}, rng), std::invalid_argument);
  CHECK_THROWS_WITH(Policy(1, 1, {}, rng), Catch::Matchers::ContainsSubstring("discrete_actions >= 2, got 1"));
  const Matrix<double> observations = Matrix<double>::Zero(3, 1);
  Vector<double> out(1);
  for (const double bad : {-1.0, 4.0, 1.5, std::nan("")}) {
    CHECK_THROWS_WITH(make().log_prob(observations, Matrix<double>::Constant(1, 1, bad), context, out),
                      Catch::Matchers::ContainsSubstring("CategoricalPolicy: expected an action"));
  }
}

TEST_CASE("a policy for a task has the task's choices, and the parameters that these sizes give") {
  EnvironmentSpec spec{"task", 3, {}, {}, 10, {}, 4};
  Rng rng(4), other(4);
  const CategoricalPolicy<float> policy(spec, {.hidden = {5}}, rng);
  CHECK(policy.observation_size() == 3);
  CHECK(policy.discrete_actions() == 4);
  CHECK(policy.parameters() == CategoricalPolicy<float>(3, 4, {.hidden = {5}}, other).parameters());
  spec.discrete_actions = 0;
  CHECK_THROWS_WITH(CategoricalPolicy<float>(spec, {}, rng), Catch::Matchers::Contains("a task of discrete actions"));
}

namespace {

// three actions at once over observations of a number and a mask of nine
const std::vector<Index> kChoices{3, 2, 4};

struct Kind {
  bool masked, encodes;
};
constexpr std::array<Kind, 3> kKinds{{{false, false}, {true, false}, {true, true}}};

Policy make_several(Kind kind, std::uint64_t seed = 3, std::vector<Index> hidden = {7, 5}) {
  Rng rng(seed);
  CategoricalPolicyOptions options{.hidden = std::move(hidden), .initialization = {.output_gain = 0.7}};
  if (kind.masked) options.mask_row = 1;
  // the number passes by, the mask through three units: rows of a mask are those of observations, not of codes
  if (kind.encodes) options.encoder = {{1, {}}, {9, {3}}};
  Policy policy(10, kChoices, options, rng);
  for (double& parameter : policy.parameters()) parameter += 0.2 * rng.normal();
  return policy;
}

// actions that the mask allows, every set of choices as often as any other; of the last action two at the least, so
// that no policy is certain
Samples masked_samples(Index count) {
  Rng rng(7);
  Samples result{Matrix<double>::Zero(10, count), Matrix<double>(3, count), Vector<double>(count)};
  for (Index n = 0; n < count; ++n) {
    result.observations(0, n) = rng.normal();
    result.weights[n] = rng.normal();
    Index first = 1;
    for (Index i = 0; i < 3; ++i) {
      const Index choices = kChoices[static_cast<std::size_t>(i)];
      std::uint64_t allowed = 1 + rng.below((1U << choices) - 1);
      if (i == 2 && std::has_single_bit(allowed)) allowed |= allowed == 1 ? 2 : 1;
      for (Index k = 0; k < choices; ++k) result.observations(first + k, n) = static_cast<double>((allowed >> k) & 1U);
      do {
        result.actions(i, n) = static_cast<double>(rng.below(static_cast<std::uint64_t>(choices)));
      } while (result.observations(first + static_cast<Index>(result.actions(i, n)), n) == 0);
      first += choices;
    }
  }
  return result;
}

// the probabilities of all 24 triples in one state, each from exponentials and sums over what is allowed
Vector<double> joint(const Policy& policy, const Vector<double>& observation) {
  Policy::Network::Tape<double> tape;
  const Matrix<double> output = policy.network().forward<double>(policy.parameters(), observation, tape);
  Vector<double> raw = output.col(0).array().exp();
  if (policy.mask().is_on()) raw.array() *= observation.tail(9).array();
  Vector<double> table(24);
  for (Index a = 0; a < 3; ++a) {
    for (Index b = 0; b < 2; ++b) {
      for (Index c = 0; c < 4; ++c) {
        table[a * 8 + b * 4 + c] =
            raw[a] / raw.head(3).sum() * raw[3 + b] / raw.segment(3, 2).sum() * raw[5 + c] / raw.tail(4).sum();
      }
    }
  }
  return table;
}

Vector<double> triple(Index at) {
  return Vector<double>{{static_cast<double>(at / 8), static_cast<double>(at / 4 % 2), static_cast<double>(at % 4)}};
}

Index place(const Vector<double>& action) { return static_cast<Index>(action[0] * 8 + action[1] * 4 + action[2]); }

}  // namespace

TEST_CASE("several actions are those of the table of all combinations, with a mask and without") {
  const Index count = 130;
  const Samples data = masked_samples(count);
  Context context({.threads = 2});
  for (const Kind kind : kKinds) {
    const Policy policy = make_several(kind), other = make_several(kind, 11);
    Vector<double> log_probs(count), entropy(count), divergence(count);
    Matrix<double> modes(3, count);
    policy.log_prob(data.observations, data.actions, context, log_probs);
    policy.entropy(data.observations, context, entropy);
    policy.kl_divergence(other, data.observations, context, divergence);
    policy.mode(data.observations, modes, context, 0);
    for (Index n = 0; n < count; ++n) {
      const Vector<double> p = joint(policy, data.observations.col(n)), q = joint(other, data.observations.col(n));
      REQUIRE(p.sum() == Approx(1).epsilon(1e-13));
      double uncertainty = 0, distance = 0;
      for (Index at = 0; at < 24; ++at) {
        if (p[at] == 0) continue;
        uncertainty -= p[at] * std::log(p[at]);
        distance += p[at] * std::log(p[at] / q[at]);
      }
      CHECK(log_probs[n] == Approx(std::log(p[place(data.actions.col(n))])).epsilon(1e-12));
      CHECK(entropy[n] == Approx(uncertainty).epsilon(1e-12).margin(1e-14));
      CHECK(divergence[n] == Approx(distance).epsilon(1e-11).margin(1e-14));
      Index best = 0;
      p.maxCoeff(&best);
      CHECK(modes.col(n) == triple(best));
    }
  }
}

TEST_CASE("the gradients of several actions agree with finite differences, with a mask and without") {
  const Samples data = masked_samples(150);
  for (const Kind kind : kKinds) {
    const Policy policy = make_several(kind), other = make_several(kind, 11);
    check_score_gradient(policy, data.observations, data.actions, data.weights);
    check_compare(policy, other, data.observations, data.actions);
    check_regularization(policy, other, data.observations, data.actions, data.weights);
  }
}

TEST_CASE("the Fisher product of several actions is the Hessian, and the mean over all combinations") {
  const Samples data = masked_samples(9);
  Context context({.threads = 2});
  for (const Kind kind : kKinds) {
    const Policy policy = make_several(kind, 3, {2});
    const Matrix<double> fisher = fisher_matrix(policy, data.observations, context);
    const double scale = fisher.cwiseAbs().maxCoeff();
    CHECK(scale > 0.01);
    CHECK((fisher - divergence_hessian(policy, data.observations, context)).cwiseAbs().maxCoeff() < 5e-5 * scale);
    Matrix<double> outer = Matrix<double>::Zero(fisher.rows(), fisher.cols());
    for (Index n = 0; n < 9; ++n) {
      const Vector<double> p = joint(policy, data.observations.col(n));
      for (Index at = 0; at < 24; ++at) {
        if (p[at] == 0) continue;
        const Vector<double> score =
            weighted_score(policy, data.observations.col(n), triple(at), Vector<double>::Ones(1), context);
        outer += p[at] / 9 * score * score.transpose();
      }
    }
    CHECK((fisher - outer).cwiseAbs().maxCoeff() < 1e-13 * scale);
    // the same from forward passes that were kept
    Policy::Activations kept;
    policy.record(data.observations, context, kept);
    Vector<double> v = Vector<double>::LinSpaced(fisher.rows(), -1, 1), product, again;
    policy.fisher_product(data.observations, v, context, product);
    policy.fisher_product(data.observations, v, context, again, &kept);
    policy.fisher_product(data.observations, v, context, again, &kept);
    CHECK(product == again);
  }
}

TEST_CASE("several actions are drawn as often as the table says, one number each, and never what is forbidden") {
  Context context;
  const Samples data = masked_samples(3);
  const Index count = 20000;
  for (const Kind kind : kKinds) {
    const Policy policy = make_several(kind);
    for (Index state = 0; state < 3; ++state) {
      std::vector<Rng> rngs;
      for (Index n = 0; n < count; ++n) rngs.emplace_back(5, static_cast<std::uint64_t>(n));
      const Matrix<double> observations = data.observations.col(state).replicate(1, count);
      Matrix<double> actions(3, count);
      Vector<double> log_probs(count), again(count);
      policy.sample(observations, rngs, actions, log_probs, context, 0);
      policy.log_prob(observations, actions, context, again);
      CHECK(log_probs == again);
      Rng counted(5, 1);
      for (int i = 0; i < 3; ++i) (void)counted.uniform();
      CHECK(rngs[1] == counted);
      const Vector<double> p = joint(policy, data.observations.col(state));
      Vector<double> seen = Vector<double>::Zero(24);
      for (Index n = 0; n < count; ++n) seen[place(actions.col(n))] += 1;
      double chi_square = 0;
      for (Index at = 0; at < 24; ++at) {
        const double expected = static_cast<double>(count) * p[at];
        if (expected == 0) CHECK(seen[at] == 0);
        else chi_square += (seen[at] - expected) * (seen[at] - expected) / expected;
      }
      // with 23 degrees of freedom at the most a right sampler is above with probability 1e-6
      CHECK(chi_square < 72.1);
    }
  }
}

TEST_CASE("a mask leaves the policy of what is allowed alone, to the last gradient") {
  Context context;
  Rng rng(2);
  const Index count = 20;
  // one action of four, of which the mask leaves the second and the last, beside a policy of just these two
  CategoricalPolicy<double> masked(5, 4, {.hidden = {6}, .initialization = {.output_gain = 1}, .mask_row = 1}, rng);
  CategoricalPolicy<double> two(5, 2, {.hidden = {6}}, rng);
  const std::array<Index, 2> left{1, 3};
  two.parameters().head(36) = masked.parameters().head(36);
  const auto last_layer = [](auto& policy, Index outputs) {
    return Eigen::Map<Matrix<double>>(policy.parameters().data() + 36, outputs, 7);
  };
  for (Index i = 0; i < 2; ++i)
    last_layer(two, 2).row(i) = last_layer(masked, 4).row(left[static_cast<std::size_t>(i)]);
  Matrix<double> observations(5, count), actions(1, count), same(1, count);
  Vector<double> weights(count);
  for (Index n = 0; n < count; ++n) {
    observations.col(n) << rng.normal(), 0, 1, 0, 1;
    same(0, n) = static_cast<double>(n % 2);
    actions(0, n) = static_cast<double>(left[static_cast<std::size_t>(n % 2)]);
    weights[n] = rng.normal();
  }
  Vector<double> a(count), b(count);
  masked.log_prob(observations, actions, context, a);
  two.log_prob(observations, same, context, b);
  CHECK((a - b).cwiseAbs().maxCoeff() < 1e-14);
  masked.entropy(observations, context, a);
  two.entropy(observations, context, b);
  CHECK((a - b).cwiseAbs().maxCoeff() < 1e-14);
  const auto slopes = [&](auto& policy, const Matrix<double>& taken) {
    auto before = policy;
    before.parameters() *= 0.9;
    Vector<double> gradient;
    policy.score_gradient(
        observations, taken,
        [&](Index first, const VectorRef<double>&, VectorRef<double> out) { out = weights.segment(first, out.size()); },
        context, gradient, {.entropy_weight = 3, .kl_weight = 2, .reference = &before});
    return gradient;
  };
  const Vector<double> slope = slopes(masked, actions), expected = slopes(two, same);
  CHECK((slope.head(36) - expected.head(36)).cwiseAbs().maxCoeff() < 1e-12 * expected.norm());
  const Eigen::Map<const Matrix<double>> rows(slope.data() + 36, 4, 7), rows_of_two(expected.data() + 36, 2, 7);
  for (Index i = 0; i < 2; ++i) {
    CHECK((rows.row(left[static_cast<std::size_t>(i)]) - rows_of_two.row(i)).norm() < 1e-12 * expected.norm());
    CHECK(rows.row(2 * i).isZero(0));
  }
  CHECK(expected.norm() > 0.1);
}

TEST_CASE("masked gradients do not depend on the number of threads") {
  const Samples data = masked_samples(1000);
  check_threads(make_several({true, true}), data.observations, data.actions, data.weights);
}

TEST_CASE("masks that allow nothing, and actions that they forbid, are refused in words") {
  Context context;
  const Policy policy = make_several({true, false});
  Samples data = masked_samples(1);
  data.observations.col(0).tail(9) << 1, 0, 1, 1, 1, 0, 0, 1, 1;
  data.actions.col(0) << 1, 0, 2;
  Vector<double> out(1);
  CHECK_THROWS_WITH(policy.log_prob(data.observations, data.actions, context, out),
                    Catch::Matchers::Contains("an action that the observation's mask allows, got 1 0 2"));
  CHECK_THROWS_AS(weighted_score(policy, data.observations, data.actions, data.weights, context),
                  std::invalid_argument);
  data.actions(0, 0) = 2;
  CHECK_NOTHROW(policy.log_prob(data.observations, data.actions, context, out));
  data.observations.col(0).tail(9) << 1, 0, 1, 0, 0, 0, 0, 1, 1;
  CHECK_THROWS_WITH(policy.entropy(data.observations, context, out),
                    Catch::Matchers::Contains("for each action a choice that is allowed"));
  data.observations(1, 0) = 0.3;
  CHECK_THROWS_AS(policy.mode(data.observations, data.actions, context, 0), std::invalid_argument);
  Rng rng;
  CHECK_THROWS_AS(Policy(10, kChoices, {.mask_row = 2}, rng), std::invalid_argument);
  CHECK_THROWS_AS(Policy(10, kChoices, {.encoder = {{10, {20}}}, .mask_row = 2}, rng), std::invalid_argument);
  CHECK_THROWS_WITH(Policy(10, {3, 0}, {}, rng), Catch::Matchers::Contains("choices >= 1, got 0"));
  CHECK_THROWS_AS(Policy(10, std::vector<Index>{}, {}, rng), std::invalid_argument);
}

TEST_CASE("a policy for a task has its actions and its mask") {
  Rng rng(4);
  const Policy policy(Switchboard().spec(), {.hidden = {5}}, rng);
  CHECK(policy.action_size() == 2);
  CHECK(policy.discrete_actions() == 0);
  CHECK(policy.choices()[0] == 3);
  CHECK(policy.choices()[1] == 2);
  CHECK(policy.mask_row() == 1);
  CHECK(policy.with_extra_outputs(1).mask_row() == 1);
  CHECK_FALSE(Policy(Switchboard(false).spec(), {.hidden = {5}, .mask_row = 1}, rng).mask_row());
}
