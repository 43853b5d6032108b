// SPDX-License-Identifier: MIT
// expected error: a constant object that cannot be copied needs a member serialize that is const
#include "vantage/io/state_writer.hpp"

struct Fixed {
  Fixed() = default;
  Fixed(const Fixed&) = delete;
  template <class Archive>
  void serialize(Archive&) {}
};

void write(vantage::StateWriter& writer, const Fixed& fixed) { writer("fixed", fixed); }
