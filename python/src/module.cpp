// SPDX-License-Identifier: MIT
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/deployed_policy.hpp"
#include "vantage/version.hpp"
#include "worlds.hpp"

namespace nb = nanobind;

namespace {

using vantage::Index;

// row-major: a row is one observation, as a column is in the library
template <class T>
using Rows = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::vector<double> list(const vantage::Vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

/// A deployed policy that also samples. Its calls hold the lock of the interpreter, so there is never more than one.
class Policy {
 public:
  Policy(const std::filesystem::path& path, std::uint64_t seed)
      : file_(vantage::load_policy<float>(path)), deployed_(file_), rng_(seed, vantage::StreamPurpose::evaluation) {}

  [[nodiscard]] const vantage::PolicyFile<float>& file() const { return file_; }

  /// One action a row, each as DeployedPolicy gives it, or a sample, mapped alike.
  /// Shapes: observations N x O, actions N x A. Throws: std::invalid_argument, and then no action is of use.
  void act(const Rows<const double>& observations, const Rows<double>& actions, bool deterministic) {
    const Index inputs = file_.policy.observation_size(), outputs = file_.policy.action_size();
    const auto rows = static_cast<Index>(observations.shape(0));
    vantage::require(static_cast<Index>(observations.shape(1)) == inputs, "act", "observations of the policy's size",
                     observations.shape(1));
    vantage::require(static_cast<Index>(actions.shape(0)) == rows && static_cast<Index>(actions.shape(1)) == outputs,
                     "act", "an action for each observation", actions.shape(0));
    for (Index row = 0; row < rows; ++row) {
      const Eigen::Map<const vantage::Vector<double>> observation(observations.data() + row * inputs, inputs);
      Eigen::Map<vantage::Vector<double>> action(actions.data() + row * outputs, outputs);
      try {
        if (deterministic) {
          deployed_.act(observation, action);
        } else {
          action = sample(observation);
        }
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(vantage::detail::join("observation ", row, ": ", error.what()));
      }
    }
  }

 private:
  [[nodiscard]] vantage::Vector<double> sample(vantage::ConstVectorRef<double> observation) {
    vantage::Matrix<float> input = observation.cast<float>(), raw(file_.policy.action_size(), 1);
    if (file_.normalizer) file_.normalizer->apply(observation, input.col(0));
    vantage::Vector<float> log_prob(1);
    const bool finite = observation.allFinite() && input.allFinite();
    if (finite) file_.policy.sample(input, {&rng_, 1}, raw, log_prob, context_, 0);
    vantage::require(finite && raw.allFinite(), "act", "an observation that gives a finite action",
                     observation.transpose());
    vantage::Vector<double> action = raw.col(0).cast<double>();
    if (file_.policy.choices().empty()) {
      vantage::apply<float>(file_.action_map, raw.col(0), file_.action_low, file_.action_high, action);
    }
    return action;
  }

  vantage::PolicyFile<float> file_;
  vantage::DeployedPolicy<float> deployed_;
  vantage::Context context_;
  vantage::Rng rng_;
};

/// Shift, scale, clip of each component; none where the policy sees raw observations.
nb::object normalizer(const Policy& policy) {
  const auto& normalizer = policy.file().normalizer;
  if (!normalizer) return nb::none();
  return nb::make_tuple(list(normalizer->shift()), list(normalizer->scale()), list(normalizer->bounds()));
}

/// Metadata, and a list of name, element type, shape and bytes of each tensor. A file of vantage's is checked against
/// its checksum. Throws: FileError.
nb::tuple read_tensors(const std::filesystem::path& path) {
  const vantage::StateReader reader(path);
  nb::list tensors;
  for (const std::string& name : reader.file().names()) {
    const vantage::TensorView tensor = reader.file().tensor(name);
    tensors.append(nb::make_tuple(name, std::string(vantage::dtype_name(tensor.dtype)), tensor.shape,
                                  nb::bytes(tensor.bytes.data(), tensor.bytes.size())));
  }
  return nb::make_tuple(reader.file().metadata(), tensors);
}

}  // namespace

NB_MODULE(_vantage, module) {
  module.attr("version") = VANTAGE_VERSION;
  nb::exception<vantage::FileError>(module, "FileError", PyExc_OSError);
  nb::class_<Policy>(module, "Policy")
      .def(nb::init<const std::filesystem::path&, std::uint64_t>())
      .def_prop_ro("observation_size", [](const Policy& policy) { return policy.file().policy.observation_size(); })
      .def_prop_ro("action_size", [](const Policy& policy) { return policy.file().policy.action_size(); })
      .def_prop_ro("choices",
                   [](const Policy& policy) {
                     const auto choices = policy.file().policy.choices();
                     return std::vector<Index>(choices.begin(), choices.end());
                   })
      .def_prop_ro("mask_row", [](const Policy& policy) { return policy.file().policy.mask_row(); })
      .def_prop_ro("action_low", [](const Policy& policy) { return list(policy.file().action_low); })
      .def_prop_ro("action_high", [](const Policy& policy) { return list(policy.file().action_high); })
      .def_prop_ro("action_map",
                   [](const Policy& policy) {
                     return std::string(vantage::kActionMapNames[static_cast<std::size_t>(policy.file().action_map)]);
                   })
      .def_prop_ro("normalizer", &normalizer)
      .def_prop_ro("metadata", [](const Policy& policy) { return policy.file().metadata; })
      .def("act", &Policy::act, nb::arg().noconvert(), nb::arg().noconvert(), nb::arg());
  module.def("read_tensors", &read_tensors);
  bind_worlds(module);
}
