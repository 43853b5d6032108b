// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_MESSAGE_HPP
#define VANTAGE_CORE_MESSAGE_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vantage/core/communicator.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// What ranks tell each other of items that they share: numbers one after another, written by the rank that has an item
/// and read by the others in the same order. It is an archive, message("name", object), of which the names play no
/// part; objects are numbers, what is copied byte by byte (Rng), Eigen matrices and vectors, std::vectors of all those,
/// strings, and what has a serialize member. Storage only grows.
class Message {
 public:
  /// Calls pass(message, item) for each of `items` items on every rank: on the one whose share it is in, to write it,
  /// on the others to read it. A process alone does nothing. Cost: two gathers.
  template <class Pass>
  void exchange(const Communicator& ranks, Index items, Pass&& pass) {
    if (ranks.is_alone()) return;
    is_writing_ = true;
    position_ = 0;
    const Share own = ranks.share(items);
    for (Index item = own.first; item < own.last; ++item) pass(*this, item);
    gather(ranks);
    is_writing_ = false;
    for (Index rank = 0; rank < ranks.size; ++rank) {
      if (rank == ranks.rank) continue;
      position_ = static_cast<std::size_t>(offsets_[static_cast<std::size_t>(rank)]);
      const Share other = ranks.share_of(rank, items);
      for (Index item = other.first; item < other.last; ++item) pass(*this, item);
      VANTAGE_ASSERT(position_ == static_cast<std::size_t>(offsets_[static_cast<std::size_t>(rank) + 1]));
    }
  }

  /// Whether the item is this rank's, which tells it; else it is told.
  [[nodiscard]] bool is_writing() const { return is_writing_; }

  /// So many numbers that lie one after another.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void numbers(T* data, Index count) {
    const std::size_t size = static_cast<std::size_t>(count) * sizeof(T);
    if (size == 0) return;
    if (is_writing_) {
      if (bytes_.size() < position_ + size) bytes_.resize(std::max(2 * bytes_.size(), position_ + size));
      std::memcpy(bytes_.data() + position_, data, size);
    } else {
      std::memcpy(static_cast<void*>(data), bytes_.data() + position_, size);
    }
    position_ += size;
  }

  /// An object, or its parts; what is read takes the size of what was written.
  template <class T>
  void operator()(std::string_view, T& object) {
    if constexpr (requires { object.serialize(*this); }) {
      object.serialize(*this);
    } else if constexpr (requires { typename T::PlainObject; }) {
      Index rows = object.rows(), columns = object.cols();
      numbers(&rows, 1);
      numbers(&columns, 1);
      if (!is_writing_) object.resize(rows, columns);
      numbers(object.data(), object.size());
    } else if constexpr (requires { object.push_back(object.front()); }) {
      auto size = static_cast<Index>(object.size());
      numbers(&size, 1);
      if (!is_writing_) object.resize(static_cast<std::size_t>(size));
      numbers(object.data(), size);
    } else {
      numbers(&object, 1);
    }
  }

 private:
  // from this rank's bytes to all, rank by rank
  void gather(const Communicator& ranks) {
    const auto size = static_cast<std::size_t>(ranks.size);
    const auto rank = static_cast<std::size_t>(ranks.rank);
    sizes_.resize(size);
    offsets_.resize(size + 1);
    for (std::size_t r = 0; r <= size; ++r) offsets_[r] = static_cast<std::int64_t>(r * sizeof(std::int64_t));
    sizes_[rank] = static_cast<std::int64_t>(position_);
    ranks.gather(ranks.state, reinterpret_cast<std::byte*>(sizes_.data()), offsets_.data());
    offsets_[0] = 0;
    for (std::size_t r = 0; r < size; ++r) offsets_[r + 1] = offsets_[r] + sizes_[r];
    bytes_.resize(std::max(bytes_.size(), static_cast<std::size_t>(offsets_[size])));
    const auto first = static_cast<std::size_t>(offsets_[rank]);
    if (position_ > 0) std::memmove(bytes_.data() + first, bytes_.data(), position_);
    ranks.gather(ranks.state, bytes_.data(), offsets_.data());
  }

  std::vector<std::byte> bytes_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::int64_t> offsets_;
  std::size_t position_ = 0;
  bool is_writing_ = true;
};

}  // namespace vantage

#endif
