// SPDX-License-Identifier: MIT
#include "vantage/io/tensor.hpp"

#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("size of a tensor, and where it overflows") {
  CHECK(tensor_bytes(Dtype::f64, {}) == 8);
  CHECK(tensor_bytes(Dtype::f32, {2, 3}) == 24);
  CHECK(tensor_bytes(Dtype::boolean, {5}) == 5);
  CHECK(tensor_bytes(Dtype::f64, {0, 7}) == 0);
  CHECK(tensor_bytes(Dtype::u8, {std::numeric_limits<std::int64_t>::max()}) ==
        std::numeric_limits<std::int64_t>::max());
  CHECK(tensor_bytes(Dtype::u8, {std::int64_t{1} << 32, std::int64_t{1} << 31}) == -1);
  CHECK(tensor_bytes(Dtype::f64, {std::int64_t{1} << 60}) == -1);
}

TEST_CASE("names of dtypes and shapes") {
  CHECK(dtype_name(Dtype::boolean) == "BOOL");
  CHECK(dtype_name(Dtype::u64) == "U64");
  CHECK(dtype_name(Dtype::f16) == "F16");
  CHECK(dtype_size(Dtype::i32) == 4);
  CHECK(dtype_size(Dtype::f16) == 2);
  CHECK(shape_text({}) == "[]");
  CHECK(shape_text({2, 30}) == "[2, 30]");
  CHECK(detail::dtype_of<long long>() == Dtype::i64);
  CHECK(detail::dtype_of<unsigned char>() == Dtype::u8);
  CHECK(detail::dtype_of<bool>() == Dtype::boolean);
  CHECK(detail::dtype_of<float>() == Dtype::f32);
  CHECK(detail::dtype_of<Eigen::half>() == Dtype::f16);
  static_assert(!detail::TensorScalar<short> && !detail::TensorScalar<long double>);
}
