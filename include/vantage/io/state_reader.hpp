// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_STATE_READER_HPP
#define VANTAGE_IO_STATE_READER_HPP

#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/io/safetensors.hpp"
#include "vantage/io/state_writer.hpp"
#include "vantage/io/tensor.hpp"

namespace vantage {

/// Reads what a StateWriter wrote: archive("name", object), with the same names and types. Eigen objects and
/// std::vectors that are not empty must have the size in the file; empty ones are resized. Throws: FileError with path,
/// tensor, what was expected and what the file has; objects read before keep their new values.
class StateReader {
 public:
  /// Checks the file against its checksum, if it has one: another program may have written it without.
  /// Throws: FileError.
  explicit StateReader(const std::filesystem::path& path) : StateReader(SafetensorsFile(path)) {}
  explicit StateReader(SafetensorsFile file) : file_(std::move(file)) { check_sum(); }

  /// The file that is read.
  [[nodiscard]] const SafetensorsFile& file() const { return file_; }

  /// Whether there is something to read by this name, among the parts of the object that is being read.
  [[nodiscard]] bool contains(std::string_view name) const { return file_.contains(prefix_.full(name)); }

  /// Reads an object by its name, or its parts by theirs. Throws: FileError for what is missing or does not fit.
  template <class T>
  void operator()(std::string_view name, T& object) {
    using namespace detail;
    if constexpr (Serializable<T, StateReader>) {
      prefix_.nested(name, [&] { object.serialize(*this); });
    } else if constexpr (TensorScalar<T>) {
      const TensorView tensor = find(name, dtype_of<T>());
      require_shape(name, tensor, {});
      object = value<T>(name, tensor, 0);
    } else if constexpr (std::is_enum_v<T>) {
      auto number = static_cast<std::underlying_type_t<T>>(object);
      (*this)(name, number);
      object = static_cast<T>(number);
    } else if constexpr (std::same_as<T, std::string>) {
      const TensorView tensor = find(name, Dtype::u8);
      if (tensor.shape.size() != 1) fail(name, "shape [any]", shape_text(tensor.shape));
      object = std::string(tensor.bytes);
    } else if constexpr (std::same_as<T, Rng>) {
      const TensorView tensor = find(name, Dtype::u64);
      require_shape(name, tensor, {kRngWords});
      read_rng(name, tensor, 0, object);
    } else if constexpr (EigenObject<T>) {
      read_eigen(name, object);
    } else if constexpr (kIsVector<T> || kIsArray<T>) {
      read_sequence(name, object);
    } else {
      static_assert(kUnsupported<T>,
                    "StateReader: this type needs a member template <class A> void serialize(A& archive)");
    }
  }

 private:
  static constexpr std::int64_t kRngWords = std::tuple_size_v<Rng::State>;

  void check_sum() const {
    const auto found = file_.metadata().find(std::string(detail::kChecksumKey));
    if (found == file_.metadata().end()) return;
    const std::size_t field = file_.bytes().find(detail::kChecksumField);
    const std::size_t position = field + detail::kChecksumField.size();
    const bool complete = field != std::string::npos && position + kChecksumDigits <= file_.bytes().size();
    const std::string expected = complete ? embedded_checksum(file_.bytes(), position) : "a checksum";
    if (found->second != expected) {
      throw FileError(
          detail::join(file_.path(), ": damaged: expected the checksum ", expected, ", got ", found->second));
    }
  }

  [[noreturn]] void fail(std::string_view name, std::string_view expected, std::string_view got) const {
    throw FileError(
        detail::join(file_.path(), ": tensor \"", prefix_.full(name), "\": expected ", expected, ", got ", got));
  }

  [[nodiscard]] TensorView find(std::string_view name, Dtype dtype) const {
    if (!file_.contains(prefix_.full(name))) fail(name, "dtype " + std::string(dtype_name(dtype)), "no such tensor");
    const TensorView tensor = file_.tensor(prefix_.full(name));
    if (tensor.dtype != dtype) {
      fail(name, "dtype " + std::string(dtype_name(dtype)), "dtype " + std::string(dtype_name(tensor.dtype)));
    }
    return tensor;
  }

  void require_shape(std::string_view name, const TensorView& tensor, const TensorShape& expected) const {
    if (tensor.shape != expected) fail(name, "shape " + shape_text(expected), "shape " + shape_text(tensor.shape));
  }

  template <class T>
  T value(std::string_view name, const TensorView& tensor, std::size_t index) const {
    if constexpr (std::same_as<T, bool>) {
      const auto byte = detail::element<std::uint8_t>(tensor, index);
      if (byte > 1) fail(name, "booleans 0 or 1", std::to_string(byte));
      return byte == 1;
    } else {
      return detail::element<T>(tensor, index);
    }
  }

  void read_rng(std::string_view name, const TensorView& tensor, std::size_t index, Rng& rng) const {
    Rng::State state{};
    std::memcpy(state.data(), tensor.bytes.data() + index * sizeof state, sizeof state);
    if ((state[0] | state[1] | state[2] | state[3]) == 0) fail(name, "a random stream", "a state of zeros");
    rng.set_state(state);
  }

  template <class T>
  void read_eigen(std::string_view name, T& object) {
    using Scalar = typename T::Scalar;
    const TensorView tensor = find(name, detail::dtype_of<Scalar>());
    constexpr std::size_t kDimensions = T::IsVectorAtCompileTime ? 1 : 2;
    constexpr bool kFixed = T::SizeAtCompileTime != Eigen::Dynamic;
    if (kFixed || object.size() != 0) {
      TensorShape expected{object.rows(), object.cols()};
      if constexpr (T::IsVectorAtCompileTime) expected = {object.size()};
      require_shape(name, tensor, expected);
    } else {
      if (tensor.shape.size() != kDimensions) {
        fail(name, detail::join(kDimensions, " dimensions"), "shape " + shape_text(tensor.shape));
      }
      if constexpr (T::IsVectorAtCompileTime) {
        object.resize(tensor.shape[0]);
      } else {
        object.resize(tensor.shape[0], tensor.shape[1]);
      }
    }
    std::size_t index = 0;
    // a file can claim any number of rows of no columns
    for (Index row = 0; object.size() != 0 && row < object.rows(); ++row) {
      for (Index column = 0; column < object.cols(); ++column)
        object(row, column) = value<Scalar>(name, tensor, index++);
    }
  }

  /// Checks that the tensor is a sequence, and makes an empty vector as long as it.
  template <class T>
  void match_size(std::string_view name, const TensorView& tensor, TensorShape element_shape, T& object) const {
    TensorShape expected{static_cast<std::int64_t>(object.size())};
    expected.insert(expected.end(), element_shape.begin(), element_shape.end());
    if constexpr (detail::kIsVector<T>) {
      if (object.empty() && tensor.shape.size() == expected.size()) expected[0] = tensor.shape[0];
      require_shape(name, tensor, expected);
      object.resize(static_cast<std::size_t>(expected[0]));
    } else {
      require_shape(name, tensor, expected);
    }
  }

  template <class T>
  void read_sequence(std::string_view name, T& object) {
    using Element = typename T::value_type;
    if constexpr (detail::TensorScalar<Element>) {
      const TensorView tensor = find(name, detail::dtype_of<Element>());
      match_size(name, tensor, {}, object);
      for (std::size_t i = 0; i < object.size(); ++i) object[i] = value<Element>(name, tensor, i);
    } else if constexpr (std::same_as<Element, Rng>) {
      const TensorView tensor = find(name, Dtype::u64);
      match_size(name, tensor, {kRngWords}, object);
      for (std::size_t i = 0; i < object.size(); ++i) read_rng(name, tensor, i, object[i]);
    } else if constexpr (std::same_as<Element, std::string>) {
      prefix_.nested(name, [&] { read_texts(object); });
    } else {
      static_assert(detail::kUnsupported<T>, "StateReader: sequences hold numbers, Rng or std::string");
    }
  }

  template <class T>
  void read_texts(T& object) {
    std::string text;
    (*this)("text", text);
    const TensorView ends = find("ends", Dtype::u64);
    match_size("ends", ends, {}, object);
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < object.size(); ++i) {
      const auto last = detail::element<std::uint64_t>(ends, i);
      if (last < first || last > text.size()) fail("ends", "ascending ends inside the text", std::to_string(last));
      object[i] = text.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
      first = last;
    }
  }

  detail::NamePrefix prefix_;
  SafetensorsFile file_;
};

}  // namespace vantage

#endif
