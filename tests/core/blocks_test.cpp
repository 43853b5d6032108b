// SPDX-License-Identifier: MIT
#include "vantage/core/blocks.hpp"

#include <atomic>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "rank_threads.hpp"

using namespace vantage;

TEST_CASE("blocks cover each sample once") {
  for (const Index threads : {1, 3}) {
    Context context({.threads = threads});
    for (const Index samples : {0, 1, 127, 128, 129, 1000}) {
      std::vector<int> seen(static_cast<std::size_t>(samples), 0);
      for_each_block(context, samples, [&](Index first, Index count, Index) {
        for (Index n = first; n < first + count; ++n) ++seen[static_cast<std::size_t>(n)];
      });
      for (const int times : seen) CHECK(times == 1);
    }
  }
}

TEST_CASE("block sums add every sample once, with the same bits for any number of threads") {
  for (const Index samples : {0, 1, 129, 128 * 64, 128 * 64 + 1, 128 * 150 + 7}) {
    Vector<double> first(2);
    for (const Index threads : {1, 2, 3, 5}) {
      Context context({.threads = threads});
      Vector<double> sum = Vector<double>::Constant(2, 99);
      block_sum<double>(context, samples, sum, [](Index at, Index count, Index, VectorRef<double> partial) {
        for (Index n = at; n < at + count; ++n) partial += Eigen::Vector2d(1, 1 / (1.0 + static_cast<double>(n)));
      });
      if (threads == 1) first = sum;
      CHECK(sum == first);
      CHECK(sum[0] == static_cast<double>(samples));
    }
  }
}

namespace {

// 1 / (1 + n) of every sample n, whose sum rounds differently in another order
void harmonic(Index first, Index count, Index, VectorRef<float> partial) {
  for (Index n = first; n < first + count; ++n) partial += Eigen::Vector2f(1, 1 / (1.0F + static_cast<float>(n)));
}

}  // namespace

TEST_CASE("ranks share the blocks of a sum, with the same bits for any number of ranks and threads") {
  for (const Index samples : {0, 1, 128, 129, 300, 128 * 64, 128 * 64 + 1, 128 * 150 + 7}) {
    Context alone;
    Vector<float> expected(2);
    block_sum<float>(alone, samples, expected, harmonic);
    for (const Index size : {2, 3, 4, 70}) {
      for (const Index threads : {1, 2}) {
        std::atomic<Index> formed{0}, wrong{0};
        RankThreads ranks(size);
        ranks.run([&](const Communicator& communicator) {
          Context context({.threads = threads, .communicator = communicator});
          // a larger sum first: room for more than is needed
          Vector<float> larger(5);
          block_sum<float>(context, samples, larger,
                           [](Index, Index, Index, VectorRef<float> partial) { partial.setOnes(); });
          Vector<float> sum(2);
          block_sum<float>(context, samples, sum,
                           [&](Index first, Index count, Index worker, VectorRef<float> partial) {
                             ++formed;
                             harmonic(first, count, worker, partial);
                           });
          if (sum != expected) ++wrong;
        });
        CHECK(wrong == 0);
        // each block by one rank; one alone by all, which then need not speak
        const Index blocks = (samples + kBlockSamples - 1) / kBlockSamples;
        CHECK(formed == (blocks == 1 ? size : blocks));
        CHECK(ranks.calls() == (blocks > 1 ? 2 : 0));
      }
    }
  }
}

TEST_CASE("sums in any order are the same on all ranks, and as right") {
  const Index samples = 128 * 150 + 7;
  double exact = 0;
  for (Index n = 0; n < samples; ++n) exact += 1 / (1.0 + static_cast<double>(n));
  for (const Index size : {2, 3, 70}) {
    std::atomic<Index> wrong{0};
    RankThreads ranks(size, true);
    Matrix<float> sums(2, size);
    ranks.run([&](const Communicator& communicator) {
      Context context({.communicator = communicator});
      Vector<float> sum(2);
      block_sum<float>(context, samples, sum, harmonic);
      sums.col(communicator.rank) = sum;
      Vector<double> in_double(1);
      block_sum<double>(context, samples, in_double, [](Index, Index count, Index, VectorRef<double> partial) {
        partial[0] += static_cast<double>(count);
      });
      if (in_double[0] != static_cast<double>(samples)) ++wrong;
    });
    CHECK(wrong == 0);
    for (Index rank = 0; rank < size; ++rank) CHECK(sums.col(rank) == sums.col(0));
    CHECK(sums(0, 0) == static_cast<float>(samples));
    CHECK(std::abs(static_cast<double>(sums(1, 0)) - exact) < 1e-5 * exact);
    CHECK(ranks.calls() == 2);
  }
}

TEST_CASE("what the blocks of one rank write all others learn") {
  for (const Index samples : {0, 1, 128, 129, 1000, 128 * 150 + 7}) {
    for (const Index size : {1, 2, 3, 70}) {
      std::atomic<Index> visits{0}, wrong{0};
      RankThreads(size).run([&](const Communicator& communicator) {
        Context context({.threads = 2, .communicator = communicator});
        Matrix<float> written = Matrix<float>::Constant(2, samples, -1);
        for_each_block(context, samples, [&](Index first, Index count, Index) {
          visits += count;
          for (Index n = first; n < first + count; ++n) written.col(n).setConstant(static_cast<float>(n));
        });
        share_blocks(context, samples, written.data(), 2);
        for (Index n = 0; n < samples; ++n) wrong += (written.col(n).array() == static_cast<float>(n)).all() ? 0 : 1;
      });
      CHECK(wrong == 0);
      CHECK(visits == (samples <= kBlockSamples ? size * samples : samples));
    }
  }
}
