// SPDX-License-Identifier: MIT
#include "vantage/core/communicator.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a process is alone unless it is told otherwise") {
  const Communicator alone;
  CHECK(alone.is_alone());
  CHECK(alone.rank == 0);
  CHECK(alone.share(7).first == 0);
  CHECK(alone.share(7).last == 7);
  CHECK_FALSE(alone.sums_in_any_order());
}

TEST_CASE("the shares of the ranks cover all items once, in order, and differ by one at the most") {
  for (const Index size : {1, 2, 3, 7, 64}) {
    for (const Index items : {0, 1, 2, 6, 64, 1000003}) {
      Index next = 0;
      for (Index rank = 0; rank < size; ++rank) {
        const Share share = Communicator{.rank = rank, .size = size}.share(items);
        CHECK(share.first == next);
        CHECK(share.count() >= items / size);
        CHECK(share.count() <= items / size + 1);
        next = share.last;
      }
      CHECK(next == items);
    }
  }
}
