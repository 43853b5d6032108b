// SPDX-License-Identifier: MIT
#include "vantage/epvf/linear_value.hpp"

#include <Eigen/Cholesky>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;

namespace {

Matrix<double> normal_matrix(Index rows, Index columns, std::uint64_t seed) {
  Rng rng(seed);
  Matrix<double> result(rows, columns);
  for (double& entry : result.reshaped()) entry = rng.normal();
  return result;
}

}  // namespace

TEST_CASE("the plane is the ridge fit, for more and for fewer policies than parameters") {
  for (const Index policies : {1, 7, 20, 300}) {
    Context context({.threads = 2});
    const Matrix<double> thetas = 0.3 * normal_matrix(20, policies, 1).array() + 2;
    const Vector<double> returns = 5 * normal_matrix(policies, 1, 2).array() + 100;
    LinearValue<double> plane;
    plane.fit(thetas, returns, context);
    // normal equations, solved at once
    const Vector<double> centre = thetas.rowwise().mean();
    const Matrix<double> moved = thetas.colwise() - centre;
    const double lambda = moved.colwise().squaredNorm().mean();
    Matrix<double> normal = moved * moved.transpose();
    normal.diagonal().array() += lambda;
    const Vector<double> right = moved * (returns.array() - returns.mean()).matrix();
    const Vector<double> slope = policies == 1 ? Vector<double>::Zero(20) : Vector<double>(normal.ldlt().solve(right));
    CHECK((plane.slope() - slope).norm() <= 2e-4 * slope.norm());
    CHECK(plane.mean() == Approx(returns.mean()));
    Vector<double> values(policies);
    plane.predict(thetas, context, values);
    const Vector<double> expected = (moved.transpose() * plane.slope()).array() + returns.mean();
    CHECK((values - expected).norm() < 1e-9);
  }
}

TEST_CASE("the plane finds a linear function again, the better the more policies it sees") {
  Context context;
  const Vector<float> slope{{3, -1, 0.5F}};
  double last = 1;
  for (const Index policies : {10, 100, 10'000}) {
    const Matrix<float> thetas = normal_matrix(3, policies, 3).cast<float>();
    const Vector<float> returns = (thetas.transpose() * slope).array() + 7;
    LinearValue<float> plane;
    plane.fit(thetas, returns, context);
    const double miss = static_cast<double>((plane.slope() - slope).norm() / slope.norm());
    CHECK(miss < last);
    last = miss;
  }
  CHECK(last < 1e-3);
}

TEST_CASE("policies far from zero are fitted in single precision too") {
  Context context;
  const Matrix<float> thetas = (0.05 * normal_matrix(20, 300, 6).array() + 10).cast<float>();
  // large returns too, whose mean single precision rounds
  for (const double mean : {0.0, 1000.0}) {
    const Vector<float> returns = (normal_matrix(300, 1, 7).array() + mean).cast<float>();
    LinearValue<float> plane;
    LinearValue<double> exact;
    plane.fit(thetas, returns, context);
    exact.fit(thetas.cast<double>(), returns.cast<double>(), context);
    CHECK((plane.slope().cast<double>() - exact.slope()).norm() < 0.01 * exact.slope().norm());
  }
}

TEST_CASE("a plane has the same bits with any number of threads, and comes back from a file") {
  const TemporaryFolder folder;
  const Matrix<float> thetas = normal_matrix(30, 700, 4).cast<float>();
  const Vector<float> returns = normal_matrix(700, 1, 5).cast<float>();
  LinearValue<float> first, again;
  Vector<float> values(700), other_values(700);
  for (const Index threads : {1, 2, 3}) {
    Context context({.threads = threads});
    LinearValue<float>& plane = threads == 1 ? first : again;
    plane.fit(thetas, returns, context);
    CHECK(plane.slope() == first.slope());
  }
  Context context;
  save_state(folder.path() / "plane.safetensors", first);
  LinearValue<float> loaded;
  CHECK_FALSE(loaded.is_fitted());
  loaded.predict(thetas, context, values);
  CHECK(values == Vector<float>::Zero(700));
  load_state(folder.path() / "plane.safetensors", loaded);
  CHECK(loaded.is_fitted());
  first.predict(thetas, context, values);
  loaded.predict(thetas, context, other_values);
  CHECK(values == other_values);
}

TEST_CASE("a plane wants a return for each policy") {
  Context context;
  LinearValue<double> plane;
  CHECK_THROWS_AS(plane.fit(Matrix<double>(3, 2), Vector<double>(3), context), std::invalid_argument);
  CHECK_THROWS_AS(plane.fit(Matrix<double>(3, 0), Vector<double>(0), context), std::invalid_argument);
}
