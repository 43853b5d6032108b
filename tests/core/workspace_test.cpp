// SPDX-License-Identifier: MIT
#include "vantage/core/workspace.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

struct Owner {
  int kept = 0;
  Workspace<std::vector<int>> work;
};

}  // namespace

TEST_CASE("copies leave a workspace behind, and an assignment keeps that of its target") {
  Owner first{.kept = 1, .work = {}};
  *first.work = {1, 2, 3};

  Owner copy = first;
  CHECK(copy.kept == 1);
  CHECK(copy.work->empty());
  CHECK(first.work->size() == 3);

  copy.work->assign(5, 7);
  const int* const storage = copy.work->data();
  first.kept = 2;
  copy = first;
  CHECK(copy.kept == 2);
  CHECK(copy.work->data() == storage);
  CHECK(*std::as_const(copy.work) == std::vector<int>(5, 7));
  CHECK(std::as_const(first.work)->size() == 3);
}
