// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PICTURE_HPP
#define VANTAGE_TRAIN_PROGRAM_PICTURE_HPP

#include <filesystem>
#include <string>

/// A text as gnuplot's commands quote it: no path or name can be taken for a command.
[[nodiscard]] std::string gnuplot_text(std::string text);

/// Pixels of a picture.
struct PictureSize {
  int width = 720, height = 440;
};

/// Draws a PNG or an SVG, which the file's name says, by gnuplot from commands, data among them, but for the terminal
/// and the output. The file is replaced in one step. Returns why there is no picture; empty if there is one.
std::string draw(const std::filesystem::path& target, const std::string& commands, PictureSize size = {});

#endif
