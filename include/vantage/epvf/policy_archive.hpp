// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POLICY_ARCHIVE_HPP
#define VANTAGE_EPVF_POLICY_ARCHIVE_HPP

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/archive.hpp"

namespace vantage {

struct PolicyArchiveOptions {
  Index population = 64;  ///< M: policies that come at a time
  Index generations = 1;  ///< populations that are kept; 1: fresh policies only
  double recency = 0;     ///< policies of the age a = 1, 2, ... are drawn in proportion to a^-recency; 0: all alike
  bool half_precision =
      false;  ///< keep parameters as 16-bit floating-point numbers, which the policies then act by too
};

/// The last policies that were played: a ring of parameters theta and what each returned. A population is made and
/// played in the place where it is kept, so nothing is copied.
/// Shapes: P parameters; capacity = M generations. Memory: P numbers a policy, of those that have come so far.
template <class S>
class PolicyArchive {
 public:
  /// Throws: std::invalid_argument for sizes < 1 or a negative recency.
  PolicyArchive(Index parameter_size, const PolicyArchiveOptions& options)
      : options_(options), parameter_size_(parameter_size) {
    require(parameter_size >= 1, "PolicyArchive", "parameter_size >= 1", parameter_size);
    require(options.population >= 1, "PolicyArchive", "population >= 1", options.population);
    require(options.generations >= 1, "PolicyArchive", "generations >= 1", options.generations);
    require(options.generations <= std::numeric_limits<Index>::max() / options.population, "PolicyArchive",
            "a number of policies, population times generations, that an Index holds", options.generations);
    require(options.recency >= 0 && std::isfinite(options.recency), "PolicyArchive", "a finite recency >= 0",
            options.recency);
    // not set to anything: what has not come takes no memory
    if (options.half_precision) {
      half_.resize(parameter_size, capacity());
    } else {
      full_.resize(parameter_size, capacity());
    }
    returns_.setZero(capacity());
  }

  [[nodiscard]] const PolicyArchiveOptions& options() const { return options_; }
  /// P.
  [[nodiscard]] Index parameter_size() const { return parameter_size_; }
  /// Policies that are kept at the most.
  [[nodiscard]] Index capacity() const { return options_.population * options_.generations; }
  /// Policies that are kept now.
  [[nodiscard]] Index size() const { return size_; }

  /// The policies, in no order that means anything. Shapes: P x size. Pre: not in half precision.
  [[nodiscard]] auto policies() const {
    VANTAGE_ASSERT(size_ == capacity() || next_ == size_);
    return full_.leftCols(size_);
  }
  /// What each returned. Shapes: size.
  [[nodiscard]] auto returns() const { return returns_.head(size_); }

  /// Calls play(policies) with room for the next population, in place of the oldest one once the archive is full; play
  /// fills it and gives what each returned. Where play throws, the oldest population of a full archive is spoilt.
  /// Shapes: policies P x M, of S or Eigen::half; play's result M.
  template <class Play>
  void add_population(Play&& play) {
    const Index population = options_.population;
    const auto& returned =
        options_.half_precision ? play(half_.middleCols(next_, population)) : play(full_.middleCols(next_, population));
    require(returned.size() == population, "PolicyArchive::add_population", "a return for each policy",
            returned.size());
    returns_.segment(next_, population) = returned.template cast<S>();
    next_ = (next_ + population) % capacity();
    size_ = std::min(size_ + population, capacity());
  }

  /// Draws policies with replacement. Shapes: policies P x count, returns count.
  /// Throws: std::invalid_argument from an empty archive.
  void draw(Index count, Rng& rng, Matrix<S>& policies, Vector<S>& returns) {
    require(size_ > 0, "PolicyArchive::draw", "an archive with policies in it", "an empty one");
    policies.resize(parameter_size_, count);
    returns.resize(count);
    weight_up_to_age_.reserve(static_cast<std::size_t>(capacity()));
    while (static_cast<Index>(weight_up_to_age_.size()) < size_) {
      const auto age = static_cast<double>(weight_up_to_age_.size() + 1);
      weight_up_to_age_.push_back((weight_up_to_age_.empty() ? 0 : weight_up_to_age_.back()) +
                                  std::pow(age, -options_.recency));
    }
    const auto ages = weight_up_to_age_.begin();
    for (Index i = 0; i < count; ++i) {
      const double draw = rng.uniform() * weight_up_to_age_[static_cast<std::size_t>(size_ - 1)];
      const Index age = 1 + std::min<Index>(std::upper_bound(ages, ages + size_, draw) - ages, size_ - 1);
      read(age, policies.col(i), returns[i]);
    }
  }

  /// The policies that came last, the newest first. Shapes: policies P x count, returns count.
  /// Throws: std::invalid_argument for more than there are.
  void newest(Index count, Matrix<S>& policies, Vector<S>& returns) const {
    policies.resize(parameter_size_, count);
    returns.resize(count);
    newest(policies, returns);
  }

  /// The same, as many as there are columns.
  void newest(MatrixRef<S> policies, VectorRef<S> returns) const {
    const Index count = policies.cols();
    require(count <= size_, "PolicyArchive::newest", "no more policies than there are", count);
    for (Index i = 0; i < count; ++i) read(i + 1, policies.col(i), returns[i]);
  }

  /// Gives look(policies, returns) of the population that came last, in the order and the place in which it was played.
  /// Shapes: policies P x M, of S or Eigen::half; returns M. Throws: std::invalid_argument from an empty archive.
  template <class Look>
  decltype(auto) newest_population(Look&& look) const {
    require(size_ > 0, "PolicyArchive::newest_population", "an archive with policies in it", "an empty one");
    const Index first = slot_of(options_.population), count = options_.population;
    return options_.half_precision ? look(half_.middleCols(first, count), returns_.segment(first, count))
                                   : look(full_.middleCols(first, count), returns_.segment(first, count));
  }

  /// Writes all policies and returns, the oldest first, to a file of their own, for other runs and programs.
  /// Shapes in the file: policies size x P, returns size. Throws: FileError.
  void save(const std::filesystem::path& path) const {
    StateWriter writer;
    writer.set_metadata("format", kFormat);
    if (options_.half_precision) {
      write_rows(writer, half_);
    } else {
      write_rows(writer, full_);
    }
    writer.save(path);
  }

  /// Replaces what the archive holds by the newest policies of such a file, as many whole populations as it has and
  /// this archive has room for. Where this throws, nothing has changed.
  /// Throws: FileError for a damaged file, or policies of another size or kind of number, or less than a population.
  void load(const std::filesystem::path& path) {
    StateReader reader(path);
    const auto format = reader.file().metadata().find("format");
    if (format == reader.file().metadata().end() || format->second != kFormat) {
      throw FileError(detail::join(path.string(), ": expected a file of format \"", kFormat, "\", got ",
                                   format == reader.file().metadata().end() ? "none" : format->second));
    }
    if (options_.half_precision) {
      read_rows(path.string(), reader, half_);
    } else {
      read_rows(path.string(), reader, full_);
    }
  }

  /// For checkpoints of training: all but the population that the next one replaces.
  template <class Archive>
  void serialize(Archive& state) {
    state("next", next_);
    Index kept = size_ < capacity() ? size_ : size_ - options_.population;
    state("kept", kept);
    if (options_.half_precision) {
      serialize_newest(state, kept, half_);
    } else {
      serialize_newest(state, kept, full_);
    }
  }

 private:
  template <class Column>
  void read(Index age, Column&& policy, S& returned) const {
    const Index slot = slot_of(age);
    if (options_.half_precision) {
      policy = half_.col(slot).template cast<S>();
    } else {
      policy = full_.col(slot);
    }
    returned = returns_[slot];
  }

  // `age` = 1: the one that came last
  [[nodiscard]] Index slot_of(Index age) const { return (next_ - age + capacity()) % capacity(); }

  template <class Stored>
  void write_rows(StateWriter& writer, const Stored& stored) const {
    Stored rows(size_, parameter_size_);
    Vector<S> returned(size_);
    for (Index i = 0; i < size_; ++i) {
      rows.row(i) = stored.col(slot_of(size_ - i)).transpose();
      returned[i] = returns_[slot_of(size_ - i)];
    }
    writer("policies", rows);
    writer("returns", returned);
  }

  template <class Stored>
  void read_rows(const std::string& path, StateReader& reader, Stored& stored) {
    Stored rows;
    Vector<S> returned;
    reader("policies", rows);
    reader("returns", returned);
    if (rows.cols() != parameter_size_ || rows.rows() != returned.size() || rows.rows() < options_.population) {
      throw FileError(detail::join(path, ": expected a return for each policy, ", parameter_size_,
                                   " parameters a policy, and ", options_.population, " policies or more, got ",
                                   returned.size(), " returns and ", rows.rows(), " policies of ", rows.cols()));
    }
    if (!rows.template cast<S>().allFinite() || !returned.allFinite()) {
      throw FileError(path + ": expected finite parameters and returns");
    }
    size_ = std::min(rows.rows(), capacity()) / options_.population * options_.population;
    next_ = size_ % capacity();
    for (Index i = 0; i < size_; ++i) {
      stored.col(i) = rows.row(rows.rows() - size_ + i).transpose();
      returns_[i] = returned[rows.rows() - size_ + i];
    }
  }

  template <class Archive, class Stored>
  void serialize_newest(Archive& state, Index kept, Stored& stored) {
    constexpr bool kReads = std::is_same_v<Archive, StateReader>;
    if constexpr (kReads) {
      if (next_ < 0 || next_ >= capacity() || next_ % options_.population != 0 || kept < 0 || kept > capacity() ||
          kept % options_.population != 0) {
        throw FileError(detail::join("PolicyArchive: expected a checkpoint of an archive of ", options_.generations,
                                     " populations of ", options_.population, ", got slot ", next_, ", size ", kept));
      }
      size_ = kept;
    }
    Stored policies(parameter_size_, kept);
    Vector<S> returned(kept);
    if constexpr (!kReads) {
      for (Index i = 0; i < kept; ++i) {
        policies.col(i) = stored.col(slot_of(i + 1));
        returned[i] = returns_[slot_of(i + 1)];
      }
    }
    state("policies", policies);
    state("returns", returned);
    if constexpr (kReads) {
      for (Index i = 0; i < kept; ++i) {
        stored.col(slot_of(i + 1)) = policies.col(i);
        returns_[slot_of(i + 1)] = returned[i];
      }
    }
  }

  static constexpr const char* kFormat = "vantage policy archive 1";

  PolicyArchiveOptions options_;
  Index parameter_size_;
  Matrix<S> full_;  // P x capacity, one of the two
  Matrix<Eigen::half> half_;
  Vector<S> returns_;
  Index next_ = 0;  // slot of the next population
  Index size_ = 0;
  std::vector<double> weight_up_to_age_;  // cumulative weights of the ages 1, 2, ...
};

}  // namespace vantage

#endif
