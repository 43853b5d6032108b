// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LANDSCAPE_HPP
#define VANTAGE_DIAGNOSTICS_LANDSCAPE_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/diagnostics/landscape_plane.hpp"

namespace vantage {

/// What was measured at the nodes of a grid over a plane of parameters. Point n = j X + i lies at (x_i, y_j). All of it
/// is plain data: whoever saves it after each point goes on from there.
///
/// Shapes: x X, y Y, values XY x C, measured XY.
struct Landscape {
  Vector<double> x;                  ///< nodes along the first direction
  Vector<double> y;                  ///< nodes along the second
  std::vector<std::string> columns;  ///< names of what is measured
  Matrix<double> values;             ///< a row a point; zeros where it is not measured yet
  std::vector<bool> measured;        ///< a flag a point

  /// Points, measured or not.
  [[nodiscard]] Index size() const { return x.size() * y.size(); }
  /// The first coordinate of a point.
  [[nodiscard]] double x_of(Index point) const { return x[point % x.size()]; }
  /// The second coordinate of a point.
  [[nodiscard]] double y_of(Index point) const { return y[point / x.size()]; }
  /// Whether every point is measured.
  [[nodiscard]] bool is_complete() const {
    return std::find(measured.begin(), measured.end(), false) == measured.end();
  }

  /// Throws: std::invalid_argument for a name that no column has.
  [[nodiscard]] Index column(const std::string& name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    require(found != columns.end(), "Landscape", "the name of a column", name);
    return found - columns.begin();
  }

  /// The point at these coordinates, up to rounding; none where the grid has no such node.
  [[nodiscard]] std::optional<Index> point_at(double at_x, double at_y = 0) const {
    for (Index point = 0; point < size(); ++point) {
      if (std::abs(x_of(point) - at_x) < 1e-9 && std::abs(y_of(point) - at_y) < 1e-9) return point;
    }
    return {};
  }

  /// A column along the first direction, at node j of the second. Shapes: X. Pre: column < C, j < Y.
  [[nodiscard]] auto along_x(Index column, Index j = 0) const {
    return values.col(column).segment(j * x.size(), x.size());
  }

  /// The line at node j of the second direction, as a landscape of its own. Pre: j < Y.
  [[nodiscard]] Landscape line(Index j = 0) const {
    const Index first = j * x.size();
    return {x, y.segment(j, 1), columns, values.middleRows(first, x.size()),
            std::vector<bool>(measured.begin() + first, measured.begin() + first + x.size())};
  }
};

/// A landscape in which nothing is measured yet.
/// Throws: std::invalid_argument for no nodes or columns, or nodes that are not finite and rising.
[[nodiscard]] inline Landscape landscape_grid(Vector<double> x, Vector<double> y, std::vector<std::string> columns) {
  constexpr const char* kWho = "landscape_grid";
  for (const Vector<double>* axis : {&x, &y}) {
    require(axis->size() >= 1 && axis->allFinite(), kWho, "finite nodes on both axes", detail::Listed(*axis));
    require(std::is_sorted(axis->begin(), axis->end(), std::less_equal<>()), kWho, "rising nodes",
            detail::Listed(*axis));
  }
  require(!columns.empty(), kWho, "a column at least", columns.size());
  Landscape result{.x = std::move(x), .y = std::move(y), .columns = std::move(columns), .values = {}, .measured = {}};
  result.values.setZero(result.size(), static_cast<Index>(result.columns.size()));
  result.measured.assign(static_cast<std::size_t>(result.size()), false);
  return result;
}

/// Measures one point, whether it was measured before or not. `measure(const Vector<S>& theta, Index point) ->
/// Vector<double>` gives a number a column. Points may be measured in any order with the same bits as long as a
/// measurement depends on its arguments alone. Throws: std::invalid_argument for a point that is none, or another
/// number of numbers; what measure throws. Then the landscape stays as it was.
template <class S, std::invocable<const Vector<S>&, Index> Measure>
void measure_point(const LandscapePlane& plane, Landscape& landscape, Index point, Measure&& measure) {
  require(point >= 0 && point < landscape.size(), "measure_point", "a point of the grid", point);
  const Vector<double> row = measure(plane.at<S>(landscape.x_of(point), landscape.y_of(point)), point);
  require(row.size() == landscape.values.cols(), "measure_point", "a number for each column", row.size());
  landscape.values.row(point) = row;
  landscape.measured[static_cast<std::size_t>(point)] = true;
}

/// Measures what is not measured yet, one point after another, and calls `after(point)` after each: the place to save
/// the landscape. Throws: as measure_point, and what after throws.
template <class S, std::invocable<const Vector<S>&, Index> Measure, std::invocable<Index> After>
void measure_landscape(const LandscapePlane& plane, Landscape& landscape, Measure&& measure, After&& after) {
  for (Index point = 0; point < landscape.size(); ++point) {
    if (landscape.measured[static_cast<std::size_t>(point)]) continue;
    measure_point<S>(plane, landscape, point, measure);
    after(point);
  }
}

/// The same, with nothing to do after each point.
template <class S, std::invocable<const Vector<S>&, Index> Measure>
void measure_landscape(const LandscapePlane& plane, Landscape& landscape, Measure&& measure) {
  measure_landscape<S>(plane, landscape, measure, [](Index) {});
}

/// What is measured of a model as a function of its parameters: `measure(const M& model, Index point)` becomes a
/// function of theta and the point, with a copy of the model to put theta in. Throws on call: std::invalid_argument for
/// another number of parameters.
template <Parameterised M, std::invocable<const M&, Index> Measure>
[[nodiscard]] auto at_parameters(M model, Measure measure) {
  return [model = std::move(model), measure = std::move(measure)](const Vector<typename M::Scalar>& theta,
                                                                  Index point) mutable {
    require(theta.size() == model.parameters().size(), "at_parameters", "as many parameters as the model has",
            theta.size());
    model.parameters() = theta;
    return measure(std::as_const(model), point);
  };
}

}  // namespace vantage

#endif
