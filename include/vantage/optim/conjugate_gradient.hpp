// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_CONJUGATE_GRADIENT_HPP
#define VANTAGE_OPTIM_CONJUGATE_GRADIENT_HPP

#include <cmath>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/core/workspace.hpp"

namespace vantage {

struct ConjugateGradientOptions {
  Index iterations = 10;     ///< products at the most
  double tolerance = 1e-10;  ///< ends when |b - A x|^2 <= tolerance |b|^2; 0: makes all iterations
};

/// How far conjugate gradients came.
struct ConjugateGradientReport {
  Index iterations = 0;    ///< products made whose step was taken
  double residual = 0;     ///< |b - A x| / |b|, 0 for b = 0
  double curvature = 0;    ///< x'A x
  bool breakdown = false;  ///< ended by a direction with p'A p <= 0, or by a number that is not one
};

/// Linear conjugate gradients for A x = b, where A is symmetric and positive (semi-)definite and known only by its
/// products. From x = 0, r = p = b:
///
///     alpha = r'r / p'A p,  x <- x + alpha p,  r <- r - alpha A p,  p <- r + (r'r / r_before'r_before) p
///
/// Inner products are formed in double. A breakdown keeps what was found before it, so that x'b >= 0 always: a step
/// along x never goes downhill on b'x. Scratch is kept between solves.
/// Shapes: b, x P. Cost: one product of A an iteration. Source: Hestenes and Stiefel 1952.
template <class S>
class ConjugateGradient {
 public:
  /// Throws: std::invalid_argument for less than one iteration, or a tolerance that is negative or not finite.
  explicit ConjugateGradient(const ConjugateGradientOptions& options = {}) : options_(options) {
    require(options.iterations >= 1, "ConjugateGradient", "iterations >= 1", options.iterations);
    require(options.tolerance >= 0 && std::isfinite(options.tolerance), "ConjugateGradient", "a finite tolerance >= 0",
            options.tolerance);
  }

  [[nodiscard]] const ConjugateGradientOptions& options() const { return options_; }

  /// `product(p, out)` writes A p. Pre: b and x differ.
  template <class Product>
  ConjugateGradientReport operator()(const Vector<S>& b, Product&& product, Vector<S>& x) {
    VANTAGE_ASSERT(&b != &x);
    x.setZero(b.size());
    work_->residual = b;
    work_->direction = b;
    const double start = dot(b, b);
    double square = start;
    ConjugateGradientReport report;
    report.breakdown = !std::isfinite(start);
    while (!report.breakdown && square > options_.tolerance * start && report.iterations < options_.iterations) {
      product(work_->direction, work_->product);
      const double curvature = dot(work_->direction, work_->product);
      const double alpha = square / curvature;
      if (!(curvature > 0) || !std::isfinite(alpha)) {
        report.breakdown = true;
        break;
      }
      x += static_cast<S>(alpha) * work_->direction;
      work_->residual -= static_cast<S>(alpha) * work_->product;
      const double next = dot(work_->residual, work_->residual);
      work_->direction = work_->residual + static_cast<S>(next / square) * work_->direction;
      square = next;
      ++report.iterations;
    }
    if (start != 0) report.residual = std::sqrt(square / start);
    // A x = b - r, without another product
    report.curvature = dot(x, b) - dot(x, work_->residual);
    return report;
  }

 private:
  static double dot(const Vector<S>& a, const Vector<S>& b) {
    return a.template cast<double>().dot(b.template cast<double>());
  }

  struct Work {
    Vector<S> residual;
    Vector<S> direction;
    Vector<S> product;
  };

  ConjugateGradientOptions options_;
  Workspace<Work> work_;
};

}  // namespace vantage

#endif
