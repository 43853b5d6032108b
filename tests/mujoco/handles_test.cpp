// SPDX-License-Identifier: MIT
#include "vantage/mujoco/handles.hpp"

#include "catch.hpp"
#include "vantage/mujoco/model.hpp"

using namespace vantage::mujoco;

namespace {

// a rod that turns about y, 1 m above the ground; a free ball; a sensor of three numbers
constexpr const char* scene = R"(<mujoco><worldbody>
  <body name="ball" pos="5 0 0"><joint name="float" type="free"/><geom size=".1"/></body>
  <body name="rod" pos="0 0 1"><joint name="hinge" axis="0 1 0"/><geom type="capsule" size=".02" fromto="0 0 0 0 0 1"/>
    <body name="tip" pos="0 0 1"><joint name="socket" type="ball"/><geom size=".05"/><site name="end" pos="0 0 .5"/></body>
  </body></worldbody>
  <sensor><jointpos joint="hinge"/><framepos name="where" objtype="site" objname="end"/></sensor></mujoco>)";

}  // namespace

TEST_CASE("handles: poses, velocities and sensors are those of a turning rod") {
  const Model model = Model::from_xml_string(scene);
  const BodyHandle rod(model, "rod"), tip(model, "tip"), ball(model, "ball");
  const SiteHandle end(model, "end");
  const JointHandle hinge(model, "hinge"), socket(model, "socket"), floating(model, "float");
  const SensorHandle where(model, "where");
  CHECK(where.size == 3);
  CHECK(hinge.positions(DataLease(model).get()).size() == 1);
  CHECK(socket.position_size == 4);
  CHECK(socket.velocity_size == 3);
  CHECK(floating.position_size == 7);
  CHECK(floating.velocity_size == 6);

  DataLease lease(model);
  mjData& data = lease.get();
  const double angle = 0.4, rate = 2;
  hinge.positions(data)[0] = angle;
  hinge.velocities(data)[0] = rate;
  floating.velocities(data)[1] = 3;  // along y
  mj_forward(&model.get(), &data);
  const mjData& seen = data;
  CHECK(hinge.position(seen) == angle);
  CHECK(hinge.velocity(seen) == rate);
  CHECK(data.qpos[hinge.position_index] == angle);
  CHECK(floating.velocities(seen)[1] == 3);

  const Eigen::Vector3d along(std::sin(angle), 0, std::cos(angle)), across(std::cos(angle), 0, -std::sin(angle));
  const Eigen::Vector3d base(0, 0, 1), axis(0, 1, 0);
  CHECK((rod.position(data) - base).norm() < 1e-12);
  CHECK((tip.position(data) - base - along).norm() < 1e-12);
  CHECK((rod.rotation(data).col(2) - along).norm() < 1e-12);
  CHECK((rod.rotation(data).col(0) - across).norm() < 1e-12);
  CHECK(rod.quaternion(data)[0] == Approx(std::cos(angle / 2)));
  CHECK(rod.quaternion(data)[2] == Approx(std::sin(angle / 2)));
  CHECK((tip.velocity(model, data).angular - rate * axis).norm() < 1e-12);
  CHECK((tip.velocity(model, data).linear - rate * across).norm() < 1e-12);
  CHECK((ball.velocity(model, data).linear - 3 * axis).norm() < 1e-12);
  CHECK((end.position(data) - base - 1.5 * along).norm() < 1e-12);
  CHECK((end.velocity(model, data).linear - 1.5 * rate * across).norm() < 1e-12);
  for (int i = 0; i < 3; ++i) CHECK(where.values(data)[static_cast<std::size_t>(i)] == Approx(end.position(data)[i]));
}

TEST_CASE("handles: a wrong name lists those there are") {
  const Model model = Model::from_xml_string(scene);
  CHECK_THROWS_WITH(JointHandle(model, "knee"),
                    Catch::Matchers::ContainsSubstring("joint: expected one of {float, hinge, socket}, got knee"));
  CHECK_THROWS_AS(BodyHandle(model, "x"), std::invalid_argument);
  CHECK_THROWS_AS(SiteHandle(model, "x"), std::invalid_argument);
  CHECK_THROWS_AS(SensorHandle(model, "x"), std::invalid_argument);
}
