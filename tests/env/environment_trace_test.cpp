// SPDX-License-Identifier: MIT
#include "vantage/env/environment_trace.hpp"

#include <limits>

#include "catch.hpp"
#include "counter.hpp"

using namespace vantage;
using namespace vantage::detail;
using Catch::Matchers::ContainsSubstring;
using testing::Counter;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

EnvironmentRecorder<Counter> recorder_of(const Counter& environment) {
  return {environment.spec(), {.seed = 7, .steps = 12, .episode_steps = 5}};
}

}  // namespace

TEST_CASE("a trace holds each reset and each step, with actions from the seed") {
  // ends by themselves after 3 steps, or by the trace's limit of 5
  for (const int last : {3, 100}) {
    Counter environment{.last = last};
    const EnvironmentTrace trace = recorder_of(environment).record(environment);
    const int episode = last == 3 ? 3 : 5;
    REQUIRE(trace.size() == static_cast<std::size_t>(12 + 1 + 12 / episode));
    Rng actions(7, StreamPurpose::check, 1);
    for (std::size_t i = 0; i < trace.size(); ++i) {
      INFO("call " << i);
      const int n = static_cast<int>(i) % (episode + 1);
      CHECK(trace[i].is_reset == (n == 0));
      CHECK(trace[i].observation == (Vector<double>(2) << n, -n).finished());
      CHECK(trace[i].result.terminated == (n == last));
      // up to the rounding that a fused multiplication saves
      CHECK(trace[i].result.reward ==
            Approx(n == 0 ? 0 : n + 10 * actions.uniform(-1, 1)).epsilon(1e-14).margin(1e-14));
    }
  }
}

TEST_CASE("a trace lets a look in ahead of each step") {
  Counter environment;
  Index calls = 0;
  const auto jump = [&](Index i, Counter& current, const Vector<double>&) {
    CHECK(i == calls++);
    if (i == 2) current.n = 40;
  };
  const EnvironmentTrace trace = recorder_of(environment).record(environment, jump);
  CHECK(calls == 12);
  CHECK(trace[2].observation[0] == 2);
  CHECK(trace[3].observation[0] == 41);
}

TEST_CASE("a trace of faults alone is refused") {
  // half of the steps may be faults, more may not
  Counter half{.broken = 2}, all{.broken = 1};
  CHECK_NOTHROW(recorder_of(half).record(half));
  CHECK_THROWS_WITH(recorder_of(all).record(all),
                    ContainsSubstring("check_environment(Counter): step: 12 of 12 steps were faults"));
}

TEST_CASE("two traces are the same in every bit, or the first difference is named") {
  Counter environment{.broken = 4};
  const EnvironmentRecorder<Counter> recorder = recorder_of(environment);
  const EnvironmentTrace trace = recorder.record(environment);
  CHECK_NOTHROW(recorder.compare(trace, trace, "same"));
  const auto problem = [&](auto&& change) {
    EnvironmentTrace other = trace;
    change(other);
    try {
      recorder.compare(trace, other, "twice");
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(problem([](EnvironmentTrace& t) { t[2].observation[1] = -2.5; }) ==
        "check_environment(Counter): twice (call 2, a step: observation[1] -2 and -2.5)");
  CHECK_THAT(problem([](EnvironmentTrace& t) { t[0].observation[0] = -t[0].observation[0]; }),
             ContainsSubstring("(call 0, a reset: observation[0] 0 and -0)"));
  CHECK_THAT(problem([](EnvironmentTrace& t) { t[3].result.reward += 1; }),
             ContainsSubstring("(call 3, a step: reward"));
  CHECK_THAT(problem([](EnvironmentTrace& t) { t[1].result.terminated = true; }),
             ContainsSubstring("(call 1, a step: how the step ended)"));
  CHECK_THAT(problem([](EnvironmentTrace& t) { t[1].is_reset = true; }), ContainsSubstring("how the step ended)"));
  // the numbers of a fault are not used, but that it is one is
  REQUIRE(trace[4].result.fault);
  CHECK(problem([](EnvironmentTrace& t) { t[4].observation[0] = t[4].result.reward = 99; }) == "none");
  CHECK_THAT(problem([](EnvironmentTrace& t) { t[4].result.fault = false; }), ContainsSubstring("(call 4"));
}

TEST_CASE("bits are compared, not values") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(same_bits(nan, nan));
  CHECK(same_bits(0.5, 0.5));
  CHECK_FALSE(same_bits(0.0, -0.0));
}

TEST_CASE("random actions keep to the bounds, and to a range where there are none") {
  EnvironmentSpec spec;
  spec.name = "Four";
  spec.observation_size = 1;
  spec.action_low = (Vector<double>(4) << 2, -kInfinity, 5, -kInfinity).finished();
  spec.action_high = (Vector<double>(4) << 3, 4, kInfinity, kInfinity).finished();
  const EnvironmentRecorder<Counter> recorder(spec, {.action_range = 0.5});
  Rng rng(1), same(1);
  for (int k = 0; k < 20; ++k) {
    const Vector<double> action = recorder.random_action(rng);
    CHECK(action[0] == Approx(same.uniform(2, 3)).epsilon(1e-14));
    CHECK(action[1] == Approx(same.uniform(3.5, 4)).epsilon(1e-14));
    CHECK(action[2] == Approx(same.uniform(5, 5.5)).epsilon(1e-14));
    CHECK(action[3] == Approx(same.uniform(-0.5, 0.5)).epsilon(1e-14));
  }
  EnvironmentSpec moves;
  moves.discrete_actions = 3;
  CHECK(EnvironmentRecorder<Counter>(moves, {}).random_action(rng)[0] == static_cast<double>(same.below(3)));
}
