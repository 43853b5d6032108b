// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_FINITE_MDP_HPP
#define VANTAGE_TABULAR_FINITE_MDP_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

namespace detail {

/// Whether the entries are probabilities that sum to 1, to rounding.
template <class Probabilities>
[[nodiscard]] bool is_distribution(const Probabilities& p) {
  // comparisons with not-a-number are false
  return (p.array() >= 0).all() && std::abs(p.sum() - 1) < 1e-9;
}

}  // namespace detail

/// A Markov decision process with finitely many states and actions, held as tables:
///
///     P_a(s, s') = probability of s' after action a in state s,   r(s, a),   mu(s) of the first state,   gamma
///
/// Shapes: S states, A actions; a transition matrix S x S an action, rewards S x A, start S.
class FiniteMdp {
 public:
  /// Throws: std::invalid_argument unless there is a state and an action, the shapes agree, every row of a transition
  /// matrix and the start are distributions, rewards are finite and 0 <= gamma < 1.
  FiniteMdp(std::vector<Matrix<double>> transitions, Matrix<double> rewards, Vector<double> start, double gamma)
      : transitions_(std::move(transitions)), rewards_(std::move(rewards)), start_(std::move(start)), gamma_(gamma) {
    require(states() >= 1 && actions() >= 1, "FiniteMdp", "rewards for at least one state and action",
            detail::join(states(), " x ", actions()));
    require(static_cast<Index>(transitions_.size()) == actions(), "FiniteMdp",
            "as many transition matrices as rewards has columns", transitions_.size());
    for (std::size_t a = 0; a < transitions_.size(); ++a) {
      const Matrix<double>& p = transitions_[a];
      require(p.rows() == states() && p.cols() == states(), "FiniteMdp", "transition matrices states x states",
              detail::join(p.rows(), " x ", p.cols(), " for action ", a));
      for (Index s = 0; s < states(); ++s) {
        require(detail::is_distribution(p.row(s)), "FiniteMdp", "transition probabilities >= 0 with sum 1",
                detail::join(p.row(s), " for state ", s, ", action ", a));
      }
    }
    require(start_.size() == states(), "FiniteMdp", "a start probability a state", start_.size());
    require(detail::is_distribution(start_), "FiniteMdp", "start probabilities >= 0 with sum 1",
            detail::Listed(start_));
    require(rewards_.allFinite(), "FiniteMdp", "finite rewards", rewards_);
    require(gamma >= 0 && gamma < 1, "FiniteMdp", "0 <= gamma < 1", gamma);
  }

  /// S.
  [[nodiscard]] Index states() const { return rewards_.rows(); }
  /// A.
  [[nodiscard]] Index actions() const { return rewards_.cols(); }
  /// P_a, a row a state before it.
  [[nodiscard]] const Matrix<double>& transition(Index a) const { return transitions_[static_cast<std::size_t>(a)]; }
  /// r(s, a).
  [[nodiscard]] const Matrix<double>& rewards() const { return rewards_; }
  /// mu(s).
  [[nodiscard]] const Vector<double>& start() const { return start_; }
  /// The discount.
  [[nodiscard]] double gamma() const { return gamma_; }

  /// Whether nothing follows: every action stays, and pays nothing.
  [[nodiscard]] bool is_absorbing(Index s) const {
    for (Index a = 0; a < actions(); ++a) {
      if (transition(a)(s, s) != 1 || rewards_(s, a) != 0) return false;
    }
    return true;
  }

 private:
  std::vector<Matrix<double>> transitions_;
  Matrix<double> rewards_;
  Vector<double> start_;
  double gamma_;
};

/// What random_mdp makes.
struct RandomMdpOptions {
  Index states = 5;           ///< S
  Index actions = 3;          ///< A
  Index branching = 0;        ///< states that can follow a state and action; 0: all of them
  double reward_density = 1;  ///< share of the pairs of state and action that pay something
  double reward_low = 0;      ///< rewards that are paid are uniform on [reward_low, reward_high)
  double reward_high = 1;     ///< see reward_low
  double gamma = 0.9;         ///< the discount
};

namespace detail {

/// Uniform on the simplex (Dirichlet with all ones) of `support` of the `size` entries, the others 0.
[[nodiscard]] inline Vector<double> random_distribution(Index size, Index support, Rng& rng) {
  std::vector<Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  Vector<double> p = Vector<double>::Zero(size);
  for (Index k = 0; k < support; ++k) {
    const auto rest = static_cast<std::uint64_t>(size - k);
    std::swap(order[static_cast<std::size_t>(k)], order[static_cast<std::size_t>(k) + rng.below(rest)]);
    p[order[static_cast<std::size_t>(k)]] = -std::log(1 - rng.uniform());
  }
  return p / p.sum();
}

}  // namespace detail

/// A random decision process for tests of properties: transition probabilities and the start are uniform on their
/// simplex; few successors (`branching`) and sparse rewards make it harder.
/// Throws: std::invalid_argument for sizes < 1, a branching beyond the states or what FiniteMdp refuses.
/// Source: the "Garnet" problems of Archibald, McKinnon and Thomas (1995).
[[nodiscard]] inline FiniteMdp random_mdp(const RandomMdpOptions& options, Rng& rng) {
  require(options.states >= 1, "random_mdp", "states >= 1", options.states);
  require(options.actions >= 1, "random_mdp", "actions >= 1", options.actions);
  require(options.branching >= 0 && options.branching <= options.states, "random_mdp", "0 <= branching <= states",
          options.branching);
  require(options.reward_density >= 0 && options.reward_density <= 1, "random_mdp", "0 <= reward_density <= 1",
          options.reward_density);
  require(options.reward_low <= options.reward_high, "random_mdp", "reward_low <= reward_high", options.reward_low);
  const Index support = options.branching > 0 ? options.branching : options.states;
  std::vector<Matrix<double>> transitions;
  for (Index a = 0; a < options.actions; ++a) {
    Matrix<double> p(options.states, options.states);
    for (Index s = 0; s < options.states; ++s) p.row(s) = detail::random_distribution(p.cols(), support, rng);
    transitions.push_back(std::move(p));
  }
  Matrix<double> rewards = Matrix<double>::Zero(options.states, options.actions);
  for (double& reward : rewards.reshaped()) {
    if (rng.uniform() < options.reward_density) reward = rng.uniform(options.reward_low, options.reward_high);
  }
  return {std::move(transitions), std::move(rewards), detail::random_distribution(options.states, options.states, rng),
          options.gamma};
}

}  // namespace vantage

#endif
