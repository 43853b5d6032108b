// SPDX-License-Identifier: MIT
// every options struct: a number that makes no sense, and above all one that is none, is refused where it enters
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>

#include "catch.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/tabular/tabular.hpp"
#include "vantage/vantage.hpp"

using namespace vantage;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// tries values of the fields of one options struct on what takes it
template <class Options, class Take>
class Walk {
 public:
  explicit Walk(Take take) : take_(std::move(take)) { CHECK_NOTHROW(take_(Options{})); }

  template <class Field>
  void refuses(Field Options::*field, std::initializer_list<double> values) const {
    for (const double value : values) {
      CAPTURE(value);
      Options options;
      options.*field = Field(static_cast<std::conditional_t<std::is_same_v<Field, Index>, Index, double>>(value));
      CHECK_THROWS_AS(take_(options), std::invalid_argument);
    }
  }

  // of numbers: not one, or beyond its bounds
  template <class... Fields>
  void not_negative(Fields Options::*... fields) const {
    (refuses(fields, {-1, kNan}), ...);
  }
  template <class... Fields>
  void finite_not_negative(Fields Options::*... fields) const {
    (refuses(fields, {-1, kNan, kInfinity}), ...);
  }
  template <class... Fields>
  void finite_positive(Fields Options::*... fields) const {
    (refuses(fields, {0, -1, kNan, kInfinity}), ...);
  }

 private:
  Take take_;
};

template <class Options, class Take>
Walk<Options, Take> walk(Take take) {
  return Walk<Options, Take>(std::move(take));
}

using P = GaussianPolicy<double>;

// what first-order updates have in common
template <class Options, class W>
void check_epochs(const W& update) {
  update.refuses(&Options::epochs, {0, -1});
  update.refuses(&Options::minibatch, {-1});
  update.not_negative(&Options::max_gradient_norm);
  update.refuses(&Options::entropy_coefficient, {kNan, kInfinity});
}

}  // namespace

TEST_CASE("impossible optimisers are refused") {
  const auto adam = walk<AdamOptions>([](const AdamOptions& options) { Optimizer<double>{options}; });
  adam.finite_not_negative(&AdamOptions::learning_rate, &AdamOptions::epsilon);
  adam.refuses(&AdamOptions::beta1, {-0.1, 1, kNan});
  adam.refuses(&AdamOptions::beta2, {-0.1, 1, kNan});
  const auto rms_prop = walk<RmsPropOptions>([](const RmsPropOptions& options) { Optimizer<double>{options}; });
  rms_prop.finite_not_negative(&RmsPropOptions::learning_rate, &RmsPropOptions::epsilon,
                               &RmsPropOptions::initial_square);
  rms_prop.refuses(&RmsPropOptions::decay, {-0.1, 1, kNan});
  const auto sgd = walk<SgdOptions>([](const SgdOptions& options) { Optimizer<double>{options}; });
  sgd.finite_not_negative(&SgdOptions::learning_rate);
  sgd.refuses(&SgdOptions::momentum, {-0.1, 1, kNan});
  using Cg = ConjugateGradientOptions;
  const auto solver = walk<Cg>([](const Cg& options) { ConjugateGradient<double>{options}; });
  solver.refuses(&Cg::iterations, {0, -1});
  solver.finite_not_negative(&Cg::tolerance);
}

TEST_CASE("impossible updates are refused") {
  const auto vpg = walk<VpgOptions>([](const VpgOptions& options) { Vpg<P>{options}; });
  check_epochs<VpgOptions>(vpg);
  const auto ppo = walk<PpoOptions>([](const PpoOptions& options) { Ppo<P>{options}; });
  check_epochs<PpoOptions>(ppo);
  ppo.refuses(&PpoOptions::clip_range, {0, -0.1, kNan});
  ppo.refuses(&PpoOptions::minibatch, {1});
  using Penalty = PpoPenaltyOptions;
  const auto penalty = walk<Penalty>([](const Penalty& options) { PpoPenalty<P>{options}; });
  check_epochs<Penalty>(penalty);
  penalty.refuses(&Penalty::minibatch, {1});
  penalty.finite_positive(&Penalty::target_kl);
  penalty.finite_not_negative(&Penalty::min_penalty, &Penalty::max_penalty, &Penalty::initial_penalty);
  penalty.refuses(&Penalty::tolerance, {0.9, kNan, kInfinity});
  penalty.refuses(&Penalty::factor, {0.9, kNan, kInfinity});
  using Joint = JointUpdateOptions;
  const auto joint = walk<Joint>([](const Joint& options) { JointUpdate<ActorCritic<P>>{options}; });
  check_epochs<Joint>(joint);
  joint.not_negative(&Joint::clip_range);
  joint.finite_not_negative(&Joint::value_coefficient);
  using Natural = NaturalGradientOptions;
  const auto natural = walk<Natural>([](const Natural& options) { NaturalGradient<P>{options}; });
  natural.finite_positive(&Natural::max_kl);
  natural.finite_not_negative(&Natural::step_size, &Natural::damping, &Natural::cg_tolerance);
  natural.refuses(&Natural::cg_iterations, {0, -1});
  natural.refuses(&Natural::fisher_fraction, {0, 1.1, kNan});
  natural.refuses(&Natural::backtracks, {-1});
  natural.refuses(&Natural::backtrack_factor, {0, 1, kNan});
  natural.refuses(&Natural::kl_tolerance, {0, -1, kNan});
  natural.refuses(&Natural::min_improvement_ratio, {-0.1, 1, kNan});
  using Rate = AdaptiveRateOptions;
  const auto rate = walk<Rate>([](const Rate& options) { AdaptiveRate{options}; });
  rate.finite_not_negative(&Rate::target_kl);
  rate.refuses(&Rate::tolerance, {0.9, kNan, kInfinity});
  rate.refuses(&Rate::factor, {0.9, kNan, kInfinity});
  rate.finite_positive(&Rate::min_rate, &Rate::max_rate);
  using Region = TrustRegionOptions;
  const auto region = walk<Region>([](const Region& options) { Vpg<P>({.trust_region = options}); });
  region.not_negative(&Region::max_mean_kl, &Region::max_state_kl, &Region::max_clip_fraction, &Region::clip_range);
  region.refuses(&Region::min_ratio, {1.1, kNan});
  region.refuses(&Region::max_ratio, {0.9, kNan});
}

TEST_CASE("impossible values and policies are refused") {
  const auto regression =
      walk<ValueRegressionOptions>([](const ValueRegressionOptions& options) { ValueRegression<double>{options}; });
  regression.refuses(&ValueRegressionOptions::steps, {-1});
  regression.refuses(&ValueRegressionOptions::minibatch, {-1});
  regression.not_negative(&ValueRegressionOptions::max_gradient_norm);
  const auto loss =
      walk<ValueLossOptions>([](const ValueLossOptions& options) { ValueRegression<double>({.loss = options}); });
  loss.refuses(&ValueLossOptions::huber_delta, {0, -1, kNan});
  loss.refuses(&ValueLossOptions::clip_range, {0, -1, kNan});
  const auto weights = walk<MlpInitialization>([](const MlpInitialization& options) {
    Rng rng(1);
    ValueNetwork<double>(2, {.hidden = {3}, .initialization = options}, rng);
  });
  weights.finite_not_negative(&MlpInitialization::hidden_gain, &MlpInitialization::output_gain);
  const auto gaussian = walk<GaussianPolicyOptions>([](const GaussianPolicyOptions& options) {
    Rng rng(1);
    P(2, 1, options, rng);
  });
  gaussian.refuses(&GaussianPolicyOptions::log_std, {kNan, kInfinity});
  const auto bounds = walk<LogStdBounds>([](const LogStdBounds& options) {
    Rng rng(1);
    P(2, 1, {.log_std_bounds = options}, rng);
  });
  bounds.refuses(&LogStdBounds::low, {0, kNan, -kInfinity});
  bounds.refuses(&LogStdBounds::high, {-1, kNan, kInfinity});
  using Deterministic = DeterministicPolicyOptions;
  const auto deterministic = walk<Deterministic>([](const Deterministic& options) {
    Rng rng(1);
    DeterministicPolicy<double>(2, 1, options, rng);
  });
  deterministic.finite_positive(&Deterministic::output_gain);
  Rng rng(1);
  for (const double gain : {-1.0, kNan, kInfinity}) {
    CHECK_THROWS_AS(ActorCritic<P>(2, 1, {}, rng, gain), std::invalid_argument);
  }
}

TEST_CASE("impossible collections and evaluations are refused") {
  using Vectors = VectorEnvironmentOptions;
  const auto worlds = walk<Vectors>([](const Vectors& options) { VectorEnvironment<PointMass>(PointMass(), options); });
  worlds.refuses(&Vectors::count, {0, -1});
  worlds.refuses(&Vectors::max_episode_steps, {-2});
  worlds.finite_not_negative(&Vectors::fault_penalty);
  const auto collector = walk<CollectorOptions>([](const CollectorOptions& options) {
    Collector<PointMass>(VectorEnvironment<PointMass>(PointMass()), options);
  });
  collector.refuses(&CollectorOptions::steps, {0, -1});
  collector.refuses(&CollectorOptions::shard_size, {-1});
  collector.refuses(&CollectorOptions::gamma, {-0.1, 1.1, kNan});
  const auto normalizer = walk<NormalizerOptions>([](const NormalizerOptions& options) { Normalizer(2, options); });
  normalizer.refuses(&NormalizerOptions::clip, {0, -1, kNan});
  normalizer.finite_not_negative(&NormalizerOptions::epsilon);
  using Population = PopulationEvaluatorOptions;
  const auto population =
      walk<Population>([](const Population& options) { PopulationEvaluator<PointMass>(PointMass(), options); });
  population.refuses(&Population::max_episode_steps, {0, -2});
  population.finite_not_negative(&Population::fault_penalty);
  const auto evaluation = walk<EvaluationOptions>([](const EvaluationOptions& options) {
    Context context;
    const P policy(2, 1, {.hidden = {2}}, context.rng());
    static_cast<void>(evaluate(PointMass(), policy, nullptr, context, options));
  });
  evaluation.refuses(&EvaluationOptions::episodes, {0, -1});
  evaluation.refuses(&EvaluationOptions::max_episode_steps, {0, -2});
  evaluation.refuses(&EvaluationOptions::gamma, {-0.1, 1.1, kNan});
  const auto check = walk<CheckOptions>(
      [](const CheckOptions& options) { static_cast<void>(check_environment(PointMass(), options)); });
  check.refuses(&CheckOptions::steps, {0, -1});
  check.refuses(&CheckOptions::episode_steps, {0, -1});
  check.finite_positive(&CheckOptions::action_range);
  const auto console =
      walk<ConsoleProgressOptions>([](const ConsoleProgressOptions& options) { ConsoleProgress{options}; });
  console.not_negative(&ConsoleProgressOptions::terminal_seconds, &ConsoleProgressOptions::plain_seconds);
}

TEST_CASE("impossible estimators are refused when they are first asked") {
  Context context;
  Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.count = 1}), {.steps = 4});
  Batch<double> batch;
  source.collect(P(2, 1, {.hidden = {2}}, context.rng()), context, batch);
  AdvantageEstimate<double> estimate;
  const auto gae = walk<Gae>([&](const Gae& options) { options(batch, NoValue<double>(), context, estimate); });
  gae.refuses(&Gae::gamma, {-0.1, 1.1, kNan});
  gae.refuses(&Gae::lambda, {-0.1, 1.1, kNan});
  const auto to_go =
      walk<RewardToGo>([&](const RewardToGo& options) { options(batch, NoValue<double>(), context, estimate); });
  to_go.refuses(&RewardToGo::gamma, {-0.1, 1.1, kNan});
}

TEST_CASE("impossible parts of EPVF are refused") {
  const auto perturbation =
      walk<PerturbationOptions>([](const PerturbationOptions& options) { Perturbation<double>{options}; });
  perturbation.finite_not_negative(&PerturbationOptions::scale, &PerturbationOptions::floor);
  const auto archive =
      walk<PolicyArchiveOptions>([](const PolicyArchiveOptions& options) { PolicyArchive<double>(3, options); });
  archive.refuses(&PolicyArchiveOptions::population, {0, -1});
  archive.refuses(&PolicyArchiveOptions::generations, {0, -1, 9e18});
  archive.finite_not_negative(&PolicyArchiveOptions::recency);
  const auto ascent =
      walk<PolicyAscentOptions>([](const PolicyAscentOptions& options) { PolicyAscent<double>{options}; });
  ascent.refuses(&PolicyAscentOptions::steps, {-1});
  ascent.not_negative(&PolicyAscentOptions::max_gradient_norm);
  using Value = PolicyConditionedValueOptions;
  const auto value = walk<Value>([](const Value& options) {
    Rng rng(1);
    PolicyConditionedValue<double>(3, {}, options, rng);
  });
  value.finite_positive(&Value::input_scale);
  const auto clip = walk<WeightClip>([](const WeightClip& options) { validate(options); });
  clip.not_negative(&WeightClip::bound);
  const auto training = walk<EpvfOptions>([](const EpvfOptions& options) { validate(options); });
  training.refuses(&EpvfOptions::steps, {-1});
  training.refuses(&EpvfOptions::survival_bonus, {kNan, kInfinity});
  training.finite_not_negative(&EpvfOptions::policy_rate_factor);
  training.finite_not_negative(&EpvfOptions::policy_step_size);
  using Trial = CentreTrialOptions;
  const auto trial = walk<Trial>([](const Trial& options) { validate(EpvfOptions{.centre_trial = options}); });
  trial.not_negative(&Trial::max_drop);
  trial.refuses(&Trial::episodes, {0, -1});
  using Strategies = EvolutionStrategiesOptions;
  const auto strategies = walk<Strategies>([](const Strategies& options) { EvolutionStrategies<double>{options}; });
  strategies.not_negative(&Strategies::max_gradient_norm);
  using Search = AugmentedRandomSearchOptions;
  const auto search = walk<Search>([](const Search& options) { AugmentedRandomSearch<double>{options}; });
  search.refuses(&Search::top_directions, {-1});
  search.finite_not_negative(&Search::step_size);
}

TEST_CASE("impossible exact solutions are refused") {
  Rng rng(1);
  const FiniteMdp mdp = random_mdp({}, rng);
  const Matrix<double> uniform = Matrix<double>::Constant(5, 3, 1.0 / 3);
  const auto backups =
      walk<BackupOptions>([&](const BackupOptions& options) { static_cast<void>(value_iteration(mdp, options)); });
  backups.finite_not_negative(&BackupOptions::tolerance);
  backups.refuses(&BackupOptions::max_sweeps, {-1});
  const auto evaluation = walk<BackupOptions>(
      [&](const BackupOptions& options) { static_cast<void>(iterate_policy_evaluation(mdp, uniform, options)); });
  evaluation.finite_not_negative(&BackupOptions::tolerance);
  const auto iteration = walk<PolicyIterationOptions>(
      [&](const PolicyIterationOptions& options) { static_cast<void>(policy_iteration(mdp, uniform, options)); });
  iteration.finite_not_negative(&PolicyIterationOptions::tolerance);
  iteration.refuses(&PolicyIterationOptions::max_improvements, {-1});
  using Conservative = ConservativePolicyIterationOptions;
  const auto conservative = walk<Conservative>(
      [&](const Conservative& options) { static_cast<void>(conservative_policy_iteration(mdp, uniform, options)); });
  conservative.finite_not_negative(&Conservative::tolerance);
  conservative.refuses(&Conservative::max_steps, {-1});
  const auto world = walk<RandomMdpOptions>([](const RandomMdpOptions& options) {
    Rng own(1);
    static_cast<void>(random_mdp(options, own));
  });
  world.refuses(&RandomMdpOptions::states, {0, -1});
  world.refuses(&RandomMdpOptions::actions, {0, -1});
  world.refuses(&RandomMdpOptions::branching, {-1, 6});
  world.refuses(&RandomMdpOptions::reward_density, {-0.1, 1.1, kNan});
  world.refuses(&RandomMdpOptions::reward_low, {2, kNan, -kInfinity});
  world.refuses(&RandomMdpOptions::reward_high, {-1, kNan, kInfinity});
  world.refuses(&RandomMdpOptions::gamma, {-0.1, 1, kNan});
}
