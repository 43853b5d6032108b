// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_URDF_HPP
#define VANTAGE_MUJOCO_URDF_HPP

#include <mujoco/mujoco.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkstemps is POSIX
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "vantage/mujoco/model.hpp"

namespace vantage::mujoco {

namespace detail {

/// A text as the value of an XML attribute.
inline std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '"' ? "&quot;" : std::string(1, c);
  }
  return result;
}

/// The text that MuJoCo writes of the model it compiled last; the folders of assets become absolute.
inline std::string last_model_text(const Model& model, const std::filesystem::path& folder) {
  std::string file = (std::filesystem::temp_directory_path() / "vantage-model-XXXXXX").string();
  const int descriptor = ::mkstemp(file.data());
  if (descriptor < 0) throw MujocoError(file + ": cannot be written");
  ::close(descriptor);
  std::array<char, 1024> words{};
  int saved = 0;
  std::string text;
  try {
    guarded([&] {
      saved = mj_saveLastXML(file.c_str(), model.operator->(), words.data(), static_cast<int>(words.size()));
    });
    std::ifstream stream(file);
    text.assign(std::istreambuf_iterator<char>(stream), {});
  } catch (...) {
    std::filesystem::remove(file);
    throw;
  }
  std::filesystem::remove(file);
  if (saved == 0 || text.empty()) throw MujocoError(std::string("mj_saveLastXML: ") + words.data());

  // "meshdir" and "texturedir" as the compiler element has them, or none
  const auto folder_attribute = [&](std::string_view key) {
    std::string value;
    const std::size_t start = text.find(std::string(" ") + std::string(key) + "=\"");
    if (start != std::string::npos) {
      const std::size_t first = start + key.size() + 3;
      value = text.substr(first, text.find('"', first) - first);
    }
    // what MuJoCo wrote is escaped already
    const std::string before = value.starts_with('/') ? "" : escaped((folder / "").string());
    return std::string(" ") + std::string(key) + "=\"" + before + value + "/\"";
  };
  const std::size_t root_end = text.find('>', text.find("<mujoco")) + 1;
  const std::size_t compiler_end = text.find("/>", text.find("<compiler"));
  const std::string folders = folder_attribute("meshdir") + folder_attribute("texturedir");
  const std::size_t at = compiler_end == std::string::npos ? root_end : compiler_end + 2;
  return text.insert(at, "\n  <compiler" + folders + "/>");
}

inline Model extend(const Model& model, const std::filesystem::path& folder, const std::string& mjcf,
                    const std::string& name) {
  // a file in the working directory has no folder in its path
  std::string text = last_model_text(model, std::filesystem::absolute(folder.empty() ? "." : folder));
  text.insert(text.rfind("</mujoco>"), mjcf + "\n");
  return Model::from_xml_string(text, name + " with the MJCF added to it");
}

}  // namespace detail

/// A URDF file, and what a URDF cannot say: `mjcf` holds sections of MJCF that are added to it, such as
/// "<actuator><motor joint='knee' gear='20' ctrlrange='-1 1' ctrllimited='true'/></actuator>", a floor, sensors, sites
/// or options. Links without a joint between them are one body, and the first link is fixed to the world unless the
/// URDF has a joint of type floating. MuJoCo's own text stands between, so lengths and masses keep 5 or more digits.
/// Pre: no other thread loads a model meanwhile.
/// Throws: MujocoError "<path>: <MuJoCo's words>"; lines of an error in `mjcf` count from the converted text's start.
[[nodiscard]] inline Model load_urdf(const std::filesystem::path& path, const std::string& mjcf) {
  return detail::extend(Model::from_xml_file(path.string()), path.parent_path(), mjcf, path.string());
}

/// As load_urdf; files that the text names are looked up in the working directory.
[[nodiscard]] inline Model load_urdf_string(const std::string& text, const std::string& mjcf,
                                            const std::string& name = "URDF text") {
  return detail::extend(Model::from_xml_string(text, name), ".", mjcf, name);
}

}  // namespace vantage::mujoco

#endif
