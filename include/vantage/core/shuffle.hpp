// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_SHUFFLE_HPP
#define VANTAGE_CORE_SHUFFLE_HPP

#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Random passes over the samples 0 .. N - 1, handed out in minibatches without replacement. A pass that cannot fill
/// another minibatch ends: what is left of it, a different remainder each time, is skipped.
class Shuffle {
 public:
  /// Starts anew with `samples` samples, in an order that depends on `rng` alone.
  void begin(Index samples, const Rng& rng) {
    rng_ = rng;
    order_.resize(static_cast<std::size_t>(samples));
    std::iota(order_.begin(), order_.end(), Index{0});
    position_ = order_.size();
  }

  /// The next `count` samples; valid until the next call. Throws: std::invalid_argument unless 1 <= count <= samples.
  std::span<const Index> next(Index count) {
    const auto size = static_cast<std::size_t>(count);
    require(count >= 1 && size <= order_.size(), "Shuffle::next", "1 <= count <= samples", count);
    if (position_ + size > order_.size()) {
      for (std::size_t n = order_.size(); n > 1; --n) std::swap(order_[n - 1], order_[rng_.below(n)]);
      position_ = 0;
    }
    position_ += size;
    return {order_.data() + position_ - size, size};
  }

 private:
  Rng rng_{0};
  std::vector<Index> order_;
  std::size_t position_ = 0;
};

}  // namespace vantage

#endif
