// SPDX-License-Identifier: MIT
// expected error: EIGEN_DEFAULT_TO_ROW_MAJOR would mix the samples up
// with: -DEIGEN_DEFAULT_TO_ROW_MAJOR
#include "vantage/core/types.hpp"
