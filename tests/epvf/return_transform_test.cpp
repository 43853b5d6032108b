// SPDX-License-Identifier: MIT
#include "vantage/epvf/return_transform.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("returns may stay as they are") {
  ReturnTransform none;
  Vector<float> returns{{3, -7, 0.1F}};
  const Vector<float> before = returns;
  none.fit(returns);
  none.apply(returns);
  CHECK(returns == before);
  CHECK(none(4.5) == 4.5);
  CHECK(none.inverse(-4.5) == -4.5);
}

TEST_CASE("the logarithm of returns keeps their sign, and comes back") {
  const ReturnTransform log(ReturnScale::log);
  CHECK(log(0) == 0);
  CHECK(log(std::exp(2) - 1) == Approx(2));
  CHECK(log(1 - std::exp(3)) == Approx(-3));
  // small returns as they are
  CHECK(log(1e-9) == Approx(1e-9).epsilon(1e-8));
  for (const double value : {-1e6, -1.0, -1e-7, 0.0, 0.5, 1000.0}) {
    CHECK(log.inverse(log(value)) == Approx(value).epsilon(1e-12));
  }
}

TEST_CASE("ranks of returns go from minus a half to a half, and equals share theirs") {
  ReturnTransform rank(ReturnScale::rank);
  Vector<double> returns{{10, -5, 1000, 3, 4}};
  rank.fit(returns);
  Vector<double> places = returns;
  rank.apply(places);
  CHECK(places == Vector<double>{{0.25, -0.5, 0.5, -0.25, 0}});
  for (Index i = 0; i < 5; ++i) CHECK(rank.inverse(places[i]) == returns[i]);
  // between neighbours
  CHECK(rank(500) == 0.375);
  CHECK(rank.inverse(0.375) == 505);
  // beyond the sample there is nothing to go by
  CHECK(rank(2000) > 0.5);
  CHECK(rank.inverse(3) == 1000);
  CHECK(rank.inverse(-3) == -5);

  rank.fit(Vector<double>{{2, 1, 2, 2}});
  CHECK(rank(1) == -0.5);
  CHECK(rank(2) == Approx(2.0 / 3 - 0.5));
  CHECK(rank.inverse(rank(2)) == 2);
  rank.fit(Vector<float>{{7}});
  CHECK(rank(7) == 0);
  CHECK(rank.inverse(0) == 7);
}

TEST_CASE("every transform is monotone, and leaves alone what is no number") {
  const Vector<double> sample = Vector<double>{{-3, 8, 0, 0, 1e5, -2, 0.25}};
  for (const ReturnScale scale : {ReturnScale::none, ReturnScale::log, ReturnScale::rank}) {
    ReturnTransform transform(scale);
    transform.fit(sample);
    double last = -std::numeric_limits<double>::infinity(), last_inverse = last;
    for (int i = -400; i <= 400; ++i) {
      const double x = 0.025 * i;
      CHECK(transform(x) >= last);
      CHECK(transform.inverse(x) >= last_inverse);
      last = transform(x);
      last_inverse = transform.inverse(x);
    }
    CHECK(std::isnan(transform(std::nan(""))));
    CHECK(std::isnan(transform.inverse(std::nan(""))));
  }
  ReturnTransform rank(ReturnScale::rank);
  rank.fit(Vector<double>{{1, std::nan(""), 2}});
  CHECK(rank(2) == 0.5);
}
