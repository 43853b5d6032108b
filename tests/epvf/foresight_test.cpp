// SPDX-License-Identifier: MIT
#include "vantage/epvf/foresight.hpp"

#include <cmath>

#include "catch.hpp"

using namespace vantage;

namespace {

const Vector<double> kSlope{{2, -1, 0.5}};

// F(theta) = s . theta - curvature |theta|^2 / 2, whose gradient at zero is s
struct Hill {
  using Scalar = double;
  double curvature = 0;
  Vector<double> slope = kSlope;

  void predict(ConstMatrixRef<double> thetas, Context&, VectorRef<double> values) const {
    values = thetas.transpose() * slope - 0.5 * curvature * thetas.colwise().squaredNorm().transpose();
  }
  double input_gradient(ConstVectorRef<double> theta, Context&, VectorRef<double> gradient) const {
    gradient = slope - curvature * theta;
    return slope.dot(theta) - 0.5 * curvature * theta.squaredNorm();
  }
};

// populations around zero that return what the hill is high
struct Played {
  Context context;
  Perturbation<double> noise{PerturbationOptions{
      .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.5, .antithetic = true}};
  PolicyArchive<double> archive;
  Foresight<double> foresight;
  ForesightReport report;
  ReturnTransform transform;

  explicit Played(Index population, Index generations = 1, bool half = false)
      : archive(3, {.population = population, .generations = generations, .half_precision = half}) {}

  void play(const Hill& hill) {
    archive.add_population([&](auto&& policies) {
      noise(Vector<double>::Zero(3), {.bound = 0}, context, policies);
      const Matrix<double> full = policies.template cast<double>();
      Vector<double> returns(full.cols());
      hill.predict(full, context, returns);
      return returns;
    });
  }
};

}  // namespace

TEST_CASE("a value that knows all foresees all, and one that knows the contrary the contrary") {
  for (const bool half : {false, true}) {
    Played played(64, 1, half);
    played.play({});
    played.foresight.look(Hill{}, played.archive, played.transform, played.context, played.report);
    CHECK(played.report.explained_variance == Approx(1).epsilon(1e-12));
    CHECK(played.report.rank_correlation == Approx(1));
    CHECK(std::isnan(played.report.linear_explained_variance));
    CHECK(std::isnan(played.report.linear_rank_correlation));
    // -F misses by 2 F, four times the variance
    played.foresight.look(Hill{.slope = -kSlope}, played.archive, played.transform, played.context, played.report);
    CHECK(played.report.explained_variance == Approx(-3).epsilon(1e-12));
    CHECK(played.report.rank_correlation == Approx(-1));
    // an offset explains as much, half the height three quarters
    played.foresight.look(Hill{.slope = 0.5 * kSlope}, played.archive, played.transform, played.context, played.report);
    CHECK(played.report.explained_variance == Approx(0.75).epsilon(1e-12));
    // ranks are the same after any monotone change of the returns
    played.transform = ReturnTransform(ReturnScale::log);
    played.foresight.look(Hill{}, played.archive, played.transform, played.context, played.report);
    CHECK(played.report.rank_correlation == Approx(1));
    CHECK(played.report.explained_variance < 0.999);
  }
}

TEST_CASE("the plane foresees what is linear of a quadratic objective") {
  // with v the noise's variance, var(s . theta) = v |s|^2 and var(c |theta|^2 / 2) = 3 c^2 v^2 / 2
  for (const double curvature : {0.0, 4.0}) {
    Played played(20'000, 2);
    played.noise =
        Perturbation<double>({.shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.5});
    const Hill hill{.curvature = curvature};
    played.play(hill);
    played.foresight.fit(played.archive, played.archive.size(), played.transform, played.context);
    played.play(hill);
    played.foresight.look(hill, played.archive, played.transform, played.context, played.report);
    const double linear = 0.25 * kSlope.squaredNorm(), rest = 1.5 * curvature * curvature * 0.0625;
    // 20,000 policies: its deviation is below 0.01
    CHECK(played.report.linear_explained_variance == Approx(linear / (linear + rest)).margin(0.03));
    CHECK(played.report.linear_rank_correlation > (curvature == 0 ? 0.9999 : 0.7));
    CHECK(played.report.explained_variance == Approx(1));
  }
}

TEST_CASE("the plane is fitted to the newest policies, and none of those to come") {
  Played played(50, 2);
  played.play({});
  played.play({.slope = -kSlope});
  played.foresight.fit(played.archive, 50, played.transform, played.context);
  CHECK(played.foresight.linear().slope().dot(kSlope) < 0);
  played.play({});
  played.foresight.look(Hill{}, played.archive, played.transform, played.context, played.report);
  CHECK(played.report.linear_rank_correlation == Approx(-1).margin(0.01));
  // of all of them
  played.foresight.fit(played.archive, 100, played.transform, played.context);
  CHECK(std::abs(played.foresight.linear().slope().dot(kSlope)) < 0.5 * kSlope.squaredNorm());
}

TEST_CASE("the cosine of slopes is that of the value's and the population's gradient at the centre") {
  Played played(2000);
  const Hill hill{.curvature = 2};
  played.play(hill);
  const Vector<double> centre = Vector<double>::Zero(3);
  const auto cosine = [&](const Hill& value) {
    played.foresight.compare_slopes(value, centre, played.noise, played.archive, played.transform, played.context,
                                    played.report);
    return played.report.slope_cosine;
  };
  // a thousand pairs: the estimate's angle to the gradient is about sqrt(2 / 1000)
  CHECK(cosine(hill) > 0.99);
  CHECK(cosine({.slope = -kSlope}) < -0.99);
  CHECK(std::abs(cosine({.slope = Vector<double>{{1, 2, 0}}})) < 0.15);
  // half of the way between the gradient and what is at right angles to it
  const Vector<double> across{{1, 2, 0}};
  CHECK(cosine({.slope = kSlope.normalized() + across.normalized()}) == Approx(std::sqrt(0.5)).margin(0.1));
}

TEST_CASE("nothing is told of one policy, or where all return the same") {
  Played one(1), flat(8);
  one.noise = Perturbation<double>();
  one.play({});
  flat.play({.slope = Vector<double>::Zero(3)});
  for (Played* played : {&one, &flat}) {
    played->foresight.look(Hill{}, played->archive, played->transform, played->context, played->report);
    CHECK(std::isnan(played->report.explained_variance));
    CHECK(std::isnan(played->report.rank_correlation));
    played->foresight.compare_slopes(Hill{}, Vector<double>::Zero(3), played->noise, played->archive, played->transform,
                                     played->context, played->report);
    CHECK(std::isnan(played->report.slope_cosine));
  }
}
