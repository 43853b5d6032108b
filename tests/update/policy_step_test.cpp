// SPDX-License-Identifier: MIT
#include "vantage/update/policy_step.hpp"

#include <vector>

#include "update/by_hand.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

// all that one update showed
struct Seen {
  std::vector<Vector<double>> parameters;
  std::vector<Index> steps;
  std::vector<bool> finished;
};

// an update, watched: it shows its way from the first policy to the last, and goes it as without a watcher
template <class Update>
Seen watch(Update update, const DrawnBatch<>& drawn) {
  const Policy before = small_policy();
  Update free = update;
  Context context, other;
  Policy expected = before, policy = before;
  free(expected, drawn.batch, drawn.estimate, other);
  Seen seen;
  update.observe_steps([&](const PolicyStep<Policy>& step, Context& its) {
    CHECK(&its == &context);
    CHECK(&step.policy == &policy);
    CHECK(&step.batch == &drawn.batch);
    CHECK(step.advantages == drawn.estimate.advantages);
    CHECK(step.before.parameters() == before.parameters());
    seen.parameters.push_back(step.policy.parameters());
    seen.steps.push_back(step.steps);
    seen.finished.push_back(step.finished);
  });
  update(policy, drawn.batch, drawn.estimate, context);
  CHECK(policy.parameters() == expected.parameters());
  CHECK(context.rng() == other.rng());
  REQUIRE_FALSE(seen.steps.empty());
  CHECK(seen.parameters.front() == before.parameters());
  CHECK(seen.parameters.back() == policy.parameters());
  for (std::size_t i = 0; i < seen.steps.size(); ++i) {
    CHECK(seen.steps[i] == static_cast<Index>(i));
    CHECK(seen.finished[i] == (i + 1 == seen.steps.size()));
    if (i > 0) CHECK(seen.parameters[i] != seen.parameters[i - 1]);
  }
  // an empty observer sees nothing
  const std::size_t count = seen.steps.size();
  update.observe_steps({});
  update(policy, drawn.batch, drawn.estimate, context);
  CHECK(seen.steps.size() == count);
  return seen;
}

}  // namespace

TEST_CASE("an update shows its policy before each optimiser step and after the last") {
  const DrawnBatch<> drawn(small_policy(), 96);
  const AdamOptions slow{.learning_rate = 1e-3};
  CHECK(watch(Vpg<Policy>({.optimizer = slow}), drawn).steps.size() == 2);
  CHECK(watch(Vpg<Policy>({.optimizer = slow, .epochs = 3}), drawn).steps.size() == 4);
  // 40 do not divide 96: two steps an epoch
  CHECK(watch(Ppo<Policy>({.optimizer = slow, .epochs = 3, .minibatch = 40}), drawn).steps.size() == 7);
  CHECK(watch(PpoPenalty<Policy>({.optimizer = slow, .epochs = 2, .minibatch = 24}), drawn).steps.size() == 9);
  CHECK(watch(NaturalGradient<Policy>(), drawn).steps.size() == 2);
}

TEST_CASE("what was taken back or stopped is shown as it is") {
  const DrawnBatch<> drawn(small_policy(), 96);
  PpoOptions options{.epochs = 3, .minibatch = 24};
  options.trust_region = {.max_mean_kl = 0, .on_violation = OnViolation::revert};
  Ppo<Policy> update(options);
  Context context;
  Policy policy = small_policy();
  Index calls = 0;
  Vector<double> last;
  update.observe_steps([&](const PolicyStep<Policy>& step, Context&) {
    ++calls;
    last = step.policy.parameters();
  });
  CHECK(update(policy, drawn.batch, drawn.estimate, context).reverted);
  CHECK(calls == 5);
  CHECK(last == small_policy().parameters());
}
