// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "number_checks.hpp"
#include "played_task.hpp"
#include "png.hpp"
#include "program.hpp"
#include "tasks.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/mujoco/render.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/version.hpp"
#include "video.hpp"

namespace {

namespace fs = std::filesystem;
using vantage::Index;
using vantage::detail::join;

// a signal reaches nothing else
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t interrupted = 0;

void check_interrupted() {
  if (interrupted != 0) throw std::runtime_error("interrupted, nothing was written");
}

struct Settings {
  std::string policy, task, camera;
  std::vector<std::string> task_options;
  fs::path output;
  Index episodes = 1;
  Index start = 0;
  Index steps = 0;
  int width = 640;
  int height = 480;
  double fps = 0;
  int strip = 0;
  std::uint64_t seed = 1;
  bool deterministic = true;
};

void add_options(CLI::App& app, Settings& s) {
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", VANTAGE_VERSION);
  app.add_option("policy", s.policy, "File of the policy")->required();
  app.add_option("--output", s.output, "A video (.mp4, .gif), or a new folder of PNG pictures")->required();
  app.add_option("--task", s.task, "Task: " + task_names() + "; default: the policy's own");
  app.add_option("--task-option", s.task_options,
                 "Option of the task, name=value; may be repeated; default: those that the policy learned with")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("--episodes", s.episodes, "Episodes, one after another")->transform(whole<Index>(1));
  app.add_option("--start", s.start, "Steps of each episode before the first picture")->transform(whole<Index>(0));
  app.add_option("--steps", s.steps, "Steps to show of each episode; 0: to its end")->transform(whole<Index>(0));
  app.add_option("--width", s.width, "Pixels")->transform(whole<int>(1));
  app.add_option("--height", s.height, "Pixels")->transform(whole<int>(1));
  app.add_option("--fps", s.fps,
                 "Pictures a second of the task's time, 0.001 to 1000, to 100 in a .gif; 0: a picture a step, or every "
                 "second, third ...")
      ->check(not_negative());
  app.add_option("--camera", s.camera,
                 "Camera of the model; default: track, where the model has it, else a view of the robot");
  app.add_option("--strip", s.strip, "This many pictures side by side in one .png instead of a video; 0: no")
      ->transform(whole<int>(0));
  app.add_option("--seed", s.seed, "Seed of the episodes")->transform(whole<std::uint64_t>(0));
  app.add_flag("--deterministic,!--stochastic", s.deterministic,
               "Take the policy's mode, or a sample as in training (default: the mode)");
}

/// Everything that can be refused by looking at the options alone.
void check(const Settings& s) {
  const std::string ending = s.output.extension().string();
  const auto expect = [&](bool condition, const char* expected) {
    if (!condition) throw std::invalid_argument(join("--output: expected ", expected, ", got ", s.output.string()));
  };
  if (s.strip > 0) {
    expect(ending == ".png", "a name that ends in .png with --strip");
  } else {
    constexpr std::array others{".png", ".jpg", ".jpeg", ".avi", ".mkv", ".mov", ".webm", ".webp", ".apng"};
    expect(std::find(others.begin(), others.end(), ending) == others.end(),
           "a name that ends in .mp4 or .gif, or a folder (--strip makes a .png)");
  }
  // more would be copies of one state, and a .gif counts hundredths of a second
  const double most = ending == ".gif" ? 100 : 1000;
  if (s.fps != 0 && !(s.fps >= 1e-3 && s.fps <= most)) {
    throw std::invalid_argument(join("--fps: expected 0 or a number from 0.001 to ", most, ", got ", s.fps));
  }
  const fs::path folder = s.output.has_parent_path() ? s.output.parent_path() : fs::path(".");
  expect(fs::is_directory(folder), "a file in a folder that exists");
  if (ending == ".mp4" && (s.width % 2 != 0 || s.height % 2 != 0)) {
    throw std::invalid_argument(
        join("--width, --height: expected even numbers for an .mp4, got ", s.width, " and ", s.height));
  }
}

/// Real time in as many pictures a second as the steps of the task allow without doubling one.
double pictures_a_second(const Settings& s, double dt) {
  if (s.fps > 0) return s.fps;
  const double most = s.output.extension() == ".gif" ? 30 : 60;
  return 1 / (dt * std::max(1.0, std::ceil(1 / (dt * most) - 1e-9)));
}

/// The worlds in which episode i starts as episode i of vantage-eval does, and a policy that fits them.
struct Cast {
  AnyEnvironment world;
  vantage::DeployedPolicy<float> deployed;
};

Cast load(const Settings& s) {
  auto deployed = vantage::DeployedPolicy<float>::load(s.policy);
  auto [name, world] = make_played_task("vantage-render", deployed.metadata(), s.task, s.task_options);
  vantage::require_fit(s.policy, deployed.policy(), world.spec());
  if (!world.inspect([](const mjModel&, mjData&) {})) {
    throw std::invalid_argument(
        join("--task: expected a task that runs in MuJoCo, only those can be drawn; got ", name));
  }
  return {std::move(world), std::move(deployed)};
}

/// Plays an episode as vantage-eval does. `show(world, step)` sees each state in which an action is taken, and says
/// whether to go on.
template <class Show>
void play(const Cast& cast, const Settings& s, Index episode, vantage::Context& context, Show&& show) {
  vantage::VectorEnvironment<AnyEnvironment> worlds(cast.world, {.count = episode + 1,
                                                                 .seed = s.seed,
                                                                 .action_map = cast.deployed.action_map(),
                                                                 .fault_penalty = 0,
                                                                 .streams = vantage::StreamPurpose::evaluation});
  const auto& policy = cast.deployed.policy();
  vantage::Matrix<float> observation(policy.observation_size(), 1), action(policy.action_size(), 1);
  vantage::Vector<float> log_prob(1);
  double sum = 0;
  Index step = 0;
  for (bool ended = false; !ended; ++step) {
    check_interrupted();
    if (!show(worlds.environment(episode), step)) return;
    const auto raw = worlds.observation(episode);
    if (cast.deployed.normalizer() != nullptr) {
      cast.deployed.normalizer()->apply(raw, observation.col(0));
    } else {
      observation = raw.cast<float>();
    }
    if (s.deterministic) {
      policy.mode(observation, action, context, 0);
    } else {
      policy.sample(observation, worlds.rngs(episode, 1), action, log_prob, context, 0);
    }
    const vantage::Transition transition = worlds.step<float>(episode, action.col(0));
    sum += transition.reward;
    ended = transition.ended();
  }
  std::printf("episode %lld: return %.10g in %lld steps\n", static_cast<long long>(episode + 1), sum,
              static_cast<long long>(step));
}

/// Shows the pictures of all episodes in real time: picture k of an episode is the newest state at k / fps.
template <class Draw>
void film(const Cast& cast, const Settings& s, double fps, vantage::Context& context, Draw&& draw) {
  for (Index episode = 0; episode < s.episodes; ++episode) {
    double pictures = 0;
    play(cast, s, episode, context, [&](const AnyEnvironment& world, Index step) {
      if (s.steps > 0 && step >= s.start + s.steps) return false;
      const double time = static_cast<double>(step - s.start) * world.dt();
      for (; step >= s.start && pictures / fps <= time * (1 + 1e-9); ++pictures) draw(world);
      return true;
    });
  }
}

/// Shows s.strip states of the first episode, evenly spaced from the first to the last.
template <class Draw>
void film_strip(const Cast& cast, const Settings& s, vantage::Context& context, Draw&& draw) {
  // played twice: how long it is shows only at its end
  Index length = 0;
  const auto within = [&](Index step) { return s.steps == 0 || step < s.start + s.steps; };
  play(cast, s, 0, context, [&](const AnyEnvironment&, Index step) {
    if (within(step)) length = step + 1 - s.start;
    return within(step);
  });
  if (length < s.strip) {
    throw std::invalid_argument(join("--strip: expected at most as many pictures as there are states from --start on (",
                                     std::max<Index>(0, length), "), got ", s.strip));
  }
  Index next = 0;
  play(cast, s, 0, context, [&](const AnyEnvironment& world, Index step) {
    const Index due = s.strip == 1 ? 0 : (next * (length - 1) + (s.strip - 1) / 2) / (s.strip - 1);
    if (step == s.start + due) {
      draw(world);
      ++next;
    }
    return next < s.strip;
  });
}

int run(const Settings& s) {
  check(s);
  const Cast cast = load(s);
  vantage::Context context({.seed = s.seed, .threads = 1});
  const double fps = pictures_a_second(s, cast.world.dt());

  // whatever this machine may lack shows here, before anything is played
  std::variant<PngFolder, PngStrip, Video> sink(std::in_place_type<PngStrip>, s.output);
  const std::string ending = s.output.extension().string();
  if (s.strip == 0 && (ending == ".mp4" || ending == ".gif")) {
    sink.emplace<Video>(s.output, s.width, s.height, fps, &check_interrupted);
  } else if (s.strip == 0) {
    sink.emplace<PngFolder>(s.output);
  }
  std::optional<vantage::mujoco::Renderer> renderer;
  cast.world.inspect([&](const mjModel& model, mjData&) {
    renderer.emplace(model, vantage::mujoco::RendererOptions{.width = s.width, .height = s.height, .camera = s.camera});
  });

  long long count = 0;
  const auto draw = [&](const AnyEnvironment& world) {
    check_interrupted();
    world.inspect([&](const mjModel& model, mjData& data) {
      std::visit([&](auto& to) { to.write(renderer->frame(model, data)); }, sink);
    });
    ++count;
  };
  if (s.strip > 0) {
    film_strip(cast, s, context, draw);
  } else {
    film(cast, s, fps, context, draw);
  }
  if (count == 0) {
    throw std::invalid_argument(join("--start: expected a step that the episodes reach, got ", s.start));
  }
  check_interrupted();
  std::visit([](auto& to) { to.finish(); }, sink);
  if (s.strip > 0) {
    std::printf("%s: %lld pictures side by side\n", s.output.c_str(), count);
  } else {
    std::printf("%s: %lld pictures, %.6g a second\n", s.output.c_str(), count, fps);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("vantage-render", [&] {
    Settings settings;
    CLI::App app(
        "Draws episodes played with a policy that vantage-train wrote: a video, pictures, or a strip of pictures.",
        "vantage-render");
    add_options(app, settings);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGINT, SIGTERM}) {
      std::signal(number, [](int) { interrupted = 1; });
    }
    return run(settings);
  });
}
