// SPDX-License-Identifier: MIT
#include "vantage/rollout/load_moments.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/policy/policy_file.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

template <class T>
std::string bytes(const std::vector<T>& numbers) {
  std::string result(numbers.size() * sizeof(T), '\0');
  std::memcpy(result.data(), numbers.data(), result.size());
  return result;
}

struct Tensor {
  std::string name;
  Dtype dtype;
  TensorShape shape;
  std::string bytes;
};

void write(const std::filesystem::path& path, const std::vector<Tensor>& tensors) {
  SafetensorsWriter file;
  for (const Tensor& tensor : tensors) file.add(tensor.name, tensor.dtype, tensor.shape, tensor.bytes);
  write_file_atomically(path, file.bytes());
}

const Tensor kMean{"mean", Dtype::f64, {3}, bytes<double>({1, -2, 1e6})};
const Tensor kDeviation{"deviation", Dtype::f32, {3}, bytes<float>({0.5F, 2, 0})};

}  // namespace

TEST_CASE("moments are read as another program wrote them, with the weight that it says or that of one") {
  const TemporaryFolder folder;
  write(folder / "m", {kMean, kDeviation});
  const RunningMoments one = load_moments(folder / "m");
  CHECK(one.count() == 1);
  CHECK(one.mean() == Eigen::Vector3d(1, -2, 1e6));
  CHECK(one.variance(0) == 0.25);
  CHECK(one.variance(1) == 4);
  CHECK(one.variance(2) == 0);
  write(folder / "m", {kMean, kDeviation, {"count", Dtype::i64, {1}, bytes<std::int64_t>({500})}});
  const RunningMoments many = load_moments(folder / "m");
  CHECK(many.count() == 500);
  CHECK(many.variance(1) == 4);
}

TEST_CASE("moments of a policy file are those of its normaliser") {
  const TemporaryFolder folder;
  Rng rng(1);
  const GaussianPolicy<float> policy(2, 1, {.hidden = {4}}, rng);
  Normalizer normalizer(2, {.clip = 3, .except = {1}});
  RunningMoments moments(2);
  for (int n = 0; n < 20; ++n) moments.add(Eigen::Vector2d(rng.normal(), 7 + rng.normal()));
  normalizer.update(moments);
  save_policy(folder / "p", policy, &normalizer, ActionMap::clip, Walk().spec());
  const RunningMoments loaded = load_moments(folder / "p");
  CHECK(loaded.count() == 20);
  CHECK(loaded.mean() == normalizer.moments().mean());
  CHECK(loaded.variance(1) == normalizer.moments().variance(1));
  // one that saw nothing, or without a normaliser, has none
  const Normalizer empty(2);
  save_policy(folder / "p", policy, &empty, ActionMap::clip, Walk().spec());
  CHECK_THROWS_AS(load_moments(folder / "p"), FileError);
  save_policy(folder / "p", policy, nullptr, ActionMap::clip, Walk().spec());
  CHECK_THROWS_AS(load_moments(folder / "p"), FileError);
}

TEST_CASE("files without moments are refused with their path") {
  const TemporaryFolder folder;
  const std::vector<std::vector<Tensor>> bad{
      {kMean},
      {kDeviation},
      {kMean, {"deviation", Dtype::f32, {2}, bytes<float>({1, 1})}},
      {kMean, {"deviation", Dtype::f32, {3}, bytes<float>({1, -1, 1})}},
      {kMean, {"deviation", Dtype::f32, {3}, bytes<float>({1, std::nanf(""), 1})}},
      {kMean, {"deviation", Dtype::f32, {3, 2}, bytes<float>({1, 1, 1, 1, 1, 1})}},
      {kMean, kDeviation, {"count", Dtype::f64, {1}, bytes<double>({0})}},
      {kMean, kDeviation, {"count", Dtype::f64, {0}, ""}}};
  for (const auto& tensors : bad) {
    write(folder / "bad", tensors);
    try {
      static_cast<void>(load_moments(folder / "bad"));
      FAIL("was read");
    } catch (const FileError& error) {
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("bad: "));
    }
  }
  CHECK_THROWS_AS(load_moments(folder / "none"), FileError);
}
