// SPDX-License-Identifier: MIT
#include "vantage/epvf/policy_archive.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Index kSize = 3;  // parameters

// policy k is (k, k + 0.25, -k) and returns 100 k
Vector<float> parameters_of(Index k) {
  return Eigen::Vector3f(1, 1, -1) * static_cast<float>(k) + Eigen::Vector3f(0, 0.25F, 0);
}

// adds the population of policies first, first + 1, ...
template <class S>
void add(PolicyArchive<S>& archive, Index first) {
  archive.add_population([&](auto&& policies) {
    Vector<double> returns(policies.cols());
    for (Index i = 0; i < policies.cols(); ++i) {
      policies.col(i) = parameters_of(first + i).template cast<typename std::decay_t<decltype(policies)>::Scalar>();
      returns[i] = 100.0 * static_cast<double>(first + i);
    }
    return returns;
  });
}

// the numbers of the policies in the archive, the newest first; each has its own parameters and return
template <class S>
std::vector<Index> numbers(const PolicyArchive<S>& archive) {
  Matrix<S> policies;
  Vector<S> returns;
  archive.newest(archive.size(), policies, returns);
  std::vector<Index> result;
  for (Index i = 0; i < archive.size(); ++i) {
    const auto k = static_cast<Index>(policies(0, i));
    CHECK(policies.col(i) == parameters_of(k).template cast<S>());
    CHECK(returns[i] == static_cast<S>(100 * k));
    result.push_back(k);
  }
  return result;
}

void write_text(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the archive keeps the last generations and forgets the others") {
  for (const bool half : {false, true}) {
    PolicyArchive<float> archive(kSize, {.population = 2, .generations = 3, .half_precision = half});
    CHECK(archive.capacity() == 6);
    CHECK(archive.size() == 0);
    add(archive, 0);
    CHECK(numbers(archive) == std::vector<Index>{1, 0});
    add(archive, 2);
    add(archive, 4);
    CHECK(numbers(archive) == std::vector<Index>{5, 4, 3, 2, 1, 0});
    add(archive, 6);
    CHECK(numbers(archive) == std::vector<Index>{7, 6, 5, 4, 3, 2});
    for (Index first = 8; first < 100; first += 2) add(archive, first);
    CHECK(numbers(archive) == std::vector<Index>{99, 98, 97, 96, 95, 94});
    CHECK(archive.returns().size() == 6);
    CHECK(archive.returns().sum() == 100 * (99 + 98 + 97 + 96 + 95 + 94));
  }
}

TEST_CASE("policies lie beside each other in the order of their returns, without a copy") {
  PolicyArchive<float> archive(kSize, {.population = 2, .generations = 2});
  for (const Index first : {0, 2, 4}) {
    add(archive, first);
    for (Index i = 0; i < archive.size(); ++i) {
      CHECK(archive.policies().col(i) == parameters_of(static_cast<Index>(archive.returns()[i] / 100)));
    }
    // the newest population, as it came
    archive.newest_population([&](const auto& policies, const auto& returns) {
      REQUIRE(policies.cols() == 2);
      REQUIRE(returns.size() == 2);
      for (Index i = 0; i < 2; ++i) {
        CHECK(policies.col(i).template cast<float>() == parameters_of(first + i));
        CHECK(static_cast<Index>(returns[i] / 100) == first + i);
      }
    });
  }
  const float* const before = archive.policies().data();
  add(archive, 6);
  CHECK(archive.policies().data() == before);
}

TEST_CASE("policies are drawn in proportion to a power of their age") {
  constexpr Index kCount = 40000;
  for (const double recency : {0.0, 0.5, 1.0, 2.0}) {
    for (const Index generations : {4, 7}) {  // full, and not yet full
      PolicyArchive<double> archive(kSize, {.population = 2, .generations = generations, .recency = recency});
      for (Index first = 0; first < 10; first += 2) add(archive, first);
      const Index size = std::min<Index>(10, archive.capacity());
      const Index newest = 9;
      Rng rng(17);
      Matrix<double> policies;
      Vector<double> returns;
      archive.draw(kCount, rng, policies, returns);
      Vector<double> seen = Vector<double>::Zero(size);
      bool whole = true;
      for (Index i = 0; i < kCount; ++i) {
        const auto k = static_cast<Index>(policies(0, i));
        REQUIRE((newest - k >= 0 && newest - k < size));
        whole =
            whole && policies.col(i) == parameters_of(k).cast<double>() && returns[i] == static_cast<double>(100 * k);
        seen[newest - k] += 1;
      }
      CHECK(whole);
      double total = 0, chi_square = 0;
      for (Index age = 1; age <= size; ++age) total += std::pow(static_cast<double>(age), -recency);
      for (Index age = 1; age <= size; ++age) {
        const double expected = kCount * std::pow(static_cast<double>(age), -recency) / total;
        chi_square += (seen[age - 1] - expected) * (seen[age - 1] - expected) / expected;
      }
      // above 40 with probability 8e-6 for 9 degrees of freedom, and less for 7
      CHECK(chi_square < 40);
    }
  }
}

TEST_CASE("draws depend on the stream they are given, and need something to draw from") {
  PolicyArchive<float> archive(kSize, {.population = 4, .generations = 4});
  Matrix<float> a, b;
  Vector<float> returns;
  Rng rng(1), same(1);
  CHECK_THROWS_WITH(archive.draw(1, rng, a, returns), ContainsSubstring("an archive with policies in it"));
  CHECK_THROWS_AS(archive.newest(1, a, returns), std::invalid_argument);
  add(archive, 0);
  add(archive, 4);
  archive.draw(50, rng, a, returns);
  archive.draw(50, same, b, returns);
  CHECK(a == b);
  archive.draw(50, rng, a, returns);
  CHECK(a != b);
  archive.newest(3, a, returns);
  CHECK(returns == Eigen::Vector3f(700, 600, 500));
}

TEST_CASE("half precision rounds parameters to 11 significant bits, and no returns") {
  PolicyArchive<double> archive(200, {.population = 50, .half_precision = true});
  Rng rng(3);
  const Matrix<double> exact = Matrix<double>::NullaryExpr(200, 50, [&] { return rng.uniform(-0.1, 0.1); });
  const Vector<double> returned = Vector<double>::NullaryExpr(50, [&] { return rng.uniform(-1000, 1000); });
  archive.add_population([&](auto&& policies) {
    policies = exact.cast<typename std::decay_t<decltype(policies)>::Scalar>();
    return returned;
  });
  Matrix<double> policies;
  Vector<double> returns;
  archive.newest(50, policies, returns);
  CHECK(returns.reverse() == returned);
  const Matrix<double> kept = policies.rowwise().reverse();
  // half a unit in the last place: 2^-11 of the number, 2^-25 below the normal numbers
  CHECK(((kept - exact).array().abs() <= (exact.array().abs() * 0x1p-11).max(0x1p-25)).all());
  CHECK(kept != exact);
}

TEST_CASE("a file of policies is read by another archive") {
  const TemporaryFolder folder;
  for (const bool half : {false, true}) {
    PolicyArchive<float> archive(kSize, {.population = 2, .generations = 3, .half_precision = half});
    for (Index first = 0; first < 8; first += 2) add(archive, first);
    archive.save(folder / "archive");

    PolicyArchive<float> read(kSize, {.population = 2, .generations = 3, .half_precision = half});
    add(read, 50);
    read.load(folder / "archive");
    CHECK(numbers(read) == std::vector<Index>{7, 6, 5, 4, 3, 2});
    add(read, 8);
    CHECK(numbers(read) == std::vector<Index>{9, 8, 7, 6, 5, 4});

    // larger, smaller, and of another population: as many whole populations as there are and fit, the newest ones
    PolicyArchive<float> larger(kSize, {.population = 2, .generations = 9, .half_precision = half});
    larger.load(folder / "archive");
    CHECK(numbers(larger) == std::vector<Index>{7, 6, 5, 4, 3, 2});
    PolicyArchive<float> smaller(kSize, {.population = 4, .generations = 1, .half_precision = half});
    smaller.load(folder / "archive");
    CHECK(numbers(smaller) == std::vector<Index>{7, 6, 5, 4});
    CHECK(folder.files() == 1);
  }
}

TEST_CASE("a file of half precision is half as long") {
  const TemporaryFolder folder;
  for (const bool half : {false, true}) {
    PolicyArchive<float> archive(10000, {.population = 10, .half_precision = half});
    archive.add_population([](auto&& policies) {
      policies.setZero();
      return Vector<float>::Zero(10).eval();
    });
    archive.save(folder / "archive");
    const auto size = static_cast<double>(std::filesystem::file_size(folder / "archive"));
    CHECK(size == Approx(100000 * (half ? 2 : 4)).epsilon(0.01));
  }
}

TEST_CASE("a file that is damaged, foreign or does not fit changes nothing") {
  const TemporaryFolder folder;
  PolicyArchive<float> archive(kSize, {.population = 2, .generations = 3});
  add(archive, 0);
  archive.save(folder / "good");
  const std::string good = read_text(folder / "good");
  add(archive, 2);
  const auto refuses = [&](auto&& target, const std::string& name, const std::string& words) {
    const auto before = numbers(target);
    CHECK_THROWS_AS(target.load(folder / name), FileError);
    CHECK_THROWS_WITH(target.load(folder / name), ContainsSubstring((folder / name).string()));
    CHECK_THROWS_WITH(target.load(folder / name), ContainsSubstring(words));
    CHECK(numbers(target) == before);
  };
  refuses(archive, "none", "cannot open");
  write_text(folder / "text", "not an archive");
  refuses(archive, "text", "");
  // each byte flipped, each end cut off; a file whose checksum has lost its name is read as one that has none
  int read = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_text(folder / "bad", bad);
    PolicyArchive<float> copy = archive;
    try {
      copy.load(folder / "bad");
      ++read;
      CHECK(numbers(copy) == std::vector<Index>{1, 0});
    } catch (const FileError&) {
      CHECK(copy.size() == archive.size());
    }
  }
  CHECK(read == static_cast<int>(std::string("fnv1a64").size()));
  for (std::size_t size = 0; size < good.size(); ++size) {
    write_text(folder / "short", good.substr(0, size));
    CHECK_THROWS_AS(archive.load(folder / "short"), FileError);
  }
  CHECK(numbers(archive) == std::vector<Index>{3, 2, 1, 0});

  // something else that can be read
  const Vector<double> foreign = Vector<double>::Ones(2);
  StateWriter writer;
  writer("returns", foreign);
  writer.save(folder / "foreign");
  refuses(archive, "foreign", "vantage policy archive 1");

  refuses(PolicyArchive<float>(kSize + 1, {.population = 2}), "good", "4 parameters a policy");
  refuses(PolicyArchive<float>(kSize, {.population = 3}), "good", "3 policies or more");
  refuses(PolicyArchive<float>(kSize, {.population = 2, .half_precision = true}), "good", "F16");
  PolicyArchive<float> wild(kSize, {.population = 1});
  wild.add_population([](auto&& policies) {
    policies.setConstant(typename std::decay_t<decltype(policies)>::Scalar(std::numeric_limits<float>::infinity()));
    return Vector<float>::Zero(1).eval();
  });
  wild.save(folder / "wild");
  refuses(PolicyArchive<float>(kSize, {.population = 1}), "wild", "finite");
}

TEST_CASE("a checkpoint continues as if nothing had happened") {
  const TemporaryFolder folder;
  for (const bool half : {false, true}) {
    for (const Index populations : {0, 1, 2, 3, 4, 7}) {
      const PolicyArchiveOptions options{.population = 2, .generations = 3, .recency = 1, .half_precision = half};
      PolicyArchive<float> archive(kSize, options), read(kSize, options);
      for (Index i = 0; i < populations; ++i) add(archive, 2 * i);
      save_state(folder / "checkpoint", archive);
      add(read, 70);
      load_state(folder / "checkpoint", read);
      // the next population takes the place of the one that was not saved
      add(archive, 50);
      add(read, 50);
      CHECK(numbers(read) == numbers(archive));
      Rng rng(4), same(4);
      Matrix<float> expected, got;
      Vector<float> expected_returns, got_returns;
      archive.draw(30, rng, expected, expected_returns);
      read.draw(30, same, got, got_returns);
      CHECK(got == expected);
      CHECK(got_returns == expected_returns);
      if (!half) CHECK(read.policies() == archive.policies());
    }
  }
  // another shape
  PolicyArchive<float> archive(kSize, {.population = 2, .generations = 3});
  for (Index first = 0; first < 6; first += 2) add(archive, first);
  save_state(folder / "checkpoint", archive);
  PolicyArchive<float> other(kSize, {.population = 3, .generations = 1}),
      wider(kSize + 1, {.population = 2, .generations = 3});
  CHECK_THROWS_AS(load_state(folder / "checkpoint", other), FileError);
  CHECK_THROWS_AS(load_state(folder / "checkpoint", wider), FileError);
  CHECK(other.size() == 0);
  CHECK(wider.size() == 0);
}

TEST_CASE("an archive without room or with a wrong weight is refused") {
  CHECK_THROWS_AS(PolicyArchive<float>(0, {}), std::invalid_argument);
  CHECK_THROWS_AS(PolicyArchive<float>(1, {.population = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PolicyArchive<float>(1, {.generations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PolicyArchive<float>(1, {.recency = -1}), std::invalid_argument);
  PolicyArchive<float> archive(kSize, {.population = 2});
  CHECK_THROWS_AS(archive.add_population([](auto&&) { return Vector<float>::Zero(3).eval(); }), std::invalid_argument);
  CHECK(archive.size() == 0);
}
