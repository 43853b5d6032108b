// SPDX-License-Identifier: MIT
// a program of its own: it replaces malloc, which Eigen and operator new both come to
#include <atomic>
#include <cstddef>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"
#include "vantage/env/action_delay.hpp"
#include "vantage/env/action_rate_limit.hpp"
#include "vantage/env/action_smoothing.hpp"
#include "vantage/env/observation_history.hpp"
#include "vantage/env/observation_noise.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/epvf/augmented_random_search.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/epvf/history_regression.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/epvf/probing_states.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/epvf/with_last_parameters.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/train/observers.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/adaptive_value_regression.hpp"
#include "vantage/value/normalized_regression.hpp"
#include "vantage/value/normalized_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

// sanitizers have a malloc of their own, and other C libraries no second name for theirs
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define VANTAGE_TEST_NO_MALLOC_COUNT
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define VANTAGE_TEST_NO_MALLOC_COUNT
#endif

#ifndef VANTAGE_TEST_NO_MALLOC_COUNT

namespace {

// a call of the C library comes with nothing to keep a count in
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> counting{false};
std::atomic<long> allocations{0};
std::atomic<long> bytes{0};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void count(std::size_t size) {
  if (!counting.load(std::memory_order_relaxed)) return;
  allocations.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(static_cast<long>(size), std::memory_order_relaxed);
}

}  // namespace

// the names, also of arguments, are the library's
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t nmemb, std::size_t size) {
  count(nmemb * size);
  return __libc_calloc(nmemb, size);
}
void* realloc(void* ptr, std::size_t size) {
  count(size);
  return __libc_realloc(ptr, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) noexcept {
  count(size);
  *memptr = __libc_memalign(alignment, size);
  return *memptr == nullptr ? 12 : 0;
}
}

using namespace vantage;

namespace {

// allocations of the training loop after its first iterations
long allocations_of_loop(auto& collector, auto& agent, Context& context, std::int64_t iterations,
                         std::int64_t first = 1, Index overlap_threads = 0) {
  TrainingProgress progress;
  const StopReason reason =
      train(collector, agent, context, {.steps = 800 * iterations, .overlap_threads = overlap_threads}, progress,
            // the first has its value steps before the next collection, as the last has
            ReadsSource([](std::int64_t iteration) { return iteration == 1; },
                        [&](const IterationReport& report) {
                          if (report.iteration == first) {
                            allocations = 0;
                            counting = true;
                          }
                          if (report.iteration == iterations) counting = false;
                        }));
  counting = false;
  REQUIRE(reason == StopReason::finished);
  return allocations;
}

Collector<Pendulum> make_collector() {
  return Collector<Pendulum>(VectorEnvironment<Pendulum>(Pendulum(), {.count = 16, .max_episode_steps = 37}),
                             {.steps = 50, .scale_rewards = true});
}

// allocations of the training loop from its second iteration on
long allocations_of_training(Index threads, Index minibatch, OnViolation on_violation, bool state_dependent_std,
                             std::int64_t iterations, const auto& estimator) {
  using P = GaussianPolicy<float>;
  Context context({.threads = threads});
  auto collector = make_collector();
  GaussianPolicyOptions options;
  options.state_dependent_std = state_dependent_std;
  // the first step stays where it is and is kept, the others leave the region
  VpgOptions update{.optimizer = AdamOptions{.learning_rate = [](double share) { return share > 0 ? 1e-3 : 0; }},
                    .max_gradient_norm = 0.5,
                    .advantage_normalization = AdvantageNormalization::batch};
  update.trust_region = {.max_mean_kl = 1e-9, .on_violation = on_violation};
  Agent agent{P(3, 1, options, context.rng()), ValueNetwork<float>(3, {}, context.rng()), estimator,
              ValueRegression<float>({.steps = 50, .minibatch = minibatch}), Vpg<P>(update)};
  // what is restored in a revert has its size only once the optimiser has made a step
  return allocations_of_loop(collector, agent, context, iterations, on_violation == OnViolation::revert ? 2 : 1);
}

// the same for any updates, of plain networks or of such with all that a network may have
template <class VU, class PU>
long allocations_of_updates(const VU& value_update, const PU& policy_update, Index threads, bool is_plain = true,
                            Index overlap_threads = 0) {
  Context context({.threads = threads});
  auto collector = make_collector();
  GaussianPolicyOptions options{.hidden = {32, 32}};
  ValueNetworkOptions value_options{.hidden = {32, 32}};
  if (!is_plain) {
    options.layer_norm = value_options.layer_norm = true;
    options.encoder = value_options.encoder = {{2, {16, 8}}, {1, {}}};
  }
  Agent agent{GaussianPolicy<float>(3, 1, options, context.rng()), ValueNetwork<float>(3, value_options, context.rng()),
              Gae{}, value_update, policy_update};
  return allocations_of_loop(collector, agent, context, threads == 1 ? 8 : 30, overlap_threads > 0 ? 2 : 1,
                             overlap_threads);
}

// the same where the value learns normalised targets
long allocations_of_normalized_values(Index minibatch, Index threads) {
  Context context({.threads = threads});
  auto collector = make_collector();
  Agent agent{GaussianPolicy<float>(3, 1, {}, context.rng()),
              NormalizedValue(ValueNetwork<float>(3, {}, context.rng())), Gae{},
              NormalizedRegression(ValueRegression<float>({.steps = 5, .minibatch = minibatch})),
              Ppo<GaussianPolicy<float>>({.epochs = 2})};
  return allocations_of_loop(collector, agent, context, threads == 1 ? 8 : 30);
}

template <class U>
long allocations_of_update(const U& update, const ValueRegressionOptions& value_options, Index threads = 1) {
  return allocations_of_updates(ValueRegression<float>(value_options), update, threads);
}

// the same where policy and value share their network
long allocations_of_joint_update(const JointUpdateOptions& options, Index threads) {
  using Model = ActorCritic<GaussianPolicy<float>>;
  Context context({.threads = threads});
  auto collector = make_collector();
  Agent agent{Model(3, 1, {}, context.rng()), SharedValue{}, Gae{}, ValueRegression<float>({.steps = 0}),
              JointUpdate<Model>(options)};
  return allocations_of_loop(collector, agent, context, threads == 1 ? 8 : 30);
}

// the same with a value of states and policy, from where its history of two policies is full
long allocations_of_policy_conditioned(Index minibatch, Index threads, const auto& make_representation) {
  using P = GaussianPolicy<float>;
  Context context({.threads = threads});
  auto collector = make_collector();
  const P policy(3, 1, {.hidden = {16}}, context.rng());
  const auto seen = make_representation(policy);
  Agent agent{policy, PolicyExtendedValue<float, std::decay_t<decltype(seen)>>(policy, seen, {}, context.rng()), Gae{},
              HistoryRegression<float>({.steps = 10, .minibatch = minibatch}, {.policies = 2, .samples = 100}),
              Ppo<P>({.epochs = 2, .minibatch = 64})};
  return allocations_of_loop(collector, agent, context, threads == 1 ? 9 : 30, 4);
}

// the same of what learns from populations without a value
template <class Update>
long allocations_of_search(Index threads, const Update& update, bool half_precision = false) {
  using P = DeterministicPolicy<float>;
  Context context({.threads = threads});
  P policy(3, 1, {.hidden = {}}, context.rng());
  const Index parameters = policy.parameters().size();
  EpvfAgent agent{policy,
                  NoValue<float>{},
                  PolicyArchive<float>(parameters, {.population = 80, .half_precision = half_precision}),
                  Perturbation<float>({.antithetic = true}, bias_blocks(policy.parameter_space())),
                  WeightClip{},
                  NoValueUpdate{},
                  update};
  PopulationEvaluator<Pendulum> source(Pendulum(), {.max_episode_steps = 10, .normalize_observations = true});
  TrainingProgress progress;
  train_epvf(source, agent, context,
             {.steps = 800 * 8,
              .policy_step_size = 0.5,
              .centre_trial = {.max_drop = 1e9, .on_violation = OnViolation::revert}},
             progress, [&](const IterationReport& report) {
               if (report.iteration == 1) {
                 allocations = 0;
                 counting = true;
               }
               if (report.iteration == 8) counting = false;
             });
  counting = false;
  REQUIRE(progress.iterations == 8);
  return allocations;
}

// the same of EPVF, from the given iteration on
template <class R = NoFeatures<float>>
long allocations_of_epvf(Index threads, const PolicyArchiveOptions& archive, Index minibatch, std::int64_t first = 1,
                         const auto&... representation_options) {
  using P = DeterministicPolicy<float>;
  Context context({.threads = threads});
  P policy(3, 1, {.hidden = {16}}, context.rng());
  const Index size = policy.parameters().size();
  R seen = [&] {
    if constexpr (std::is_same_v<R, ProbingStates<P>>) {
      return R(policy, representation_options...);
    } else if constexpr (std::is_same_v<R, UniversalFunctional<float>>) {
      return R(policy.parameter_space(), representation_options...);
    } else {
      return R();
    }
  }();
  EpvfAgent agent{policy,
                  PolicyConditionedValue<float, R>(size, seen, {.hidden = {32, 32}}, context.rng()),
                  PolicyArchive<float>(size, archive),
                  Perturbation<float>({.antithetic = true}),
                  WeightClip{},
                  ValueRegression<float>({.steps = 5, .minibatch = minibatch, .max_gradient_norm = 1}),
                  PolicyAscent<float>({.steps = 5, .max_gradient_norm = 1})};
  PopulationEvaluator<Pendulum> source(Pendulum(), {.max_episode_steps = 10, .normalize_observations = true});
  constexpr std::int64_t kIterations = 8;
  TrainingProgress progress;
  const StopReason reason = train_epvf(source, agent, context,
                                       {.steps = 10 * archive.population * kIterations,
                                        .survival_bonus = 1,
                                        .return_transform = ReturnScale::rank,
                                        .policy_step_size = 0.5,
                                        .centre_trial = {.max_drop = 1e9, .on_violation = OnViolation::revert},
                                        .measure_foresight = true},
                                       progress, [&](const IterationReport& report) {
                                         if (report.iteration == first) {
                                           allocations = 0;
                                           counting = true;
                                         }
                                         if (report.iteration == kIterations) counting = false;
                                       });
  counting = false;
  REQUIRE(reason == StopReason::finished);
  REQUIRE(progress.iterations == kIterations);
  return allocations;
}

}  // namespace

TEST_CASE("the counter sees what Eigen and operator new ask for") {
  allocations = 0;
  counting = true;
  Matrix<float> matrix(10 + static_cast<Index>(allocations.load()), 10);
  matrix.setZero();
  const long eigen = allocations.load();
  std::vector<double> numbers(100 + static_cast<std::size_t>(matrix.sum()));
  counting = false;
  CHECK(eigen == 1);
  CHECK(allocations.load() == 2);
  CHECK(numbers.size() == 100);
}

TEST_CASE("training allocates nothing after its first iteration") {
  CHECK(allocations_of_training(1, 0, OnViolation::observe, false, 8, Gae{}) == 0);
  CHECK(allocations_of_training(1, 100, OnViolation::revert, true, 8, Gae{}) == 0);
  CHECK(allocations_of_training(2, 0, OnViolation::observe, false, 41, Gae{}) == 0);
  const RewardToGo to_go{.baseline = Baseline::leave_one_out, .discount_weights = true};
  CHECK(allocations_of_training(1, 0, OnViolation::observe, false, 8, to_go) == 0);
}

TEST_CASE("epochs of minibatches allocate nothing either, with any update and optimiser") {
  using P = GaussianPolicy<float>;
  const ValueRegressionOptions value{.steps = 20, .minibatch = 64};
  CHECK(allocations_of_update(Ppo<P>({.epochs = 2}), value) == 0);
  CHECK(allocations_of_update(Ppo<P>({.epochs = 2}), value, 2) == 0);
  CHECK(allocations_of_update(PpoPenalty<P>({.epochs = 2, .adaptive_rate = {.target_kl = 0.01}}), value) == 0);
  CHECK(allocations_of_update(Vpg<P>({.epochs = 2, .importance_weights = true, .entropy_coefficient = 0.01}), value) ==
        0);
  for (const OptimizerOptions& optimizer : {OptimizerOptions(RmsPropOptions{}), OptimizerOptions(SgdOptions{})}) {
    PpoOptions options{.optimizer = optimizer, .epochs = 2};
    options.trust_region = {.max_mean_kl = 1e-9, .on_violation = OnViolation::revert};
    CHECK(allocations_of_update(
              Ppo<P>(options),
              {.steps = 20, .optimizer = optimizer, .minibatch = 64, .loss = {.kind = ValueLoss::clipped}}) == 0);
  }
}

TEST_CASE("value steps beside the next collection allocate nothing either") {
  const Vpg<GaussianPolicy<float>> update;
  for (const Index beside : {1, 2}) {
    CHECK(allocations_of_updates(ValueRegression<float>({.steps = 20}), update, 1, true, beside) == 0);
    CHECK(allocations_of_updates(ValueRegression<float>({.steps = 20, .minibatch = 64}), update, 2, true, beside) == 0);
  }
}

TEST_CASE("natural gradients and their line search allocate nothing either") {
  using P = GaussianPolicy<float>;
  const ValueRegressionOptions value{.steps = 20};
  CHECK(allocations_of_update(NaturalGradient<P>(), value) == 0);
  for (const Index threads : {1, 2}) {
    CHECK(allocations_of_updates(ValueRegression<float>(value), NaturalGradient<P>(), threads, false) == 0);
    CHECK(allocations_of_updates(ValueRegression<float>(value), Ppo<P>({.epochs = 2}), threads, false) == 0);
  }
  CHECK(allocations_of_update(NaturalGradient<P>(), value, 2) == 0);
  NaturalGradientOptions npg{
      .advantage_normalization = AdvantageNormalization::batch, .fisher_fraction = 0.3, .backtracks = 0};
  npg.trust_region = {.max_mean_kl = 1e-9, .on_violation = OnViolation::revert};
  CHECK(allocations_of_update(NaturalGradient<P>(npg), value) == 0);
}

TEST_CASE("several actions under a mask allocate nothing either") {
  using P = CategoricalPolicy<float>;
  const auto allocations_of = [](const auto& update, Index threads) {
    Context context({.threads = threads});
    Collector<Switchboard> collector(VectorEnvironment<Switchboard>(Switchboard(), {.count = 16}), {.steps = 50});
    Agent agent{P(collector.spec(), {}, context.rng()), ValueNetwork<float>(collector.spec(), {}, context.rng()), Gae{},
                ValueRegression<float>({.steps = 20, .minibatch = 64}), update};
    return allocations_of_loop(collector, agent, context, threads == 1 ? 8 : 30);
  };
  for (const Index threads : {1, 2}) {
    CHECK(allocations_of(Ppo<P>({.epochs = 2, .minibatch = 64}), threads) == 0);
    CHECK(allocations_of(NaturalGradient<P>(), threads) == 0);
  }
}

TEST_CASE("a shared network allocates nothing either") {
  CHECK(allocations_of_joint_update({}, 1) == 0);
  CHECK(allocations_of_joint_update({}, 2) == 0);
  CHECK(allocations_of_joint_update({.epochs = 2,
                                     .minibatch = 64,
                                     .clip_range = 0.2,
                                     .value_loss = {.kind = ValueLoss::clipped},
                                     .entropy_coefficient = 0.01},
                                    1) == 0);
}

TEST_CASE("a population is played without allocations after the first time") {
  for (const Index threads : {1, 2}) {
    Context context({.threads = threads});
    const DeterministicPolicy<float> policy(3, 1, {}, context.rng());
    PopulationEvaluator<Pendulum> evaluator(Pendulum(), {.max_episode_steps = 20, .normalize_observations = true});
    const Matrix<float> thetas = 0.1F * Matrix<float>::Random(policy.parameters().size(), 50);
    const Matrix<Eigen::half> halves = thetas.cast<Eigen::half>();
    EpisodeStatistics episodes;
    evaluator(policy, thetas, context, episodes);
    allocations = 0;
    counting = true;
    for (int call = 0; call < 3; ++call) {
      evaluator(policy, thetas, context, episodes);
      evaluator(policy, halves, context, episodes);
      evaluator(policy, thetas.leftCols(30), context, episodes);
    }
    counting = false;
    CHECK(allocations.load() == 0);
  }
}

TEST_CASE("EPVF allocates nothing after its first iteration") {
  using Probing = ProbingStates<DeterministicPolicy<float>>;
  for (const Index threads : {1, 2}) {
    CHECK(allocations_of_epvf(threads, {.population = 300}, 0) == 0);
    // drawn while the archive fills and when it is full
    CHECK(allocations_of_epvf(threads, {.population = 40, .generations = 4, .recency = 1.1}, 70) == 0);
    CHECK(allocations_of_epvf(threads, {.population = 40, .generations = 4, .half_precision = true}, 200) == 0);
    // steps on all of an archive grow with it
    CHECK(allocations_of_epvf(threads, {.population = 100, .generations = 3}, 0, 3) == 0);
    CHECK(allocations_of_epvf<Probing>(threads, {.population = 300}, 0, 1, ProbingStatesOptions{.count = 5}) == 0);
    CHECK(allocations_of_epvf<UniversalFunctional<float>>(threads, {.population = 300}, 0) == 0);
  }
}

TEST_CASE("values of states and policy allocate nothing once there are all earlier policies") {
  const auto probing = [](const auto& policy) { return probe_outputs(policy, {.count = 5}); };
  const auto functional = [](const auto& policy) { return UniversalFunctional<float>(parameter_space_of(policy)); };
  for (const Index threads : {1, 2}) {
    CHECK(allocations_of_policy_conditioned(64, threads, probing) == 0);
    CHECK(allocations_of_policy_conditioned(0, threads, probing) == 0);
    CHECK(allocations_of_policy_conditioned(64, threads, functional) == 0);
  }
}

TEST_CASE("random search, evolution strategies, normalised values and adaptive value steps allocate nothing later") {
  for (const Index threads : {1, 2}) {
    CHECK(allocations_of_search(threads, AugmentedRandomSearch<float>({.top_directions = 10})) == 0);
    CHECK(allocations_of_search(threads, EvolutionStrategies<float>()) == 0);
    CHECK(allocations_of_search(threads, EvolutionStrategies<float>(), true) == 0);
    for (const Index minibatch : {0, 64}) CHECK(allocations_of_normalized_values(minibatch, threads) == 0);
  }
  for (const Index environments : {0, 16}) {
    const AdaptiveValueRegression<float> adaptive({.steps = 20, .minibatch = environments == 0 ? 0 : 64},
                                                  {.held_out = {.environments = environments}, .check_every = 5});
    CHECK(allocations_of_updates(adaptive, Ppo<GaussianPolicy<float>>({.epochs = 2}), 1) == 0);
  }
}

TEST_CASE("a deterministic policy acts and is differentiated without an allocation") {
  Rng rng(1);
  const DeterministicPolicy<float> policy(17, 6, {.output_gain = 2}, rng);
  const auto choice = DeterministicPolicy<float>::discrete(17, 6, {}, rng);
  const Matrix<float> observations = Matrix<float>::Random(17, 5);
  const Matrix<float> thetas = Matrix<float>::Random(policy.parameters().size(), 3);
  Matrix<float> actions(6, 1), index(1, 1), slopes = Matrix<float>::Ones(6, 5), states(17, 5);
  Vector<float> gradient = Vector<float>::Zero(policy.parameters().size()), scratch;
  MlpTape<float> tape;
  const auto use = [&](Index i) {
    policy.act(thetas.col(i), observations.col(i), actions, tape);
    choice.act(thetas.col(i), observations.col(i), index, tape);
    policy.respond(thetas.col(i), observations, tape);
    policy.pull_back(thetas.col(i), observations, tape, slopes, gradient, states, scratch);
  };
  use(0);
  allocations = 0;
  counting = true;
  use(1);
  use(2);
  counting = false;
  CHECK(allocations == 0);
  CHECK(gradient.norm() > 0);
}

TEST_CASE("wrappers that remember allocate nothing in resets and steps") {
  ObservationHistory world{ObservationNoise{ActionDelay{ActionSmoothing{ActionRateLimit{Pendulum{}, {.change = {0.5}}},
                                                                        {.time_constant = 2}},
                                                        {.low = 0, .high = 3}},
                                            {.normal = {0.01}, .uniform = {0.01}, .bias = {0.1}}},
                           {.observations = 3, .actions = 2}};
  Rng rng(1);
  Vector<double> observation(3 * 3 + 2), action = Vector<double>::Ones(1);
  allocations = 0;
  counting = true;
  for (int t = 0; t < 100; ++t) {
    if (t % 7 == 0) world.reset(rng, observation);
    world.step(action, observation);
  }
  counting = false;
  CHECK(allocations.load() == 0);
}

TEST_CASE("an archive of policies takes their parameters and little else, once") {
  constexpr long kPolicies = 1000, kParameters = 2000;
  for (const bool half : {false, true}) {
    bytes = 0;
    counting = true;
    PolicyArchive<float> archive(kParameters, {.population = 100, .generations = 10, .half_precision = half});
    CHECK(bytes.load() < kPolicies * (kParameters * (half ? 2 : 4) + 20));
    const Vector<float> returns = Vector<float>::Zero(100);
    Matrix<float> policies;
    Vector<float> drawn;
    Rng rng(1);
    for (int generation = 0; generation < 25; ++generation) {
      if (generation == 10) allocations = 0;
      archive.add_population([&](auto&& place) -> const Vector<float>& {
        place.setZero();
        return returns;
      });
      archive.draw(50, rng, policies, drawn);
      archive.newest(50, policies, drawn);
    }
    counting = false;
    CHECK(allocations.load() == 0);
  }
}

#else

TEST_CASE("allocations cannot be counted here") { SUCCEED(); }

#endif
