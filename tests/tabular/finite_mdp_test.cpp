// SPDX-License-Identifier: MIT
#include "vantage/tabular/finite_mdp.hpp"

#include <string>

#include "catch.hpp"
#include "tabular/worlds.hpp"

using namespace vantage;

namespace {

std::string refusal(auto&& build) {
  try {
    build();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was refused";
}

}  // namespace

TEST_CASE("a finite decision process refuses tables that are none") {
  using Catch::Matchers::ContainsSubstring;
  const Matrix<double> stay = Matrix<double>::Identity(2, 2);
  const Matrix<double> rewards = Matrix<double>::Zero(2, 1);
  const Vector<double> start{{0.25, 0.75}};
  CHECK_NOTHROW(FiniteMdp({stay}, rewards, start, 0));
  CHECK_THAT(refusal([&] { FiniteMdp({}, Matrix<double>(), start, 0.9); }), ContainsSubstring("at least one state"));
  CHECK_THAT(refusal([&] { FiniteMdp({stay, stay}, rewards, start, 0.9); }), ContainsSubstring("got 2"));
  CHECK_THAT(refusal([&] { FiniteMdp({Matrix<double>::Identity(3, 3)}, rewards, start, 0.9); }),
             ContainsSubstring("3 x 3 for action 0"));
  CHECK_THAT(refusal([&] {
               FiniteMdp({Matrix<double>{{0.5, 0.5}, {0.5, 0.4}}}, rewards, start, 0.9);
             }),
             ContainsSubstring("for state 1, action 0"));
  CHECK_THAT(refusal([&] {
               FiniteMdp({Matrix<double>{{1.5, -0.5}, {0, 1}}}, rewards, start, 0.9);
             }),
             ContainsSubstring("for state 0"));
  CHECK_THAT(refusal([&] { FiniteMdp({stay}, rewards, Vector<double>::Ones(3) / 3, 0.9); }),
             ContainsSubstring("a start probability a state, got 3"));
  CHECK_THAT(refusal([&] {
               FiniteMdp({stay}, rewards, Vector<double>{{0.5, 0.6}}, 0.9);
             }),
             ContainsSubstring("start probabilities"));
  CHECK_THAT(refusal([&] {
               FiniteMdp({stay}, Matrix<double>{{0}, {std::nan("")}}, start, 0.9);
             }),
             ContainsSubstring("finite rewards"));
  CHECK_THAT(refusal([&] { FiniteMdp({stay}, rewards, start, 1); }), ContainsSubstring("gamma < 1, got 1"));
  CHECK_THAT(refusal([&] { FiniteMdp({stay * std::nan("")}, rewards, start, 0.5); }), ContainsSubstring("sum 1"));
}

TEST_CASE("a state that stays and pays nothing is absorbing") {
  const FiniteMdp mdp = corridor();
  CHECK(mdp.is_absorbing(0));
  CHECK_FALSE(mdp.is_absorbing(1));
  CHECK_FALSE(mdp.is_absorbing(2));
  CHECK(mdp.is_absorbing(3));
  // staying is not enough
  const Matrix<double> stay = Matrix<double>::Identity(1, 1);
  CHECK_FALSE(FiniteMdp({stay, stay}, Matrix<double>{{0, 1}}, Vector<double>::Ones(1), 0.9).is_absorbing(0));
}

TEST_CASE("random decision processes have the branching and the rewards that were asked for") {
  Rng rng(3);
  Index paid = 0;
  for (int i = 0; i < 50; ++i) {
    const FiniteMdp mdp = random_mdp({.states = 6,
                                      .actions = 4,
                                      .branching = 2,
                                      .reward_density = 0.25,
                                      .reward_low = 2,
                                      .reward_high = 3,
                                      .gamma = 0.7},
                                     rng);
    CHECK(mdp.states() == 6);
    CHECK(mdp.actions() == 4);
    CHECK(mdp.gamma() == 0.7);
    for (Index a = 0; a < 4; ++a) {
      for (Index s = 0; s < 6; ++s) {
        CHECK((mdp.transition(a).row(s).array() > 0).count() == 2);
        const double reward = mdp.rewards()(s, a);
        paid += reward != 0 ? 1 : 0;
        CHECK((reward == 0 || (reward >= 2 && reward < 3)));
      }
    }
  }
  // 1200 pairs, four standard deviations
  CHECK(std::abs(paid - 300) < 60);
  CHECK_THROWS_AS(random_mdp({.states = 0}, rng), std::invalid_argument);
  CHECK_THROWS_AS(random_mdp({.branching = 6}, rng), std::invalid_argument);
}

TEST_CASE("random transition probabilities are uniform on the simplex") {
  // one of four such numbers has the moments E p = 1/4, E p^2 = 1/10 and E p^4 = 1/35
  Rng rng(5);
  const int count = 4000;
  Vector<double> sum = Vector<double>::Zero(4);
  Vector<double> squares = Vector<double>::Zero(4);
  for (int i = 0; i < count; ++i) {
    const Vector<double> p = detail::random_distribution(4, 4, rng);
    sum += p;
    squares += p.cwiseAbs2();
  }
  const double error = std::sqrt((1.0 / 35 - 0.01) / count);
  for (Index k = 0; k < 4; ++k) {
    CHECK(std::abs(z_score(sum[k], squares[k], count, 0.25)) < 4.5);
    CHECK(std::abs(squares[k] / count - 0.1) < 4.5 * error);
  }
}
