// SPDX-License-Identifier: MIT
#include "vantage/mujoco/gl_library.hpp"

#include "drawing.hpp"

using namespace vantage::mujoco;

TEST_CASE("gl library: makes contexts and makes them current") {
  if (!vantage_test::can_draw()) return;
  const detail::GlLibrary& library = detail::gl_library(GlBackend::automatic);
  CHECK(library.backend() != GlBackend::automatic);
  std::array<unsigned char, 4> pixel{};
  void* const first = library.create();
  void* const second = library.create();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first != second);
  CHECK(library.make_current(first, pixel.data()));
  CHECK(library.make_current(second, pixel.data()));
  CHECK(library.make_current(nullptr, nullptr));
  library.destroy(first);
  library.destroy(second);
}

TEST_CASE("gl library: MuJoCo can find its functions, and the other library's stay out of its sight") {
  if (!vantage_test::can_draw()) return;
  const bool egl = detail::gl_library(GlBackend::automatic).backend() == GlBackend::egl;
  void* const process = ::dlopen(nullptr, RTLD_NOW);
  CHECK((::dlsym(process, "eglGetProcAddress") != nullptr) == egl);
  CHECK((::dlsym(process, "OSMesaGetProcAddress") != nullptr) == !egl);
  // MuJoCo would look up EGL's functions for OSMesa's context
  if (egl) {
    CHECK_THROWS_WITH(detail::GlLibrary(GlBackend::osmesa),
                      Catch::Matchers::ContainsSubstring("OSMesa") && Catch::Matchers::ContainsSubstring("libosmesa6"));
  }
}
