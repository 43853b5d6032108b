// SPDX-License-Identifier: MIT
#include "vantage/train/checkpoint.hpp"

#include <fstream>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using P = GaussianPolicy<float>;

// everything that has a state: normaliser, reward scaler, noise of the world, minibatches from the learner's stream
template <class E>
struct Learner {
  Context context;
  Collector<E> source;
  Agent<P, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<P>> agent;
  TrainingProgress progress;
  std::vector<double> lengths;  // mean length of the episodes that ended, an iteration

  Learner(const E& world, std::uint64_t seed, Index threads = 1, Index width = 8)
      : context({.seed = seed, .threads = threads}),
        source(VectorEnvironment<E>(world, {.count = 6, .seed = seed, .max_episode_steps = 33}),
               {.steps = 40, .scale_rewards = true}),
        agent{P(world.spec().observation_size, 1, {.hidden = {width}}, context.rng()),
              ValueNetwork<float>(world.spec().observation_size, {.hidden = {8}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 5, .optimizer = AdamOptions{.learning_rate = 3e-3}, .minibatch = 64}),
              Vpg<P>({.optimizer = AdamOptions{.learning_rate = 3e-3}})} {}

  void run(std::int64_t iterations) {
    train(source, agent, context, {.steps = 240 * iterations}, progress,
          [this](const IterationReport& report) { lengths.push_back(report.mean_length); });
  }
};

template <class E>
void check_same(Learner<E>& a, Learner<E>& b) {
  CHECK(a.agent.policy.parameters() == b.agent.policy.parameters());
  CHECK(a.agent.value.parameters() == b.agent.value.parameters());
  CHECK(a.context.rng() == b.context.rng());
  CHECK(a.progress.iterations == b.progress.iterations);
  CHECK(a.progress.env_steps == b.progress.env_steps);
  CHECK(a.progress.episodes == b.progress.episodes);
  CHECK(a.progress.recent_returns == b.progress.recent_returns);
  Batch<float> x, y;
  a.source.collect(a.agent.policy, a.context, x);
  b.source.collect(b.agent.policy, b.context, y);
  CHECK(x.observations == y.observations);
  CHECK(x.actions == y.actions);
  CHECK(x.log_probs == y.log_probs);
  CHECK(x.rewards == y.rewards);
  CHECK((x.endings == y.endings).all());
  CHECK(x.episodes.returns == y.episodes.returns);
  CHECK(x.episodes.lengths == y.episodes.lengths);
  const auto episodes = static_cast<Index>(x.episodes.returns.size());
  CHECK(x.episodes.reward_terms.leftCols(episodes) == y.episodes.reward_terms.leftCols(episodes));
}

template <class E>
void check_resume(const E& world) {
  const TemporaryFolder folder;
  for (const std::int64_t cut : {0, 1, 4}) {
    Learner<E> whole(world, 3);
    whole.run(7);

    Learner<E> first(world, 3);
    first.run(cut);
    save_checkpoint(folder / "c", first.source, first.agent, first.context, first.progress, {{"note", "kept"}});
    // other seeds and another number of threads: all that counts is in the file
    Learner<E> second(world, 77, 2);
    // an optimiser that has stepped does not take back the empty moments of one that has not
    if (cut > 0) second.run(1);
    const FileMetadata metadata =
        load_checkpoint(folder / "c", second.source, second.agent, second.context, second.progress);
    CHECK(metadata.at("note") == "kept");
    CHECK(second.progress.iterations == cut);
    second.lengths.clear();
    second.run(7);
    // also of the episodes that were under way at the cut
    CHECK(second.lengths == std::vector<double>(whole.lengths.begin() + cut, whole.lengths.end()));
    check_same(whole, second);
  }
}

}  // namespace

TEST_CASE("training that was stopped and resumed is training that never stopped") {
  check_resume(PointMass({.process_noise = 0.02}));
  check_resume(Pendulum());
}

TEST_CASE("saving changes nothing") {
  const TemporaryFolder folder;
  Learner<PointMass> a(PointMass(), 3), b(PointMass(), 3);
  a.run(2);
  b.run(2);
  save_checkpoint(folder / "c", a.source, a.agent, a.context, a.progress);
  a.run(4);
  b.run(4);
  check_same(a, b);
}

TEST_CASE("a checkpoint that does not fit or is damaged changes nothing") {
  const TemporaryFolder folder;
  Learner<PointMass> wide(PointMass(), 3, 1, 12);
  wide.run(1);
  save_checkpoint(folder / "wide", wide.source, wide.agent, wide.context, wide.progress);
  std::ifstream in(folder / "wide", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(folder / "half", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  // one bit of a number, which only the checksum can show
  Learner<PointMass> narrow(PointMass(), 3);
  save_checkpoint(folder / "flipped", narrow.source, narrow.agent, narrow.context, narrow.progress);
  std::fstream flipped(folder / "flipped", std::ios::binary | std::ios::in | std::ios::out);
  flipped.seekg(-100, std::ios::end);
  const int byte = flipped.get();
  flipped.seekp(-100, std::ios::end);
  flipped.put(static_cast<char>(byte ^ 4));
  flipped.close();

  for (const char* name : {"wide", "half", "flipped", "absent"}) {
    Learner<PointMass> a(PointMass(), 3), b(PointMass(), 3);
    a.run(2);
    b.run(2);
    CHECK_THROWS_AS(load_checkpoint(folder / name, a.source, a.agent, a.context, a.progress), FileError);
    a.run(3);
    b.run(3);
    check_same(a, b);
  }
}

TEST_CASE("a checkpoint from before the first step takes a learner that has stepped back to it") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  Learner<Pendulum> fresh(Pendulum(), 3);
  save_checkpoint(path, fresh.source, fresh.agent, fresh.context, fresh.progress);
  fresh.run(3);
  Learner<Pendulum> used(Pendulum(), 4);
  used.run(2);
  load_checkpoint(path, used.source, used.agent, used.context, used.progress);
  used.lengths.clear();
  used.run(3);
  check_same(fresh, used);
}

namespace {

/// An estimator that remembers how often it was asked.
struct Counting {
  Gae gae;
  double gamma = 0.99;
  mutable std::int64_t calls = 0;

  template <class S, class V>
  void operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const {
    ++calls;
    gae(batch, value, context, estimate);
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive("calls", calls);
  }
};

}  // namespace

TEST_CASE("what an advantage estimator remembers is part of a checkpoint") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  Learner<Pendulum> parts(Pendulum(), 3);
  Agent agent{parts.agent.policy, parts.agent.value, Counting{Gae{}}, parts.agent.value_update,
              parts.agent.policy_update};
  Agent other = agent;
  train(parts.source, agent, parts.context, {.steps = 240 * 2}, parts.progress);
  save_checkpoint(path, parts.source, agent, parts.context, parts.progress);
  load_checkpoint(path, parts.source, other, parts.context, parts.progress);
  CHECK(other.advantage.calls == 2);
}
