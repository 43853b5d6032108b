// SPDX-License-Identifier: MIT
// a file of tensors: refused with a FileError, or understood so well that it can be written again
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "vantage/io/state_reader.hpp"

using namespace vantage;

namespace {

// the same tensors and metadata as another file holds
void check_copy(const SafetensorsFile& file) {
  SafetensorsWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.set_metadata(key, value);
  for (const std::string& name : file.names()) {
    const TensorView tensor = file.tensor(name);
    writer.add(name, tensor.dtype, tensor.shape, tensor.bytes);
  }
  const SafetensorsFile copy("copy", writer.bytes());
  fuzz_require(copy.metadata() == file.metadata() && copy.names() == file.names(), "a copy has other names");
  for (const std::string& name : file.names()) {
    const TensorView a = file.tensor(name);
    const TensorView b = copy.tensor(name);
    fuzz_require(a.dtype == b.dtype && a.shape == b.shape && a.bytes == b.bytes, "a copy has another tensor");
  }
}

template <class T>
void read_as(const SafetensorsFile& file, const std::string& name) {
  try {
    StateReader reader(file);
    T value{};
    reader(name, value);
  } catch (const FileError&) {
  }
}

}  // namespace

void fuzz(std::string_view text) {
  try {
    const SafetensorsFile file("file", std::string(text));
    check_copy(file);
    // each tensor as all that a state may hold
    for (const std::string& name : file.names()) {
      read_as<Vector<double>>(file, name);
      read_as<Matrix<float>>(file, name);
      read_as<Eigen::Matrix2d>(file, name);
      read_as<std::vector<std::uint8_t>>(file, name);
      read_as<std::vector<std::int64_t>>(file, name);
      read_as<std::vector<Rng>>(file, name);
      read_as<std::vector<std::string>>(file, name.substr(0, name.find('.')));
      read_as<Rng>(file, name);
      read_as<std::string>(file, name);
      read_as<bool>(file, name);
      read_as<double>(file, name);
    }
  } catch (const FileError&) {
  }
}
