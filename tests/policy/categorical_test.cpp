// SPDX-License-Identifier: MIT
#include "vantage/policy/categorical.hpp"

#include <limits>

#include <vector>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

template <class S>
Vector<S> log_softmax(const Vector<S>& logits) {
  Vector<S> result(logits.size());
  categorical::log_softmax(logits, result);
  return result;
}

}  // namespace

TEST_CASE("probabilities are those of the definition and add up to one") {
  const Vector<double> logits{{0.3, -1.2, 2.5, 0}};
  const Vector<double> log_probs = log_softmax(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  for (Index k = 0; k < 4; ++k) CHECK(std::exp(log_probs[k]) == Approx(std::exp(logits[k]) / sum).epsilon(1e-14));
  CHECK(log_probs.array().exp().sum() == Approx(1).epsilon(1e-15));
  // only differences of logits count
  const Vector<double> shifted = logits.array() + 512;
  CHECK((log_softmax(shifted) - log_probs).cwiseAbs().maxCoeff() < 1e-12);
}

TEMPLATE_TEST_CASE("huge logits overflow nowhere", "", float, double) {
  using S = TestType;
  const Vector<S> logits{{S(1e3), S(-1e3), S(0)}};
  const Vector<S> certain = log_softmax(logits);
  CHECK(certain == Vector<S>{{S(0), S(-2000), S(-1000)}});
  CHECK(categorical::entropy(certain) == 0);
  const Vector<S> even = log_softmax(Vector<S>{{S(1e3), S(1e3), S(-1e3)}});
  CHECK(even[0] == Approx(-std::log(2.0)));
  CHECK(categorical::entropy(even) == Approx(std::log(2.0)));
  CHECK(categorical::kl_divergence(certain, even) == Approx(std::log(2.0)));
  CHECK(categorical::kl_divergence(even, certain) == Approx(1000 - std::log(2.0)));
}

TEST_CASE("entropy and divergence are the sums they stand for") {
  const Vector<double> p = log_softmax(Vector<double>{{0.3, -1.2, 2.5, 0}});
  const Vector<double> q = log_softmax(Vector<double>{{-0.4, 0.1, 1, 0.7}});
  double entropy = 0;
  double divergence = 0;
  for (Index k = 0; k < 4; ++k) {
    entropy += std::exp(p[k]) * std::log(1 / std::exp(p[k]));
    divergence += std::exp(p[k]) * std::log(std::exp(p[k]) / std::exp(q[k]));
  }
  CHECK(categorical::entropy(p) == Approx(entropy).epsilon(1e-13));
  CHECK(categorical::kl_divergence(p, q) == Approx(divergence).epsilon(1e-13));
  CHECK(categorical::kl_divergence(p, p) == 0);
  CHECK(categorical::entropy(log_softmax<double>(Vector<double>::Constant(5, 3.0))) == Approx(std::log(5.0)));
}

TEST_CASE("a draw is the inverse of the distribution function") {
  Vector<double> log_probs = Vector<double>{{0.25, 0, 0.5, 0.25}}.array().log();
  CHECK(categorical::sample(log_probs, 0) == 0);
  CHECK(categorical::sample(log_probs, 0.2499) == 0);
  CHECK(categorical::sample(log_probs, 0.2501) == 2);
  CHECK(categorical::sample(log_probs, 0.7499) == 2);
  CHECK(categorical::sample(log_probs, 0.7501) == 3);
  CHECK(categorical::sample(log_probs, 1 - 0x1.0p-53) == 3);
  // where rounding leaves a gap, the draw is one that has a probability; numbers that are none give an action too
  const Vector<double> gap = Vector<double>{{0.2, 0.7999, 0}}.array().log();
  CHECK(categorical::sample(gap, 0.99995) == 1);
  CHECK(categorical::sample(Vector<double>{{std::nan(""), std::nan("")}}, 0.5) == 0);
  // an action without probability at the start is not drawn at 0 either
  CHECK(categorical::sample(Vector<double>{{-std::numeric_limits<double>::infinity(), 0}}, 0) == 1);
}

TEST_CASE("the mode is the first of the largest") {
  CHECK(categorical::mode(Vector<double>{{1, 3, 2}}) == 1);
  CHECK(categorical::mode(Vector<double>{{3, 1, 3}}) == 0);
  CHECK(categorical::mode(Vector<float>{{-1}}) == 0);
}

TEST_CASE("a logit of minus infinity takes its entry out") {
  const double none = -std::numeric_limits<double>::infinity();
  const Vector<double> some{{none, 1, none, 2, 0.5}}, others{{1, 2, 0.5}}, more{{none, -1, none, 3, 0}};
  const Vector<double> p = log_softmax<double>(some), q = log_softmax<double>(others);
  CHECK(p == Vector<double>{{none, q[0], none, q[1], q[2]}});
  CHECK(categorical::entropy(p) == categorical::entropy(q));
  const Vector<double> r = log_softmax<double>(Vector<double>{{-1, 3, 0}});
  CHECK(categorical::kl_divergence(p, log_softmax<double>(more)) == categorical::kl_divergence(q, r));
  CHECK(categorical::kl_divergence(p, p) == 0);
  // what is certain for one and impossible for the other
  CHECK(categorical::kl_divergence(log_softmax<double>(Vector<double>{{1, 2}}),
                                   log_softmax<double>(Vector<double>{{1, none}})) ==
        std::numeric_limits<double>::infinity());
  CHECK(categorical::mode(some) == 3);
  Vector<Index> drawn = Vector<Index>::Zero(5);
  for (int i = 0; i < 1000; ++i) ++drawn[categorical::sample(p, i / 1000.0)];
  CHECK(drawn[0] + drawn[2] == 0);
  CHECK(drawn[3] == Approx(1000 * std::exp(q[1])).margin(2));
  // what is no number stays none
  const Vector<double> broken = log_softmax<double>(Vector<double>{{std::nan(""), 1}});
  CHECK(std::isnan(categorical::entropy(broken)));
  CHECK(std::isnan(categorical::kl_divergence(broken, broken)));
}

TEST_CASE("several distributions have a mode each, the first of the largest scores") {
  Matrix<double> scores(5, 2);
  scores << 1, 4,  //
      3, 4,        //
      0, -1,       //
      2, 7,        //
      2, 8;
  Matrix<float> modes(2, 2);
  categorical::modes(scores, std::vector<Index>{2, 3}, modes);
  CHECK(modes == (Matrix<float>(2, 2) << 1, 0, 1, 2).finished());
}
