// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_COLLECTOR_HPP
#define VANTAGE_ROLLOUT_COLLECTOR_HPP

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "vantage/core/discount.hpp"
#include "vantage/core/message.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/rollout/normalizer.hpp"
#include "vantage/rollout/reward_scaler.hpp"

namespace vantage {

struct CollectorOptions {
  Index steps = 128;  ///< steps of each environment a collection (T)
  /// By running moments that stay frozen during a collection; those of a critic's observations are its own.
  bool normalize_observations = true;
  NormalizerOptions normalizer = {};  ///< of both, but that its exceptions are of the policy's alone
  /// Of the critic's observations, where other than that.
  std::optional<NormalizerOptions> critic_normalizer = {};
  bool scale_rewards = false;  ///< divide by the running deviation of the discounted return, frozen during a collection
  std::optional<double> gamma = {};  ///< discount of that return; none: that of the agent's advantage, see set_gamma
  Index shard_size = 0;              ///< environments that one task steps; 0: an eighth of them, at most 64
  double reward_clip = 10;           ///< bound of a scaled reward; infinite: none
  bool frozen_statistics = false;    ///< normaliser and reward scaler learn nothing, see Collector::frozen
};

/// Rolls a policy out in a vector of environments. The environments are cut into fixed shards; a shard runs its T steps
/// as one task without waiting for the others. What is collected depends on seeds, never on the number of threads.
/// Where there are ranks each steps the environments of its own shards, and all of them get the whole batch.
template <Environment E>
class Collector {
 public:
  /// Throws: std::invalid_argument for steps < 1, a negative shard size or a gamma outside [0, 1].
  Collector(VectorEnvironment<E> environments, const CollectorOptions& options = {});

  /// Goes on from statistics gathered elsewhere, such as those saved with a policy, or given ones. They freeze by their
  /// own options or by those here, whichever comes first.
  /// Throws: std::invalid_argument if they are of another size, or observations are not normalised.
  void set_normalizer(const Normalizer& normalizer) {
    require(options_.normalize_observations, "Collector::set_normalizer", "normalize_observations", "raw observations");
    require(normalizer.size() == normalizer_.size(), "Collector::set_normalizer",
            "a normalizer of the observation size", normalizer.size());
    normalizer_ = normalizer;
    normalizer_.freeze_after(options_.normalizer.freeze_after);
    leave_mask(normalizer_, spec());
  }

  /// The discount of the agent's advantage, which train() passes on here; in a loop of your own call it before the
  /// first collection, if rewards are scaled. Throws: std::invalid_argument for a gamma outside [0, 1], or another one
  /// than the options say.
  void set_gamma(double gamma) {
    if (options_.gamma && *options_.gamma != gamma) {
      throw std::invalid_argument(detail::join("Collector: expected the gamma of the agent's advantage, ", gamma,
                                               ", or none in its options, got ", *options_.gamma));
    }
    reward_scaler_.set_gamma(gamma);
    gamma_ = gamma;
  }

  /// A collector for measurements on an agent that stays as it is: in worlds of the same kind, all at the start of an
  /// episode, with a stream of their own for each `seed`; normaliser and reward scaler are as here now, and stay so.
  /// Shapes: `count` worlds, at most `steps` a collection. Throws: std::invalid_argument for counts or steps < 1.
  [[nodiscard]] Collector frozen(Index count, Index steps, std::uint64_t seed) const {
    VectorEnvironmentOptions worlds = environments_.options();
    worlds.count = count;
    worlds.seed = seed;
    worlds.streams = StreamPurpose::frozen_rollout;
    CollectorOptions options = options_;
    options.steps = steps;
    options.shard_size = 0;
    options.frozen_statistics = true;
    options.gamma = gamma_;
    Collector result(VectorEnvironment<E>(prototype(), worlds), options);
    result.normalizer_ = normalizer_;
    result.critic_normalizer_ = critic_normalizer_;
    result.reward_scaler_.set_moments(reward_scaler_.moments());
    return result;
  }

  /// Those that it plays in.
  [[nodiscard]] const VectorEnvironment<E>& environments() const { return environments_; }
  [[nodiscard]] const CollectorOptions& options() const { return options_; }
  [[nodiscard]] const EnvironmentSpec& spec() const { return environments_.spec(); }
  /// Of the policy's observations; it learns from every collection unless its statistics are frozen.
  [[nodiscard]] const Normalizer& normalizer() const { return normalizer_; }
  /// Of what the critic sees; of size 0 where it sees what the policy sees.
  [[nodiscard]] const Normalizer& critic_normalizer() const { return critic_normalizer_; }
  /// What rewards are scaled by, where they are scaled.
  [[nodiscard]] const RewardScaler& reward_scaler() const { return reward_scaler_; }
  /// TE, the samples of a whole collection.
  [[nodiscard]] Index batch_size() const { return options_.steps * environments_.size(); }

  // what evaluations and policy files take over from here

  [[nodiscard]] const E& prototype() const { return environments_.environment(0); }
  [[nodiscard]] ActionMap action_map() const { return environments_.options().action_map; }
  [[nodiscard]] double fault_penalty() const { return environments_.options().fault_penalty; }
  /// Steps; 0: none.
  [[nodiscard]] Index time_limit() const { return environments_.time_limit(); }
  /// What policies see observations through; null: they see raw ones.
  [[nodiscard]] const Normalizer* observation_normalizer() const {
    return options_.normalize_observations ? &normalizer_ : nullptr;
  }
  /// None before set_gamma, where the options have none.
  [[nodiscard]] std::optional<double> gamma() const { return gamma_; }

  /// Fills `batch` with T steps of every environment; allocates nothing once the batch has its shape.
  /// An exception of an environment is passed on, and leaves the batch unspecified.
  /// Throws: std::invalid_argument for a policy of other sizes than the task's, or scaled rewards without a gamma.
  template <Actor P>
  void collect(const P& policy, Context& context, Batch<typename P::Scalar>& batch) {
    collect(policy, context, batch, options_.steps);
  }

  /// The same with fewer steps. Throws: as above, and std::invalid_argument unless 1 <= steps <= options().steps.
  template <Actor P>
  void collect(const P& policy, Context& context, Batch<typename P::Scalar>& batch, Index steps);

  /// Where there are ranks, lets each know the state of all environments, which until then those know that step them:
  /// called by all before one of them saves it. Needs a StatefulEnvironment.
  void share_environments(Context& context) {
    context.local<Message>(0).exchange(context.communicator(), static_cast<Index>(shards_.size()),
                                       [&](Message& message, Index index) {
                                         const Shard& shard = shards_[static_cast<std::size_t>(index)];
                                         for (Index e = shard.first; e < shard.first + shard.count; ++e) {
                                           environments_.exchange(message, e);
                                           reward_scaler_.exchange(message, e);
                                           message("return", running_return_[e]);
                                           message("length", running_length_[e]);
                                           message.numbers(running_terms_.col(e).data(), running_terms_.rows());
                                         }
                                       });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("environments", environments_);
    archive("normalizer", normalizer_);
    if (has_critic()) archive("critic_normalizer", critic_normalizer_);
    archive("reward_scaler", reward_scaler_);
    archive("running_return", running_return_);
    archive("running_length", running_length_);
    archive("running_terms", running_terms_);
  }

 private:
  // what one shard adds to a batch; merged in the order of the shards
  struct Shard {
    Index first = 0;
    Index count = 0;
    RunningMoments moments;          // of raw observations
    RunningMoments critic_moments;   // of the critic's
    RunningMoments returns_moments;  // of discounted returns
    Matrix<double> successors;       // normalised
    Matrix<double> critic_successors;
    std::vector<Index> successor_samples;
    std::vector<double> returns;
    std::vector<Index> lengths;
    Matrix<double> reward_terms;
    std::int64_t faults = 0;
    std::int64_t warnings = 0;
    std::int64_t failed_resets = 0;
    double reward_sum = 0;
  };

  [[nodiscard]] bool has_critic() const { return critic_normalizer_.size() > 0; }
  [[nodiscard]] bool learns(const Normalizer& normalizer) const {
    return options_.normalize_observations && !options_.frozen_statistics && !normalizer.is_frozen();
  }
  // of the critic, where none are said
  [[nodiscard]] static NormalizerOptions without_exceptions(NormalizerOptions options) {
    options.except.clear();
    return options;
  }
  [[nodiscard]] bool learns_rewards() const { return options_.scale_rewards && !options_.frozen_statistics; }

  void observe(const Normalizer& normalizer, ConstVectorRef<double> raw, auto&& out) const {
    if (options_.normalize_observations) {
      normalizer.apply(raw, out);
    } else {
      out = raw.template cast<typename std::decay_t<decltype(out)>::Scalar>();
    }
  }

  template <class P, class S>
  void roll(Shard& shard, const P& policy, Context& context, Index worker, Batch<S>& batch) {
    shard.successor_samples.clear();
    shard.returns.clear();
    shard.lengths.clear();
    shard.faults = 0;
    shard.warnings = 0;
    shard.failed_resets = 0;
    shard.reward_sum = 0;
    // what a collection that an environment's exception ended left behind
    shard.moments.clear();
    shard.critic_moments.clear();
    shard.returns_moments.clear();
    const Index environment_count = environments_.size();
    for (Index i = 0; i < shard.count; ++i) shard.failed_resets += environments_.take_failed_resets(shard.first + i);
    for (Index t = 0; t < batch.steps(); ++t) {
      // one forward pass for the whole shard, straight from and into the batch
      const Index sample = t * environment_count + shard.first;
      for (Index i = 0; i < shard.count; ++i) {
        const auto raw = environments_.observation(shard.first + i);
        if (learns(normalizer_)) shard.moments.add(raw);
        observe(normalizer_, raw, batch.observations.col(sample + i));
        if (has_critic()) {
          const auto shown = environments_.critic_observation(shard.first + i);
          if (learns(critic_normalizer_)) shard.critic_moments.add(shown);
          observe(critic_normalizer_, shown, batch.critic_observations.col(sample + i));
        }
      }
      policy.sample(batch.observations.middleCols(sample, shard.count), environments_.rngs(shard.first, shard.count),
                    batch.actions.middleCols(sample, shard.count), batch.log_probs.segment(sample, shard.count),
                    context, worker);
      for (Index i = 0; i < shard.count; ++i) step(shard, shard.first + i, t, sample + i, batch);
    }
  }

  template <class S>
  void step(Shard& shard, Index e, Index t, Index sample, Batch<S>& batch) {
    const Transition transition = environments_.template step<S>(e, batch.actions.col(sample));

    // the episode's account, in rewards as they are
    shard.reward_sum += transition.reward;
    shard.faults += transition.fault ? 1 : 0;
    shard.warnings += transition.warnings;
    running_return_[e] += transition.reward;
    running_length_[e] += 1;
    if constexpr (HasRewardTerms<E>) running_terms_.col(e) += environments_.reward_terms(e);

    batch.rewards(e, t) =
        static_cast<S>(options_.scale_rewards ? reward_scaler_.scaled(transition.reward) : transition.reward);
    if (learns_rewards()) reward_scaler_.add(e, transition.reward, transition.ended(), shard.returns_moments);

    const bool last = t + 1 == batch.steps();
    const Ending ending = transition.terminated  ? Ending::terminated
                          : transition.truncated ? Ending::truncated
                          : last                 ? Ending::cut
                                                 : Ending::none;
    batch.endings(e, t) = ending;
    if (ending == Ending::truncated || ending == Ending::cut) {
      const auto at = static_cast<Index>(shard.successor_samples.size());
      // room for what the clock can bring is there; an environment may cut itself off more often
      if (at == shard.successors.cols()) {
        shard.successors.conservativeResize(Eigen::NoChange, 2 * at);
        shard.critic_successors.conservativeResize(Eigen::NoChange, 2 * at);
      }
      observe(normalizer_, environments_.successor(e), shard.successors.col(at));
      if (has_critic()) observe(critic_normalizer_, environments_.critic_successor(e), shard.critic_successors.col(at));
      shard.successor_samples.push_back(sample);
    }
    if (transition.ended()) {
      shard.failed_resets += environments_.take_failed_resets(e);
      shard.reward_terms.col(static_cast<Index>(shard.returns.size())) = running_terms_.col(e);
      shard.returns.push_back(running_return_[e]);
      shard.lengths.push_back(static_cast<Index>(running_length_[e]));
      running_return_[e] = 0;
      running_length_[e] = 0;
      running_terms_.col(e).setZero();
    }
  }

  // tells other ranks what a shard has collected, or is told it
  template <class S>
  void exchange(Message& message, Shard& shard, Batch<S>& batch) const {
    for (Index t = 0; t < batch.steps(); ++t) {
      const Index sample = t * batch.environments() + shard.first;
      const auto columns = [&](auto& matrix) {
        message.numbers(matrix.data() + sample * matrix.rows(), shard.count * matrix.rows());
      };
      columns(batch.observations);
      columns(batch.critic_observations);
      columns(batch.actions);
      message.numbers(batch.log_probs.data() + sample, shard.count);
      message.numbers(batch.rewards.data() + sample, shard.count);
      message.numbers(batch.endings.data() + sample, shard.count);
    }
    message.numbers(batch.first_times.data() + shard.first, shard.count);
    message("moments", shard.moments);
    message("critic_moments", shard.critic_moments);
    message("returns_moments", shard.returns_moments);
    message("successor_samples", shard.successor_samples);
    const auto successors = static_cast<Index>(shard.successor_samples.size());
    if (successors > shard.successors.cols()) {
      shard.successors.resize(Eigen::NoChange, successors);
      shard.critic_successors.resize(Eigen::NoChange, successors);
    }
    message.numbers(shard.successors.data(), shard.successors.rows() * successors);
    message.numbers(shard.critic_successors.data(), shard.critic_successors.rows() * successors);
    message("returns", shard.returns);
    message("lengths", shard.lengths);
    message.numbers(shard.reward_terms.data(), shard.reward_terms.rows() * static_cast<Index>(shard.returns.size()));
    message("faults", shard.faults);
    message("warnings", shard.warnings);
    message("failed_resets", shard.failed_resets);
    message("reward_sum", shard.reward_sum);
  }

  // merges the shards, in their order, into the batch and into the running moments
  template <class S>
  void gather(Batch<S>& batch) {
    Index successor_capacity = 0;
    for (const Shard& shard : shards_) successor_capacity += shard.successors.cols();
    const Index terms = running_terms_.rows();
    if (batch.successors.rows() != spec().observation_size || batch.successors.cols() < successor_capacity) {
      batch.successors.resize(spec().observation_size, successor_capacity);
    }
    batch.critic_successors.resize(spec().critic_observation_size, batch.successors.cols());
    EpisodeStatistics& episodes = batch.episodes;
    if (episodes.reward_terms.rows() != terms || episodes.reward_terms.cols() < batch.size()) {
      episodes.reward_terms.resize(terms, batch.size());
    }
    batch.successor_samples.clear();
    batch.successor_samples.reserve(static_cast<std::size_t>(successor_capacity));
    episodes.returns.clear();
    episodes.returns.reserve(static_cast<std::size_t>(batch.size()));
    episodes.lengths.clear();
    episodes.lengths.reserve(static_cast<std::size_t>(batch.size()));
    episodes.faults = 0;
    episodes.warnings = 0;
    episodes.failed_resets = 0;
    episodes.reward_sum = 0;
    // as they were during the collection
    const bool normalizer_learns = learns(normalizer_);
    const bool critic_learns = has_critic() && learns(critic_normalizer_);
    for (Shard& shard : shards_) {
      const auto successors = static_cast<Index>(shard.successor_samples.size());
      batch.successors.middleCols(batch.successor_count(), successors) =
          shard.successors.leftCols(successors).template cast<S>();
      batch.critic_successors.middleCols(batch.successor_count(), successors) =
          shard.critic_successors.leftCols(successors).template cast<S>();
      batch.successor_samples.insert(batch.successor_samples.end(), shard.successor_samples.begin(),
                                     shard.successor_samples.end());
      const auto ended = static_cast<Index>(shard.returns.size());
      episodes.reward_terms.middleCols(static_cast<Index>(episodes.returns.size()), ended) =
          shard.reward_terms.leftCols(ended);
      episodes.returns.insert(episodes.returns.end(), shard.returns.begin(), shard.returns.end());
      episodes.lengths.insert(episodes.lengths.end(), shard.lengths.begin(), shard.lengths.end());
      episodes.faults += shard.faults;
      episodes.warnings += shard.warnings;
      episodes.failed_resets += shard.failed_resets;
      episodes.reward_sum += shard.reward_sum;
      if (normalizer_learns) normalizer_.update(shard.moments);
      if (critic_learns) critic_normalizer_.update(shard.critic_moments);
      if (learns_rewards()) reward_scaler_.update(shard.returns_moments);
    }
  }

  VectorEnvironment<E> environments_;
  CollectorOptions options_;
  Normalizer normalizer_;
  Normalizer critic_normalizer_;
  std::optional<double> gamma_;
  RewardScaler reward_scaler_;
  std::vector<Shard> shards_;
  Vector<double> running_return_;  // of the episodes in progress, one entry an environment
  Vector<double> running_length_;
  Matrix<double> running_terms_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <Environment E>
Collector<E>::Collector(VectorEnvironment<E> environments, const CollectorOptions& options)
    : environments_(std::move(environments)),
      options_(options),
      normalizer_(environments_.spec().observation_size, options.normalizer),
      critic_normalizer_(environments_.spec().critic_observation_size,
                         options.critic_normalizer.value_or(without_exceptions(options.normalizer))),
      gamma_(options.gamma),
      reward_scaler_(environments_.size(), options.gamma.value_or(kDefaultGamma), options.reward_clip) {
  require(options.steps >= 1, "Collector", "steps >= 1", options.steps);
  require(options.shard_size >= 0, "Collector", "shard_size >= 0", options.shard_size);
  if (options.normalize_observations) leave_mask(normalizer_, spec());
  const Index count = environments_.size();
  if (options_.shard_size == 0) options_.shard_size = std::clamp<Index>(count / 8, 1, 64);
  const auto terms = static_cast<Index>(environments_.spec().reward_terms.size());
  running_return_.setZero(count);
  running_length_.setZero(count);
  running_terms_.setZero(terms, count);
  const Index limit = environments_.time_limit();
  const Index most_successors = limit > 0 ? options_.steps / limit + 2 : 1;
  for (Index first = 0; first < count; first += options_.shard_size) {
    Shard shard;
    shard.first = first;
    shard.count = std::min(options_.shard_size, count - first);
    shard.moments = RunningMoments(environments_.spec().observation_size);
    shard.critic_moments = RunningMoments(environments_.spec().critic_observation_size);
    shard.returns_moments = RunningMoments(1);
    shard.critic_successors.resize(environments_.spec().critic_observation_size, most_successors * shard.count);
    shard.successors.resize(environments_.spec().observation_size, most_successors * shard.count);
    shard.successor_samples.reserve(static_cast<std::size_t>(shard.successors.cols()));
    shard.returns.reserve(static_cast<std::size_t>(options_.steps * shard.count));
    shard.lengths.reserve(shard.returns.capacity());
    shard.reward_terms.resize(terms, options_.steps * shard.count);
    shards_.push_back(std::move(shard));
  }
}

template <Environment E>
template <Actor P>
void Collector<E>::collect(const P& policy, Context& context, Batch<typename P::Scalar>& batch, Index steps) {
  require_fit("Collector", policy, spec());
  require(steps >= 1 && steps <= options_.steps, "Collector", "1 <= steps <= CollectorOptions::steps", steps);
  require(!options_.scale_rewards || gamma_, "Collector",
          "a gamma to scale rewards: CollectorOptions::gamma, or set_gamma(that of the advantage)", "none");
  batch.resize(spec().observation_size, spec().action_size(), environments_.size(), steps,
               spec().critic_observation_size);
  batch.first_times = running_length_.template cast<Index>();
  const Communicator& ranks = context.communicator();
  const auto shards = static_cast<Index>(shards_.size());
  const Share own = ranks.share(shards);
  context.pool().run(own.count(), [&](Index task, Index worker) {
    roll(shards_[static_cast<std::size_t>(own.first + task)], policy, context, worker, batch);
  });
  context.local<Message>(0).exchange(ranks, shards, [&](Message& message, Index index) {
    exchange(message, shards_[static_cast<std::size_t>(index)], batch);
  });
  gather(batch);
}

}  // namespace vantage

#endif
