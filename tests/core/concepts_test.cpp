// SPDX-License-Identifier: MIT
#include "vantage/core/concepts.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

// the smallest classes that satisfy each concept
struct TinySpec {
  Index observation_size = 1;
};
struct TinyResult {
  float reward;
  bool terminated;
  bool fault;
};
struct TinyWorld {
  TinySpec tiny;
  const TinySpec& spec() const { return tiny; }
  void reset(Rng&, VectorRef<double>) {}
  TinyResult step(const Vector<double>&, VectorRef<double>) { return {}; }
};
struct TinyState : TinyWorld {
  int state_size() const { return 0; }
  void save_state(VectorRef<double>) const {}
  void load_state(const Vector<double>&) {}
};
struct TinyTerms {
  std::span<const double> reward_terms() const { return {}; }
};
struct TinyModel {
  using Scalar = float;
  Vector<float> theta;
  Vector<float>& parameters() { return theta; }
  const Vector<float>& parameters() const { return theta; }
};
struct NoFault : TinyWorld {
  struct Result {
    double reward;
    bool terminated;
  };
  Result step(const Vector<double>&, VectorRef<double>) { return {}; }
};
struct NotCopied : TinyWorld {
  NotCopied(const NotCopied&) = delete;
};
struct ByValue : TinyModel {
  Vector<float> parameters() { return theta; }
};

struct TinyActor {
  using Scalar = float;
  void sample(ConstMatrixRef<float>, std::span<Rng>, MatrixRef<float>, VectorRef<float>, Context&, Index) const {}
};
struct TinyStochastic : TinyModel, TinyActor {
  using Scalar = float;
  void mode(ConstMatrixRef<float>, MatrixRef<float>, Context&, Index) const {}
  void log_prob(ConstMatrixRef<float>, ConstMatrixRef<float>, Context&, VectorRef<float>) const {}
};
struct TinyDifferentiable : TinyStochastic {
  template <class Weight>
  void score_gradient(ConstMatrixRef<float>, ConstMatrixRef<float>, Weight&&, Context&, Vector<float>&) const {}
  void entropy(ConstMatrixRef<float>, Context&, VectorRef<float>) const {}
  void kl_divergence(const TinyDifferentiable&, ConstMatrixRef<float>, Context&, VectorRef<float>) const {}
  void compare(const TinyDifferentiable&, ConstMatrixRef<float>, ConstMatrixRef<float>, Context&, VectorRef<float>,
               VectorRef<float>, VectorRef<float>) const {}
};
struct TinyFisher : TinyDifferentiable {
  void fisher_product(ConstMatrixRef<float>, const Vector<float>&, Context&, Vector<float>&) const {}
};
struct WritesItself : TinyDifferentiable {
  void fisher_product(ConstMatrixRef<float>, const Vector<float>&, Context&, Vector<float>&) {}
};

}  // namespace

TEST_CASE("the smallest classes satisfy the concepts, and less does not") {
  STATIC_REQUIRE(Environment<TinyWorld>);
  STATIC_REQUIRE(StatefulEnvironment<TinyState>);
  STATIC_REQUIRE(HasRewardTerms<TinyTerms>);
  STATIC_REQUIRE(Parameterised<TinyModel>);
  STATIC_REQUIRE_FALSE(StatefulEnvironment<TinyWorld>);
  STATIC_REQUIRE_FALSE(HasRewardTerms<TinyWorld>);
  STATIC_REQUIRE_FALSE(Environment<NoFault>);
  STATIC_REQUIRE_FALSE(Environment<NotCopied>);
  STATIC_REQUIRE_FALSE(Environment<int>);
  STATIC_REQUIRE_FALSE(Parameterised<ByValue>);
  STATIC_REQUIRE_FALSE(Parameterised<TinyWorld>);
}

TEST_CASE("policies stand on a ladder, and each rung asks for more") {
  STATIC_REQUIRE(Actor<TinyActor>);
  STATIC_REQUIRE(StochasticPolicy<TinyStochastic>);
  STATIC_REQUIRE(DifferentiablePolicy<TinyDifferentiable>);
  STATIC_REQUIRE(FisherPolicy<TinyFisher>);
  STATIC_REQUIRE_FALSE(Actor<TinyModel>);
  STATIC_REQUIRE_FALSE(StochasticPolicy<TinyActor>);
  STATIC_REQUIRE_FALSE(DifferentiablePolicy<TinyStochastic>);
  STATIC_REQUIRE_FALSE(FisherPolicy<TinyDifferentiable>);
  // a policy is not changed by being asked
  STATIC_REQUIRE_FALSE(FisherPolicy<WritesItself>);
}
