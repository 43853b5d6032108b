// SPDX-License-Identifier: MIT
#include "vantage/io/state_reader.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

template <class Written>
StateReader reader_of(const Written& object) {
  StateWriter writer;
  writer("x", object);
  return StateReader(SafetensorsFile("f", writer.bytes()));
}

template <class Written, class Read>
std::string problem(const Written& written, Read read) {
  StateReader reader = reader_of(written);
  try {
    reader("x", read);
  } catch (const FileError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("what does not fit is named: tensor, expected, got") {
  using Doubles = std::vector<double>;
  CHECK(problem(1.5, 0.0) == "none");
  CHECK(problem(1.5, 0.0F) == "f: tensor \"x\": expected dtype F32, got dtype F64");
  CHECK(problem(Doubles{1}, 0.0) == "f: tensor \"x\": expected shape [], got shape [1]");
  CHECK(problem(Doubles{1, 2}, Doubles{1}) == "f: tensor \"x\": expected shape [1], got shape [2]");
  CHECK(problem(Doubles{1, 2}, std::array<double, 3>{}) == "f: tensor \"x\": expected shape [3], got shape [2]");
  CHECK(problem(Doubles{1, 2}, Matrix<double>()) == "f: tensor \"x\": expected 2 dimensions, got shape [2]");
  CHECK(problem(Matrix<double>(2, 3), Matrix<double>(3, 2)) ==
        "f: tensor \"x\": expected shape [3, 2], got shape [2, 3]");
  CHECK(problem(Vector<double>(2), Eigen::Vector3d()) == "f: tensor \"x\": expected shape [3], got shape [2]");
  CHECK(problem(1.5, Rng()) == "f: tensor \"x\": expected dtype U64, got dtype F64");
  CHECK(problem(std::vector<Rng>(2), std::vector<Rng>(3)) ==
        "f: tensor \"x\": expected shape [3, 6], got shape [2, 6]");
  CHECK(problem(std::vector<std::uint64_t>(6), Rng()) ==
        "f: tensor \"x\": expected a random stream, got a state of zeros");
  CHECK(problem(1.5, std::vector<std::string>{}) == "f: tensor \"x.text\": expected dtype U8, got no such tensor");
}

TEST_CASE("a boolean is 0 or 1") {
  SafetensorsWriter writer;
  writer.add("x", Dtype::boolean, {}, "\2");
  StateReader reader(SafetensorsFile("f", writer.bytes()));
  bool flag = false;
  CHECK_THROWS_WITH(reader("x", flag), "f: tensor \"x\": expected booleans 0 or 1, got 2");
}

TEST_CASE("texts whose ends lie outside are refused") {
  SafetensorsWriter writer;
  writer.add("x.text", Dtype::u8, {2}, "ab");
  const std::vector<std::uint64_t> ends{1, 9};
  writer.add("x.ends", Dtype::u64, {2}, std::string_view(reinterpret_cast<const char*>(ends.data()), 16));
  StateReader reader(SafetensorsFile("f", writer.bytes()));
  std::vector<std::string> texts;
  CHECK_THROWS_AS(reader("x", texts), FileError);
}
