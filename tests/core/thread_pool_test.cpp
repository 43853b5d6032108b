// SPDX-License-Identifier: MIT
#include "vantage/core/thread_pool.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
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

TEST_CASE("every task runs though others throw, and the first exception by index reaches the caller") {
  for (const Index threads : {1, 2, 3, 4}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::atomic<int>> runs(40);
      const auto failing = [&](Index index, Index) {
        ++runs[static_cast<std::size_t>(index)];
        if (index % 7 == 5) throw std::runtime_error("task " + std::to_string(index));
      };
      CHECK_THROWS_WITH(pool.run(40, failing), "task 5");
      CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& number) { return number == 1; }));
    }
    std::atomic<int> runs{0};
    pool.run(20, [&](Index, Index) { ++runs; });
    CHECK(runs == 20);
  }
}

TEST_CASE("a run inside a task is refused, and drops no work of the run around it") {
  for (const Index threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (const Index inner : {1, 16}) {
      std::atomic<int> outside{0}, inside{0}, refused{0};
      pool.run(16, [&](Index, Index) {
        try {
          pool.run(inner, [&](Index, Index) { ++inside; });
        } catch (const std::logic_error&) {
          ++refused;
        }
        ++outside;
      });
      CHECK(outside == 16);
      CHECK(refused == 16);
      CHECK(inside == 0);
    }
    // another pool may work inside
    std::atomic<int> inside{0};
    pool.run(4, [&](Index, Index) { ThreadPool(2).run(3, [&](Index, Index) { ++inside; }); });
    CHECK(inside == 12);
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VANTAGE_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VANTAGE_TEST_SANITIZED 1
#endif
#endif
#ifndef VANTAGE_TEST_SANITIZED
// sanitizers have an address space of their own making
TEST_CASE("a thread that the system does not start is an error with words, and those before it end") {
  const pid_t child = fork();
  if (child == 0) {
    // room for some of the stacks, not for a thousand
    rlimit room{rlim_t{2} << 30, rlim_t{2} << 30};
    setrlimit(RLIMIT_AS, &room);
    try {
      ThreadPool pool(1024);
      _exit(1);
    } catch (const std::runtime_error& error) {
      const std::string words = error.what();
      _exit(words.find("ThreadPool: expected 1024 threads, the system gives ") == 0 ? 0 : 2);
    }
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_CASE("a pool has 1 to 1024 threads") {
  CHECK_THROWS_WITH(ThreadPool(0), "ThreadPool: expected 1 to 1024 threads, got 0");
  CHECK_THROWS_AS(ThreadPool(-1), std::invalid_argument);
  CHECK_THROWS_AS(ThreadPool(1025), std::invalid_argument);
}

TEST_CASE("workers round as the caller does, whenever it was said") {
  ThreadPool pool(4);
  volatile double three = 3;
  std::vector<double> thirds(40);
  // worker w begins with task w, so each has computed one
  const auto divide = [&] {
    pool.run(40, [&](Index index, Index) { thirds[static_cast<std::size_t>(index)] = 1 / three; });
  };
  REQUIRE(std::fesetround(FE_UPWARD) == 0);
  divide();
  std::fesetround(FE_TONEAREST);
  CHECK(thirds == std::vector<double>(40, 0x1.5555555555556p-2));
  divide();
  CHECK(thirds == std::vector<double>(40, 0x1.5555555555555p-2));
}
