// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_UNITS_HPP
#define VANTAGE_DIAGNOSE_UNITS_HPP

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "interrupt.hpp"
#include "request.hpp"
#include "vantage/core/context.hpp"
#include "vantage/io/archive.hpp"

/// Pieces of a measurement that do not depend on each other, all of one kind.
struct Phase {
  std::string name;
  vantage::Index count = 1;
  double steps = 0;  ///< environment steps of each, roughly: what its cost is told from
};

/// Those of the pieces that are done.
template <class T>
std::vector<const T*> finished(const std::vector<std::optional<T>>& pieces) {
  std::vector<const T*> done;
  for (const std::optional<T>& piece : pieces) {
    if (piece) done.push_back(&*piece);
  }
  return done;
}

/// Says how far a piece of work is, and learns whether to stop.
class Pulse {
 public:
  virtual ~Pulse() = default;
  /// So many more environment steps were made. Whether to go on: if not, the piece is given up.
  virtual bool operator()(double steps) = 0;
};

/// Runs the pieces of a measurement, on all threads, and keeps what each gave in a file of its own, so that a
/// measurement that was ended goes on where it was. A piece depends on its index alone, so the results are the same for
/// any number of threads.
class Units {
 public:
  /// Makes the folder. Throws: std::invalid_argument for a folder that holds another measurement, or any without
  /// `resume` or `overwrite`.
  Units(const Request& request, const std::string& description, std::vector<Phase> phases);

  /// Environment steps of what is still to be done.
  [[nodiscard]] double steps_left() const;

  /// What work(index, context, pulse) -> std::optional<T> gives for each index of a phase, `context` of one thread;
  /// only those that are done, with their indices, where the user interrupts. T has a member serialize.
  template <class T, class Work>
  std::vector<std::optional<T>> run(const std::string& phase, const Work& work) {
    std::vector<std::optional<T>> results(static_cast<std::size_t>(count_of(phase)));
    std::vector<vantage::Index> missing;
    for (vantage::Index i = 0; i < count_of(phase); ++i) {
      if (!load(phase, i, results[static_cast<std::size_t>(i)])) missing.push_back(i);
    }
    Console console(*this);
    pool_.run(static_cast<vantage::Index>(missing.size()), [&](vantage::Index at, vantage::Index worker) {
      if (interrupted != 0) return;
      const vantage::Index index = missing[static_cast<std::size_t>(at)];
      auto result = work(index, *contexts_[static_cast<std::size_t>(worker)], static_cast<Pulse&>(console));
      if (!result) return;
      vantage::save_state(file_of(phase, index), *result);
      results[static_cast<std::size_t>(index)] = std::move(result);
    });
    return results;
  }

  /// The same of a phase of one piece that uses all threads: work(context, pulse).
  template <class T, class Work>
  std::optional<T> run_one(const std::string& phase, const Work& work) {
    std::optional<T> result;
    if (load(phase, 0, result) || interrupted != 0) return result;
    Console console(*this);
    result = work(whole_, static_cast<Pulse&>(console));
    if (result) vantage::save_state(file_of(phase, 0), *result);
    return result;
  }

  /// A context of all threads, for what comes before the pieces.
  [[nodiscard]] vantage::Context& whole() { return whole_; }

  /// Whether all pieces are done.
  [[nodiscard]] bool complete() const;
  /// "12 of 49 pieces"
  [[nodiscard]] std::string done_words() const;

  /// What one piece starts its random streams from: another for each phase and index.
  [[nodiscard]] std::uint64_t seed_of(const std::string& phase, vantage::Index index) const;

 private:
  // counts steps and shows them
  class Console final : public Pulse {
   public:
    explicit Console(Units& units) : units_(units) {}
    ~Console() override;
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    bool operator()(double steps) override;

   private:
    Units& units_;
    std::mutex mutex_;
    double steps_ = 0;
    bool shown_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_ = start_;
  };

  [[nodiscard]] const Phase& find(const std::string& phase) const;
  [[nodiscard]] vantage::Index count_of(const std::string& phase) const { return find(phase).count; }
  [[nodiscard]] std::filesystem::path file_of(const std::string& phase, vantage::Index index) const;
  [[nodiscard]] vantage::Index done_of(const Phase& phase) const;

  template <class T>
  bool load(const std::string& phase, vantage::Index index, std::optional<T>& result) const {
    const auto file = file_of(phase, index);
    if (!std::filesystem::exists(file)) return false;
    T kept;
    vantage::load_state(file, kept);
    result = std::move(kept);
    return true;
  }

  std::filesystem::path folder_;
  std::vector<Phase> phases_;
  std::uint64_t seed_;
  bool quiet_;
  bool holds_another_ = false;  ///< the folder, of a dry run, which leaves it so
  bool terminal_;
  vantage::ThreadPool pool_;
  vantage::Context whole_;
  std::vector<std::unique_ptr<vantage::Context>> contexts_;
};

#endif
