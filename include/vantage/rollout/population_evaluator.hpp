// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_POPULATION_EVALUATOR_HPP
#define VANTAGE_ROLLOUT_POPULATION_EVALUATOR_HPP

#include <array>
#include <cstdint>
#include <vector>

#include "vantage/core/message.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

struct PopulationEvaluatorOptions {
  std::uint64_t seed = 1;  ///< episode n of all draws from the stream (seed, StreamPurpose::population, n)
  ActionMap action_map = ActionMap::clip;  ///< from a policy's action to the task's units
  Index max_episode_steps = -1;            ///< time limit in steps; -1: the task's own
  double fault_penalty = 100;              ///< a fault's reward is minus this, and its episode ends
  bool normalize_observations = false;     ///< by running moments that stay frozen during a call
  NormalizerOptions normalizer = {};       ///< of observations
};

/// Plays one whole episode for each of many policies: the columns of a matrix of parameters, under one policy object
/// that acts by any parameters. Every worker has one simulation and takes the next policy as soon as it is free; ranks
/// have a run of the policies each. What comes out depends on the seed and on the calls before, never on the number of
/// threads or ranks.
template <Environment E>
class PopulationEvaluator {
 public:
  /// Throws: std::invalid_argument where there is no time limit, and what VectorEnvironment and Normalizer throw.
  explicit PopulationEvaluator(const E& prototype, const PopulationEvaluatorOptions& options = {})
      : options_(options), normalizer_(prototype.spec().observation_size, options.normalizer) {
    leave_mask(normalizer_, prototype.spec());
    players_.emplace_back(prototype, options);
    require(time_limit() > 0, "PopulationEvaluator", "a time limit (max_episode_steps > 0)", time_limit());
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return players_.front().world.spec(); }
  [[nodiscard]] const PopulationEvaluatorOptions& options() const { return options_; }
  [[nodiscard]] double fault_penalty() const { return options_.fault_penalty; }
  [[nodiscard]] Index time_limit() const { return players_.front().world.time_limit(); }
  /// Of observations.
  [[nodiscard]] const Normalizer& normalizer() const { return normalizer_; }

  // what evaluations and policy files take over from here

  [[nodiscard]] const E& prototype() const { return players_.front().world.environment(0); }
  [[nodiscard]] ActionMap action_map() const { return options_.action_map; }
  /// What policies see observations through; null: they see raw ones.
  [[nodiscard]] const Normalizer* observation_normalizer() const {
    return options_.normalize_observations ? &normalizer_ : nullptr;
  }

  /// Goes on from another's moments, as a policy that comes with a normaliser needs. They freeze by their own options
  /// or by those here, whichever comes first.
  /// Throws: std::invalid_argument for a normaliser of another size.
  void set_normalizer(const Normalizer& normalizer) {
    require(normalizer.size() == normalizer_.size(), "PopulationEvaluator::set_normalizer",
            "a normaliser of the task's observations", normalizer.size());
    normalizer_ = normalizer;
    normalizer_.freeze_after(options_.normalizer.freeze_after);
    leave_mask(normalizer_, spec());
  }
  /// One for measurements on a policy that stays as it is: with episodes of its own for each `seed`, none of them
  /// training's, and the normaliser as it is here now, which takes nothing in.
  [[nodiscard]] PopulationEvaluator frozen(std::uint64_t seed) const {
    PopulationEvaluator result = *this;
    result.options_.seed = Rng::derive_seed(seed, StreamPurpose::frozen_rollout, 0);
    result.episode_count_ = 0;
    result.is_frozen_ = true;
    return result;
  }

  /// Episodes played so far.
  [[nodiscard]] std::int64_t episode_count() const { return episode_count_; }

  /// Writes the undiscounted return and the length of each policy's episode, in the order of the columns. Afterwards
  /// the normaliser takes in what all of them saw. An exception of an environment is passed on, and leaves `episodes`
  /// unspecified and the evaluator as it was.
  /// Shapes: thetas P x M of any scalar that casts to the policy's, so that float16 needs no copy of the whole.
  /// Throws: std::invalid_argument for parameters or a policy of other sizes.
  /// Cost: allocates nothing after the first call of this M. M times 2 O numbers of scratch with a normaliser.
  template <PopulationPolicy P, class Thetas>
  void operator()(const P& policy, const Thetas& thetas, Context& context, EpisodeStatistics& episodes) {
    check(policy, thetas.rows());
    const Index count = thetas.cols();
    make_room(context.pool().size(), count, episodes);
    play_all(count, context, episodes, [&](Index i, Index worker) {
      Player& player = players_[static_cast<std::size_t>(worker)];
      Scratch<P>& scratch = context.local<Scratch<P>>(worker);
      scratch.theta = thetas.col(i).template cast<typename P::Scalar>();
      play(policy, Rng(options_.seed, StreamPurpose::population, static_cast<std::uint64_t>(episode_count_ + i)),
           moments_of(i), player, scratch);
      note(player, i, episodes);
    });
    if (learns()) {
      for (std::size_t i = 0; i < episodes.returns.size(); ++i) normalizer_.update(moments_[i]);
    }
    episode_count_ += static_cast<std::int64_t>(count);
  }

  /// Plays episodes of the policy by its own parameters, beside those of populations: they are not counted, the
  /// normaliser does not take them in, and what is played afterwards is the same with them and without. Until the next
  /// population is played they draw from the same streams, so that policies are compared on the same episodes.
  /// Throws: std::invalid_argument for a policy of another size, or fewer than one episode.
  /// Cost: allocates nothing after the first call of this count.
  template <PopulationPolicy P>
  void play_aside(const P& policy, Index count, Context& context, EpisodeStatistics& episodes) {
    check(policy, policy.parameters().size());
    require(count >= 1, "PopulationEvaluator::play_aside", "episodes >= 1", count);
    make_room(context.pool().size(), count, episodes);
    const std::uint64_t seed =
        Rng::derive_seed(options_.seed, StreamPurpose::aside, static_cast<std::uint64_t>(episode_count_));
    play_all(count, context, episodes, [&](Index i, Index worker) {
      Player& player = players_[static_cast<std::size_t>(worker)];
      Scratch<P>& scratch = context.local<Scratch<P>>(worker);
      scratch.theta = policy.parameters();
      play(policy, Rng(seed, StreamPurpose::aside, static_cast<std::uint64_t>(i)), nullptr, player, scratch);
      note(player, i, episodes);
    });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("episode_count", episode_count_);
    archive("normalizer", normalizer_);
  }

 private:
  // the simulation of one worker, and the account of the episode that it plays
  struct Player {
    explicit Player(const E& prototype, const PopulationEvaluatorOptions& options)
        : world(prototype, {.count = 1,
                            .seed = options.seed,
                            .action_map = options.action_map,
                            .max_episode_steps = options.max_episode_steps,
                            .fault_penalty = options.fault_penalty,
                            .streams = StreamPurpose::population}),
          terms(world.reward_terms(0)) {}

    VectorEnvironment<E> world;
    double total = 0;
    Index length = 0;
    Vector<double> terms;
    std::int64_t faults = 0;  // of all its episodes in this call
    std::int64_t warnings = 0;
    std::int64_t failed_resets = 0;
  };

  template <class P>
  struct Scratch {
    Vector<typename P::Scalar> theta;
    Matrix<typename P::Scalar> observation, action;
    typename P::Tape tape;
  };

  template <class P>
  void check(const P& policy, Index rows) const {
    require_fit("PopulationEvaluator", policy, spec());
    require(rows == policy.parameters().size(), "PopulationEvaluator", "as many parameters as the policy has", rows);
  }

  void make_room(Index workers, Index count, EpisodeStatistics& episodes) {
    const E& prototype = players_.front().world.environment(0);
    while (static_cast<Index>(players_.size()) < workers) players_.emplace_back(E(prototype), options_);
    for (Player& player : players_) player.faults = player.warnings = player.failed_resets = 0;
    if (learns() && static_cast<Index>(moments_.size()) < count) {
      moments_.resize(static_cast<std::size_t>(count), RunningMoments(spec().observation_size));
    }
    const Index terms = players_.front().terms.size();
    episodes.returns.resize(static_cast<std::size_t>(count));
    episodes.lengths.resize(static_cast<std::size_t>(count));
    if (episodes.reward_terms.rows() != terms || episodes.reward_terms.cols() < count) {
      episodes.reward_terms.resize(terms, count);
    }
  }

  // play_one(i, worker) plays episode i, which is noted then; each rank plays its own, and all get to know all
  template <class PlayOne>
  void play_all(Index count, Context& context, EpisodeStatistics& episodes, const PlayOne& play_one) {
    const Communicator& ranks = context.communicator();
    const Share own = ranks.share(count);
    context.pool().run(own.count(), [&](Index task, Index worker) { play_one(own.first + task, worker); });
    add_counts(episodes);
    Message& message = context.local<Message>(0);
    message.exchange(ranks, count, [&](Message& m, Index i) {
      const auto at = static_cast<std::size_t>(i);
      m("return", episodes.returns[at]);
      m("length", episodes.lengths[at]);
      m.numbers(episodes.reward_terms.col(i).data(), episodes.reward_terms.rows());
      if (learns()) m("moments", moments_[at]);
    });
    const std::array<std::int64_t*, 3> counts{&episodes.faults, &episodes.warnings, &episodes.failed_resets};
    const std::array<std::int64_t, 3> own_counts{episodes.faults, episodes.warnings, episodes.failed_resets};
    message.exchange(ranks, ranks.size, [&](Message& m, Index) {
      std::array<std::int64_t, 3> told = own_counts;
      m.numbers(told.data(), 3);
      for (std::size_t i = 0; i < counts.size() && !m.is_writing(); ++i) *counts[i] += told[i];
    });
    // in the order of the columns, whoever played them
    episodes.reward_sum = 0;
    for (const double total : episodes.returns) episodes.reward_sum += total;
  }

  // of what an episode of the population sees; null: nobody asks
  RunningMoments* moments_of(Index i) { return learns() ? &moments_[static_cast<std::size_t>(i)] : nullptr; }

  // whether the normaliser takes in what is seen
  [[nodiscard]] bool learns() const {
    return options_.normalize_observations && !is_frozen_ && !normalizer_.is_frozen();
  }

  template <class P>
  void play(const P& policy, const Rng& stream, RunningMoments* moments, Player& player, Scratch<P>& scratch) {
    using S = typename P::Scalar;
    VectorEnvironment<E>& world = player.world;
    scratch.observation.resize(spec().observation_size, 1);
    scratch.action.resize(spec().action_size(), 1);
    if (moments != nullptr) moments->clear();
    world.rngs(0, 1)[0] = stream;
    world.reset(0);
    player.total = 0;
    player.length = 0;
    player.terms.setZero();
    for (bool ended = false; !ended;) {
      const auto raw = world.observation(0);
      if (moments != nullptr) moments->add(raw);
      if (options_.normalize_observations) {
        normalizer_.apply(raw, scratch.observation.col(0));
      } else {
        scratch.observation = raw.template cast<S>();
      }
      policy.act(scratch.theta, scratch.observation, scratch.action, scratch.tape);
      const Transition transition = world.template advance<S>(0, scratch.action.col(0));
      player.total += transition.reward;
      player.length += 1;
      player.terms += world.reward_terms(0);
      player.faults += transition.fault ? 1 : 0;
      player.warnings += transition.warnings;
      ended = transition.ended();
    }
    player.failed_resets += world.take_failed_resets(0);
  }

  static void note(const Player& player, Index i, EpisodeStatistics& episodes) {
    const auto at = static_cast<std::size_t>(i);
    episodes.returns[at] = player.total;
    episodes.lengths[at] = player.length;
    episodes.reward_terms.col(i) = player.terms;
  }

  // what this rank's players counted
  void add_counts(EpisodeStatistics& episodes) const {
    episodes.faults = episodes.warnings = episodes.failed_resets = 0;
    for (const Player& player : players_) {
      episodes.faults += player.faults;
      episodes.warnings += player.warnings;
      episodes.failed_resets += player.failed_resets;
    }
  }

  PopulationEvaluatorOptions options_;
  Normalizer normalizer_;
  std::int64_t episode_count_ = 0;
  bool is_frozen_ = false;
  std::vector<Player> players_;          // one a worker
  std::vector<RunningMoments> moments_;  // of raw observations, one an episode of this call
};

}  // namespace vantage

#endif
