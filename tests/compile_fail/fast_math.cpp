// SPDX-License-Identifier: MIT
// expected error: removes the checks for NaN by which vantage finds faults and divergence: add -fno-finite-math-only
// with: -ffast-math
#include "vantage/core/types.hpp"
