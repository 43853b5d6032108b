// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_THREAD_POOL_HPP
#define VANTAGE_CORE_THREAD_POOL_HPP

#include <atomic>
#include <cfenv>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

namespace detail {

/// How a thread computes: its rounding, what it makes of denormal numbers, its traps.
class Arithmetic {
 public:
#if defined(__SSE2__)
  // a few cycles, where all of <cfenv> takes a hundred
  void take() { word_ = __builtin_ia32_stmxcsr(); }
  void apply() const { __builtin_ia32_ldmxcsr(word_); }

 private:
  unsigned word_ = 0;
#else
  void take() { std::fegetenv(&words_); }
  void apply() const { std::fesetenv(&words_); }

 private:
  std::fenv_t words_{};
#endif
};

}  // namespace detail

/// A fixed set of threads that share numbered tasks. The caller works too, so `threads` = 1 starts none.
/// Results must not depend on which worker runs which task: tasks are handed out as workers become free. Workers
/// compute as the caller does at that time: they take over its rounding and what it makes of denormal numbers.
class ThreadPool {
 public:
  /// Throws: std::invalid_argument unless 1 <= threads <= 1024; std::runtime_error where the system starts no more
  /// threads, and those that it did have ended by then.
  explicit ThreadPool(Index threads) {
    require(threads >= 1 && threads <= 1024, "ThreadPool", "1 to 1024 threads", threads);
    threads_.reserve(static_cast<std::size_t>(threads - 1));
    try {
      for (Index worker = 1; worker < threads; ++worker) {
        threads_.emplace_back([this, worker] { serve(worker); });
      }
    } catch (const std::system_error& error) {
      const Index started = size();
      end();
      throw std::runtime_error(detail::join("ThreadPool: expected ", threads, " threads, the system gives ", started,
                                            " (", error.code().message(), ")"));
    }
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  ~ThreadPool() { end(); }

  /// Workers, the caller included.
  [[nodiscard]] Index size() const { return static_cast<Index>(threads_.size()) + 1; }

  /// Calls task(index, worker) for index = 0 .. count - 1 and returns when all are done; worker < size().
  /// Allocates nothing. Every task runs, whatever others throw; then the exception of the lowest index is rethrown
  /// here, for any number of threads. Throws: std::logic_error where the pool is running tasks already, as inside one
  /// of them.
  template <class Task>
  void run(Index count, Task&& task) {
    using Plain = std::remove_reference_t<Task>;
    const Running running(running_);
    call_ = &call<Plain>;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): call() gives the constness back
    object_ = const_cast<std::remove_const_t<Plain>*>(std::addressof(task));
    count_ = count;
    if (threads_.empty() || count <= 1) {
      next_.store(1, std::memory_order_relaxed);
      work(0);
    } else {
      share();
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  // holds the pool during a run
  class Running {
   public:
    explicit Running(std::atomic<bool>& flag) : flag_(flag) {
      if (flag_.exchange(true, std::memory_order_acquire)) {
        throw std::logic_error(
            "ThreadPool::run: expected no other run at the same time, got one from inside a task or from another "
            "thread");
      }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { flag_.store(false, std::memory_order_release); }

   private:
    std::atomic<bool>& flag_;
  };

  void end() {
    stopping_ = true;
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void share() {
    arithmetic_.take();
    next_.store(size(), std::memory_order_relaxed);
    busy_.store(static_cast<Index>(threads_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    work(0);
    // tasks are short and equal, so the others end soon: spin, but let an oversubscribed machine run them
    for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; ++spins) pause(spins);
  }

  // one compiled copy of each task for any number of threads: a compiler may fuse multiplications and additions
  // differently in two inlined copies, and then the last bits would depend on the number of threads
  template <class Plain>
  [[gnu::noinline]] static void call(void* object, Index index, Index worker) {
    (*static_cast<Plain*>(object))(index, worker);
  }

  static void pause(int spins) {
    if (spins < kSpins) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }

  // worker w begins with task w, so that from the first run on each has met every kind of task (and made its scratch)
  void work(Index worker) {
    for (Index index = worker; index < count_; index = next_.fetch_add(1)) {
      try {
        call_(object_, index, worker);
      } catch (...) {
        const std::lock_guard lock(error_mutex_);
        if (error_ && error_index_ < index) continue;
        error_ = std::current_exception();
        error_index_ = index;
      }
    }
  }

  void serve(Index worker) {
    std::uint64_t seen = 0;
    for (;;) {
      // a learner calls many short runs one after another: spin a little before sleeping
      for (int spins = 0; spins < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spins) pause(spins);
      generation_.wait(seen, std::memory_order_acquire);
      seen = generation_.load(std::memory_order_acquire);
      if (stopping_) return;
      arithmetic_.apply();
      work(worker);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  static constexpr int kSpins = 4000;

  std::vector<std::thread> threads_;
  void (*call_)(void*, Index, Index) = nullptr;
  void* object_ = nullptr;
  Index count_ = 0;
  detail::Arithmetic arithmetic_;
  std::exception_ptr error_;
  Index error_index_ = 0;
  std::mutex error_mutex_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> running_{false};
  alignas(64) std::atomic<std::uint64_t> generation_{0};
  alignas(64) std::atomic<Index> next_{0};
  alignas(64) std::atomic<Index> busy_{0};
};

}  // namespace vantage

#endif
