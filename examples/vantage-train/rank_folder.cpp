// SPDX-License-Identifier: MIT
#include "rank_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "option.hpp"
#include "run_folder.hpp"
#include "vantage/core/message.hpp"
#include "vantage/io/atomic_file.hpp"

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "vantage-rank-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw vantage::FileError(name + ": cannot be made");
  return name;
}

}  // namespace

RankFolder::RankFolder(GivenOptions& given, const vantage::Communicator& ranks) {
  const Option *output = find_option("output"), *resume = find_option("resume");
  if (ranks.is_alone() || !given.contains(output) || !given.contains(resume)) return;
  Settings command;
  for (const Option* option : {output, resume}) read_value(*option, given.at(option), command);
  if (!command.resume) return;
  const bool is_first = ranks.rank == 0;
  if (!is_first) {
    copies_ = new_folder();
    given.at(output).words = {copies_.string()};
  }
  const RunFolder original{command.output}, copy{copies_};
  vantage::Message message;
  message.exchange(ranks, ranks.size, [&](vantage::Message& told, vantage::Index rank) {
    if (rank != 0) return;
    for (const auto file : {&RunFolder::config, &RunFolder::checkpoint}) {
      std::error_code error;
      bool exists = is_first && std::filesystem::exists((original.*file)(), error);
      std::string bytes = exists ? contents((original.*file)()) : std::string();
      told("exists", exists);
      told("bytes", bytes);
      if (!is_first && exists) vantage::write_file_atomically((copy.*file)(), bytes);
    }
  });
}

RankFolder::~RankFolder() {
  std::error_code error;
  if (!copies_.empty()) std::filesystem::remove_all(copies_, error);
}
