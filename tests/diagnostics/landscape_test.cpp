// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/landscape.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

const LandscapePlane kPlane{Vector<double>{{0.1, 0.2}}, Vector<double>{{1, 0.5}}, Vector<double>{{-0.3, 2}}};

Landscape grid() {
  return landscape_grid(Vector<double>{{-1, 0, 1, 2}}, Vector<double>{{0, 0.5, 3}}, {"sum", "noise"});
}

Vector<double> measure(const Vector<double>& theta, Index point) {
  Rng rng(5, static_cast<std::uint64_t>(point));
  return Vector<double>{{theta.sum(), rng.normal()}};
}

// one number as a model
struct Model {
  using Scalar = double;
  Vector<double> theta = Vector<double>::Zero(2);
  Vector<double>& parameters() { return theta; }
  [[nodiscard]] const Vector<double>& parameters() const { return theta; }
};

}  // namespace

TEST_CASE("every point is measured at its coordinates, in any order, and goes on where it was left") {
  Landscape whole = grid();
  std::vector<Index> after;
  measure_landscape<double>(kPlane, whole, measure, [&](Index point) { after.push_back(point); });
  REQUIRE(whole.is_complete());
  CHECK(after.size() == 12);
  CHECK(whole.column("noise") == 1);
  for (Index point = 0; point < 12; ++point) {
    // by the layout, and by the plane: 0.3 + 1.5 x + 1.7 y
    const double x = whole.x[point % 4];
    const double y = whole.y[point / 4];
    CHECK(whole.x_of(point) == x);
    CHECK(whole.y_of(point) == y);
    CHECK(whole.point_at(x, y) == point);
    CHECK(whole.values(point, 0) == Approx(0.3 + 1.5 * x + 1.7 * y).epsilon(1e-14));
    CHECK(whole.along_x(0, point / 4)[point % 4] == whole.values(point, 0));
  }
  CHECK_FALSE(whole.point_at(0.25));
  const Landscape line = whole.line(2);
  CHECK(line.size() == 4);
  CHECK(line.y[0] == 3);
  CHECK(line.values == whole.values.bottomRows(4));
  CHECK(line.is_complete());

  Landscape parts = grid();
  for (const Index point : {11, 3, 7}) measure_point<double>(kPlane, parts, point, measure);
  CHECK_FALSE(parts.is_complete());
  CHECK_FALSE(parts.line(1).is_complete());
  // an interruption leaves what was measured
  CHECK_THROWS_AS(measure_landscape<double>(kPlane, parts, measure,
                                            [](Index point) {
                                              if (point == 4) throw std::runtime_error("full disk");
                                            }),
                  std::runtime_error);
  Landscape loaded = parts;
  after.clear();
  measure_landscape<double>(kPlane, loaded, measure, [&](Index point) { after.push_back(point); });
  CHECK(after == std::vector<Index>{5, 6, 8, 9, 10});
  CHECK(loaded.values == whole.values);
  measure_landscape<double>(kPlane, loaded, [](const Vector<double>&, Index) -> Vector<double> { throw 1; });
}

TEST_CASE("a model is measured with the parameters of each point, and stays as it was") {
  const Model model;
  Landscape landscape = grid();
  measure_landscape<double>(kPlane, landscape, at_parameters(model, [](const Model& at, Index point) {
                              return Vector<double>{{at.theta[1], static_cast<double>(point)}};
                            }));
  CHECK(landscape.values(0, 0) == Approx(0.2 - 0.5));
  CHECK(landscape.values(11, 0) == Approx(0.2 + 1 + 6));
  CHECK(landscape.values(11, 1) == 11);
  CHECK(model.theta == Vector<double>::Zero(2));
  const auto at = [](const Model&, Index) { return Vector<double>::Zero(2).eval(); };
  CHECK_THROWS_AS(at_parameters(model, at)(Vector<double>::Zero(3), 0), std::invalid_argument);
}

TEST_CASE("grids and measurements that cannot be are refused") {
  const Vector<double> x{{0, 1}};
  CHECK_THROWS_AS(landscape_grid(Vector<double>(0), x, {"a"}), std::invalid_argument);
  CHECK_THROWS_AS(landscape_grid(x, Vector<double>{{1, 1}}, {"a"}), std::invalid_argument);
  CHECK_THROWS_AS(landscape_grid(Vector<double>{{0, std::nan("")}}, x, {"a"}), std::invalid_argument);
  CHECK_THROWS_AS(landscape_grid(x, x, {}), std::invalid_argument);
  Landscape landscape = grid();
  const auto one = [](const Vector<double>&, Index) { return Vector<double>::Ones(1).eval(); };
  CHECK_THROWS_AS(measure_point<double>(kPlane, landscape, 0, one), std::invalid_argument);
  CHECK_THROWS_AS(measure_point<double>(kPlane, landscape, 12, measure), std::invalid_argument);
  CHECK_THROWS_AS(landscape.column("none"), std::invalid_argument);
  CHECK(std::find(landscape.measured.begin(), landscape.measured.end(), true) == landscape.measured.end());
}
