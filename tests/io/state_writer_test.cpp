// SPDX-License-Identifier: MIT
#include "vantage/io/state_writer.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the bytes of a state depend on its values alone") {
  const auto bytes = [](double x) {
    StateWriter writer;
    writer("x", x);
    writer("m", Matrix<float>(Matrix<float>::Constant(2, 2, 0.5F)));
    return writer.bytes();
  };
  CHECK(bytes(1) == bytes(1));
  CHECK(bytes(1) != bytes(2));
}

TEST_CASE("a writer takes each name once, and metadata beside") {
  StateWriter writer;
  writer("x", 1);
  CHECK_THROWS_AS(writer("x", 2), std::invalid_argument);
  writer.set_metadata("task", "Walk");
  const SafetensorsFile file("f", writer.bytes());
  CHECK(file.metadata().at("task") == "Walk");
  CHECK(file.names() == std::vector<std::string>{"x"});
  CHECK(detail::element<int>(file.tensor("x"), 0) == 1);
}

TEST_CASE("numbers of 16 bits are written as such, row by row") {
  StateWriter writer;
  Matrix<Eigen::half> halves(2, 2);
  halves << Eigen::half(1), Eigen::half(-2), Eigen::half(0), Eigen::half(65504);
  writer("x", halves);
  writer("wide", 1.0);  // wider ones come first in the file
  const SafetensorsFile file("f", writer.bytes());
  CHECK(file.tensor("x").dtype == Dtype::f16);
  CHECK(file.tensor("x").shape == TensorShape{2, 2});
  // IEEE 754 binary16, little-endian
  CHECK(file.tensor("x").bytes == std::string_view("\x00\x3C\x00\xC0\x00\x00\xFF\x7B", 8));
}
