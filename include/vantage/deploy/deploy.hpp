// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_DEPLOY_HPP
#define VANTAGE_DEPLOY_DEPLOY_HPP

// policies for programs without vantage

#include "vantage/deploy/c_source.hpp"
#include "vantage/deploy/deployment_metadata.hpp"
#include "vantage/deploy/onnx.hpp"
#include "vantage/deploy/onnx_graph.hpp"
#include "vantage/deploy/policy_function.hpp"

#endif
