// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_RANK_THREADS_HPP
#define VANTAGE_TESTS_RANK_THREADS_HPP

#include <barrier>
#include <cstring>
#include <thread>
#include <vector>

#include "vantage/core/communicator.hpp"

/// Ranks that are threads of one process: what MPI does between processes, by a few copies of memory.
class RankThreads {
 public:
  explicit RankThreads(vantage::Index size, bool any_order = false)
      : barrier_(size), places_(static_cast<std::size_t>(size)), any_order_(any_order) {
    for (vantage::Index rank = 0; rank < size; ++rank)
      places_[static_cast<std::size_t>(rank)] = {this, rank, nullptr, 0};
  }

  /// Calls body(communicator) as each rank, all at once.
  template <class Body>
  void run(const Body& body) {
    std::vector<std::thread> threads;
    for (Place& place : places_) {
      threads.emplace_back([&] {
        body(vantage::Communicator{.rank = place.rank,
                                   .size = static_cast<vantage::Index>(places_.size()),
                                   .state = &place,
                                   .gather = gather,
                                   .sum_floats = any_order_ ? sum<float> : nullptr,
                                   .sum_doubles = any_order_ ? sum<double> : nullptr});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  /// Calls of the functions so far, of rank 0.
  [[nodiscard]] vantage::Index calls() const { return places_.front().calls; }

 private:
  struct Place {
    RankThreads* all;
    vantage::Index rank;
    void* numbers;
    vantage::Index calls;
  };

  static Place& enter(void* state, void* numbers) {
    Place& place = *static_cast<Place*>(state);
    place.numbers = numbers;
    ++place.calls;
    place.all->barrier_.arrive_and_wait();
    return place;
  }

  static void gather(void* state, std::byte* bytes, const std::int64_t* offsets) {
    Place& place = enter(state, bytes);
    for (const Place& other : place.all->places_) {
      if (other.rank == place.rank) continue;
      const auto first = static_cast<std::size_t>(offsets[other.rank]);
      const auto last = static_cast<std::size_t>(offsets[other.rank + 1]);
      if (last > first) std::memcpy(bytes + first, static_cast<std::byte*>(other.numbers) + first, last - first);
    }
    place.all->barrier_.arrive_and_wait();
  }

  template <class S>
  static void sum(void* state, S* numbers, vantage::Index count) {
    Place& place = enter(state, numbers);
    std::vector<S> total(static_cast<std::size_t>(count), S(0));
    for (const Place& other : place.all->places_) {
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += static_cast<S*>(other.numbers)[i];
    }
    place.all->barrier_.arrive_and_wait();
    std::copy(total.begin(), total.end(), numbers);
    place.all->barrier_.arrive_and_wait();
  }

  std::barrier<> barrier_;
  std::vector<Place> places_;
  bool any_order_;
};

#endif
