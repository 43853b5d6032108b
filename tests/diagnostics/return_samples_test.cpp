// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/return_samples.hpp"

#include "advantage/random_batch.hpp"
#include "catch.hpp"

using namespace vantage;

namespace {

// gamma^k by walking to the episode's end
double unseen(const Batch<double>& batch, Index n, double gamma) {
  double weight = gamma;
  for (; batch.endings(n) == Ending::none; n += batch.environments()) weight *= gamma;
  return batch.endings(n) == Ending::terminated ? 0 : weight;
}

}  // namespace

TEST_CASE("samples are the states whose returns were seen, with those returns") {
  Context context;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 3), 40);
    for (const double most : {0.0, 0.3, 0.7, 1.0}) {
      ReturnSamples<double> with_rest(2, 1000, {.gamma = 0.8, .most_unseen = most});
      ReturnSamples<double> without(2, 1000, {.gamma = 0.8, .most_unseen = most});
      // two batches one after another
      const Index count = with_rest.add(batch, context, Waves{});
      CHECK(with_rest.add(batch, context, Waves{}) == count);
      without.add(batch, context);
      Index k = 0;
      double worst = 0;
      for (Index n = 0; n < batch.size(); ++n) {
        const double weight = unseen(batch, n, 0.8);
        if (weight > most) continue;
        REQUIRE(k < count);
        CHECK(with_rest.inputs().col(k) == batch.observations.col(n));
        CHECK(with_rest.inputs().col(count + k) == batch.observations.col(n));
        CHECK(without.inputs().col(k) == batch.observations.col(n));
        Index last = n;
        while (batch.endings(last) == Ending::none) last += batch.environments();
        const double seen = return_from(batch, n, 0.8) - (weight > 0 ? weight * next_value(batch, last) : 0);
        worst = std::max({worst, std::abs(with_rest.targets()[k] - return_from(batch, n, 0.8)),
                          std::abs(with_rest.targets()[count + k] - with_rest.targets()[k]),
                          std::abs(without.targets()[k] - seen)});
        ++k;
      }
      CHECK(k == count);
      CHECK(with_rest.size() == 2 * count);
      CHECK(worst < 1e-12);
      CHECK((count == batch.size()) == (most == 1));
    }
  }
}

TEST_CASE("the weight of what was not seen is gamma^k, or none after an end") {
  const Batch<double> batch = random_batch(3, 2, 50);
  for (const double gamma : {0.0, 0.9, 1.0}) {
    Vector<double> weights(batch.size());
    unseen_weights(batch, gamma, weights);
    double worst = 0;
    for (Index n = 0; n < batch.size(); ++n) worst = std::max(worst, std::abs(weights[n] - unseen(batch, n, gamma)));
    CHECK(worst < 1e-14);
  }
}

TEST_CASE("samples end at their capacity, and refuse what does not fit") {
  Context context;
  const Batch<double> batch = random_batch(1, 2, 30);
  ReturnSamples<double> samples(2, 50, {.most_unseen = 1});
  CHECK(samples.add(batch, context) == 50);
  CHECK(samples.is_full());
  CHECK(samples.inputs() == batch.observations.leftCols(50));
  CHECK(samples.add(batch, context) == 0);
  ReturnSamples<double> other(3, 50);
  CHECK_THROWS_AS(other.add(batch, context), std::invalid_argument);
  CHECK_THROWS_AS(ReturnSamples<double>(0, 1), std::invalid_argument);
  CHECK_THROWS_AS(ReturnSamples<double>(1, 0), std::invalid_argument);
  CHECK_THROWS_AS(ReturnSamples<double>(1, 1, {.gamma = 1.1}), std::invalid_argument);
  CHECK_THROWS_AS(ReturnSamples<double>(1, 1, {.most_unseen = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(ReturnSamples<double>(1, 1, {.most_unseen = std::nan("")}), std::invalid_argument);
}
