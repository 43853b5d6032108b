// SPDX-License-Identifier: MIT
#include "vantage/epvf/policy_history.hpp"

#include <filesystem>
#include <set>
#include <stdexcept>

#include "catch.hpp"

namespace {

using namespace vantage;

// policy number i: parameters (i, -i), samples 100 i + 0 .. N - 1 with themselves as targets
void add(PolicyHistory<float>& history, int i, Index samples, std::uint64_t seed = 1) {
  Vector<float> policy(2), targets(samples);
  policy << static_cast<float>(i), static_cast<float>(-i);
  Matrix<float> inputs(1, samples);
  for (Index n = 0; n < samples; ++n) inputs(0, n) = targets[n] = static_cast<float>(100 * i + n);
  history.add(policy, inputs, targets, Rng(seed));
}

TEST_CASE("the last policies are kept, the newest first") {
  PolicyHistory<float> history({.policies = 3, .samples = 4});
  CHECK(history.size() == 0);
  CHECK(history.samples() == 0);
  for (int i = 1; i <= 7; ++i) {
    add(history, i, 4);
    REQUIRE(history.size() == std::min(i, 3));
    REQUIRE(history.samples() == 4);
    for (Index age = 1; age <= history.size(); ++age) {
      const auto number = static_cast<float>(i - age + 1);
      CHECK(history.policy(age) == Vector<float>{{number, -number}});
      CHECK(history.inputs(age)(0, 2) == 100 * number + 2);
      CHECK(history.targets(age)[3] == 100 * number + 3);
    }
  }
}

TEST_CASE("of more samples so many are drawn, none twice, each with its target") {
  PolicyHistory<float> history({.policies = 2, .samples = 5});
  std::set<float> ever;
  for (int i = 1; i <= 40; ++i) {
    add(history, 3, 8, static_cast<std::uint64_t>(i));
    REQUIRE(history.samples() == 5);
    std::set<float> now;
    for (Index n = 0; n < 5; ++n) {
      CHECK(history.inputs(1)(0, n) == history.targets(1)[n]);
      now.insert(history.targets(1)[n]);
    }
    CHECK(now.size() == 5);
    CHECK(*now.begin() >= 300);
    CHECK(*now.rbegin() < 308);
    ever.insert(now.begin(), now.end());
  }
  // each of 8 is missed by one draw with probability 3/8: all 40 times with 1e-17
  CHECK(ever.size() == 8);
}

TEST_CASE("the last policy is forgotten, another is not") {
  PolicyHistory<float> history({.policies = 3, .samples = 2});
  const Vector<float> four{{4, -4}}, two{{2, -2}};
  history.forget(four);
  for (int i = 1; i <= 4; ++i) add(history, i, 2);
  history.forget(two);
  CHECK(history.size() == 3);
  history.forget(four);
  REQUIRE(history.size() == 2);
  CHECK(history.policy(1)[0] == 3);
  CHECK(history.policy(2)[0] == 2);
  add(history, 9, 2);
  REQUIRE(history.size() == 3);
  CHECK(history.policy(1)[0] == 9);
  CHECK(history.policy(3)[0] == 2);
}

TEST_CASE("a history comes back from a file, and one of other sizes does not") {
  const auto path = std::filesystem::temp_directory_path() / "vantage_policy_history_test.safetensors";
  PolicyHistory<float> history({.policies = 3, .samples = 2});
  for (const int count : {0, 2, 5}) {
    for (int i = 1; i <= count; ++i) add(history, i, 6);
    save_state(path, history);
    PolicyHistory<float> other({.policies = 3, .samples = 2});
    add(other, 77, 3);
    load_state(path, other);
    REQUIRE(other.size() == history.size());
    add(history, 8, 6, 5);
    add(other, 8, 6, 5);
    REQUIRE(other.size() == history.size());
    for (Index age = 1; age <= history.size(); ++age) {
      CHECK(other.policy(age) == history.policy(age));
      CHECK(other.inputs(age) == history.inputs(age));
      CHECK(other.targets(age) == history.targets(age));
    }
  }
  PolicyHistory<float> more({.policies = 4, .samples = 2}), fewer({.policies = 3, .samples = 1});
  CHECK_THROWS_AS(load_state(path, more), FileError);
  CHECK_THROWS_AS(load_state(path, fewer), FileError);
  std::filesystem::remove(path);
}

TEST_CASE("a history refuses sizes that cannot be or that change") {
  CHECK_THROWS_AS(PolicyHistory<float>({.policies = -1}), std::invalid_argument);
  CHECK_THROWS_AS(PolicyHistory<float>({.samples = 0}), std::invalid_argument);
  PolicyHistory<float> history({.policies = 2, .samples = 4});
  add(history, 1, 4);
  CHECK_THROWS_AS(add(history, 1, 3), std::invalid_argument);
  CHECK_THROWS_AS(history.add(Vector<float>(3), Matrix<float>(1, 4), Vector<float>(4), Rng(1)), std::invalid_argument);
  CHECK_THROWS_AS(history.add(Vector<float>(2), Matrix<float>(2, 4), Vector<float>(4), Rng(1)), std::invalid_argument);
  CHECK_THROWS_AS(history.add(Vector<float>(2), Matrix<float>(1, 4), Vector<float>(5), Rng(1)), std::invalid_argument);
  PolicyHistory<float> none({.policies = 0});
  add(none, 1, 4);
  CHECK(none.size() == 0);
}

}  // namespace
