// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_OPTIM_ROUND_TRIP_HPP
#define VANTAGE_TESTS_OPTIM_ROUND_TRIP_HPP

#include "vantage/io/state_reader.hpp"
#include "vantage/io/state_writer.hpp"

/// Writes the state of one object into a file in memory and reads it back into another.
template <class T>
void copy_state(const T& from, T& to) {
  vantage::StateWriter writer;
  writer("object", from);
  vantage::StateReader reader(vantage::SafetensorsFile("memory", writer.bytes()));
  reader("object", to);
}

#endif
