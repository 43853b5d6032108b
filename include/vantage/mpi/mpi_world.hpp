// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MPI_MPI_WORLD_HPP
#define VANTAGE_MPI_MPI_WORLD_HPP

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "vantage/core/communicator.hpp"

namespace vantage {

/// The processes that mpirun started, as the ranks of a Context: one object a process, made before and destroyed after
/// whatever speaks by it. What MPI itself finds wrong ends all ranks, as does one that is killed: that is mpirun's
/// part. A rank that ends by an error of its own has to call end_all, else the others wait for it.
class MpiWorld {
 public:
  /// Starts MPI, unless the program has. `most` is what one call tells at the most, in bytes or numbers: MPI counts in
  /// int. Throws: std::runtime_error where MPI cannot be used by one thread among several.
  explicit MpiWorld(std::int64_t most = std::numeric_limits<int>::max()) : most_(most) {
    int is_running = 0;
    MPI_Initialized(&is_running);
    if (is_running == 0) {
      int given = MPI_THREAD_SINGLE;
      MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
      ends_mpi_ = true;
      if (given < MPI_THREAD_FUNNELED) throw std::runtime_error("MpiWorld: expected an MPI for programs with threads");
    }
    // what others say in the world is not mistaken for what is said here
    MPI_Comm_dup(MPI_COMM_WORLD, &communicator_);
    MPI_Comm_rank(communicator_, &rank_);
    MPI_Comm_size(communicator_, &size_);
    counts_.resize(static_cast<std::size_t>(size_));
    starts_.resize(static_cast<std::size_t>(size_));
  }

  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;

  /// Every rank destroys its own, or calls end_all: MPI waits for all of them.
  ~MpiWorld() {
    MPI_Comm_free(&communicator_);
    if (ends_mpi_) MPI_Finalize();
  }

  /// Whether mpirun, or another program that starts ranks, started this process: told by its environment, so that a
  /// process alone need not start MPI.
  [[nodiscard]] static bool is_launched() {
    const auto names = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "MV2_COMM_WORLD_SIZE"};
    return std::any_of(names.begin(), names.end(), [](const char* name) { return std::getenv(name) != nullptr; });
  }

  /// Which of them this process is, and how many they are.
  [[nodiscard]] Index rank() const { return rank_; }
  [[nodiscard]] Index size() const { return size_; }

  /// What a Context needs. With `sums_in_any_order` sums over samples are MPI's own: less is said, and the result is
  /// another for another number of ranks.
  [[nodiscard]] Communicator communicator(bool sums_in_any_order = false) {
    Communicator result{.rank = rank_, .size = size_, .state = this, .gather = gather};
    if (!sums_in_any_order) return result;
    result.sum_floats = sum<float>;
    result.sum_doubles = sum<double>;
    return result;
  }

  /// Returns when all ranks have called it, and sleeps until then: for what takes minutes and more.
  void wait_for_all() const {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(communicator_, &request);
    for (int is_done = 0; is_done == 0;) {
      MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
      if (is_done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  /// Ends all ranks at once with this exit code.
  void end_all(int code) const { MPI_Abort(communicator_, code); }

 private:
  static void gather(void* state, std::byte* bytes, const std::int64_t* offsets) {
    static_cast<MpiWorld*>(state)->gather(bytes, offsets);
  }

  template <class S>
  static void sum(void* state, S* numbers, Index count) {
    const MpiWorld& world = *static_cast<MpiWorld*>(state);
    const MPI_Datatype type = sizeof(S) == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;
    for (Index first = 0; first < count; first += world.most_) {
      const int size = static_cast<int>(std::min<Index>(world.most_, count - first));
      MPI_Allreduce(MPI_IN_PLACE, numbers + first, size, type, MPI_SUM, world.communicator_);
    }
  }

  void gather(std::byte* bytes, const std::int64_t* offsets) {
    const auto size = static_cast<std::size_t>(size_);
    if (offsets[size] <= most_) {
      for (std::size_t rank = 0; rank < size; ++rank) {
        starts_[rank] = static_cast<int>(offsets[rank]);
        counts_[rank] = static_cast<int>(offsets[rank + 1] - offsets[rank]);
      }
      MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, bytes, counts_.data(), starts_.data(), MPI_BYTE,
                     communicator_);
      return;
    }
    // rank by rank and piece by piece
    for (std::size_t rank = 0; rank < size; ++rank) {
      for (std::int64_t first = offsets[rank]; first < offsets[rank + 1]; first += most_) {
        const int count = static_cast<int>(std::min(most_, offsets[rank + 1] - first));
        MPI_Bcast(bytes + first, count, MPI_BYTE, static_cast<int>(rank), communicator_);
      }
    }
  }

  std::int64_t most_;
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  bool ends_mpi_ = false;
  std::vector<int> counts_, starts_;
};

}  // namespace vantage

#endif
