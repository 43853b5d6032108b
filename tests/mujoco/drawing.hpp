// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_MUJOCO_DRAWING_HPP
#define VANTAGE_TESTS_MUJOCO_DRAWING_HPP

#include <array>
#include <cstdio>
#include <string>

#include "catch.hpp"
#include "vantage/mujoco/gl_context.hpp"
#include "vantage/mujoco/render.hpp"

namespace vantage_test {

/// Whether the library that MUJOCO_GL names (or any) is on this machine; says so if not, for ctest to see.
inline bool can_draw() {
  static const std::string reason = [] {
    try {
      vantage::mujoco::detail::gl_library(vantage::mujoco::GlBackend::automatic);
    } catch (const vantage::mujoco::GlError& error) {
      return std::string(error.what());
    }
    return std::string();
  }();
  if (!reason.empty()) std::printf("skipped: %s\n", reason.c_str());
  return reason.empty();
}

/// Three balls of one size and mass: red above, blue below, green to the right, 0.5 m around the body's origin.
inline constexpr const char* balls = R"(<mujoco>
  <worldbody>
    <light directional="true" dir="0 .5 -1"/>
    <camera name="front" pos="0 -4 1" xyaxes="1 0 0 0 0 1" fovy="45"/>
    <camera name="top" pos="0 0 6"/>
    <geom name="floor" type="plane" size="5 5 .1" rgba=".5 .5 .5 1" contype="0" conaffinity="0"/>
    <body name="three" pos="0 0 1">
      <freejoint/>
      <geom type="sphere" size=".2" pos="0 0 .5" rgba="1 0 0 1"/>
      <geom type="sphere" size=".2" pos="0 0 -.5" rgba="0 0 1 1"/>
      <geom type="sphere" size=".2" pos=".5 0 0" rgba="0 1 0 1"/>
    </body>
  </worldbody>
</mujoco>)";

/// Mean place (x, y from the top left corner, pixels) and count of the pixels in which one colour stands out.
struct Blob {
  double x = 0, y = 0, count = 0;

  Blob(const vantage::mujoco::Image& image, std::size_t colour) {
    for (int row = 0; row < image.height; ++row) {
      for (int column = 0; column < image.width; ++column) {
        const std::uint8_t* pixel = image.rgb.data() + 3 * (row * image.width + column);
        if (pixel[colour] < 2 * std::max(pixel[(colour + 1) % 3], pixel[(colour + 2) % 3]) + 20) continue;
        x += column + 0.5;
        y += row + 0.5;
        ++count;
      }
    }
    x /= count;
    y /= count;
  }
};

}  // namespace vantage_test

#endif
