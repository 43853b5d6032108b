// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_STATE_WRITER_HPP
#define VANTAGE_IO_STATE_WRITER_HPP

#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/io/safetensors.hpp"
#include "vantage/io/tensor.hpp"

namespace vantage {

namespace detail {

/// A type that names its own parts: object.serialize(archive) calls archive("part", part_) for each.
template <class T, class Archive>
concept Serializable = requires(std::remove_const_t<T>& object, Archive& archive) {
  object.serialize(archive);
};

/// Has an object name its parts to a writer. One serialize for both directions cannot be const, so a constant object is
/// written by a copy of it, unless it has a const serialize too: nobody writes to what others may be reading.
template <class T, class Archive>
void write_parts(T& object, Archive& archive) {
  if constexpr (requires { object.serialize(archive); }) {
    object.serialize(archive);
  } else {
    static_assert(std::copy_constructible<T>,
                  "StateWriter: a constant object that cannot be copied needs a member serialize that is const");
    std::remove_const_t<T> copy = object;
    copy.serialize(archive);
  }
}

template <class T>
concept EigenObject = std::derived_from<T, Eigen::PlainObjectBase<T>>;

template <class T>
inline constexpr bool kIsVector = false;
template <class T, class Allocator>
inline constexpr bool kIsVector<std::vector<T, Allocator>> = true;

template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

template <class T>
inline constexpr bool kUnsupported = false;

/// Metadata of every state file, and how it stands in the header.
inline constexpr std::string_view kChecksumKey = "fnv1a64";
inline constexpr std::string_view kChecksumField = "\"fnv1a64\":\"";

/// Prefixes of nested objects: "policy." + "weights".
class NamePrefix {
 public:
  [[nodiscard]] std::string full(std::string_view name) const { return prefix_ + std::string(name); }

  template <class Body>
  void nested(std::string_view name, Body&& body) {
    const std::size_t length = prefix_.size();
    prefix_.append(name).append(".");
    body();
    prefix_.resize(length);
  }

 private:
  std::string prefix_;
};

}  // namespace detail

/// Writes the state of objects into tensors: archive("name", object), where object is a number, an enum, a string, an
/// Rng, an Eigen matrix, vector or array, a std::vector or std::array of numbers, a std::vector of Rng or of strings,
/// or has a `template <class A> void serialize(A& archive)`, which then names its parts; those are called "name.part".
/// The same `serialize` reads with a StateReader: it must not change the object when it meets a StateWriter. A constant
/// object is copied first, unless its serialize is const.
/// Shapes: a matrix is [rows, columns] row-major, a vector [size], a number [], Rng [6] (U64), a string [bytes] (U8).
class StateWriter {
 public:
  /// Adds an object by its name, or its parts by theirs.
  template <class Object>
  void operator()(std::string_view name, Object&& object) {
    using namespace detail;
    using T = std::remove_cvref_t<Object>;
    if constexpr (Serializable<T, StateWriter>) {
      prefix_.nested(name, [&] { write_parts(object, *this); });
    } else if constexpr (TensorScalar<T>) {
      std::string bytes;
      append(bytes, object);
      add(name, dtype_of<T>(), {}, bytes);
    } else if constexpr (std::is_enum_v<T>) {
      (*this)(name, static_cast<std::underlying_type_t<T>>(object));
    } else if constexpr (std::same_as<T, std::string>) {
      add(name, Dtype::u8, {static_cast<std::int64_t>(object.size())}, object);
    } else if constexpr (std::same_as<T, Rng>) {
      (*this)(name, object.state());
    } else if constexpr (EigenObject<T>) {
      write_eigen(name, object);
    } else if constexpr (kIsVector<T> || kIsArray<T>) {
      write_sequence(name, object);
    } else {
      static_assert(kUnsupported<T>,
                    "StateWriter: this type needs a member template <class A> void serialize(A& archive)");
    }
  }

  /// Throws: std::invalid_argument unless both are UTF-8.
  void set_metadata(std::string key, std::string value) { file_.set_metadata(std::move(key), std::move(value)); }

  /// Writes the file atomically. Throws: FileError.
  void save(const std::filesystem::path& path) const { write_file_atomically(path, bytes()); }

  /// The whole file, with a checksum of itself in its metadata.
  [[nodiscard]] std::string bytes() const {
    SafetensorsWriter file = file_;
    file.set_metadata(std::string(detail::kChecksumKey), std::string(kChecksumDigits, '0'));
    std::string bytes = file.bytes();
    const std::size_t position = bytes.find(detail::kChecksumField) + detail::kChecksumField.size();
    return bytes.replace(position, kChecksumDigits, embedded_checksum(bytes, position));
  }

 private:
  void add(std::string_view name, Dtype dtype, TensorShape shape, std::string_view bytes) {
    file_.add(prefix_.full(name), dtype, std::move(shape), bytes);
  }

  template <class T>
  void write_eigen(std::string_view name, const T& object) {
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(object.size()) * sizeof(typename T::Scalar));
    for (Index row = 0; row < object.rows(); ++row) {
      for (Index column = 0; column < object.cols(); ++column) detail::append(bytes, object(row, column));
    }
    TensorShape shape{object.rows(), object.cols()};
    if constexpr (T::IsVectorAtCompileTime) shape = {object.size()};
    add(name, detail::dtype_of<typename T::Scalar>(), std::move(shape), bytes);
  }

  template <class T>
  void write_sequence(std::string_view name, const T& object) {
    using Element = typename T::value_type;
    const auto size = static_cast<std::int64_t>(object.size());
    std::string bytes;
    if constexpr (detail::TensorScalar<Element>) {
      for (const Element element : object) detail::append(bytes, element);
      add(name, detail::dtype_of<Element>(), {size}, bytes);
    } else if constexpr (std::same_as<Element, Rng>) {
      for (const Rng& rng : object) {
        for (const std::uint64_t word : rng.state()) detail::append(bytes, word);
      }
      add(name, Dtype::u64, {size, std::int64_t{std::tuple_size_v<Rng::State>}}, bytes);
    } else if constexpr (std::same_as<Element, std::string>) {
      // the texts one after another, and where each ends
      std::vector<std::uint64_t> ends;
      for (const std::string& text : object) ends.push_back((bytes += text).size());
      prefix_.nested(name, [&] {
        (*this)("ends", ends);
        (*this)("text", bytes);
      });
    } else {
      static_assert(detail::kUnsupported<T>, "StateWriter: sequences hold numbers, Rng or std::string");
    }
  }

  detail::NamePrefix prefix_;
  SafetensorsWriter file_;
};

}  // namespace vantage

#endif
