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

namespace {

// counts what its own serialize changes in it
struct Restless {
  double value = 1;
  int changes = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    ++changes;
    archive("value", value);
  }
};

struct Holder {
  Restless inner;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("inner", inner);
  }
};

// may be written where it is, though it cannot be copied
struct Fixed {
  Fixed() = default;
  Fixed(const Fixed&) = delete;

  template <class Archive>
  void serialize(Archive& archive) const {
    archive("value", value);
  }

  double value = 2;
};

}  // namespace

TEST_CASE("a constant object is written without a change to it") {
  const auto value = [](const StateWriter& writer, const char* name) {
    const SafetensorsFile file("f", writer.bytes());
    return detail::element<double>(file.tensor(name), 0);
  };
  StateWriter writer;
  const Restless constant;
  writer("a", constant);
  CHECK(constant.changes == 0);
  const Holder holder;
  writer("b", holder);
  CHECK(holder.inner.changes == 0);
  Restless own;
  writer("c", own);
  CHECK(own.changes == 1);
  const Fixed fixed;
  writer("d", fixed);
  CHECK(value(writer, "a.value") == 1);
  CHECK(value(writer, "b.inner.value") == 1);
  CHECK(value(writer, "c.value") == 1);
  CHECK(value(writer, "d.value") == 2);
}
