// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_OBSERVATION_NOISE_HPP
#define VANTAGE_ENV_OBSERVATION_NOISE_HPP

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/env/per_component.hpp"
#include "vantage/env/random_state.hpp"
#include "vantage/env/remembering_wrapper.hpp"

namespace vantage {

/// Each of them one number for all components of the observation, or one a component; empty: none.
struct ObservationNoiseOptions {
  std::vector<double> normal = {};   ///< standard deviation sigma of Gaussian noise
  std::vector<double> uniform = {};  ///< half width h of uniform noise
  std::vector<double> bias = {};     ///< half width B of a bias that lasts an episode
  bool critic_sees_truth = false;    ///< the value function is shown the observation without noise, see EnvironmentSpec
};

/// Observations as sensors see them:
///
///     o' = o + b + sigma N(0, 1) + h U(-1, 1),   b ~ B U(-1, 1) at each reset
///
/// The noise has a random stream of its own, which begins anew at each reset from the environment's and is part of the
/// state. The observation without noise stays there to be asked for. A mask of actions stays as it is. Units: those of
/// the observation.
template <Environment E>
class ObservationNoise : public RememberingWrapper<E> {
 public:
  /// Throws: std::invalid_argument for as many numbers as the observation has not, or one that is negative or not
  /// finite; for an environment with a critic of its own where this one is to see the truth.
  ObservationNoise(E environment, const ObservationNoiseOptions& options)
      : RememberingWrapper<E>(std::move(environment)), size_(this->spec_.observation_size) {
    const auto widths = [&](const char* name, const std::vector<double>& numbers) {
      if (numbers.empty()) return Vector<double>(Vector<double>::Zero(size_));
      Vector<double> result = per_component("ObservationNoise", name, numbers, size_, "of finite numbers >= 0",
                                            [](double x) { return x >= 0 && std::isfinite(x); });
      if (this->spec_.mask_row) result.segment(*this->spec_.mask_row, this->spec_.choice_count()).setZero();
      return result;
    };
    normal_ = widths("normal", options.normal);
    uniform_ = widths("uniform", options.uniform);
    bias_ = widths("bias", options.bias);
    // of states and actions only what is clean is a function, and what follows does not depend on it
    this->remember(0, 2 * size_ + kRandomStateSize);
    if (!options.critic_sees_truth) return;
    require(this->spec_.critic_observation_size == 0, "ObservationNoise",
            "an environment inside that shows a critic nothing itself", this->spec_.name);
    this->spec_.critic_observation_size = size_;
    shows_truth_ = true;
  }

  /// What the last reset or step showed, before the noise. Shapes: O.
  [[nodiscard]] auto clean_observation() const { return this->memory_.head(size_); }
  /// The same for a critic that sees the truth; else what the environment inside shows one.
  [[nodiscard]] std::span<const double> critic_observation() const {
    if constexpr (HasCriticObservation<E>) {
      if (!shows_truth_) return Wrapper<E>::critic_observation();
    }
    return {this->memory_.data(), shows_truth_ ? static_cast<std::size_t>(size_) : 0};
  }
  /// Of this episode. Shapes: O.
  [[nodiscard]] auto bias() const { return this->memory_.segment(size_, size_); }

  /// The environment inside draws first, then one number, with which the noise's own stream begins.
  void reset(Rng& rng, VectorRef<double> observation) {
    Wrapper<E>::reset(rng, this->memory_.head(size_));
    Rng noise(rng());
    for (Index i = 0; i < size_; ++i) {
      this->memory_[size_ + i] = bias_[i] > 0 ? noise.uniform(-bias_[i], bias_[i]) : 0.0;
    }
    show(noise, observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const StepResult result = Wrapper<E>::step(action, this->memory_.head(size_));
    Rng noise;
    load_random_state(this->memory_.tail(kRandomStateSize), noise);
    show(noise, observation);
    return result;
  }

 private:
  void show(Rng& noise, VectorRef<double> observation) {
    for (Index i = 0; i < size_; ++i) {
      observation[i] = this->memory_[i] + this->memory_[size_ + i];
      if (normal_[i] > 0) observation[i] += normal_[i] * noise.normal();
      if (uniform_[i] > 0) observation[i] += noise.uniform(-uniform_[i], uniform_[i]);
    }
    save_random_state(noise, this->memory_.tail(kRandomStateSize));
  }

  Index size_;
  bool shows_truth_ = false;
  Vector<double> normal_;
  Vector<double> uniform_;
  Vector<double> bias_;
};

}  // namespace vantage

#endif
