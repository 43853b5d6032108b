// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_ANY_UPDATE_HPP
#define VANTAGE_TRAIN_PROGRAM_ANY_UPDATE_HPP

#include <utility>
#include <variant>

#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"

// what the command line chooses, so that the training loop is compiled once for a kind of policy

/// One of the policy updates.
template <class P>
class AnyUpdate {
 public:
  using S = typename P::Scalar;

  template <class U>
  explicit AnyUpdate(U update) : update_(std::move(update)) {}

  vantage::PolicyReport operator()(P& policy, const vantage::Batch<S>& batch,
                                   const vantage::AdvantageEstimate<S>& estimate, vantage::Context& context,
                                   const P* drawn_by) {
    return std::visit(
        [&](auto& update) {
          if constexpr (requires { update(policy, batch, estimate, context, drawn_by); }) {
            return update(policy, batch, estimate, context, drawn_by);
          } else {
            return update(policy, batch, estimate, context);
          }
        },
        update_);
  }

  [[nodiscard]] bool uses_minibatches(vantage::Index samples) const {
    return std::visit(
        [&](const auto& update) {
          if constexpr (requires { update.uses_minibatches(samples); }) {
            return update.uses_minibatches(samples);
          } else {
            return false;
          }
        },
        update_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    std::visit([&](auto& update) { update.serialize(archive); }, update_);
  }

 private:
  std::variant<vantage::Vpg<P>, vantage::Ppo<P>, vantage::PpoPenalty<P>, vantage::NaturalGradient<P>> update_;
};

/// One of the advantage estimators.
struct AnyAdvantage {
  std::variant<vantage::Gae, vantage::RewardToGo> estimator;

  [[nodiscard]] double gamma() const {
    return std::visit([](const auto& chosen) { return chosen.gamma; }, estimator);
  }

  template <class S, class V>
  void operator()(const vantage::Batch<S>& batch, const V& value, vantage::Context& context,
                  vantage::AdvantageEstimate<S>& estimate) const {
    std::visit([&](const auto& chosen) { chosen(batch, value, context, estimate); }, estimator);
  }
};

#endif
