// SPDX-License-Identifier: MIT
#include "vantage/io/json_lines.hpp"

#include <bit>
#include <cstdlib>
#include <limits>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("bytes of JSON lines") {
  const TemporaryFolder folder;
  const auto path = folder / "a.jsonl";
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  JsonLinesWriter lines(path, {"n", "a \"b\"", "c"});
  CHECK(read_file(path).empty());
  lines.field(3).field(0.1).field(true).end_row();
  lines.field(-4).field(std::nan("")).field(kInfinity).end_row();
  const std::string both = "{\"n\":3,\"a \\\"b\\\"\":0.1,\"c\":true}\n{\"n\":-4,\"a \\\"b\\\"\":null,\"c\":null}\n";
  CHECK(read_file(path) == both);
  CHECK(lines.columns() == CsvRow{"n", "a \"b\"", "c"});
  // a row of another length is refused, and the next one is not the worse for it
  CHECK_THROWS_AS(lines.field(1).end_row(), std::invalid_argument);
  CHECK_THROWS_AS(lines.field(1).field(2).field(3).field(4).end_row(), std::invalid_argument);
  lines.field(5).field(6).field(false).end_row();
  CHECK(read_file(path) == both + "{\"n\":5,\"a \\\"b\\\"\":6,\"c\":false}\n");
  CHECK_THROWS_AS(JsonLinesWriter(path, {}), std::invalid_argument);
  CHECK(read_file(path).size() > both.size());
}

TEST_CASE("numbers of JSON lines read back to the same bits") {
  const TemporaryFolder folder;
  JsonLinesWriter lines(folder / "a.jsonl", {"x"});
  Rng rng(5);
  std::string expected;
  int wrong = 0;
  for (int i = 0; i < 500; ++i) {
    auto value = std::bit_cast<double>(rng());
    if (!std::isfinite(value)) value = 1.0 / 3;
    lines.field(value).end_row();
    const std::string text = read_file(folder / "a.jsonl");
    const std::string last = text.substr(text.rfind(':') + 1);
    wrong += std::bit_cast<std::uint64_t>(std::strtod(last.c_str(), nullptr)) != std::bit_cast<std::uint64_t>(value);
  }
  CHECK(wrong == 0);
}

TEST_CASE("resumed JSON lines have each row once") {
  const TemporaryFolder folder;
  const auto path = folder / "a.jsonl";
  const CsvRow columns{"iteration", "x"};
  {
    JsonLinesWriter lines(path, columns);
    for (int i = 1; i <= 5; ++i) lines.field(i).field(i == 2 ? std::nan("") : 0.5 * i).end_row();
  }
  const auto resume = [&](double last) { return JsonLinesWriter::resume(path, columns, "iteration", last); };
  // a killed writer may leave a part of a row
  detail::write_all(detail::FileDescriptor(path, O_WRONLY | O_APPEND), path, "{\"iteration\":2");
  resume(3).field(4).field(7).end_row();
  CHECK(read_file(path) ==
        "{\"iteration\":1,\"x\":0.5}\n{\"iteration\":2,\"x\":null}\n{\"iteration\":3,\"x\":1.5}\n"
        "{\"iteration\":4,\"x\":7}\n");
  static_cast<void>(resume(0));
  CHECK(read_file(path).empty());
  // what is not ours is refused and stays
  for (const auto& [text, words] :
       {std::pair{"{\"iteration\":1,\"y\":2}\n", "row 1: expected x in place 2, got y"},
        {"{\"iteration\":1,\"x\":2}\n{\"iteration\":1}\n", "row 2: expected x, got the end"},
        {"{\"iteration\":1,\"x\":2,\"y\":3}\n", "row 1: expected the end in place 3, got y"},
        {"{\"iteration\":1,\"x\":nan}\n", "row 1: expected a number"},
        {"iteration,x\n1,2\n", "row 1: expected '{'"},
        {"{\"iteration\":1,\"x\":2} 3\n", "row 1: expected the end"}}) {
    write_file_atomically(path, text);
    CHECK_THROWS_WITH(resume(1), ContainsSubstring(path.string() + ": " + words));
    CHECK(read_file(path) == text);
  }
  std::filesystem::remove(path);
  resume(3).field(4).field(1).end_row();
  CHECK(read_file(path) == "{\"iteration\":4,\"x\":1}\n");
}
