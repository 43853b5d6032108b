// SPDX-License-Identifier: MIT
#include "vantage/core/context.hpp"

#include <set>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

struct Scratch {
  std::vector<double> numbers;
};
struct Other {
  int value = 7;
};

}  // namespace

TEST_CASE("the seed sets the stream, the threads do not") {
  Context one({.seed = 3, .threads = 1});
  Context three({.seed = 3, .threads = 3});
  Context other({.seed = 4});
  CHECK(three.pool().size() == 3);
  const std::uint64_t number = one.rng()();
  CHECK(three.rng()() == number);
  CHECK(other.rng()() != number);
  CHECK_THROWS_AS(Context({.threads = 0}), std::invalid_argument);
}

TEST_CASE("scratch objects are kept, one of each type for each worker") {
  Context context({.threads = 2});
  auto& scratch = context.local<Scratch>(0);
  scratch.numbers.resize(100);
  // other objects made later do not move it
  CHECK(context.local<Other>(0).value == 7);
  CHECK(&context.local<Scratch>(0) == &scratch);
  CHECK(context.local<Scratch>(0).numbers.size() == 100);
  CHECK(&context.local<Scratch>(1) != &scratch);
  CHECK(context.local<Scratch>(1).numbers.empty());
}

TEST_CASE("workers use their scratch at the same time") {
  Context context({.threads = 4});
  context.pool().run(1000, [&](Index index, Index worker) {
    context.local<Scratch>(worker).numbers.push_back(static_cast<double>(index));
  });
  std::set<double> all;
  for (Index worker = 0; worker < 4; ++worker) {
    for (const double number : context.local<Scratch>(worker).numbers) all.insert(number);
  }
  CHECK(all.size() == 1000);
}
