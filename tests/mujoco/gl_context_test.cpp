// SPDX-License-Identifier: MIT
#include "vantage/mujoco/gl_context.hpp"

#include <cstdlib>
#include <thread>

#include "drawing.hpp"

using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("gl context: the environment chooses") {
  const char* const before = std::getenv("MUJOCO_GL");
  const std::string kept = before ? before : "";
  const auto chosen = [](const char* value) {
    ::setenv("MUJOCO_GL", value, 1);
    return detail::backend_of_environment();
  };
  CHECK(chosen("egl") == GlBackend::egl);
  CHECK(chosen("osmesa") == GlBackend::osmesa);
  CHECK(chosen("glfw") == GlBackend::automatic);
  CHECK(chosen("") == GlBackend::automatic);
  CHECK_THROWS_WITH(chosen("vulkan"), ContainsSubstring("MUJOCO_GL") && ContainsSubstring("vulkan"));
  ::setenv("MUJOCO_GL", kept.c_str(), 1);
}

TEST_CASE("gl context: the first choice holds") {
  if (!vantage_test::can_draw()) return;
  const GlContext context;
  const GlContext same(context.backend());
  const bool egl = context.backend() == GlBackend::egl;
  CHECK(same.backend() == context.backend());
  CHECK_THROWS_WITH(GlContext(egl ? GlBackend::osmesa : GlBackend::egl),
                    ContainsSubstring("expected " + std::string(egl ? "egl" : "osmesa")));
}

TEST_CASE("gl context: no thread keeps it, whatever became of the call") {
  if (!vantage_test::can_draw()) return;
  GlContext context;
  int calls = 0;
  CHECK_THROWS_AS(context.run([] { throw GlError("mine"); }), GlError);
  std::thread([&] { context.run([&] { ++calls; }); }).join();
  context.run([&] { ++calls; });
  CHECK(calls == 2);
}
