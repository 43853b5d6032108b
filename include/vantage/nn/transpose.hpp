// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_TRANSPOSE_HPP
#define VANTAGE_NN_TRANSPOSE_HPP

#include "vantage/core/types.hpp"

namespace vantage {

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // a vector type as template argument
#endif

/// Writes the transpose of a column-major matrix. Shapes: a (rows x columns), both without gaps. Pre: no overlap.
template <class S>
void transpose(Index rows, Index columns, const S* a, S* result) {
  using Packet = typename Eigen::internal::packet_traits<S>::type;
  constexpr Index kSide = Eigen::internal::packet_traits<S>::size;
  const Index whole_rows = rows / kSide * kSide;
  const Index whole_columns = columns / kSide * kSide;
  // square tiles through registers, then the rest of the columns, then of the rows
  for (Index j = 0; j < whole_columns; j += kSide) {
    for (Index i = 0; i < whole_rows; i += kSide) {
      Eigen::internal::PacketBlock<Packet, static_cast<int>(kSide)> tile;
      for (Index k = 0; k < kSide; ++k) tile.packet[k] = Eigen::internal::ploadu<Packet>(a + (j + k) * rows + i);
      Eigen::internal::ptranspose(tile);
      for (Index k = 0; k < kSide; ++k) Eigen::internal::pstoreu(result + (i + k) * columns + j, tile.packet[k]);
    }
  }
  for (Index j = 0; j < columns; ++j) {
    for (Index i = j < whole_columns ? whole_rows : 0; i < rows; ++i) result[i * columns + j] = a[j * rows + i];
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace vantage

#endif
