// SPDX-License-Identifier: MIT
#include "vantage/core/blocks.hpp"

#include <vector>

#include "catch.hpp"

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
