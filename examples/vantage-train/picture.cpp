// SPDX-License-Identifier: MIT
#include "picture.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>

std::string gnuplot_text(std::string text) {
  for (std::size_t i = 0; (i = text.find('\'', i)) != std::string::npos; i += 2) text.insert(i, 1, '\'');
  return '\'' + text + '\'';
}

std::string draw(const std::filesystem::path& target, const std::string& commands) {
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return "gnuplot was not found";
  std::filesystem::path temporary = target;
  temporary.replace_extension(".tmp.png");
  std::FILE* pipe = ::popen("gnuplot >/dev/null 2>&1", "w");
  if (pipe == nullptr) return "gnuplot cannot be started";
  std::fprintf(pipe, "set terminal pngcairo size 720,440 font 'sans,11'\nset output %s\n%s",
               gnuplot_text(temporary.string()).c_str(), commands.c_str());
  const bool drawn = ::pclose(pipe) == 0 && std::filesystem::exists(temporary);
  if (drawn) {
    std::filesystem::rename(temporary, target);
    return {};
  }
  std::filesystem::remove(temporary);
  return "gnuplot failed";
}
