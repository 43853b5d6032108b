// SPDX-License-Identifier: MIT
#include "vantage/core/ranks.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("ranks count from one, and equals share the mean of theirs") {
  CHECK(ranks(Vector<double>{{3, 1, 3, 2}}) == Vector<double>{{3.5, 1, 3.5, 2}});
  CHECK(ranks(Vector<double>{{5, 5, 5}}) == Vector<double>{{2, 2, 2}});
  CHECK(ranks(Vector<double>{{-7}}) == Vector<double>{{1}});
  CHECK(ranks(Vector<double>(0)).size() == 0);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(ranks(Vector<double>{{1, std::nan(""), -kInfinity, kInfinity, std::nan("")}}) ==
        Vector<double>{{4, 1.5, 3, 5, 1.5}});
}

TEST_CASE("scratch for ranks of many serves few") {
  std::vector<Index> order;
  Vector<double> result;
  rank(Vector<double>::LinSpaced(100, 1, 0), order, result);
  CHECK(result[0] == 100);
  CHECK(result[99] == 1);
  rank(Vector<double>{{2, 9}}, order, result);
  CHECK(result == Vector<double>{{1, 2}});
}

TEST_CASE("the correlation of ranks is Pearson's") {
  const Vector<double> up{{1, 2, 3, 4}}, down{{4, 3, 2, 1}}, tied{{1.5, 1.5, 3, 4}}, flat{{2.5, 2.5, 2.5, 2.5}};
  CHECK(correlation_of_ranks(up, up) == Approx(1));
  CHECK(correlation_of_ranks(up, down) == Approx(-1));
  // covariance 4.5, variances 5 and 4.5
  CHECK(correlation_of_ranks(up, tied) == Approx(4.5 / std::sqrt(5 * 4.5)));
  CHECK(std::isnan(correlation_of_ranks(up, flat)));
}
