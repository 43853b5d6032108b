// SPDX-License-Identifier: MIT
#include "vantage/env/check_environment.hpp"

#include <limits>
#include <memory>
#include <string>

#include "catch.hpp"
#include "switchboard.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;

namespace {

// every way to be wrong that a test can ask for
enum class Defect {
  none,
  bounds_sizes,
  bounds_order,
  unwritten,
  outside,
  infinite_observation,
  nan_reward,
  hidden_randomness,
  left_over,
  shared_state,
  incomplete_state,
  unwritten_state,
  reset_in_step,
  reset_in_step_with_own_noise,
  reset_in_next_step,
  draws_in_step,
  reward_terms
};

/// A walk on a line that ends at +-3, broken on demand.
class Walk {
 public:
  explicit Walk(Defect defect = Defect::none) : defect_(defect) {
    spec_.name = "Walk";
    spec_.observation_size = 2;
    spec_.action_low = Vector<double>::Constant(1, -1);
    spec_.action_high = Vector<double>::Constant(defect == Defect::bounds_sizes ? 2 : 1, 1);
    if (defect == Defect::bounds_order) spec_.action_high[0] = -1;
    spec_.reward_terms = {"progress"};
    if (defect == Defect::reward_terms) spec_.reward_terms.emplace_back("missing");
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    stream_ = &rng;
    own_ = Rng(rng());
    begin(rng);
    if (defect_ != Defect::left_over) drift_ = 0;
    observe(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const bool was_over = std::abs(x_) >= 3;
    if (defect_ == Defect::reset_in_next_step && was_over) {
      begin(own_);
      observe(observation);
      return {0, false, false};
    }
    drift_ += 0.01;
    x_ += 1.5 * action[0] + drift_;
    *shared_ += action[0];
    if (defect_ == Defect::shared_state) x_ += 1e-9 * *shared_;
    if (defect_ == Defect::hidden_randomness) x_ += 1e-9 * ++calls;
    if (defect_ == Defect::draws_in_step) x_ += 1e-3 * stream_->uniform();
    const bool over = std::abs(x_) >= 3;
    if (over && defect_ == Defect::reset_in_step) x_ = 0;
    if (over && defect_ == Defect::reset_in_step_with_own_noise) begin(own_);
    observe(observation);
    if (defect_ == Defect::outside) observation.data()[2] = 0;
    if (defect_ == Defect::infinite_observation && over) observation[1] = std::numeric_limits<double>::infinity();
    term_ = x_;
    const double reward = defect_ == Defect::nan_reward && over ? std::numeric_limits<double>::quiet_NaN() : x_;
    return {reward, over, false};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return {&term_, 1}; }

  [[nodiscard]] Index state_size() const { return 2; }
  void save_state(VectorRef<double> out) const {
    out[0] = x_;
    if (defect_ != Defect::unwritten_state) out[1] = defect_ == Defect::incomplete_state ? 0 : drift_;
  }
  void load_state(const Vector<double>& state) {
    x_ = state[0];
    if (defect_ != Defect::incomplete_state) drift_ = state[1];
  }

 private:
  void begin(Rng& rng) { x_ = defect_ == Defect::reset_in_step ? 0 : rng.uniform(-0.1, 0.1); }

  void observe(VectorRef<double> observation) const {
    observation[0] = x_;
    if (defect_ != Defect::unwritten) observation[1] = -x_;
  }

  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the defect is that no copy has it
  static inline int calls = 0;

  Defect defect_;
  EnvironmentSpec spec_;
  std::shared_ptr<double> shared_ = std::make_shared<double>(0);
  Rng* stream_ = nullptr;
  Rng own_;
  double x_ = 0;
  double drift_ = 0;
  double term_ = 0;
};

std::string problem(Defect defect) {
  try {
    check_environment(Walk(defect));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

/// Termination at the place where episodes begin, with a constant observation: allowed.
struct Bandit {
  EnvironmentSpec spec_{"Bandit", 1, Vector<double>::Constant(1, -1), Vector<double>::Constant(1, 1), 0, {}};
  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  void reset(Rng&, VectorRef<double> observation) { observation[0] = 1; }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = 1;
    return {-action.squaredNorm(), true, false};
  }
};

/// A line of places with two moves; anything else than a move stands out.
struct Corridor {
  EnvironmentSpec spec_;
  double place_ = 0;
  explicit Corridor(Index moves = 2) {
    spec_.name = "Corridor";
    spec_.observation_size = 1;
    spec_.discrete_actions = moves;
  }
  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  void reset(Rng&, VectorRef<double> observation) { observation[0] = place_ = 0; }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const bool known = action.size() == 1 && (action[0] == 0 || action[0] == 1);
    place_ += action[0] == 0 ? -1 : 1;
    observation[0] = known ? place_ : std::numeric_limits<double>::quiet_NaN();
    return {action[0], std::abs(place_) > 5, false};
  }
};

}  // namespace

TEST_CASE("discrete actions are drawn from those that there are") {
  const CheckReport report = check_environment(Corridor());
  CHECK(report.terminations > 0);
  // half of the moves are ones; four deviations of 500 draws
  CHECK(std::abs(report.mean_reward - 0.5) < 4 * 0.5 / std::sqrt(500.0));
  CHECK_THROWS_WITH(check_environment(Corridor(3)), ContainsSubstring("observation[0] is nan"));
  Corridor bounded;
  bounded.spec_.action_low = Vector<double>::Zero(1);
  CHECK_THROWS_WITH(check_environment(bounded), ContainsSubstring("no action bounds beside 2 discrete actions"));
  CHECK_THROWS_WITH(check_environment(Corridor(-1)), ContainsSubstring("discrete_actions >= 0, got -1"));
  CHECK_THROWS_WITH(check_environment(Corridor(0)), ContainsSubstring("at least one action component"));
}

TEST_CASE("sound worlds pass and are summed up") {
  const CheckReport walk = check_environment(Walk());
  CHECK(walk.steps == 500);
  CHECK(walk.terminations > 10);
  CHECK(walk.episodes == walk.terminations);
  CHECK(walk.faults == 0);
  CHECK(check_environment(Pendulum()).terminations == 0);
  CHECK(check_environment(Pendulum()).mean_reward < 0);
  check_environment(PointMass());
  check_environment(PointMass({.dimensions = 2, .process_noise = 0.1, .max_force = 3}));
  CHECK(check_environment(Bandit{}).terminations == 500);
}

TEST_CASE("each defect is found and named") {
  CHECK(problem(Defect::none) == "none");
  CHECK_THAT(problem(Defect::bounds_sizes), ContainsSubstring("as many upper as lower action bounds, got 2 and 1"));
  CHECK_THAT(problem(Defect::bounds_order), ContainsSubstring("action_low < action_high, got -1 and -1"));
  CHECK_THAT(problem(Defect::unwritten), ContainsSubstring("reset: observation[1] was not written"));
  CHECK_THAT(problem(Defect::outside), ContainsSubstring("outside the observation's 2 numbers"));
  CHECK_THAT(problem(Defect::infinite_observation), ContainsSubstring("step: observation[1] is inf"));
  CHECK_THAT(problem(Defect::nan_reward), ContainsSubstring("step: the reward is"));
  CHECK_THAT(problem(Defect::hidden_randomness), ContainsSubstring("determinism: two copies with the same seed"));
  CHECK_THAT(problem(Defect::left_over), ContainsSubstring("reset: something of earlier episodes is left"));
  CHECK_THAT(problem(Defect::incomplete_state), ContainsSubstring("state: load_state does not restore everything"));
  CHECK_THAT(problem(Defect::unwritten_state), ContainsSubstring("save_state did not write number 1 of 2"));
  CHECK_THAT(problem(Defect::reset_in_step), ContainsSubstring("terminated steps gave a first observation"));
  CHECK_THAT(problem(Defect::reset_in_step_with_own_noise), ContainsSubstring("terminated steps gave a first"));
  CHECK_THAT(problem(Defect::reset_in_next_step), ContainsSubstring("steps after a terminated one gave a first"));
  CHECK_THAT(problem(Defect::draws_in_step), ContainsSubstring("draws from the random stream"));
  CHECK_THAT(problem(Defect::reward_terms), ContainsSubstring("reward_terms: expected 2 as the spec names, got 1"));
}

TEST_CASE("copies that share their state are found") {
  // the sum of all actions is kept behind a pointer: any second user of it shows
  CHECK_THAT(problem(Defect::shared_state), ContainsSubstring("check_environment(Walk): "));
}

TEST_CASE("the check of resets can be switched off") {
  CHECK_NOTHROW(check_environment(Walk(Defect::reset_in_step), CheckOptions{.check_no_reset = false}));
}

TEST_CASE("a world with several actions and a mask is tried with what it allows") {
  const CheckReport report = check_environment(Switchboard());
  CHECK(report.terminations == 100);
  // what is allowed pays 1 + 1/2 on average, and what is not would pay nothing; within five deviations of the mean
  CHECK(report.mean_reward == Approx(1.5).margin(0.2));
  CHECK(check_environment(Switchboard(false)).mean_reward < 1);
}

TEST_CASE("choices and masks that cannot be are found") {
  struct Bad : Switchboard {
    EnvironmentSpec spec_ = Switchboard().spec();
    bool forbids = false;
    [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
    void reset(Rng& rng, VectorRef<double> observation) {
      Switchboard::reset(rng, observation);
      if (forbids) observation[5] = observation[4] = 0;
    }
  };
  Bad bad;
  CHECK_NOTHROW(check_environment(bad));
  bad.forbids = true;
  CHECK_THROWS_WITH(check_environment(bad), ContainsSubstring("observation: expected a mask of 0 and 1"));
  bad.forbids = false;
  bad.spec_.mask_row = 2;
  CHECK_THROWS_WITH(check_environment(bad), ContainsSubstring("spec: expected a mask_row"));
  bad.spec_.mask_row = {};
  bad.spec_.action_choices = {3, 0};
  CHECK_THROWS_WITH(check_environment(bad), ContainsSubstring("spec: expected action_choices >= 1, got 0"));
  bad.spec_.action_choices = {3, 2};
  bad.spec_.discrete_actions = 2;
  CHECK_THROWS_WITH(check_environment(bad), ContainsSubstring("discrete_actions or action_choices, got both"));
}
