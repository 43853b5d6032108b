// SPDX-License-Identifier: MIT
// Advantages that are nearly right, so that learning curves do not tell: two trajectories worked out by hand, on which
// each mistake that was reported makes a difference.
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"

using namespace vantage;

namespace {

/// What may be misread of a batch.
struct Reading {
  bool late_ends = false;        // the end of the step before is taken for this one's
  bool runs_on = false;          // the sum goes on into the episode before
  bool value_after_end = false;  // the next episode's first value stands behind an end
  bool limit_is_end = false;     // nothing follows a time limit
  bool next_episode = false;     // the next episode's first value follows a time limit
  bool last_value = false;       // behind the batch stands the value of its last observation
  bool nothing_behind = false;   // behind the batch stands nothing
  bool late_rewards = false;     // the reward of the step before
};

constexpr double kHalf = 0.5;  // gamma and lambda: every number below is exact

// two environments, four steps; the value of a state is what it shows
struct Worked {
  Batch<double> batch;
  // delta + (gamma lambda = 1/4) times the advantage after it, from the right: -2 = 2 - 4 where nothing follows,
  // 1.5 = 2 + 9 / 2 - 5 at the time limit, 1 = 4 + 10 / 2 - 8 and -0.5 = 1 + 11 / 2 - 7 behind the batch
  Matrix<double> advantages{{0.5, -2, 1.25, 1}, {9.46875, 3.875, 1.5, -0.5}};

  Worked() {
    batch.resize(1, 1, 2, 4);
    batch.actions.setZero();
    batch.log_probs.setZero();
    batch.rewards << 1, 2, 3, 4, 8, 4, 2, 1;
    batch.observations << 2, 1, 4, 3, 6, 5, 8, 7;
    batch.endings << Ending::none, Ending::terminated, Ending::none, Ending::cut,  //
        Ending::none, Ending::none, Ending::truncated, Ending::cut;
    batch.successors = Matrix<double>{{9, 10, 11}};
    batch.successor_samples = {5, 6, 7};
  }
};

// the recursion over one environment at a time, read as it is said
Matrix<double> advantages(const Batch<double>& batch, const Reading& reading) {
  const auto value = [&](Index e, Index t) { return batch.observations(0, 2 * t + e); };
  const auto beyond = [&](Index e, Index t) { return t == 2 ? 9.0 : e == 0 ? 10.0 : 11.0; };
  Matrix<double> result(2, 4);
  for (Index e = 0; e < 2; ++e) {
    double sum = 0;
    for (Index t = 3; t >= 0; --t) {
      const Ending ending = batch.endings(e, reading.late_ends && t > 0 ? t - 1 : t);
      double next = t < 3 ? value(e, t + 1) : beyond(e, t);
      if (t == 3 && reading.last_value) next = value(e, t);
      if (t == 3 && reading.nothing_behind) next = 0;
      if (ending == Ending::terminated && !reading.value_after_end) next = 0;
      if (ending == Ending::truncated && !reading.next_episode) next = reading.limit_is_end ? 0 : beyond(e, t);
      if (ending != Ending::none && !reading.runs_on) sum = 0;
      const double reward = batch.rewards(e, reading.late_rewards && t > 0 ? t - 1 : t);
      sum = reward + kHalf * next - value(e, t) + kHalf * kHalf * sum;
      result(e, t) = sum;
    }
  }
  return result;
}

/// V(s) = s.
struct Shown {
  void predict(ConstMatrixRef<double> inputs, Context&, VectorRef<double> values) const { values = inputs.row(0); }
};

}  // namespace

TEST_CASE("advantages of two trajectories are those worked out by hand") {
  const Worked worked;
  Context context;
  AdvantageEstimate<double> estimate;
  Gae{kHalf, kHalf}(worked.batch, Shown{}, context, estimate);
  CHECK(estimate.advantages.reshaped(2, 4) == worked.advantages);
  CHECK(estimate.value_targets.reshaped(2, 4) == worked.advantages + worked.batch.observations.reshaped(2, 4));
}

TEST_CASE("each mistake that was reported of advantages would show on them") {
  const Worked worked;
  CHECK(advantages(worked.batch, {}) == worked.advantages);
  const auto differs = [&](const Reading& reading) { return advantages(worked.batch, reading) != worked.advantages; };
  // Stable-Baselines3 #105, stable-baselines #385
  CHECK(differs({.late_ends = true}));
  // Super-mario-bros-PPO-pytorch #21, PARL #47
  CHECK(differs({.runs_on = true}));
  // Tianshou #869
  CHECK(differs({.value_after_end = true}));
  // CleanRL #198 and #457, Mava #951, rlevo #170
  CHECK(differs({.limit_is_end = true}));
  // ml-agents #574, EnvPool #33
  CHECK(differs({.next_episode = true}));
  // Stable-Baselines3 #183
  CHECK(differs({.last_value = true}));
  // CleanRL #16, PufferLib #363
  CHECK(differs({.nothing_behind = true}));
  // spinningup #50
  CHECK(differs({.late_rewards = true}));
}
