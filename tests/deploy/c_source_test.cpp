// SPDX-License-Identifier: MIT
#include "vantage/deploy/c_source.hpp"

#include <dlfcn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exported_policies.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;

namespace {

/// What a shell command says, and whether it succeeded.
struct Said {
  bool success;
  std::string words;
};

Said run(const std::string& command, const TemporaryFolder& folder) {
  const int status = std::system((command + " > '" + (folder / "said").string() + "' 2>&1").c_str());
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, read_file(folder / "said")};
}

/// Headers in one source, each called from a function run_<name>, compiled as strictly as promised and loaded.
template <class S>
class Compiled {
 public:
  using Act = int(const S*, S*);

  Compiled(const TemporaryFolder& folder, const std::vector<std::pair<std::string, std::string>>& headers) {
    const std::string type = std::is_same_v<S, float> ? "float" : "double";
    std::string source;
    for (const auto& [name, text] : headers) {
      write_file_atomically(folder / (name + ".h"), text);
      source += "#include \"" + name + ".h\"\n";
      source += "int run_" + name + "(const " + type + "* x, " + type + "* y);\n";
      source += "int run_" + name + "(const " + type + "* x, " + type + "* y) { return " + name + "_act(x, y); }\n";
    }
    write_file_atomically(folder / "all.c", source);
    const std::string library = (folder / "all.so").string();
    // some warnings come only where a compiler looks closely
    for (const char* level : {"-O0", "-O2", "-O3"}) {
      const Said said = run(std::string("cc -std=c99 -Wall -Wextra -Wpedantic -Werror -fPIC -shared ") + level +
                                " -o '" + library + "' '" + (folder / "all.c").string() + "' -lm",
                            folder);
      INFO(level << said.words);
      REQUIRE(said.success);
    }
    library_.reset(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL));
    REQUIRE(library_ != nullptr);
  }

  Act* find(const std::string& name) const {
    void* const found = ::dlsym(library_.get(), ("run_" + name).c_str());
    REQUIRE(found != nullptr);
    return reinterpret_cast<Act*>(found);
  }

 private:
  struct Close {
    void operator()(void* library) const { ::dlclose(library); }
  };
  std::unique_ptr<void, Close> library_;
};

template <class S>
void check_actions() {
  const TemporaryFolder folder;
  const auto precision = std::is_same_v<S, float> ? Precision::single_precision : Precision::double_precision;
  auto policies = exported_policies<S>();
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, file, same_order] : policies) {
    headers.emplace_back(name, c_header(policy_function(file), {.precision = precision, .name = name}));
  }
  const Compiled<S> compiled(folder, headers);
  int exact = 0;
  for (auto& [name, file, same_order] : policies) {
    auto* const act = compiled.find(name);
    const auto observations = recorded_observations(file);
    const Index size = file.policy.action_size();
    const bool relu = file.policy.visit([](const auto& p) {
      const Mlp& trunk = trunk_of(p.network());
      return trunk.activation() == Activation::relu || trunk.widths().size() == 2;
    });
    DeployedPolicy<S> deployed(file);
    double scale = 0, difference = 0;
    std::set<double> first;
    for (const Vector<double>& observation : observations) {
      const Vector<S> x = observation.cast<S>();
      Vector<S> action = Vector<S>::Constant(size, 77);
      REQUIRE(act(x.data(), action.data()) == 0);
      CAPTURE(name, observation.transpose(), action.transpose());
      // with the functions of math.h in both: to the bit
      const Vector<double> by_hand = action_by_hand(file, observation);
#ifdef __FMA__
      // but where this program fuses the sums of the action map, which the C code is compiled without
      const bool fuses = file.action_map == ActionMap::squash_and_rescale;
#else
      const bool fuses = false;
#endif
      if (fuses) {
        const double unit = static_cast<double>(std::numeric_limits<S>::epsilon()) * by_hand.cwiseAbs().maxCoeff();
        CHECK((action.template cast<double>() - by_hand).cwiseAbs().maxCoeff() <= 2 * unit);
      } else {
        CHECK(action == by_hand.cast<S>());
      }
      Vector<double> expected(size);
      deployed.act(observation, expected);
#ifndef __FMA__
      // and where DeployedPolicy has no functions of its own, to the bit too
      if (relu && same_order) CHECK(action == expected.cast<S>());
      exact += relu && same_order;
#endif
      scale = std::max(scale, expected.cwiseAbs().maxCoeff());
      difference = std::max(difference, (action.template cast<double>() - expected).cwiseAbs().maxCoeff());
      first.insert(static_cast<double>(action[0]));
    }
    CAPTURE(name, scale, difference);
    CHECK(difference <= 16 * static_cast<double>(std::numeric_limits<S>::epsilon()) * scale);
    CHECK(first.size() > 1);
  }
#ifndef __FMA__
  CHECK(exact > 500);
#endif
}

PolicyFunction some_function() { return policy_function(exported_policies<float>().front().file); }

}  // namespace

TEST_CASE("a C header acts as DeployedPolicy does, for every kind of policy and action map") {
  check_actions<float>();
  check_actions<double>();
}

TEST_CASE("a C function refuses what DeployedPolicy refuses, and leaves the action alone") {
  const TemporaryFolder folder;
  const auto policies = exported_policies<float>();
  const auto find = [&](const char* name) {
    return std::find_if(policies.begin(), policies.end(), [&](const auto& policy) { return policy.name == name; });
  };
  std::vector<std::pair<std::string, std::string>> headers;
  for (const char* name : {"relu_clip", "relu_clip_raw", "choice"}) {
    headers.emplace_back(name, c_header(policy_function(find(name)->file), {.name = name}));
  }
  const Compiled<float> compiled(folder, headers);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const char* name : {"relu_clip", "relu_clip_raw", "choice"}) {
    auto* const act = compiled.find(name);
    CAPTURE(name);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
      for (Index i = 0; i < 5; ++i) {
        Vector<float> x = Vector<float>::Constant(5, 0.5F), action = Vector<float>::Constant(3, 77);
        CHECK(act(x.data(), action.data()) == 0);
        action.setConstant(77);
        x[i] = bad;
        CHECK(act(x.data(), action.data()) == 1);
        CHECK((action.array() == 77).all());
      }
    }
    // finite, but the network's outputs are not: only the normaliser's clip saves it
    const Vector<float> far = Vector<float>::Constant(5, 3e38F);
    Vector<float> action = Vector<float>::Constant(3, 77);
    const bool raw = std::string(name) == "relu_clip_raw";
    CHECK(act(far.data(), action.data()) == (raw ? 1 : 0));
    CHECK((action[0] == 77) == raw);
  }
}

TEST_CASE("the comments of a C header hold its metadata, whatever it says") {
  const TemporaryFolder folder;
  const FileMetadata metadata{{"joint_names", "hip,knee"},
                              {"note",
                               "ends\\\nhere */ ?"
                               "?/\n#error \xC3\xA9"}};
  const std::string text = c_header(some_function(), {.name = "walk2", .metadata = metadata});
  CHECK(text.find("// joint_names: hip,knee\n") != std::string::npos);
  CHECK(text.find("// task: hand-made\n") != std::string::npos);
  CHECK(text.find("// note: ends__here */ __/_#error __\n") != std::string::npos);
  CHECK(text.find("enum { walk2_observation_size = 5, walk2_action_size = 3 };") != std::string::npos);
  Compiled<float>(folder, {{"walk2", text}}).find("walk2");
}

TEST_CASE("what cannot be C is refused") {
  for (const char* name : {"", "2nd", "_x", "a-b", "a b", "p\xC3\xA9"}) {
    CHECK_THROWS_WITH(c_header(some_function(), {.name = name}),
                      Catch::Matchers::Contains("a name of letters, digits and _"));
  }
  PolicyFunction huge = some_function();
  huge.layers[0].weights(1, 2) = 1e300;
  CHECK_THROWS_WITH(c_header(huge), "c_header: expected numbers that single precision can hold, got 1e+300");
  CHECK_NOTHROW(c_header(huge, {.precision = Precision::double_precision}));
}

TEST_CASE("a header keeps numbers to the bit") {
  CHECK(detail::c_number(-0.15625, Precision::single_precision) == "-0x1.4p-3F");
  CHECK(detail::c_number(-kEndless, Precision::double_precision) == "-INFINITY");
  Rng rng(1);
  for (int n = 0; n < 200; ++n) {
    const double number = std::ldexp(rng.normal(), static_cast<int>(rng.uniform(-1060, 1000)));
    CHECK(std::strtod(detail::c_number(number, Precision::double_precision).c_str(), nullptr) == number);
  }
}

TEST_CASE("a C function refuses a mask that is not sound, and says that it reads one") {
  const TemporaryFolder folder;
  const auto policies = exported_policies<float>();
  const auto found = std::find_if(policies.begin(), policies.end(),
                                  [](const auto& policy) { return policy.name == "masked_choices"; });
  const std::string text = c_header(policy_function(found->file));
  CHECK(text.find("// among those for which the observation holds 1, from number 0 on, and not 0") !=
        std::string::npos);
  CHECK(text.find("// action_choices: 2,2\n") != std::string::npos);
  CHECK(text.find("// mask_row: 0\n") != std::string::npos);
  const Compiled<float> compiled(folder, {{"policy", text}});
  auto* const act = compiled.find("policy");
  DeployedPolicy<float> deployed(found->file);
  for (unsigned bits = 0; bits < 16; ++bits) {
    Vector<float> x = Vector<float>::Constant(5, 1000), action = Vector<float>::Constant(2, 77);
    for (Index k = 0; k < 4; ++k) x[k] = static_cast<float>((bits >> k) & 1U);
    const bool sound = (bits & 3U) != 0 && (bits & 12U) != 0;
    CHECK(act(x.data(), action.data()) == (sound ? 0 : 1));
    Vector<double> expected = Vector<double>::Constant(2, 77);
    if (sound) deployed.act(x.cast<double>(), expected);
    else CHECK_THROWS_AS(deployed.act(x.cast<double>(), expected), std::invalid_argument);
    CHECK(action.cast<double>() == expected);
    x[1] = 0.5F;
    CHECK(act(x.data(), action.data()) == 1);
  }
}
