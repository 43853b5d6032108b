// SPDX-License-Identifier: MIT
#include "ranks.hpp"

vantage::Communicator join_ranks() { return {}; }
vantage::Communicator with_fast_sums(const vantage::Communicator& ranks) { return ranks; }
void wait_for_all_ranks() {}
void leave_ranks() {}
void end_ranks(int) {}
