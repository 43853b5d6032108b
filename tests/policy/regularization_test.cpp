// SPDX-License-Identifier: MIT
#include "vantage/policy/regularization.hpp"

#include "catch.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

namespace {

// the gradients with and without a regularization, on 300 random samples
template <class P>
struct Setup {
  using S = typename P::Scalar;
  Context context{{.threads = 2}};
  Matrix<S> observations{3, 300};
  Matrix<S> actions{1, 300};
  Vector<S> weights{300};

  Setup() {
    Rng rng(1);
    for (S& x : observations.reshaped()) x = static_cast<S>(rng.normal());
    for (S& a : actions.reshaped()) a = static_cast<S>(rng.below(2));
    for (S& w : weights) w = static_cast<S>(rng.normal());
  }

  Vector<S> gradient(const P& policy, const Regularization<P>& regularization) {
    Vector<S> result;
    policy.score_gradient(
        observations, actions,
        [&](Index first, const VectorRef<S>&, VectorRef<S> out) { out = weights.segment(first, out.size()); }, context,
        result, regularization);
    return result;
  }
};

template <class P>
P random_policy(Index actions, std::uint64_t seed) {
  Rng rng(seed);
  P policy(3, actions, {.hidden = {5}}, rng);
  for (auto& x : policy.parameters()) x = static_cast<typename P::Scalar>(0.5 * rng.normal());
  return policy;
}

template <class P>
void check(Index actions) {
  Setup<P> setup;
  const P policy = random_policy<P>(actions, 2);
  const P other = random_policy<P>(actions, 3);
  const auto plain = setup.gradient(policy, {});
  REQUIRE(plain.norm() > 0);

  // weights of zero add nothing, whatever else is said, and no reference is asked for
  CHECK(setup.gradient(policy, {.entropy_weight = 0, .kl_weight = 0, .reference = nullptr}) == plain);
  CHECK(setup.gradient(policy, {.entropy_weight = 0, .kl_weight = 0, .reference = &other}) == plain);
  CHECK(setup.gradient(policy, {.entropy_weight = 0.5, .reference = nullptr}) != plain);

  // a policy is as far from itself as it can be near: the divergence has no slope there
  const auto itself = setup.gradient(policy, {.kl_weight = 100, .reference = &policy});
  CHECK((itself - plain).norm() < 1e-12 * plain.norm());
  CHECK((setup.gradient(policy, {.kl_weight = 100, .reference = &other}) - plain).norm() > plain.norm());

  // a step along the entropy's slope raises it, one against the divergence's slope lowers it
  setup.weights.setZero();
  const auto mean = [](const Vector<double>& x) { return x.mean(); };
  Vector<double> before(300), after(300);
  P moved = policy;
  moved.parameters() += 1e-5 * setup.gradient(policy, {.entropy_weight = 1});
  policy.entropy(setup.observations, setup.context, before);
  moved.entropy(setup.observations, setup.context, after);
  CHECK(mean(after) > mean(before));
  moved = policy;
  moved.parameters() -= 1e-5 * setup.gradient(policy, {.kl_weight = 1, .reference = &other});
  other.kl_divergence(policy, setup.observations, setup.context, before);
  other.kl_divergence(moved, setup.observations, setup.context, after);
  CHECK(mean(after) < mean(before));
}

}  // namespace

TEST_CASE("a regularization adds what its weights say to a Gaussian's gradient") { check<GaussianPolicy<double>>(1); }

TEST_CASE("a regularization adds what its weights say to a categorical's gradient") {
  check<CategoricalPolicy<double>>(2);
}
