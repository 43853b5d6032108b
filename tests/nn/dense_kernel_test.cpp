// SPDX-License-Identifier: MIT
#include "vantage/nn/dense_kernel.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "vantage/core/random.hpp"

namespace {

using namespace vantage;

template <class S>
Matrix<S> random_matrix(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<S>(rng.normal());
  return matrix;
}

// compares with a triple loop in long double; strides are longer than the matrices, and what lies between stays as it
// was
template <class S>
void compare_with_loop(Index rows, Index columns, Index depth, Start start, bool transposed, Rng& rng) {
  CAPTURE(rows, columns, depth, static_cast<int>(start), transposed);
  const Matrix<S> a = random_matrix<S>(rows + 2, depth, rng);
  const Matrix<S> b =
      transposed ? random_matrix<S>(columns + 1, depth, rng) : random_matrix<S>(depth + 1, columns, rng);
  const Strided<S> view = transposed ? Strided<S>{b.data(), b.rows(), 1} : Strided<S>{b.data(), 1, b.rows()};
  const Vector<S> column = random_matrix<S>(rows, 1, rng);
  const Matrix<S> before = random_matrix<S>(rows + 3, columns, rng);
  Matrix<S> c = before;
  Vector<S> panel;
  dense_product<S>(rows, columns, depth, a.data(), a.rows(), view, c.data(), c.rows(), start, column.data(), panel);

  bool close = true;
  for (Index j = 0; j < columns; ++j) {
    for (Index i = 0; i < rows; ++i) {
      long double sum = start == Start::zero ? 0 : start == Start::column ? column(i) : before(i, j);
      long double scale = 1;
      for (Index k = 0; k < depth; ++k) {
        const long double term = static_cast<long double>(a(i, k)) * (transposed ? b(j, k) : b(k, j));
        sum += term;
        scale += std::abs(term);
      }
      const long double error = std::abs(sum - static_cast<long double>(c(i, j)));
      close = close && error <= scale * 4 * std::numeric_limits<S>::epsilon();
    }
  }
  CHECK(close);
  CHECK(c.bottomRows(3) == before.bottomRows(3));
}

template <class S>
void compare_all() {
  Rng rng(7);
  for (const Start start : {Start::zero, Start::column, Start::accumulate}) {
    for (const bool transposed : {false, true}) {
      for (const Index rows : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 100, 129}) {
        for (const Index columns : {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13}) {
          for (const Index depth : {0, 1, 5, 17, 64}) {
            compare_with_loop<S>(rows, columns, depth, start, transposed, rng);
          }
        }
      }
    }
  }
  // as deep as one block, two, and parts of a third
  for (const Start start : {Start::zero, Start::column, Start::accumulate}) {
    for (const Index rows : {1, 2, 17, 64, 70}) {
      for (const Index columns : {1, 6, 7, 13}) {
        for (const Index depth : {512, 513, 1024, 1300}) {
          compare_with_loop<S>(rows, columns, depth, start, columns == 13, rng);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("a product agrees with a triple loop for every tail") {
  SECTION("float") { compare_all<float>(); }
  SECTION("double") { compare_all<double>(); }
}

TEST_CASE("a row with contiguous strides agrees with a triple loop") {
  // the two short cuts for one row: contiguous A, and contiguous C
  Rng rng(8);
  for (const Index depth : {0, 1, 3, 16, 40, 64}) {
    for (const Index columns : {1, 2, 9}) {
      const Matrix<double> a = random_matrix<double>(1, depth, rng);
      const Matrix<double> b = random_matrix<double>(depth, columns, rng);
      const Matrix<double> transpose = b.transpose();
      Matrix<double> before = random_matrix<double>(1, columns, rng);
      Vector<double> panel;
      Matrix<double> inner = before;
      dense_product<double>(1, columns, depth, a.data(), 1, {b.data(), 1, depth}, inner.data(), 1, Start::accumulate,
                            nullptr, panel);
      Matrix<double> swapped = before;
      dense_product<double>(1, columns, depth, a.data(), 1, {transpose.data(), columns, 1}, swapped.data(), 1,
                            Start::accumulate, nullptr, panel);
      const Matrix<double> expected = before + a.lazyProduct(b);
      CHECK((inner - expected).cwiseAbs().maxCoeff() < 1e-13);
      CHECK((swapped - expected).cwiseAbs().maxCoeff() < 1e-13);
    }
  }
}

TEST_CASE("the bits of a column do not depend on its neighbours") {
  Rng rng(9);
  for (const Index depth : {50, 1200}) {
    for (const Index rows : {1, 6, 17, 64, 70, 300}) {
      const Matrix<float> a = random_matrix<float>(rows, depth, rng);
      const Matrix<float> b = random_matrix<float>(depth, 20, rng);
      Matrix<float> all(rows, 20);
      Vector<float> panel;
      dense_product<float>(rows, 20, depth, a.data(), rows, {b.data(), 1, depth}, all.data(), rows, Start::zero,
                           nullptr, panel);
      for (Index j = 0; j < 20; ++j) {
        Matrix<float> one(rows, 1);
        dense_product<float>(rows, 1, depth, a.data(), rows, {b.data() + j * depth, 1, depth}, one.data(), rows,
                             Start::zero, nullptr, panel);
        CHECK(one == all.col(j));
      }
    }
  }
}

TEST_CASE("a row times ones is its sum, wherever it lies in memory") {
  Rng rng(12);
  const Matrix<float> numbers = random_matrix<float>(1, 150, rng);
  const float one = 1;
  float expected = 0;
  for (int shift = 0; shift < 20; ++shift) {
    Matrix<float> storage = Matrix<float>::Zero(1, 170);
    storage.middleCols(shift, 150) = numbers;
    float sum = 2;
    Vector<float> panel;
    dense_product<float>(1, 1, 150, storage.data() + shift, 1, {&one, 0, 0}, &sum, 1, Start::accumulate, nullptr,
                         panel);
    if (shift == 0) expected = sum;
    CHECK(sum == expected);
  }
  CHECK(expected == Approx(2 + numbers.cast<double>().sum()).epsilon(1e-5));
}
