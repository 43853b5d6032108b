// SPDX-License-Identifier: MIT
#ifndef VANTAGE_RENDER_PROGRAM_PNG_HPP
#define VANTAGE_RENDER_PROGRAM_PNG_HPP

#include <png.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/mujoco/render.hpp"

/// Throws: vantage::FileError.
inline void write_png(const std::filesystem::path& path, const vantage::mujoco::Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr) == 0) {
    throw vantage::FileError(vantage::detail::join(path.string(), ": libpng: ", header.message));
  }
  bytes.resize(size);
  vantage::write_file_atomically(path, bytes);
}

/// A new folder of numbered pictures, which has its name only when all are there.
class PngFolder {
 public:
  /// Throws: vantage::FileError if something is at `path` already, or beside it nothing can be made.
  explicit PngFolder(std::filesystem::path path) : path_(std::move(path)), temporary_(path_) {
    namespace fs = std::filesystem;
    if (fs::exists(path_) && !(fs::is_directory(path_) && fs::is_empty(path_))) {
      throw vantage::FileError(path_.string() + ": expected a new or an empty folder for the pictures");
    }
    temporary_ += vantage::detail::join(".", ::getpid(), ".tmp");
    std::error_code error;
    fs::create_directory(temporary_, error);
    if (error) throw vantage::FileError(path_.string() + ": cannot make a folder beside it: " + error.message());
  }
  PngFolder(const PngFolder&) = delete;
  PngFolder& operator=(const PngFolder&) = delete;
  ~PngFolder() {
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
  }

  void write(const vantage::mujoco::Image& image) {
    char name[32];
    std::snprintf(name, sizeof name, "frame_%06d.png", count_++);
    write_png(temporary_ / name, image);
  }

  void finish() {
    std::error_code error;
    std::filesystem::rename(temporary_, path_, error);
    if (error) throw vantage::FileError(path_.string() + ": cannot take its name: " + error.message());
    temporary_.clear();
  }

 private:
  std::filesystem::path path_, temporary_;
  int count_ = 0;
};

/// Pictures side by side in one file.
class PngStrip {
 public:
  explicit PngStrip(std::filesystem::path path) : path_(std::move(path)) {}

  void write(const vantage::mujoco::Image& image) { images_.push_back(image); }

  void finish() const {
    constexpr int gap = 2;
    const int width = images_.front().width, height = images_.front().height;
    const int count = static_cast<int>(images_.size());
    vantage::mujoco::Image strip{count * width + (count - 1) * gap, height, {}};
    strip.rgb.assign(static_cast<std::size_t>(3 * strip.width * height), 255);
    for (int i = 0; i < count; ++i) {
      for (int y = 0; y < height; ++y) {
        std::copy_n(images_[static_cast<std::size_t>(i)].rgb.begin() + 3 * y * width, 3 * width,
                    strip.rgb.begin() + 3 * (y * strip.width + i * (width + gap)));
      }
    }
    write_png(path_, strip);
  }

 private:
  std::filesystem::path path_;
  std::vector<vantage::mujoco::Image> images_;
};

#endif
