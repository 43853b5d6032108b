// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_ARCHIVE_HPP
#define VANTAGE_IO_ARCHIVE_HPP

#include <concepts>
#include <filesystem>
#include <utility>

#include "vantage/io/safetensors.hpp"
#include "vantage/io/state_reader.hpp"
#include "vantage/io/state_writer.hpp"

namespace vantage {

/// Writes the state of `object`, which has a serialize member, atomically to a safetensors file. A constant object is
/// copied first, unless its serialize is const.
/// Throws: FileError; std::invalid_argument for metadata that is not UTF-8.
template <class T>
void save_state(const std::filesystem::path& path, T&& object, const FileMetadata& metadata = {}) {
  StateWriter writer;
  for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
  detail::write_parts(object, writer);
  writer.save(path);
}

/// Reads the state of `object` from a file that save_state wrote and returns its metadata. A copyable object takes all
/// of the new state or, when this throws, keeps all of the old one; another may be left with a part of the new state.
/// Throws: FileError.
template <class T>
FileMetadata load_state(const std::filesystem::path& path, T& object) {
  StateReader reader(path);
  if constexpr (std::copyable<T>) {
    T copy = object;
    copy.serialize(reader);
    object = std::move(copy);
  } else {
    object.serialize(reader);
  }
  return reader.file().metadata();
}

}  // namespace vantage

#endif
