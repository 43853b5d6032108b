// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_ANY_VALUE_HPP
#define VANTAGE_TRAIN_PROGRAM_ANY_VALUE_HPP

#include <utility>
#include <variant>

#include "vantage/value/normalized_value.hpp"
#include "vantage/value/value_network.hpp"

/// A value network, or one that learns normalised targets: what the command line chooses, so that the training loop is
/// compiled once for a kind of policy.
class AnyValue {
 public:
  using Scalar = float;
  using Network = vantage::ValueNetwork<float>;
  using Normalized = vantage::NormalizedValue<Network>;

  explicit AnyValue(Network value) : value_(std::move(value)) {}
  explicit AnyValue(Normalized value) : value_(std::move(value)) {}

  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) {
    return std::visit(std::forward<Visitor>(visitor), value_);
  }
  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    return std::visit(std::forward<Visitor>(visitor), value_);
  }

  [[nodiscard]] vantage::Index input_size() const {
    return visit([](const auto& value) { return value.input_size(); });
  }
  [[nodiscard]] vantage::Vector<float>& parameters() {
    return visit([](auto& value) -> auto& { return value.parameters(); });
  }
  [[nodiscard]] const vantage::Vector<float>& parameters() const {
    return visit([](const auto& value) -> const auto& { return value.parameters(); });
  }

  void predict(vantage::ConstMatrixRef<float> inputs, vantage::Context& context,
               vantage::VectorRef<float> values) const {
    visit([&](const auto& value) { value.predict(inputs, context, values); });
  }
  template <class Weight>
  void gradient(vantage::ConstMatrixRef<float> inputs, Weight&& weight, vantage::Context& context,
                vantage::Vector<float>& gradient) const {
    visit([&](const auto& value) { value.gradient(inputs, weight, context, gradient); });
  }

  /// Makes the parameters of both comparable: the same function in the scale of another. Pre: of the same kind.
  void take_scale(const AnyValue& other) {
    if (auto* value = std::get_if<Normalized>(&value_)) value->take_scale(std::get<Normalized>(other.value_));
  }

  template <class Archive>
  void serialize(Archive& archive) {
    visit([&](auto& value) { value.serialize(archive); });
  }

 private:
  std::variant<Network, Normalized> value_;
};

#endif
