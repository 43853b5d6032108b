// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_TENSORBOARD_HPP
#define VANTAGE_IO_TENSORBOARD_HPP

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/io/protobuf_writer.hpp"
#include "vantage/io/record_file.hpp"

namespace vantage {

namespace detail {

// Pre: position + sizeof(Unsigned) <= bytes.size()
template <class Unsigned>
[[nodiscard]] Unsigned fixed_at(std::string_view bytes, std::size_t position) {
  Unsigned value = 0;
  for (std::size_t i = sizeof value; i-- > 0;) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(bytes[position + i]));
  }
  return value;
}

// a checksum that is itself part of what another one covers
[[nodiscard]] inline std::uint32_t masked_crc32c(std::string_view text) {
  return std::rotr(crc32c(text), 15) + 0xa282ead8U;
}

// a record of the format TFRecord: length, its check, the bytes, their check
inline void append_record(std::string& out, std::string_view bytes) {
  std::string length;
  append_fixed(length, static_cast<std::uint64_t>(bytes.size()));
  out += length;
  append_fixed(out, masked_crc32c(length));
  out += bytes;
  append_fixed(out, masked_crc32c(bytes));
}

constexpr std::size_t kRecordFrame = 16;

// the record at a position; none where it is torn, damaged or not there
[[nodiscard]] inline std::optional<std::string_view> record_at(std::string_view file, std::size_t position) {
  if (file.size() - position < kRecordFrame) return {};
  const auto length = fixed_at<std::uint64_t>(file, position);
  if (fixed_at<std::uint32_t>(file, position + 8) != masked_crc32c(file.substr(position, 8))) return {};
  if (length > file.size() - position - kRecordFrame) return {};
  const std::string_view bytes = file.substr(position + 12, static_cast<std::size_t>(length));
  if (fixed_at<std::uint32_t>(file, position + 12 + bytes.size()) != masked_crc32c(bytes)) return {};
  return bytes;
}

}  // namespace detail

/// Writes numbers along steps where TensorBoard finds them: files events.out.tfevents.TIME.HOST.PROCESS.vantage
/// in a folder, each record one step's, handed to the system at once (RecordFile). What a killed program leaves torn,
/// readers skip. Numbers are kept as float; one that is not finite is left out.
/// Source: TensorFlow's formats TFRecord, event.proto and summary.proto.
class TensorboardWriter {
 public:
  /// Begins a file in a folder. Throws: FileError.
  explicit TensorboardWriter(const std::filesystem::path& folder) : TensorboardWriter(folder, {}) {}

  /// Goes on after `last_step`: cuts the records of later steps off the files that this wrote, and begins another file,
  /// which tells a TensorBoard that is watching to forget those steps. Throws: FileError.
  [[nodiscard]] static TensorboardWriter resume(const std::filesystem::path& folder, std::int64_t last_step) {
    for (const auto& path : files(folder)) cut(path, last_step);
    return TensorboardWriter(folder, last_step);
  }

  /// The files in a folder that this wrote, the oldest first.
  [[nodiscard]] static std::vector<std::filesystem::path> files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) found.push_back(entry->path());
    }
    if (error) detail::throw_file_error(folder, "cannot list", error.value());
    std::sort(found.begin(), found.end());
    return found;
  }

  /// Of the file of events.
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

  /// Adds a number to the current record.
  TensorboardWriter& scalar(std::string_view tag, double value) {
    if (!std::isfinite(value)) return *this;
    // a double beyond them is one of the largest floats
    constexpr double kMost = std::numeric_limits<float>::max();
    const auto number = static_cast<float>(std::clamp(value, -kMost, kMost));
    summary_.message(1, value_.clear().text(1, tag).single(2, number));
    return *this;
  }

  /// Writes the current record, if it holds a number. Steps never fall. Throws: FileError, then the file ends with the
  /// record before and the next one can be written.
  void end_step(std::int64_t step) {
    if (summary_.bytes().empty()) return;
    begin_event(event_, step).message(5, summary_);
    summary_.clear();
    record_.clear();
    detail::append_record(record_, event_.bytes());
    file_.append(record_);
  }

 private:
  static constexpr std::string_view kPrefix = "events.out.tfevents.", kSuffix = ".vantage";

  TensorboardWriter(const std::filesystem::path& folder, std::optional<std::int64_t> last_step)
      : file_(next_path(folder), beginning(last_step)) {}

  static std::int64_t now() {
    const auto time = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  }

  static ProtobufWriter& begin_event(ProtobufWriter& event, std::int64_t step) {
    return event.clear().real(1, static_cast<double>(now()) * 1e-6).integer(2, step);
  }

  // the version; then, where a run goes on, the start of a session, whose step and later ones are forgotten
  static std::string beginning(std::optional<std::int64_t> last_step) {
    ProtobufWriter event;
    std::string records;
    detail::append_record(records, begin_event(event, 0).text(3, "brain.Event:2").bytes());
    if (last_step) {
      begin_event(event, *last_step + 1).message(7, ProtobufWriter().integer(1, 1));
      detail::append_record(records, event.bytes());
    }
    return records;
  }

  // after all that there are: TensorBoard reads them by name
  static std::filesystem::path next_path(const std::filesystem::path& folder) {
    std::int64_t time = now() / 1000000;
    for (const auto& path : files(folder)) {
      time = std::max<std::int64_t>(time, std::atoll(path.filename().string().c_str() + kPrefix.size()) + 1);
    }
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host = {"host"};
    std::string digits = std::to_string(time);
    digits.insert(0, digits.size() < 10 ? 10 - digits.size() : 0, '0');
    return folder / detail::join(kPrefix, digits, '.', host.data(), '.', ::getpid(), kSuffix);
  }

  // leaves the records up to a step, which come first
  static void cut(const std::filesystem::path& path, std::int64_t last_step) {
    const std::string bytes = read_file(path);
    std::size_t kept = 0;
    while (const auto record = detail::record_at(bytes, kept)) {
      if (step_of(*record) > last_step) break;
      kept += record->size() + detail::kRecordFrame;
    }
    if (kept == bytes.size()) return;
    const detail::FileDescriptor file(path, O_WRONLY);
    if (file.number() < 0) detail::throw_file_error(path, "cannot open", errno);
    const auto size = static_cast<off_t>(kept);
    if (detail::unless_interrupted([&] { return ::ftruncate(file.number(), size); }) != 0) {
      detail::throw_file_error(path, "cannot cut", errno);
    }
  }

  // of an event as begin_event writes it: after the nine bytes of the time and a key
  static std::int64_t step_of(std::string_view event) {
    std::uint64_t step = 0;
    for (std::size_t i = 10, shift = 0; i < event.size() && shift < 64; ++i, shift += 7) {
      step |= static_cast<std::uint64_t>(event[i] & 127) << shift;
      if ((event[i] & 128) == 0) break;
    }
    return static_cast<std::int64_t>(step);
  }

  ProtobufWriter value_, summary_, event_;  // kept, so that later steps allocate nothing
  std::string record_;
  RecordFile file_;
};

}  // namespace vantage

#endif
