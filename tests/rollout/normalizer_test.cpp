// SPDX-License-Identifier: MIT
#include "vantage/rollout/normalizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "optim/round_trip.hpp"
#include "vantage/core/random.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;

namespace {

Matrix<double> samples(Index count) {
  Rng rng(3);
  Matrix<double> result(2, count);
  for (Index n = 0; n < count; ++n) result.col(n) << 1e4 + rng.normal(), 1e-3 * rng.normal();
  return result;
}

}  // namespace

TEST_CASE("running moments are those of two passes, however the stream is cut") {
  const Matrix<double> data = samples(1000);
  const Vector<double> mean = data.rowwise().mean();
  const Vector<double> variance = (data.colwise() - mean).array().square().rowwise().mean();
  for (const Index cut : {1, 7, 1000}) {
    RunningMoments all(2);
    for (Index first = 0; first < 1000; first += cut) {
      RunningMoments part(2);
      for (Index n = first; n < std::min<Index>(first + cut, 1000); ++n) part.add(data.col(n));
      all.merge(part);
    }
    all.merge(RunningMoments(2));  // nothing seen changes nothing
    CHECK(all.count() == 1000);
    for (Index i = 0; i < 2; ++i) {
      CHECK(std::abs(all.mean()[i] - mean[i]) < 1e-12 * 1e4);
      CHECK(all.variance(i) == Approx(variance[i]).epsilon(1e-9));
    }
  }
}

TEST_CASE("cleared moments are new ones") {
  RunningMoments moments(1);
  CHECK(moments.variance(0) == 1);
  moments.add(Vector<double>::Constant(1, 3));
  CHECK(moments.variance(0) == 0);
  moments.clear();
  CHECK(moments.count() == 0);
  CHECK(moments.mean()[0] == 0);
  CHECK(moments.variance(0) == 1);
}

TEST_CASE("observations are shifted, scaled and clipped") {
  const Matrix<double> data = samples(50);
  RunningMoments moments(2);
  for (Index n = 0; n < 50; ++n) moments.add(data.col(n));
  Normalizer normalizer(2, {.clip = 1.5, .epsilon = 1e-4});

  // the identity but for the clip, before anything was seen
  Vector<double> out(2);
  normalizer.apply(Vector<double>{{0.7, -9}}, out);
  CHECK(out == Vector<double>{{0.7, -1.5}});

  normalizer.update(moments);
  bool clipped = false;
  for (Index n = 0; n < 50; ++n) {
    normalizer.apply(data.col(n), out);
    for (Index i = 0; i < 2; ++i) {
      const double plain = (data(i, n) - moments.mean()[i]) / std::sqrt(moments.variance(i) + 1e-4);
      clipped = clipped || std::abs(plain) > 1.5;
      CHECK(out[i] == Approx(std::min(1.5, std::max(-1.5, plain))).epsilon(1e-12).margin(1e-14));
    }
  }
  CHECK(clipped);
  CHECK(normalizer.valid());

  // narrow numbers are rounded once
  Vector<float> narrow(2);
  normalizer.apply(data.col(0), out);
  normalizer.apply(data.col(0), narrow);
  CHECK(narrow == out.cast<float>());
}

TEST_CASE("a component that never varied stays finite") {
  RunningMoments moments(1);
  for (int i = 0; i < 5; ++i) moments.add(Vector<double>::Constant(1, 2.5));
  Normalizer normalizer(1);
  normalizer.update(moments);
  Vector<double> out(1);
  normalizer.apply(Vector<double>::Constant(1, 2.5), out);
  CHECK(out[0] == 0);
  normalizer.apply(Vector<double>::Constant(1, 2.6), out);
  CHECK(out[0] == 10);
}

TEST_CASE("exceptions stay as they are, and the others as they would be without") {
  const Matrix<double> data = samples(50);
  RunningMoments moments(2);
  for (Index n = 0; n < 50; ++n) moments.add(data.col(n));
  Normalizer all(2, {.clip = 1.5}), partial(2, {.clip = 1.5, .except = {1}});
  Vector<double> expected(2), out(2);
  for (int round = 0; round < 2; ++round) {
    for (Index n = 0; n < 50; ++n) {
      const Vector<double> raw{{data(0, n), 40 * data(1, n) - 7}};
      all.apply(raw, expected);
      partial.apply(raw, out);
      CHECK(out[0] == expected[0]);
      CHECK(out[1] == raw[1]);
    }
    all.update(moments);
    partial.update(moments);
  }
  // what was seen of them is known all the same
  CHECK(partial.moments().mean() == all.moments().mean());
  CHECK(partial.inverse_deviation(1) == all.scale()[1]);
  CHECK(partial.bounds() == Vector<double>{{1.5, std::numeric_limits<double>::infinity()}});
  for (const Index i : {-1, 2}) CHECK_THROWS_AS(Normalizer(2, {.except = {i}}), std::invalid_argument);

  Normalizer restored(2);
  copy_state(partial, restored);
  CHECK(restored.options().except == std::vector<Index>{1});
  restored.apply(data.col(3), out);
  CHECK(out[1] == data(1, 3));
  // a file without any
  copy_state(all, restored);
  CHECK(restored.options().except.empty());
  restored.apply(data.col(3), out);
  all.apply(data.col(3), expected);
  CHECK(out == expected);
}

TEST_CASE("exceptions that are no components are found in a file") {
  Normalizer wide(3, {.except = {2}}), narrow(2);
  StateWriter writer;
  writer("clip", 10.0);
  writer("epsilon", 1e-8);
  writer("moments", narrow.moments());
  writer("except", std::vector<Index>{2});
  StateReader reader(SafetensorsFile("memory", writer.bytes()));
  narrow.serialize(reader);
  CHECK_FALSE(narrow.valid());
  CHECK(wide.valid());
}

TEST_CASE("given moments are those that are used, and what is seen later is merged in by its weight") {
  Normalizer normalizer(RunningMoments(Eigen::Vector2d(5, -1), Eigen::Vector2d(2, 0.5), 3), {.epsilon = 0});
  Vector<double> out(2);
  normalizer.apply(Eigen::Vector2d(9, -1.25), out);
  CHECK(out == Vector<double>{{2, -0.5}});
  // three at 5 +- 2 and one at 1: mean 4, variance (3 (4 + 1) + 9) / 4
  RunningMoments seen(2);
  seen.add(Eigen::Vector2d(1, -1));
  normalizer.update(seen);
  CHECK(normalizer.moments().mean()[0] == Approx(4));
  CHECK(normalizer.moments().variance(0) == Approx(6));
  const Vector<double> two = Vector<double>::Ones(2);
  CHECK_THROWS_AS(RunningMoments(two, Vector<double>::Ones(3), 1), std::invalid_argument);
  CHECK_THROWS_AS(RunningMoments(two, -two, 1), std::invalid_argument);
  CHECK_THROWS_AS(RunningMoments(two * std::nan(""), two, 1), std::invalid_argument);
  for (const double count : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(RunningMoments(two, two, count), std::invalid_argument);
  }
}

TEST_CASE("a normaliser says when it has seen what it is to freeze after") {
  RunningMoments three(2);
  for (Index n = 0; n < 3; ++n) three.add(samples(3).col(n));
  CHECK(Normalizer(2, {.freeze_after = 0}).is_frozen());
  Normalizer normalizer(2, {.freeze_after = 5});
  CHECK_FALSE(normalizer.is_frozen());
  normalizer.update(three);
  CHECK_FALSE(normalizer.is_frozen());
  normalizer.update(three);
  CHECK(normalizer.is_frozen());
  Normalizer later(2);
  later.update(three);
  CHECK_FALSE(later.is_frozen());
  later.freeze_after(4);
  later.freeze_after(9);
  later.update(three);
  CHECK(later.is_frozen());
  CHECK_THROWS_AS(Normalizer(1, {.freeze_after = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Normalizer(1, {.freeze_after = std::nan("")}), std::invalid_argument);
}

TEST_CASE("moments that fade weigh less") {
  RunningMoments moments(1);
  moments.add(Vector<double>::Constant(1, 2));
  moments.add(Vector<double>::Constant(1, 4));
  moments.fade(0.5);
  CHECK(moments.count() == 1);
  CHECK(moments.mean()[0] == 3);
  CHECK(moments.variance(0) == 1);
  moments.add(Vector<double>::Constant(1, 5));
  CHECK(moments.mean()[0] == 4);
  CHECK(moments.variance(0) == Approx(1.5));
}

TEST_CASE("impossible normalisers are refused") {
  CHECK_THROWS_AS(Normalizer(1, {.clip = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Normalizer(1, {.epsilon = -1}), std::invalid_argument);
}

TEST_CASE("a component that never varied stays a number, without an epsilon too") {
  Normalizer normalizer(2, {.epsilon = 0});
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(3, 1));
  moments.add(Eigen::Vector2d(3, 2));
  normalizer.update(moments);
  CHECK(normalizer.valid());
  Vector<double> out(2);
  normalizer.apply(Eigen::Vector2d(3.5, 2), out);
  CHECK(out[0] == 0.5);
  CHECK(out[1] == Approx(1));
}

TEST_CASE("components that are left are as they were, whatever was seen of them") {
  const auto seen = [] {
    RunningMoments moments(4);
    for (int i = 0; i < 10; ++i) moments.add(Vector<double>{{1.0 * i, 1.0 * (i % 2), 1, -2.0 * i}});
    return moments;
  };
  Normalizer plain(4), left(4);
  left.leave(1, 2);
  plain.update(seen());
  left.update(seen());
  const Vector<double> raw{{3, 0, 1, 5}};
  Vector<double> expected(4), result(4);
  plain.apply(raw, expected);
  left.apply(raw, result);
  CHECK(result == Vector<double>{{expected[0], 0, 1, expected[3]}});
  CHECK(expected[1] != 0);
  // said twice it is said once; it is saved, and a task may say it
  left.leave(2, 1);
  CHECK(left.options().except == std::vector<Index>{1, 2});
  const TemporaryFolder folder;
  save_state(folder / "n", left);
  Normalizer again(4);
  load_state(folder / "n", again);
  again.apply(raw, expected);
  CHECK(expected == result);
  const EnvironmentSpec task{"task", 4, {}, {}, 0, {}, 2, 0, {}, 1};
  leave_mask(plain, task);
  plain.apply(raw, expected);
  CHECK(expected == result);
  CHECK_THROWS_AS(left.leave(3, 2), std::invalid_argument);
}
