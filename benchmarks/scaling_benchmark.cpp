// SPDX-License-Identifier: MIT
// What an iteration of VPG on HalfCheetah costs where ranks share it, beside what a model of it says: see
// docs/scaling.md. Constants of the model are measured first, on rank 0 alone and between the ranks.
//   mpirun -n R scaling_benchmark [--batch N] [--steps K_V] [--delay MICROSECONDS] [--fast]
//   scaling_benchmark --predict LATENCY_MICROSECONDS GIGABYTES_A_SECOND
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/mpi/mpi_world.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using World = mujoco::HalfCheetahEnvironment;
using Policy = GaussianPolicy<float>;
using Clock = std::chrono::steady_clock;

struct Request {
  Index batch = 2048;
  Index value_steps = 50;
  double delay = 0;  // s, of every call of the communicator
  bool fast = false;
  double latency = 0;    // s, of the network that is thought of; 0: none is
  double bandwidth = 0;  // bytes / s
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// the least time of a core that some work of one thread takes, whoever else uses the machine
template <class Body>
double least(int rounds, const Body& body) {
  double best = 1e300;
  for (int round = 0; round < rounds; ++round) {
    const std::clock_t start = std::clock();
    body();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

// a communicator that speaks by another one, later: what a slower network does
struct Delayed {
  Communicator inner;
  double delay = 0;

  Communicator communicator() {
    Communicator result = inner;
    result.state = this;
    result.gather = [](void* state, std::byte* bytes, const std::int64_t* offsets) {
      const Delayed& self = wait(state);
      self.inner.gather(self.inner.state, bytes, offsets);
    };
    if (!inner.sums_in_any_order()) return result;
    result.sum_floats = [](void* state, float* numbers, Index count) {
      const Delayed& self = wait(state);
      self.inner.sum_floats(self.inner.state, numbers, count);
    };
    result.sum_doubles = [](void* state, double* numbers, Index count) {
      const Delayed& self = wait(state);
      self.inner.sum_doubles(self.inner.state, numbers, count);
    };
    return result;
  }

  static const Delayed& wait(void* state) {
    const Delayed& self = *static_cast<Delayed*>(state);
    const auto start = Clock::now();
    while (self.delay > 0 && seconds_since(start) < self.delay) {
    }
    return self;
  }
};

struct Trainer {
  Context context;
  Collector<World> source;
  Agent<Policy, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<Policy>> agent;
  TrainingProgress progress;

  Trainer(const Communicator& ranks, const Request& request)
      : context({.seed = 1, .communicator = ranks}),
        source(VectorEnvironment<World>(World(), {.count = 16 * std::max<Index>(1, request.batch / 2048),
                                                  .action_map = ActionMap::clip_and_rescale}),
               {.steps = 128, .shard_size = 1}),
        agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              // a learning rate of 0: every iteration does the same physics
              ValueRegression<float>({.steps = request.value_steps, .optimizer = AdamOptions{.learning_rate = 0}}),
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 0}})} {}

  void run(Index iterations) {
    train(source, agent, context, {.steps = progress.env_steps + iterations * source.batch_size()}, progress);
  }
};

// what the model is made of, s
struct Constants {
  double step = 0;      // of a world, the policy's action included
  double gradient = 0;  // of a sample in a value step, which one of the policy costs too
  double forward = 0;   // of a sample
  double add = 0;       // of a number of a partial sum to the sum
  double adam = 0;      // of a parameter
  double latency = 0;   // of a gather
  double byte = 0;      // of a byte that a gather ends with
  Index value_size = 0, policy_size = 0, sample_bytes = 0;
};

Constants measure_alone(const Request& request) {
  Trainer alone({}, request);
  Constants result;
  Batch<float> batch;
  alone.source.collect(alone.agent.policy, alone.context, batch);
  const auto samples = static_cast<double>(batch.size());
  const auto collect = [&] { alone.source.collect(alone.agent.policy, alone.context, batch); };
  result.step = least(5, collect) / samples;
  auto& value = alone.agent.value;
  Vector<float> values(batch.size()), gradient;
  const auto predict = [&] { value.predict(batch.observations, alone.context, values); };
  result.forward = least(20, predict) / samples;
  result.value_size = value.parameters().size();
  result.policy_size = alone.agent.policy.parameters().size();
  result.sample_bytes = 4 * (batch.observations.rows() + batch.actions.rows() + 2) + 1;
  Matrix<float> columns = Matrix<float>::Ones(result.value_size, kMostPartials);
  Vector<float> sum = Vector<float>::Zero(result.value_size);
  const double numbers = static_cast<double>(columns.size());
  result.add = least(50,
                     [&] {
                       for (Index p = 0; p < columns.cols(); ++p) sum += columns.col(p);
                     }) /
               numbers;
  Adam<float> adam({.learning_rate = 0});
  constexpr int kSteps = 200;
  result.adam = least(20,
                      [&] {
                        for (int i = 0; i < kSteps; ++i) adam.step(value.parameters(), sum);
                      }) /
                (kSteps * static_cast<double>(sum.size()));
  const double whole = least(10, [&] {
    value.gradient(
        batch.observations, [](Index, const VectorRef<float>&, VectorRef<float> weights) { weights.setOnes(); },
        alone.context, gradient);
  });
  const double partials =
      static_cast<double>(std::min(kMostPartials, (batch.size() + kBlockSamples - 1) / kBlockSamples));
  result.gradient = (whole - partials * static_cast<double>(result.value_size) * result.add) / samples;
  return result;
}

// of a gather of so many bytes from each rank
double gather_seconds(const Communicator& ranks, std::int64_t each, bool delayed) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(each * ranks.size));
  std::vector<std::int64_t> offsets;
  for (Index rank = 0; rank <= ranks.size; ++rank) offsets.push_back(each * rank);
  const int repeats = each > 1000 || delayed ? 20 : 500;
  double best = 1e300;
  for (int round = 0; round < 5; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < repeats; ++i) ranks.gather(ranks.state, bytes.data(), offsets.data());
    best = std::min(best, seconds_since(start) / repeats);
  }
  return best;
}

void measure_ranks(const Communicator& ranks, bool delayed, Constants& constants) {
  if (ranks.is_alone()) return;
  constants.latency = gather_seconds(ranks, 8, delayed);
  const std::int64_t much = 1 << 18;
  constants.byte = (gather_seconds(ranks, much, delayed) - constants.latency) / static_cast<double>(much * ranks.size);
}

struct Cost {
  double collect = 0, value = 0, policy = 0;  // s an iteration

  [[nodiscard]] double all() const { return collect + value + policy; }
};

// of an iteration of `cores` ranks of one thread
Cost model(const Constants& c, Index cores, Index batch, Index value_steps, bool fast) {
  const bool shared = cores > 1;
  const Index blocks = (batch + kBlockSamples - 1) / kBlockSamples;
  const Index partials = std::min(kMostPartials, blocks);
  // samples of the rank that has most
  const auto most = static_cast<double>((partials + cores - 1) / cores * (blocks / partials) * kBlockSamples);
  const auto gather = [&](double bytes) { return shared ? c.latency + bytes * c.byte : 0.0; };
  const auto samples = static_cast<double>(batch);
  // a sum of so many numbers over all samples
  const auto sum = [&](Index size) {
    const auto numbers = static_cast<double>(size);
    if (fast && shared) return 2 * gather(4 * numbers);
    const double told = static_cast<double>(partials) * numbers;
    return gather(4 * told) + told * c.add;
  };
  const double values = most * c.forward + gather(4 * samples);
  Cost cost;
  const double worlds = std::ceil(samples / 128 / static_cast<double>(cores)) * 128;
  cost.collect = worlds * c.step + (shared ? c.latency : 0) + gather(samples * static_cast<double>(c.sample_bytes));
  cost.value = 2 * values + static_cast<double>(value_steps) *
                                (most * c.gradient + sum(c.value_size) + static_cast<double>(c.value_size) * c.adam);
  cost.policy = most * c.gradient + sum(c.policy_size) + static_cast<double>(c.policy_size) * c.adam +
                2 * most * c.forward + 3 * gather(4 * samples);
  return cost;
}

void print_constants(const Constants& c) {
  std::printf("of a world's step %.2f us; of a sample: %.3f us a gradient, %.3f us a forward pass\n", c.step * 1e6,
              c.gradient * 1e6, c.forward * 1e6);
  std::printf(
      "of a number: %.3f ns to add, %.2f ns a step of Adam; parameters: %d value, %d policy; %d bytes a sample\n",
      c.add * 1e9, c.adam * 1e9, static_cast<int>(c.value_size), static_cast<int>(c.policy_size),
      static_cast<int>(c.sample_bytes));
  if (c.latency > 0) std::printf("a gather: %.1f us, and %.3f ns a byte\n", c.latency * 1e6, c.byte * 1e9);
}

void print_row(const char* name, const Cost& cost) {
  std::printf("%-9s %9.2f %9.2f %9.2f %9.2f\n", name, cost.collect * 1e3, cost.value * 1e3, cost.policy * 1e3,
              cost.all() * 1e3);
}

void compare(MpiWorld& world, const Request& request) {
  Delayed delayed{world.communicator(request.fast), request.delay};
  const Communicator ranks = world.size() > 1 ? delayed.communicator() : Communicator{};
  Constants constants = measure_alone(request);
  measure_ranks(ranks, request.delay > 0, constants);
  Trainer trainer(ranks, request);
  trainer.run(2);
  Cost best{1e300, 1e300, 1e300};
  for (int round = 0; round < 8; ++round) {
    const TrainingProgress before = trainer.progress;
    trainer.run(1);
    best.collect = std::min(best.collect, trainer.progress.collect_seconds - before.collect_seconds);
    best.value = std::min(best.value, trainer.progress.value_seconds - before.value_seconds);
    best.policy = std::min(best.policy, trainer.progress.policy_seconds - before.policy_seconds);
  }
  if (world.rank() != 0) return;
  std::printf("HalfCheetah, 64-64 tanh, batch %d, K_V = %d, %d ranks of one thread%s; ms an iteration, best of 8\n",
              static_cast<int>(trainer.source.batch_size()), static_cast<int>(request.value_steps),
              static_cast<int>(world.size()), request.fast ? ", sums by all-reduce" : "");
  print_constants(constants);
  std::printf("%-9s %9s %9s %9s %9s\n", "", "collect", "value", "policy", "all");
  print_row("measured", best);
  print_row("model", model(constants, world.size(), trainer.source.batch_size(), request.value_steps, request.fast));
}

void predict(const Request& request) {
  Constants constants = measure_alone(request);
  print_constants(constants);
  for (const Index batch : {Index{2048}, Index{65536}, Index{1048576}}) {
    std::printf("\nbatch %d, K_V = %d: ms an iteration of values, of all, and times as fast as one core\n",
                static_cast<int>(batch), static_cast<int>(request.value_steps));
    std::printf("%6s %34s %34s\n", "", "fixed order", "fast");
    const double alone = model(constants, 1, batch, request.value_steps, false).all();
    for (const Index cores : {1, 8, 16, 64, 256, 1024}) {
      // a gather takes a step for each doubling of the ranks
      Constants there = constants;
      there.latency = request.latency * std::ceil(std::log2(static_cast<double>(cores)));
      there.byte = 1 / request.bandwidth;
      std::printf("%6d", static_cast<int>(cores));
      for (const bool fast : {false, true}) {
        const Cost cost = model(there, cores, batch, request.value_steps, fast);
        std::printf(" %11.2f %11.2f %10.1f", cost.value * 1e3, cost.all() * 1e3, alone / cost.all());
      }
      std::printf("\n");
    }
  }
}

Request read(int argc, char** argv) {
  Request request;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto number = [&](std::size_t& at) {
    if (++at == words.size()) throw std::invalid_argument("expected a number after " + words[at - 1]);
    const double value = std::atof(words[at].c_str());
    if (!(value > 0)) throw std::invalid_argument("expected a number > 0, got " + words[at]);
    return value;
  };
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string word = words[at];
    if (word == "--batch") {
      request.batch = static_cast<Index>(number(at));
    } else if (word == "--steps") {
      request.value_steps = static_cast<Index>(number(at));
    } else if (word == "--delay") {
      request.delay = 1e-6 * number(at);
    } else if (word == "--fast") {
      request.fast = true;
    } else if (word == "--predict") {
      request.latency = 1e-6 * number(at);
      request.bandwidth = 1e9 * number(at);
    } else {
      throw std::invalid_argument("expected --batch, --steps, --delay, --fast or --predict, got " + word);
    }
  }
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Request request = read(argc, argv);
    if (request.latency > 0) {
      predict(request);
      return 0;
    }
    MpiWorld world;
    compare(world, request);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "scaling_benchmark: %s\n", error.what());
    return 2;
  }
  return 0;
}
