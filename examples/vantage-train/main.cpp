// SPDX-License-Identifier: MIT
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "check_world.hpp"
#include "command_line.hpp"
#include "configuration.hpp"
#include "interrupt.hpp"
#include "memory_words.hpp"
#include "rank_folder.hpp"
#include "ranks.hpp"
#include "run_folder.hpp"
#include "updates.hpp"
#include "vantage/core/message.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/rollout/load_moments.hpp"
#include "vantage/version.hpp"

namespace {

int train(const Settings& settings, const AnyEnvironment& task, const vantage::Communicator& ranks) {
  vantage::Context context({.seed = settings.seed,
                            .threads = settings.threads,
                            .communicator = settings.reduction == "fast" ? with_fast_sums(ranks) : ranks});
  if (settings.update == "epvf") {
    if (settings.representation == "raw") return train_epvf_raw(settings, task, context);
    if (settings.representation == "probing") return train_epvf_probing(settings, task, context);
    return train_epvf_functional(settings, task, context);
  }
  if (settings.update == "es") return train_es(settings, task, context);
  if (settings.update == "ars") return train_ars(settings, task, context);
  const bool is_discrete = task.spec().is_discrete();
  if (settings.shared_backbone) {
    return is_discrete ? train_shared_categorical(settings, task, context)
                       : train_shared_gaussian(settings, task, context);
  }
  if (settings.value == "policy-conditioned") {
    return is_discrete ? train_policy_conditioned_categorical(settings, task, context)
                       : train_policy_conditioned_gaussian(settings, task, context);
  }
  return is_discrete ? train_categorical(settings, task, context) : train_gaussian(settings, task, context);
}

int run(const std::vector<std::string>& words, const vantage::Communicator& ranks) {
  CommandLine line = parse_command_line(words);
  if (line.help || line.version || line.options_table) {
    const std::string text = line.help      ? help_text(defaults_of(line.given))
                             : line.version ? VANTAGE_VERSION "\n"
                                            : options_table();
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  const RankFolder folder(line.given, ranks);
  auto [settings, task] = configure(line.given);
  // whether two updates run side by side depends on them
  vantage::Message().exchange(ranks, ranks.size,
                              [&threads = settings.threads](vantage::Message& message, vantage::Index rank) {
                                vantage::Index told = threads;
                                message("threads", told);
                                if (rank == 0) threads = told;
                              });
  // before an old run is discarded for it
  if (clones(settings)) {
    vantage::require_fit("--demonstrations", vantage::load_demonstrations(settings.demonstrations), task.spec());
  }
  if (is_given_moments(settings)) {
    const vantage::Index size = vantage::load_moments(settings.normalizer).mean().size();
    vantage::require(size == task.spec().observation_size, "--normalizer", "moments of the task's observations", size);
  }
  if (!settings.resume && ranks.rank == 0) RunFolder{settings.output}.prepare(settings.overwrite);
  if (ranks.rank == 0) check_world(task, settings);
  watch_interrupts();
  try {
    return train(settings, task, ranks);
  } catch (const std::bad_alloc&) {
    throw std::runtime_error(memory_words(settings, task.spec()));
  } catch (const std::length_error&) {
    throw std::runtime_error(memory_words(settings, task.spec()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("vantage-train", [&](const vantage::Communicator& ranks) {
    return run({argv + 1, argv + argc}, ranks);
  });
}
