// SPDX-License-Identifier: MIT
#include "vantage/policy/policy_file.hpp"

#include <fstream>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "policy/switches.hpp"
#include "vantage/rollout/collector.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

GaussianPolicy<float> make(const GaussianPolicyOptions& options) {
  Rng rng(5);
  GaussianPolicy<float> policy(2, 1, options, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.2 * rng.normal());
  return policy;
}

Normalizer seen() {
  Normalizer normalizer(2, {.clip = 3, .epsilon = 0.01});
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(1, 5));
  moments.add(Eigen::Vector2d(2, -4));
  normalizer.update(moments);
  return normalizer;
}

}  // namespace

TEST_CASE("a file holds the distribution, the normaliser, the action map and the bounds") {
  const TemporaryFolder folder;
  Context context;
  const Normalizer normalizer = seen();
  const EnvironmentSpec spec = Walk().spec();
  const Matrix<float> observations = Matrix<float>::Random(2, 6);
  for (const bool state_dependent : {false, true}) {
    for (const bool bounded : {false, true}) {
      GaussianPolicyOptions options{.hidden = {5, 4}, .activation = Activation::elu};
      options.state_dependent_std = state_dependent;
      if (bounded) options.log_std_bounds = LogStdBounds{-3, 1};
      const auto policy = make(options);
      const Normalizer* used = state_dependent ? nullptr : &normalizer;
      save_policy(folder / "p", policy, used, ActionMap::clip, spec, {{"note", "kept"}});
      const PolicyFile<float> file = load_policy<float>(folder / "p");
      CHECK(file.policy.parameters() == policy.parameters());
      CHECK(file.policy.discrete_actions() == 0);
      CHECK(file.action_map == ActionMap::clip);
      CHECK(file.action_low == spec.action_low);
      CHECK(file.action_high == spec.action_high);
      CHECK(file.normalizer.has_value() == (used != nullptr));
      CHECK(file.metadata.at("note") == "kept");
      CHECK(file.metadata.at("task") == "walk");
      // the distribution, not the mode alone
      Vector<float> mine(6), theirs(6);
      policy.entropy(observations, context, mine);
      file.policy.entropy(observations, context, theirs);
      CHECK(mine == theirs);
    }
  }
}

TEST_CASE("a file holds a categorical policy") {
  const TemporaryFolder folder;
  Context context;
  Rng rng(5);
  CategoricalPolicy<float> policy(2, 3, {.hidden = {5, 4}, .activation = Activation::relu}, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.5 * rng.normal());
  const Normalizer normalizer = seen();
  save_policy(folder / "p", policy, &normalizer, ActionMap::none, switches());
  const PolicyFile<float> file = load_policy<float>(folder / "p");
  CHECK(file.policy.parameters() == policy.parameters());
  CHECK(file.policy.discrete_actions() == 3);
  CHECK(file.policy.action_size() == 1);
  CHECK(file.action_low.size() == 0);
  CHECK(file.normalizer.has_value());
  CHECK(file.metadata.at("distribution") == "categorical");
  const Matrix<float> observations = Matrix<float>::Random(2, 6);
  Vector<float> mine(6), theirs(6);
  policy.log_prob(observations, Matrix<float>::Constant(1, 6, 2), context, mine);
  file.policy.log_prob(observations, Matrix<float>::Constant(1, 6, 2), context, theirs);
  CHECK(mine == theirs);
}

TEST_CASE("a file holds an encoder and layer norm") {
  const TemporaryFolder folder;
  Context context;
  Rng rng(5);
  const Matrix<float> observations = Matrix<float>::Random(2, 60);
  const auto check = [&](auto policy, const EnvironmentSpec& spec, const char* encoder, bool layer_norm) {
    for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.5 * rng.normal());
    save_policy(folder / "p", policy, nullptr, ActionMap::none, spec);
    const PolicyFile<float> file = load_policy<float>(folder / "p");
    CHECK(file.policy.parameters() == policy.parameters());
    CHECK(file.policy.observation_size() == 2);
    CHECK(file.metadata.contains("encoder") == (*encoder != '\0'));
    if (*encoder != '\0') CHECK(file.metadata.at("encoder") == encoder);
    CHECK(file.metadata.contains("layer_norm") == layer_norm);
    Matrix<float> mine(1, 60), theirs(1, 60);
    policy.mode(observations, mine, context, 0);
    file.policy.mode(observations, theirs, context, 0);
    CHECK(mine == theirs);
    CHECK(mine.maxCoeff() > mine.minCoeff());
  };
  for (const bool layer_norm : {false, true}) {
    GaussianPolicyOptions options{.hidden = {5, 4}, .activation = Activation::silu};
    options.layer_norm = layer_norm;
    check(GaussianPolicy<float>(2, 1, options, rng), Walk().spec(), "", layer_norm);
    options.encoder = {{1, {3, 2}}, {1, {}}};
    check(GaussianPolicy<float>(2, 1, options, rng), Walk().spec(), "1:3,2+1", layer_norm);
    options.state_dependent_std = true;
    options.hidden.clear();
    check(GaussianPolicy<float>(2, 1, options, rng), Walk().spec(), "1:3,2+1", layer_norm);
    const CategoricalPolicyOptions choices{.hidden = {6}, .layer_norm = layer_norm, .encoder = {{2, {7}}}};
    check(CategoricalPolicy<float>(2, 3, choices, rng), switches(), "2:7", layer_norm);
    const DeterministicPolicyOptions response{.hidden = {6}, .layer_norm = layer_norm};
    check(DeterministicPolicy<float>(2, 1, response, rng), Walk().spec(), "", layer_norm);
  }
}

TEST_CASE("a file holds a deterministic policy") {
  const TemporaryFolder folder;
  Context context;
  Rng rng(5);
  const Normalizer normalizer = seen();
  const Matrix<float> observations = Matrix<float>::Random(2, 60);
  const auto check = [&](auto policy, const EnvironmentSpec& spec) {
    for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.5 * rng.normal());
    save_policy(folder / "p", policy, &normalizer, ActionMap::none, spec);
    const PolicyFile<float> file = load_policy<float>(folder / "p");
    CHECK(file.policy.parameters() == policy.parameters());
    CHECK(file.policy.discrete_actions() == policy.discrete_actions());
    CHECK(file.policy.action_size() == 1);
    CHECK(file.metadata.at("distribution") == "deterministic");
    Matrix<float> mine(1, 60), theirs(1, 60);
    policy.mode(observations, mine, context, 0);
    file.policy.mode(observations, theirs, context, 0);
    CHECK(mine == theirs);
    CHECK(mine.maxCoeff() > mine.minCoeff());
  };
  DeterministicPolicyOptions options{.hidden = {5, 4}, .activation = Activation::relu, .output_gain = 0.1};
  check(DeterministicPolicy<float>(2, 1, options, rng), Walk().spec());
  check(DeterministicPolicy<float>::discrete(2, 3, options, rng), switches());
  options.squash = Squash::none;
  check(DeterministicPolicy<float>(2, 1, options, rng), Walk().spec());
}

TEST_CASE("a policy is not saved for a task with other actions") {
  const TemporaryFolder folder;
  Rng rng;
  const CategoricalPolicy<float> two(2, 2, {}, rng);
  CHECK_THROWS_WITH(save_policy(folder / "p", two, nullptr, ActionMap::none, switches()),
                    Catch::Matchers::ContainsSubstring("save_policy"));
  CHECK_THROWS_AS(save_policy(folder / "p", two, nullptr, ActionMap::none, Walk().spec()), std::invalid_argument);
  CHECK_THROWS_AS(save_policy(folder / "p", make({}), nullptr, ActionMap::none, switches()), std::invalid_argument);
  const DeterministicPolicy<float> none(2, 1, {}, rng);
  CHECK_THROWS_AS(save_policy(folder / "p", none, nullptr, ActionMap::none, switches()), std::invalid_argument);
}

TEST_CASE("a file from before there were other distributions holds a Gaussian") {
  const TemporaryFolder folder;
  const auto policy = make({.hidden = {3}});
  StateWriter writer;
  for (const auto& [key, value] : FileMetadata{{"format", "vantage policy 1"},
                                               {"task", "walk"},
                                               {"widths", "2,3,1"},
                                               {"activation", "tanh"},
                                               {"action_map", "clip"},
                                               {"standard_deviation", "free"}}) {
    writer.set_metadata(key, value);
  }
  writer("policy.parameters", policy.parameters());
  writer("action_low", Walk().spec().action_low);
  writer("action_high", Walk().spec().action_high);
  writer.save(folder / "old");
  CHECK(load_policy<float>(folder / "old").policy.parameters() == policy.parameters());
}

TEST_CASE("other files are refused by name") {
  const TemporaryFolder folder;
  const auto load = [&](const char* name) { return load_policy<float>(folder / name); };
  CHECK_THROWS_AS(load("absent"), FileError);
  std::ofstream(folder / "text") << "not a policy";
  CHECK_THROWS_AS(load("text"), FileError);
  auto policy = make({.hidden = {3}});
  save_state(folder / "state", policy);
  save_policy(folder / "p", policy, nullptr, ActionMap::clip, Walk().spec());
  CHECK_THROWS_WITH(load("state"), Catch::Matchers::ContainsSubstring((folder / "state").string()));

  // numbers that are not finite
  policy.parameters()[0] = std::numeric_limits<float>::quiet_NaN();
  StateWriter writer;
  for (const auto& [key, value] : load_policy<float>(folder / "p").metadata) {
    if (key != "fnv1a64") writer.set_metadata(key, value);
  }
  writer("policy.parameters", policy.parameters());
  writer("action_low", Walk().spec().action_low);
  writer("action_high", Walk().spec().action_high);
  writer.save(folder / "nan");
  CHECK_THROWS_WITH(load("nan"), Catch::Matchers::ContainsSubstring("finite parameters"));
}

TEST_CASE("a task with one component of finite bounds among others may rescale, and its policy is kept") {
  TemporaryFolder folder;
  Rng rng(4);
  EnvironmentSpec spec = Walk().spec();
  spec.action_low = Vector<double>{{-1, -std::numeric_limits<double>::infinity()}};
  spec.action_high = Vector<double>{{2, 5}};
  for (const ActionMap map : {ActionMap::clip_and_rescale, ActionMap::squash_and_rescale}) {
    save_policy(folder / "p", GaussianPolicy<float>(2, 2, {}, rng), nullptr, map, spec);
    CHECK(load_policy<float>(folder / "p").action_map == map);
  }
}

TEST_CASE("every truncation and every changed byte of a policy file is found") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen();
  save_policy(folder / "p", make({.hidden = {3}}), &normalizer, ActionMap::clip, Walk().spec(), {{"note", "kept"}});
  const std::string bytes = read_file(folder / "p");
  const auto load = [&](const std::string& damaged) {
    std::ofstream(folder / "q", std::ios::binary) << damaged;
    return load_policy<float>(folder / "q");
  };
  CHECK_NOTHROW(load(bytes));
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK_THROWS_AS(load(bytes.substr(0, size)), FileError);
  Rng rng(3);
  int accepted = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= static_cast<char>(1U << rng.below(8));
    try {
      load(damaged);
      ++accepted;
    } catch (const FileError&) {
    }
  }
  // but for the seven letters of the checksum's own name, without which the file counts as one that has none
  CHECK(accepted <= 7);
}

TEST_CASE("what could not be read back is not saved, and the last good file stays") {
  const TemporaryFolder folder;
  const auto good = make({.hidden = {3}});
  const EnvironmentSpec spec = Walk().spec();
  save_policy(folder / "p", good, nullptr, ActionMap::clip, spec);
  const std::string bytes = read_file(folder / "p");
  const auto refuses = [&](const auto& policy, const Normalizer* normalizer, ActionMap map, const EnvironmentSpec& task,
                           const char* words) {
    CHECK_THROWS_AS(save_policy(folder / "p", policy, normalizer, map, task), std::invalid_argument);
    CHECK_THROWS_WITH(save_policy(folder / "p", policy, normalizer, map, task),
                      Catch::Matchers::Contains("save_policy: ") && Catch::Matchers::Contains(words));
    CHECK(read_file(folder / "p") == bytes);
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  auto bad = good;
  bad.parameters()[2] = std::numeric_limits<float>::infinity();
  refuses(bad, nullptr, ActionMap::clip, spec, "finite parameters");

  Normalizer normalizer(2);
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(kNan, 1));
  normalizer.update(moments);
  refuses(good, &normalizer, ActionMap::clip, spec, "a finite normaliser");
  const Normalizer three(3);
  refuses(good, &three, ActionMap::clip, spec, "a normaliser of the task's observations, got 3");

  EnvironmentSpec task = spec;
  task.action_low[0] = kNan;
  refuses(good, nullptr, ActionMap::clip, task, "action bounds low <= high");
  task.action_low[0] = 3;
  refuses(good, nullptr, ActionMap::clip, task, "action bounds low <= high, got 3, 2 for component 0");
  task.action_low[0] = -std::numeric_limits<double>::infinity();
  refuses(good, nullptr, ActionMap::clip_and_rescale, task,
          "a component of finite action bounds for the action map clip_and_rescale");
  CHECK_NOTHROW(save_policy(folder / "q", good, nullptr, ActionMap::clip, task));
  task = spec;
  task.action_high.resize(0);
  refuses(good, nullptr, ActionMap::clip, task, "1 upper action bounds, got 0");

  Rng rng(1);
  refuses(GaussianPolicy<float>(2, 1, {.hidden = std::vector<Index>(64, 1)}, rng), nullptr, ActionMap::clip, spec,
          "widths");
  CHECK(load_policy<float>(folder / "p").policy.parameters() == good.parameters());
}

TEST_CASE("a policy is saved as it acts in the worlds of a source") {
  const TemporaryFolder folder;
  Context context;
  const auto policy = make({.hidden = {3}});
  Batch<float> batch;
  for (const bool normalize : {true, false}) {
    Collector<Walk> source(VectorEnvironment<Walk>(Walk(), {.count = 2, .action_map = ActionMap::clip_and_rescale}),
                           {.steps = 9, .normalize_observations = normalize});
    source.collect(policy, context, batch);
    const Normalizer* const normalizer = normalize ? &source.normalizer() : nullptr;
    save_policy(folder / "p", policy, source, {{"note", "kept"}});
    save_policy(folder / "q", policy, normalizer, ActionMap::clip_and_rescale, Walk().spec(), {{"note", "kept"}});
    CHECK(read_file(folder / "p") == read_file(folder / "q"));
  }
}

TEST_CASE("a file holds several actions and a mask, in a format that older readers refuse") {
  const TemporaryFolder folder;
  Context context;
  Rng rng(5);
  Matrix<float> observations(6, 3);
  observations << 1, -1, 2, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1;
  const auto check = [&](auto policy, const EnvironmentSpec& spec, const Normalizer* normalizer) {
    for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.5 * rng.normal());
    save_policy(folder / "p", policy, normalizer, ActionMap::none, spec);
    const PolicyFile<float> file = load_policy<float>(folder / "p");
    CHECK(file.policy.parameters() == policy.parameters());
    CHECK(file.policy.action_size() == 2);
    CHECK(file.policy.mask_row() == spec.mask_row);
    CHECK_NOTHROW(require_fit("it", file.policy, spec));
    CHECK(file.metadata.at("format") == "vantage policy 2");
    CHECK(file.metadata.at("action_choices") == "3,2");
    Matrix<float> mine(2, 3), theirs(2, 3);
    policy.mode(observations, mine, context, 0);
    file.policy.mode(observations, theirs, context, 0);
    CHECK(mine == theirs);
    return file;
  };
  const EnvironmentSpec shown = Switchboard().spec(), hidden = Switchboard(false).spec();
  Normalizer normalizer(6);
  RunningMoments moments(6);
  for (int i = 0; i < 9; ++i) moments.add(Vector<double>{{3.0 * i, 1, 0, 1, 1, 0}});
  normalizer.leave(1, 5);
  normalizer.update(moments);
  const auto file = check(CategoricalPolicy<float>(shown, {.hidden = {4}}, rng), shown, &normalizer);
  check(CategoricalPolicy<float>(hidden, {.hidden = {4}}, rng), hidden, nullptr);
  const CategoricalPolicyOptions encoded{.hidden = {4}, .encoder = {{1, {}}, {5, {3}}}};
  CHECK(check(CategoricalPolicy<float>(shown, encoded, rng), shown, &normalizer).metadata.at("encoder") == "1+5:3");
  check(DeterministicPolicy<float>(shown, {.hidden = {4}}, rng), shown, &normalizer);
  // the normaliser leaves the mask alone, as the one that was saved did
  CHECK(file.normalizer->shift() == normalizer.shift());
  CHECK(file.normalizer->scale() == normalizer.scale());
  CHECK(file.normalizer->scale()[1] == 1);
  CHECK(file.normalizer->options().except == std::vector<Index>{1, 2, 3, 4, 5});
  // one action without a mask is what it always was
  save_policy(folder / "one", CategoricalPolicy<float>(2, 3, {.hidden = {4}}, rng), nullptr, ActionMap::none,
              switches());
  CHECK(load_policy<float>(folder / "one").metadata.at("format") == "vantage policy 1");
  CHECK_FALSE(load_policy<float>(folder / "one").metadata.contains("action_choices"));
  // nor does one that was never told of a mask change it
  const Normalizer narrow(6, {.clip = 0.5});
  const auto clipped = check(CategoricalPolicy<float>(shown, {.hidden = {4}}, rng), shown, &narrow);
  CHECK(clipped.normalizer->bounds()[0] == 0.5);
  CHECK(clipped.normalizer->bounds().tail(5).minCoeff() > 1);
}
