// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "interrupt.hpp"
#include "number_checks.hpp"
#include "plan.hpp"
#include "process.hpp"
#include "ranks.hpp"
#include "record.hpp"
#include "results.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/message.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/train/console_progress.hpp"
#include "vantage/version.hpp"
#include "work.hpp"

namespace {

namespace fs = std::filesystem;
using vantage::detail::join;

struct Request {
  fs::path study;
  Selection selection;
  Workshop workshop;
  std::vector<fs::path> merged;
  fs::path page;
  bool dry_run = false;
  bool report = false;
};

std::optional<Request> parse(int argc, char** argv, const vantage::Communicator& ranks, int& code) {
  Request request;
  request.workshop.ranks = ranks;
  request.workshop.programs = fs::read_symlink("/proc/self/exe").parent_path();
  std::vector<std::string> only;
  CLI::App app(
      "Runs a described study: trains, measures, draws and judges. The same command goes on where it was killed.");
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.add_option("study", request.study, "TOML file of the study")->required();
  app.add_option("--scale", request.selection.scale, "One of the study's scales; default: the study as it stands");
  app.add_option("--seeds", request.selection.seeds, "Seeds 1 to this; default: the scale's, or the study's")
      ->check(whole<std::int64_t>(1));
  app.add_option("--only", only, "Only cells with this label, dimension=label; may be repeated");
  auto* const jobs = app.add_option("--jobs", request.workshop.jobs,
                                    "Runs at a time, each on a core; of each rank, by default one, where mpirun "
                                    "started this")
                         ->check(whole<std::int64_t>(1))
                         ->capture_default_str();
  app.add_option("--output", request.workshop.output, "Folder of the study; default: runs/ and the name of its file");
  app.add_option("--runs", request.workshop.runs,
                 "Folder of the runs, which several studies may share; default: runs in that of the study");
  app.add_option("--merge", request.merged,
                 "Folder of results of the same study, whose runs count as made; may be repeated");
  app.add_option("--energy", request.workshop.energy, "Folder of the processor's energy counters")
      ->capture_default_str();
  app.add_option("--page", request.page, "Markdown file to write the report to as well, with its pictures beside it");
  app.add_flag("--dry-run", request.dry_run, "Print the runs, their steps and the time they take, and end");
  app.add_flag("--report", request.report, "Run nothing, make tables, pictures and verdicts of what is there");
  app.add_flag("--quiet", request.workshop.quiet, "Print nothing but errors");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    code = app.exit(success);
    return {};
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(error.what());
  }
  if (!ranks.is_alone() && jobs->count() == 0) request.workshop.jobs = 1;
  for (const std::string& one : only) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos) throw std::invalid_argument(join("--only: expected dimension=label, got ", one));
    request.selection.only.emplace_back(one.substr(0, equals), one.substr(equals + 1));
  }
  if (request.workshop.output.empty()) request.workshop.output = fs::path("runs") / request.study.stem();
  if (request.workshop.runs.empty()) request.workshop.runs = request.workshop.output / "runs";
  for (const fs::path& folder : request.merged) {
    if (!fs::exists(folder / "results.csv")) {
      throw std::invalid_argument(join("--merge: expected a folder with results.csv, got ", folder.string()));
    }
  }
  return request;
}

std::string quoted(const std::string& word) {
  if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=") ==
      std::string::npos)
    return word;
  return '\'' + word + '\'';
}

/// The runs of others that this study asks for.
std::map<std::string, Record> merged_records(const Study& study, const Request& request) {
  std::map<std::string, Record> found;
  for (const fs::path& folder : request.merged) {
    for (Record& record : read_records(study, folder)) found.emplace(record.name, std::move(record));
  }
  return found;
}

void print_plan(const std::vector<Run>& runs, const Workshop& workshop, const Speeds& speeds, bool in_full) {
  const std::int64_t cores = workshop.jobs * workshop.ranks.size;
  double steps = 0, seconds = 0;
  // runs of a cell differ in nothing but the seed
  std::map<std::string, std::pair<std::size_t, double>> cells;
  std::vector<std::string> order;
  for (const Run& run : runs) {
    steps += steps_left(run, workshop);
    seconds += seconds_left(run, workshop, speeds);
    std::string words;
    for (const auto& [dimension, label] : run.labels) words += (words.empty() ? "" : ", ") + label;
    auto& [count, own] = cells[words];
    if (count++ == 0) order.push_back(words);
    own += seconds_left(run, workshop, speeds);
  }
  if (in_full) {
    for (const std::string& words : order) {
      std::printf("%3zu runs  %10s of a core  %s\n", cells[words].first,
                  vantage::duration_text(cells[words].second).c_str(), words.c_str());
    }
  }
  std::printf(
      "%zu runs to make: %.4g million environment steps, about %s on %lld cores, evaluations and diagnoses not "
      "counted\n",
      runs.size(), steps / 1e6, vantage::duration_text(seconds / static_cast<double>(cores)).c_str(),
      static_cast<long long>(cores));
}

/// The command that makes the same runs.
std::string command_of(const Request& request) {
  std::string words = "vantage-study " + quoted(request.study.string());
  const Selection& selection = request.selection;
  if (!selection.scale.empty()) words += " --scale " + quoted(selection.scale);
  if (selection.seeds) words += join(" --seeds ", *selection.seeds);
  for (const auto& [dimension, label] : selection.only) words += " --only " + quoted(join(dimension, '=', label));
  return words;
}

/// Whether some rank is to end.
bool is_interrupted(const vantage::Communicator& ranks) {
  bool result = interrupted != 0;
  const bool own = result;
  vantage::Message().exchange(ranks, ranks.size, [&](vantage::Message& message, vantage::Index) {
    bool theirs = own;
    message("interrupted", theirs);
    result = result || theirs;
  });
  return result;
}

/// Every rank learns of the runs that failed on others.
void tell_failures(const vantage::Communicator& ranks, std::map<std::string, std::string>& failures) {
  std::vector<std::pair<std::string, std::string>> own(failures.begin(), failures.end());
  vantage::Message().exchange(ranks, ranks.size, [&](vantage::Message& message, vantage::Index) {
    auto count = own.size();
    message("count", count);
    for (std::size_t i = 0; i < count; ++i) {
      std::pair<std::string, std::string> one = message.is_writing() ? own[i] : std::pair<std::string, std::string>();
      message("name", one.first);
      message("why", one.second);
      failures.insert(one);
    }
  });
}

int carry_out(const Request& request) {
  const Workshop& workshop = request.workshop;
  Study study = read_study(request.study);
  choose_scale(study, request.selection.scale);
  const std::vector<Run> runs = plan(study, request.selection);
  const std::map<std::string, Record> merged = merged_records(study, request);
  fs::create_directories(workshop.output);
  fs::create_directories(workshop.runs);
  const bool is_first = workshop.ranks.rank == 0;
  std::optional<FolderLock> lock, runs_lock;
  if (is_first) {
    lock.emplace(workshop.output);
    runs_lock.emplace(workshop.runs);
  }
  watch_interrupts();

  std::vector<Run> open;
  for (const Run& run : runs) {
    if (!merged.contains(run.name) && next_command(study, run, workshop.folder(run), workshop.programs))
      open.push_back(run);
  }
  std::map<std::string, std::string> failures;
  if (!request.report) {
    if (is_first && !workshop.ranks.is_alone()) {
      for (const Run& run : open) require_free(workshop.lock(run));
    }
    // once: what the first has measured the others find
    if (!is_first) wait_for_all_ranks();
    const Speeds speeds = measure_speeds(study, open, workshop);
    if (is_first) wait_for_all_ranks();
    if (is_interrupted(workshop.ranks)) return 1;
    if (!workshop.quiet || request.dry_run) {
      std::printf("%s: %zu runs, %zu of them made\n", study.title.c_str(), runs.size(), runs.size() - open.size());
      if (!open.empty()) print_plan(open, workshop, speeds, request.dry_run);
      std::fflush(stdout);
    }
    if (request.dry_run) return 0;
    if (is_first) vantage::write_file_atomically(workshop.output / "study.toml", study.text);
    failures = make_runs(study, open, workshop, speeds);
    wait_for_all_ranks();
    tell_failures(workshop.ranks, failures);
  }
  if (!is_first) return failures.empty() ? 0 : 1;

  std::vector<Record> records;
  std::vector<std::string> missing;
  for (const Run& run : runs) {
    const fs::path folder = workshop.folder(run);
    if (const auto found = merged.find(run.name); found != merged.end()) {
      records.push_back(found->second);
      // labels are the study's own of today
      records.back().labels = run.labels;
      continue;
    }
    if (is_trained(folder)) records.push_back(collect(study, run, folder));
    if (const std::optional<Command> lacks = next_command(study, run, folder, workshop.programs)) {
      const auto failure = failures.find(run.name);
      missing.push_back(run.name + ": " + (failure == failures.end() ? "next it " + lacks->what : failure->second));
    }
  }
  write_records(study, records, workshop.output);
  write_summaries(study, records, workshop.output);
  const std::string excuse = draw_figures(study, records, workshop.output);
  const std::vector<Verdict> verdicts = judge(study, request.selection.scale, runs, records);
  const std::string words = command_of(request);
  write_report(study, records, verdicts, missing, words, workshop.output / "report.md");
  if (!request.page.empty()) {
    const fs::path folder = request.page.parent_path();
    for (const Figure& figure : study.figures) {
      const std::string name = figure.name + ".png";
      if (fs::exists(workshop.output / name))
        fs::copy_file(workshop.output / name, folder / name, fs::copy_options::overwrite_existing);
    }
    write_report(study, records, verdicts, missing, words, request.page);
  }
  if (!workshop.quiet) {
    if (!excuse.empty()) std::printf("no pictures: %s\n", excuse.c_str());
    for (const Verdict& verdict : verdicts) {
      std::printf("%-7s %s%s%s: %s\n", verdict.outcome.c_str(), verdict.claim.c_str(),
                  verdict.label.empty() ? "" : ", ", verdict.label.c_str(), verdict.words.c_str());
    }
    if (interrupted != 0) std::printf("interrupted; the same command goes on\n");
    std::printf("the report is in %s\n", (workshop.output / "report.md").c_str());
  }
  for (const auto& [name, why] : failures)
    std::fprintf(stderr, "vantage-study: %s failed: %s\n", name.c_str(), why.c_str());
  return failures.empty() ? 0 : 1;
}

int run(int argc, char** argv, const vantage::Communicator& ranks) {
  int code = 0;
  const std::optional<Request> request = parse(argc, argv, ranks, code);
  return request ? carry_out(*request) : code;
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("vantage-study", [&](const vantage::Communicator& ranks) { return run(argc, argv, ranks); });
}
