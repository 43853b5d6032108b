// SPDX-License-Identifier: MIT
// a program of its own: it replaces the system calls of saving, and malloc, and lets the n-th of them fail
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <functional>
#include <new>
#include <string>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/policy/policy_file.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

// sanitizers have a malloc of their own, and other C libraries no second name for theirs: there only operator new fails
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define VANTAGE_TEST_FOREIGN_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define VANTAGE_TEST_FOREIGN_MALLOC
#endif

namespace {

// calls up to the one that fails; 0: none does
std::atomic<long> calls_left{0};
std::atomic<long> allocations_left{0};
std::atomic<long> blocks{0};
// the failing write first writes half of its bytes, as on a disk that becomes full
std::atomic<bool> half_written{false};

bool fails(std::atomic<long>& left) { return left.load() > 0 && left.fetch_sub(1) == 1; }

long system_call(long number, long a, long b, long c, long d = 0) {
  if (fails(calls_left)) {
    errno = EIO;
    return -1;
  }
  return ::syscall(number, a, b, c, d);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(list, int) : 0;
  va_end(list);
  return static_cast<int>(system_call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), flags, mode));
}
ssize_t write(int file, const void* bytes, std::size_t size) {
  if (half_written && calls_left == 1 && size > 1) {
    const long half = ::syscall(SYS_write, file, bytes, size / 2);
    half_written = false;
    return half;
  }
  return system_call(SYS_write, file, reinterpret_cast<long>(bytes), static_cast<long>(size));
}
int fsync(int file) { return static_cast<int>(system_call(SYS_fsync, file, 0, 0)); }
int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(system_call(SYS_rename, reinterpret_cast<long>(from), reinterpret_cast<long>(to), 0));
}

#ifndef VANTAGE_TEST_FOREIGN_MALLOC
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
  if (fails(allocations_left)) return nullptr;
  ++blocks;
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  if (fails(allocations_left)) return nullptr;
  ++blocks;
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
  if (fails(allocations_left)) return nullptr;
  if (old == nullptr) ++blocks;
  return __libc_realloc(old, size);
}
void free(void* block) {
  if (block != nullptr) --blocks;
  __libc_free(block);
}
#endif
}

#ifdef VANTAGE_TEST_FOREIGN_MALLOC
void* operator new(std::size_t size) {
  if (fails(allocations_left)) throw std::bad_alloc();
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

using namespace vantage;

namespace {

using P = GaussianPolicy<float>;
using Path = std::filesystem::path;

P make_policy(std::uint64_t seed) {
  Rng rng(seed);
  return {3, 1, {.hidden = {4}}, rng};
}

struct Learner {
  explicit Learner(std::uint64_t seed)
      : context({.seed = seed}),
        source(VectorEnvironment<Pendulum>(Pendulum(), {.count = 2, .seed = seed, .max_episode_steps = 9}),
               {.steps = 20}),
        agent{make_policy(seed), ValueNetwork<float>(3, {.hidden = {4}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 2}), Vpg<P>(VpgOptions{})} {
    train(source, agent, context, {.steps = 80}, progress);
  }
  void save(const Path& path) { save_checkpoint(path, source, agent, context, progress); }
  void load(const Path& path) { load_checkpoint(path, source, agent, context, progress); }
  // all of it, as bytes
  std::string state(const TemporaryFolder& folder) {
    const Path path = folder / "state";
    save(path);
    return read_file(path);
  }

  Context context;
  Collector<Pendulum> source;
  Agent<P, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<P>> agent;
  TrainingProgress progress;
};

PolicyArchive<float> make_archive(float value) {
  PolicyArchive<float> archive(3, {.population = 2, .generations = 2});
  archive.add_population([&](auto policies) {
    policies.fill(static_cast<typename decltype(policies)::Scalar>(value));
    return Vector<double>::Constant(2, value).eval();
  });
  return archive;
}

using Save = std::function<void(const Path&)>;

// `save` over what `save_old` wrote, with each of its system calls failing in turn
void check_saving(const Save& save_old, const Save& save, long expected = 5) {
  const TemporaryFolder folder;
  const Path path = folder / "file";
  save_old(path);
  const std::string old_bytes = read_file(path);
  save(path);
  const std::string new_bytes = read_file(path);
  REQUIRE(old_bytes != new_bytes);
  for (const bool half : {false, true}) {
    long failed = 0;
    for (long n = 1;; ++n) {
      CAPTURE(n, half);
      REQUIRE(n < 100);
      save_old(path);
      half_written = half;
      calls_left = n;
      std::string words;
      try {
        save(path);
      } catch (const FileError& error) {
        words = error.what();
      }
      const bool complete = calls_left.exchange(0) > 0;
      half_written = false;
      const std::string bytes = read_file(path);
      CHECK((bytes == old_bytes || bytes == new_bytes));
      CHECK(folder.files() == 1);
      if (!words.empty()) CHECK_THAT(words, Catch::Matchers::ContainsSubstring(path.string()));
      if (complete) {
        CHECK(bytes == new_bytes);
        break;
      }
      // a folder that cannot be opened is not flushed, and that is all
      if (words.empty()) CHECK(bytes == new_bytes);
      failed += words.empty() ? 0 : 1;
    }
    // open, write, flush, rename, and the folder's flush; a table is also read before and opened to append
    CHECK(failed == expected);
  }
}

}  // namespace

TEST_CASE("saving that fails at any call leaves the old file or the new one") {
  EnvironmentSpec spec = Pendulum().spec();
  const P a = make_policy(1), b = make_policy(2);
  SECTION("a policy") {
    check_saving([&](const Path& path) { save_policy(path, a, nullptr, ActionMap::clip, spec); },
                 [&](const Path& path) { save_policy(path, b, nullptr, ActionMap::clip, spec); });
  }
  SECTION("a checkpoint") {
    Learner x(1), y(2);
    check_saving([&](const Path& path) { x.save(path); }, [&](const Path& path) { y.save(path); });
  }
  SECTION("an archive of policies") {
    const PolicyArchive<float> x = make_archive(1), y = make_archive(2);
    check_saving([&](const Path& path) { x.save(path); }, [&](const Path& path) { y.save(path); });
  }
  SECTION("a text, as configurations and summaries are") {
    check_saving([&](const Path& path) { write_file_atomically(path, "old"); },
                 [&](const Path& path) { write_file_atomically(path, "new and longer"); });
  }
  SECTION("a table that is resumed") {
    const CsvRow columns{"x", "y"};
    check_saving([&](const Path& path) { write_file_atomically(path, "x,y\n1,2\n3,4\n"); },
                 [&](const Path& path) { (void)CsvWriter::resume(path, columns, "x", 1); }, 7);
  }
}

TEST_CASE("a row that cannot be written leaves whole rows, and the next one follows them") {
  for (const bool half : {false, true}) {
    CAPTURE(half);
    const TemporaryFolder folder;
    const Path path = folder / "table.csv";
    CsvWriter table(path, {"x", "y"});
    table.field(1).field(2).end_row();
    half_written = half;
    calls_left = 1;
    table.field(3).field(4);
    CHECK_THROWS_AS(table.end_row(), FileError);
    CHECK(read_file(path) == "x,y\n1,2\n");
    table.field(5).field(6).end_row();
    CHECK(read_file(path) == "x,y\n1,2\n5,6\n");
  }
}

namespace {

// `load` with each of its allocations failing in turn: then `unchanged` must hold; `prepare` undoes what a load did
void check_loading(
    const std::function<void()>& load, const std::function<bool()>& unchanged = [] { return true; },
    const std::function<void()>& prepare = [] {}) {
  load();
  long failed = 0;
  for (long n = 1;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 100000);
    prepare();
    bool thrown = false;
    const long before = blocks;
    allocations_left = n;
    try {
      load();
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    const bool complete = allocations_left.exchange(0) > 0;
    const long after = blocks;
    if (complete) break;
    REQUIRE(thrown);
    REQUIRE(after == before);
    REQUIRE(unchanged());
    ++failed;
  }
  CHECK(failed > 10);
}

}  // namespace

TEST_CASE("loading that lacks memory at any point changes and leaks nothing") {
  const TemporaryFolder folder;
  const Path path = folder / "file";
  SECTION("a policy") {
    save_policy(path, make_policy(1), nullptr, ActionMap::clip, Pendulum().spec());
    check_loading([&] { (void)load_policy<float>(path); });
  }
  SECTION("a checkpoint") {
    Learner written(1);
    written.save(path);
    Learner reader(2);
    const std::string old = reader.state(folder);
    const Path kept = folder / "kept";
    reader.save(kept);
    check_loading([&] { reader.load(path); }, [&] { return reader.state(folder) == old; }, [&] { reader.load(kept); });
  }
  SECTION("an archive of policies") {
    make_archive(1).save(path);
    PolicyArchive<float> archive = make_archive(2);
    check_loading([&] { archive.load(path); }, [&] { return (archive.returns().array() == 2).all(); },
                  [&] { archive = make_archive(2); });
  }
  SECTION("a table") {
    write_file_atomically(path, "x,y\n1,2\n3,\"a quoted text that is longer than a small string\"\n");
    check_loading([&] { (void)CsvTable(path); });
  }
}
