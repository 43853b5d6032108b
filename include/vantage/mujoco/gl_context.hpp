// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_GL_CONTEXT_HPP
#define VANTAGE_MUJOCO_GL_CONTEXT_HPP

#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "vantage/mujoco/gl_library.hpp"

namespace vantage::mujoco {

namespace detail {

/// What the environment variable MUJOCO_GL says; "glfw" needs a screen and counts as no choice.
inline GlBackend backend_of_environment() {
  const char* const text = std::getenv("MUJOCO_GL");
  const std::string_view name = text ? text : "";
  if (name.empty() || name == "glfw") return GlBackend::automatic;
  if (name == "egl") return GlBackend::egl;
  if (name == "osmesa") return GlBackend::osmesa;
  throw GlError("environment variable MUJOCO_GL: expected egl or osmesa, got " + std::string(name));
}

/// The process's library: the first choice stays.
inline const GlLibrary& gl_library(GlBackend wanted) {
  static std::mutex mutex;
  static std::optional<GlLibrary> library;
  const std::lock_guard lock(mutex);
  if (wanted == GlBackend::automatic && !library) wanted = backend_of_environment();
  if (!library) library.emplace(wanted);
  if (wanted != GlBackend::automatic && wanted != library->backend()) {
    const auto name = [](GlBackend backend) { return std::string(kGlBackendNames[static_cast<std::size_t>(backend)]); };
    throw GlError("GlContext: expected " + name(library->backend()) + ", with which this process draws already, got " +
                  name(wanted));
  }
  return *library;
}

}  // namespace detail

/// An OpenGL context that needs no window and no screen. `automatic` takes what the environment variable MUJOCO_GL says
/// (egl or osmesa), else EGL where it works, else OSMesa; the first choice holds for the whole process. The libraries
/// are opened at run time: a program needs neither to be built or linked. MUJOCO_EGL_DEVICE_ID picks a graphics card.
class GlContext {
 public:
  /// Throws: GlError that says what to install.
  explicit GlContext(GlBackend wanted = GlBackend::automatic)
      : library_(detail::gl_library(wanted)), context_(library_.create()) {
    if (context_ == nullptr) throw GlError("GlContext: the OpenGL library refused to make a context");
  }
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;
  ~GlContext() { library_.destroy(context_); }

  /// Who draws.
  [[nodiscard]] GlBackend backend() const { return library_.backend(); }

  /// Runs `call()` with this context current in the calling thread, and with none afterwards.
  /// Pre: one thread at a time. Throws: GlError if the context cannot be made current.
  template <class Call>
  void run(Call&& call) {
    if (!library_.make_current(context_, pixel_.data())) {
      throw GlError("GlContext: the context cannot be made current, does another thread hold it?");
    }
    struct Release {
      const detail::GlLibrary& library;
      ~Release() { static_cast<void>(library.make_current(nullptr, nullptr)); }
    };
    const Release release{library_};
    call();
  }

 private:
  const detail::GlLibrary& library_;
  void* context_;
  std::array<unsigned char, 4> pixel_{};
};

}  // namespace vantage::mujoco

#endif
