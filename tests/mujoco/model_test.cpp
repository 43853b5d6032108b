// SPDX-License-Identifier: MIT
#include "vantage/mujoco/model.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage;
using namespace vantage::mujoco;

TEST_CASE("model: what cannot be loaded says where and why") {
  CHECK_THROWS_WITH(Model::from_xml_file("no/such/file.xml"), Catch::Matchers::ContainsSubstring("no/such/file.xml: "));
  CHECK_THROWS_WITH(Model::from_xml_string("<mujoco><foo/></mujoco>", "mine"),
                    Catch::Matchers::ContainsSubstring("mine: ") && Catch::Matchers::ContainsSubstring("foo"));
  CHECK_THROWS_AS(Model::from_xml_string(""), MujocoError);
}

TEST_CASE("model: work spaces are lent one a borrower and reused") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  const Model copy = model;
  CHECK(&copy.get() == &model.get());
  CHECK(model.idle_count() == 1);
  const mjData* first = nullptr;
  {
    DataLease lease(model);
    first = &lease.get();
    CHECK(model.idle_count() == 0);
    DataLease second(copy);
    CHECK(&second.get() != first);
  }
  CHECK(model.idle_count() == 2);
  DataLease again(model);
  CHECK(model.idle_count() == 1);
}

TEST_CASE("model: a work space is thrown away after an error") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  {
    DataLease lease(model);
    CHECK_THROWS_AS(lease.run([] { mju_error("stop"); }), MujocoError);
  }
  CHECK(model.idle_count() == 0);
}

TEST_CASE("model: threads never share a work space") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  std::atomic<bool> shared = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        DataLease lease(model);
        lease.get().time = t;
        if (lease.get().time != t) shared = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(shared);
  CHECK(model.idle_count() <= 4);
}
