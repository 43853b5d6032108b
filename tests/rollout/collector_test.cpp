// SPDX-License-Identifier: MIT
#include "vantage/rollout/collector.hpp"

#include "catch.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "walk.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

Policy make_policy() {
  Rng rng(3);
  return Policy(2, 1, {.hidden = {5}, .initialization = {.output_gain = 1}, .log_std = 0.3}, rng);
}

bool same(const Batch<double>& a, const Batch<double>& b) {
  const Index k = a.successor_count();
  const auto episodes = static_cast<Index>(a.episodes.returns.size());
  return a.observations == b.observations && a.actions == b.actions && a.log_probs == b.log_probs &&
         a.rewards == b.rewards && a.first_times == b.first_times && (a.endings == b.endings).all() &&
         a.successor_samples == b.successor_samples && a.successors.leftCols(k) == b.successors.leftCols(k) &&
         a.episodes.returns == b.episodes.returns && a.episodes.lengths == b.episodes.lengths &&
         a.episodes.faults == b.episodes.faults && a.episodes.reward_sum == b.episodes.reward_sum &&
         a.episodes.reward_terms.leftCols(episodes) == b.episodes.reward_terms.leftCols(episodes);
}

const CollectorOptions kRaw{.steps = 20, .normalize_observations = false};

}  // namespace

TEST_CASE("batches do not depend on the number of threads") {
  const Policy policy = make_policy();
  std::vector<Batch<double>> first;
  for (const Index threads : {1, 2, 3, 5}) {
    Context context({.threads = threads});
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 11}),
                              {.steps = 20, .scale_rewards = true, .gamma = 0.99, .shard_size = 2});
    for (std::size_t round = 0; round < 3; ++round) {
      Batch<double> batch;
      collector.collect(policy, context, batch);
      if (threads == 1) first.push_back(batch);
      CHECK(same(batch, first[round]));
    }
  }
}

TEST_CASE("the size of shards changes nothing but the rounding of merged moments") {
  const Policy policy = make_policy();
  Context context({.threads = 2});
  Batch<double> reference;
  for (const Index shard : {0, 1, 3, 11, 100}) {
    CollectorOptions options = kRaw;
    options.shard_size = shard;
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 11}), options);
    Batch<double> batch;
    collector.collect(policy, context, batch);
    if (shard == 0) reference = batch;
    // a pass over a wider block may round differently
    CHECK((batch.actions - reference.actions).cwiseAbs().maxCoeff() < 1e-10);
    CHECK((batch.endings == reference.endings).all());
    // episodes come shard by shard
    std::sort(batch.episodes.lengths.begin(), batch.episodes.lengths.end());
    if (shard == 0) reference.episodes.lengths = batch.episodes.lengths;
    CHECK(batch.episodes.lengths == reference.episodes.lengths);
    CHECK(batch.successor_samples.size() == reference.successor_samples.size());
  }
}

TEST_CASE("every sample follows from the one before, and episodes add up") {
  const Policy policy = make_policy();
  Context context;
  const Index count = 4;
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.bound = 1.5}), {.count = count}), kRaw);
  Batch<double> batch;
  std::vector<double> running(4, 0.0);
  std::vector<Index> length(4, 0);
  Matrix<double> terms = Matrix<double>::Zero(2, 4);
  int kinds[4] = {};
  Matrix<double> last_next(2, count);  // what the first column of the next batch must show; NaN: a new episode
  last_next.setConstant(std::nan(""));
  for (int round = 0; round < 3; ++round) {
    collector.collect(policy, context, batch);
    std::vector<double> returns;
    std::vector<Index> lengths;
    std::size_t successors = 0;
    double reward_sum = 0;
    // episodes come shard by shard, and the default shard is one environment here
    CHECK(collector.options().shard_size == 1);
    Matrix<double> episode_terms(2, 0);
    for (Index e = 0; e < count; ++e) {
      for (Index t = 0; t < 20; ++t) {
        const Index n = t * count + e;
        const Eigen::Vector2d s = batch.observations.col(n);
        if (t == 0 && std::isfinite(last_next(0, e))) CHECK(s == last_next.col(e));
        // this world shows the steps that its episode has made
        if (t == 0) CHECK(static_cast<double>(batch.first_times[e]) == s[1]);
        const double action = std::clamp(batch.actions(0, n), -1.0, 2.0);
        const Eigen::Vector2d next(s[0] + 0.3 * action, s[1] + 1);
        // recomputed here, so a fused multiply-add may round otherwise
        CHECK(batch.rewards(e, t) == Approx(next[0] + 0.1 * next[1]).epsilon(1e-12).margin(1e-14));
        const Ending expected = std::abs(next[0]) > 1.5 ? Ending::terminated
                                : next[1] >= 7          ? Ending::truncated
                                : t == 19               ? Ending::cut
                                                        : Ending::none;
        REQUIRE(batch.endings(e, t) == expected);
        ++kinds[static_cast<int>(expected)];
        running[static_cast<std::size_t>(e)] += batch.rewards(e, t);
        reward_sum += batch.rewards(e, t);
        ++length[static_cast<std::size_t>(e)];
        terms.col(e) += Eigen::Vector2d(next[0], 0.1 * next[1]);
        if (expected == Ending::truncated || expected == Ending::cut) {
          // the true successor, not the first observation of the next episode
          REQUIRE(batch.successor_samples.at(successors) == n);
          CHECK((batch.successors.col(static_cast<Index>(successors)) - next).norm() < 1e-13);
          ++successors;
        }
        const bool ended = expected == Ending::terminated || expected == Ending::truncated;
        if (ended) {
          returns.push_back(running[static_cast<std::size_t>(e)]);
          lengths.push_back(length[static_cast<std::size_t>(e)]);
          episode_terms.conservativeResize(2, episode_terms.cols() + 1);
          episode_terms.rightCols(1) = terms.col(e);
          terms.col(e).setZero();
          running[static_cast<std::size_t>(e)] = 0;
          length[static_cast<std::size_t>(e)] = 0;
        }
        if (t < 19) {
          const Eigen::Vector2d shown = batch.observations.col(n + count);
          if (ended) {
            CHECK(shown[1] == 0);
          } else {
            CHECK((shown - next).norm() < 1e-13);
          }
        } else {
          last_next.col(e) = ended ? Eigen::Vector2d::Constant(std::nan("")) : next;
        }
      }
    }
    CHECK(batch.successor_samples.size() == successors);
    CHECK(batch.episodes.returns == returns);
    CHECK(batch.episodes.lengths == lengths);
    CHECK((batch.episodes.reward_terms.leftCols(episode_terms.cols()) - episode_terms).cwiseAbs().maxCoeff() < 1e-13);
    CHECK(batch.episodes.reward_sum == Approx(reward_sum));
    CHECK(batch.episodes.faults == 0);
    Vector<double> log_probs(batch.size());
    policy.log_prob(batch.observations, batch.actions, context, log_probs);
    CHECK((log_probs - batch.log_probs).cwiseAbs().maxCoeff() < 1e-12);
  }
  for (const int kind : kinds) CHECK(kind > 0);
  CHECK(batch.first_times.maxCoeff() > 0);
}

TEST_CASE("the batch holds raw actions, whatever the task receives") {
  const Policy policy = make_policy();
  Context context;
  for (const ActionMap map :
       {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale, ActionMap::squash_and_rescale}) {
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk(), {.count = 3, .action_map = map}), kRaw);
    Batch<double> batch;
    collector.collect(policy, context, batch);
    CHECK(batch.actions.maxCoeff() > 2);
    CHECK(batch.actions.minCoeff() < -1);
    Vector<double> log_probs(batch.size());
    policy.log_prob(batch.observations, batch.actions, context, log_probs);
    CHECK((log_probs - batch.log_probs).cwiseAbs().maxCoeff() < 1e-12);
    for (Index n = 0; n + 3 < batch.size(); ++n) {
      if (batch.endings(n) != Ending::none) continue;
      const double raw = batch.actions(0, n);
      const double action = map == ActionMap::none                 ? raw
                            : map == ActionMap::clip               ? std::clamp(raw, -1.0, 2.0)
                            : map == ActionMap::squash_and_rescale ? 0.5 + 1.5 * std::tanh(raw)
                                                                   : 0.5 + 1.5 * std::clamp(raw, -1.0, 1.0);
      CHECK(batch.observations(0, n + 3) ==
            Approx(batch.observations(0, n) + 0.3 * action).epsilon(1e-12).margin(1e-12));
    }
  }
}

TEST_CASE("observations are normalised by what earlier collections showed") {
  // twins: the one normalises, the other is driven by the actions of the first
  const Policy policy = make_policy();
  Context context;
  const Index count = 5;
  const auto environments = [&] { return VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = count, .seed = 4}); };
  Collector<Walk> collector(environments(), {.steps = 20, .normalizer = {.clip = 2}});
  Matrix<double> seen(2, 0);
  Batch<double> batch;
  VectorEnvironment<Walk> twin = environments();
  for (int round = 0; round < 4; ++round) {
    Vector<double> mean = Vector<double>::Zero(2);
    Vector<double> scale = Vector<double>::Ones(2);
    if (round > 0) {
      mean = seen.rowwise().mean();
      scale = ((seen.colwise() - mean).array().square().rowwise().mean() + 1e-8).rsqrt();
      CHECK(collector.normalizer().moments().count() == static_cast<double>(seen.cols()));
      for (Index i = 0; i < 2; ++i) CHECK(collector.normalizer().moments().mean()[i] == Approx(mean[i]).epsilon(1e-12));
    }
    const auto normalized = [&](const Vector<double>& raw) -> Vector<double> {
      return ((raw - mean).array() * scale.array()).min(2.0).max(-2.0);
    };
    collector.collect(policy, context, batch);
    double worst = 0;
    Matrix<double> successors = Matrix<double>::Constant(2, batch.size(), std::nan(""));
    for (Index n = 0; n < batch.size(); ++n) {
      const Index e = n % count;
      const Vector<double> raw = twin.observation(e);
      seen.conservativeResize(2, seen.cols() + 1);
      seen.rightCols(1) = raw;
      worst = std::max(worst, (batch.observations.col(n) - normalized(raw)).cwiseAbs().maxCoeff());
      // the noise of actions comes from the environment's stream
      (void)twin.rngs(e, 1)[0].normal();
      twin.step<double>(e, batch.actions.col(n));
      successors.col(n) = normalized(twin.successor(e));
    }
    for (Index k = 0; k < batch.successor_count(); ++k) {
      const Index n = batch.successor_samples[static_cast<std::size_t>(k)];
      worst = std::max(worst, (batch.successors.col(k) - successors.col(n)).cwiseAbs().maxCoeff());
    }
    CHECK(batch.successor_count() > 0);
    CHECK(worst < 1e-9);
  }
}

TEST_CASE("rewards are divided by what earlier collections showed; statistics are not") {
  const Policy policy = make_policy();
  Context context;
  const Index count = 3;
  const double gamma = 0.9;
  const auto environments = [&] { return VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = count}); };
  CollectorOptions scaled = kRaw;
  scaled.scale_rewards = true;
  scaled.gamma = gamma;
  Collector<Walk> plain_collector(environments(), kRaw);
  Collector<Walk> collector(environments(), scaled);
  Batch<double> plain, batch;
  std::vector<double> returns(3, 0.0);
  std::vector<double> all;
  for (int round = 0; round < 4; ++round) {
    double factor = 1;
    if (round > 0) {
      const Eigen::Map<Vector<double>> g(all.data(), static_cast<Index>(all.size()));
      factor = 1 / std::sqrt((g.array() - g.mean()).square().mean() + 1e-8);
    }
    plain_collector.collect(policy, context, plain);
    collector.collect(policy, context, batch);
    CHECK(batch.actions == plain.actions);
    CHECK((batch.rewards - factor * plain.rewards).cwiseAbs().maxCoeff() < 1e-10);
    CHECK(batch.episodes.returns == plain.episodes.returns);
    CHECK(batch.episodes.reward_sum == plain.episodes.reward_sum);
    for (Index n = 0; n < plain.size(); ++n) {
      double& g = returns[static_cast<std::size_t>(n % count)];
      g = gamma * g + plain.rewards(n);
      all.push_back(g);
      if (plain.endings(n) == Ending::terminated || plain.endings(n) == Ending::truncated) g = 0;
    }
  }
}

TEST_CASE("a simulation that breaks down costs the penalty, ends the episode and is counted") {
  const Policy policy = make_policy();
  Context context;
  for (const bool flag : {false, true}) {
    WalkOptions options{.limit = 50};
    (flag ? options.fault_above : options.nan_above) = -0.2;
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk(options), {.count = 4, .fault_penalty = 25}), kRaw);
    Batch<double> batch;
    collector.collect(policy, context, batch);
    std::int64_t faults = 0;
    for (Index n = 0; n < batch.size(); ++n) {
      const double next = batch.observations(0, n) + 0.3 * std::clamp(batch.actions(0, n), -1.0, 2.0);
      const bool broken = next > -0.2;
      faults += broken ? 1 : 0;
      CHECK((batch.rewards(n) == -25) == broken);
      CHECK((batch.endings(n) == Ending::terminated) == broken);
      if (broken && n + 4 < batch.size()) CHECK(batch.observations(1, n + 4) == 0);
    }
    CHECK(faults > 0);
    CHECK(batch.episodes.faults == faults);
    CHECK(batch.episodes.returns.size() == static_cast<std::size_t>(faults));
    CHECK(batch.observations.allFinite());
    CHECK(batch.rewards.allFinite());
    CHECK(batch.successors.leftCols(batch.successor_count()).allFinite());
  }
}

TEST_CASE("impossible collectors are refused") {
  const auto make = [](const CollectorOptions& options) {
    return Collector<Walk>(VectorEnvironment<Walk>(Walk()), options);
  };
  CHECK_THROWS_AS(make({.steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(make({.shard_size = -1}), std::invalid_argument);
  CHECK_THROWS_AS(make({.gamma = 1.5}), std::invalid_argument);
}

TEST_CASE("a collector goes on from the statistics of another") {
  const Policy policy = make_policy();
  Context context;
  const CollectorOptions options{.steps = 20};
  Collector<Walk> first(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 4}), options);
  Batch<double> batch;
  first.collect(policy, context, batch);
  Collector<Walk> second(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 4, .seed = 5}), options);
  second.set_normalizer(first.normalizer());
  second.collect(policy, context, batch);
  // the first observations are seen as the other's statistics have it, and then both count
  Collector<Walk> raw(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 4, .seed = 5}), kRaw);
  Batch<double> unseen;
  raw.collect(policy, context, unseen);
  Vector<double> expected(2);
  for (Index e = 0; e < 4; ++e) {
    first.normalizer().apply(Vector<double>(unseen.observations.col(e)), expected);
    CHECK(batch.observations.col(e) == expected);
    CHECK(batch.observations.col(e) != unseen.observations.col(e));
  }
  CHECK(second.normalizer().moments().count() == 160);
  CHECK_THROWS_AS(second.set_normalizer(Normalizer(3)), std::invalid_argument);
}

TEST_CASE("a normaliser that is to freeze does so after the collection in which it has seen enough") {
  const Policy policy = make_policy();
  Context context({.threads = 2});
  const auto environments = [] { return VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 4}); };
  // 80 observations a collection, in four shards
  Collector<Walk> collector(environments(), {.steps = 20, .normalizer = {.freeze_after = 100}, .shard_size = 1});
  Batch<double> batch;
  const double counts[] = {80, 160, 160, 160};
  for (const double count : counts) {
    collector.collect(policy, context, batch);
    CHECK(collector.normalizer().moments().count() == count);
  }
  // from the start: given moments stay, and none are given all observations as they are
  Collector<Walk> given(environments(), {.steps = 20, .normalizer = {.freeze_after = 0}});
  given.set_normalizer(Normalizer(collector.normalizer().moments()));
  for (int round = 0; round < 2; ++round) given.collect(policy, context, batch);
  CHECK(given.normalizer().moments().mean() == collector.normalizer().moments().mean());
  CHECK(given.normalizer().moments().count() == 160);
  Collector<Walk> identity(environments(), {.steps = 20, .normalizer = {.freeze_after = 0}}), raw(environments(), kRaw);
  Batch<double> unseen;
  for (int round = 0; round < 2; ++round) {
    identity.collect(policy, context, batch);
    raw.collect(policy, context, unseen);
  }
  CHECK(batch.observations == unseen.observations);
}

TEST_CASE("a policy for another task is refused, in every build") {
  Context context;
  Rng rng(1);
  Batch<double> batch;
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk(), {.count = 4}), kRaw);
  CHECK_THROWS_WITH(collector.collect(Policy(2, 3, {}, rng), context, batch),
                    "Collector: expected a policy for 2 observations and 1 actions of walk, got one for 2 observations "
                    "and 3 actions");
  CHECK_THROWS_AS(collector.collect(Policy(5, 1, {}, rng), context, batch), std::invalid_argument);
  CHECK_THROWS_AS(collector.collect(CategoricalPolicy<double>(2, 3, {}, rng), context, batch), std::invalid_argument);
  CHECK(batch.size() == 0);
  CHECK_NOTHROW(collector.collect(Policy(Walk().spec(), {}, rng), context, batch));
}

TEST_CASE("the discount of scaled rewards is said once: by the options or by the advantage") {
  const Policy policy = make_policy();
  Context context;
  const auto collected = [&](std::optional<double> option, std::optional<double> advantage) {
    CollectorOptions options = kRaw;
    options.scale_rewards = true;
    options.gamma = option;
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 3}), options);
    if (advantage) collector.set_gamma(*advantage);
    CHECK(collector.gamma() == (option ? option : advantage));
    Batch<double> batch;
    for (int round = 0; round < 2; ++round) collector.collect(policy, context, batch);
    return batch.rewards;
  };
  CHECK(collected({}, 0.5) == collected(0.5, {}));
  CHECK(collected(0.5, 0.5) == collected(0.5, {}));
  CHECK(collected({}, 0.9) != collected(0.5, {}));
  CHECK_THROWS_WITH(collected({}, {}), Catch::Matchers::Contains("Collector: expected a gamma to scale rewards"));
  CHECK_THROWS_WITH(collected(0.9, 0.5),
                    "Collector: expected the gamma of the agent's advantage, 0.5, or none in its "
                    "options, got 0.9");
  CHECK_THROWS_AS(collected({}, 1.5), std::invalid_argument);
}

TEST_CASE("a normaliser is refused where observations are not normalised") {
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk()), kRaw);
  CHECK_THROWS_WITH(collector.set_normalizer(Normalizer(2)),
                    "Collector::set_normalizer: expected normalize_observations, got raw observations");
}

TEST_CASE("a frozen collector has the statistics of another, learns nothing, and has streams of its own") {
  const Policy policy = make_policy();
  Context context({.threads = 2});
  Collector<Walk> source(VectorEnvironment<Walk>(Walk({.bound = 2}), {.count = 5}),
                         {.steps = 20, .scale_rewards = true, .gamma = 0.9});
  Batch<double> batch;
  source.collect(policy, context, batch);
  Collector<Walk> frozen = source.frozen(3, 8, 4);
  CHECK(frozen.batch_size() == 24);
  CHECK(frozen.gamma() == 0.9);
  Batch<double> first;
  frozen.collect(policy, context, first);
  CHECK(first.first_times.isZero());
  CHECK(frozen.normalizer().moments().mean() == source.normalizer().moments().mean());
  CHECK(frozen.normalizer().moments().count() == 100);
  CHECK(frozen.reward_scaler().factor() == source.reward_scaler().factor());
  // what the first world saw, as the frozen moments show it; the reward is place and a tenth of the time
  const double place = 0.3 * std::clamp(first.actions(0), -1.0, 2.0);
  const auto& moments = source.normalizer().moments();
  const double x = first.observations(0, 0) * std::sqrt(moments.variance(0) + 1e-8) + moments.mean()[0];
  CHECK(first.rewards(0, 0) == Approx((x + place + 0.1) * source.reward_scaler().factor()).epsilon(1e-12));

  // shorter, it goes on where it was; the whole is the same
  Collector<Walk> other = source.frozen(3, 8, 4);
  Batch<double> part;
  other.collect(policy, context, part, 3);
  CHECK(part.steps() == 3);
  CHECK(part.actions == first.actions.leftCols(9));
  CHECK((part.endings.col(2) != Ending::none).all());
  other.collect(policy, context, part, 5);
  CHECK(part.actions == first.actions.rightCols(15));
  source.frozen(3, 8, 5).collect(policy, context, part);
  CHECK(part.actions != first.actions);
  CHECK_THROWS_AS(other.collect(policy, context, part, 9), std::invalid_argument);
}
