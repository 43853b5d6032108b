// SPDX-License-Identifier: MIT
#include "vantage/io/atomic_file.hpp"

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a file is written, replaced and read") {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  write_file_atomically(folder / "file", bytes);
  CHECK(read_file(folder / "file") == bytes);
  write_file_atomically(folder / "file", "");
  CHECK(read_file(folder / "file").empty());
  const std::string large(3'000'000, 'x');
  write_file_atomically(folder / "file", large);
  CHECK(read_file(folder / "file") == large);
  CHECK(folder.files() == 1);
}

TEST_CASE("a pipe or a device is not replaced, and a link is") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("pipe", folder / "link");
  for (const char* name : {"pipe", "link"}) {
    CHECK_THAT(error_of([&] { write_file_atomically(folder / name, "x"); }),
               ContainsSubstring((folder / name).string()) && ContainsSubstring("not a regular file"));
  }
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(std::filesystem::is_symlink(folder / "link"));

  // the file that a link names stays as it is
  write_file_atomically(folder / "old", "old");
  std::filesystem::remove(folder / "link");
  std::filesystem::create_symlink("old", folder / "link");
  write_file_atomically(folder / "link", "new");
  CHECK(read_file(folder / "old") == "old");
  CHECK(read_file(folder / "link") == "new");
  CHECK_FALSE(std::filesystem::is_symlink(folder / "link"));
  CHECK(folder.files() == 3);
}

TEST_CASE("errors have the path and the system's words, and leave nothing behind") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing/file";
  CHECK_THAT(error_of([&] { write_file_atomically(missing, "x"); }),
             ContainsSubstring(missing.string()) && ContainsSubstring("No such file or directory"));
  // a folder cannot be replaced by a file
  std::filesystem::create_directories(folder / "folder/inside");
  CHECK_THAT(error_of([&] { write_file_atomically(folder / "folder", "x"); }), ContainsSubstring("cannot replace"));
  CHECK(folder.files() == 1);
  CHECK_THAT(error_of([&] { static_cast<void>(read_file(folder / "none")); }), ContainsSubstring("No such file"));
  CHECK_THAT(error_of([&] { static_cast<void>(read_file(folder / "folder")); }),
             ContainsSubstring("not a regular file"));
}

TEST_CASE("a reader sees the old or the new bytes, never a mixture") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_file_atomically(path, std::string(100'000, '0'));
  std::thread writer([&] {
    for (int i = 1; i < 40; ++i) write_file_atomically(path, std::string(100'000, static_cast<char>('0' + i)));
  });
  int mixtures = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string bytes = read_file(path);
    mixtures += bytes == std::string(100'000, bytes.front()) ? 0 : 1;
  }
  writer.join();
  CHECK(mixtures == 0);
  CHECK(folder.files() == 1);
}
