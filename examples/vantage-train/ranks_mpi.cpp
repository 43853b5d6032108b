// SPDX-License-Identifier: MIT
#include <optional>
#include <stdexcept>

#include "ranks.hpp"
#include "vantage/mpi/mpi_world.hpp"

namespace {

/// MPI's state is of the process.
std::optional<vantage::MpiWorld>& world() {
  static std::optional<vantage::MpiWorld> the_world;
  return the_world;
}

}  // namespace

vantage::Communicator join_ranks() {
  if (!vantage::MpiWorld::is_launched()) return {};
  world().emplace();
  if (world()->rank() != 0 && std::freopen("/dev/null", "w", stdout) == nullptr) {
    throw std::runtime_error("cannot open /dev/null");
  }
  return world()->communicator();
}

vantage::Communicator with_fast_sums(const vantage::Communicator& ranks) {
  return ranks.is_alone() ? ranks : world()->communicator(true);
}

void wait_for_all_ranks() {
  if (world()) world()->wait_for_all();
}

void leave_ranks() { world().reset(); }

void end_ranks(int code) {
  if (world() && world()->size() > 1) world()->end_all(code);
}
