// SPDX-License-Identifier: MIT
#include "vantage/nn/outer_product.hpp"

#include <atomic>

#include "catch.hpp"
#include "rank_threads.hpp"
#include "vantage/core/random.hpp"

namespace {

using namespace vantage;

template <class S>
Matrix<S> random_matrix(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (S& entry : matrix.reshaped()) entry = static_cast<S>(rng.normal());
  return matrix;
}

}  // namespace

TEST_CASE("an outer product is the sum over samples, whatever the sizes") {
  // fewer and more than a tile of each, and views of larger matrices
  Rng rng(3);
  Context context({.threads = 2});
  for (const Index height : {1, 5, 64}) {
    for (const Index width : {0, 1, 7, 191, 192, 193, 400}) {
      for (const Index samples : {0, 1, 255, 256, 257, 600}) {
        CAPTURE(height, width, samples);
        const Matrix<double> deltas = random_matrix<double>(height + 1, samples, rng);
        const Matrix<double> inputs = random_matrix<double>(width + 2, samples, rng);
        Matrix<double> result = random_matrix<double>(height + 1, width, rng);
        const Matrix<double> before = result;
        outer_product<double>(context, deltas.topRows(height), inputs.topRows(width), 0.5, result.topRows(height));
        const Matrix<double> expected = 0.5 * deltas.topRows(height).lazyProduct(inputs.topRows(width).transpose());
        bool close = true;
        for (Index j = 0; j < width; ++j) {
          for (Index i = 0; i < height; ++i) close = close && std::abs(result(i, j) - expected(i, j)) < 1e-11;
        }
        CHECK(close);
        CHECK(result.bottomRows(1) == before.bottomRows(1));
      }
    }
  }
}

TEST_CASE("the bits of an outer product do not depend on the number of threads") {
  Rng rng(4);
  const Matrix<float> deltas = random_matrix<float>(20, 700, rng);
  const Matrix<float> inputs = random_matrix<float>(500, 700, rng);
  Matrix<float> first;
  for (const Index threads : {1, 2, 3, 5}) {
    Context context({.threads = threads});
    Matrix<float> result(20, 500);
    outer_product<float>(context, deltas, inputs, 3, result);
    if (threads == 1) first = result;
    CHECK(result == first);
  }
}

TEST_CASE("nor on the number of ranks, which share the columns") {
  Rng rng(5);
  for (const Index width : {0, 1, 192, 193, 500}) {
    const Matrix<float> deltas = random_matrix<float>(20, 300, rng);
    const Matrix<float> inputs = random_matrix<float>(width, 300, rng);
    Context alone;
    Matrix<float> expected(20, width);
    outer_product<float>(alone, deltas, inputs, 3, expected);
    for (const Index size : {2, 3, 7}) {
      std::atomic<Index> wrong{0};
      RankThreads(size).run([&](const Communicator& communicator) {
        Context context({.communicator = communicator});
        Matrix<float> result = Matrix<float>::Constant(20, width, -1);
        outer_product<float>(context, deltas, inputs, 3, result);
        if (result != expected) ++wrong;
      });
      CHECK(wrong == 0);
    }
  }
}
