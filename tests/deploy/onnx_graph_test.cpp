// SPDX-License-Identifier: MIT
#include "vantage/deploy/onnx_graph.hpp"

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

/// A message read back: the values of each field, in their order.
struct Message {
  std::map<unsigned, std::vector<std::string>> texts;
  std::map<unsigned, std::vector<std::uint64_t>> integers;

  explicit Message(const std::string& bytes) {
    std::size_t at = 0;
    const auto varint = [&] {
      std::uint64_t value = 0;
      for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.at(at++));
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < bytes.size()) {
      const std::uint64_t key = varint();
      const auto field = static_cast<unsigned>(key >> 3U);
      const std::uint64_t value = varint();
      if ((key & 7U) == 0) {
        integers[field].push_back(value);
      } else {
        REQUIRE((key & 7U) == 2);
        texts[field].push_back(bytes.substr(at, value));
        at += value;
      }
    }
    REQUIRE(at == bytes.size());
  }
  Message in(unsigned field, std::size_t i = 0) const { return Message(texts.at(field).at(i)); }
};

template <class T>
std::vector<T> numbers(const std::string& raw) {
  std::vector<T> all(raw.size() / sizeof(T));
  std::memcpy(all.data(), raw.data(), raw.size());
  return all;
}

}  // namespace

TEST_CASE("operators are a chain from the input to the output") {
  OnnxGraph graph(Precision::single_precision);
  graph.apply("Sub", {graph.constant("one", 1.0)});
  const std::string early = graph.last();
  graph.apply("Tanh");
  graph.combine("Add", {early, graph.last()});
  graph.apply("ArgMax", {}, {{"axis", 1}});
  const Message model(graph.model({"x", 3, "in"}, {"y", 1, "out"}, "words", {{"a", "b"}, {"c", "d"}}));
  CHECK(model.integers.at(1).at(0) == 7);
  CHECK(model.in(8).integers.at(2).at(0) == 13);
  CHECK(model.texts.at(6).at(0) == "words");
  CHECK(model.in(14, 1).texts.at(1).at(0) == "c");
  CHECK(model.in(14, 1).texts.at(2).at(0) == "d");
  const Message inside = model.in(7);
  REQUIRE(inside.texts.at(1).size() == 4);
  const auto node = [&](std::size_t i) { return inside.in(1, i); };
  CHECK(node(0).texts.at(4).at(0) == "Sub");
  CHECK(node(0).texts.at(1) == std::vector<std::string>{"x", "one"});
  CHECK(node(1).texts.at(1) == node(0).texts.at(2));
  CHECK(node(2).texts.at(1) == std::vector<std::string>{node(0).texts.at(2)[0], node(1).texts.at(2)[0]});
  CHECK(node(3).texts.at(1) == node(2).texts.at(2));
  CHECK(node(3).texts.at(2) == std::vector<std::string>{"y"});
  CHECK(node(3).in(5).texts.at(1).at(0) == "axis");
  CHECK(node(3).in(5).integers.at(3).at(0) == 1);
  // the largest one's number is whole: int64, batch x 1
  const Message output = inside.in(12).in(2).in(1);
  CHECK(output.integers.at(1).at(0) == 7);
  CHECK(output.in(2).in(1, 0).texts.at(2).at(0) == "batch");
  CHECK(output.in(2).in(1, 1).integers.at(1).at(0) == 1);
  CHECK(inside.in(11).in(2).in(1).integers.at(1).at(0) == 1);
  CHECK(inside.in(11).texts.at(1).at(0) == "x");
  CHECK(inside.in(11).texts.at(3).at(0) == "in");
}

TEST_CASE("constants have their shape and lie row by row") {
  const std::vector<double> values{0.1, -2, 3, 4, 5, 1e-3};
  for (const auto precision : {Precision::single_precision, Precision::double_precision}) {
    OnnxGraph graph(precision);
    CHECK(graph.constant("matrix", {2, 3}, values.data(), 6) == "matrix");
    graph.constant("scalar", 0.1);
    graph.apply("Relu");
    const Message inside = Message(graph.model({"x", 3, ""}, {"y", 3, ""}, "", {})).in(7);
    const bool is_single = precision == Precision::single_precision;
    CHECK(inside.in(5).integers.at(1) == std::vector<std::uint64_t>{2, 3});
    CHECK(inside.in(5).integers.at(2).at(0) == (is_single ? 1 : 11));
    CHECK(inside.in(5).texts.at(8).at(0) == "matrix");
    const std::string raw = inside.in(5).texts.at(9).at(0);
    if (is_single) CHECK(numbers<float>(raw) == std::vector<float>(values.begin(), values.end()));
    else CHECK(numbers<double>(raw) == values);
    CHECK(inside.in(5, 1).integers.count(1) == 0);
    CHECK(inside.in(12).in(2).in(1).integers.at(1).at(0) == (is_single ? 1 : 11));
  }
}
