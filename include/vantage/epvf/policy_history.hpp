// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_POLICY_HISTORY_HPP
#define VANTAGE_EPVF_POLICY_HISTORY_HPP

#include <algorithm>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/core/types.hpp"
#include "vantage/io/archive.hpp"

namespace vantage {

struct PolicyHistoryOptions {
  Index policies = 10;  ///< K: earlier policies that are kept; 0: none
  Index samples = 256;  ///< n: of the batch of each; all of it where it has fewer
};

/// The last policies of a run, and some states of each with the value targets that they had.
/// Shapes: parameters P; n samples of inputs O and a target each. Memory: K (P + n (O + 1)) numbers, taken with the
/// first policy.
template <class S>
class PolicyHistory {
 public:
  /// Throws: std::invalid_argument for negative sizes, or policies without samples.
  explicit PolicyHistory(const PolicyHistoryOptions& options = {}) : options_(options) {
    require(options.policies >= 0, "PolicyHistory", "policies >= 0", options.policies);
    require(options.samples >= 1, "PolicyHistory", "samples >= 1", options.samples);
  }

  [[nodiscard]] const PolicyHistoryOptions& options() const { return options_; }
  /// Policies that are kept now.
  [[nodiscard]] Index size() const { return size_; }
  /// n, once a policy has come.
  [[nodiscard]] Index samples() const { return options_.policies == 0 ? 0 : targets_.size() / options_.policies; }

  /// Of the policy that came `age`-th last, 1 <= age <= size. Shapes: P; O x n; n.
  [[nodiscard]] auto policy(Index age) const { return policies_.col(slot_of(age)); }
  [[nodiscard]] auto inputs(Index age) const { return inputs_.middleCols(slot_of(age) * samples(), samples()); }
  [[nodiscard]] auto targets(Index age) const { return targets_.segment(slot_of(age) * samples(), samples()); }

  /// Keeps a policy and n samples of it, drawn without replacement, in place of the oldest once there are K.
  /// Shapes: policy P, inputs O x N, targets N. Throws: std::invalid_argument for other shapes than the first time.
  /// Cost: a copy of what is kept; allocates the first time only.
  void add(ConstVectorRef<S> policy, ConstMatrixRef<S> inputs, const Vector<S>& targets, const Rng& rng) {
    if (options_.policies == 0) return;
    const Index kept = std::min(options_.samples, targets.size());
    if (targets_.size() == 0) {
      policies_.setZero(policy.size(), options_.policies);
      inputs_.setZero(inputs.rows(), options_.policies * kept);
      targets_.setZero(options_.policies * kept);
    }
    constexpr const char* kWho = "PolicyHistory::add";
    require(policy.size() == policies_.rows(), kWho, "as many parameters as before", policy.size());
    require(inputs.rows() == inputs_.rows(), kWho, "inputs as before", inputs.rows());
    require(inputs.cols() == targets.size() && kept == samples() && kept > 0, kWho, "as many samples as before",
            inputs.cols());
    policies_.col(next_) = policy;
    Index to = next_ * kept;
    if (kept == targets.size()) {
      inputs_.middleCols(to, kept) = inputs;
      targets_.segment(to, kept) = targets;
    } else {
      order_.begin(targets.size(), rng);
      for (const Index sample : order_.next(kept)) {
        inputs_.col(to) = inputs.col(sample);
        targets_[to] = targets[sample];
        ++to;
      }
    }
    next_ = (next_ + 1) % options_.policies;
    size_ = std::min(size_ + 1, options_.policies);
  }

  /// Drops the policy that came last if it is this one.
  void forget(ConstVectorRef<S> last) {
    if (size_ == 0 || policy(1) != last) return;
    next_ = slot_of(1);
    --size_;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    constexpr bool kReads = std::is_same_v<Archive, StateReader>;
    if constexpr (kReads) *this = PolicyHistory(options_);
    archive("next", next_);
    archive("size", size_);
    archive("policies", policies_);
    archive("inputs", inputs_);
    archive("targets", targets_);
    if constexpr (kReads) {
      const Index most = options_.policies;
      const bool fits = targets_.size() == 0 ? size_ == 0 && next_ == 0
                                             : most > 0 && policies_.cols() == most && targets_.size() % most == 0 &&
                                                   samples() <= options_.samples && inputs_.cols() == targets_.size() &&
                                                   size_ >= 0 && size_ <= most && next_ >= 0 && next_ < most;
      if (!fits) {
        throw FileError(detail::join("PolicyHistory: expected a checkpoint of ", most, " policies with ",
                                     options_.samples, " samples each, got ", policies_.cols(), " policies with ",
                                     targets_.size(), " samples in all"));
      }
    }
  }

 private:
  [[nodiscard]] Index slot_of(Index age) const {
    VANTAGE_ASSERT(age >= 1 && age <= size_);
    return (next_ - age + options_.policies) % options_.policies;
  }

  PolicyHistoryOptions options_;
  Matrix<S> policies_;  // P x K
  Matrix<S> inputs_;    // O x K n
  Vector<S> targets_;
  Index next_ = 0;  // slot of the next policy
  Index size_ = 0;
  Shuffle order_;
};

}  // namespace vantage

#endif
