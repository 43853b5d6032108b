// SPDX-License-Identifier: MIT
#include "vantage/epvf/functional_layer.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "epvf/parameter_permutation.hpp"

namespace {

using namespace vantage;

struct Shape {
  std::vector<Index> widths;
  std::vector<Index> in_channels;
  Index out_channels;
};

const std::vector<Shape> kShapes{
    {{3, 2}, {6, 2}, 2}, {{2, 3, 1}, {2, 1, 2, 1}, 2}, {{2, 3, 2, 1}, {2, 1, 2, 1, 3, 1}, 2}};

FunctionalLayer make_layer(const Shape& shape) {
  return {functional_tensors(parameter_space(Mlp(shape.widths))), shape.in_channels, shape.out_channels};
}

// the layer without its biases as a matrix, input to output
Matrix<double> matrix_of(const FunctionalLayer& layer, const Vector<double>& weights) {
  Matrix<double> result(layer.output_size(), layer.input_size());
  FunctionalTape<double> tape;
  for (Index k = 0; k < layer.input_size(); ++k) {
    layer.forward<double>(weights, Vector<double>::Unit(layer.input_size(), k), tape, result.col(k));
  }
  return result;
}

struct Place {
  std::size_t tensor;
  std::array<Index, 2> units;  // along the tensor's axes
  Index channel;
};

// every entry of the tensors in the order of memory
std::vector<Place> places(const std::vector<FunctionalTensor>& tensors, const std::vector<Index>& channels) {
  std::vector<Place> result;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    for (Index slow = 0; slow < tensors[i].sizes[1]; ++slow) {
      for (Index fast = 0; fast < tensors[i].sizes[0]; ++fast) {
        for (Index channel = 0; channel < channels[i]; ++channel) result.push_back({i, {fast, slow}, channel});
      }
    }
  }
  return result;
}

// every basis map by its definition: entries with the same units on the identified axes are connected, with one over
// the number of positions that are averaged
std::vector<Matrix<double>> basis_by_definition(const Shape& shape) {
  const auto tensors = functional_tensors(parameter_space(Mlp(shape.widths)));
  const auto in = places(tensors, shape.in_channels);
  const auto out = places(tensors, std::vector<Index>(tensors.size(), shape.out_channels));
  const auto unit = [&](const Place& place, int axis) {
    return place.units[tensors[place.tensor].axes[0] == axis ? 0 : 1];
  };
  std::vector<Matrix<double>> basis;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    for (std::size_t j = 0; j < tensors.size(); ++j) {
      std::vector<int> common;
      for (const int axis : tensors[i].axes) {
        if (axis >= 0 && (axis == tensors[j].axes[0] || axis == tensors[j].axes[1])) common.push_back(axis);
      }
      for (unsigned set = 0; set < (1U << common.size()); ++set) {
        std::vector<int> identified;
        auto averaged = static_cast<double>(tensors[j].positions());
        for (std::size_t k = 0; k < common.size(); ++k) {
          if ((set >> k & 1U) == 0) continue;
          identified.push_back(common[k]);
          averaged /= static_cast<double>(shape.widths[static_cast<std::size_t>(common[k])]);
        }
        for (Index from = 0; from < shape.in_channels[j]; ++from) {
          for (Index to = 0; to < shape.out_channels; ++to) {
            Matrix<double> map = Matrix<double>::Zero(std::ssize(out), std::ssize(in));
            for (std::size_t row = 0; row < out.size(); ++row) {
              for (std::size_t column = 0; column < in.size(); ++column) {
                if (out[row].tensor != i || out[row].channel != to) continue;
                if (in[column].tensor != j || in[column].channel != from) continue;
                bool same = true;
                for (const int axis : identified) same = same && unit(out[row], axis) == unit(in[column], axis);
                if (same) map(static_cast<Index>(row), static_cast<Index>(column)) = 1 / averaged;
              }
            }
            basis.push_back(map);
          }
        }
      }
    }
  }
  return basis;
}

TEST_CASE("FunctionalLayer has each term once, and each bias") {
  for (const Shape& shape : kShapes) {
    const FunctionalLayer layer = make_layer(shape);
    std::vector<Matrix<double>> expected = basis_by_definition(shape);
    const Index biases = shape.out_channels * std::ssize(shape.in_channels);
    REQUIRE(layer.weight_count() == std::ssize(expected) + biases);
    for (Index k = 0; k < std::ssize(expected); ++k) {
      const Matrix<double> map = matrix_of(layer, Vector<double>::Unit(layer.weight_count(), k));
      const auto found = std::find_if(expected.begin(), expected.end(), [&](const Matrix<double>& other) {
        return other.size() > 0 && (other - map).cwiseAbs().maxCoeff() < 1e-15;
      });
      REQUIRE(found != expected.end());
      found->resize(0, 0);  // none is found twice
    }

    // a bias is the same at all positions of its tensor and channel
    const auto tensors = functional_tensors(parameter_space(Mlp(shape.widths)));
    const auto out = places(tensors, std::vector<Index>(tensors.size(), shape.out_channels));
    FunctionalTape<double> tape;
    Vector<double> y(layer.output_size());
    for (Index k = 0; k < biases; ++k) {
      layer.forward<double>(Vector<double>::Unit(layer.weight_count(), layer.weight_count() - biases + k),
                            Vector<double>::Zero(layer.input_size()), tape, y);
      for (std::size_t row = 0; row < out.size(); ++row) {
        const bool own =
            static_cast<Index>(out[row].tensor) == k / shape.out_channels && out[row].channel == k % shape.out_channels;
        CHECK(y(static_cast<Index>(row)) == (own ? 1.0 : 0.0));
      }
    }
  }
}

// moves the units of the tensors' entries, whatever their channels
Vector<double> permute_tensors(const Shape& shape, const std::vector<Index>& channels, const AxisOrders& orders,
                               const Vector<double>& x) {
  const auto tensors = functional_tensors(parameter_space(Mlp(shape.widths)));
  const auto all = places(tensors, channels);
  std::vector<Index> starts{0};
  for (std::size_t i = 0; i < tensors.size(); ++i) starts.push_back(starts[i] + channels[i] * tensors[i].positions());
  Vector<double> result(x.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    const FunctionalTensor& tensor = tensors[all[k].tensor];
    std::array<Index, 2> from = all[k].units;
    for (std::size_t a = 0; a < 2; ++a) {
      if (tensor.axes[a] < 0) continue;
      from[a] = orders[static_cast<std::size_t>(tensor.axes[a])][static_cast<std::size_t>(from[a])];
    }
    const Index position = from[0] + tensor.sizes[0] * from[1];
    result(static_cast<Index>(k)) = x(starts[all[k].tensor] + channels[all[k].tensor] * position + all[k].channel);
  }
  return result;
}

TEST_CASE("FunctionalLayer commutes with every order of the hidden neurons") {
  Rng rng(2);
  const std::vector<Shape> shapes{{{3, 7, 2}, {3, 1, 2, 2}, 4}, {{3, 6, 5, 4, 2}, {3, 1, 2, 1, 1, 3, 2, 2}, 3}};
  for (const Shape& shape : shapes) {
    const FunctionalLayer layer = make_layer(shape);
    const ParameterSpace space = parameter_space(Mlp(shape.widths));
    const std::vector<Index> out_channels(shape.in_channels.size(), shape.out_channels);
    const Vector<double> weights = normal_vector<double>(layer.weight_count(), rng);
    const Vector<double> x = normal_vector<double>(layer.input_size(), rng);
    FunctionalTape<double> tape;
    Vector<double> y(layer.output_size());
    layer.forward<double>(weights, x, tape, y);
    for (int trial = 0; trial < 10; ++trial) {
      const AxisOrders orders = random_orders(space, space.permutable, rng);
      const Vector<double> moved = permute_tensors(shape, shape.in_channels, orders, x);
      REQUIRE(moved != x);
      Vector<double> result(layer.output_size());
      layer.forward<double>(weights, moved, tape, result);
      CHECK((result - permute_tensors(shape, out_channels, orders, y)).cwiseAbs().maxCoeff() < 1e-12);
    }
  }
}

TEST_CASE("FunctionalLayer has as many terms as there are maps that commute") {
  // characters: the dimension of the space of maps is the mean over all permutations g of trace(g on x) trace(g on y)
  const Shape shape{{1, 3, 2, 1}, {1, 1, 1, 1, 1, 1}, 1};
  const ParameterSpace space = parameter_space(Mlp(shape.widths));
  const auto all = places(functional_tensors(space), shape.in_channels);
  const Index size = std::ssize(all);
  AxisOrders orders{{0}, {0, 1, 2}, {0, 1}, {0}};
  double maps = 0;
  double constants = 0;
  int permutations = 0;
  do {
    do {
      double trace = 0;
      for (Index k = 0; k < size; ++k) {
        trace += permute_tensors(shape, shape.in_channels, orders, Vector<double>::Unit(size, k))(k);
      }
      maps += trace * trace;
      constants += trace;
      ++permutations;
    } while (std::next_permutation(orders[2].begin(), orders[2].end()));
  } while (std::next_permutation(orders[1].begin(), orders[1].end()));
  REQUIRE(permutations == 12);
  CHECK(make_layer(shape).weight_count() == Approx((maps + constants) / permutations));
}

TEST_CASE("FunctionalLayer's gradients are the adjoint of the layer") {
  Rng rng(3);
  for (const Shape& shape : kShapes) {
    const FunctionalLayer layer = make_layer(shape);
    const Vector<double> weights = normal_vector<double>(layer.weight_count(), rng);
    const Vector<double> x = normal_vector<double>(layer.input_size(), rng);
    const Vector<double> slope = normal_vector<double>(layer.output_size(), rng);
    FunctionalTape<double> tape;
    Vector<double> y(layer.output_size());
    const auto value = [&](const Vector<double>& at_weights, const Vector<double>& at_x) {
      layer.forward<double>(at_weights, at_x, tape, y);
      return slope.dot(y);
    };
    const double base = value(weights, x);
    Vector<double> weight_gradient = Vector<double>::Ones(layer.weight_count());
    Vector<double> x_gradient = Vector<double>::Constant(layer.input_size(), 9.0);
    layer.backward<double>(weights, x, tape, slope, weight_gradient, x_gradient);

    // the same when only one is asked for
    Vector<double> none;
    Vector<double> alone = Vector<double>::Ones(layer.weight_count());
    layer.backward<double>(weights, x, tape, slope, alone, none);
    CHECK(alone == weight_gradient);
    alone = Vector<double>::Zero(layer.input_size());
    layer.backward<double>(weights, x, tape, slope, none, alone);
    CHECK(alone == x_gradient);

    // linear in the weights, and in x: whole steps are exact
    for (Index k = 0; k < layer.weight_count(); ++k) {
      const Vector<double> other = weights + Vector<double>::Unit(layer.weight_count(), k);
      CHECK(weight_gradient(k) - 1 == Approx(value(other, x) - base).margin(1e-11));
    }
    for (Index k = 0; k < layer.input_size(); ++k) {
      const Vector<double> other = x + Vector<double>::Unit(layer.input_size(), k);
      CHECK(x_gradient(k) == Approx(value(weights, other) - base).margin(1e-11));
    }
  }
}

TEST_CASE("FunctionalLayer's first weights give each term of a tensor the same share") {
  const Shape shape{{2, 3, 1}, {8, 2, 4, 2}, 400};
  const FunctionalLayer layer = make_layer(shape);
  Vector<double> weights(layer.weight_count());
  Rng rng(4);
  layer.initialize<double>(weights, rng);
  CHECK(weights.tail(400 * 4).isZero(0));

  // a constant x = 1 passes every term as it is: y is normal, its variance (one a term, over the number of terms) 1,
  // independent between channels, the same along positions. The hidden tensors have 7 terms, the output bias 4
  FunctionalTape<double> tape;
  Vector<double> y(layer.output_size());
  layer.forward<double>(weights, Vector<double>::Ones(layer.input_size()), tape, y);
  Index offset = 0;
  for (const Index positions : {3, 3, 3, 1}) {
    const double variance = y.segment(offset, 400).squaredNorm() / 400;
    CHECK(std::abs(variance - 1) < 4.5 * std::sqrt(2.0 / 400));
    offset += 400 * positions;
  }
  CHECK(weights.head(400 * 8).squaredNorm() / (400 * 8) == Approx(1.0 / (8 * 7)).epsilon(4.5 * std::sqrt(2.0 / 3200)));
}

TEST_CASE("FunctionalLayer refuses layers without channels") {
  const auto tensors = functional_tensors(parameter_space(Mlp({2, 1})));
  CHECK_THROWS_AS(FunctionalLayer(tensors, {2}, 1), std::invalid_argument);
  CHECK_THROWS_AS(FunctionalLayer(tensors, {2, 0}, 1), std::invalid_argument);
  CHECK_THROWS_AS(FunctionalLayer(tensors, {2, 1}, 0), std::invalid_argument);
}

}  // namespace
