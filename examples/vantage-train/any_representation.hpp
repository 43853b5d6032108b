// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_ANY_REPRESENTATION_HPP
#define VANTAGE_TRAIN_PROGRAM_ANY_REPRESENTATION_HPP

#include <tuple>
#include <utility>
#include <variant>

#include "vantage/epvf/probing_states.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/epvf/with_last_parameters.hpp"
#include "vantage/policy/deterministic_policy.hpp"

/// What a value of states sees of a stochastic policy: its responses in probing states, or a functional of its weights.
class AnyRepresentation {
 public:
  using Scalar = float;
  using Probing = vantage::WithLastParameters<vantage::ProbingStates<vantage::DeterministicPolicy<float>>>;
  using Functional = vantage::UniversalFunctional<float>;
  using Tape = std::tuple<Probing::Tape, Functional::Tape>;

  template <class R>
  explicit AnyRepresentation(R chosen) : chosen_(std::move(chosen)) {}

  [[nodiscard]] vantage::Index feature_size() const {
    return std::visit([](const auto& r) { return r.feature_size(); }, chosen_);
  }
  [[nodiscard]] vantage::Index weight_count() const {
    return std::visit([](const auto& r) { return r.weight_count(); }, chosen_);
  }

  void initialize(vantage::VectorRef<float> weights, vantage::Rng& rng) const {
    std::visit([&](const auto& r) { r.initialize(weights, rng); }, chosen_);
  }

  [[nodiscard]] vantage::FeatureView<float> features(vantage::ConstVectorRef<float> weights,
                                                     vantage::ConstMatrixRef<float> thetas, Tape& tape) const {
    return std::visit([&](const auto& r) { return r.features(weights, thetas, of(r, tape)); }, chosen_);
  }

  void backward(vantage::ConstVectorRef<float> weights, vantage::ConstMatrixRef<float> thetas, Tape& tape,
                vantage::ConstMatrixRef<float> feature_gradient, vantage::VectorRef<float> weight_gradient) const {
    std::visit([&](const auto& r) { r.backward(weights, thetas, of(r, tape), feature_gradient, weight_gradient); },
               chosen_);
  }

  void backward_to_input(vantage::ConstVectorRef<float> weights, vantage::ConstMatrixRef<float> thetas, Tape& tape,
                         vantage::ConstMatrixRef<float> feature_gradient,
                         vantage::MatrixRef<float> theta_gradient) const {
    std::visit(
        [&](const auto& r) { r.backward_to_input(weights, thetas, of(r, tape), feature_gradient, theta_gradient); },
        chosen_);
  }

 private:
  template <class R>
  static typename R::Tape& of(const R&, Tape& tape) {
    return std::get<typename R::Tape>(tape);
  }

  std::variant<Probing, Functional> chosen_;
};

#endif
