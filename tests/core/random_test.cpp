// SPDX-License-Identifier: MIT
#include "vantage/core/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the generator is xoshiro256++") {
  // the first number from the words 1, 2, 3, 4 by hand: rotl(1 + 4, 23) + 1; the second from the words after one step
  Rng rng;
  rng.set_state({1, 2, 3, 4, 0, 0});
  CHECK(rng() == 41943041);
  CHECK(rng() == 58720359);
  CHECK(rng() == 3588806011781223);
  CHECK(rng() == 3591011842654386);
}

TEST_CASE("a stream is its seed, its stream number and its state") {
  Rng a(3, 5);
  Rng b(3, 5);
  for (int i = 0; i < 10; ++i) CHECK(a() == b());
  static_cast<void>(a.normal());
  Rng copy(99);
  copy.set_state(a.state());
  // the kept second normal travels with the state
  CHECK(copy.normal() == a.normal());
  CHECK(copy == a);

  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (std::uint64_t stream = 0; stream < 50; ++stream) first.insert(Rng(seed, stream)());
  }
  CHECK(first.size() == 2500);
}

TEST_CASE("no two consumers draw the same numbers") {
  constexpr auto kPurposes = static_cast<std::uint64_t>(StreamPurpose::closed_loop) + 1;
  const std::uint64_t far = std::uint64_t{1} << 63;
  std::set<std::uint64_t> numbers;
  std::size_t drawn = 0;
  const auto draw = [&](Rng rng) {
    for (int i = 0; i < 8; ++i, ++drawn) numbers.insert(rng());
  };
  for (const unsigned seed : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 1'000'003U, 1'000'004U}) {
    for (const std::uint64_t high : {std::uint64_t{0}, far}) {
      for (std::uint64_t index = 0; index < 20; ++index) {
        for (std::uint64_t i = 0; i < kPurposes; ++i) draw(Rng(seed + high, static_cast<StreamPurpose>(i), index));
        draw(Rng(seed + high, index));
        // the streams of a seed that was derived
        draw(Rng(Rng::derive_seed(seed + high, StreamPurpose::periodic_evaluation, index), StreamPurpose::evaluation));
      }
    }
  }
  CHECK(drawn == 11 * 2 * 20 * (kPurposes + 2) * 8);
  CHECK(numbers.size() == drawn);
  CHECK(Rng(3, StreamPurpose::environment, 5) == Rng(3, StreamPurpose::environment, 5));
}

TEST_CASE("neighbouring streams are not correlated") {
  const int count = 20000;
  double sum = 0, purposes = 0, indices = 0;
  for (int i = 0; i < count; ++i) {
    const auto stream = static_cast<std::uint64_t>(i);
    sum += Rng(1, stream).normal() * Rng(1, stream + 1).normal();
    purposes += Rng(1, StreamPurpose::learner, stream).normal() * Rng(1, StreamPurpose::environment, stream).normal();
    indices += Rng(stream, StreamPurpose::learner).normal() * Rng(stream + 1, StreamPurpose::learner).normal();
  }
  CHECK(std::abs(sum / count) < 5 / std::sqrt(count));
  CHECK(std::abs(purposes / count) < 5 / std::sqrt(count));
  CHECK(std::abs(indices / count) < 5 / std::sqrt(count));
}

TEST_CASE("moments of the uniform and the normal") {
  Rng rng(4);
  const int count = 200000;
  double uniform_sum = 0;
  double smallest = 1;
  double largest = 0;
  std::array<double, 4> normal{};
  int beyond = 0;
  for (int i = 0; i < count; ++i) {
    const double u = rng.uniform();
    uniform_sum += u;
    smallest = std::min(smallest, u);
    largest = std::max(largest, u);
    const double x = rng.normal();
    for (std::size_t k = 0; k < 4; ++k) normal[k] += std::pow(x, static_cast<double>(k + 1)) / count;
    beyond += std::abs(x) > 2 ? 1 : 0;
  }
  const double root = std::sqrt(count);
  CHECK(smallest >= 0);
  CHECK(largest < 1);
  CHECK(smallest < 1e-4);
  CHECK(largest > 1 - 1e-4);
  // five standard errors: of the moments 0, 1, 0, 3 with variances 1, 2, 15, 96
  CHECK(std::abs(uniform_sum / count - 0.5) < 5 * std::sqrt(1.0 / 12) / root);
  CHECK(std::abs(normal[0]) < 5 / root);
  CHECK(std::abs(normal[1] - 1) < 5 * std::sqrt(2) / root);
  CHECK(std::abs(normal[2]) < 5 * std::sqrt(15) / root);
  CHECK(std::abs(normal[3] - 3) < 5 * std::sqrt(96) / root);
  const double share = std::erfc(std::sqrt(2));
  CHECK(std::abs(static_cast<double>(beyond) / count - share) < 5 * std::sqrt(share) / root);
  CHECK(rng.uniform(2, 2) == 2);
  for (int i = 0; i < 100; ++i) {
    const double u = rng.uniform(-3, -1);
    CHECK((u >= -3 && u < -1));
  }
}

TEST_CASE("below is uniform") {
  Rng rng(6);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) ++counts[static_cast<std::size_t>(rng.below(7))];
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
  // 99.99 % of the chi-square distribution with 6 degrees of freedom
  CHECK(chi_square < 27.9);
  CHECK(rng.below(1) == 0);
  // three quarters of the range: without rejection the lower third would come twice as often
  const std::uint64_t count = std::uint64_t{3} << 62;
  int low = 0;
  for (int i = 0; i < 3000; ++i) low += rng.below(count) < (std::uint64_t{1} << 62) ? 1 : 0;
  CHECK(std::abs(low - 1000) < 5 * std::sqrt(3000 * 2.0 / 9));
}
