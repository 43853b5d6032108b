// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../vantage-render/png.hpp"
#include "../vantage-train/program.hpp"
#include "quadruped.hpp"
#include "vantage/deploy/onnx.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/render.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/train/report.hpp"

namespace {

using namespace vantage;

struct Settings {
  std::string policy, onnx, record, strip, robot = "examples/robots/quadruped.xml";
  Index episodes = 20;
  std::uint64_t seed = 1;
  bool as_drawn = false;
  double speed = 0;
};

/// What a robot's controller asks of a policy: whose joints, from where, how stiffly and how often.
FileMetadata knowledge(const Quadruped& robot) {
  FileMetadata known;
  const auto list = [&](const char* key, const auto& text_of) {
    std::string& text = known[key];
    for (const auto& motor : robot.drive.motors()) text += (text.empty() ? "" : ",") + text_of(motor);
  };
  list("joint_names", [](const auto& motor) { return motor.joint; });
  list("joint_stiffness", [](const auto& motor) { return csv_number(motor.stiffness); });
  list("joint_damping", [](const auto& motor) { return csv_number(motor.damping); });
  list("default_joint_pos", [](const auto& motor) { return csv_number(motor.default_position); });
  list("action_scale", [](const auto& motor) { return csv_number(motor.scale); });
  known["observation_names"] = "projected_gravity,base_ang_vel,joint_pos,joint_vel,command,gait_clock";
  known["observation_history"] = known["action_history"] = "2";
  known["command_names"] = "speed";
  known["gait_hertz"] = csv_number(robot.gait_frequency);
  known["mujoco_version"] = mj_versionString();
  known["control_rate_hertz"] = csv_number(1 / (robot.model->opt.timestep * robot.frame_skip));
  return known;
}

/// Six pictures of a stride.
class Strip {
 public:
  explicit Strip(const std::string& path) : strip_(path) {}

  /// Looks at an episode, step after step.
  void look(const mujoco::Environment<Quadruped>& robot, Index step) {
    if (step < kFirst || step >= kFirst + kPictures * kEvery || (step - kFirst) % kEvery != 0) return;
    robot.inspect([&](const mjModel& model, mjData& data) {
      if (!renderer_) renderer_.emplace(model, mujoco::RendererOptions{.width = 240, .height = 200});
      strip_.write(renderer_->frame(model, data));
      ++pictures_;
    });
  }

  /// Throws: std::runtime_error where the episode was too short.
  void finish() const {
    if (pictures_ < kPictures) throw std::runtime_error("--strip: the first episode ended before the stride");
    strip_.finish();
  }

 private:
  static constexpr Index kFirst = 250, kEvery = 5, kPictures = 6;
  PngStrip strip_;
  std::optional<mujoco::Renderer> renderer_;
  Index pictures_ = 0;
};

/// Episodes as they begin and end, for others to play again.
class Record {
 public:
  explicit Record(const std::string& path, const mjModel& model) : writer_(path, columns(model)) {}

  void start(const mujoco::Environment<Quadruped>& robot) {
    robot.inspect([&](const mjModel& model, mjData& data) {
      writer_.field(data.userdata[0]);
      append(data.qpos, static_cast<Index>(model.nq));
      append(data.qvel, static_cast<Index>(model.nv));
    });
  }
  void end(const mujoco::Environment<Quadruped>& robot, double sum, Index steps) {
    robot.inspect([&](const mjModel& model, mjData& data) { append(data.qpos, static_cast<Index>(model.nq)); });
    writer_.field(sum).field(steps).end_row();
  }

 private:
  static CsvRow columns(const mjModel& model) {
    CsvRow names{"speed"};
    const auto add = [&](const char* name, int count) {
      for (int i = 0; i < count; ++i) names.push_back(vantage::detail::join(name, '_', i));
    };
    add("qpos", static_cast<int>(model.nq));
    add("qvel", static_cast<int>(model.nv));
    add("end", static_cast<int>(model.nq));
    names.insert(names.end(), {"return", "steps"});
    return names;
  }
  void append(const double* numbers, Index count) {
    for (Index i = 0; i < count; ++i) writer_.field(numbers[i]);
  }

  CsvWriter writer_;
};

void print(const char* name, const std::vector<double>& numbers) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  const auto count = static_cast<double>(numbers.size());
  std::printf("%s: mean %.3f, standard error %.3f, from %.3f to %.3f\n", name, mean(numbers),
              deviation(numbers) / std::sqrt(count - 1), *low, *high);
}

void play(const Settings& s) {
  auto policy = DeployedPolicy<float>::load(s.policy);
  Quadruped robot(s.robot);
  if (s.speed > 0) robot.speed = {s.speed, s.speed};
  QuadrupedWorld world = quadruped_world(robot, !s.as_drawn);
  require_fit(s.policy, policy.policy(), world.spec());
  std::optional<Strip> strip;
  std::optional<Record> record;
  if (!s.strip.empty()) strip.emplace(s.strip);
  if (!s.record.empty()) record.emplace(s.record, robot.model.get());

  // the loop of a robot: observe, act
  std::vector<double> returns, lengths, distances;
  Vector<double> observation(world.spec().observation_size), action(world.spec().action_size());
  for (Index episode = 0; episode < s.episodes; ++episode) {
    Rng rng(s.seed, StreamPurpose::evaluation, static_cast<std::uint64_t>(episode));
    world.reset(rng, observation);
    if (record) record->start(robot_of(world));
    double sum = 0;
    Index step = 0;
    for (bool ended = false; !ended;) {
      if (strip && episode == 0) strip->look(robot_of(world), step);
      policy.act(observation, action);
      const StepResult result = world.step(action, observation);
      sum += result.reward;
      ended = result.terminated || ++step == world.spec().max_episode_steps;
    }
    if (record) record->end(robot_of(world), sum, step);
    returns.push_back(sum);
    lengths.push_back(static_cast<double>(step));
    robot_of(world).inspect([&](const mjModel&, mjData& data) { distances.push_back(data.qpos[0]); });
  }
  if (strip) strip->finish();
  print("return", returns);
  print("steps", lengths);
  print("distance, m", distances);
  if (s.onnx.empty()) return;
  const std::string model = onnx_model(load_policy_function(s.policy), {.metadata = knowledge(robot)});
  write_file_atomically(s.onnx, model);
  std::printf("%s: %zu bytes\n", s.onnx.c_str(), model.size());
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("quadruped-play", [&] {
    Settings s;
    CLI::App app("Plays episodes with a policy of quadruped-train, in worlds as it learned in.", "quadruped-play");
    app.option_defaults()->always_capture_default();
    app.add_option("policy", s.policy, "File of the policy")->required();
    app.add_option("--robot", s.robot, "Its model");
    app.add_option("--episodes", s.episodes, "Episodes")->check(CLI::Range(2, 1'000'000));
    app.add_option("--seed", s.seed, "Seed of the episodes");
    app.add_option("--speed", s.speed, "Commanded speed, m/s; 0: each episode draws one")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--as-drawn", s.as_drawn, "The model as it is: nothing random but the start, no delay, no noise");
    app.add_option("--record", s.record, "Write start, end and return of each episode to a CSV file");
    app.add_option("--onnx", s.onnx, "Export the policy as an ONNX model with what a controller asks");
    app.add_option("--strip", s.strip,
                   "Draw six pictures of the first episode, a stride after five seconds, into a PNG file");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    play(s);
    return 0;
  });
}
