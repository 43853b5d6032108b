// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_PERTURBATION_HPP
#define VANTAGE_EPVF_PERTURBATION_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"

namespace vantage {

enum class NoiseShape { uniform, gaussian };
inline constexpr std::array<std::string_view, 2> kNoiseShapeNames{"uniform", "gaussian"};

/// What a noise is measured by: the size of the weight that it moves, or nothing.
enum class NoiseScaling { multiplicative, additive };
inline constexpr std::array<std::string_view, 2> kNoiseScalingNames{"multiplicative", "additive"};

struct PerturbationOptions {
  NoiseShape shape = NoiseShape::uniform;
  NoiseScaling scaling = NoiseScaling::multiplicative;
  double scale = 0.3;           ///< s: half width (uniform) or deviation (gaussian), of a weight of 1 or of any weight
  double floor = 0.03;          ///< least half width or deviation of multiplicative noise: weights of 0 move too
  bool antithetic = false;      ///< policies in pairs, centre + e and centre - e
  bool include_centre = false;  ///< the first policy is the centre itself; pairs begin after it
};

/// Fills a matrix with policies around a centre w, each with a noise e of its own, independent in each parameter j:
///
///     theta_j = w_j + a_j e_j,   a_j = max(s |w_j|, floor) (multiplicative) or s (additive),
///
/// e_j uniform on [-1, 1) or standard normal. A column draws from the random stream (one number of the context's, its
/// index), so the bits do not depend on the number of threads.
template <class S>
class Perturbation {
 public:
  /// Throws: std::invalid_argument for a scale or a floor that is negative or not finite.
  explicit Perturbation(const PerturbationOptions& options = {}) : options_(options) {
    require(options.scale >= 0 && std::isfinite(options.scale), "Perturbation", "finite scale >= 0", options.scale);
    require(options.floor >= 0 && std::isfinite(options.floor), "Perturbation", "finite floor >= 0", options.floor);
  }

  [[nodiscard]] const PerturbationOptions& options() const { return options_; }

  /// Shapes: centre P, thetas P x M, which may be a block, of S or of a narrower type such as Eigen::half.
  template <class Thetas>
  void operator()(const Vector<S>& centre, Context& context, Thetas&& thetas) const {
    VANTAGE_ASSERT(thetas.rows() == centre.size());
    const std::uint64_t seed = context.rng()();
    const Index first = options_.include_centre ? 1 : 0;
    context.pool().run(thetas.cols(), [&](Index i, Index) {
      auto theta = thetas.col(i);
      if (i < first) {
        theta = centre.template cast<typename std::decay_t<Thetas>::Scalar>();
        return;
      }
      // both of a pair draw the same noise
      const Index noise = options_.antithetic ? (i - first) / 2 : i - first;
      const bool mirrored = options_.antithetic && (i - first) % 2 == 1;
      Rng rng(seed, static_cast<std::uint64_t>(noise));
      fill(centre, mirrored ? -1.0 : 1.0, rng, theta);
    });
  }

 private:
  template <class Column>
  void fill(const Vector<S>& centre, double sign, Rng& rng, Column& theta) const {
    const bool multiplicative = options_.scaling == NoiseScaling::multiplicative;
    for (Index j = 0; j < centre.size(); ++j) {
      const double weight = static_cast<double>(centre[j]);
      const double size = multiplicative ? std::max(options_.scale * std::abs(weight), options_.floor) : options_.scale;
      const double noise = options_.shape == NoiseShape::uniform ? rng.uniform(-1, 1) : rng.normal();
      theta[j] = static_cast<typename Column::Scalar>(weight + sign * (size * noise));
    }
  }

  PerturbationOptions options_;
};

}  // namespace vantage

#endif
