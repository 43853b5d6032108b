// SPDX-License-Identifier: MIT
#include "vantage/value/held_out_samples.hpp"

#include <set>

#include "catch.hpp"

using namespace vantage;

namespace {

// targets that name their column
struct Numbered {
  Matrix<double> inputs;
  Vector<double> targets;
};

Numbered numbered(Index count) {
  Numbered result{Matrix<double>(2, count), Vector<double>::LinSpaced(count, 0, static_cast<double>(count - 1))};
  result.inputs.row(0) = result.targets.transpose();
  result.inputs.row(1) = -2 * result.targets.transpose();
  return result;
}

// both parts hold each column once, in order, with its own target
void check_parts(const HeldOutSamples<double>& samples, Index count) {
  std::set<double> seen;
  const auto check = [&](const Matrix<double>& inputs, const Vector<double>& targets) {
    REQUIRE(inputs.cols() == targets.size());
    CHECK(inputs.row(0) == targets.transpose());
    CHECK(inputs.row(1) == -2 * targets.transpose());
    CHECK(std::is_sorted(targets.begin(), targets.end()));
    seen.insert(targets.begin(), targets.end());
  };
  check(samples.inputs(), samples.targets());
  check(samples.held_out_inputs(), samples.held_out_targets());
  CHECK(static_cast<Index>(seen.size()) == count);
  CHECK(samples.targets().size() + samples.held_out_targets().size() == count);
  CHECK(samples.held_out_targets().size() == samples.count(count));
}

}  // namespace

TEST_CASE("whole environments are held out, each as often as another") {
  const Numbered all = numbered(40);
  HeldOutSamples<double> samples({.share = 0.4, .environments = 5});
  Vector<double> times = Vector<double>::Zero(5);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    samples.split(all.inputs, all.targets, Rng(seed));
    if (seed < 10) check_parts(samples, 40);
    std::set<Index> environments;
    for (const double n : samples.held_out_targets()) environments.insert(static_cast<Index>(n) % 5);
    CHECK(environments.size() == 2);
    for (const Index e : environments) times[e] += 1;
  }
  // binomial: 400 +- 15.5, five of them within 4 deviations but once in 3,000 seeds
  CHECK((times.array() - 400).abs().maxCoeff() < 62);
}

TEST_CASE("without a number of environments a run of columns is held out, wherever it lies") {
  const Numbered all = numbered(30);
  HeldOutSamples<double> samples({.share = 0.1});
  std::set<double> firsts;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    samples.split(all.inputs, all.targets, Rng(seed));
    if (seed < 10) check_parts(samples, 30);
    REQUIRE(samples.held_out_targets().size() == 3);
    CHECK(samples.held_out_targets()[2] == samples.held_out_targets()[0] + 2);
    firsts.insert(samples.held_out_targets()[0]);
  }
  CHECK(firsts.size() == 28);
}

TEST_CASE("the held-out share is rounded, and leaves something on both sides") {
  CHECK(HeldOutSamples<double>({.share = 0.1}).count(2048) == 205);
  CHECK(HeldOutSamples<double>({.share = 0.001}).count(20) == 1);
  CHECK(HeldOutSamples<double>({.share = 0.99}).count(2) == 1);
  CHECK(HeldOutSamples<double>({.share = 0.1, .environments = 16}).count(2048) == 256);
  CHECK(HeldOutSamples<double>({.share = 0.99, .environments = 4}).count(40) == 30);
}

TEST_CASE("samples that cannot be parted are refused") {
  for (const double share : {0.0, 1.0, -0.1, std::nan("")}) {
    CHECK_THROWS_AS(HeldOutSamples<double>({.share = share}), std::invalid_argument);
  }
  CHECK_THROWS_AS(HeldOutSamples<double>({.environments = 1}), std::invalid_argument);
  CHECK_THROWS_AS(HeldOutSamples<double>({.environments = -2}), std::invalid_argument);
  const Numbered all = numbered(10);
  HeldOutSamples<double> samples({.environments = 3});
  CHECK_THROWS_WITH(samples.split(all.inputs, all.targets, Rng(1)),
                    "HeldOutSamples: expected as many samples of each environment, got 10");
  CHECK_THROWS_AS(samples.split(all.inputs, all.targets.head(9), Rng(1)), std::invalid_argument);
  CHECK_THROWS_AS(HeldOutSamples<double>().split(all.inputs.leftCols(1), all.targets.head(1), Rng(1)),
                  std::invalid_argument);
}
