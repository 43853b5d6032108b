// SPDX-License-Identifier: MIT
// run alone, and by mpirun as several ranks
#include "vantage/mpi/mpi_world.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "vantage/core/blocks.hpp"
#include "vantage/core/message.hpp"

using namespace vantage;

namespace {

// MPI itself changes the environment
const bool was_launched = MpiWorld::is_launched();

// one for all tests: MPI starts and ends once a process
MpiWorld& world() {
  static MpiWorld the_world;
  return the_world;
}

void harmonic(Index first, Index count, Index, VectorRef<float> partial) {
  for (Index n = first; n < first + count; ++n) partial += Eigen::Vector2f(1, 1 / (1.0F + static_cast<float>(n)));
}

}  // namespace

TEST_CASE("the ranks are those that were started") {
  const char* const expected = std::getenv("VANTAGE_TEST_RANKS");
  CHECK(world().size() == (expected == nullptr ? 1 : std::atoi(expected)));
  CHECK(was_launched == (expected != nullptr));
  CHECK(world().rank() >= 0);
  CHECK(world().rank() < world().size());
  CHECK(world().communicator().rank == world().rank());
  CHECK_FALSE(world().communicator().sums_in_any_order());
  CHECK(world().communicator(true).sums_in_any_order());
}

TEST_CASE("every rank gets what each has, also piece by piece") {
  MpiWorld small(5);
  for (MpiWorld* each : {&world(), &small}) {
    const Communicator ranks = each->communicator();
    // rank r has 7 r bytes: the first has none
    std::vector<std::int64_t> offsets{0};
    for (Index rank = 0; rank < ranks.size; ++rank) offsets.push_back(offsets.back() + 7 * rank);
    std::vector<std::byte> bytes(static_cast<std::size_t>(offsets.back()) + 1, std::byte{99});
    const auto at = [&](Index rank) { return offsets[static_cast<std::size_t>(rank)]; };
    for (std::int64_t i = at(ranks.rank); i < at(ranks.rank + 1); ++i) {
      bytes[static_cast<std::size_t>(i)] = static_cast<std::byte>(10 * ranks.rank + i - at(ranks.rank));
    }
    ranks.gather(ranks.state, bytes.data(), offsets.data());
    Index wrong = 0;
    for (Index rank = 0; rank < ranks.size; ++rank) {
      for (std::int64_t i = at(rank); i < at(rank + 1); ++i) {
        wrong += bytes[static_cast<std::size_t>(i)] == static_cast<std::byte>(10 * rank + i - at(rank)) ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
    CHECK(bytes.back() == std::byte{99});
  }
}

TEST_CASE("sums are over all ranks, also piece by piece") {
  MpiWorld small(5);
  for (MpiWorld* each : {&world(), &small}) {
    const Communicator ranks = each->communicator(true);
    Vector<float> floats = Vector<float>::LinSpaced(13, 0, 12) * static_cast<float>(ranks.rank + 1);
    Vector<double> doubles = floats.cast<double>();
    ranks.sum_floats(ranks.state, floats.data(), floats.size());
    ranks.sum_doubles(ranks.state, doubles.data(), doubles.size());
    const double factor = 0.5 * static_cast<double>(ranks.size * (ranks.size + 1));
    for (Index i = 0; i < 13; ++i) {
      CHECK(doubles[i] == Approx(factor * static_cast<double>(i)).epsilon(1e-6));
      CHECK(floats[i] == static_cast<float>(doubles[i]));
    }
  }
}

TEST_CASE("whoever waits for all waits for the last") {
  // rank 0 comes late, and says so after it has come
  const Communicator ranks = world().communicator();
  const auto start = std::chrono::steady_clock::now();
  if (ranks.rank == 0) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  world().wait_for_all();
  CHECK(std::chrono::steady_clock::now() - start > std::chrono::milliseconds(ranks.rank == 0 ? 299 : 100));
}

TEST_CASE("messages of any size pass between processes") {
  Message message;
  const Index items = 11;
  std::vector<std::string> texts(items);
  const Communicator ranks = world().communicator();
  const auto text = [](Index item) {
    return std::string(static_cast<std::size_t>(item * item), static_cast<char>('a' + item));
  };
  const Share own = ranks.share(items);
  for (Index item = own.first; item < own.last; ++item) texts[static_cast<std::size_t>(item)] = text(item);
  message.exchange(ranks, items, [&](Message& m, Index item) { m("text", texts[static_cast<std::size_t>(item)]); });
  for (Index item = 0; item < items; ++item) CHECK(texts[static_cast<std::size_t>(item)] == text(item));
}

TEST_CASE("a block sum of ranks has the bits of a process alone, unless it is summed in any order") {
  const Index samples = 128 * 150 + 7;
  Context alone;
  Vector<float> expected(2), sum(2), fast(2);
  block_sum<float>(alone, samples, expected, harmonic);
  Context context({.threads = 2, .communicator = world().communicator()});
  block_sum<float>(context, samples, sum, harmonic);
  CHECK(sum == expected);
  Context hasty({.threads = 2, .communicator = world().communicator(true)});
  block_sum<float>(hasty, samples, fast, harmonic);
  CHECK(fast[0] == expected[0]);
  CHECK(fast[1] == Approx(expected[1]).epsilon(1e-5));
}
