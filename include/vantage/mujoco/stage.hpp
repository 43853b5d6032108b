// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_STAGE_HPP
#define VANTAGE_MUJOCO_STAGE_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>

#include "vantage/mujoco/guard.hpp"

namespace vantage::mujoco {

/// Whom a picture is about: the heaviest tree of bodies that can move. Units: m.
struct Subject {
  int body = 0;          ///< its root; 0 (the world) in a model where nothing moves
  bool travels = false;  ///< its root moves along two axes or more
  double radius = 1;     ///< around its centre of mass, in the model's first pose

  /// Throws: MujocoError.
  [[nodiscard]] static Subject find(const mjModel& model) {
    Subject subject;
    for (int j = 0; j < static_cast<int>(model.njnt); ++j) {
      const int root = model.body_rootid[model.jnt_bodyid[j]];
      const bool heavier = model.body_subtreemass[root] > model.body_subtreemass[subject.body];
      if (subject.body == 0 || heavier) subject.body = root;
    }
    int slides = 0;
    for (int j = 0; j < static_cast<int>(model.njnt); ++j) {
      if (model.jnt_bodyid[j] != subject.body) continue;
      if (model.jnt_type[j] == mjJNT_FREE) slides += 3;
      if (model.jnt_type[j] == mjJNT_SLIDE) slides += 1;
    }
    subject.travels = slides >= 2;
    subject.measure(model);
    return subject;
  }

 private:
  void measure(const mjModel& model) {
    mjData* made = nullptr;
    guarded([&] { made = mj_makeData(&model); });
    const std::unique_ptr<mjData, void (*)(mjData*)> data(made, &mj_deleteData);
    guarded([&] {
      mj_kinematics(&model, made);
      mj_comPos(&model, made);
    });
    double farthest = 0;
    for (int g = 0; g < static_cast<int>(model.ngeom); ++g) {
      if (model.body_rootid[model.geom_bodyid[g]] != body || model.geom_type[g] == mjGEOM_PLANE) continue;
      farthest =
          std::max(farthest, mju_dist3(made->geom_xpos + 3 * g, made->subtree_com + 3 * body) + model.geom_rbound[g]);
    }
    if (farthest > 0) radius = farthest;
  }
};

/// What surrounds the subject where the model itself says little: a checked floor and a bright sky.
struct Stage {
  bool floor = true;  ///< planes of the world without a material get checks, and go on as far as they do in the physics
  bool sky = true;    ///< where nothing is, and the model has no skybox

  static constexpr int tiles = 24;  ///< along each side

  /// Adds the checks to a scene that mjv_updateScene has filled. The tiles have about the subject's size and stay where
  /// they are in the world; the drawn part of the floor moves with the subject.
  void add_floor(const mjModel& model, const mjData& data, const Subject& subject, mjvScene& scene) const {
    if (!floor) return;
    const double tile = std::exp2(std::round(std::log2(subject.radius)));
    const int geoms = scene.ngeom;
    for (int i = 0; i < geoms; ++i) {
      mjvGeom& plane = scene.geoms[i];
      if (plane.type != mjGEOM_PLANE || plane.objtype != mjOBJ_GEOM || model.geom_bodyid[plane.objid] != 0) continue;
      if (model.geom_matid[plane.objid] < 0) check(data, subject, tile, plane, scene);
    }
  }

  /// Colours the pixels at the far end of the depth buffer, from the top row down.
  /// Shapes: rgb 3 width height, depth width height, both with the bottom row first.
  void paint_sky(const mjModel& model, int width, int height, std::span<const float> depth,
                 std::span<std::uint8_t> rgb) const {
    if (!sky || std::find(model.tex_type, model.tex_type + model.ntex, mjTEXTURE_SKYBOX) != model.tex_type + model.ntex)
      return;
    constexpr std::array<double, 3> top{105, 150, 205}, bottom{228, 237, 245};
    for (int y = 0; y < height; ++y) {
      const double share = (y + 0.5) / height;
      std::array<std::uint8_t, 3> colour{};
      for (std::size_t c = 0; c < 3; ++c) {
        colour[c] = static_cast<std::uint8_t>(std::lround(share * top[c] + (1 - share) * bottom[c]));
      }
      for (auto i = static_cast<std::size_t>(y * width); i < static_cast<std::size_t>((y + 1) * width); ++i) {
        if (depth[i] >= 1) std::copy(colour.begin(), colour.end(), rgb.begin() + static_cast<std::ptrdiff_t>(3 * i));
      }
    }
  }

 private:
  static void check(const mjData& data, const Subject& subject, double tile, mjvGeom& plane, mjvScene& scene) {
    // the plane's axes in the world, and the subject's place on it in whole pairs of tiles
    std::array<double, 9> axes{};
    std::copy_n(data.geom_xmat + 9 * plane.objid, 9, axes.begin());
    const double* const origin = data.geom_xpos + 3 * plane.objid;
    std::array<double, 3> offset{}, local{};
    mju_sub3(offset.data(), data.subtree_com + 3 * subject.body, origin);
    mju_mulMatTVec(local.data(), axes.data(), offset.data(), 3, 3);
    const double x = 2 * tile * std::round(local[0] / (2 * tile)), y = 2 * tile * std::round(local[1] / (2 * tile));
    const auto place = [&](double along_x, double along_y) {
      std::array<double, 3> in_plane{along_x, along_y, 0}, in_world{};
      mju_mulMatVec(in_world.data(), axes.data(), in_plane.data(), 3, 3);
      mju_addTo3(in_world.data(), origin);
      return in_world;
    };
    const std::array<double, 3> centre = place(x, y);
    std::copy(centre.begin(), centre.end(), plane.pos);

    // every second tile, a little darker and a hair above the plane
    std::array<float, 4> colour{0, 0, 0, plane.rgba[3]};
    for (std::size_t c = 0; c < 3; ++c) colour[c] = 0.8F * plane.rgba[c];
    const std::array<double, 3> size{tile / 2, tile / 2, 2.5e-4 * tile};
    for (int i = -tiles / 2; i < tiles / 2; ++i) {
      for (int j = -tiles / 2; j < tiles / 2; ++j) {
        if ((i + j) % 2 != 0 || scene.ngeom >= scene.maxgeom) continue;
        const std::array<double, 3> where = place(x + (i + 0.5) * tile, y + (j + 0.5) * tile);
        mjvGeom& box = scene.geoms[scene.ngeom++];
        mjv_initGeom(&box, mjGEOM_BOX, size.data(), where.data(), axes.data(), colour.data());
        box.category = mjCAT_STATIC;
        box.specular = box.shininess = 0;
      }
    }
  }
};

}  // namespace vantage::mujoco

#endif
