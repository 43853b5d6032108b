// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_SERIALIZE_STEPS_HPP
#define VANTAGE_OPTIM_SERIALIZE_STEPS_HPP

#include <cstdint>

namespace vantage::detail {

/// Names the number of steps to an archive. Where it reads the state from before the first step into an optimiser that
/// has stepped, the memory loses its size, which it has only from the first step on.
template <class Archive, class... Memory>
void serialize_steps(Archive& archive, std::int64_t& steps, Memory&... memory) {
  const std::int64_t before = steps;
  archive("steps", steps);
  if (before != 0 && steps == 0) (memory.resize(0), ...);
}

}  // namespace vantage::detail

#endif
