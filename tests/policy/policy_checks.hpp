// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_POLICY_POLICY_CHECKS_HPP
#define VANTAGE_TESTS_POLICY_POLICY_CHECKS_HPP

#include <algorithm>
#include <stdexcept>

#include "catch.hpp"
#include "vantage/core/concepts.hpp"

// what holds for every policy, checked against finite differences in double

/// Central difference of objective() with respect to every parameter.
template <class Objective>
vantage::Vector<double> finite_difference(vantage::Vector<double>& parameters, Objective&& objective, double h = 1e-5) {
  vantage::Vector<double> result(parameters.size());
  for (vantage::Index i = 0; i < parameters.size(); ++i) {
    const double kept = parameters[i];
    parameters[i] = kept + h;
    const double up = objective();
    parameters[i] = kept - h;
    const double down = objective();
    parameters[i] = kept;
    result[i] = (up - down) / (2 * h);
  }
  return result;
}

/// sum_n w_n grad log pi(a_n|s_n) for given weights.
template <class P>
vantage::Vector<double> weighted_score(const P& policy, const vantage::Matrix<double>& observations,
                                       const vantage::Matrix<double>& actions, const vantage::Vector<double>& weights,
                                       vantage::Context& context) {
  vantage::Vector<double> log_probs(weights.size()), gradient;
  policy.log_prob(observations, actions, context, log_probs);
  policy.score_gradient(
      observations, actions,
      [&](vantage::Index first, const vantage::VectorRef<double>& fresh, vantage::VectorRef<double> out) {
        if (fresh != log_probs.segment(first, fresh.size())) throw std::logic_error("log-probabilities are not fresh");
        out = weights.segment(first, out.size());
      },
      context, gradient);
  return gradient;
}

template <class P>
void check_score_gradient(P policy, const vantage::Matrix<double>& observations, const vantage::Matrix<double>& actions,
                          const vantage::Vector<double>& weights) {
  vantage::Context context({.threads = 2});
  const vantage::Vector<double> gradient = weighted_score(policy, observations, actions, weights, context);
  REQUIRE(gradient.size() == policy.parameters().size());
  vantage::Vector<double> log_probs(weights.size());
  const vantage::Vector<double> expected = finite_difference(policy.parameters(), [&] {
    policy.log_prob(observations, actions, context, log_probs);
    return weights.dot(log_probs);
  });
  CHECK((gradient - expected).cwiseAbs().maxCoeff() < 1e-6 * gradient.norm());
}

/// compare gives what its three parts give alone, to the bit.
template <class P>
void check_compare(const P& before, const P& after, const vantage::Matrix<double>& observations,
                   const vantage::Matrix<double>& actions) {
  vantage::Context context({.threads = 2});
  const vantage::Index samples = observations.cols();
  vantage::Vector<double> log_probs(samples), kl(samples), entropy(samples), expected(samples);
  before.compare(after, observations, actions, context, log_probs, kl, entropy);
  after.log_prob(observations, actions, context, expected);
  CHECK(log_probs == expected);
  before.kl_divergence(after, observations, context, expected);
  CHECK(kl == expected);
  CHECK(kl.minCoeff() > 0);
  after.entropy(observations, context, expected);
  CHECK(entropy == expected);
}

/// What a regularization adds: the gradients of the summed entropy and of the summed divergence from a reference.
template <class P>
void check_regularization(P policy, const P& reference, const vantage::Matrix<double>& observations,
                          const vantage::Matrix<double>& actions, const vantage::Vector<double>& weights) {
  vantage::Context context({.threads = 2});
  const vantage::Vector<double> score = weighted_score(policy, observations, actions, weights, context);
  const auto extra = [&](double entropy_weight, double kl_weight) {
    vantage::Vector<double> gradient;
    policy.score_gradient(observations, actions,
                          [&](vantage::Index first, const vantage::VectorRef<double>&, vantage::VectorRef<double> out) {
                            out = weights.segment(first, out.size());
                          },
                          context, gradient,
                          {.entropy_weight = entropy_weight, .kl_weight = kl_weight, .reference = &reference});
    return vantage::Vector<double>(gradient - score);
  };
  vantage::Vector<double> out(observations.cols());
  const vantage::Vector<double> entropy_slope = finite_difference(policy.parameters(), [&] {
    policy.entropy(observations, context, out);
    return out.sum();
  });
  const vantage::Vector<double> kl_slope = finite_difference(policy.parameters(), [&] {
    reference.kl_divergence(policy, observations, context, out);
    return out.sum();
  });
  REQUIRE(kl_slope.norm() > 0);
  REQUIRE(entropy_slope.norm() > 0);
  CHECK((extra(0.7, 0) - 0.7 * entropy_slope).cwiseAbs().maxCoeff() < 1e-6 * entropy_slope.norm());
  CHECK((extra(0, 0.3) - 0.3 * kl_slope).cwiseAbs().maxCoeff() < 1e-6 * kl_slope.norm());
  const vantage::Vector<double> both = -0.2 * entropy_slope + 1.5 * kl_slope;
  CHECK((extra(-0.2, 1.5) - both).cwiseAbs().maxCoeff() < 1e-6 * both.norm());
}

/// fisher_product of all unit vectors.
template <class P>
vantage::Matrix<double> fisher_matrix(const P& policy, const vantage::Matrix<double>& observations,
                                      vantage::Context& context) {
  const vantage::Index count = policy.parameters().size();
  vantage::Matrix<double> fisher(count, count);
  vantage::Vector<double> unit, column;
  for (vantage::Index i = 0; i < count; ++i) {
    unit = vantage::Vector<double>::Unit(count, i);
    policy.fisher_product(observations, unit, context, column);
    fisher.col(i) = column;
  }
  return fisher;
}

/// The Hessian of theta' -> mean KL(theta || theta') at theta, by second differences along e_i + e_j and e_i - e_j.
template <class P>
vantage::Matrix<double> divergence_hessian(const P& policy, const vantage::Matrix<double>& observations,
                                           vantage::Context& context, double h = 1e-3) {
  const vantage::Index count = policy.parameters().size();
  P moved = policy;
  vantage::Vector<double> kl(observations.cols());
  const auto divergence = [&](const vantage::Vector<double>& step) {
    moved.parameters() = policy.parameters() + step;
    policy.kl_divergence(moved, observations, context, kl);
    return kl.mean();
  };
  const auto curvature = [&](const vantage::Vector<double>& d) {
    return (divergence(h * d) + divergence(-h * d)) / (h * h);
  };
  vantage::Matrix<double> hessian(count, count);
  for (vantage::Index i = 0; i < count; ++i) {
    for (vantage::Index j = 0; j <= i; ++j) {
      const vantage::Vector<double> a = vantage::Vector<double>::Unit(count, i);
      const vantage::Vector<double> b = vantage::Vector<double>::Unit(count, j);
      hessian(i, j) = hessian(j, i) = (curvature(a + b) - curvature(a - b)) / 4;
    }
  }
  return hessian;
}

/// Neither gradients nor Fisher products depend on the number of threads.
template <class P>
void check_threads(const P& policy, const vantage::Matrix<double>& observations, const vantage::Matrix<double>& actions,
                   const vantage::Vector<double>& weights) {
  vantage::Vector<double> gradient, product, result;
  for (const vantage::Index threads : {1, 2, 3, 5}) {
    vantage::Context context({.threads = threads});
    result = weighted_score(policy, observations, actions, weights, context);
    if (threads == 1) gradient = result;
    CHECK(result == gradient);
    policy.fisher_product(observations, gradient, context, result);
    if (threads == 1) product = result;
    CHECK(result == product);
    CHECK(result.norm() > 0);
  }
}

#endif
