// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VANTAGE_HPP
#define VANTAGE_VANTAGE_HPP

// everything that needs only Eigen and threads

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/core/blocks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/thread_pool.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/nn/activation.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/nn/initialization.hpp"
#include "vantage/nn/mlp.hpp"
#include "vantage/optim/adam.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/policy/diagonal_gaussian.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/normalizer.hpp"
#include "vantage/rollout/reward_scaler.hpp"
#include "vantage/value/no_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"
#include "vantage/value/value_report.hpp"
#include "vantage/version.hpp"

#endif
