// SPDX-License-Identifier: MIT
#include "vantage/nn/mlp.hpp"

#include <cmath>
#include <stdexcept>

#include "catch.hpp"

namespace {

using namespace vantage;

template <class S>
Matrix<S> random_matrix(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<S>(rng.normal());
  return matrix;
}

// the definition, one sample and one entry at a time; bare pointers, for builds that inline nothing
Vector<double> reference(const Mlp& mlp, const Vector<double>& parameters, const Vector<double>& x) {
  const double* const theta = parameters.data();
  Vector<double> h = x;
  Index offset = 0;
  for (std::size_t layer = 0; layer + 1 < mlp.widths().size(); ++layer) {
    const Index in = mlp.widths()[layer];
    const Index out = mlp.widths()[layer + 1];
    Vector<double> next(out);
    const double* const inputs = h.data();
    for (Index i = 0; i < out; ++i) {
      double sum = mlp.is_normalized(layer) ? 0 : theta[offset + in * out + i];
      for (Index j = 0; j < in; ++j) sum += theta[offset + j * out + i] * inputs[j];
      next(i) = sum;
    }
    if (mlp.is_normalized(layer)) {
      const double mean = next.mean();
      const double deviation = std::sqrt((next.array() - mean).square().mean() + 1e-5);
      for (Index i = 0; i < out; ++i) {
        next(i) = theta[offset + (in + 1) * out + i] * (next(i) - mean) / deviation + theta[offset + in * out + i];
      }
      offset += out;
    }
    for (Index i = 0; i < out; ++i) {
      if (layer + 2 == mlp.widths().size() && !mlp.options().hidden_output) continue;
      if (mlp.activation() == Activation::tanh) next(i) = std::tanh(next(i));
      if (mlp.activation() == Activation::relu) next(i) = std::max(next(i), 0.0);
      if (mlp.activation() == Activation::elu && next(i) < 0) next(i) = std::expm1(next(i));
      if (mlp.activation() == Activation::silu) next(i) /= 1 + std::exp(-next(i));
    }
    offset += out * (in + 1);
    h = next;
  }
  return h;
}

struct Case {
  std::vector<Index> widths;
  MlpOptions options;
  Index samples;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu, Activation::silu}) {
    for (const Index samples : {1, 5, 6, 7, 64, 129}) {
      cases.push_back({{3, 2}, {.activation = activation}, samples});
      cases.push_back({{17, 5, 1}, {.activation = activation}, samples});
      cases.push_back({{4, 19, 33, 6}, {.activation = activation}, samples});
    }
    cases.push_back({{11, 64, 64, 1}, {.activation = activation}, 7});
    cases.push_back({{1, 1, 1, 1}, {.activation = activation}, 3});
    cases.push_back({{5, 70, 3}, {.activation = activation}, 0});
    for (const bool hidden_output : {false, true}) {
      const MlpOptions normalized{.activation = activation, .layer_norm = true, .hidden_output = hidden_output};
      for (const Index samples : {0, 1, 7, 64}) cases.push_back({{4, 19, 6}, normalized, samples});
      cases.push_back({{3, 2}, normalized, 5});
      cases.push_back({{1, 1, 1}, normalized, 3});
    }
    cases.push_back({{4, 7, 6}, {.activation = activation, .hidden_output = true}, 9});
    cases.push_back({{4, 6}, {.activation = activation, .hidden_output = true}, 9});
  }
  return cases;
}

// inputs are a block of a wider and higher matrix, as the columns of a batch are
struct Setup {
  explicit Setup(const Case& test) : mlp(test.widths, test.options), rng(11) {
    theta = 0.5 * random_matrix<double>(mlp.parameter_count(), 1, rng);
    storage = random_matrix<double>(mlp.input_size() + 2, test.samples + 1, rng);
    weight = random_matrix<double>(mlp.output_size(), test.samples, rng);
  }
  auto x() const { return storage.block(1, 1, mlp.input_size(), storage.cols() - 1); }
  double objective(const Vector<double>& at, const Matrix<double>& inputs) const {
    double sum = 0;
    for (Index n = 0; n < inputs.cols(); ++n) sum += weight.col(n).dot(reference(mlp, at, inputs.col(n)));
    return sum;
  }

  Mlp mlp;
  Rng rng;
  Vector<double> theta;
  Matrix<double> storage;
  Matrix<double> weight;
  MlpTape<double> tape;
};

constexpr double kStep = 1e-6;

}  // namespace

TEST_CASE("forward agrees with the definition") {
  for (const Case& test : all_cases()) {
    Setup setup(test);
    const auto y = setup.mlp.forward(setup.theta, setup.x(), setup.tape);
    REQUIRE((y.rows() == setup.mlp.output_size() && y.cols() == test.samples));
    for (Index n = 0; n < test.samples; ++n) {
      CHECK((y.col(n) - reference(setup.mlp, setup.theta, setup.x().col(n))).norm() < 1e-12);
    }
    CHECK(setup.tape.output().data() == y.data());
  }
}

TEST_CASE("backward adds the gradient of finite differences") {
  for (const Case& test : all_cases()) {
    Setup setup(test);
    CAPTURE(test.widths, static_cast<int>(test.options.activation), test.options.layer_norm, test.options.hidden_output,
            test.samples);
    const Vector<double> before = random_matrix<double>(setup.theta.size(), 1, setup.rng);
    Vector<double> gradient = before;
    setup.mlp.forward(setup.theta, setup.x(), setup.tape);
    setup.mlp.backward(setup.theta, setup.x(), setup.tape, setup.weight, gradient);
    gradient -= before;
    // every entry of small problems, a spread of them in large ones
    const Index stride = std::max<Index>(1, setup.theta.size() * test.samples / 4000);
    for (Index i = 0; i < setup.theta.size(); i += stride) {
      Vector<double> high = setup.theta;
      Vector<double> low = setup.theta;
      high(i) += kStep;
      low(i) -= kStep;
      const double expected = (setup.objective(high, setup.x()) - setup.objective(low, setup.x())) / (2 * kStep);
      CHECK(gradient(i) == Approx(expected).epsilon(1e-5).margin(1e-5));
    }
  }
}

TEST_CASE("backward_to_input writes the input gradient of finite differences") {
  for (const Case& test : all_cases()) {
    Setup setup(test);
    CAPTURE(test.widths, static_cast<int>(test.options.activation), test.options.layer_norm, test.options.hidden_output,
            test.samples);
    // the result is a block of a larger matrix whose other entries stay as they were
    Matrix<double> larger = Matrix<double>::Constant(setup.mlp.input_size() + 2, test.samples, 9);
    setup.mlp.forward(setup.theta, setup.x(), setup.tape);
    setup.mlp.backward_to_input(setup.theta, setup.x(), setup.tape, setup.weight,
                                larger.middleRows(1, setup.mlp.input_size()));
    CHECK((larger.topRows(1).array() == 9).all());
    CHECK((larger.bottomRows(1).array() == 9).all());
    for (Index n = 0; n < test.samples; n += 1 + test.samples / 8) {
      for (Index i = 0; i < setup.mlp.input_size(); ++i) {
        Vector<double> high = setup.x().col(n);
        Vector<double> low = high;
        high(i) += kStep;
        low(i) -= kStep;
        const double expected =
            setup.weight.col(n).dot(reference(setup.mlp, setup.theta, high) - reference(setup.mlp, setup.theta, low)) /
            (2 * kStep);
        CHECK(larger(i + 1, n) == Approx(expected).epsilon(1e-5).margin(1e-7));
      }
    }
  }
}

TEST_CASE("tangent is the derivative along a direction and leaves backward intact") {
  for (const Case& test : all_cases()) {
    Setup setup(test);
    CAPTURE(test.widths, static_cast<int>(test.options.activation), test.options.layer_norm, test.options.hidden_output,
            test.samples);
    const Vector<double> direction = random_matrix<double>(setup.theta.size(), 1, setup.rng);
    setup.mlp.forward(setup.theta, setup.x(), setup.tape);
    Vector<double> alone = Vector<double>::Zero(setup.theta.size());
    setup.mlp.backward(setup.theta, setup.x(), setup.tape, setup.weight, alone);
    const auto tangent = setup.mlp.tangent(setup.theta, setup.x(), setup.tape, direction);
    for (Index n = 0; n < test.samples; ++n) {
      const Vector<double> expected = (reference(setup.mlp, setup.theta + kStep * direction, setup.x().col(n)) -
                                       reference(setup.mlp, setup.theta - kStep * direction, setup.x().col(n))) /
                                      (2 * kStep);
      CHECK((tangent.col(n) - expected).norm() < 2e-5 * (1 + expected.norm()));
    }
    // adjoint identity <J v, d> = <v, J^T d>
    Vector<double> gradient = Vector<double>::Zero(setup.theta.size());
    setup.mlp.backward(setup.theta, setup.x(), setup.tape, setup.weight, gradient);
    CHECK(gradient == alone);
    CHECK(tangent.cwiseProduct(setup.weight).sum() == Approx(gradient.dot(direction)).epsilon(1e-11).margin(1e-10));
    // a Gauss-Newton product hands the tangent itself to backward
    Vector<double> product = Vector<double>::Zero(setup.theta.size());
    setup.mlp.backward(setup.theta, setup.x(), setup.tape, tangent, product);
    CHECK(product.dot(direction) == Approx(tangent.squaredNorm()).epsilon(1e-11).margin(1e-10));
  }
}

TEST_CASE("a forward pass put aside comes back for its derivatives") {
  Rng rng(3);
  const Mlp mlp({3, 8, 2}, {.activation = GENERATE(Activation::tanh, Activation::silu),
                            .layer_norm = GENERATE(false, true),
                            .hidden_output = GENERATE(false, true)});
  Vector<double> theta(mlp.parameter_count());
  for (double& number : theta) number = rng.normal();
  const Matrix<double> x = random_matrix<double>(3, 10, rng);
  const Matrix<double> other = random_matrix<double>(3, 17, rng);
  const Matrix<double> slopes = random_matrix<double>(2, 10, rng);
  MlpTape<double> tape, kept, plain;
  const Matrix<double> output = mlp.forward(theta, x, tape);
  tape.swap_activations(kept);
  mlp.forward(theta, other, tape);
  tape.swap_activations(kept);
  CHECK(tape.output() == output);
  CHECK(kept.output().cols() == 17);
  Vector<double> gradient = Vector<double>::Zero(theta.size()), expected = gradient;
  mlp.backward(theta, x, tape, slopes, gradient);
  mlp.forward(theta, x, plain);
  mlp.backward(theta, x, plain, slopes, expected);
  CHECK(gradient == expected);
}

TEST_CASE("the bits of a column do not depend on the block it is in") {
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu, Activation::silu}) {
    for (const Index outputs : {1, 6, 17}) {
      const Mlp mlp({17, 64, 37, outputs}, {.activation = activation, .layer_norm = GENERATE(false, true)});
      Rng rng(2);
      Vector<float> theta(mlp.parameter_count());
      mlp.initialize(theta, {}, rng);
      const Matrix<float> x = random_matrix<float>(17, 128, rng);
      const Matrix<float> weight = random_matrix<float>(outputs, 128, rng);
      const Vector<float> direction = random_matrix<float>(theta.size(), 1, rng);
      MlpTape<float> tape;
      const Matrix<float> y = mlp.forward(theta, x, tape);
      const Matrix<float> tangent = mlp.tangent(theta, x, tape, direction);
      Matrix<float> pulled(17, 128);
      mlp.backward_to_input(theta, x, tape, weight, pulled);
      for (const Index count : {1, 5, 6, 7, 16, 50}) {
        for (const Index first : {0, 1, 64, 78}) {
          CAPTURE(count, first, outputs, static_cast<int>(activation));
          MlpTape<float> other;
          CHECK(mlp.forward(theta, x.middleCols(first, count), other) == y.middleCols(first, count));
          CHECK(mlp.tangent(theta, x.middleCols(first, count), other, direction) == tangent.middleCols(first, count));
          Matrix<float> part(17, count);
          mlp.backward_to_input(theta, x.middleCols(first, count), other, weight.middleCols(first, count), part);
          CHECK(part == pulled.middleCols(first, count));
        }
      }
    }
  }
}

TEST_CASE("a tape serves networks and blocks of any size in turn") {
  MlpTape<double> tape;
  for (const Case& test : all_cases()) {
    Setup setup(test);
    const Matrix<double> fresh = setup.mlp.forward(setup.theta, setup.x(), setup.tape);
    CHECK(setup.mlp.forward(setup.theta, setup.x(), tape) == fresh);
    CHECK(tape.output() == fresh);
  }
}

TEST_CASE("initialize fills every layer with its own gain and no bias") {
  const Mlp mlp({20, 30, 10, 3});
  Rng rng(1);
  Vector<double> theta = Vector<double>::Constant(mlp.parameter_count() + 1, 5);
  mlp.initialize<double>(theta.head(mlp.parameter_count()), {.hidden_gain = 2, .output_gain = 0.1}, rng);
  const Eigen::Map<const Matrix<double>> first(theta.data(), 30, 20);
  const Eigen::Map<const Matrix<double>> second(theta.data() + 630, 10, 30);
  const Eigen::Map<const Matrix<double>> last(theta.data() + 940, 3, 10);
  CHECK((first.transpose() * first - 4 * Matrix<double>::Identity(20, 20)).norm() < 1e-12);
  CHECK((second * second.transpose() - 4 * Matrix<double>::Identity(10, 10)).norm() < 1e-12);
  CHECK((last * last.transpose() - 0.01 * Matrix<double>::Identity(3, 3)).norm() < 1e-14);
  CHECK(theta.segment(600, 30).norm() == 0);
  CHECK(theta.segment(930, 10).norm() == 0);
  CHECK(theta.segment(970, 3).norm() == 0);
  CHECK(theta(973) == 5);
  CHECK(mlp.parameter_count() == 973);
  Vector<double> wrong(10);
  CHECK_THROWS_AS(mlp.initialize(wrong, {}, rng), std::invalid_argument);
}

TEST_CASE("gains of layer norm begin at 1, and the last layer that is a hidden one has their gain") {
  const Mlp mlp({4, 3, 2}, {.layer_norm = true, .hidden_output = true});
  Rng rng(1);
  Vector<double> theta = Vector<double>::Constant(mlp.parameter_count(), 5);
  REQUIRE(theta.size() == 3 * 6 + 2 * 5);
  mlp.initialize(theta, {.hidden_gain = 2, .output_gain = 0.1}, rng);
  CHECK(theta.segment(12, 6) == Vector<double>{{0, 0, 0, 1, 1, 1}});
  CHECK(theta.tail(4) == Vector<double>{{0, 0, 1, 1}});
  const Eigen::Map<const Matrix<double>> last(theta.data() + 18, 2, 3);
  CHECK((last * last.transpose() - 4 * Matrix<double>::Identity(2, 2)).norm() < 1e-12);
  CHECK(Mlp({4, 3, 2}, {.layer_norm = true}).parameter_count() == 3 * 6 + 2 * 4);
}

TEST_CASE("a pass down to the inputs gives both gradients, and directions of parameters and inputs add up") {
  for (const Case& test : all_cases()) {
    Setup setup(test);
    CAPTURE(test.widths, static_cast<int>(test.options.activation), test.options.layer_norm, test.samples);
    const Mlp& mlp = setup.mlp;
    mlp.forward(setup.theta, setup.x(), setup.tape);
    Vector<double> alone = Vector<double>::Zero(setup.theta.size()), both = alone;
    Matrix<double> pulled(mlp.input_size(), test.samples), together = pulled;
    mlp.backward(setup.theta, setup.x(), setup.tape, setup.weight, alone);
    mlp.backward_to_input(setup.theta, setup.x(), setup.tape, setup.weight, pulled);
    mlp.backward(setup.theta, setup.x(), setup.tape, setup.weight, both, together);
    CHECK(both == alone);
    CHECK(together == pulled);
    const Vector<double> v = random_matrix<double>(setup.theta.size(), 1, setup.rng);
    const Matrix<double> dx = random_matrix<double>(mlp.input_size(), test.samples, setup.rng);
    const auto tangent = mlp.tangent(setup.theta, setup.x(), setup.tape, v, dx);
    CHECK(tangent.cwiseProduct(setup.weight).sum() ==
          Approx(alone.dot(v) + pulled.cwiseProduct(dx).sum()).epsilon(1e-11).margin(1e-10));
  }
}

TEST_CASE("widths that make no network are refused") {
  CHECK_THROWS_AS(Mlp({4}), std::invalid_argument);
  CHECK_THROWS_AS(Mlp({4, 0, 1}), std::invalid_argument);
  CHECK_THROWS_AS(Mlp({-1, 1}), std::invalid_argument);
}

TEST_CASE("widths of layers are those of input, hidden layers and output") {
  CHECK(layer_widths(3, {5, 4}, 2) == std::vector<Index>{3, 5, 4, 2});
  CHECK(layer_widths(3, {}, 2) == std::vector<Index>{3, 2});
}

TEST_CASE("the copy of a tape has its own output") {
  const Mlp mlp({2, 3, 2}, Activation::tanh);
  Rng rng(1);
  Vector<double> theta(mlp.parameter_count());
  mlp.initialize(theta, {}, rng);
  MlpTape<double> tape;
  CHECK(tape.output().size() == 0);
  const Matrix<double> x = random_matrix<double>(2, 4, rng);
  const Matrix<double> expected = mlp.forward(theta, x, tape);
  MlpTape<double> copy = tape;
  CHECK(copy.output().data() != tape.output().data());
  mlp.forward(theta, Matrix<double>(2 * x), tape);
  CHECK(copy.output() == expected);
  CHECK(tape.output() != expected);
  MlpTape<double> assigned;
  assigned = copy;
  copy = {};
  CHECK(assigned.output() == expected);
}
