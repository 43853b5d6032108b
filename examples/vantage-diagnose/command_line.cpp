// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>
#include <thread>

#include "nearest.hpp"
#include "number_checks.hpp"
#include "request.hpp"
#include "vantage/core/error.hpp"
#include "vantage/version.hpp"

namespace {

using vantage::Index;
using vantage::detail::join;

/// An option of a measurement, whose words are part of what a measurement that goes on must have in common.
CLI::App* measurement(CLI::App& app, const char* name, const char* help) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->option_defaults()->always_capture_default();
  return sub;
}

void add_gradients(CLI::App& app, GradientsRequest& r) {
  CLI::App* sub = measurement(app, "gradients", "How alike are gradients from batches of so many samples?");
  sub->add_option("--samples", r.samples,
                  "Sizes of the estimates, rising, with commas; default: 100 to 200,000 (small)")
      ->delimiter(',')
      ->transform(whole<Index>(1));
  sub->add_option("--repeats", r.repeats, "Independent estimates of each size; 0: 11")->transform(whole<Index>(0));
  sub->add_option(
         "--reference", r.reference,
         "Samples of the reference: of all other estimates, where these have as many; 0: 2 million (small), 5, 10")
      ->transform(whole<Index>(0));
  sub->add_option("--burn-in", r.burn_in,
                  "Steps of each stream before its first sample; 0: from the start of an episode")
      ->transform(whole<Index>(0));
  sub->add_option("--advantages", r.advantages, "Advantages as they are, or normalised over all samples")
      ->check(CLI::IsMember({"normalized", "raw"}));
  sub->add_option("--vector", r.vector, "What is compared: the gradient, or the step of a whole update")
      ->check(CLI::IsMember({"gradient", "step"}));
  sub->add_flag("--discount-weights", r.discount_weights, "Weigh samples by gamma^t (default: no)");
}

void add_values(CLI::App& app, ValuesRequest& r) {
  CLI::App* sub = measurement(app, "values", "How far are values from their targets and from returns?");
  sub->add_option("--repeats", r.repeats, "Iterations, each with fresh samples; 0: 10 (small), 50, 200")
      ->transform(whole<Index>(0));
  sub->add_option("--returns", r.returns,
                  "Returns that count: of terminated episodes, all with the value for what was not seen, or as "
                  "published, cut off")
      ->check(CLI::IsMember({"complete", "all", "published"}));
}

void add_baselines(CLI::App& app, BaselinesRequest& r) {
  CLI::App* sub =
      measurement(app, "baselines", "What are the agent's values worth to the gradient, and what would true ones be?");
  sub->add_option("--samples", r.samples, "Sizes of the estimates, rising, with commas; default: 500 to 10,000")
      ->delimiter(',')
      ->transform(whole<Index>(1));
  sub->add_option("--repeats", r.repeats, "Independent estimates of each size; 0: 10 (small), 20")
      ->transform(whole<Index>(0));
  sub->add_option("--true-samples", r.true_samples,
                  "Samples that the true value is fitted to; 0: 500,000 (small), 2 million, 5 million")
      ->transform(whole<Index>(0));
  sub->add_option("--passes", r.passes, "Passes over them, at the most")->transform(whole<Index>(1));
}

void add_steps(CLI::App& app, StepsRequest& r) {
  CLI::App* sub = measurement(app, "steps", "What do many updates, each with fresh samples, make of the return?");
  sub->add_option("--repeats", r.repeats, "Updates; 0: 40 (small), 100, 500")->transform(whole<Index>(0));
  sub->add_option("--episodes", r.episodes, "Episodes that evaluate each policy; 0: 20 (small), 50, 100")
      ->transform(whole<Index>(0));
  sub->add_option("--samples", r.samples, "Samples of an update; 0: as training")->transform(whole<Index>(0));
}

void add_curvature(CLI::App& app, CurvatureRequest& r) {
  CLI::App* sub = measurement(app, "curvature", "Where do the surrogate and the value loss bend most?");
  sub->add_option("--samples", r.samples, "Samples of the batch; 0: 20,000 (small), 100,000, 1 million")
      ->transform(whole<Index>(0));
  sub->add_option("--eigenvalues", r.eigenvalues, "Leading eigenvalues of each matrix")->transform(whole<Index>(1));
  sub->add_option("--step", r.step, "Step of the differences of gradients, in parameters")->check(CLI::PositiveNumber);
}

void add_trust_region(CLI::App& app, TrustRegionRequest& r) {
  CLI::App* sub = measurement(app, "trust-region", "How far does each update go, on its batch and on unseen samples?");
  sub->add_option("--iterations", r.iterations,
                  "Iterations of training from the checkpoint on; 0: 20 (small), 100, 500")
      ->transform(whole<Index>(0));
  sub->add_option("--every", r.every, "Optimiser steps from one look inside an update to the next")
      ->transform(whole<Index>(1));
}

void add_landscape(CLI::App& app, LandscapeRequest& r) {
  CLI::App* sub = measurement(app, "landscape", "Does the return follow what updates climb, over a plane of policies?");
  sub->add_option("--nodes", r.nodes, "Nodes along each direction; 0: 7 (small), 13, 31")->transform(whole<Index>(0));
  sub->add_option("--steps", r.steps, "Environment steps a point; 0: 20,000 (small), 100,000, 200,000")
      ->transform(whole<Index>(0));
  sub->add_option("--samples", r.samples, "Samples of the update; 0: as training")->transform(whole<Index>(0));
  sub->add_option("--low", r.low, "Where the grid begins, in steps and in random directions");
  sub->add_option("--high", r.high, "Where it ends");
  sub->add_option("--norm", r.norm, "Norm of the random direction")->check(CLI::PositiveNumber);
  sub->add_option("--direction", r.direction, "What x goes along: the step of an update, or a gradient of its length")
      ->check(CLI::IsMember({"update", "gradient"}));
  sub->add_option("--to-iteration", r.to_iteration, "Checkpoint that x goes to, at 1, instead")
      ->always_capture_default(false)
      ->transform(whole<std::int64_t>(0));
  sub->add_option("--of", r.of,
                  "What is measured: returns and surrogates, or the loss of the value over its parameters")
      ->check(CLI::IsMember({"returns", "values"}));
  sub->add_flag("--line", r.line, "Along x alone (default: no)");
  sub->add_flag("--common-random-numbers", r.common_random_numbers, "The same episodes at all points (default: no)");
  sub->add_flag("--mean-actions", r.mean_actions, "Play the policy's mean actions, not samples (default: no)");
}

void add_chaos(CLI::App& app, ChaosRequest& r) {
  CLI::App* sub = measurement(app, "chaos", "How fast do neighbouring states part under the policy?");
  sub->add_option("--starts", r.starts, "Independent starts; 0: 8 (small), 20, 50")->transform(whole<Index>(0));
  sub->add_option("--steps", r.steps, "Steps of each; 0: 5,000 (small), 20,000, 100,000")->transform(whole<Index>(0));
  sub->add_option("--distance", r.distance, "Distance between twins")->check(CLI::PositiveNumber);
  sub->add_option("--points", r.points, "Points of the objective along a step, for each start; 0: none")
      ->transform(whole<Index>(0));
  sub->add_flag("--stochastic", r.stochastic, "Sample actions, with the same noise for both twins (default: no)");
}

/// The words of a command line that decide the numbers, one option a line.
std::string deciding_words(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    const auto decides_nothing = {"--output",  "--threads", "--resume",  "--overwrite", "--quiet",
                                  "--dry-run", "--help",    "--version", "--iteration", "run"};
    if (option->count() == 0 || std::count(decides_nothing.begin(), decides_nothing.end(), name) != 0) continue;
    text += name;
    for (const std::string& word : option->results()) text += ' ' + word;
    text += '\n';
  }
  return text;
}

/// What is wrong with a command line, in one line.
std::string words_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (!app.get_subcommands().empty() || unknown.empty() || unknown.front().front() == '-') {
    return join(error.what(), "; expected RUN_FOLDER MEASUREMENT [options], see --help");
  }
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(one->get_name());
  }
  return join("there is no measurement ", unknown.front(), "; there are ", listed(names));
}

}  // namespace

std::optional<Request> parse_request(int argc, char** argv) {
  Request request;
  request.threads = std::max<Index>(1, static_cast<Index>(std::thread::hardware_concurrency()));
  CLI::App app("Measures on an agent that vantage-train left how far it is from what theory promises.",
               "vantage-diagnose");
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.fallthrough();
  app.require_subcommand(1);
  app.add_option("run", request.run, "Folder of the run")->required();
  std::int64_t iteration = -1;
  auto* at = app.add_option("--iteration", iteration,
                            "Iteration whose checkpoint --keep-checkpoints left; default: the newest")
                 ->always_capture_default(false)
                 ->transform(whole<std::int64_t>(0));
  app.add_option("--output", request.output, "Folder of the measurement; default: within the run's");
  std::string scale = kScaleNames[0];
  app.add_option("--scale", scale, "How much is measured: small (minutes), medium, paper (as the studies)")
      ->check(CLI::IsMember({"small", "medium", "paper"}));
  app.add_option("--seed", request.seed, "Seed of the rollouts")->transform(whole<std::uint64_t>(0));
  app.add_option("--threads", request.threads, "Threads; the result does not depend on them")
      ->transform(whole<Index>(1));
  app.add_flag("--resume", request.resume, "Go on with the measurement in the folder (default: no)");
  app.add_flag("--overwrite", request.overwrite, "Discard the measurement in the folder (default: no)");
  app.add_flag("--quiet", request.quiet, "Print nothing but errors (default: no)");
  app.add_flag("--dry-run", request.dry_run, "Print what it costs and end (default: no)");
  add_gradients(app, request.gradients);
  add_values(app, request.values);
  add_baselines(app, request.baselines);
  add_steps(app, request.steps);
  add_curvature(app, request.curvature);
  add_trust_region(app, request.trust_region);
  add_landscape(app, request.landscape);
  add_chaos(app, request.chaos);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw std::invalid_argument(words_of(app, error));
    app.exit(error);
    return {};
  }
  if (request.resume && request.overwrite) throw std::invalid_argument("--resume: expected no --overwrite beside it");
  if (at->count() > 0) request.iteration = iteration;
  const CLI::App* chosen = app.get_subcommands().front();
  request.measurement = chosen->get_name();
  request.scale = scale == "small" ? Scale::small : scale == "medium" ? Scale::medium : Scale::paper;
  if (request.output.empty()) {
    request.output = request.run / "diagnostics" /
                     (request.iteration ? join(request.measurement, '-', *request.iteration) : request.measurement);
  }
  request.text = "measurement " + request.measurement + '\n' + deciding_words(app) + deciding_words(*chosen);
  return request;
}
