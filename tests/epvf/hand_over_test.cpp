// SPDX-License-Identifier: MIT
#include "vantage/epvf/hand_over.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/epvf/probing_states.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/policy/deterministic_policy.hpp"

namespace {

using namespace vantage;
using Names = std::vector<std::string>;
using Policy = DeterministicPolicy<float>;
using Probing = PolicyConditionedValue<float, ProbingStates<Policy>>;
using Functional = PolicyConditionedValue<float, UniversalFunctional<float>>;
using Raw = PolicyConditionedValue<float>;

// what a checkpoint of training holds, as far as the value goes
template <class V>
struct Saved {
  struct Agent {
    V value;
    template <class Archive>
    void serialize(Archive& archive) {
      archive("value", value);
    }
  } agent;
  template <class Archive>
  void serialize(Archive& archive) {
    archive("agent", agent);
  }
};

template <class V>
std::filesystem::path save(const TemporaryFolder& folder, const V& value) {
  const std::filesystem::path path = folder.path() / "checkpoint.safetensors";
  save_state(path, Saved<V>{{value}});
  return path;
}

Policy make_policy(Index observations, std::vector<Index> hidden = {}) {
  Rng rng(1);
  return Policy(observations, 1, {.hidden = std::move(hidden)}, rng);
}

Probing probing(const Policy& policy, std::uint64_t seed, std::vector<Index> hidden = {7, 5}, Index count = 6) {
  Rng rng(seed);
  Probing value(policy.parameters().size(), ProbingStates<Policy>(policy, {.count = count}),
                {.hidden = std::move(hidden), .raw_parameters = false}, rng);
  value.standardize(Vector<double>{{1.0, 2.0, 3.0 + static_cast<double>(seed)}});
  return value;
}

Functional functional(const Policy& policy, std::uint64_t seed, bool raw) {
  Rng rng(seed);
  return Functional(policy.parameters().size(), UniversalFunctional<float>(policy.parameter_space(), {.channels = 4}),
                    {.hidden = {7, 5}, .raw_parameters = raw}, rng);
}

Raw raw(Index parameters, std::uint64_t seed, std::vector<Index> hidden = {7, 5}) {
  Rng rng(seed);
  return Raw(parameters, {}, {.hidden = std::move(hidden)}, rng);
}

// the part of the parameters that has this name
template <class V>
Vector<float> part(const V& value, const std::string& name) {
  Index first = 0;
  for (const ParameterPart& candidate : value.parts()) {
    if (candidate.name == name) return value.parameters().segment(first, candidate.size());
    first += candidate.size();
  }
  FAIL("no part " << name);
  return {};
}

template <class V>
Names names(const V& value) {
  Names result;
  for (const ParameterPart& part : value.parts()) result.push_back(part.name);
  return result;
}

// the parts that are taken are those of `from`, the others are as before
template <class From, class To>
void check_parts(const From& from, const To& before, const To& after, const HandOverReport& report) {
  for (const std::string& name : report.taken) CHECK(part(after, name) == part(from, name));
  for (const std::string& name : report.fresh) CHECK(part(after, name) == part(before, name));
  Names all = report.taken;
  all.insert(all.end(), report.fresh.begin(), report.fresh.end());
  CHECK_THAT(all, Catch::Matchers::UnorderedEquals(names(after)));
}

template <class V>
void check_equal_values(const V& one, const V& two, Index parameters) {
  Rng rng(4);
  Matrix<float> thetas(parameters, 9);
  for (float& theta : thetas.reshaped()) theta = static_cast<float>(rng.normal());
  Context context;
  Vector<float> expected(9), got(9);
  one.predict(thetas, context, expected);
  two.predict(thetas, context, got);
  CHECK(got == expected);
}

TEST_CASE("parts of V of policies are all of its parameters, in their order") {
  const Policy policy = make_policy(3, {4});
  const auto check = [](const auto& value, const Names& expected) {
    const auto parts = value.parts();
    CHECK(names(value) == expected);
    CHECK(std::accumulate(parts.begin(), parts.end(), Index{0}, [](Index sum, const ParameterPart& part) {
            return sum + part.size();
          }) == value.parameters().size());
  };
  check(probing(policy, 1), {"states", "feature_weights", "first_biases", "layer_1", "layer_2"});
  check(functional(policy, 1, true), {"functional_layer_0", "functional_layer_1", "raw_weights", "feature_weights",
                                      "first_biases", "layer_1", "layer_2"});
  check(raw(21, 1, {3}), {"raw_weights", "first_biases", "layer_1"});
  // V = m + d f moves with the last of layer_2 alone: the bias of its output
  Probing value = probing(policy, 1);
  const Vector<float> layer = part(value, "layer_2");
  CHECK(layer.size() == 6);
  CHECK(layer == value.parameters().tail(6));
}

TEST_CASE("V of policies that all fits has the other's values") {
  const TemporaryFolder folder;
  const Policy policy = make_policy(4, {3});
  const auto check = [&](const auto& from, auto to) {
    const auto before = to;
    const HandOverReport report = hand_over(save(folder, from), to);
    CHECK(report.taken == names(from));
    CHECK(report.fresh.empty());
    CHECK(to.parameters() == from.parameters());
    CHECK(to.parameters() != before.parameters());
    CHECK(to.return_mean() == from.return_mean());
    CHECK(to.return_deviation() == from.return_deviation());
    check_equal_values(from, to, policy.parameters().size());
  };
  check(probing(policy, 1), probing(policy, 2));
  check(functional(policy, 1, true), functional(policy, 2, true));
  check(raw(policy.parameters().size(), 1), raw(policy.parameters().size(), 2));
}

TEST_CASE("what does not fit stays fresh") {
  const TemporaryFolder folder;
  const auto check = [&](const auto& from, auto to, const Names& fresh) {
    const auto before = to;
    const HandOverReport report = hand_over(save(folder, from), to);
    CHECK(report.fresh == fresh);
    check_parts(from, before, to, report);
  };
  const Policy small = make_policy(4), large = make_policy(9), deep = make_policy(4, {3});
  // states of another world; those of another policy over the same observations fit
  check(probing(small, 1), probing(large, 2), {"states"});
  check(probing(small, 1), probing(deep, 2), {});
  // as many numbers in another shape
  check(probing(make_policy(6), 1, {7, 5}, 4), probing(make_policy(4), 2, {7, 5}, 6), {"states", "feature_weights"});
  check(probing(small, 1, {7, 5}), probing(small, 2, {7, 6}), {"layer_1", "layer_2"});
  // inputs and outputs are channels of the first functional layer
  check(functional(small, 1, false), functional(large, 2, false), {"functional_layer_0"});
  check(functional(small, 1, true), functional(large, 2, true), {"functional_layer_0", "raw_weights"});
  check(raw(5, 1), raw(8, 2), {"raw_weights"});
  // another representation: only what lies above
  check(raw(5, 1), probing(small, 2), {"states", "feature_weights"});
}

TEST_CASE("a V that cannot be handed over is refused, and nothing changes") {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::filesystem::path& path, const std::string& words) {
    Raw value = raw(5, 2);
    const Vector<float> before = value.parameters();
    CHECK_THROWS_AS(hand_over(path, value), FileError);
    CHECK_THROWS_WITH(hand_over(path, value), Catch::Contains(words) && Catch::Contains(path.string()));
    CHECK(value.parameters() == before);
    CHECK(value.return_deviation() == 1);
  };
  refuses(save(folder, raw(8, 1, {32})),
          "expected a part of the value function that fits; raw_weights of [7, 5], got [32, 8]; first_biases");
  refuses(folder.path() / "missing.safetensors", "missing.safetensors");
  Raw broken = raw(8, 1);
  broken.parameters().tail(1).setConstant(std::numeric_limits<float>::quiet_NaN());
  refuses(save(folder, broken), "expected finite layer_2");
  write_file_atomically(folder.path() / "text.safetensors", "not a checkpoint");
  refuses(folder.path() / "text.safetensors", "not a valid safetensors file");
  StateWriter writer;
  writer("agent.policy.parameters", Vector<float>(Vector<float>::Zero(5)));
  writer.save(folder.path() / "gradient.safetensors");
  refuses(folder.path() / "gradient.safetensors", "expected a checkpoint of EPVF");
}

}  // namespace
