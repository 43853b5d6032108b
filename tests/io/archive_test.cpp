// SPDX-License-Identifier: MIT
#include "vantage/io/archive.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

enum class Mode { idle, busy };

struct Inner {
  Matrix<float> weights;
  friend bool operator==(const Inner&, const Inner&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive("weights", weights);
  }
};

/// One of each kind of part.
struct Everything {
  Vector<double> vector;
  Matrix<double> matrix;
  Inner inner;
  Eigen::Array<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> bytes;
  Vector<Index> indices;
  bool flag = false;
  std::int64_t steps = 0;
  int small = 0;
  std::uint64_t word = 0;
  float single = 0;
  double number = 0;
  std::string text;
  Rng rng;
  std::vector<double> numbers;
  std::vector<bool> flags;
  std::vector<Rng> rngs;
  std::vector<std::string> texts;
  std::array<int, 2> pair{};
  Mode mode = Mode::idle;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("vector", vector);
    archive("matrix", matrix);
    archive("inner", inner);
    archive("bytes", bytes);
    archive("indices", indices);
    archive("flag", flag);
    archive("steps", steps);
    archive("small", small);
    archive("word", word);
    archive("single", single);
    archive("number", number);
    archive("text", text);
    archive("rng", rng);
    archive("numbers", numbers);
    archive("flags", flags);
    archive("rngs", rngs);
    archive("texts", texts);
    archive("pair", pair);
    archive("mode", mode);
  }
};

Everything sample() {
  Everything object;
  object.vector = Vector<double>{{0.1, -2, 3e300}};
  object.matrix = Matrix<double>{{1, 2, 3}, {4, 5, 6}};
  object.inner.weights = Matrix<float>{{0.5F}, {1.5F}};
  object.bytes.resize(2, 2);
  object.bytes << 0, 255, 1, 2;
  object.indices = Vector<Index>{{-1, 7}};
  object.flag = true;
  object.steps = -(std::int64_t{1} << 40);
  object.small = -3;
  object.word = ~std::uint64_t{0};
  object.single = 0.1F;
  object.number = 0.1;
  object.text = std::string("a\0\xFF", 3);
  object.rng = Rng(7, 3);
  static_cast<void>(object.rng.normal());
  object.numbers = {1, 2};
  object.flags = {true, false, true};
  object.rngs = {Rng(1), Rng(2)};
  object.texts = {"one", "", "three"};
  object.pair = {4, 5};
  object.mode = Mode::busy;
  return object;
}

std::string bytes_of(const Everything& object) {
  StateWriter writer;
  writer("all", object);
  return writer.bytes();
}

struct Two {
  int first = 0;
  Vector<double> second;
  template <class Archive>
  void serialize(Archive& archive) {
    archive("first", first);
    archive("second", second);
  }
};

struct Unique {
  std::unique_ptr<int> number = std::make_unique<int>(0);
  template <class Archive>
  void serialize(Archive& archive) {
    archive("number", *number);
  }
};

}  // namespace

TEST_CASE("every kind of part comes back") {
  const TemporaryFolder folder;
  const Everything object = sample();
  save_state(folder / "s", object, {{"key", "value"}});
  Everything read;
  CHECK(load_state(folder / "s", read).at("key") == "value");
  CHECK(read.vector == object.vector);
  CHECK(read.matrix == object.matrix);
  CHECK(read.inner == object.inner);
  CHECK((read.bytes == object.bytes).all());
  CHECK(read.indices == object.indices);
  CHECK(read.flag);
  CHECK(read.steps == object.steps);
  CHECK(read.text == object.text);
  CHECK(read.rng == object.rng);
  CHECK(Rng(read.rng).normal() == sample().rng.normal());
  CHECK(read.flags == object.flags);
  CHECK(read.rngs == object.rngs);
  CHECK(read.texts == object.texts);
  CHECK(read.pair == object.pair);
  CHECK(read.mode == Mode::busy);
  // the rest by bytes: the same state makes the same file
  CHECK((bytes_of(read) == bytes_of(object)));
  // into an object of the same sizes as well
  Everything again = sample();
  again.number = 9;
  load_state(folder / "s", again);
  CHECK(again.number == 0.1);
}

TEST_CASE("matrices lie row by row, names are joined by points") {
  const SafetensorsFile file("f", bytes_of(sample()));
  CHECK(file.tensor("all.matrix").shape == TensorShape{2, 3});
  CHECK(detail::element<double>(file.tensor("all.matrix"), 1) == 2);
  CHECK(detail::element<double>(file.tensor("all.matrix"), 3) == 4);
  CHECK(file.tensor("all.inner.weights").dtype == Dtype::f32);
  CHECK(file.tensor("all.vector").shape == TensorShape{3});
  CHECK(file.tensor("all.rngs").shape == TensorShape{2, 6});
  CHECK(file.tensor("all.steps").shape.empty());
}

TEST_CASE("loading is all or nothing") {
  const TemporaryFolder folder;
  save_state(folder / "s", Two{5, Vector<double>::Ones(3)});
  Two object{1, Vector<double>::Zero(2)};
  CHECK_THROWS_WITH(load_state(folder / "s", object),
                    (folder / "s").string() + ": tensor \"second\": expected shape [2], got shape [3]");
  CHECK(object.first == 1);
  CHECK(object.second == Vector<double>::Zero(2));
  object.second.resize(0);
  load_state(folder / "s", object);
  CHECK(object.first == 5);
  CHECK(object.second == Vector<double>::Ones(3));

  Unique unique;
  *unique.number = 8;
  save_state(folder / "u", unique);
  Unique other;
  load_state(folder / "u", other);
  CHECK(*other.number == 8);
}
