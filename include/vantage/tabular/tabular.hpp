// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_TABULAR_HPP
#define VANTAGE_TABULAR_TABULAR_HPP

// problems that are solved exactly

#include "vantage/tabular/conservative_policy_iteration.hpp"
#include "vantage/tabular/doubling_map.hpp"
#include "vantage/tabular/dynamic_programming.hpp"
#include "vantage/tabular/finite_mdp.hpp"
#include "vantage/tabular/finite_mdp_environment.hpp"
#include "vantage/tabular/gaussian_bandit.hpp"
#include "vantage/tabular/linear_quadratic.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/tabular/linear_quadratic_gradient.hpp"
#include "vantage/tabular/lyapunov_equation.hpp"
#include "vantage/tabular/policy_evaluation.hpp"
#include "vantage/tabular/policy_gradient.hpp"
#include "vantage/tabular/quadratic_value.hpp"
#include "vantage/tabular/small_matrices.hpp"
#include "vantage/tabular/softmax_bandit.hpp"
#include "vantage/tabular/solve_linear.hpp"
#include "vantage/tabular/tabular_policy.hpp"
#include "vantage/tabular/value_table.hpp"

#endif
