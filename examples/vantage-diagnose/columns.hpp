// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_COLUMNS_HPP
#define VANTAGE_DIAGNOSE_COLUMNS_HPP

#include <algorithm>
#include <functional>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

/// Vectors of parameters, one a column.
struct Columns {
  vantage::Matrix<double> columns;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("columns", columns);
  }
};

/// Throws: std::invalid_argument.
inline void require_rising(const std::vector<vantage::Index>& sizes) {
  const bool rises = std::is_sorted(sizes.begin(), sizes.end(), std::less_equal<>());
  vantage::require(rises, "--samples", "rising sizes, whole steps of all environments where updates are made",
                   sizes.back());
}

#endif
