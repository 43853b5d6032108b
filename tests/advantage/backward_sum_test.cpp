// SPDX-License-Identifier: MIT
#include "vantage/advantage/backward_sum.hpp"

#include "advantage/random_batch.hpp"
#include "catch.hpp"

using namespace vantage;

TEST_CASE("a backward sum is its sum, one sample at a time") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 3), 30);
    Vector<double> terms(batch.size());
    for (Index n = 0; n < batch.size(); ++n) terms[n] = std::cos(static_cast<double>(n));
    for (const double decay : {0.0, 0.7, 1.0}) {
      Vector<double> out(batch.size());
      int wrong = 0;
      backward_sum(
          batch, decay,
          [&](Index n, bool goes_on) {
            wrong += goes_on == (batch.endings(n) == Ending::none) ? 0 : 1;
            return terms[n];
          },
          out);
      CHECK(wrong == 0);
      double worst = 0;
      for (Index start = 0; start < batch.size(); ++start) {
        double sum = terms[start];
        double weight = 1;
        for (Index n = start; batch.endings(n) == Ending::none; sum += weight * terms[n]) {
          n += batch.environments();
          weight *= decay;
        }
        worst = std::max(worst, std::abs(out[start] - sum));
      }
      CHECK(worst < 1e-12);
    }
  }
}

TEST_CASE("discounted returns are the rewards to go and the value of what was not seen") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 3), 30);
    Vector<double> next(batch.size());
    for (Index n = 0; n < batch.size(); ++n) next[n] = next_value(batch, n);
    for (const double gamma : {0.0, 0.9, 1.0}) {
      Vector<double> out(batch.size());
      discounted_returns(batch, next, gamma, out);
      double worst = 0;
      for (Index n = 0; n < batch.size(); ++n) {
        worst = std::max(worst, std::abs(out[n] - return_from(batch, n, gamma)));
      }
      CHECK(worst < 1e-12);
    }
  }
}
