// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_NEAREST_HPP
#define VANTAGE_TRAIN_PROGRAM_NEAREST_HPP

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

// names that somebody may have meant

/// Letters to insert, delete or replace to turn one name into the other, capitals or not. Where they are more than
/// `most`, any number above it.
[[nodiscard]] std::size_t edit_distance(const std::string& from, const std::string& to,
                                        std::size_t most = std::numeric_limits<std::size_t>::max());

/// Of equally near names the last one; empty if none is known.
[[nodiscard]] std::string nearest(const std::string& name, const std::vector<std::string>& known);

/// "a, b, c"
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// In small letters.
[[nodiscard]] std::string lower(std::string text);

#endif
