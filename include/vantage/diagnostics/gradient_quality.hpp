// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_GRADIENT_QUALITY_HPP
#define VANTAGE_DIAGNOSTICS_GRADIENT_QUALITY_HPP

#include <cmath>
#include <limits>
#include <vector>

#include "vantage/diagnostics/intervals.hpp"
#include "vantage/policy/parameter_space.hpp"

namespace vantage {

namespace detail {

// columns of length one
[[nodiscard]] inline Matrix<double> directions(const char* who, const Matrix<double>& gradients, Index at_least) {
  require(
      gradients.rows() >= 1 && gradients.cols() >= at_least, who,
      at_least == 3 ? "gradients parameters x repeats, three at least" : "gradients parameters x repeats, two at least",
      join(gradients.rows(), " x ", gradients.cols()));
  const Vector<double> norms = gradients.colwise().norm();
  require(norms.allFinite() && norms.minCoeff() > 0, who, "finite gradients, none of them zero", detail::Listed(norms));
  return gradients.array().rowwise() / norms.transpose().array();
}

}  // namespace detail

/// The mean cosine alone, of two gradients at the least; see pairwise_cosine.
[[nodiscard]] inline double mean_pairwise_cosine(const Matrix<double>& gradients) {
  const Matrix<double> units = detail::directions("mean_pairwise_cosine", gradients, 2);
  const auto n = static_cast<double>(units.cols());
  return (units.rowwise().sum().squaredNorm() - n) / (n * (n - 1));
}

/// How alike R independent estimates of one gradient are:
///
///     c = 2 / (R (R - 1)) sum_{i < j} <g_i, g_j> / (|g_i| |g_j|)
///
/// with a jackknife interval of 95 % over gradients: pairs share gradients, so an interval that takes them for
/// independent is too narrow. Shapes: gradients P x R, one a column. Throws: std::invalid_argument for R < 3, or a
/// gradient that is zero or not finite. Cost: O(P R). Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.1.
[[nodiscard]] inline Estimate pairwise_cosine(const Matrix<double>& gradients) {
  const Matrix<double> units = detail::directions("pairwise_cosine", gradients, 3);
  const Vector<double> sum = units.rowwise().sum();
  const auto repeats = static_cast<double>(units.cols());
  // |sum of n units|^2 is n plus twice the sum of the cosines of their pairs
  const auto mean = [](double square, double n) { return (square - n) / (n * (n - 1)); };
  const double all = mean(sum.squaredNorm(), repeats);
  Vector<double> without(units.cols());
  for (Index i = 0; i < units.cols(); ++i) without[i] = mean((sum - units.col(i)).squaredNorm(), repeats - 1);
  return jackknife(all, without);
}

/// Mean cosine of R independent estimates to a reference of many more samples, with Student's interval of 95 %.
///
/// One reference is that of all, or each has its own: the sum of the other R - 1 costs no further samples. The
/// reference has noise too. `correction` is what the cosine to the true gradient is larger by: sqrt(1 + B / M) for a
/// noise scale B and a reference of M samples; 1 leaves it out. It scales the interval too. Shapes: gradients P x R,
/// references P x 1 or P x R. Throws: std::invalid_argument for R < 2, other sizes, a vector that is zero or not
/// finite, or a correction below 1. Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.1.
[[nodiscard]] inline Estimate cosine_to_reference(const Matrix<double>& gradients, const Matrix<double>& references,
                                                  double correction = 1) {
  constexpr const char* kWho = "cosine_to_reference";
  require(references.rows() == gradients.rows() && (references.cols() == 1 || references.cols() == gradients.cols()),
          kWho, "references as long as the gradients, one of all or one each",
          detail::join(references.rows(), " x ", references.cols()));
  const Vector<double> norms = references.colwise().norm();
  require(norms.allFinite() && norms.minCoeff() > 0, kWho, "finite references, none of them zero",
          detail::Listed(norms));
  require(correction >= 1 && std::isfinite(correction), kWho, "a finite correction >= 1", correction);
  const Matrix<double> cosines = detail::directions(kWho, gradients, 2).transpose() *
                                 (references.array().rowwise() * (correction / norms.array()).transpose()).matrix();
  return estimate_mean(cosines.cols() == 1 ? Vector<double>(cosines.col(0)) : Vector<double>(cosines.diagonal()));
}

/// How many samples a gradient estimate needs: with B of them noise and signal are equally long.
struct NoiseScale {
  double squared_norm = 0;  ///< |g|^2 of the true gradient, unbiased; may come out negative where noise is all
  double trace = 0;         ///< tr C, the summed variance of the gradient of one sample

  /// B = tr C / |g|^2; infinite where no signal was seen. E cos(g_i, g_j) is about 1 / (1 + B / N) in many dimensions.
  [[nodiscard]] double value() const {
    return squared_norm > 0 ? trace / squared_norm : std::numeric_limits<double>::infinity();
  }
};

/// From R independent estimates of N samples each:
///
///     tr C = N / (R - 1) sum_i |g_i - gbar|^2,   |g|^2 = |gbar|^2 - tr C / (N R)
///
/// Shapes: gradients P x R. Throws: std::invalid_argument for R < 2, N < 1 or what is not finite.
/// Source: McCandlish et al. 2018, arXiv 1812.06162 appendix A.1, for repeats.
[[nodiscard]] inline NoiseScale noise_scale(const Matrix<double>& gradients, Index samples) {
  constexpr const char* kWho = "noise_scale";
  require(gradients.cols() >= 2 && gradients.rows() >= 1, kWho, "gradients parameters x repeats, two at least",
          detail::join(gradients.rows(), " x ", gradients.cols()));
  require(samples >= 1, kWho, "samples >= 1", samples);
  require(gradients.allFinite(), kWho, "finite gradients", "others");
  const Vector<double> mean = gradients.rowwise().mean();
  const auto repeats = static_cast<double>(gradients.cols());
  const double trace = (gradients.colwise() - mean).squaredNorm() / (repeats - 1);
  return {mean.squaredNorm() - trace / repeats, static_cast<double>(samples) * trace};
}

/// From the mean squared norms of estimates of two sizes, N_small < N_large:
///
///     |g|^2 = (N_l |G_l|^2 - N_s |G_s|^2) / (N_l - N_s),   tr C = (|G_s|^2 - |G_l|^2) / (1 / N_s - 1 / N_l)
///
/// Throws: std::invalid_argument unless 1 <= N_small < N_large and the norms are finite and not negative.
/// Source: McCandlish et al. 2018, arXiv 1812.06162 equations A.2 and A.3.
[[nodiscard]] inline NoiseScale noise_scale(double squared_norm_small, Index samples_small, double squared_norm_large,
                                            Index samples_large) {
  constexpr const char* kWho = "noise_scale";
  require(samples_small >= 1 && samples_small < samples_large, kWho, "1 <= samples_small < samples_large",
          detail::join(samples_small, " and ", samples_large));
  const auto valid = [](double norm) { return std::isfinite(norm) && norm >= 0; };
  require(valid(squared_norm_small) && valid(squared_norm_large), kWho, "finite squared norms >= 0",
          detail::join(squared_norm_small, " and ", squared_norm_large));
  const auto small = static_cast<double>(samples_small);
  const auto large = static_cast<double>(samples_large);
  return {(large * squared_norm_large - small * squared_norm_small) / (large - small),
          (squared_norm_small - squared_norm_large) / (1 / small - 1 / large)};
}

/// The noise scale of each block of the parameters on its own, such as a layer's weights or the log standard
/// deviations; N / B is the block's signal-to-noise ratio in an estimate of N samples. Order: that of `blocks`. Throws:
/// std::invalid_argument as noise_scale, and for a block outside the gradients.
[[nodiscard]] inline std::vector<NoiseScale> noise_scales(const Matrix<double>& gradients, Index samples,
                                                          const std::vector<ParameterBlock>& blocks) {
  std::vector<NoiseScale> result;
  result.reserve(blocks.size());
  for (const ParameterBlock& block : blocks) {
    require(block.offset >= 0 && block.size() >= 1 && block.offset + block.size() <= gradients.rows(), "noise_scales",
            "blocks within the gradients", detail::join(block.offset, " + ", block.size()));
    result.push_back(noise_scale(Matrix<double>(gradients.middleRows(block.offset, block.size())), samples));
  }
  return result;
}

}  // namespace vantage

#endif
