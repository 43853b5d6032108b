// SPDX-License-Identifier: MIT
#include "nearest.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::size_t edit_distance(const std::string& from, const std::string& to, std::size_t most) {
  const std::string a = lower(from), b = lower(to);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
    // from row to row the least never falls
    if (const std::size_t least = *std::min_element(row.begin(), row.end()); least > most) return least;
  }
  return row.back();
}

std::string nearest(const std::string& name, const std::vector<std::string>& known) {
  constexpr std::size_t kEnough = 32;  // letters of what is longer than any name
  const std::string begin = name.substr(0, kEnough);
  std::string best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : known) {
    // the distance is no less than the difference in length
    if (std::max(begin.size(), candidate.size()) - std::min(begin.size(), candidate.size()) > least) continue;
    const std::size_t distance = edit_distance(begin, candidate, least);
    if (distance <= least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}
