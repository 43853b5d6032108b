// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_GL_LIBRARY_HPP
#define VANTAGE_MUJOCO_GL_LIBRARY_HPP

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vantage::mujoco {

/// Who draws: EGL (a graphics card, or Mesa's software renderer), or OSMesa (Mesa's software renderer in plain memory).
enum class GlBackend { automatic, egl, osmesa };
/// What options call them, in the order of GlBackend.
inline constexpr std::array<std::string_view, 3> kGlBackendNames{"automatic", "egl", "osmesa"};

/// This machine cannot draw, or the context was refused; the message says what to install.
struct GlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

using GlFunction = void (*)();

/// The functions of libEGL that an invisible context needs, and the display that works.
struct Egl {
  GlFunction (*get_proc_address)(const char*) = nullptr;
  const char* (*query_string)(void* display, std::int32_t name) = nullptr;
  void* (*get_display)(void* native) = nullptr;
  unsigned (*initialize)(void* display, std::int32_t* major, std::int32_t* minor) = nullptr;
  unsigned (*bind_api)(unsigned api) = nullptr;
  unsigned (*choose_config)(void* display, const std::int32_t* attributes, void** configs, std::int32_t size,
                            std::int32_t* count) = nullptr;
  void* (*create_context)(void* display, void* config, void* share, const std::int32_t* attributes) = nullptr;
  unsigned (*destroy_context)(void* display, void* context) = nullptr;
  void* (*create_pbuffer)(void* display, void* config, const std::int32_t* attributes) = nullptr;
  unsigned (*make_current)(void* display, void* draw, void* read, void* context) = nullptr;

  void* display = nullptr;
  void* config = nullptr;
  void* surface = nullptr;  ///< one pixel, where a driver cannot do without any
};

/// The functions of libOSMesa.
struct OsMesa {
  void* (*create_context)(unsigned format, int depth, int stencil, int accumulator, void* share) = nullptr;
  void (*destroy_context)(void* context) = nullptr;
  unsigned char (*make_current)(void* context, void* buffer, unsigned type, int width, int height) = nullptr;
};

/// The library that draws for this process. MuJoCo looks up OpenGL's functions among the global symbols of the process,
/// once: so there is one such library, and it becomes global only after it has shown that it works.
class GlLibrary {
 public:
  /// Throws: GlError "EGL: ...; OSMesa: ..." with what failed and what to install.
  explicit GlLibrary(GlBackend wanted) {
    std::string reasons;
    if (wanted != GlBackend::osmesa && open_egl(reasons)) {
      backend_ = GlBackend::egl;
    } else if (wanted != GlBackend::egl && open_osmesa(reasons)) {
      backend_ = GlBackend::osmesa;
    } else {
      throw GlError("no way to draw without a screen (" + reasons +
                    "); install libosmesa6, or libegl1 and a driver (libegl-mesa0 draws in software)");
    }
  }

  [[nodiscard]] GlBackend backend() const { return backend_; }

  /// Null if the library refuses.
  [[nodiscard]] void* create() const {
    if (backend_ == GlBackend::osmesa) return osmesa_.create_context(kOsMesaRgba, 24, 8, 0, nullptr);
    egl_.bind_api(kEglOpenGlApi);
    return egl_.create_context(egl_.display, egl_.config, nullptr, nullptr);
  }
  /// Destroys a context that it made.
  void destroy(void* context) const {
    if (backend_ == GlBackend::osmesa) {
      osmesa_.destroy_context(context);
    } else {
      egl_.destroy_context(egl_.display, context);
    }
  }
  /// `pixels`: four bytes that OSMesa takes for its window. A null context: none.
  [[nodiscard]] bool make_current(void* context, unsigned char* pixels) const {
    if (backend_ == GlBackend::osmesa) {
      const bool fine = osmesa_.make_current(context, context ? pixels : nullptr, kGlUnsignedByte, 1, 1) != 0;
      return fine || context == nullptr;
    }
    egl_.bind_api(kEglOpenGlApi);
    void* const surface = context ? egl_.surface : nullptr;
    return egl_.make_current(egl_.display, surface, surface, context) != 0;
  }

 private:
  // numbers of the EGL and OSMesa headers, which need not be installed
  static constexpr std::int32_t kEglNone = 0x3038, kEglExtensions = 0x3055;
  static constexpr unsigned kEglOpenGlApi = 0x30A2, kEglDevice = 0x313F, kEglSurfaceless = 0x31DD;
  static constexpr unsigned kOsMesaRgba = 0x1908, kGlUnsignedByte = 0x1401;
  static constexpr std::array<std::int32_t, 17> kEglConfig{0x3024, 8,  0x3023, 8, 0x3022,  8, 0x3021, 8,  // RGBA
                                                           0x3025, 24, 0x3026, 8,             // depth, stencil
                                                           0x3033, 1,  0x3040, 8, kEglNone};  // pbuffer, OpenGL

  template <class Function>
  static bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
  }

  static void* open(std::initializer_list<const char*> names, std::string& opened) {
    for (const char* name : names) {
      opened = name;
      if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    }
    return nullptr;
  }

  /// From now on MuJoCo finds the library's functions.
  static void publish(const std::string& opened) { ::dlopen(opened.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD); }

  bool open_egl(std::string& reasons) {
    std::string name;
    void* library = open({"libEGL.so.1", "libEGL.so"}, name);
    if (library == nullptr) {
      reasons = "no libEGL.so.1";
      return false;
    }
    Egl& e = egl_;
    if (!find(library, "eglGetProcAddress", e.get_proc_address) || !find(library, "eglQueryString", e.query_string) ||
        !find(library, "eglGetDisplay", e.get_display) || !find(library, "eglInitialize", e.initialize) ||
        !find(library, "eglBindAPI", e.bind_api) || !find(library, "eglChooseConfig", e.choose_config) ||
        !find(library, "eglCreateContext", e.create_context) ||
        !find(library, "eglDestroyContext", e.destroy_context) ||
        !find(library, "eglCreatePbufferSurface", e.create_pbuffer) ||
        !find(library, "eglMakeCurrent", e.make_current)) {
      reasons = "libEGL.so.1 lacks functions";
      return false;
    }
    for (void* display : egl_displays()) {
      if (display != nullptr && e.initialize(display, nullptr, nullptr) != 0 && works(display)) {
        publish(name);
        return true;
      }
    }
    reasons = "libEGL.so.1 has no driver that works";
    return false;
  }

  /// Each graphics card, Mesa without any screen, the display of the environment.
  std::vector<void*> egl_displays() const {
    using QueryDevices = unsigned (*)(std::int32_t, void**, std::int32_t*);
    using PlatformDisplay = void* (*)(unsigned platform, void* native, const std::int32_t* attributes);
    const auto query = reinterpret_cast<QueryDevices>(egl_.get_proc_address("eglQueryDevicesEXT"));
    const auto platform = reinterpret_cast<PlatformDisplay>(egl_.get_proc_address("eglGetPlatformDisplayEXT"));
    const char* text = egl_.query_string(nullptr, kEglExtensions);
    const std::string_view extensions = text ? text : "";
    const auto has = [&](const char* extension) { return extensions.find(extension) != std::string_view::npos; };

    std::vector<void*> displays;
    std::array<void*, 32> devices{};
    std::int32_t count = 0;
    if (query && platform && has("EGL_EXT_platform_device") &&
        query(static_cast<std::int32_t>(devices.size()), devices.data(), &count) != 0) {
      const char* chosen = std::getenv("MUJOCO_EGL_DEVICE_ID");
      for (std::int32_t i = 0; i < count; ++i) {
        if (chosen != nullptr && std::to_string(i) != chosen) continue;
        displays.push_back(platform(kEglDevice, devices[static_cast<std::size_t>(i)], nullptr));
      }
    }
    if (platform && has("EGL_MESA_platform_surfaceless")) {
      displays.push_back(platform(kEglSurfaceless, nullptr, nullptr));
    }
    displays.push_back(egl_.get_display(nullptr));
    return displays;
  }

  /// Whether a context on this display can be made current.
  bool works(void* display) {
    Egl& e = egl_;
    std::int32_t count = 0;
    e.display = display;
    if (e.bind_api(kEglOpenGlApi) == 0 || e.choose_config(display, kEglConfig.data(), &e.config, 1, &count) == 0 ||
        count < 1) {
      return false;
    }
    void* context = e.create_context(display, e.config, nullptr, nullptr);
    if (context == nullptr) return false;
    e.surface = nullptr;
    bool fine = e.make_current(display, nullptr, nullptr, context) != 0;
    if (!fine) {
      constexpr std::array<std::int32_t, 5> one_pixel{0x3057, 1, 0x3056, 1, kEglNone};
      e.surface = e.create_pbuffer(display, e.config, one_pixel.data());
      fine = e.surface != nullptr && e.make_current(display, e.surface, e.surface, context) != 0;
    }
    e.make_current(display, nullptr, nullptr, nullptr);
    e.destroy_context(display, context);
    return fine;
  }

  bool open_osmesa(std::string& reasons) {
    std::string name;
    void* library = open({"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"}, name);
    reasons += reasons.empty() ? "" : ", ";
    if (library == nullptr) {
      reasons += "no libOSMesa.so.8";
      return false;
    }
    if (!find(library, "OSMesaCreateContextExt", osmesa_.create_context) ||
        !find(library, "OSMesaDestroyContext", osmesa_.destroy_context) ||
        !find(library, "OSMesaMakeCurrent", osmesa_.make_current)) {
      reasons += name + " lacks functions";
      return false;
    }
    // MuJoCo prefers EGL's functions wherever it sees them
    if (::dlsym(::dlopen(nullptr, RTLD_NOW), "eglGetProcAddress") != nullptr) {
      reasons += "libOSMesa cannot be used in a process that is linked with libEGL";
      return false;
    }
    publish(name);
    return true;
  }

  GlBackend backend_ = GlBackend::automatic;
  Egl egl_;
  OsMesa osmesa_;
};

}  // namespace detail
}  // namespace vantage::mujoco

#endif
