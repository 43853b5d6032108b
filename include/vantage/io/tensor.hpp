// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_TENSOR_HPP
#define VANTAGE_IO_TENSOR_HPP

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "vantage/core/types.hpp"

namespace vantage {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, and so must the machine be");

/// Element type of a tensor in a file.
enum class Dtype { f64, i64, u64, f32, i32, u8, boolean, f16 };

/// What the format calls the types, in the order of Dtype.
inline constexpr std::array<std::string_view, 8> kDtypeNames{"F64", "I64", "U64", "F32", "I32", "U8", "BOOL", "F16"};
/// Bytes of an element, in the order of Dtype.
inline constexpr std::array<std::int64_t, 8> kDtypeSizes{8, 8, 8, 4, 4, 1, 1, 2};

/// What the format calls a type.
[[nodiscard]] constexpr std::string_view dtype_name(Dtype dtype) {
  return kDtypeNames[static_cast<std::size_t>(dtype)];
}
/// Bytes of an element.
[[nodiscard]] constexpr std::int64_t dtype_size(Dtype dtype) { return kDtypeSizes[static_cast<std::size_t>(dtype)]; }

/// The size of each axis, the slowest first; empty: one number.
using TensorShape = std::vector<std::int64_t>;

/// Size of a tensor in bytes, or -1 where it does not fit in 63 bits.
[[nodiscard]] inline std::int64_t tensor_bytes(Dtype dtype, const TensorShape& shape) {
  std::int64_t bytes = dtype_size(dtype);
  for (const std::int64_t extent : shape) {
    if (extent != 0 && bytes > std::numeric_limits<std::int64_t>::max() / extent) return -1;
    bytes *= extent;
  }
  return bytes;
}

/// "[2, 3]"
[[nodiscard]] inline std::string shape_text(const TensorShape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

/// A tensor inside a SafetensorsFile: row-major elements, not necessarily aligned.
struct TensorView {
  Dtype dtype = Dtype::f64;  ///< of the elements
  TensorShape shape;         ///< their arrangement
  std::string_view bytes;    ///< into the file's memory
};

namespace detail {

/// Numbers that have a Dtype: bool, 32- and 64-bit signed integers, 8- and 64-bit unsigned ones, half, float, double.
template <class T>
concept TensorScalar = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, Eigen::half> ||
    (std::integral<T> && ((std::signed_integral<T> && (sizeof(T) == 4 || sizeof(T) == 8)) ||
                          (std::unsigned_integral<T> && (sizeof(T) == 1 || sizeof(T) == 8))));

template <TensorScalar T>
constexpr Dtype dtype_of() {
  if constexpr (std::same_as<T, bool>) {
    return Dtype::boolean;
  } else if constexpr (std::same_as<T, Eigen::half>) {
    return Dtype::f16;
  } else if constexpr (std::floating_point<T>) {
    return sizeof(T) == 8 ? Dtype::f64 : Dtype::f32;
  } else if constexpr (std::signed_integral<T>) {
    return sizeof(T) == 8 ? Dtype::i64 : Dtype::i32;
  } else {
    return sizeof(T) == 8 ? Dtype::u64 : Dtype::u8;
  }
}

/// Elements one after another, as a tensor holds them.
template <TensorScalar T>
void append(std::string& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

/// Element `index` of a tensor. Pre: T is not bool.
template <class T>
T element(const TensorView& tensor, std::size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

}  // namespace detail

}  // namespace vantage

#endif
