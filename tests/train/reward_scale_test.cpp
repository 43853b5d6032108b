// SPDX-License-Identifier: MIT
// values that learn normalised targets: nothing in training depends on the unit of rewards
#include <cmath>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/value/normalized_regression.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using P = GaussianPolicy<float>;

/// A pendulum whose rewards are in another unit.
class ScaledPendulum : public Pendulum {
 public:
  explicit ScaledPendulum(double unit = 1) : unit_(unit) {}
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = Pendulum::step(action, observation);
    result.reward *= unit_;
    return result;
  }

 private:
  double unit_;
};

template <class V>
struct Learner {
  Context context;
  Collector<ScaledPendulum> source;
  Agent<P, V, Gae, NormalizedRegression<ValueRegression<float>>, Ppo<P>> agent;
  TrainingProgress progress;

  explicit Learner(double unit, std::uint64_t seed = 3, Index threads = 1)
      : context({.seed = seed, .threads = threads}),
        source(VectorEnvironment<ScaledPendulum>(ScaledPendulum(unit), {.count = 8, .seed = seed}), {.steps = 128}),
        agent{P(3, 1, {.hidden = {16}}, context.rng()), V(ValueNetwork<float>(3, {.hidden = {16}}, context.rng())),
              Gae{.gamma = 0.9},
              NormalizedRegression(ValueRegression<float>(
                  {.steps = 30, .optimizer = AdamOptions{.learning_rate = 3e-3}, .minibatch = 256})),
              Ppo<P>({.optimizer = AdamOptions{.learning_rate = 1e-3}, .epochs = 4, .minibatch = 256})} {}

  void run(std::int64_t iterations) {
    train(source, agent, context, {.steps = 1024 * iterations}, progress, [this](const IterationReport& report) {
      explained = report.value.explained_variance;
      error = report.value.error_after;
    });
  }

  double explained = 0, error = 0;  // of the last iteration
};

using Normalized = NormalizedValue<ValueNetwork<float>>;
using Plain = ValueNetwork<float>;

template <class V>
double distance(const Learner<V>& a, const Learner<V>& b) {
  return static_cast<double>((a.agent.policy.parameters() - b.agent.policy.parameters()).cwiseAbs().maxCoeff());
}

}  // namespace

TEST_CASE("rewards in thousands or thousandths lead to the same policy, and without normalised targets to others") {
  Learner<Normalized> one(1);
  one.run(5);
  Learner<Plain> plain(1);
  plain.run(5);
  for (const double unit : {1e3, 1e-3}) {
    CAPTURE(unit);
    Learner<Normalized> other(unit);
    other.run(5);
    // steps of Adam move parameters by hundreds of these
    CHECK(distance(one, other) < 1e-4);
    CHECK(other.error == Approx(unit * one.error).epsilon(1e-3));
    Learner<Plain> lost(unit);
    lost.run(5);
    CHECK(distance(plain, lost) > 1e-3);
  }
}

TEST_CASE("values of rewards in thousands are learned as well as in ones") {
  Learner<Normalized> value(1e3);
  value.run(12);
  CHECK(value.explained > 0.5);
  Learner<Plain> plain(1e3);
  plain.run(12);
  CHECK(plain.explained < 0.1);
}

TEST_CASE("training with normalised values resumes with the same bits, on any number of threads") {
  const TemporaryFolder folder;
  Learner<Normalized> whole(1);
  whole.run(6);
  for (const std::int64_t cut : {1, 3}) {
    Learner<Normalized> first(1);
    first.run(cut);
    save_checkpoint(folder / "c", first.source, first.agent, first.context, first.progress);
    Learner<Normalized> second(1, 77, 2);
    second.run(1);
    load_checkpoint(folder / "c", second.source, second.agent, second.context, second.progress);
    second.run(6);
    CHECK(second.agent.policy.parameters() == whole.agent.policy.parameters());
    CHECK(second.agent.value.parameters() == whole.agent.value.parameters());
    CHECK(second.agent.value.mean() == whole.agent.value.mean());
    CHECK(second.agent.value.deviation() == whole.agent.value.deviation());
    CHECK(second.error == whole.error);
  }
}
