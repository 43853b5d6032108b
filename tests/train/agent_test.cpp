// SPDX-License-Identifier: MIT
#include "vantage/train/agent.hpp"

#include <limits>
#include <type_traits>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

// an estimator that remembers, as one of a user's may
struct Remembering {
  double seen = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("seen", seen);
  }
};

template <class A>
auto make_agent(std::uint64_t seed, A advantage) {
  using P = GaussianPolicy<double>;
  Rng rng(seed);
  return Agent{P(2, 1, {.hidden = {4}}, rng), ValueNetwork<double>(2, {.hidden = {4}}, rng), advantage,
               ValueRegression<double>(), Vpg<P>()};
}

}  // namespace

TEST_CASE("an agent goes back to another part by part, also where a part cannot be assigned") {
  auto agent = make_agent(1, Remembering{2});
  const auto other = make_agent(2, Remembering{3});
  REQUIRE(agent.policy.parameters() != other.policy.parameters());
  detail::restore(agent, other);
  CHECK(agent.policy.parameters() == other.policy.parameters());
  CHECK(agent.value.parameters() == other.value.parameters());
  CHECK(agent.advantage.seen == 3);

  double gamma = 0.9;
  const auto estimator = [&gamma] { return gamma; };
  auto with_function = make_agent(1, estimator);
  static_assert(!std::is_copy_assignable_v<decltype(with_function.advantage)>);
  detail::restore(with_function, make_agent(2, estimator));
  CHECK(with_function.policy.parameters() == other.policy.parameters());
}

TEST_CASE("an agent is saved whole, with an estimator that remembers") {
  auto agent = make_agent(1, Remembering{2});
  auto read = make_agent(2, Remembering{3});
  const TemporaryFolder folder;
  const auto file = folder / "agent.safetensors";
  save_state(file, agent);
  load_state(file, read);
  CHECK(read.policy.parameters() == agent.policy.parameters());
  CHECK(read.value.parameters() == agent.value.parameters());
  CHECK(read.advantage.seen == 2);
}

TEST_CASE("parameters are finite or not; what has none is") {
  auto agent = make_agent(1, Remembering{});
  CHECK(detail::finite_parameters(agent.value));
  agent.value.parameters()[3] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(detail::finite_parameters(agent.value));
  CHECK(detail::finite_parameters(agent.advantage));
}
