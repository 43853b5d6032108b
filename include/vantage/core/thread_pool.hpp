// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_THREAD_POOL_HPP
#define VANTAGE_CORE_THREAD_POOL_HPP

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A fixed set of threads that share numbered tasks. The caller works too, so `threads` = 1 starts none.
/// Results must not depend on which worker runs which task: tasks are handed out as workers become free.
class ThreadPool {
 public:
  /// Throws: std::invalid_argument unless 1 <= threads <= 1024.
  explicit ThreadPool(Index threads) {
    require(threads >= 1 && threads <= 1024, "ThreadPool", "1 to 1024 threads", threads);
    for (Index worker = 1; worker < threads; ++worker) {
      threads_.emplace_back([this, worker] { serve(worker); });
    }
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  ~ThreadPool() {
    stopping_ = true;
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] Index size() const { return static_cast<Index>(threads_.size()) + 1; }

  /// Calls task(index, worker) for index = 0 .. count - 1 and returns when all are done; worker < size().
  /// Allocates nothing. The first exception of a task is rethrown here after the others have ended.
  /// Pre: not called from inside a task.
  template <class Task>
  void run(Index count, Task&& task) {
    using Plain = std::remove_reference_t<Task>;
    void* const object = const_cast<std::remove_const_t<Plain>*>(std::addressof(task));
    if (threads_.empty() || count <= 1) {
      for (Index index = 0; index < count; ++index) call<Plain>(object, index, 0);
      return;
    }
    call_ = &call<Plain>;
    object_ = object;
    count_ = count;
    next_.store(size(), std::memory_order_relaxed);
    busy_.store(static_cast<Index>(threads_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    work(0);
    // tasks are short and equal, so the others end soon: spin, but let an oversubscribed machine run them
    for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; ++spins) pause(spins);
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
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
        if (!error_) error_ = std::current_exception();
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
      work(worker);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  static constexpr int kSpins = 4000;

  std::vector<std::thread> threads_;
  void (*call_)(void*, Index, Index) = nullptr;
  void* object_ = nullptr;
  Index count_ = 0;
  std::exception_ptr error_;
  std::mutex error_mutex_;
  std::atomic<bool> stopping_{false};
  alignas(64) std::atomic<std::uint64_t> generation_{0};
  alignas(64) std::atomic<Index> next_{0};
  alignas(64) std::atomic<Index> busy_{0};
};

}  // namespace vantage

#endif
