// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_CONTEXT_HPP
#define VANTAGE_CORE_CONTEXT_HPP

#include <cstdint>
#include <memory>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "vantage/core/communicator.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/thread_pool.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

struct ContextOptions {
  std::uint64_t seed = 1;          ///< seeds the learner's own random stream (initial weights, minibatches)
  Index threads = 1;               ///< workers of the pool, the caller included
  Communicator communicator = {};  ///< to the other processes that train the same agent; none by default
};

/// The one seam for randomness, threads, other processes and scratch memory: every stage receives it, no stage has its
/// own. Results depend on the seed, never on the number of threads or, unless the communicator sums in any order, of
/// processes.
/// Throws: std::invalid_argument from ThreadPool.
class Context {
 public:
  /// Starts the threads and the random stream.
  explicit Context(const ContextOptions& options = {})
      : pool_(options.threads),
        rng_(options.seed, StreamPurpose::learner),
        communicator_(options.communicator),
        scratch_(static_cast<std::size_t>(pool_.size())) {}

  /// The workers of all stages.
  ThreadPool& pool() { return pool_; }
  /// The learner's random stream: initial weights, minibatches.
  Rng& rng() { return rng_; }
  /// The ranks that train this agent, of which this process is one.
  [[nodiscard]] const Communicator& communicator() const { return communicator_; }

  /// Share of the run's environment steps that was done before this iteration, in [0, 1]: what schedules are functions
  /// of. `train` sets it at the start of every iteration, a loop of your own does the same.
  [[nodiscard]] double progress() const { return progress_; }

  /// Throws: std::invalid_argument unless 0 <= share <= 1.
  void set_progress(double share) {
    require(share >= 0 && share <= 1, "Context::set_progress", "a share of the run, 0 <= share <= 1", share);
    progress_ = share;
  }

  /// Whether stages also measure what only the report of an iteration needs (value errors after the steps, how far the
  /// policy moved), which costs forward passes; else the report holds "not a number" there. `train` sets it.
  [[nodiscard]] bool measures() const { return measures_; }
  void set_measures(bool measures) { measures_ = measures; }

  /// Scratch object of type T that belongs to one worker, made on first use and kept: storage in it should only grow,
  /// so that a loop allocates nothing after its first iteration. Pre: worker < pool().size(), called by that worker.
  template <class T>
  T& local(Index worker) {
    std::shared_ptr<void>& slot = scratch_[static_cast<std::size_t>(worker)].objects[typeid(T)];
    if (!slot) slot = std::make_shared<T>();
    return *static_cast<T*>(slot.get());
  }

 private:
  struct alignas(64) Scratch {
    std::unordered_map<std::type_index, std::shared_ptr<void>> objects;
  };

  ThreadPool pool_;
  Rng rng_;
  Communicator communicator_;
  double progress_ = 0;
  bool measures_ = true;
  std::vector<Scratch> scratch_;
};

}  // namespace vantage

#endif
