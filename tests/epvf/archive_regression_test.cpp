// SPDX-License-Identifier: MIT
#include "vantage/epvf/archive_regression.hpp"

#include "catch.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

PolicyArchive<double> archive_of(Index population, Index generations) {
  PolicyArchive<double> archive(2, {.population = population, .generations = generations});
  Rng rng(3);
  for (Index generation = 0; generation < generations; ++generation) {
    archive.add_population([&](auto&& policies) {
      using Stored = typename std::decay_t<decltype(policies)>::Scalar;
      Vector<double> returns(population);
      for (Index i = 0; i < population; ++i) {
        const double x = rng.normal(), y = rng.normal();
        policies(0, i) = static_cast<Stored>(x);
        policies(1, i) = static_cast<Stored>(y);
        returns[i] = std::exp(x - y);
      }
      return returns;
    });
  }
  return archive;
}

ValueNetwork<double> network() {
  Rng rng(1);
  return {2, {.hidden = {8}}, rng};
}

}  // namespace

TEST_CASE("value steps on a whole archive are those of the regression on transformed returns") {
  auto archive = archive_of(20, 2);
  const ValueRegressionOptions options{.steps = 5, .optimizer = AdamOptions{.learning_rate = 1e-2}};
  for (const ReturnScale scale : {ReturnScale::none, ReturnScale::log, ReturnScale::rank}) {
    Context context;
    ReturnTransform transform(scale);
    transform.fit(archive.returns());
    Vector<double> targets = archive.returns();
    for (double& target : targets) target = transform(target);
    auto value = network(), expected = network();
    ValueRegression<double> update(options), other(options);
    ArchiveRegression<double> regression;
    const ValueReport report = regression(value, archive, transform, update, context);
    const ValueReport plain = other(expected, archive.policies(), targets, context);
    CHECK(value.parameters() == expected.parameters());
    CHECK(report.error_after == plain.error_after);
    CHECK(report.error_after < report.error_before);
  }
}

TEST_CASE("value steps on minibatches draw from the archive, and their errors are those on the newest policies") {
  auto archive = archive_of(20, 3);
  Context context, twin;
  const ReturnTransform transform(ReturnScale::log);
  const ValueRegressionOptions options{.steps = 4, .minibatch = 6};
  ValueRegression<double> update(options), other(options);
  auto value = network(), expected = network();
  ArchiveRegression<double> regression;
  const ValueReport report = regression(value, archive, transform, update, context);
  Matrix<double> policies;
  Vector<double> returns;
  archive.newest(6, policies, returns);
  transform.apply(returns);
  double before = 0, explained = 0;
  other.measure(expected, policies, returns, twin, before, explained);
  CHECK(report.error_before == before);
  CHECK(report.explained_variance == explained);
  for (int step = 0; step < 4; ++step) {
    archive.draw(6, twin.rng(), policies, returns);
    transform.apply(returns);
    other.step(expected, policies, returns, twin);
  }
  CHECK(value.parameters() == expected.parameters());
  CHECK(context.rng() == twin.rng());
  CHECK(report.steps == 4);
}

TEST_CASE("an iteration's steps see as many policies as they draw, and no more than there are") {
  const auto archive = archive_of(20, 3);
  const auto most = [&](Index steps, Index minibatch) {
    return ArchiveRegression<double>::most_policies(archive, {.steps = steps, .minibatch = minibatch});
  };
  CHECK(most(5, 0) == 60);
  CHECK(most(4, 6) == 24);
  CHECK(most(0, 6) == 1);
  CHECK(most(9, 6) == 54);
  CHECK(most(10, 6) == 60);
  CHECK(most(11, 6) == 60);
  CHECK(most(Index{1} << 40, Index{1} << 40) == 60);
}
