// SPDX-License-Identifier: MIT
#include "vantage/io/record_file.hpp"

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

// what happens when the system fails is in injected_faults_test.cpp
TEST_CASE("records follow what the file begins with, and each can be read at once") {
  const TemporaryFolder folder;
  const auto path = folder / "records";
  write_file_atomically(path, "of an earlier program");
  RecordFile file(path, "begin;");
  CHECK(file.path() == path);
  CHECK(read_file(path) == "begin;");
  file.append("one;");
  CHECK(read_file(path) == "begin;one;");
  RecordFile moved = std::move(file);
  moved.append("");
  moved.append("two;");
  CHECK(read_file(path) == "begin;one;two;");
  CHECK_THROWS_WITH(RecordFile(folder / "none" / "records", ""), ContainsSubstring("none/records: "));
}
