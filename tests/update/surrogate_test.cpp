// SPDX-License-Identifier: MIT
#include "vantage/update/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

constexpr double kRange = 0.2;

double objective(double log_ratio, double advantage) {
  const double ratio = std::exp(log_ratio);
  return std::min(ratio * advantage, std::clamp(ratio, 1 - kRange, 1 + kRange) * advantage);
}

template <class S>
struct Grid {
  Vector<S> log_probs, old_log_probs, advantages;
};

// ratios from 1/2 to 2 and advantages of both signs and 0; none on the edge of the range
template <class S>
Grid<S> grid() {
  std::vector<S> log_probs, old_log_probs, advantages;
  for (int i = -35; i <= 35; ++i) {
    for (const double advantage : {-3.0, -0.5, -1e-4, 0.0, 1e-4, 0.5, 3.0}) {
      const double old_log_prob = -1.5 + 0.01 * i;
      log_probs.push_back(static_cast<S>(old_log_prob + i * std::log(2.0) / 35));
      old_log_probs.push_back(static_cast<S>(old_log_prob));
      advantages.push_back(static_cast<S>(advantage));
    }
  }
  const auto size = static_cast<Index>(log_probs.size());
  return {Eigen::Map<Vector<S>>(log_probs.data(), size), Eigen::Map<Vector<S>>(old_log_probs.data(), size),
          Eigen::Map<Vector<S>>(advantages.data(), size)};
}

template <class S>
void check_clipped() {
  const Grid<S> g = grid<S>();
  Vector<S> slopes(g.advantages.size());
  surrogate::Clipped{kRange}(g.log_probs, g.old_log_probs, g.advantages, slopes);
  int gone = 0, pessimistic = 0;
  const double tolerance = 50 * static_cast<double>(std::numeric_limits<S>::epsilon()) + 1e-8;
  for (Index n = 0; n < slopes.size(); ++n) {
    const double log_ratio = static_cast<double>(g.log_probs[n]) - static_cast<double>(g.old_log_probs[n]);
    const double ratio = std::exp(log_ratio);
    const auto advantage = static_cast<double>(g.advantages[n]);
    const auto slope = static_cast<double>(slopes[n]);
    INFO("ratio " << ratio << ", advantage " << advantage << ", slope " << slope);
    const bool is_gone = (advantage > 0 && ratio > 1 + kRange) || (advantage < 0 && ratio < 1 - kRange);
    const bool is_pessimistic = (advantage > 0 && ratio < 1 - kRange) || (advantage < 0 && ratio > 1 + kRange);
    if (advantage != 0) CHECK((slope == 0) == is_gone);
    const double h = 1e-6;
    const double difference = (objective(log_ratio + h, advantage) - objective(log_ratio - h, advantage)) / (2 * h);
    CHECK(slope == Approx(difference).margin(tolerance).epsilon(1e-5));
    // outside the range on the other side a sample keeps its full pull
    if (is_pessimistic) CHECK(slope == Approx(ratio * advantage).epsilon(1e-5));
    gone += is_gone;
    pessimistic += is_pessimistic;
  }
  CHECK(gone > 100);
  CHECK(pessimistic > 100);
}

}  // namespace

TEST_CASE("a clipped sample stops pulling on the side that its advantage asks for, and only there") {
  check_clipped<double>();
  check_clipped<float>();
}

TEST_CASE("the importance-weighted slope is the derivative of the ratio times the advantage") {
  const Grid<double> g = grid<double>();
  Vector<double> slopes(g.advantages.size()), shifted(g.advantages.size());
  surrogate::ImportanceWeighted{}(g.log_probs, g.old_log_probs, g.advantages, slopes);
  const double h = 1e-6;
  for (Index n = 0; n < slopes.size(); ++n) {
    const auto value = [&](double step) {
      return std::exp(g.log_probs[n] + step - g.old_log_probs[n]) * g.advantages[n];
    };
    CHECK(slopes[n] == Approx((value(h) - value(-h)) / (2 * h)).epsilon(1e-7));
  }
  // a range that nothing leaves is no clipping
  surrogate::Clipped{10}(g.log_probs, g.old_log_probs, g.advantages, shifted);
  CHECK(shifted == slopes);
}

TEST_CASE("where the policies are the same all three are the policy gradient") {
  const Vector<double> log_probs = Vector<double>::LinSpaced(9, -5, 2);
  const Vector<double> advantages = Vector<double>::LinSpaced(9, 3, -2);
  Vector<double> slopes(9);
  surrogate::LogLikelihood{}(log_probs, log_probs, advantages, slopes);
  CHECK(slopes == advantages);
  slopes.setZero();
  surrogate::ImportanceWeighted{}(log_probs, log_probs, advantages, slopes);
  CHECK(slopes == advantages);
  slopes.setZero();
  surrogate::Clipped{1e-12}(log_probs, log_probs, advantages, slopes);
  CHECK(slopes == advantages);
}

TEST_CASE("the log likelihood does not look at the old policy") {
  const Grid<double> g = grid<double>();
  Vector<double> slopes(g.advantages.size());
  surrogate::LogLikelihood{}(g.log_probs, g.old_log_probs, g.advantages, slopes);
  CHECK(slopes == g.advantages);
}
