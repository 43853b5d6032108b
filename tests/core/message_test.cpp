// SPDX-License-Identifier: MIT
#include "vantage/core/message.hpp"

#include <atomic>
#include <string>
#include <vector>

#include "catch.hpp"
#include "rank_threads.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

// things of every kind that a message takes, of sizes that differ from item to item
struct Thing {
  double number = 0;
  Index whole = 0;
  Rng rng{0};
  Vector<float> vector;
  Matrix<double> matrix;
  std::vector<std::int64_t> list;
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("number", number);
    archive("whole", whole);
    archive("rng", rng);
    archive("vector", vector);
    archive("matrix", matrix);
    archive("list", list);
    archive("text", text);
  }

  friend bool operator==(const Thing& a, const Thing& b) {
    return a.number == b.number && a.whole == b.whole && a.rng == b.rng && a.vector == b.vector &&
           a.matrix.rows() == b.matrix.rows() && a.matrix.cols() == b.matrix.cols() && a.matrix == b.matrix &&
           a.list == b.list && a.text == b.text;
  }
};

Thing thing(Index item) {
  const auto size = static_cast<std::size_t>(item);
  const Rng rng(static_cast<std::uint64_t>(item));
  Thing result{0.5 * static_cast<double>(item), -item, rng, {}, {}, std::vector<std::int64_t>(size, item), {}};
  result.vector = Vector<float>::LinSpaced(item, 0, 1);
  result.matrix = Matrix<double>::Constant(item, 2, 3);
  result.text = std::string(size, 'x');
  return result;
}

}  // namespace

TEST_CASE("every rank learns the items of all others, whatever their sizes") {
  for (const Index size : {1, 2, 3, 5}) {
    for (const Index items : {0, 1, 2, 11}) {
      std::atomic<Index> wrong{0};
      RankThreads(size).run([&](const Communicator& ranks) {
        Message message;
        // twice: what is left of a longer exchange must not be read in a shorter one
        for (const Index count : {items, items / 2}) {
          std::vector<Thing> things(static_cast<std::size_t>(count));
          const Share own = ranks.share(count);
          for (Index i = own.first; i < own.last; ++i) things[static_cast<std::size_t>(i)] = thing(i);
          message.exchange(ranks, count, [&](Message& m, Index i) {
            if (m.is_writing() != (i >= own.first && i < own.last)) ++wrong;
            m("thing", things[static_cast<std::size_t>(i)]);
          });
          for (Index i = 0; i < count; ++i) wrong += things[static_cast<std::size_t>(i)] == thing(i) ? 0 : 1;
        }
      });
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("numbers are told without their count") {
  std::atomic<Index> wrong{0};
  RankThreads(2).run([&](const Communicator& ranks) {
    Message message;
    float numbers[] = {0, 0, 0, 0};
    numbers[2 * ranks.rank] = 1;
    numbers[2 * ranks.rank + 1] = 2;
    message.exchange(ranks, 2, [&](Message& m, Index i) { m.numbers(numbers + 2 * i, 2); });
    wrong += numbers[0] == 1 && numbers[1] == 2 && numbers[2] == 1 && numbers[3] == 2 ? 0 : 1;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a process alone tells nobody anything") {
  Message message;
  Index calls = 0;
  message.exchange(Communicator{}, 3, [&](Message&, Index) { ++calls; });
  CHECK(calls == 0);
}
