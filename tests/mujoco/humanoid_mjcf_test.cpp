// SPDX-License-Identifier: MIT
#include "vantage/mujoco/humanoid_mjcf.hpp"

#include "humanoid_checks.hpp"
#include "vantage/mujoco/model.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

struct Posture {
  const HumanoidPosture& posture;
  double body_pos, body_ipos, body_inertia, geom_pos, jnt_range, qpos0, height;
};

TEST_CASE("humanoid model: both postures have the published figures") {
  const auto near = [](double x) { return Approx(x).epsilon(1e-9).margin(1e-12); };
  for (const Posture& expected :
       {Posture{standing_humanoid, 0.0741016842173599, -0.3506152346930562, -0.33671105669366314, 0.1417769253204111,
                1.1981773318028681, -0.5592344840241141, 1.4},
        Posture{lying_humanoid, 0.5068242777626718, -0.3307806923355925, -0.26620874461873806, -0.16672898651665874,
                1.0521533758245714, -0.7419848944616422, 0.105}}) {
    const std::string text = humanoid_mjcf(expected.posture);
    CHECK(text.find('{') == std::string::npos);
    const Model loaded = Model::from_xml_string(text, "humanoid");
    const mjModel& model = loaded.get();
    testing::check_humanoid(model);
    CHECK(testing::digest(model.body_pos, 3 * model.nbody) == near(expected.body_pos));
    CHECK(testing::digest(model.body_ipos, 3 * model.nbody) == near(expected.body_ipos));
    CHECK(testing::digest(model.body_inertia, 3 * model.nbody) == near(expected.body_inertia));
    CHECK(testing::digest(model.geom_pos, 3 * model.ngeom) == near(expected.geom_pos));
    CHECK(testing::digest(model.jnt_range, 2 * model.njnt) == near(expected.jnt_range));
    CHECK(testing::digest(model.qpos0, model.nq) == near(expected.qpos0));
    CHECK(model.qpos0[2] == expected.height);
  }
}

}  // namespace
