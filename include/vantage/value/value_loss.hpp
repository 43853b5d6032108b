// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_LOSS_HPP
#define VANTAGE_VALUE_VALUE_LOSS_HPP

#include <algorithm>
#include <cmath>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// How a value is held to its target. With the miss d = V - target, of one sample:
enum class ValueLoss {
  squared,  ///< d^2
  huber,    ///< d^2 where |d| <= delta, else delta (2 |d| - delta): outliers pull with bounded force
  clipped  ///< max(d^2, (V_old + clip(V - V_old, -range, range) - target)^2): no pull beyond `range` from the old value
};

/// Which loss the value steps descend.
struct ValueLossOptions {
  ValueLoss kind = ValueLoss::squared;  ///< of d = V - target
  double huber_delta = 1;               ///< in units of the (scaled) return
  double clip_range = 0.2;              ///< in units of the (scaled) return
};

/// Throws: std::invalid_argument for a delta or a range that is not positive.
inline void validate(const ValueLossOptions& options) {
  require(options.huber_delta > 0, "ValueLossOptions", "huber_delta > 0", options.huber_delta);
  require(options.clip_range > 0, "ValueLossOptions", "clip_range > 0", options.clip_range);
}

/// slopes_n = scale dL_n / dV_n, where V_old are the values before the first step of the update (only `clipped` reads
/// them). Shapes: all N. Source: Huber 1964; the clipped loss is that of the PPO code of OpenAI Baselines, not of the
/// PPO paper.
template <class S>
void value_loss_slopes(const ValueLossOptions& options, ConstVectorRef<S> values, ConstVectorRef<S> old_values,
                       ConstVectorRef<S> targets, S scale, VectorRef<S> slopes) {
  const S factor = 2 * scale;
  switch (options.kind) {
    case ValueLoss::squared:
      slopes = factor * (values - targets);
      break;
    case ValueLoss::huber: {
      const S delta = static_cast<S>(options.huber_delta);
      slopes = factor * (values - targets).array().max(-delta).min(delta).matrix();
      break;
    }
    case ValueLoss::clipped: {
      const S range = static_cast<S>(options.clip_range);
      for (Index n = 0; n < values.size(); ++n) {
        const S move = values[n] - old_values[n];
        const S miss = values[n] - targets[n];
        const S clipped_miss = old_values[n] + std::min(std::max(move, -range), range) - targets[n];
        const bool is_clipped = std::abs(move) > range && clipped_miss * clipped_miss > miss * miss;
        slopes[n] = is_clipped ? S(0) : factor * miss;
      }
      break;
    }
  }
}

}  // namespace vantage

#endif
