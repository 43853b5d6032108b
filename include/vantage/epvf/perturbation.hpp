// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_PERTURBATION_HPP
#define VANTAGE_EPVF_PERTURBATION_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/policy/parameter_space.hpp"

namespace vantage {

/// How noise is distributed.
enum class NoiseShape {
  uniform,  ///< on [-w, w]
  gaussian  ///< of deviation w
};
/// What gives noise its width.
enum class NoiseScaling {
  multiplicative,  ///< w = max(s |theta_j|, floor)
  additive         ///< w = s
};

/// What options call the shapes, in the order of NoiseShape.
inline constexpr std::array<std::string_view, 2> kNoiseShapeNames{"uniform", "gaussian"};
/// What options call the scalings, in the order of NoiseScaling.
inline constexpr std::array<std::string_view, 2> kNoiseScalingNames{"multiplicative", "additive"};

struct PerturbationOptions {
  NoiseShape shape = NoiseShape::uniform;               ///< of a parameter's noise
  NoiseScaling scaling = NoiseScaling::multiplicative;  ///< of its width
  double scale = 0.3;                                   ///< s
  double floor = 0.03;          ///< least width of multiplicative noise: without it a parameter at 0 never moves
  bool antithetic = false;      ///< policies come in pairs, centre + e and centre - e
  bool include_centre = false;  ///< the first policy of a population is the centre itself
};

/// Perturbed copies of a policy's parameters, theta_i = theta + e_i with independent entries e_ij of width w_j.
/// Source: Bohlinger and Peters 2025 (arXiv 2502.11949), uniform and multiplicative with s = 0.3; Faccio et al. 2021
/// (arXiv 2006.09226), Gaussian and additive with s = 1.
template <class S>
class Perturbation {
 public:
  /// Parameters of the blocks `fixed`, such as bias_blocks(policy.parameter_space()), stay as the centre has them.
  /// Throws: std::invalid_argument for a negative scale or floor.
  explicit Perturbation(const PerturbationOptions& options = {}, std::vector<ParameterBlock> fixed = {})
      : options_(options), fixed_(std::move(fixed)) {
    require(options.scale >= 0 && std::isfinite(options.scale), "Perturbation", "a finite scale >= 0", options.scale);
    require(options.floor >= 0 && std::isfinite(options.floor), "Perturbation", "a finite floor >= 0", options.floor);
  }

  [[nodiscard]] const PerturbationOptions& options() const { return options_; }

  /// Fills the columns of `policies` (of any precision), clipped where the clip says so. One number of the context's
  /// own stream starts the streams of all columns, so the bits do not depend on the number of threads.
  /// Shapes: centre P, policies P x M.
  template <class Policies>
  void operator()(const Vector<S>& centre, const WeightClip& clip, Context& context, Policies&& policies) const {
    using Stored = typename std::decay_t<Policies>::Scalar;
    const std::uint64_t seed = context.rng()();
    const Index first = options_.include_centre ? 1 : 0;
    context.pool().run(policies.cols(), [&](Index column, Index) {
      auto policy = policies.col(column);
      if (column < first) {
        policy = centre.template cast<Stored>();
      } else {
        const Index draw = column - first;
        const bool mirrored = options_.antithetic && draw % 2 == 1;
        Rng rng(seed, StreamPurpose::perturbation, static_cast<std::uint64_t>(options_.antithetic ? draw / 2 : draw));
        for (Index j = 0; j < centre.size(); ++j) {
          const double noise = width(static_cast<double>(centre[j])) * standard(rng);
          policy[j] = static_cast<Stored>(centre[j] + static_cast<S>(mirrored ? -noise : noise));
        }
        for (const ParameterBlock& block : fixed_) {
          policy.segment(block.offset, block.size()) =
              centre.segment(block.offset, block.size()).template cast<Stored>();
        }
      }
      if (clip.samples) clip_weights(clip, policy);
    });
  }

  /// w for a parameter.
  [[nodiscard]] double width(double parameter) const {
    if (options_.scaling == NoiseScaling::additive) return options_.scale;
    return std::max(options_.scale * std::abs(parameter), options_.floor);
  }

  /// Variance of the noise on a parameter that is not fixed: w^2 if it is Gaussian, w^2 / 3 if uniform.
  [[nodiscard]] double variance(double parameter) const {
    const double w = width(parameter);
    return options_.shape == NoiseShape::uniform ? w * w / 3 : w * w;
  }

  /// How far perturbed copies are from the centre: sqrt(E |e|^2), their root mean square distance without any clip.
  [[nodiscard]] double distance(const Vector<S>& centre) const {
    double square = 0;
    for (Index j = 0; j < centre.size(); ++j) square += variance(static_cast<double>(centre[j]));
    for (const ParameterBlock& block : fixed_) {
      for (Index j = 0; j < block.size(); ++j) square -= variance(static_cast<double>(centre[block.offset + j]));
    }
    return std::sqrt(std::max(square, 0.0));
  }

 private:
  [[nodiscard]] double standard(Rng& rng) const {
    return options_.shape == NoiseShape::uniform ? rng.uniform(-1, 1) : rng.normal();
  }

  PerturbationOptions options_;
  std::vector<ParameterBlock> fixed_;
};

}  // namespace vantage

#endif
