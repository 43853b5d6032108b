// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_FAST_RECIPES_HPP
#define VANTAGE_TRAIN_PROGRAM_FAST_RECIPES_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What --preset fast stands for: the method and the options by which a task's deterministic policy is to reach a good
/// return after the least time of training. docs/performance.md says what was measured.
struct FastRecipe {
  std::string_view robot;   ///< tasks of this name, in any version; empty: all others
  std::string_view update;  ///< the method
  bool tuned;               ///< its preset is what the options change; else its defaults
  std::vector<std::pair<std::string_view, std::string_view>> options;  ///< names and values, as on a command line
};

/// All of them; the last is that of any other task.
[[nodiscard]] const std::vector<FastRecipe>& fast_recipes();
/// That of a task, such as "Ant-v5".
[[nodiscard]] const FastRecipe& fast_recipe(const std::string& task);

#endif
