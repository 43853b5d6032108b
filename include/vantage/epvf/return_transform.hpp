// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_RETURN_TRANSFORM_HPP
#define VANTAGE_EPVF_RETURN_TRANSFORM_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vantage/core/types.hpp"

namespace vantage {

/// What is learned in place of a return R.
enum class ReturnScale {
  none,  ///< returns as they are
  log,   ///< sign(R) log(1 + |R|)
  rank   ///< R's place among the returns of a sample, from -1/2, the worst, to 1/2, the best
};

/// What options call them, in the order of ReturnScale.
inline constexpr std::array<std::string_view, 3> kReturnScaleNames{"none", "log", "rank"};

/// A monotone function of returns, what is learned in their place where a few large ones would outweigh all others, and
/// its inverse. With the sorted sample R_0 <= .. <= R_(n-1) that it was fitted to,
///
///     rank:  y(R) = (b + c - 1) / (2 (n - 1)) - 1/2,  b = #{R_i < R},  c = #{R_i <= R}
///
/// so that equal returns share the mean of their places; its inverse is linear between neighbours and stays within the
/// sample. What is no number stays so.
/// Source: rank: Salimans et al. 2017 (arXiv 1703.03864), section 2.1; log: Hafner et al. 2023 (arXiv 2301.04104),
/// symlog.
class ReturnTransform {
 public:
  /// The one that is named; ranks need a fit.
  explicit ReturnTransform(ReturnScale scale = ReturnScale::none) : scale_(scale) {}

  /// Which one it is.
  [[nodiscard]] ReturnScale scale() const { return scale_; }

  /// Makes room for samples of this size, so that fits allocate nothing.
  void reserve(Index size) {
    if (scale_ == ReturnScale::rank) sorted_.reserve(static_cast<std::size_t>(size));
  }

  /// Takes the sample that ranks are among; the other scales need none. Cost: O(n log n) for ranks.
  template <class Returns>
  void fit(const Returns& returns) {
    if (scale_ != ReturnScale::rank) return;
    sorted_.clear();
    sorted_.reserve(static_cast<std::size_t>(returns.size()));
    for (Index i = 0; i < returns.size(); ++i) {
      if (const auto value = static_cast<double>(returns[i]); !std::isnan(value)) sorted_.push_back(value);
    }
    std::sort(sorted_.begin(), sorted_.end());
  }

  /// Pre: fitted, for ranks.
  [[nodiscard]] double operator()(double value) const {
    if (scale_ == ReturnScale::none || std::isnan(value)) return value;
    if (scale_ == ReturnScale::log) return std::copysign(std::log1p(std::abs(value)), value);
    if (sorted_.size() < 2) return 0;
    const auto [from, to] = std::equal_range(sorted_.begin(), sorted_.end(), value);
    const auto places = static_cast<double>((from - sorted_.begin()) + (to - sorted_.begin()) - 1);
    return places / (2 * last_place()) - 0.5;
  }

  /// Of all entries of a vector, in place.
  template <class Returns>
  void apply(Returns&& returns) const {
    if (scale_ == ReturnScale::none) return;
    using S = typename std::decay_t<Returns>::Scalar;
    for (Index i = 0; i < returns.size(); ++i) returns[i] = static_cast<S>((*this)(static_cast<double>(returns[i])));
  }

  /// The return that has this place. Pre: fitted, for ranks.
  [[nodiscard]] double inverse(double place) const {
    if (scale_ == ReturnScale::none || std::isnan(place)) return place;
    if (scale_ == ReturnScale::log) return std::copysign(std::expm1(std::abs(place)), place);
    if (sorted_.empty()) return place;
    const double position = std::clamp((place + 0.5) * last_place(), 0.0, last_place());
    const auto below = static_cast<std::size_t>(position);
    const double share = position - static_cast<double>(below);
    return share == 0 ? sorted_[below] : sorted_[below] + share * (sorted_[below + 1] - sorted_[below]);
  }

 private:
  [[nodiscard]] double last_place() const { return static_cast<double>(sorted_.size() - 1); }

  ReturnScale scale_;
  std::vector<double> sorted_;
};

}  // namespace vantage

#endif
