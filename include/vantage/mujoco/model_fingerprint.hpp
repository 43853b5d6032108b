// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MODEL_FINGERPRINT_HPP
#define VANTAGE_MUJOCO_MODEL_FINGERPRINT_HPP

#include <mujoco/mjxmacro.h>
#include <mujoco/mujoco.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "vantage/io/checksum.hpp"
#include "vantage/mujoco/version.hpp"

namespace vantage::mujoco {

namespace detail {

/// Whether a field of mjModel is only about pictures, paths and the storage of names, or follows from others.
constexpr bool is_about_pictures(std::string_view field) {
  constexpr std::array<std::string_view, 13> starts{"tex_", "mat_",  "skin_", "cam_",   "light_", "name",   "ntex",
                                                    "nmat", "nskin", "ncam",  "nlight", "nname",  "nbuffer"};
  constexpr std::array<std::string_view, 6> ends{"_rgba", "_matid", "_group", "_pathadr", "texcoord", "paths"};
  if (field == "actuator_group") return false;  // whole groups can be disabled
  for (const std::string_view start : starts) {
    if (field.starts_with(start)) return true;
  }
  for (const std::string_view end : ends) {
    if (field.ends_with(end)) return true;
  }
  return field == "npaths" || field == "nuser_cam";
}

/// The last bits of a number that the compiler derived may differ between processors: a float of it counts, and what
/// is almost 0 is 0.
template <class Number>
[[nodiscard]] std::uint64_t hash_numbers(const Number* numbers, std::int64_t count, std::uint64_t hash) {
  const auto add = [&](const auto& number) {
    hash = fnv1a({reinterpret_cast<const char*>(&number), sizeof(number)}, hash);
  };
  for (std::int64_t i = 0; i < count; ++i) {
    if constexpr (std::is_floating_point_v<Number>) {
      add(std::abs(numbers[i]) < 1e-14 ? 0.0F : static_cast<float>(numbers[i]));
    } else {
      add(numbers[i]);
    }
  }
  return hash;
}

}  // namespace detail

/// What tells two compiled models apart, "3.3.7:0123456789abcdef": MuJoCo's version and a hash of all sizes, options,
/// arrays and the names of what moves or measures, but for what is only about pictures (textures, materials, skins,
/// cameras, lights, colours, groups) and where files lie. The same for the same model and version, on every machine;
/// between two versions the hashes say nothing. `options`: those that count instead of the model's own. Cost: one pass
/// over the model.
[[nodiscard]] inline std::string model_fingerprint(const mjModel& model, const mjOption& options) {
  std::uint64_t hash = fnv1a("");
  const auto add = [&](std::string_view field, const auto* numbers, std::int64_t count) {
    if (!detail::is_about_pictures(field)) hash = detail::hash_numbers(numbers, count, fnv1a(field, hash));
  };

  // MuJoCo's own lists of fields; X and XNV take an array or scalar of either kind, XVEC a vector in place
#pragma push_macro("X")
#pragma push_macro("XNV")
#pragma push_macro("XVEC")
#pragma push_macro("MJ_M")
#undef X
#undef XNV
#undef XVEC
#undef MJ_M

#define X(name) add(#name, &model.name, 1);
#ifdef MJMODEL_SIZES
  MJMODEL_SIZES
#else
  MJMODEL_INTS
#endif
#undef X

#ifdef MJOPTION_FIELDS
#define X(type, name, count) add(#name, &options.name, 1);
#define XVEC(type, name, count) add(#name, options.name, count);
  MJOPTION_FIELDS
#undef X
#undef XVEC
#else
#define X(type, name) add(#name, &options.name, 1);
  MJOPTION_SCALARS
#undef X
#define X(name, count) add(#name, options.name, count);
  MJOPTION_VECTORS
#undef X
#endif

#define MJ_M(size) model.size
#define X(type, name, rows, columns) \
  add(#name, model.name, static_cast<std::int64_t>(model.rows) * static_cast<std::int64_t>(columns));
#define XNV X
  MJMODEL_POINTERS
#undef X
#undef XNV
#undef MJ_M

#pragma pop_macro("MJ_M")
#pragma pop_macro("XVEC")
#pragma pop_macro("XNV")
#pragma pop_macro("X")
  // a user can override it, and the solver's tolerance scales with it
  add("meaninertia", &model.stat.meaninertia, 1);
  // MuJoCo stores those of cameras and lights among them
  const auto add_names = [&](int type, auto count) {
    for (int i = 0; i < static_cast<int>(count); ++i) {
      const char* name = mj_id2name(&model, type, i);
      hash = fnv1a(name == nullptr ? "" : name, fnv1a(";", hash));
    }
  };
  add_names(mjOBJ_BODY, model.nbody);
  add_names(mjOBJ_JOINT, model.njnt);
  add_names(mjOBJ_GEOM, model.ngeom);
  add_names(mjOBJ_SITE, model.nsite);
  add_names(mjOBJ_TENDON, model.ntendon);
  add_names(mjOBJ_ACTUATOR, model.nu);
  add_names(mjOBJ_SENSOR, model.nsensor);
  add_names(mjOBJ_KEY, model.nkey);

  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return version_text() + ":" + digits;
}

/// The same, with the model's own physics.
[[nodiscard]] inline std::string model_fingerprint(const mjModel& model) { return model_fingerprint(model, model.opt); }

}  // namespace vantage::mujoco

#endif
