// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_RENDER_HPP
#define VANTAGE_MUJOCO_RENDER_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/mujoco/gl_context.hpp"
#include "vantage/mujoco/guard.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/stage.hpp"

namespace vantage::mujoco {

/// A picture: rows from the top, pixels from the left, a byte each of red, green and blue.
struct Image {
  int width = 0;                  ///< pixels
  int height = 0;                 ///< pixels
  std::vector<std::uint8_t> rgb;  ///< 3 width height
};

struct RendererOptions {
  int width = 480;          ///< pixels
  int height = 480;         ///< pixels
  std::string camera = {};  ///< one of the model's; empty: "track" where the model has it, else a view of the robot
  Stage stage = {};         ///< floor and sky for models that have no textures of their own
  GlBackend backend = GlBackend::automatic;  ///< who draws; the first renderer decides for the process
};

/// Draws the state of a simulation into a picture, with MuJoCo's own renderer and without a screen.
/// Pre: used by one thread at a time. Cost: with Mesa's software renderer some 50 ms a picture.
class Renderer {
 public:
  /// Throws: std::invalid_argument for a size below 1 or a camera that the model lacks, naming those it has; GlError
  /// where this machine cannot draw; MujocoError.
  explicit Renderer(const mjModel& model, RendererOptions options = {})
      : options_(checked(std::move(options))),
        camera_(choose_camera(model)),
        subject_(Subject::find(model)),
        gl_(options_.backend),
        geoms_(static_cast<int>(model.ngeom)),
        depth_(static_cast<std::size_t>(options_.width * options_.height)) {
    mjv_defaultOption(&visible_);
    flipped_.resize(3 * depth_.size());
    image_ = {options_.width, options_.height, flipped_};
    try {
      gl_.run([&] { prepare(model); });
    } catch (...) {
      release();
      throw;
    }
  }
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;
  ~Renderer() { release(); }

  [[nodiscard]] const RendererOptions& options() const { return options_; }
  /// Who draws.
  [[nodiscard]] GlBackend backend() const { return gl_.backend(); }

  /// The picture of a state whose derived fields are up to date (mj_forward): what Environment::inspect shows. It stays
  /// valid until the next call. Pre: the model that the renderer was made for. Throws: GlError, MujocoError.
  const Image& frame(const mjModel& model, mjData& data) {
    require(model.ngeom == geoms_, "Renderer::frame", "the model that the renderer was made for", model.ngeom);
    follow(data);
    const mjrRect whole{0, 0, options_.width, options_.height};
    gl_.run([&] {
      guarded([&] {
        mjv_updateScene(&model, &data, &visible_, nullptr, &camera_, mjCAT_ALL, &scene_);
        options_.stage.add_floor(model, data, subject_, scene_);
        mjr_render(whole, &scene_, &context_);
        mjr_readPixels(flipped_.data(), depth_.data(), whole, &context_);
      });
    });
    options_.stage.paint_sky(model, options_.width, options_.height, depth_, flipped_);

    // OpenGL's rows start at the bottom
    const auto row = static_cast<std::ptrdiff_t>(3 * options_.width);
    for (std::ptrdiff_t y = 0; y < options_.height; ++y) {
      std::copy_n(flipped_.begin() + (options_.height - 1 - y) * row, row, image_.rgb.begin() + y * row);
    }
    return image_;
  }

 private:
  static RendererOptions checked(RendererOptions options) {
    // the upper end is what OpenGL drivers take
    require(1 <= options.width && options.width <= 8192, "Renderer", "width in [1, 8192]", options.width);
    require(1 <= options.height && options.height <= 8192, "Renderer", "height in [1, 8192]", options.height);
    return options;
  }

  [[nodiscard]] mjvCamera choose_camera(const mjModel& model) const {
    mjvCamera camera;
    mjv_defaultFreeCamera(&model, &camera);
    const std::string name =
        options_.camera.empty() && mj_name2id(&model, mjOBJ_CAMERA, "track") >= 0 ? "track" : options_.camera;
    if (!name.empty()) {
      camera.type = mjCAMERA_FIXED;
      camera.fixedcamid = detail::find_id(model, mjOBJ_CAMERA, "Renderer: camera", name, model.ncam);
    }
    return camera;
  }

  /// The camera of our own stands still before a robot that does, and goes beside one that travels.
  void follow(const mjData& data) {
    if (camera_.type != mjCAMERA_FREE || !subject_.travels) return;
    mju_copy3(camera_.lookat, data.subtree_com + 3 * subject_.body);
    camera_.distance = 3.5 * subject_.radius;
    camera_.elevation = -15;
  }

  void prepare(const mjModel& model) {
    // the offscreen buffer takes its size from the model, which may be shared: a copy lends it ours
    mjModel* copy = nullptr;
    guarded([&] { copy = mj_copyModel(nullptr, &model); });
    const std::unique_ptr<mjModel, void (*)(mjModel*)> mine(copy, &mj_deleteModel);
    copy->vis.global.offwidth = options_.width;
    copy->vis.global.offheight = options_.height;
    // drawn anew for every light and picture: most of a software renderer's work
    copy->vis.quality.shadowsize = std::min(copy->vis.quality.shadowsize, 2048);
    guarded([&] {
      mjv_makeScene(copy, &scene_, geoms_ + 2000);
      mjr_makeContext(copy, &context_, mjFONTSCALE_100);
      made_ = true;
      mjr_setBuffer(mjFB_OFFSCREEN, &context_);
    });
    if (context_.currentBuffer != mjFB_OFFSCREEN) throw GlError("Renderer: OpenGL gave no offscreen buffer");
  }

  void release() {
    if (made_) gl_.run([&] { mjr_freeContext(&context_); });
    mjv_freeScene(&scene_);
  }

  /// Empty, so that it may be freed whatever became of it.
  template <class T, void (*Default)(T*)>
  static T empty() {
    T object;
    Default(&object);
    return object;
  }

  RendererOptions options_;
  mjvCamera camera_;
  Subject subject_;
  GlContext gl_;
  int geoms_;
  bool made_ = false;
  mjvOption visible_;
  mjvScene scene_ = empty<mjvScene, mjv_defaultScene>();
  mjrContext context_ = empty<mjrContext, mjr_defaultContext>();
  std::vector<std::uint8_t> flipped_;
  std::vector<float> depth_;
  Image image_;
};

}  // namespace vantage::mujoco

#endif
