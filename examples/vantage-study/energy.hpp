// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_ENERGY_HPP
#define VANTAGE_STUDY_ENERGY_HPP

#include <cstdint>
#include <filesystem>
#include <vector>

/// What the machine's processors use, by the counters that Linux shows of them (power capping, RAPL).
class EnergyMeter {
 public:
  /// The counters of whole packages in the folder, those that may be read.
  explicit EnergyMeter(const std::filesystem::path& folder);

  /// Whether there is any.
  [[nodiscard]] bool exists() const { return !counters_.empty(); }

  /// Joules since the last call, or since construction. A counter that went through its range once is seen through.
  [[nodiscard]] double joules();

 private:
  struct Counter {
    std::filesystem::path file;
    std::int64_t last;
    std::int64_t range;
  };
  std::vector<Counter> counters_;
};

#endif
