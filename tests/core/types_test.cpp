// SPDX-License-Identifier: MIT
#include "vantage/core/types.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

double sum(ConstMatrixRef<double> matrix) { return matrix.sum(); }
const double* data(ConstMatrixRef<double> matrix) { return matrix.data(); }
void fill(MatrixRef<double> matrix, double value) { matrix.setConstant(value); }
void fill_vector(VectorRef<float> vector, float value) { vector.setConstant(value); }

}  // namespace

TEST_CASE("a column is one sample, contiguous in memory") {
  const Matrix<double> matrix{{1, 2, 3}, {4, 5, 6}};
  CHECK(matrix.data()[0] == 1);
  CHECK(matrix.data()[1] == 4);
  CHECK(matrix.data()[2] == 2);
}

TEST_CASE("views take blocks of columns and of rows without a copy") {
  Matrix<double> matrix = Matrix<double>::Zero(4, 5);
  fill(matrix.middleCols(1, 2), 1);
  CHECK(matrix.sum() == 8);
  fill(matrix.middleRows(2, 2), 3);
  CHECK(matrix.bottomRows(2) == Matrix<double>::Constant(2, 5, 3));
  CHECK(sum(matrix.middleRows(2, 1)) == 15);
  CHECK(data(matrix.middleRows(2, 1)) == &matrix(2, 0));
  CHECK(data(matrix.middleCols(3, 2)) == &matrix(0, 3));

  Vector<float> vector = Vector<float>::Zero(6);
  fill_vector(vector.segment(2, 3), 1);
  CHECK(vector.sum() == 3);
}
