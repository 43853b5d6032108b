// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_ANY_ENVIRONMENT_HPP
#define VANTAGE_TRAIN_PROGRAM_ANY_ENVIRONMENT_HPP

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "vantage/core/concepts.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/env/tangent.hpp"

// MuJoCo's own names: who only passes them on needs no MuJoCo
using mjModel = struct mjModel_;
using mjData = struct mjData_;

/// Any stateful environment behind one type, so that the trainer is compiled once and not once a task.
/// Cost: an indirect call a step. Copies are deep.
class AnyEnvironment {
 public:
  template <class E>
  requires(!std::same_as<E, AnyEnvironment> && vantage::StatefulEnvironment<E>) explicit AnyEnvironment(E environment)
      : body_(std::make_unique<Body<E>>(std::move(environment))) {}

  AnyEnvironment(const AnyEnvironment& other) : body_(other.body_->copy()) {}
  AnyEnvironment(AnyEnvironment&&) noexcept = default;
  AnyEnvironment& operator=(AnyEnvironment other) noexcept {
    body_.swap(other.body_);
    return *this;
  }
  ~AnyEnvironment() = default;

  [[nodiscard]] const vantage::EnvironmentSpec& spec() const { return body_->spec(); }
  void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) { body_->reset(rng, observation); }
  vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) {
    return body_->step(action, observation);
  }
  [[nodiscard]] std::span<const double> reward_terms() const { return body_->reward_terms(); }
  /// Empty where a critic sees what the policy sees.
  [[nodiscard]] std::span<const double> critic_observation() const { return body_->critic_observation(); }
  [[nodiscard]] vantage::Index state_size() const { return body_->state_size(); }
  void save_state(vantage::VectorRef<double> out) const { body_->save_state(out); }
  void load_state(const vantage::Vector<double>& state) { body_->load_state(state); }
  /// 0 where the state cannot be moved.
  [[nodiscard]] vantage::Index tangent_size() const { return body_->tangent_size(); }
  void displace(vantage::VectorRef<double> state, vantage::ConstVectorRef<double> tangent) const {
    body_->displace(state, tangent);
  }
  void difference(vantage::ConstVectorRef<double> from, vantage::ConstVectorRef<double> to,
                  vantage::VectorRef<double> tangent) const {
    body_->difference(from, to, tangent);
  }

  /// Shows MuJoCo's view of the current state, for pictures; false without a call in a world that has no MuJoCo.
  using Look = std::function<void(const mjModel&, mjData&)>;
  bool inspect(const Look& look) const { return body_->inspect(look); }
  /// Units: seconds a step; 0 where the world does not say.
  [[nodiscard]] double dt() const { return body_->dt(); }
  /// Of the compiled model; empty in a world that has none.
  [[nodiscard]] std::string fingerprint() const { return body_->fingerprint(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    [[nodiscard]] virtual std::unique_ptr<Interface> copy() const = 0;
    [[nodiscard]] virtual const vantage::EnvironmentSpec& spec() const = 0;
    virtual void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) = 0;
    virtual vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) = 0;
    [[nodiscard]] virtual std::span<const double> reward_terms() const = 0;
    [[nodiscard]] virtual std::span<const double> critic_observation() const = 0;
    [[nodiscard]] virtual vantage::Index state_size() const = 0;
    virtual void save_state(vantage::VectorRef<double> out) const = 0;
    virtual void load_state(const vantage::Vector<double>& state) = 0;
    [[nodiscard]] virtual vantage::Index tangent_size() const = 0;
    virtual void displace(vantage::VectorRef<double> state, vantage::ConstVectorRef<double> tangent) const = 0;
    virtual void difference(vantage::ConstVectorRef<double> from, vantage::ConstVectorRef<double> to,
                            vantage::VectorRef<double> tangent) const = 0;
    virtual bool inspect(const Look& look) const = 0;
    [[nodiscard]] virtual double dt() const = 0;
    [[nodiscard]] virtual std::string fingerprint() const = 0;
  };

  template <class E>
  struct Body final : Interface {
    explicit Body(E value) : environment(std::move(value)) {}
    [[nodiscard]] std::unique_ptr<Interface> copy() const override { return std::make_unique<Body>(environment); }
    [[nodiscard]] const vantage::EnvironmentSpec& spec() const override { return environment.spec(); }
    void reset(vantage::Rng& rng, vantage::VectorRef<double> observation) override {
      environment.reset(rng, observation);
    }
    vantage::StepResult step(const vantage::Vector<double>& action, vantage::VectorRef<double> observation) override {
      return environment.step(action, observation);
    }
    [[nodiscard]] std::span<const double> reward_terms() const override {
      if constexpr (vantage::HasRewardTerms<E>) {
        return environment.reward_terms();
      } else {
        return {};
      }
    }
    [[nodiscard]] std::span<const double> critic_observation() const override {
      if constexpr (vantage::HasCriticObservation<E>) {
        return environment.critic_observation();
      } else {
        return {};
      }
    }
    [[nodiscard]] vantage::Index state_size() const override { return environment.state_size(); }
    void save_state(vantage::VectorRef<double> out) const override { environment.save_state(out); }
    void load_state(const vantage::Vector<double>& state) override { environment.load_state(state); }
    [[nodiscard]] vantage::Index tangent_size() const override {
      if constexpr (vantage::TangentEnvironment<E>) {
        return environment.tangent_size();
      } else {
        return 0;
      }
    }
    void displace([[maybe_unused]] vantage::VectorRef<double> state,
                  [[maybe_unused]] vantage::ConstVectorRef<double> tangent) const override {
      if constexpr (vantage::TangentEnvironment<E>) vantage::displace(environment, state, tangent);
    }
    void difference([[maybe_unused]] vantage::ConstVectorRef<double> from,
                    [[maybe_unused]] vantage::ConstVectorRef<double> to,
                    [[maybe_unused]] vantage::VectorRef<double> tangent) const override {
      if constexpr (vantage::TangentEnvironment<E>) vantage::difference(environment, from, to, tangent);
    }
    bool inspect(const Look& look) const override {
      if constexpr (requires { environment.inspect(look); }) {
        environment.inspect(look);
        return true;
      } else {
        return false;
      }
    }
    [[nodiscard]] double dt() const override {
      if constexpr (requires { environment.dt(); }) {
        return environment.dt();
      } else {
        return 0;
      }
    }
    [[nodiscard]] std::string fingerprint() const override {
      if constexpr (requires { environment.fingerprint(); }) {
        return environment.fingerprint();
      } else {
        return {};
      }
    }

    E environment;
  };

  std::unique_ptr<Interface> body_;
};

static_assert(vantage::TangentEnvironment<AnyEnvironment> && vantage::HasRewardTerms<AnyEnvironment>);

#endif
