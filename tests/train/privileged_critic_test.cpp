// SPDX-License-Identifier: MIT
// critics that see more than the policy, from the world to the learner
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <string>

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/diagnostics/start_value_error.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"
#include "vantage/value/shared_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

struct HiddenWealthOptions {
  Index critic = 2;  // numbers that the spec names
  Index shown = 2;   // numbers that are shown
  double spread = 20;
  Index life = 5;   // terminates after so many steps; 0: never
  Index limit = 0;  // time limit
  double target = 0.7;
  double nan_step = std::numeric_limits<double>::infinity();  // the critic is shown a NaN in this step
  bool forgets = false;                                       // the critic is shown what no state keeps
};

/// Each episode has a wealth that no action changes and only the critic sees: reward wealth - (a - target)^2.
/// The policy observes the time n, the critic (n, wealth).
class HiddenWealth {
 public:
  explicit HiddenWealth(const HiddenWealthOptions& options = {}) : options_(options) {
    spec_.name = "hidden wealth";
    spec_.observation_size = 1;
    spec_.action_low = Vector<double>::Constant(1, -10);
    spec_.action_high = Vector<double>::Constant(1, 10);
    spec_.max_episode_steps = options.limit;
    spec_.critic_observation_size = options.critic;
  }
  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  void reset(Rng& rng, VectorRef<double> observation) {
    n_ = 0;
    wealth_ = options_.spread * rng.normal();
    show(observation);
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    n_ += 1;
    ++calls_;
    show(observation);
    const double miss = action[0] - options_.target;
    return {wealth_ - miss * miss, options_.life > 0 && n_ >= static_cast<double>(options_.life)};
  }
  [[nodiscard]] std::span<const double> critic_observation() const {
    return {shown_.data(), static_cast<std::size_t>(options_.shown)};
  }
  [[nodiscard]] Index state_size() const { return 2; }
  void save_state(VectorRef<double> out) const { out << n_, wealth_; }
  void load_state(const Vector<double>& state) {
    n_ = state[0];
    wealth_ = state[1];
  }
  [[nodiscard]] double wealth() const { return wealth_; }

 private:
  void show(VectorRef<double> observation) {
    observation[0] = n_;
    shown_ = {n_ == options_.nan_step ? std::nan("") : n_, options_.forgets ? static_cast<double>(calls_) : wealth_, 0};
  }

  HiddenWealthOptions options_;
  EnvironmentSpec spec_;
  double n_ = 0;
  double wealth_ = 0;
  Index calls_ = 0;
  std::array<double, 3> shown_{};
};

static_assert(StatefulEnvironment<HiddenWealth> && HasCriticObservation<HiddenWealth>);
static_assert(HasCriticObservation<ActionRepeat<HiddenWealth>>);

// the same without its critic
struct Poor : HiddenWealth {
  using HiddenWealth::HiddenWealth;
  [[nodiscard]] std::span<const double> critic_observation() const = delete;
};

using Policy = GaussianPolicy<double>;

Policy make_policy() {
  Rng rng(8);
  return Policy(1, 1, {.hidden = {8}}, rng);
}

template <class E>
Collector<E> make_collector(const E& world, const CollectorOptions& options, Index count = 6) {
  return {VectorEnvironment<E>(world, {.count = count, .seed = 3, .action_map = ActionMap::none}), options};
}

// V(n, wealth) = wealth (life - n), the worth of all steps to come where each earns the wealth
struct ExactValue {
  using Scalar = double;
  double life;
  [[nodiscard]] Index input_size() const { return 2; }
  void predict(ConstMatrixRef<double> inputs, Context&, VectorRef<double> values) const {
    values = (inputs.row(1).array() * (life - inputs.row(0).array())).transpose();
  }
};

auto make_agent(const EnvironmentSpec& spec, Rng& rng) {
  return Agent{Policy(spec, {.hidden = {8}}, rng), ValueNetwork<double>(spec, {.hidden = {16}}, rng),
               Gae{.gamma = 0.99},
               ValueRegression<double>({.steps = 50, .optimizer = AdamOptions{.learning_rate = 1e-2}}),
               Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 3e-3},
                            .advantage_normalization = AdvantageNormalization::batch})};
}

}  // namespace

TEST_CASE("a batch holds what the critic was shown, and the policy sees what it sees without one") {
  const HiddenWealthOptions options{.life = 4, .limit = 3};
  for (const Index threads : {1, 2, 5}) {
    Context context({.threads = threads});
    auto collector = make_collector(HiddenWealth(options), {.steps = 8, .normalize_observations = false});
    auto poor =
        make_collector(Poor({.critic = 0, .life = 4, .limit = 3}), {.steps = 8, .normalize_observations = false});
    Batch<double> batch, other;
    for (int round = 0; round < 3; ++round) {
      collector.collect(make_policy(), context, batch);
      poor.collect(make_policy(), context, other);
      CHECK(batch.observations == other.observations);
      CHECK(batch.actions == other.actions);
      CHECK(batch.rewards == other.rewards);
      CHECK(&other.value_inputs() == &other.observations);
      REQUIRE(batch.critic_observations.rows() == 2);
      CHECK(&batch.value_inputs() == &batch.critic_observations);
      CHECK(batch.critic_observations.row(0) == batch.observations.row(0));
      REQUIRE(batch.successor_count() > 0);
      CHECK(batch.critic_successors.row(0).head(batch.successor_count()) ==
            batch.successors.row(0).head(batch.successor_count()));
      // the reward tells the wealth of the episode
      for (Index n = 0; n < batch.size(); ++n) {
        const double miss = batch.actions(0, n) - options.target;
        CHECK(batch.critic_observations(1, n) == Approx(batch.rewards(n) + miss * miss));
      }
      for (Index k = 0; k < batch.successor_count(); ++k) {
        const Index n = batch.successor_samples[static_cast<std::size_t>(k)];
        CHECK(batch.critic_successors(1, k) == batch.critic_observations(1, n));
      }
    }
  }
}

TEST_CASE("with the exact value of what the critic sees there are no advantages but those of actions") {
  Context context;
  auto collector = make_collector(HiddenWealth({.life = 5}), {.steps = 13, .normalize_observations = false});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  collector.collect(make_policy(), context, batch);
  // without the part that actions earn
  for (Index n = 0; n < batch.size(); ++n) batch.rewards(n) = batch.critic_observations(1, n);
  for (const double lambda : {0.0, 0.9, 1.0}) {
    Gae{.gamma = 1, .lambda = lambda}(batch, ExactValue{5}, context, estimate);
    CHECK(estimate.advantages.cwiseAbs().maxCoeff() < 1e-12);
  }
  Gae{.gamma = 1}(batch, ExactValue{6}, context, estimate);
  CHECK(estimate.advantages.cwiseAbs().maxCoeff() > 1);
}

TEST_CASE("the critic's observations have moments of their own") {
  Context context({.threads = 2});
  auto collector = make_collector(HiddenWealth(), {.steps = 50});
  Batch<double> raw, batch;
  auto twin = make_collector(HiddenWealth(), {.steps = 50, .normalize_observations = false});
  collector.collect(make_policy(), context, batch);
  twin.collect(make_policy(), context, raw);
  // the first collection sees them as they are, but for the clip, and learns from them
  const Normalizer& normalizer = collector.critic_normalizer();
  REQUIRE(normalizer.size() == 2);
  CHECK(collector.normalizer().size() == 1);
  for (Index i = 0; i < 2; ++i) {
    const auto row = raw.critic_observations.row(i).array();
    CHECK(normalizer.moments().mean()[i] == Approx(row.mean()));
    CHECK(normalizer.moments().variance(i) == Approx((row - row.mean()).square().mean()));
  }
  const Normalizer before = normalizer;
  collector.collect(make_policy(), context, batch);
  CHECK(batch.critic_observations.row(1).cwiseAbs().maxCoeff() < 5);
  const auto frozen = collector.frozen(2, 4, 1);
  CHECK(frozen.critic_normalizer().moments().mean() == collector.critic_normalizer().moments().mean());
  CHECK(before.moments().mean() != collector.critic_normalizer().moments().mean());
}

TEST_CASE("what the critic's observations are normalised by is as for the policy's, or of its own options") {
  Context context;
  auto all = make_collector(HiddenWealth(), {.steps = 50, .normalizer = {.clip = 3, .except = {0}, .freeze_after = 1}});
  CHECK(all.critic_normalizer().options().clip == 3);
  CHECK(all.critic_normalizer().options().except.empty());
  const NormalizerOptions own{.except = {1}};
  auto collector = make_collector(HiddenWealth(), {.steps = 50, .critic_normalizer = own});
  auto twin = make_collector(HiddenWealth(), {.steps = 50, .normalize_observations = false});
  Batch<double> raw, batch;
  const double count = static_cast<double>(all.batch_size());
  for (int round = 0; round < 2; ++round) {
    collector.collect(make_policy(), context, batch);
    twin.collect(make_policy(), context, raw);
    all.collect(make_policy(), context, raw);
    CHECK(all.normalizer().moments().count() == count);
    CHECK(all.critic_normalizer().moments().count() == count);
  }
  CHECK(collector.critic_normalizer().options().except == own.except);
  CHECK(collector.critic_normalizer().moments().count() == 2 * count);
  CHECK(collector.normalizer().options().except.empty());
}

TEST_CASE("training with a privileged critic resumes with the same bits, on any number of threads") {
  const HiddenWealth world({.life = 4, .limit = 3});
  const auto file = std::filesystem::temp_directory_path() / "vantage_privileged_critic.safetensors";
  const auto run = [&](std::int64_t steps, Index threads, bool saves, bool loads) {
    Context context({.threads = threads});
    auto collector = make_collector(world, {.steps = 10, .scale_rewards = true});
    auto agent = make_agent(world.spec(), context.rng());
    TrainingProgress progress;
    if (loads) load_checkpoint(file, collector, agent, context, progress);
    train(collector, agent, context, {.steps = steps}, progress);
    if (saves) save_checkpoint(file, collector, agent, context, progress);
    return std::pair(agent.policy.parameters(), agent.value.parameters());
  };
  const auto whole = run(480, 1, false, false);
  run(240, 2, true, false);
  CHECK(run(480, 3, false, true) == whole);
  std::filesystem::remove(file);
}

TEST_CASE("a critic that sees the wealth teaches the action where one that does not fails") {
  // 150 batches of 160 steps; the wealth outweighs what an action earns by far
  const auto miss = [](const auto& world, std::uint64_t seed) {
    Context context({.seed = seed, .threads = 2});
    auto collector = make_collector(world, {.steps = 20, .scale_rewards = true}, 8);
    auto agent = make_agent(world.spec(), context.rng());
    TrainingProgress progress;
    train(collector, agent, context, {.steps = 150 * 160}, progress);
    // of the mean action over the five times of an episode
    double sum = 0;
    for (double n = 0; n < 5; ++n) {
      Matrix<double> observation(1, 1), action(1, 1);
      collector.normalizer().apply(Vector<double>::Constant(1, n), observation.col(0));
      agent.policy.mode(observation, action, context, 0);
      sum += std::abs(action(0, 0) - 0.7) / 5;
    }
    return sum;
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    CHECK(miss(HiddenWealth(), seed) < 0.15);
    CHECK(miss(Poor({.critic = 0}), seed) > 0.4);
  }
}

TEST_CASE("a critic observation that is not sound is a fault, and is never in a batch") {
  VectorEnvironment<HiddenWealth> worlds(HiddenWealth({.life = 0, .nan_step = 2}), {.count = 1});
  const Vector<double> stay = Vector<double>::Zero(1);
  CHECK_FALSE(worlds.advance<double>(0, stay).fault);
  const Vector<double> before = worlds.critic_observation(0);
  CHECK(before[0] == 1);
  const Transition step = worlds.advance<double>(0, stay);
  CHECK((step.fault && step.terminated));
  CHECK(Vector<double>(worlds.critic_successor(0)) == before);
  CHECK_THROWS_WITH(VectorEnvironment<HiddenWealth>(HiddenWealth({.nan_step = 0}), {.count = 1}),
                    Catch::Matchers::Contains("a first critic_observation of hidden wealth"));
}

TEST_CASE("critics that do not fit are refused") {
  CHECK_THROWS_WITH(VectorEnvironment<HiddenWealth>(HiddenWealth({.shown = 1})),
                    Catch::Matchers::Contains("a critic_observation of as many numbers as the spec names, got 1"));
  struct Silent : HiddenWealth {
    [[nodiscard]] std::span<const double> critic_observation() const = delete;
  };
  CHECK_THROWS_WITH(VectorEnvironment<Silent>(Silent()),
                    Catch::Matchers::Contains("an environment with critic_observation()"));
  CHECK_THROWS_AS(VectorEnvironment<HiddenWealth>(HiddenWealth({.critic = -1})), std::invalid_argument);

  Context context;
  auto collector = make_collector(HiddenWealth(), {.steps = 4});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  collector.collect(make_policy(), context, batch);
  CHECK_THROWS_WITH(Gae{}(batch, ValueNetwork<double>(1, {}, context.rng()), context, estimate),
                    Catch::Matchers::Equals("predict_values: expected a value function of 2 inputs, got one of 1"));
  // a policy that is its own critic would see what the policy must not
  auto same_size = make_collector(HiddenWealth({.critic = 1, .shown = 1}), {.steps = 4});
  using Model = ActorCritic<Policy>;
  Agent shared{Model(make_policy(), context.rng()), SharedValue{}, Gae{}, NoValueUpdate{}, JointUpdate<Model>()};
  TrainingProgress progress;
  CHECK_THROWS_WITH(train(same_size, shared, context, {.steps = 24}, progress),
                    Catch::Matchers::Contains("a value function of its own for what only the critic sees"));
}

TEST_CASE("errors of start values are refused where a critic saw more than evaluations keep") {
  Context context;
  const auto source = make_collector(HiddenWealth({.critic = 1, .shown = 1, .limit = 5}), {.steps = 4});
  const ValueNetwork<double> value(source.spec(), {}, context.rng());
  const auto words = Catch::Matchers::Contains("a world whose critic sees what the policy sees, got hidden wealth");
  CHECK_THROWS_WITH(start_value_error(source, make_policy(), value, context), words);
  CHECK_THROWS_WITH(start_value_error(source.prototype(), make_policy(), value, nullptr, context), words);
}

TEST_CASE("the check of a world looks at what it shows a critic") {
  CHECK(check_environment(HiddenWealth()).faults == 0);
  CHECK_THROWS_WITH(check_environment(HiddenWealth({.nan_step = 3})),
                    Catch::Matchers::Contains("critic_observation[0] is nan"));
  CHECK_THROWS_WITH(check_environment(HiddenWealth({.shown = 3})),
                    Catch::Matchers::Contains("expected 2 numbers as the spec names, got 3"));
  CHECK_THROWS_WITH(check_environment(HiddenWealth({.forgets = true})),
                    Catch::Matchers::Contains("critic_observation[1]"));
}
