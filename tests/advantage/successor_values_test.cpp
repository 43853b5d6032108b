// SPDX-License-Identifier: MIT
#include "vantage/advantage/successor_values.hpp"

#include "advantage/random_batch.hpp"
#include "catch.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

TEST_CASE("every sample has its state's value and that of the state after it") {
  Context context;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 4), 1 + static_cast<Index>(3 * seed));
    AdvantageEstimate<double> estimate;
    predict_values(batch, Waves{}, context, estimate);
    for (Index n = 0; n < batch.size(); ++n) {
      CHECK(estimate.values[n] == waves(batch.observations.col(n)));
      CHECK(estimate.next_values[n] == next_value(batch, n));
    }
  }
}

TEST_CASE("the value function is asked once for the batch and once for the true successors") {
  struct Counting {
    std::vector<Index>& asked;
    void predict(ConstMatrixRef<double> inputs, Context&, VectorRef<double> values) const {
      asked.push_back(inputs.cols());
      values.setZero();
    }
  };
  Context context;
  const Batch<double> batch = random_batch(3, 3, 20);
  AdvantageEstimate<double> estimate;
  std::vector<Index> asked;
  predict_values(batch, Counting{asked}, context, estimate);
  CHECK(asked == std::vector<Index>{60, batch.successor_count()});
}

TEST_CASE("a value function of other inputs than the observations is refused, in every build") {
  Context context;
  Batch<double> batch;
  batch.resize(3, 1, 2, 4);
  batch.successors.resize(3, 0);
  AdvantageEstimate<double> estimate;
  const ValueNetwork<double> value(4, {.hidden = {}}, context.rng());
  CHECK_THROWS_WITH(predict_values(batch, value, context, estimate),
                    "predict_values: expected a value function of 3 inputs, got one of 4");
}
