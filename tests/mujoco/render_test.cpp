// SPDX-License-Identifier: MIT
#include "vantage/mujoco/render.hpp"

#include <cmath>
#include <numbers>
#include <set>
#include <vector>

#include "drawing.hpp"
#include "vantage/mujoco/half_cheetah.hpp"

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;
using vantage_test::Blob;
using vantage_test::can_draw;

namespace {

/// The picture with the balls' body at this place.
Image draw(Renderer& renderer, const Model& model, double x, double y, double z) {
  DataLease lease(model);
  mjData& data = lease.get();
  mj_resetData(&model.get(), &data);
  data.qpos[0] = x;
  data.qpos[1] = y;
  data.qpos[2] = z;
  mj_forward(&model.get(), &data);
  return renderer.frame(model.get(), data);
}

std::size_t colours(const Image& image) {
  std::set<std::array<std::uint8_t, 3>> seen;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    seen.insert({image.rgb[i], image.rgb[i + 1], image.rgb[i + 2]});
  }
  return seen.size();
}

double variance(const Image& image) {
  double sum = 0, squares = 0;
  for (const double value : image.rgb) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(image.rgb.size());
  return squares / count - sum / count * (sum / count);
}

}  // namespace

TEST_CASE("render: things are where a pinhole camera sees them, rows from the top") {
  if (!can_draw()) return;
  const Model model = Model::from_xml_string(vantage_test::balls);
  for (const auto& [width, height] : {std::pair{320, 240}, {240, 240}, {199, 301}}) {
    Renderer renderer(model.get(), {.width = width, .height = height, .camera = "front"});
    const Image image = draw(renderer, model, 0, 0, 1);
    REQUIRE(image.rgb.size() == static_cast<std::size_t>(3 * width * height));
    CHECK(image.width == width);
    CHECK(image.height == height);
    // 4 m away with a field of view of 45 degrees from top to bottom
    const double pixels_per_metre = height / (2 * std::tan(std::numbers::pi / 8)) / 4;
    const Blob red(image, 0), green(image, 1), blue(image, 2);
    CHECK(red.x == Approx(0.5 * width).margin(1));
    CHECK(red.y == Approx(0.5 * height - 0.5 * pixels_per_metre).margin(1.5));
    CHECK(blue.y == Approx(0.5 * height + 0.5 * pixels_per_metre).margin(1.5));
    CHECK(green.x == Approx(0.5 * width + 0.5 * pixels_per_metre).margin(1.5));
    CHECK(green.y == Approx(0.5 * height).margin(1.5));
    // a ball of 0.2 m
    CHECK(red.count == Approx(std::numbers::pi * std::pow(0.2 * pixels_per_metre, 2)).epsilon(0.1));
    // the sky is at the top
    CHECK(std::abs(image.rgb[0] - 105) <= 1);
    CHECK(std::abs(image.rgb[2] - 205) <= 1);
  }
}

TEST_CASE("render: what moves moves in the picture") {
  if (!can_draw()) return;
  const Model model = Model::from_xml_string(vantage_test::balls);
  Renderer renderer(model.get(), {.width = 240, .height = 240, .camera = "front"});
  const double pixels_per_metre = 240 / (2 * std::tan(std::numbers::pi / 8)) / 4;
  const Image before = draw(renderer, model, 0, 0, 1);
  const Image after = draw(renderer, model, 0.3, 0, 1.2);
  CHECK(Blob(after, 0).x - Blob(before, 0).x == Approx(0.3 * pixels_per_metre).margin(1));
  CHECK(Blob(after, 0).y - Blob(before, 0).y == Approx(-0.2 * pixels_per_metre).margin(1));
}

TEST_CASE("render: the same state gives the same bits, in any renderer and in any order") {
  if (!can_draw()) return;
  const Model model = Model::from_xml_string(vantage_test::balls);
  Renderer first(model.get(), {.width = 160, .height = 120});
  const Image at_home = draw(first, model, 0, 0, 1);
  Renderer second(model.get(), {.width = 160, .height = 120});
  Renderer other(model.get(), {.width = 50, .height = 70, .camera = "top"});
  const Image away = draw(second, model, 0.4, 0.2, 2);
  draw(other, model, 1, 1, 1);
  CHECK(draw(second, model, 0, 0, 1).rgb == at_home.rgb);
  CHECK(draw(first, model, 0.4, 0.2, 2).rgb == away.rgb);
  CHECK(draw(first, model, 0, 0, 1).rgb == at_home.rgb);
  CHECK(away.rgb != at_home.rgb);
}

TEST_CASE("render: the camera of its own keeps a traveller in the middle") {
  if (!can_draw()) return;
  const Model model = Model::from_xml_string(vantage_test::balls);
  Renderer renderer(model.get(), {.width = 240, .height = 240});
  for (const double x : {0.0, 3.0, -500.0}) {
    const Image image = draw(renderer, model, x, 2 * x, 1);
    // the centre of mass lies a third of the way to the green ball, seen by a camera that looks along y
    const Blob red(image, 0), green(image, 1), blue(image, 2);
    CHECK((red.x + green.x + blue.x) / 3 == Approx(120).margin(4));
    CHECK((red.y + green.y + blue.y) / 3 == Approx(120).margin(8));
    CHECK(green.x > red.x + 20);
    CHECK(red.y < blue.y - 40);
    CHECK(red.count > 200);
  }
}

TEST_CASE("render: a task is neither blank nor still") {
  if (!can_draw()) return;
  mujoco::Environment<HalfCheetah> cheetah;
  Rng rng(1, 0);
  Vector<double> observation(cheetah.spec().observation_size);
  cheetah.reset(rng, observation);
  Renderer renderer(cheetah.model().get(), {.width = 160, .height = 120});
  const auto picture = [&] {
    Image image;
    cheetah.inspect([&](const mjModel& model, mjData& data) { image = renderer.frame(model, data); });
    return image;
  };
  const Image before = picture();
  CHECK(colours(before) > 50);
  CHECK(variance(before) > 100);
  CHECK(picture().rgb == before.rgb);

  // looking does not change where the world goes
  mujoco::Environment<HalfCheetah> unseen = cheetah;
  const Vector<double> action = Vector<double>::Constant(6, 0.7);
  Vector<double> unseen_observation = observation;
  for (int i = 0; i < 5; ++i) {
    cheetah.step(action, observation);
    unseen.step(action, unseen_observation);
    CHECK(picture().rgb != before.rgb);
  }
  CHECK(observation == unseen_observation);
  CHECK(cheetah.model()->vis.global.offwidth == mujoco::Environment<HalfCheetah>().model()->vis.global.offwidth);
}

TEST_CASE("render: a model's own sky is its own") {
  if (!can_draw()) return;
  std::string text = vantage_test::balls;
  text.insert(text.find("<worldbody>"),
              "<asset><texture type='skybox' builtin='flat' rgb1='1 1 0' width='16' height='16'/></asset>");
  const Model model = Model::from_xml_string(text);
  Renderer renderer(model.get(), {.width = 64, .height = 64, .camera = "front"});
  const Image image = draw(renderer, model, 0, 0, 1);
  CHECK(image.rgb[0] > 200);
  CHECK(image.rgb[1] > 200);
  CHECK(image.rgb[2] < 50);
}

TEST_CASE("render: refusals") {
  if (!can_draw()) return;
  const Model model = Model::from_xml_string(vantage_test::balls);
  CHECK_THROWS_WITH(Renderer(model.get(), {.camera = "side"}),
                    ContainsSubstring("side") && ContainsSubstring("front, top"));
  CHECK_THROWS_WITH(Renderer(model.get(), {.width = 0}), ContainsSubstring("width") && ContainsSubstring("0"));
  CHECK_THROWS_WITH(Renderer(model.get(), {.height = 100000}), ContainsSubstring("height"));
  Renderer renderer(model.get(), {.width = 32, .height = 32});
  mujoco::Environment<HalfCheetah> cheetah;
  cheetah.inspect([&](const mjModel& other, mjData& data) {
    CHECK_THROWS_WITH(renderer.frame(other, data), ContainsSubstring("the model that the renderer was made for"));
  });
  // and goes on afterwards
  CHECK(colours(draw(renderer, model, 0, 0, 1)) > 10);
}
