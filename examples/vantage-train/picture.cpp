// SPDX-License-Identifier: MIT
#include "picture.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>

std::string gnuplot_text(std::string text) {
  for (std::size_t i = 0; (i = text.find('\'', i)) != std::string::npos; i += 2) text.insert(i, 1, '\'');
  return '\'' + text + '\'';
}

std::string draw(const std::filesystem::path& target, const std::string& commands, PictureSize size) {
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return "gnuplot was not found";
  std::filesystem::path temporary = target;
  const std::string kind = target.extension().string();
  temporary.replace_extension(".tmp" + kind);
  std::FILE* pipe = ::popen("gnuplot >/dev/null 2>&1", "w");
  if (pipe == nullptr) return "gnuplot cannot be started";
  std::fprintf(pipe, "set terminal %s size %d,%d font 'sans,11'\nset output %s\n%s",
               kind == ".svg" ? "svg" : "pngcairo", size.width, size.height, gnuplot_text(temporary.string()).c_str(),
               commands.c_str());
  const bool drawn = ::pclose(pipe) == 0 && std::filesystem::exists(temporary);
  if (drawn) {
    std::filesystem::rename(temporary, target);
    return {};
  }
  std::filesystem::remove(temporary);
  return "gnuplot failed";
}
