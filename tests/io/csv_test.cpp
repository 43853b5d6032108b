// SPDX-License-Identifier: MIT
#include "vantage/io/csv.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("numbers are separated by commas, each with the digits that it needs") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(comma_separated(Vector<double>{{0.5, -1, 0.1}}) == "0.5,-1,0.1");
  CHECK(comma_separated(Vector<double>{{kInfinity, -kInfinity}}) == "inf,-inf");
  CHECK(comma_separated(Vector<double>()).empty());
}

TEST_CASE("bytes of a CSV file") {
  const TemporaryFolder folder;
  CsvWriter csv(folder / "a.csv", {"n", "a, \"b\""});
  csv.field(3).field(0.1).end_row();
  CHECK(read_file(folder / "a.csv") == "n,\"a, \"\"b\"\"\"\n3,0.1\n");
  csv.field("line\nbreak").field(std::string("say \"x\"")).end_row();
  CHECK(read_file(folder / "a.csv") == "n,\"a, \"\"b\"\"\"\n3,0.1\n\"line\nbreak\",\"say \"\"x\"\"\"\n");
  CHECK(CsvTable(folder / "a.csv").rows()[1] == CsvRow{"line\nbreak", "say \"x\""});
  CHECK(CsvTable(folder / "a.csv").columns() == CsvRow{"n", "a, \"b\""});
  CHECK_THROWS_AS(csv.field(1).end_row(), std::invalid_argument);
}

TEST_CASE("numbers read back to the same bits") {
  const TemporaryFolder folder;
  CsvWriter csv(folder / "a.csv", {"x"});
  std::vector<double> values{0.1, -0.0, 1e-320, 1e308, 1.0 / 3, std::numeric_limits<double>::infinity(), std::nan("")};
  Rng rng(5);
  while (values.size() < 500) {
    const auto value = std::bit_cast<double>(rng());
    if (!std::isnan(value)) values.push_back(value);
  }
  for (const double value : values) csv.field(value).end_row();
  const Vector<double> read = CsvTable(folder / "a.csv").numbers("x");
  REQUIRE(read.size() == 500);
  int wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double back = read[static_cast<Index>(i)];
    const bool both_nan = std::isnan(back) && std::isnan(values[i]);
    wrong += both_nan || std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(values[i]) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(csv_number(std::int64_t{9223372036854775807}) == "9223372036854775807");
  CHECK(csv_number(0.1F) == "0.1");
  CHECK(csv_number(true) == "1");
}

TEST_CASE("a resumed curve has each row once") {
  const TemporaryFolder folder;
  const auto path = folder / "a.csv";
  {
    CsvWriter csv(path, {"iteration", "text"});
    for (int i = 1; i <= 5; ++i) csv.field(i).field("a,b").end_row();
  }
  // a killed writer may leave a part of a row
  detail::write_all(detail::FileDescriptor(path, O_WRONLY | O_APPEND), path, "6,\"hal");
  CsvWriter csv = CsvWriter::resume(path, {"iteration", "text"}, "iteration", 3);
  csv.field(4).field("new").end_row();
  CHECK(read_file(path) == "iteration,text\n1,\"a,b\"\n2,\"a,b\"\n3,\"a,b\"\n4,new\n");

  const std::string before = read_file(path);
  CHECK_THROWS_WITH(CsvWriter::resume(path, {"iteration", "other"}, "iteration", 3),
                    ContainsSubstring(path.string()) && ContainsSubstring("expected the header iteration,other") &&
                        ContainsSubstring("got iteration,text"));
  CHECK_THROWS_AS(CsvWriter::resume(path, {"iteration", "text"}, "none", 3), FileError);
  CHECK(read_file(path) == before);

  static_cast<void>(CsvWriter::resume(folder / "new.csv", {"iteration"}, "iteration", 3));
  CHECK(read_file(folder / "new.csv") == "iteration\n");
  CHECK(folder.files() == 2);
}

TEST_CASE("tables that are none") {
  const TemporaryFolder folder;
  const auto table = [&](const std::string& text) {
    write_file_atomically(folder / "a.csv", text);
    return CsvTable(folder / "a.csv");
  };
  CHECK(table("a,b\r\n1,2\r\n").rows() == std::vector<CsvRow>{{"1", "2"}});
  CHECK(table("a\n\"\"\n").rows() == std::vector<CsvRow>{{""}});
  CHECK_THROWS_WITH(table(""), ContainsSubstring("a.csv: expected a header"));
  CHECK_THROWS_WITH(table("a,b\n1\n"), ContainsSubstring("expected 2 fields in row 1, got 1"));
  CHECK_THROWS_WITH(table("a\n\"1\"2\n"), ContainsSubstring("text after a closing quote in row 2"));
  CHECK_THROWS_WITH(table("a\nx\n").numbers("a"),
                    ContainsSubstring("expected a number in row 1, column \"a\", got \"x\""));
  CHECK_THROWS_AS(table("a\n").numbers("b"), FileError);
  CHECK_THROWS_AS(CsvTable(folder / "none.csv"), FileError);
  CHECK_THROWS_AS(CsvWriter(folder / "b.csv", {}), std::invalid_argument);
  CHECK_THROWS_AS(CsvWriter(folder / "none/b.csv", {"a"}), FileError);
}
