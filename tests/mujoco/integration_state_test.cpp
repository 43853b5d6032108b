// SPDX-License-Identifier: MIT
#include "vantage/mujoco/integration_state.hpp"

#include "catch.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage;
using namespace vantage::mujoco;

TEST_CASE("integration state: a saved row continues in another work space with the same bits") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  DataLease one(model), two(model);
  mjData& a = one.get();
  mjData& b = two.get();
  Vector<double> row(IntegrationState::size(model.get()));
  for (int t = 0; t < 200; ++t) {
    for (int i = 0; i < 3; ++i) a.ctrl[i] = std::sin(0.1 * t + i);
    mj_step(&model.get(), &a);
  }
  // the other work space has been elsewhere meanwhile
  for (int t = 0; t < 50; ++t) mj_step(&model.get(), &b);
  IntegrationState::save(model.get(), a, row.data());
  IntegrationState::load(model.get(), b, row.data());
  for (int t = 0; t < 200; ++t) {
    mj_step(&model.get(), &a);
    mj_step(&model.get(), &b);
  }
  CHECK(a.time == b.time);
  for (int i = 0; i < 6; ++i) CHECK((a.qpos[i] == b.qpos[i] && a.qvel[i] == b.qvel[i]));
}
