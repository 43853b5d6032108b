// SPDX-License-Identifier: MIT
#include "vantage/mujoco/model.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "test_data.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage;
using namespace vantage::mujoco;

TEST_CASE("model: what cannot be loaded says where and why") {
  CHECK_THROWS_WITH(Model::from_xml_file("no/such/file.xml"), Catch::Matchers::ContainsSubstring("no/such/file.xml: "));
  CHECK_THROWS_WITH(Model::from_xml_string("<mujoco><foo/></mujoco>", "mine"),
                    Catch::Matchers::ContainsSubstring("mine: ") && Catch::Matchers::ContainsSubstring("foo"));
  CHECK_THROWS_AS(Model::from_xml_string(""), MujocoError);

  // of the schema, of the syntax, of a number, of the compiler: each with its line
  const auto line = [](const std::string& body) {
    try {
      static_cast<void>(Model::from_xml_string("<mujoco>\n<worldbody>\n" + body + "</worldbody>\n</mujoco>"));
    } catch (const MujocoError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK_THAT(line("\n<bdy/>"), Catch::Matchers::ContainsSubstring("'bdy', line 4"));
  CHECK_THAT(line("\n\n<body>"), Catch::Matchers::ContainsSubstring("Line number=5"));
  CHECK_THAT(line("<body>\n<geom size='a'/></body>"), Catch::Matchers::ContainsSubstring("'geom', line 4"));
  CHECK_THAT(line("<body name='light'>\n<joint/></body>"),
             Catch::Matchers::Matches("(.|\n)*light.*line (= )?3(.|\n)*"));
}

TEST_CASE("model: the root element decides between MJCF and URDF, in a file and in a text") {
  const Model file = Model::from_xml_file(test_data() / "robots/two_link_arm.urdf");
  CHECK(file->nq == 2);
  CHECK(file->nmesh == 1);
  const Model text = Model::from_xml_string(R"(<robot name="r"><link name="base"/><link name="a">
      <inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
      <joint name="j" type="prismatic"><parent link="base"/><child link="a"/><axis xyz="1 0 0"/>
      <limit lower="0" upper="1" effort="1" velocity="1"/></joint></robot>)");
  CHECK(text->nq == 1);
  CHECK(text->jnt_type[0] == mjJNT_SLIDE);
}

TEST_CASE("model: work spaces are lent one a borrower and reused") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what a copy shares is the question
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
  threads.reserve(4);
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
