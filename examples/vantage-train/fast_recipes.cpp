// SPDX-License-Identifier: MIT
#include "fast_recipes.hpp"

#include <algorithm>

namespace {

std::vector<FastRecipe> make_recipes() {
  // rates fall to 0 over --steps: a run that is to be there early is to be short. HalfCheetah with more noise at the
  // start may learn gaits that need it
  return {
      {"InvertedDoublePendulum", "ppo", true, {{"steps", "300000"}}},
      {"Hopper", "ppo", true, {{"steps", "500000"}}},
      {"HalfCheetah", "ppo", true, {{"steps", "800000"}, {"log-std", "-1"}}},
      {"Walker2d", "ppo", true, {{"steps", "500000"}}},
      {"Ant", "a2c", true, {{"steps", "1500000"}}},
      {"Humanoid", "a2c", true, {{"steps", "4000000"}}},
      {"", "ppo", true, {}},
  };
}

}  // namespace

const std::vector<FastRecipe>& fast_recipes() {
  static const std::vector<FastRecipe> recipes = make_recipes();
  return recipes;
}

const FastRecipe& fast_recipe(const std::string& task) {
  const std::string robot = task.substr(0, task.find('-'));
  const auto& all = fast_recipes();
  return *std::find_if(all.begin(), all.end() - 1, [&](const FastRecipe& recipe) { return recipe.robot == robot; });
}
