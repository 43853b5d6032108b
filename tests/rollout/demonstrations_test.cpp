// SPDX-License-Identifier: MIT
#include "vantage/rollout/demonstrations.hpp"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "policy/switches.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

void write(const std::filesystem::path& path, const SafetensorsWriter& file) {
  write_file_atomically(path, file.bytes());
}

}  // namespace

TEST_CASE("a row a step becomes a column a step, in any type of numbers") {
  const TemporaryFolder folder;
  SafetensorsWriter file;
  file.add("observations", Dtype::f32, {3, 2}, bytes_of<float>({1, 2, 3, 4, 5, 6}));
  file.add("actions", Dtype::i64, {3}, bytes_of<std::int64_t>({0, 2, 1}));
  write(folder / "d", file);
  const Demonstrations shown = load_demonstrations(folder / "d");
  CHECK(shown.size() == 3);
  CHECK(shown.observations == Matrix<double>{{1, 3, 5}, {2, 4, 6}});
  CHECK(shown.actions == Matrix<double>{{0, 2, 1}});
}

TEST_CASE("demonstrations become what a policy sees and draws") {
  const EnvironmentSpec spec = Walk().spec();  // actions from -1 to 2
  const Demonstrations shown{Matrix<double>{{1, 3, 5, 7}, {0, 0, 2, 2}}, Matrix<double>{{-1, 0.5, 2, 5}}};
  const Normalizer normalizer = normalizer_of(shown);
  const Matrix<double> inputs = policy_inputs<double>(shown, &normalizer);
  for (Index i = 0; i < 2; ++i) {
    CHECK(inputs.row(i).mean() == Approx(0).margin(1e-12));
    CHECK(inputs.row(i).squaredNorm() / 4 == Approx(1));
  }
  CHECK(policy_inputs<double>(shown, nullptr) == shown.observations);
  CHECK(raw_actions<double>(shown, ActionMap::clip, spec) == shown.actions);
  CHECK(raw_actions<double>(shown, ActionMap::clip_and_rescale, spec) == Matrix<double>{{-1, 0, 1, 1}});
  EnvironmentSpec switches;
  switches.discrete_actions = 6;
  CHECK(raw_actions<float>(shown, ActionMap::none, switches) == shown.actions.cast<float>());
  CHECK_THROWS_AS(policy_inputs<double>(shown, &static_cast<const Normalizer&>(Normalizer(3))), std::invalid_argument);
  switches.discrete_actions = 0;
  switches.action_low = switches.action_high = Vector<double>::Ones(2);
  CHECK_THROWS_WITH(raw_actions<double>(shown, ActionMap::none, switches),
                    Catch::Matchers::Contains("as many numbers an action as the task has, got 1"));
}

TEST_CASE("demonstrations that are saved are read as they were") {
  const TemporaryFolder folder;
  const Demonstrations shown{Matrix<double>{{0.1, 3, 5}, {1e-300, 0, -2}}, Matrix<double>{{-1, 0.3, 2}}};
  save_demonstrations(folder / "d", shown);
  const Demonstrations read = load_demonstrations(folder / "d");
  CHECK(read.observations == shown.observations);
  CHECK(read.actions == shown.actions);
  Demonstrations bad = shown;
  bad.actions(0, 1) = std::nan("");
  CHECK_THROWS_WITH(save_demonstrations(folder / "d", bad), Catch::Matchers::Contains("finite numbers"));
  bad.actions.resize(1, 2);
  CHECK_THROWS_AS(save_demonstrations(folder / "d", bad), std::invalid_argument);
  CHECK_THROWS_AS(save_demonstrations(folder / "d", {}), std::invalid_argument);
  CHECK(load_demonstrations(folder / "d").actions == shown.actions);
}

TEST_CASE("demonstrations in another task are refused with their step") {
  EnvironmentSpec spec = Walk().spec();  // actions from -1 to 2
  Demonstrations shown{Matrix<double>::Zero(2, 3), Matrix<double>{{-1, 0.3, 2}}};
  CHECK_NOTHROW(require_fit("here", shown, spec));
  // bounds in single precision
  spec.action_high[0] = 0.4;
  shown.actions << -1, 0.3, static_cast<double>(0.4F);
  CHECK(shown.actions(0, 2) > 0.4);
  CHECK_NOTHROW(require_fit("here", shown, spec));
  for (const double beyond : {0.41, -1.01}) {
    shown.actions(0, 2) = beyond;
    CHECK_THROWS_WITH(
        require_fit("here", shown, spec),
        Catch::Matchers::Contains("here: expected actions of walk, from -1 to 0.4 in component 0, got ") &&
            Catch::Matchers::Contains("in step 2"));
  }
  const Demonstrations wide{Matrix<double>::Zero(3, 1), Matrix<double>::Zero(1, 1)};
  CHECK_THROWS_WITH(
      require_fit("here", wide, spec),
      Catch::Matchers::Contains("2 observations and 1 numbers an action") && Catch::Matchers::Contains("got 3 and 1"));
  const Demonstrations two{Matrix<double>::Zero(2, 1), Matrix<double>::Zero(2, 1)};
  CHECK_THROWS_WITH(require_fit("here", two, spec), Catch::Matchers::Contains("got 2 and 2"));
  shown.actions << 0, 2, 1;
  CHECK_NOTHROW(require_fit("here", shown, switches()));
  for (const double other : {-1.0, 0.5, 3.0}) {
    shown.actions(0, 1) = other;
    CHECK_THROWS_WITH(require_fit("here", shown, switches()),
                      Catch::Matchers::Contains("whole numbers from 0 to 2") && Catch::Matchers::Contains("in step 1"));
  }
}

TEST_CASE("files that are no demonstrations are refused with their path") {
  const TemporaryFolder folder;
  const auto refused = [&](Dtype dtype, TensorShape observations, const std::string& bytes, Index actions,
                           const std::string& words) {
    SafetensorsWriter file;
    file.add("observations", dtype, std::move(observations), bytes);
    if (actions > 0) {
      file.add("actions", Dtype::f64, {actions}, bytes_of(std::vector<double>(static_cast<std::size_t>(actions))));
    }
    write(folder / "bad", file);
    CHECK_THROWS_WITH(load_demonstrations(folder / "bad"),
                      Catch::Matchers::Contains("bad: ") && Catch::Matchers::Contains(words));
  };
  refused(Dtype::f64, {2, 1}, bytes_of<double>({1, 2}), 0, "expected a tensor \"actions\"");
  refused(Dtype::f64, {2, 1}, bytes_of<double>({1, 2}), 3, "an action for each observation, got 3 for 2");
  refused(Dtype::f64, {2, 1, 1}, bytes_of<double>({1, 2}), 2, "got the shape [2, 1, 1]");
  refused(Dtype::u8, {2, 1}, "ab", 2, "in F64, F32, I64 or I32, got U8");
  refused(Dtype::f64, {2, 1}, bytes_of<double>({1, std::nan("")}), 2, "expected finite numbers in \"observations\"");
  CHECK_THROWS_AS(load_demonstrations(folder / "none"), FileError);
}

TEST_CASE("demonstrations of several actions are held to each one's choices and to the mask") {
  const EnvironmentSpec task = Switchboard().spec();
  Demonstrations shown{Matrix<double>(6, 2), Matrix<double>(2, 2)};
  shown.observations << 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1;
  shown.actions << 2, 1, 0, 1;
  CHECK_NOTHROW(require_fit("it", shown, task));
  CHECK(raw_actions<float>(shown, ActionMap::clip, task) == shown.actions.cast<float>());
  const auto refuses = [&](double a, double b, const char* words) {
    Demonstrations bad = shown;
    bad.actions.col(1) << a, b;
    CHECK_THROWS_WITH(require_fit("it", bad, task), Catch::Matchers::ContainsSubstring(words));
  };
  refuses(3, 1, "whole numbers from 0 to 2, got 3 in step 1");
  refuses(1, 2, "whole numbers from 0 to 1, got 2 in step 1");
  refuses(0, 1, "actions that the observation's mask allows, got 0 1 in step 1");
  Demonstrations bad = shown;
  bad.observations(3, 1) = 0.5;
  CHECK_THROWS_WITH(require_fit("it", bad, task), Catch::Matchers::ContainsSubstring("mask allows"));
}
