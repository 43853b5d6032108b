// SPDX-License-Identifier: MIT
#include "vantage/core/thread_pool.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("each task runs once, on a worker of the pool") {
  for (const Index threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.size() == threads);
    for (const Index count : {0, 1, 2, 7, 500}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      std::atomic<int> strangers{0};
      pool.run(count, [&](Index index, Index worker) {
        ++runs[static_cast<std::size_t>(index)];
        if (worker < 0 || worker >= threads) ++strangers;
      });
      int wrong = 0;
      for (const auto& number : runs) wrong += number == 1 ? 0 : 1;
      CHECK(wrong == 0);
      CHECK(strangers == 0);
    }
  }
}

TEST_CASE("a worker runs one task at a time") {
  ThreadPool pool(4);
  std::vector<int> inside(4);
  std::atomic<int> clashes{0};
  pool.run(2000, [&](Index, Index worker) {
    int& mine = inside[static_cast<std::size_t>(worker)];
    if (++mine != 1) ++clashes;
    --mine;
  });
  CHECK(clashes == 0);
}

TEST_CASE("what tasks wrote is seen after many short runs") {
  ThreadPool pool(3);
  std::vector<long> numbers(5, 0);
  for (int round = 0; round < 3000; ++round) {
    pool.run(5, [&](Index index, Index) { numbers[static_cast<std::size_t>(index)] += index; });
  }
  CHECK(numbers == std::vector<long>{0, 3000, 6000, 9000, 12000});
}

TEST_CASE("an exception of a task reaches the caller, and the pool lives on") {
  for (const Index threads : {1, 3}) {
    ThreadPool pool(threads);
    const auto failing = [](Index index, Index) {
      if (index == 5) throw std::runtime_error("task five");
    };
    CHECK_THROWS_WITH(pool.run(20, failing), "task five");
    std::atomic<int> runs{0};
    pool.run(20, [&](Index, Index) { ++runs; });
    CHECK(runs == 20);
  }
}

TEST_CASE("a pool has 1 to 1024 threads") {
  CHECK_THROWS_WITH(ThreadPool(0), "ThreadPool: expected 1 to 1024 threads, got 0");
  CHECK_THROWS_AS(ThreadPool(-1), std::invalid_argument);
  CHECK_THROWS_AS(ThreadPool(1025), std::invalid_argument);
}
