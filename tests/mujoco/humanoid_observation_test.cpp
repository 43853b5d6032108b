// SPDX-License-Identifier: MIT
#include "vantage/mujoco/humanoid_observation.hpp"

#include <numeric>

#include "lockstep.hpp"
#include "vantage/mujoco/humanoid_mjcf.hpp"
#include "vantage/mujoco/model.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

/// Fills each field with numbers that tell where they come from.
void label(const mjModel& model, mjData& data) {
  std::iota(data.qpos, data.qpos + model.nq, 1000);
  std::iota(data.qvel, data.qvel + model.nv, 2000);
  std::iota(data.cinert, data.cinert + 10 * model.nbody, 3000);
  std::iota(data.cvel, data.cvel + 6 * model.nbody, 4000);
  std::iota(data.qfrc_actuator, data.qfrc_actuator + model.nv, 5000);
  std::iota(data.cfrc_ext, data.cfrc_ext + 6 * model.nbody, 6000);
}

Vector<double> write(const HumanoidObservation& parts, const mjModel& model, const mjData& data) {
  Vector<double> out = Vector<double>::Constant(parts.size(model), -1);
  parts.write(model, data, out);
  return out;
}

TEST_CASE("humanoid observation: the parts stand where they should") {
  const Model loaded = Model::from_xml_string(humanoid_mjcf(standing_humanoid));
  const mjModel& model = loaded.get();
  const testing::PlainData data = testing::plain_data(model);
  label(model, *data);

  const Vector<double> five = write({}, model, *data);
  REQUIRE(five.size() == 348);
  CHECK(five[0] == 1002);
  CHECK(five[21] == 1023);
  CHECK(five[22] == 2000);
  CHECK(five[45] == 3010);
  CHECK(five[174] == 3139);
  CHECK(five[175] == 4006);
  CHECK(five[252] == 4083);
  CHECK(five[253] == 5006);
  CHECK(five[269] == 5022);
  CHECK(five[270] == 6006);
  CHECK(five[347] == 6083);

  const Vector<double> four = write({.world_and_root = true}, model, *data);
  REQUIRE(four.size() == 376);
  CHECK(four[45] == 3000);
  CHECK(four[185] == 4000);
  CHECK(four[269] == 5000);
  CHECK(four[292] == 6000);
  CHECK(four[375] == 6083);

  const Vector<double> least = write({true, false, false, false, false, false}, model, *data);
  REQUIRE(least.size() == 47);
  CHECK(least[0] == 1000);
  CHECK(least[46] == 2022);
}

TEST_CASE("humanoid observation: a model without a free root is refused") {
  const Model loaded =
      Model::from_xml_string("<mujoco><worldbody><body><joint/><geom size='.1'/></body></worldbody></mujoco>");
  CHECK_THROWS_WITH(HumanoidObservation{}.check(loaded.get(), "Humanoid"),
                    Catch::Matchers::ContainsSubstring("Humanoid: expected a model with at least") &&
                        Catch::Matchers::ContainsSubstring("a free first joint"));
}

TEST_CASE("humanoid observation: each option of a task asks for its own part") {
  struct Options {
    bool exclude_current_positions_from_observation = true;
    bool include_cinert_in_observation = false;
    bool include_cvel_in_observation = false;
    bool include_qfrc_actuator_in_observation = false;
    bool include_cfrc_ext_in_observation = false;
    int version = 5;
  };
  // a bit a part
  const auto asked = [](const Options& options) {
    const HumanoidObservation parts = HumanoidObservation::of(options);
    int bits = 0, bit = 1;
    for (const bool part : {parts.positions, parts.inertias, parts.velocities, parts.actuator_forces,
                            parts.contact_forces, parts.world_and_root}) {
      if (part) bits += bit;
      bit *= 2;
    }
    return bits;
  };
  CHECK(asked({}) == 0);
  CHECK(asked({.exclude_current_positions_from_observation = false}) == 1);
  CHECK(asked({.include_cinert_in_observation = true}) == 2);
  CHECK(asked({.include_cvel_in_observation = true}) == 4);
  CHECK(asked({.include_qfrc_actuator_in_observation = true}) == 8);
  CHECK(asked({.include_cfrc_ext_in_observation = true}) == 16);
  CHECK(asked({.version = 4}) == 32);
}

}  // namespace
