// SPDX-License-Identifier: MIT
// a program of its own: the linker lets calls of the system end here (--wrap), and malloc or operator new is replaced
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/json_lines.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/policy/policy_file.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define VANTAGE_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VANTAGE_TEST_SANITIZED
#endif

namespace {

// which call fails, counted from 1 since it was set
struct Fault {
  long nth = 0;  // 0: none
  bool and_all_after = false;
  int code = EIO;
  long calls = 0;

  bool comes() {
    if (nth == 0) return false;
    ++calls;
    return calls == nth || (and_all_after && calls > nth);
  }
};

// a call of the system comes with nothing to keep a count in
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
Fault system_fault;
bool short_writes = false;
bool must_be_reported = false;  // a call failed that says whether the bytes are safe
std::optional<std::vector<std::string>> log_of_calls;

Fault memory_fault;
long blocks = 0;  // allocated and not yet freed
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

bool system_fails(const char* name, bool matters = true) {
  if (log_of_calls) log_of_calls->emplace_back(name);
  if (!system_fault.comes()) return false;
  must_be_reported = must_be_reported || (matters && system_fault.code != EINTR);
  errno = system_fault.code;
  return true;
}

// only calls that a signal can interrupt fail with EINTR
bool uninterrupted_fails(const char* name) { return system_fault.code != EINTR && system_fails(name); }

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are the linker's
extern "C" {
int __real_open(const char* path, int flags, ...);
int __real_fstat(int file, struct stat* status);
int __real_close(int file);
int __real_ftruncate(int file, off_t size);
int __real_rename(const char* from, const char* to);
ssize_t __real_read(int file, void* bytes, std::size_t count);
ssize_t __real_write(int file, const void* bytes, std::size_t count);

int __wrap_open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return system_fails("open") ? -1 : __real_open(path, flags, mode);
}
int __wrap_fstat(int file, struct stat* status) {
  return uninterrupted_fails("fstat") ? -1 : __real_fstat(file, status);
}
int __wrap_close(int file) {
  // what was only read, or appended to row by row, is as it is
  const int flags = ::fcntl(file, F_GETFL);
  const bool matters = (flags & O_ACCMODE) != O_RDONLY && (flags & O_APPEND) == 0;
  const int result = __real_close(file);
  return system_fails("close", matters) ? -1 : result;
}
// a disk is slow and no test here cuts its power
int __wrap_fsync(int /*file*/) { return system_fails("fsync") ? -1 : 0; }
int __wrap_ftruncate(int file, off_t size) { return system_fails("ftruncate") ? -1 : __real_ftruncate(file, size); }
int __wrap_rename(const char* from, const char* to) {
  return uninterrupted_fails("rename") ? -1 : __real_rename(from, to);
}
ssize_t __wrap_read(int file, void* bytes, std::size_t count) {
  if (system_fails("read")) return -1;
  return __real_read(file, bytes, short_writes ? (count + 1) / 2 : count);
}
ssize_t __wrap_write(int file, const void* bytes, std::size_t count) {
  if (system_fails("write")) return -1;
  return __real_write(file, bytes, short_writes ? (count + 1) / 2 : count);
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

#if !defined(VANTAGE_TEST_SANITIZED) && defined(__GLIBC__)

// Eigen and operator new both come to malloc
namespace {

void* counted(void* block) {
  if (block != nullptr) ++blocks;
  return block;
}

bool memory_fails() {
  if (!memory_fault.comes()) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

// the names, also of arguments, are the library's
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* malloc(std::size_t size) { return memory_fails() ? nullptr : counted(__libc_malloc(size)); }
void* calloc(std::size_t nmemb, std::size_t size) {
  return memory_fails() ? nullptr : counted(__libc_calloc(nmemb, size));
}
void* realloc(void* ptr, std::size_t size) {
  if (memory_fails()) return nullptr;
  return ptr == nullptr ? counted(__libc_realloc(ptr, size)) : __libc_realloc(ptr, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memory_fails() ? nullptr : counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) noexcept {
  *memptr = aligned_alloc(alignment, size);
  return *memptr == nullptr ? ENOMEM : 0;
}
void free(void* ptr) {
  if (ptr != nullptr) --blocks;
  __libc_free(ptr);
}
}

#else

// the sanitizers' malloc stays, which then sees leaks of Eigen's memory too: only what operator new gives fails
namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  if (memory_fault.comes()) return nullptr;
  const std::size_t whole = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* block = alignment <= alignof(std::max_align_t) ? std::malloc(whole) : std::aligned_alloc(alignment, whole);
  if (block != nullptr) ++blocks;
  return block;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* block = allocate(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) {
  if (block != nullptr) --blocks;
  std::free(block);
}

constexpr std::size_t kUsual = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size, kUsual); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, kUsual); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, kUsual); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, kUsual); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { release(block); }

#endif

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

using P = GaussianPolicy<float>;
using Path = std::filesystem::path;

// plays the action while a fault waits; returns what came of it: "none", the words of a FileError, or "no memory"
template <class Action>
std::string outcome(Fault& fault, const Fault& armed, const Action& action) {
  std::string words = "none";
  words.reserve(1000);  // nothing is allocated any more once memory fails
  must_be_reported = false;
  fault = armed;
  try {
    action();
    fault.nth = 0;
  } catch (const FileError& error) {
    fault.nth = 0;
    words = error.what();
  } catch (const std::bad_alloc&) {
    fault.nth = 0;
    words = "no memory";
  }
  return words;
}

// calls trial(armed) with every fault of a kind in turn, until it is over before the fault came; returns how many came
template <class Trial>
long for_every(const Fault& fault, const Fault& kind, const Trial& trial) {
  for (Fault armed = kind;;) {
    ++armed.nth;
    trial(std::as_const(armed));
    if (fault.calls < armed.nth) return armed.nth - 1;
    REQUIRE(armed.nth < 100'000);
  }
}

struct Learner {
  Context context;
  Collector<Pendulum> source;
  Agent<P, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<P>> agent;
  TrainingProgress progress;

  explicit Learner(std::uint64_t seed)
      : context({.seed = seed, .threads = 1}),
        source(VectorEnvironment<Pendulum>(Pendulum(), {.count = 2, .seed = seed, .max_episode_steps = 13}),
               {.steps = 20, .scale_rewards = true}),
        agent{P(3, 1, {.hidden = {4}}, context.rng()), ValueNetwork<float>(3, {.hidden = {4}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 2}), Vpg<P>()} {
    train(source, agent, context, {.steps = 80}, progress);
  }

  void save(const Path& path) { save_checkpoint(path, source, agent, context, progress, {{"note", "kept"}}); }
  void load(const Path& path) { load_checkpoint(path, source, agent, context, progress); }

  // all that training goes on from
  [[nodiscard]] std::string state() {
    const TemporaryFolder folder;
    save(folder / "state");
    return read_file(folder / "state");
  }
};

PolicyArchive<float> make_archive(float first) {
  PolicyArchive<float> archive(3, {.population = 4});
  archive.add_population([&](auto&& policies) {
    policies.setConstant(typename std::remove_cvref_t<decltype(policies)>::Scalar(first));
    return Vector<float>::Constant(4, first);
  });
  return archive;
}

// a way to save: writes the version 0 or 1 of something
struct Saving {
  std::string name;
  std::function<void(const Path&, int)> save;
};

std::vector<Saving> all_savings(Learner& a, Learner& b) {
  const auto either = [&](int version) -> Learner& { return version == 0 ? a : b; };
  return {{"bytes", [](const Path& path,
                       int version) { write_file_atomically(path, std::string(5000, version == 0 ? 'a' : 'b')); }},
          {"policy", [=](const Path& path,
                         int version) { save_policy(path, either(version).agent.policy, either(version).source); }},
          {"checkpoint", [=](const Path& path, int version) { either(version).save(path); }},
          {"archive", [](const Path& path, int version) { make_archive(static_cast<float>(version)).save(path); }},
          {"table",
           [](const Path& path, int version) {
             CsvWriter(path, {"iteration", version == 0 ? "old" : "new"});
           }},
          // the old table has a row more
          {"resumed table",
           [](const Path& path, int version) {
             if (version == 0) CsvWriter(path, {"iteration"}).field(1).end_row();
             else static_cast<void>(CsvWriter::resume(path, {"iteration"}, "iteration", 0));
           }},
          {"resumed JSON lines", [](const Path& path, int version) {
             if (version == 0) JsonLinesWriter(path, {"iteration"}).field(1).end_row();
             else static_cast<void>(JsonLinesWriter::resume(path, {"iteration"}, "iteration", 0));
           }}};
}

// a file is the old one or the new one, with nothing beside it, and saving again works, whatever failed
void check_saving(const Saving& saving, Fault& fault, const Fault& kind) {
  const TemporaryFolder references, folder;
  const Path path = folder / "file";
  saving.save(references / "old", 0);
  saving.save(references / "new", 0);
  saving.save(references / "new", 1);
  const std::string old_bytes = read_file(references / "old"), new_bytes = read_file(references / "new");
  REQUIRE(old_bytes != new_bytes);

  for (const bool there : {true, false}) {
    long reported = 0;
    const long faults = for_every(fault, kind, [&](const Fault& armed) {
      std::filesystem::remove(path);
      if (there) saving.save(path, 0);
      const std::string error = outcome(fault, armed, [&] { saving.save(path, 1); });
      INFO(saving.name << ", fault " << armed.nth << ", file there: " << there << ": " << error);
      const bool exists = std::filesystem::exists(path);
      REQUIRE(folder.files() == (exists ? 1 : 0));
      REQUIRE((exists || !there));
      const std::string bytes = exists ? read_file(path) : "";
      if (error == "none") {
        REQUIRE(!must_be_reported);
        REQUIRE(bytes == new_bytes);
      } else {
        ++reported;
        if (error != "no memory") REQUIRE_THAT(error, ContainsSubstring(path.string()));
        REQUIRE((!exists || bytes == old_bytes || bytes == new_bytes));
      }
      saving.save(path, 1);
      REQUIRE(read_file(path) == new_bytes);
    });
    INFO(saving.name);
    // a signal and a system that takes less at a time are no errors
    if (kind.code == EINTR) CHECK(reported == 0);
    else CHECK(reported > 5);
    CHECK(faults > 5);
  }
}

// a way to load, and the state of what it loads into
struct Loading {
  std::string name;
  Path path;
  std::function<void()> load;
  std::function<std::string()> state;
};

// loading does all or nothing, and leaks nothing
void check_loading(const Loading& loading, Fault& fault, const Fault& kind) {
  const std::string before = loading.state();
  bool loaded = false;
  long reported = 0;
  for_every(fault, kind, [&](const Fault& armed) {
    const long kept = blocks;
    const std::string error = outcome(fault, armed, loading.load);
    const long left = blocks - kept - 1;  // but for the words
    INFO(loading.name << ", fault " << armed.nth << ": " << error);
    loaded = error == "none";
    if (!loaded) {
      ++reported;
      REQUIRE(left == 0);
      REQUIRE(loading.state() == before);
      if (&fault == &memory_fault) REQUIRE(error == "no memory");
      else REQUIRE_THAT(error, ContainsSubstring(loading.path.string()));
    } else {
      REQUIRE(!must_be_reported);
    }
  });
  INFO(loading.name);
  CHECK(loaded);
  CHECK(reported >= (kind.code == EINTR ? 0 : 3));
}

// calls check(loading) for every way to load; each meets fresh objects
template <class Check>
void for_every_loading(const Check& check) {
  const TemporaryFolder folder;
  Learner saved(1);
  save_policy(folder / "policy", saved.agent.policy, saved.source);
  saved.save(folder / "checkpoint");
  make_archive(1).save(folder / "archive");
  CsvWriter(folder / "table", {"iteration", "text"}).field(1).field("a long text, and \"quoted\" too").end_row();

  const auto nothing = [] { return std::string(); };
  const Path policy = folder / "policy", checkpoint = folder / "checkpoint", table = folder / "table";
  check(Loading{"policy", policy, [&] { static_cast<void>(load_policy<float>(policy)); }, nothing});
  check(Loading{"tensors", checkpoint, [&] { static_cast<void>(SafetensorsFile(checkpoint)); }, nothing});
  check(Loading{"table", table, [&] { static_cast<void>(CsvTable(table)); }, nothing});
  Learner learner(2);
  REQUIRE(learner.state() != read_file(checkpoint));
  check(Loading{"checkpoint", checkpoint, [&] { learner.load(checkpoint); }, [&] { return learner.state(); }});
  CHECK(learner.state() == read_file(checkpoint));
  auto archive = make_archive(2);
  const Path other = folder / "archive";
  check(Loading{"archive", other, [&] { archive.load(other); },
                [&] { return std::to_string(archive.policies().sum()) + std::to_string(archive.returns().sum()); }});
  CHECK(archive.policies().sum() == 12);
}

}  // namespace

TEST_CASE("a file is flushed before it takes the name, and the folder after") {
  const TemporaryFolder folder;
  log_of_calls.emplace();
  write_file_atomically(folder / "file", "bytes");
  const std::vector<std::string> log = *std::exchange(log_of_calls, std::nullopt);
  CHECK(log == std::vector<std::string>{"open", "open", "write", "fsync", "close", "rename", "fsync", "close"});
}

TEST_CASE("whichever call of the system fails: the old file or the new one") {
  Learner a(1), b(2);
  for (const Saving& saving : all_savings(a, b)) {
    check_saving(saving, system_fault, {.code = EIO});
    check_saving(saving, system_fault, {.and_all_after = true, .code = ENOSPC});
    short_writes = true;
    check_saving(saving, system_fault, {.code = ENOSPC});
    short_writes = false;
  }
}

TEST_CASE("signals and short writes are survived") {
  Learner a(1), b(2);
  for (const Saving& saving : all_savings(a, b)) {
    for (const bool shortened : {false, true}) {
      short_writes = shortened;
      check_saving(saving, system_fault, {.code = EINTR});
      short_writes = false;
    }
  }
  for_every_loading([](const Loading& loading) { check_loading(loading, system_fault, {.code = EINTR}); });
}

TEST_CASE("whichever allocation of saving fails: the old file or the new one") {
  Learner a(1), b(2);
  for (const Saving& saving : all_savings(a, b)) {
    check_saving(saving, memory_fault, {});
    check_saving(saving, memory_fault, {.and_all_after = true});
  }
}

TEST_CASE("a row of a table is written whole or not at all") {
  const TemporaryFolder folder;
  const Path path = folder / "table";
  const std::string before = "iteration,text\n1,first\n", after = before + "2,second\n";
  const auto check = [&](bool shortened, const Fault& kind) {
    const long faults = for_every(system_fault, kind, [&](const Fault& armed) {
      CsvWriter table(path, {"iteration", "text"});
      table.field(1).field("first").end_row();
      short_writes = shortened;
      const std::string error = outcome(system_fault, armed, [&] { table.field(2).field("second").end_row(); });
      short_writes = false;
      INFO("fault " << armed.nth << ": " << error);
      REQUIRE((error != "none" || !must_be_reported));
      if (error == "none") {
        REQUIRE(read_file(path) == after);
      } else {
        REQUIRE_THAT(error, ContainsSubstring(path.string()));
        // where nothing works any more, a part can only be taken back later: no reader takes it for a row
        if (kind.and_all_after) REQUIRE(CsvTable(path).rows().size() == 1);
        else REQUIRE(read_file(path) == before);
        table.field(2).field("second").end_row();
        REQUIRE(read_file(path) == after);
      }
    });
    CHECK(faults >= (shortened ? 3 : 1));
  };
  for (const bool shortened : {false, true}) {
    check(shortened, {.code = ENOSPC});
    check(shortened, {.and_all_after = true, .code = ENOSPC});
    check(shortened, {.code = EINTR});
  }
}

TEST_CASE("whichever call of loading fails, nothing has changed") {
  for_every_loading([](const Loading& loading) { check_loading(loading, system_fault, {.code = EIO}); });
}

TEST_CASE("whichever allocation of loading fails, nothing has changed and nothing leaks") {
  for (const bool and_all_after : {false, true}) {
    for_every_loading(
        [=](const Loading& loading) { check_loading(loading, memory_fault, {.and_all_after = and_all_after}); });
  }
}
