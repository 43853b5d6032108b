// SPDX-License-Identifier: MIT
#include "energy.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;

/// Negative where there is none to read; not everyone may.
std::int64_t number_in(const fs::path& file) {
  std::int64_t number = -1;
  std::ifstream(file) >> number;
  return number;
}

}  // namespace

EnergyMeter::EnergyMeter(const fs::path& folder) {
  std::error_code none;
  for (const fs::directory_entry& zone : fs::directory_iterator(folder, none)) {
    // intel-rapl:0 is a package (so on AMD too), intel-rapl:0:1 a part of it
    const std::string name = zone.path().filename().string();
    if (!name.starts_with("intel-rapl:") || std::count(name.begin(), name.end(), ':') != 1) continue;
    const fs::path file = zone.path() / "energy_uj";
    const std::int64_t now = number_in(file);
    if (now >= 0) counters_.push_back({file, now, number_in(zone.path() / "max_energy_range_uj")});
  }
}

double EnergyMeter::joules() {
  std::int64_t microjoules = 0;
  for (Counter& counter : counters_) {
    const std::int64_t now = number_in(counter.file);
    if (now < 0) continue;
    microjoules +=
        now >= counter.last ? now - counter.last : now + std::max<std::int64_t>(0, counter.range - counter.last);
    counter.last = now;
  }
  return 1e-6 * static_cast<double>(microjoules);
}
