// SPDX-License-Identifier: MIT
// How long one action takes on its way out: DeployedPolicy beside the C function that c_header writes for the same
// policy, 17 -> 64 -> 64 -> 6 with tanh, normaliser and action map. Every call is timed by itself: in a control loop
// the worst one counts.
//   deployment_benchmark [CALLS [FOLDER]]    a FOLDER gets policy.h and policy.onnx, for onnx_latency.py
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "vantage/deploy/c_source.hpp"
#include "vantage/deploy/onnx.hpp"
#include "vantage/policy/deployed_policy.hpp"

namespace {

using namespace vantage;

constexpr Index kObservations = 17;
constexpr Index kActions = 6;

PolicyFile<float> make_policy() {
  Rng rng(1);
  GaussianPolicy<float> policy(kObservations, kActions, {.initialization = {.output_gain = 1}}, rng);
  Normalizer normalizer(kObservations);
  RunningMoments moments(kObservations);
  for (int n = 0; n < 100; ++n) moments.add(Vector<double>::Random(kObservations));
  normalizer.update(moments);
  const Vector<double> bound = Vector<double>::Ones(kActions);
  return {AnyPolicy<float>(policy), normalizer, ActionMap::clip_and_rescale, -bound, bound, {}};
}

/// The C function, compiled with these flags and loaded.
class CFunction {
 public:
  CFunction(const std::filesystem::path& folder, const std::string& flags) {
    const std::string source = (folder / "policy.c").string(), library = (folder / ("policy" + flags + ".so")).string();
    write_file_atomically(source,
                          "#include \"policy.h\"\nint run(const float* x, float* y);\n"
                          "int run(const float* x, float* y) { return policy_act(x, y); }\n");
    const std::string command = "cc -std=c99 " + flags + " -fPIC -shared -o '" + library + "' '" + source + "' -lm";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot compile: " + command);
    library_.reset(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (library_ == nullptr) throw std::runtime_error("cannot load " + library);
    act_ = reinterpret_cast<int (*)(const float*, float*)>(::dlsym(library_.get(), "run"));
  }
  int operator()(const float* observation, float* action) const { return act_(observation, action); }

 private:
  struct Close {
    void operator()(void* library) const { ::dlclose(library); }
  };
  std::unique_ptr<void, Close> library_;
  int (*act_)(const float*, float*) = nullptr;
};

/// Times each call of act(n) by itself and prints microseconds.
template <class Act>
void time_calls(const char* name, int calls, Act&& act) {
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(calls));
  for (int n = -1000; n < calls; ++n) {
    const auto start = std::chrono::steady_clock::now();
    act(n + 1000);
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    // the first thousand warm up
    if (n >= 0) times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  const auto quantile = [&](double share) { return times[static_cast<std::size_t>(share * (calls - 1))]; };
  std::printf("%-28s %10.2f %10.2f %10.2f\n", name, quantile(0.5), quantile(0.999), times.back());
}

int run(int calls, const std::filesystem::path& folder) {
  const PolicyFile<float> file = make_policy();
  const PolicyFunction function = policy_function(file);
  write_file_atomically(folder / "policy.h", c_header(function));
  write_file_atomically(folder / "policy.onnx", onnx_model(function));
  const CFunction portable(folder, "-O2"), native(folder, "-O3 -march=native");

  const Matrix<float> observations = Matrix<float>::Random(kObservations, 256);
  const Matrix<double> in_double = observations.cast<double>();
  DeployedPolicy<float> deployed(file);
  Vector<double> action(kActions);
  Vector<float> c_action(kActions);
  double difference = 0;
  for (Index n = 0; n < observations.cols(); ++n) {
    deployed.act(in_double.col(n), action);
    portable(observations.col(n).data(), c_action.data());
    difference = std::max(difference, (c_action.cast<double>() - action).cwiseAbs().maxCoeff());
  }

  std::printf("microseconds a call        %12s %10s %10s   (%d calls)\n", "p50", "p99.9", "worst", calls);
  time_calls("DeployedPolicy<float>", calls, [&](int n) { deployed.act(in_double.col(n % 256), action); });
  time_calls("C, cc -O2", calls, [&](int n) { portable(observations.col(n % 256).data(), c_action.data()); });
  time_calls("C, cc -O3 -march=native", calls,
             [&](int n) { native(observations.col(n % 256).data(), c_action.data()); });
  time_calls("nothing: the clock itself", calls, [](int) {});
  std::printf("largest difference of an action in [-1, 1]: %.2g\n", difference);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 200000;
  if (calls < 1) {
    std::fprintf(stderr, "deployment_benchmark: expected a number of calls >= 1, got %s\n", argv[1]);
    return 2;
  }
  if (argc > 2) return run(calls, argv[2]);
  const auto folder = std::filesystem::temp_directory_path() / ("vantage-deployment-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const int code = run(calls, folder);
  std::filesystem::remove_all(folder);
  return code;
}
