// SPDX-License-Identifier: MIT
#include "vantage/mujoco/stage.hpp"

#include <set>
#include <string>
#include <vector>

#include "drawing.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/swimmer.hpp"

using namespace vantage::mujoco;

namespace {

struct Scene {
  Scene(const Model& model, const std::array<double, 3>& place, Stage stage = {}) : lease(model) {
    const mjModel& m = model.get();
    mjData& data = lease.get();
    mj_resetData(&m, &data);
    if (m.nq > 0) std::copy(place.begin(), place.end(), data.qpos);
    mj_forward(&m, &data);
    mjvOption option;
    mjvCamera camera;
    mjv_defaultOption(&option);
    mjv_defaultFreeCamera(&m, &camera);
    mjv_defaultScene(&scene);
    mjv_makeScene(&m, &scene, 2000);
    mjv_updateScene(&m, &data, &option, nullptr, &camera, mjCAT_ALL, &scene);
    before = scene.ngeom;
    stage.add_floor(m, data, Subject::find(m), scene);
  }
  ~Scene() { mjv_freeScene(&scene); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] std::vector<mjvGeom> tiles() const { return {scene.geoms + before, scene.geoms + scene.ngeom}; }

  DataLease lease;
  mjvScene scene;
  int before = 0;
};

Model changed(const std::string& from, const std::string& to) {
  std::string text = vantage_test::balls;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return Model::from_xml_string(text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("stage: the subject is the heaviest tree that moves") {
  const Model three = Model::from_xml_string(vantage_test::balls);
  const Subject subject = Subject::find(three.get());
  CHECK(subject.body == 1);
  CHECK(subject.travels);
  // equal masses: the centre lies a third of the way to the right one
  CHECK(subject.radius == Approx(std::hypot(0.5, 0.5 / 3) + 0.2).epsilon(1e-12));

  const Environment<HalfCheetah> cheetah;
  CHECK(Subject::find(cheetah.model().get()).travels);
  CHECK_FALSE(Subject::find(Environment<InvertedPendulum>().model().get()).travels);
  CHECK(Subject::find(Environment<Swimmer>().model().get()).travels);

  const Model several = Model::from_xml_string(R"(<mujoco><worldbody>
    <body><geom size="1"/></body>
    <body><joint/><geom size=".1"/></body>
    <body pos="3 0 0"><joint type="slide"/><geom size=".3"/></body>
    <body><freejoint/><geom size=".2"/></body>
  </worldbody></mujoco>)");
  CHECK(Subject::find(several.get()).body == 3);
  CHECK_FALSE(Subject::find(several.get()).travels);
  CHECK(Subject::find(several.get()).radius == Approx(0.3));
  const Model still = Model::from_xml_string("<mujoco><worldbody><geom size='1'/></worldbody></mujoco>");
  CHECK(Subject::find(still.get()).body == 0);
}

TEST_CASE("stage: tiles lie on the floor, stay where they are, and go as far as the subject does") {
  const Model model = Model::from_xml_string(vantage_test::balls);
  // a radius of 0.73 m: tiles of 1 m, the nearest power of two
  const double tile = 1;
  for (const double x : {0.0, 0.9, -7.9, 1235.0}) {
    const Scene scene(model, {x, 2 * x, 1});
    const auto tiles = scene.tiles();
    REQUIRE(static_cast<int>(tiles.size()) == Stage::tiles * Stage::tiles / 2);
    std::set<std::pair<long, long>> places;
    for (const mjvGeom& geom : tiles) {
      const long i = std::lround(geom.pos[0] / tile - 0.5), j = std::lround(geom.pos[1] / tile - 0.5);
      CHECK(geom.pos[0] == Approx((static_cast<double>(i) + 0.5) * tile).margin(1e-4));
      CHECK(geom.pos[2] == Approx(0).margin(1e-6));
      CHECK(geom.size[0] == Approx(tile / 2));
      // every place in the world has one colour, wherever the subject is
      CHECK((i + j) % 2 == 0);
      places.emplace(i, j);
      constexpr int reach = Stage::tiles / 2 + 2;
      CHECK(std::abs(geom.pos[0] - x) <= reach * tile);
      CHECK(std::abs(geom.pos[1] - 2 * x) <= reach * tile);
    }
    CHECK(places.size() == tiles.size());
    // the plain part of the floor comes along
    const mjvGeom* const floor = std::find_if(scene.scene.geoms, scene.scene.geoms + scene.before,
                                              [](const mjvGeom& geom) { return geom.type == mjGEOM_PLANE; });
    REQUIRE(floor != scene.scene.geoms + scene.before);
    CHECK(std::abs(floor->pos[0] - x) <= tile * 2);
    CHECK(std::abs(floor->pos[1] - 2 * x) <= tile * 2);
  }
}

TEST_CASE("stage: a slope is tiled along itself") {
  const Model model = changed("type=\"plane\"", "type=\"plane\" pos=\"1 2 3\" euler=\"20 30 40\"");
  const Scene scene(model, {5, 6, 7});
  const double* const normal = scene.lease.get().geom_xmat;
  REQUIRE(scene.tiles().size() == Stage::tiles * Stage::tiles / 2);
  for (const mjvGeom& geom : scene.tiles()) {
    double above = 0;
    for (std::size_t c = 0; c < 3; ++c) above += normal[3 * c + 2] * (geom.pos[c] - (static_cast<double>(c) + 1));
    CHECK(above == Approx(0).margin(1e-5));
    for (std::size_t c = 0; c < 9; ++c) CHECK(geom.mat[c] == Approx(normal[c]).margin(1e-6));
  }
}

TEST_CASE("stage: what the model says itself is left alone") {
  CHECK(Scene(Model::from_xml_string(vantage_test::balls), {0, 0, 1}, {.floor = false}).tiles().empty());
  const std::string material =
      "<asset><texture name='t' type='2d' builtin='flat' rgb1='1 0 0' width='8' height='8'/>"
      "<material name='m' texture='t'/></asset><worldbody>";
  std::string text = vantage_test::balls;
  text.replace(text.find("<worldbody>"), 11, material);
  text.replace(text.find("type=\"plane\""), 12, "type=\"plane\" material=\"m\"");
  CHECK(Scene(Model::from_xml_string(text), {9, 9, 1}).tiles().empty());
  CHECK(Scene(changed("type=\"plane\" size=\"5 5 .1\"", "type=\"box\" size=\"5 5 .1\""), {0, 0, 1}).tiles().empty());
}

TEST_CASE("stage: the sky is where nothing is") {
  const Model bare = Model::from_xml_string(vantage_test::balls);
  const std::vector<float> depth{0.5F, 1.0F, 1.0F, 0.99F};  // bottom row first
  const std::vector<std::uint8_t> before(12, 7);
  std::vector<std::uint8_t> rgb = before;
  Stage{}.paint_sky(bare.get(), 2, 2, depth, rgb);
  // a quarter of the way down from the top, and three quarters
  CHECK(std::vector<std::uint8_t>(rgb.begin() + 6, rgb.begin() + 9) == std::vector<std::uint8_t>{136, 172, 215});
  CHECK(std::vector<std::uint8_t>(rgb.begin() + 3, rgb.begin() + 6) == std::vector<std::uint8_t>{197, 215, 235});
  CHECK(std::count(rgb.begin(), rgb.end(), 7) == 6);

  rgb = before;
  Stage{.sky = false}.paint_sky(bare.get(), 2, 2, depth, rgb);
  CHECK(rgb == before);
  const Model own = changed("<worldbody>",
                            "<asset><texture type='skybox' builtin='flat' rgb1='1 0 0' width='8' height='8'/></asset>"
                            "<worldbody>");
  Stage{}.paint_sky(own.get(), 2, 2, depth, rgb);
  CHECK(rgb == before);
}
