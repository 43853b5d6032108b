// SPDX-License-Identifier: MIT
#include "units.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/train/console_progress.hpp"

using vantage::Index;
using vantage::detail::join;

namespace {

std::string in_a_line(std::string text) {
  if (!text.empty()) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Units::Units(const Request& request, const std::string& description, std::vector<Phase> phases)
    : folder_(request.output / "pieces"),
      phases_(std::move(phases)),
      seed_(request.seed),
      quiet_(request.quiet),
      terminal_(::isatty(STDOUT_FILENO) == 1),
      pool_(request.threads),
      whole_({.seed = request.seed, .threads = request.threads}) {
  for (Index worker = 0; worker < request.threads; ++worker) {
    contexts_.push_back(std::make_unique<vantage::Context>(vantage::ContextOptions{.seed = request.seed}));
  }
  const auto say = folder_ / "measurement.txt";
  if (request.dry_run) {
    holds_another_ = std::filesystem::exists(say) && vantage::read_file(say) != description;
    return;
  }
  const std::string where = join("--output ", request.output.string());
  if (std::filesystem::exists(say) && !request.overwrite) {
    if (!request.resume) {
      throw std::invalid_argument(join(where,
                                       ": expected a folder without a measurement; continue the one in it with "
                                       "--resume, or discard it with --overwrite"));
    }
    if (const std::string kept = vantage::read_file(say); kept != description) {
      throw std::invalid_argument(join(where, ": expected the measurement that is in it, which --resume goes on with: ",
                                       in_a_line(kept), "; got ", in_a_line(description)));
    }
    return;
  }
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  vantage::write_file_atomically(say, description);
}

const Phase& Units::find(const std::string& phase) const {
  return *std::find_if(phases_.begin(), phases_.end(), [&](const Phase& one) { return one.name == phase; });
}

std::filesystem::path Units::file_of(const std::string& phase, Index index) const {
  return folder_ / join(phase, '-', index, ".safetensors");
}

Index Units::done_of(const Phase& phase) const {
  if (holds_another_) return 0;
  Index done = 0;
  for (Index i = 0; i < phase.count; ++i) done += std::filesystem::exists(file_of(phase.name, i)) ? 1 : 0;
  return done;
}

double Units::steps_left() const {
  double steps = 0;
  for (const Phase& phase : phases_) steps += static_cast<double>(phase.count - done_of(phase)) * phase.steps;
  return steps;
}

bool Units::complete() const {
  return std::all_of(phases_.begin(), phases_.end(), [&](const Phase& phase) { return done_of(phase) == phase.count; });
}

std::string Units::done_words() const {
  Index done = 0, all = 0;
  for (const Phase& phase : phases_) {
    done += done_of(phase);
    all += phase.count;
  }
  return join(done, " of ", all, " pieces");
}

std::uint64_t Units::seed_of(const std::string& phase, Index index) const {
  const auto position = static_cast<std::uint64_t>(&find(phase) - phases_.data());
  return vantage::Rng::derive_seed(seed_, vantage::StreamPurpose::frozen_rollout,
                                   position << 32U | static_cast<std::uint64_t>(index));
}

Units::Console::~Console() {
  if (shown_ && units_.terminal_) std::printf("\n");
}

bool Units::Console::operator()(double steps) {
  const std::scoped_lock lock(mutex_);
  steps_ += steps;
  using Seconds = std::chrono::duration<double>;
  const auto now = std::chrono::steady_clock::now();
  if (!units_.quiet_ && Seconds(now - last_).count() >= (units_.terminal_ ? 0.2 : 5.0)) {
    last_ = now;
    shown_ = true;
    const double speed = steps_ / Seconds(now - start_).count();
    // what pieces under way have made already counts as left until they are done
    const double left = units_.steps_left() / speed;
    std::printf("%s%s  %.0f steps  %.0f steps/s  ETA %s%s", units_.terminal_ ? "\r\x1b[K" : "",
                units_.done_words().c_str(), steps_, speed, vantage::duration_text(left).c_str(),
                units_.terminal_ ? "" : "\n");
    std::fflush(stdout);
  }
  return interrupted == 0;
}
