// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_SAFETENSORS_HPP
#define VANTAGE_IO_SAFETENSORS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/json_scanner.hpp"
#include "vantage/io/tensor.hpp"

namespace vantage {

/// Text by name, what a safetensors header has beside its tensors.
using FileMetadata = std::map<std::string, std::string>;

/// Collects tensors and text, and writes them as one file in the safetensors format:
///
///     length of the header (8 bytes, little-endian) | header (JSON, padded with spaces to 8) | tensors without gaps
///
/// Wider element types come first, so every tensor is aligned in the file.
class SafetensorsWriter {
 public:
  /// Adds a copy of `bytes`, the row-major elements.
  /// Throws: std::invalid_argument for a name taken, reserved or not UTF-8, or bytes that do not fill the shape.
  void add(std::string name, Dtype dtype, TensorShape shape, std::string_view bytes) {
    require(is_utf8(name), "SafetensorsWriter", "names in UTF-8", name);
    require(name != "__metadata__", "SafetensorsWriter", "a name that is not reserved", name);
    for (const std::int64_t extent : shape) require(extent >= 0, "SafetensorsWriter", "extents >= 0", extent);
    require(tensor_bytes(dtype, shape) == static_cast<std::int64_t>(bytes.size()), "SafetensorsWriter",
            "as many bytes as dtype and shape say", detail::join(bytes.size(), " for ", name));
    const bool fresh = tensors_.emplace(name, Tensor{dtype, std::move(shape), std::string(bytes)}).second;
    require(fresh, "SafetensorsWriter", "each name once", name);
  }

  /// Throws: std::invalid_argument unless both are UTF-8.
  void set_metadata(std::string key, std::string value) {
    require(is_utf8(key) && is_utf8(value), "SafetensorsWriter", "metadata in UTF-8", json_quote(key));
    metadata_[std::move(key)] = std::move(value);
  }

  /// The whole file.
  [[nodiscard]] std::string bytes() const {
    // widest elements first, then by name: the same state gives the same bytes
    std::vector<const std::pair<const std::string, Tensor>*> order;
    for (const std::int64_t size : {8, 4, 2, 1}) {
      for (const auto& entry : tensors_) {
        if (dtype_size(entry.second.dtype) == size) order.push_back(&entry);
      }
    }

    std::string header = "{";
    if (!metadata_.empty()) {
      header += "\"__metadata__\":{";
      for (const auto& [key, value] : metadata_) header += json_quote(key) + ':' + json_quote(value) + ',';
      header.back() = '}';
      header += ',';
    }
    std::size_t offset = 0;
    for (const auto* entry : order) {
      const Tensor& tensor = entry->second;
      const std::size_t end = offset + tensor.bytes.size();
      header +=
          detail::join(json_quote(entry->first), ":{\"dtype\":\"", dtype_name(tensor.dtype),
                       "\",\"shape\":", shape_text(tensor.shape), ",\"data_offsets\":[", offset, ", ", end, "]},");
      offset = end;
    }
    if (header.back() == ',') header.pop_back();
    header += '}';
    header.append((8 - header.size() % 8) % 8, ' ');

    std::string file(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, sizeof length);
    file.reserve(file.size() + header.size() + offset);
    file += header;
    for (const auto* entry : order) file += entry->second.bytes;
    return file;
  }

  /// Writes the file atomically. Throws: FileError.
  void save(const std::filesystem::path& path) const { write_file_atomically(path, bytes()); }

 private:
  struct Tensor {
    Dtype dtype;
    TensorShape shape;
    std::string bytes;
  };

  std::map<std::string, Tensor> tensors_;
  FileMetadata metadata_;
};

/// A safetensors file in memory, checked in every respect before any tensor can be seen.
class SafetensorsFile {
 public:
  static constexpr std::uint64_t kMaxHeaderBytes =
      100'000'000;  ///< The longest header that is read, as the format's own library has it.

  /// Throws: FileError "path: reason" for a file that cannot be read, is damaged, or is not a safetensors file.
  explicit SafetensorsFile(const std::filesystem::path& path) : SafetensorsFile(path.string(), read_file(path)) {}

  /// The same from the file's bytes; `path` only names them in errors.
  SafetensorsFile(std::string path, std::string bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {
    try {
      parse();
    } catch (const std::runtime_error& error) {
      throw FileError(path_ + ": not a valid safetensors file: " + error.what());
    }
  }

  /// As it was opened, for messages.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// All of the file.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  /// The header's text entries.
  [[nodiscard]] const FileMetadata& metadata() const { return metadata_; }

  /// Of all tensors, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) names.push_back(entry.first);
    return names;
  }

  /// Whether there is such a tensor.
  [[nodiscard]] bool contains(const std::string& name) const { return entries_.contains(name); }

  /// Pre: the view does not outlive the file. Throws: FileError if there is no such tensor.
  [[nodiscard]] TensorView tensor(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) throw FileError(path_ + ": has no tensor \"" + name + "\"");
    const Entry& entry = found->second;
    const std::string_view data = std::string_view(bytes_).substr(data_start_);
    return {entry.dtype, entry.shape,
            data.substr(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.end - entry.begin))};
  }

 private:
  struct Entry {
    Dtype dtype = Dtype::f64;
    TensorShape shape;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  static void check(bool condition, const std::string& reason) {
    if (!condition) throw std::runtime_error(reason);
  }

  void parse() {
    std::uint64_t length = 0;
    check(bytes_.size() >= sizeof length, "shorter than 8 bytes");
    std::memcpy(&length, bytes_.data(), sizeof length);
    check(length <= kMaxHeaderBytes, detail::join("a header of ", length, " bytes, more than ", kMaxHeaderBytes));
    check(length <= bytes_.size() - sizeof length,
          detail::join("a header of ", length, " bytes in a file of ", bytes_.size()));
    data_start_ = sizeof length + static_cast<std::size_t>(length);
    const std::string_view header = std::string_view(bytes_).substr(sizeof length, static_cast<std::size_t>(length));
    check(header.starts_with('{'), "the header does not start with '{'");

    JsonScanner json(header);
    bool has_metadata = false;
    json.object([&](const std::string& name) {
      if (name == "__metadata__") {
        check(!std::exchange(has_metadata, true), "two entries \"__metadata__\"");
        json.object([&](const std::string& key) {
          check(metadata_.emplace(key, json.string()).second, "two metadata entries \"" + key + "\"");
        });
      } else {
        check(entries_.emplace(name, parse_entry(json, name)).second, "two tensors \"" + name + "\"");
      }
    });
    json.end();
    check_offsets();
  }

  static Entry parse_entry(JsonScanner& json, const std::string& name) {
    Entry entry;
    std::vector<std::int64_t> offsets;
    unsigned seen = 0;
    const auto once = [&](unsigned bit) {
      check((seen & bit) == 0, "a field twice in tensor \"" + name + "\"");
      seen |= bit;
    };
    json.object([&](const std::string& key) {
      if (key == "dtype") {
        once(1);
        const std::string dtype = json.string();
        const auto* found = std::find(kDtypeNames.begin(), kDtypeNames.end(), dtype);
        check(found != kDtypeNames.end(), "unsupported dtype \"" + dtype + "\" of tensor \"" + name + "\"");
        entry.dtype = static_cast<Dtype>(found - kDtypeNames.begin());
      } else if (key == "shape" || key == "data_offsets") {
        const bool is_shape = key == "shape";
        once(is_shape ? 2 : 4);
        json.array([&] { (is_shape ? entry.shape : offsets).push_back(json.integer()); });
      } else {
        check(false, "unknown field \"" + key + "\" of tensor \"" + name + "\"");
      }
    });
    check(seen == 7 && offsets.size() == 2, "tensor \"" + name + "\" lacks dtype, shape or two data_offsets");
    entry.begin = offsets[0];
    entry.end = offsets[1];
    const std::int64_t expected = tensor_bytes(entry.dtype, entry.shape);
    check(expected >= 0, "the shape of tensor \"" + name + "\" overflows");
    check(entry.begin <= entry.end && entry.end - entry.begin == expected,
          detail::join("tensor \"", name, "\" needs ", expected, " bytes, its offsets are ", entry.begin, " and ",
                       entry.end));
    return entry;
  }

  /// The tensors must tile the rest of the file.
  void check_offsets() const {
    std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
    for (const auto& [name, entry] : entries_) ranges.emplace_back(entry.begin, entry.end);
    std::sort(ranges.begin(), ranges.end());
    std::int64_t position = 0;
    for (const auto& [begin, end] : ranges) {
      check(begin == position, detail::join("a gap or an overlap of tensors at byte ", begin, " of the data"));
      position = end;
    }
    const auto size = static_cast<std::int64_t>(bytes_.size() - data_start_);
    check(position == size, detail::join("tensors of ", position, " bytes, but data of ", size, " bytes"));
  }

  std::string path_;
  std::string bytes_;
  std::size_t data_start_ = 0;
  std::map<std::string, Entry> entries_;
  FileMetadata metadata_;
};

}  // namespace vantage

#endif
