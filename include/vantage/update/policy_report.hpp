// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_POLICY_REPORT_HPP
#define VANTAGE_UPDATE_POLICY_REPORT_HPP

#include "vantage/update/trust_region.hpp"

namespace vantage {

/// What a policy update did.
struct PolicyReport {
  StepMeasure step;          ///< of the whole update, before any revert
  double gradient_norm = 0;  ///< l2 norm of the (last) policy gradient before clipping
  Index epochs = 0;          ///< optimiser passes made
  bool violated = false;     ///< the step left the trust region
  bool reverted = false;     ///< and was taken back
};

}  // namespace vantage

#endif
