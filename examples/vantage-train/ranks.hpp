// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RANKS_HPP
#define VANTAGE_TRAIN_PROGRAM_RANKS_HPP

#include <chrono>
#include <cstdio>
#include <thread>

#include "program.hpp"
#include "vantage/core/communicator.hpp"

// the ranks that mpirun started a program as. ranks_mpi.cpp has what speaks MPI; where there is none ranks_alone.cpp
// takes its place

/// To the other ranks; starts MPI where mpirun started this process. Of ranks other than 0 standard output is closed.
[[nodiscard]] vantage::Communicator join_ranks();
/// The same for sums of samples in any order, once they are joined.
[[nodiscard]] vantage::Communicator with_fast_sums(const vantage::Communicator& ranks);
/// Returns when all ranks have called it, and sleeps until then.
void wait_for_all_ranks();
/// Where all ranks are done.
void leave_ranks();
/// Where this one is and others wait for it: ends all of them.
void end_ranks(int code);

/// run_program for ranks: body(communicator) is run by each. What one of them throws ends all.
template <class Body>
int run_on_ranks(const char* name, const Body& body) {
  bool is_done = false;
  vantage::Communicator ranks;
  const int code = run_program(name, [&] {
    ranks = join_ranks();
    try {
      const int result = body(ranks);
      is_done = true;
      return result;
    } catch (...) {
      // what all ranks find wrong rank 0 says, and ends them meanwhile
      if (ranks.rank != 0) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        std::fprintf(stderr, "%s: rank %d ends all ranks:\n", name, static_cast<int>(ranks.rank));
      }
      throw;
    }
  });
  if (is_done) {
    leave_ranks();
  } else {
    end_ranks(code);
  }
  return code;
}

#endif
