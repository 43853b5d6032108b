// SPDX-License-Identifier: MIT
#include "vantage/epvf/representation.hpp"

#include "catch.hpp"

using namespace vantage;

static_assert(Representation<NoFeatures<float>>);
static_assert(Representation<NoFeatures<double>>);
static_assert(!Representation<double>);

TEST_CASE("NoFeatures shows nothing of any number of policies") {
  const NoFeatures<double> none;
  CHECK(none.feature_size() == 0);
  CHECK(none.weight_count() == 0);

  const Matrix<double> thetas = Matrix<double>::Ones(5, 3);
  Vector<double> weights;
  Rng rng(1);
  NoFeatures<double>::Tape tape;
  none.initialize(weights, rng);
  const FeatureView<double> features = none.features(weights, thetas, tape);
  CHECK(features.rows() == 0);
  CHECK(features.cols() == 3);

  Matrix<double> theta_gradient = Matrix<double>::Constant(5, 3, 7.0);
  none.backward(weights, thetas, tape, features, weights);
  none.backward_to_input(weights, thetas, tape, features, theta_gradient);
  CHECK(theta_gradient == Matrix<double>::Constant(5, 3, 7.0));
}
