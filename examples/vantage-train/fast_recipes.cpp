// SPDX-License-Identifier: MIT
#include "fast_recipes.hpp"

#include <algorithm>

namespace {

// many environments, large minibatches, few epochs and a rate that follows the KL of each minibatch
std::vector<std::pair<std::string_view, std::string_view>> many_environments() {
  return {{"environments", "64"},
          {"batch", "4096"},
          {"minibatch", "2048"},
          {"policy-minibatch", "2048"},
          {"epochs", "4"},
          {"value-steps", "8"},
          {"hidden", "256,256"},
          {"activation", "relu"},
          {"log-std", "-0.693"},
          {"learning-rate", "1e-3"},
          {"advantage-normalization", "none"},
          {"adaptive-kl", "0.008"},
          {"adaptive-kl-per", "minibatch"},
          {"min-learning-rate", "1e-6"}};
}

std::vector<FastRecipe> make_recipes() {
  return {
      {"InvertedDoublePendulum", "a2c", true, {}},
      {"", "ppo", false, many_environments()},
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
  const auto found =
      std::find_if(all.begin(), all.end() - 1, [&](const FastRecipe& recipe) { return recipe.robot == robot; });
  return *found;
}
