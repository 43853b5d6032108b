// SPDX-License-Identifier: MIT
#include "vantage/core/shuffle.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"

using namespace vantage;

namespace {

std::vector<Index> take(Shuffle& shuffle, Index count) {
  const auto samples = shuffle.next(count);
  return {samples.begin(), samples.end()};
}

}  // namespace

TEST_CASE("a pass hands out every sample once, each pass in another order") {
  Shuffle shuffle;
  shuffle.begin(60, Rng(3));
  std::vector<std::vector<Index>> passes;
  for (int pass = 0; pass < 3; ++pass) {
    passes.emplace_back();
    for (int part = 0; part < 4; ++part) {
      const std::vector<Index> samples = take(shuffle, 15);
      CHECK(samples.size() == 15);
      passes.back().insert(passes.back().end(), samples.begin(), samples.end());
    }
    const std::set<Index> seen(passes.back().begin(), passes.back().end());
    CHECK(seen.size() == 60);
    CHECK(*seen.begin() == 0);
    CHECK(*seen.rbegin() == 59);
    CHECK_FALSE(std::is_sorted(passes.back().begin(), passes.back().end()));
  }
  CHECK(passes[0] != passes[1]);
  CHECK(passes[1] != passes[2]);
}

TEST_CASE("the order depends on the stream alone, not on what was drawn before") {
  Shuffle used, fresh;
  used.begin(40, Rng(8));
  for (int i = 0; i < 7; ++i) used.next(9);
  used.begin(30, Rng(5));
  fresh.begin(30, Rng(5));
  for (int i = 0; i < 9; ++i) CHECK(take(used, 10) == take(fresh, 10));
  Shuffle other;
  other.begin(30, Rng(6));
  fresh.begin(30, Rng(5));
  CHECK(take(other, 30) != take(fresh, 30));
}

TEST_CASE("a remainder is skipped, another one each pass") {
  Shuffle shuffle;
  shuffle.begin(10, Rng(1));
  std::set<std::set<Index>> remainders;
  std::set<Index> met;
  for (int pass = 0; pass < 20; ++pass) {
    std::set<Index> left{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (int part = 0; part < 2; ++part) {
      for (const Index sample : shuffle.next(4)) CHECK(left.erase(sample) == 1);
    }
    CHECK(left.size() == 2);
    remainders.insert(left);
    met.insert(left.begin(), left.end());
  }
  CHECK(remainders.size() > 5);
  CHECK(met.size() == 10);
}

TEST_CASE("all orders come equally often") {
  // 24 orders of 4 samples, 24 000 passes: 1000 of each, deviation sqrt(1000 23 / 24) = 31. The largest of 24 passes
  // 4.5 deviations with probability 2e-4
  Shuffle shuffle;
  shuffle.begin(4, Rng(11));
  std::vector<int> counts(256, 0);
  for (int pass = 0; pass < 24'000; ++pass) {
    std::size_t code = 0;
    for (const Index sample : shuffle.next(4)) code = 4 * code + static_cast<std::size_t>(sample);
    ++counts[code];
  }
  CHECK(std::count(counts.begin(), counts.end(), 0) == 256 - 24);
  for (const int count : counts) {
    if (count > 0) CHECK(std::abs(count - 1000) < 140);
  }
}

TEST_CASE("more samples than there are, or none, are refused") {
  Shuffle shuffle;
  CHECK_THROWS_AS(shuffle.next(1), std::invalid_argument);
  shuffle.begin(5, Rng(1));
  CHECK_THROWS_AS(shuffle.next(6), std::invalid_argument);
  CHECK_THROWS_AS(shuffle.next(0), std::invalid_argument);
  CHECK_THROWS_AS(shuffle.next(-1), std::invalid_argument);
  CHECK(shuffle.next(5).size() == 5);
}
