// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_VERSION_HPP
#define VANTAGE_MUJOCO_VERSION_HPP

#include <mujoco/mujoco.h>

#include <string>

#include "vantage/core/error.hpp"

#if mjVERSION_HEADER < 222
#error "vantage needs MuJoCo 2.2.2 or newer"
#elif mjVERSION_HEADER == 4000000
#error "MuJoCo 4.0.0 solves sparse constraints wrongly: take 4.0.1 or newer"
#endif
static_assert(sizeof(mjtNum) == sizeof(double), "vantage needs a MuJoCo built with double precision");

namespace vantage::mujoco {

/// Something that MuJoCo refused or could not do, in its own words; for a model, the message starts with its path.
struct MujocoError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The text "major.minor.patch" of a number as mj_version() gives it: one digit a part until 3.4.0, three from 3.5.0
/// on. The numbers grow with the versions, so gates compare mjVERSION_HEADER directly.
[[nodiscard]] inline std::string version_text(int version = mj_version()) {
  const int base = version < 1000 ? 10 : 1000;
  return vantage::detail::join(version / (base * base), '.', version / base % base, '.', version % base);
}

/// Throws: MujocoError if the library at run time is not the one of the headers, or a version known to be wrong.
inline void check_version(int library = mj_version(), int header = mjVERSION_HEADER) {
  if (library != header) {
    throw MujocoError(vantage::detail::join("MuJoCo: compiled against ", version_text(header), ", but the library is ",
                                            version_text(library), "; build again or set the library path"));
  }
  if (library == 4000000) throw MujocoError("MuJoCo: 4.0.0 solves sparse constraints wrongly; take 4.0.1 or newer");
}

}  // namespace vantage::mujoco

#endif
