// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_LOAD_MOMENTS_HPP
#define VANTAGE_ROLLOUT_LOAD_MOMENTS_HPP

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "vantage/core/error.hpp"
#include "vantage/io/state_reader.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// Reads the moments of observations for a Normalizer: those of a policy file, or "mean" and "deviation" of any
/// safetensors file, as `safetensors.numpy.save_file({"mean": m, "deviation": d}, path)` writes them in Python. There
/// they weigh as one observation, or as many as an entry "count" of shape [1] says.
/// Throws: FileError for a file that cannot be read, is damaged, or holds anything else.
[[nodiscard]] inline RunningMoments load_moments(const std::filesystem::path& path) {
  StateReader reader(path);
  const auto numbers = [&](const char* name) -> Vector<double> {
    const Matrix<double> rows = detail::read_steps(reader.file(), name);
    if (rows.rows() == 1 && rows.cols() > 0) return rows.transpose();
    throw FileError(detail::join(reader.file().path(), ": expected \"", name, "\" of one number a component"));
  };
  try {
    if (!reader.contains("normalizer.moments.mean")) {
      const double count = reader.contains("count") ? numbers("count")[0] : 1.0;
      return {numbers("mean"), numbers("deviation"), count};
    }
    RunningMoments moments(numbers("normalizer.moments.mean").size());
    reader("normalizer.moments", moments);
    // held to what given numbers are
    Vector<double> deviation(moments.mean().size());
    for (Index i = 0; i < deviation.size(); ++i) deviation[i] = std::sqrt(moments.variance(i));
    static_cast<void>(RunningMoments(moments.mean(), deviation, moments.count()));
    return moments;
  } catch (const std::invalid_argument& error) {
    throw FileError(detail::join(reader.file().path(), ": ", error.what()));
  }
}

}  // namespace vantage

#endif
