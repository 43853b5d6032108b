// SPDX-License-Identifier: MIT
#ifndef VANTAGE_PRECOMPILED_HPP
#define VANTAGE_PRECOMPILED_HPP

#include <filesystem>
#include <optional>

#include "vantage/advantage/gae.hpp"
#include "vantage/env/acrobot.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/mountain_car.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/divergence.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

// what the target vantage::precompiled holds compiled: compilers of programs that link it take these from there, and
// vantage.hpp includes this for them. The library's source is this very header without its "extern"s, see
// cmake/precompiled.cmake; what is inline is compiled by everyone all the same

namespace vantage {

namespace detail {

/// Defined by the library for the instructions that it was compiled for, and asked for by everyone who uses it. Where
/// the linker misses it, library and program were compiled with different -march: then the layout of Eigen's types and
/// the last bits of results differ too. Compile both with the same flags.
template <int vector_bytes, int eigen_alignment, bool fuses_multiply_add>
struct PrecompiledWithSameMarch {
  static bool check();
};

template <int vector_bytes, int eigen_alignment, bool fuses_multiply_add>
bool PrecompiledWithSameMarch<vector_bytes, eigen_alignment, fuses_multiply_add>::check() {
  return true;
}

#ifdef __FMA__
inline constexpr bool kFusesMultiplyAdd = true;
#else
inline constexpr bool kFusesMultiplyAdd = false;
#endif

extern template struct PrecompiledWithSameMarch<kVectorBytes, EIGEN_MAX_ALIGN_BYTES, kFusesMultiplyAdd>;

[[gnu::used]] static bool (*const kPrecompiledCheck)() =
    &PrecompiledWithSameMarch<kVectorBytes, EIGEN_MAX_ALIGN_BYTES, kFusesMultiplyAdd>::check;

}  // namespace detail

// ---- models

extern template class GaussianPolicy<float>;
extern template class CategoricalPolicy<float>;
extern template class ValueNetwork<float>;

// ---- advantages and updates

extern template void Gae::operator()(const Batch<float>&, const ValueNetwork<float>&, Context&,
                                     AdvantageEstimate<float>&) const;
extern template class ValueRegression<float>;
extern template ValueReport ValueRegression<float>::operator()(ValueNetwork<float>&, ConstMatrixRef<float>,
                                                               const Vector<float>&, Context&, const Vector<float>*);
extern template class Vpg<GaussianPolicy<float>>;
extern template class Vpg<CategoricalPolicy<float>>;
extern template class Ppo<GaussianPolicy<float>>;
extern template class Ppo<CategoricalPolicy<float>>;
extern template class NaturalGradient<GaussianPolicy<float>>;
extern template class NaturalGradient<CategoricalPolicy<float>>;

// ---- training

extern template std::optional<Divergence> detail::look_at_batch(const Batch<float>&, const AdvantageEstimate<float>&);
extern template void save_batch(const std::filesystem::path&, const Batch<float>&, const AdvantageEstimate<float>&,
                                const FileMetadata&);

// ---- the tasks without MuJoCo

extern template class VectorEnvironment<PointMass>;
extern template class Collector<PointMass>;
extern template void Collector<PointMass>::collect(const GaussianPolicy<float>&, Context&, Batch<float>&, Index);
extern template class VectorEnvironment<Pendulum>;
extern template class Collector<Pendulum>;
extern template void Collector<Pendulum>::collect(const GaussianPolicy<float>&, Context&, Batch<float>&, Index);
extern template class VectorEnvironment<MountainCarContinuous>;
extern template class Collector<MountainCarContinuous>;
extern template void Collector<MountainCarContinuous>::collect(const GaussianPolicy<float>&, Context&, Batch<float>&,
                                                               Index);
extern template class VectorEnvironment<CartPole>;
extern template class Collector<CartPole>;
extern template void Collector<CartPole>::collect(const CategoricalPolicy<float>&, Context&, Batch<float>&, Index);
extern template class VectorEnvironment<MountainCar>;
extern template class Collector<MountainCar>;
extern template void Collector<MountainCar>::collect(const CategoricalPolicy<float>&, Context&, Batch<float>&, Index);
extern template class VectorEnvironment<Acrobot>;
extern template class Collector<Acrobot>;
extern template void Collector<Acrobot>::collect(const CategoricalPolicy<float>&, Context&, Batch<float>&, Index);

}  // namespace vantage

#endif
