// SPDX-License-Identifier: MIT
#include "vantage/policy/policy_record.hpp"

#include <limits>

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;
using Catch::Matchers::ContainsSubstring;
static_assert(FilePolicy<GaussianPolicy<float>> && FilePolicy<CategoricalPolicy<double>>);
static_assert(FilePolicy<DeterministicPolicy<float>> && !FilePolicy<AnyPolicy<float>>);

namespace {

// what is written by hand, read as a policy for so many action bounds
class Record {
 public:
  Record(const FileMetadata& metadata, const Vector<float>& parameters) {
    for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
    writer("policy.parameters", parameters);
  }

  AnyPolicy<float> read(Index action_size) const {
    const TemporaryFolder folder;
    writer.save(folder / "p");
    StateReader reader(folder / "p");
    return detail::PolicyReader<float>(reader).policy(action_size);
  }

  StateWriter writer;
};

Record deterministic(const FileMetadata& changes, double gain, Index parameters) {
  FileMetadata metadata = changes;
  metadata.insert({{"widths", "2,4,3"}, {"activation", "tanh"}, {"distribution", "deterministic"}, {"squash", "tanh"}});
  Record record(metadata, Vector<float>::LinSpaced(parameters, -1, 1));
  record.writer("policy.output_gain", gain);
  return record;
}

constexpr const char* kBadWidths[] = {"2,4,1", "2", "", "2,,1", "2,3,1,", "2,-3,1", "9999999999999,1", "2,3,2", "x"};

}  // namespace

TEST_CASE("a recorded policy is read as what it was") {
  const TemporaryFolder folder;
  Rng rng(3);
  const DeterministicPolicy<float> policy(
      2, 3, {.hidden = {4}, .activation = Activation::elu, .squash = Squash::none, .output_gain = 0.1}, rng);
  StateWriter writer;
  detail::write_policy(writer, policy);
  writer.save(folder / "p");
  StateReader reader(folder / "p");
  const AnyPolicy<float> read = detail::PolicyReader<float>(reader).policy(3);
  CHECK(read.parameters() == policy.parameters());
  read.visit([&](const auto& inside) {
    if constexpr (std::is_same_v<decltype(inside), const DeterministicPolicy<float>&>) {
      CHECK(inside.options().hidden == policy.options().hidden);
      CHECK(inside.options().activation == Activation::elu);
      CHECK(inside.options().squash == Squash::none);
      CHECK(inside.options().output_gain == 0.1);
    } else {
      FAIL("another kind of policy");
    }
  });
}

TEST_CASE("records of deterministic policies that do not fit are refused") {
  const FileMetadata choices{{"squash", "none"}};
  CHECK(deterministic({}, 2, 27).read(3).discrete_actions() == 0);
  CHECK(deterministic(choices, 2, 27).read(0).discrete_actions() == 3);
  // sizes
  CHECK_THROWS_WITH(deterministic({}, 2, 27).read(2), ContainsSubstring("2 action bounds"));
  CHECK_THROWS_WITH(deterministic({}, 2, 26).read(3), ContainsSubstring("expected 27 finite parameters"));
  CHECK_THROWS_AS(deterministic(choices, 2, 28).read(0), FileError);
  for (const char* widths : kBadWidths) {
    INFO(widths);
    CHECK_THROWS_AS(deterministic({{"widths", widths}}, 2, 27).read(3), FileError);
    CHECK_THROWS_AS(deterministic({{"widths", widths}, {"squash", "none"}}, 2, 27).read(0), FileError);
  }
  // a choice among one
  CHECK_THROWS_AS(deterministic({{"widths", "2,4,1"}, {"squash", "none"}}, 2, 17).read(0), FileError);
  CHECK(deterministic({{"widths", "2,4,1"}}, 2, 17).read(1).action_size() == 1);
  // what is its own
  CHECK_THROWS_WITH(deterministic({{"squash", "sine"}}, 2, 27).read(3), ContainsSubstring("unknown squash \"sine\""));
  CHECK_THROWS_WITH(deterministic({}, 2, 27).read(0),
                    ContainsSubstring("expected squash none for discrete actions, got tanh"));
  for (const double gain : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(deterministic({}, gain, 27).read(3), ContainsSubstring("expected a finite output gain > 0"));
  }
  const FileMetadata rest{{"widths", "2,4,3"}, {"activation", "tanh"}, {"distribution", "deterministic"}};
  Record record(rest, Vector<float>::Ones(27));
  CHECK_THROWS_WITH(record.read(3), ContainsSubstring("expected the metadata squash"));
  record.writer.set_metadata("squash", "none");
  CHECK_THROWS_WITH(record.read(3), ContainsSubstring("policy.output_gain"));
  record.writer("policy.output_gain", 1.0);
  CHECK_NOTHROW(record.read(3));
}

TEST_CASE("records of categorical policies that do not fit are refused") {
  const auto read = [](const char* widths, const char* distribution, Index action_size) {
    return Record({{"widths", widths}, {"activation", "tanh"}, {"distribution", distribution}}, Vector<float>::Ones(27))
        .read(action_size);
  };
  CHECK(read("2,4,3", "categorical", 0).discrete_actions() == 3);
  CHECK_THROWS_AS(read("2,4,3", "categorical", 1), FileError);
  for (const char* widths : {"2,4,2", "3", "", "2,26,1", "9999999999999,3"}) {
    INFO(widths);
    CHECK_THROWS_AS(read(widths, "categorical", 0), FileError);
  }
  CHECK_THROWS_AS(read("2,4,3", "gaussian", 0), FileError);
  CHECK_THROWS_WITH(read("2,4,3", "cauchy", 0), ContainsSubstring("distribution \"cauchy\""));
}

TEST_CASE("records of encoders and layer norm that do not fit are refused") {
  // 2 inputs through a layer of 3 and 1 as it is, then 4 to 1: 9 + 5 parameters and a deviation
  const auto read = [](const char* encoder, Index parameters, FileMetadata more = {}) {
    more.insert({{"widths", "4,1"}, {"activation", "tanh"}, {"standard_deviation", "free"}, {"encoder", encoder}});
    return Record(more, Vector<float>::Ones(parameters)).read(1);
  };
  CHECK(read("2:3+1", 15).observation_size() == 3);
  CHECK(read("2:3+1", 18, {{"layer_norm", "true"}}).observation_size() == 3);
  CHECK_THROWS_WITH(read("2:3+1", 18), ContainsSubstring("expected 15 finite parameters"));
  CHECK_THROWS_WITH(read("2:3+1", 15, {{"layer_norm", "true"}}), ContainsSubstring("expected 18 finite parameters"));
  CHECK_THROWS_WITH(read("2:3+1", 15, {{"layer_norm", "1"}}), ContainsSubstring("expected layer_norm true, got 1"));
  CHECK_THROWS_WITH(read("2:3+2", 15), ContainsSubstring("expected widths from 5 on, the outputs of the encoder"));
  CHECK_THROWS_WITH(read("2:3+", 15), ContainsSubstring("expected parts such as 48:64+187:128,64, got 2:3+"));
  CHECK_THROWS_WITH(read("", 6), ContainsSubstring("expected widths from 0 on"));
  CHECK_THROWS_WITH(read("2:3+1", 15, {{"distribution", "deterministic"}, {"squash", "none"}}),
                    ContainsSubstring("policy"));
  CHECK_THROWS_AS(deterministic({{"encoder", "1:2"}}, 2, 27).read(3), FileError);
  CHECK_THROWS_WITH(deterministic({{"encoder", "2"}}, 2, 27).read(3), ContainsSubstring("expected no encoder"));
}

TEST_CASE("records of Gaussian policies that do not fit are refused") {
  const auto read = [](const char* widths) {
    return Record({{"widths", widths}, {"activation", "tanh"}, {"standard_deviation", "free"}}, Vector<float>::Ones(14))
        .read(1);
  };
  CHECK(read("2,3,1").action_size() == 1);
  for (const char* widths : kBadWidths) {
    INFO(widths);
    CHECK_THROWS_AS(read(widths), FileError);
  }
}

TEST_CASE("records of choices that do not fit are refused, and only their format has them") {
  const auto read = [](const FileMetadata& changes) {
    FileMetadata metadata = changes;
    metadata.insert(
        {{"format", "vantage policy 2"}, {"widths", "6,2,5"}, {"activation", "tanh"}, {"distribution", "categorical"}});
    return Record(metadata, Vector<float>::Ones(29)).read(0);
  };
  CHECK(read({}).discrete_actions() == 5);
  const AnyPolicy<float> policy = read({{"action_choices", "3,2"}, {"mask_row", "1"}});
  CHECK(policy.action_size() == 2);
  CHECK(policy.choices()[0] == 3);
  CHECK(policy.mask_row() == 1);
  CHECK(read({{"mask_row", "0"}}).mask_row() == 0);
  for (const char* choices : {"3,3", "", "3,2,", "3,0,2", "4", "a", "9999999999999,2"}) {
    INFO(choices);
    CHECK_THROWS_AS(read({{"action_choices", choices}}), FileError);
  }
  for (const char* row : {"2", "-1", "", "1.5", "x", "1 ", "99999999999999999999"}) {
    INFO(row);
    CHECK_THROWS_WITH(read({{"mask_row", row}}), ContainsSubstring("expected a mask_row"));
  }
  // a mask lies in what an encoder sees, not in what it gives
  const auto behind_encoder = [&](const char* row) {
    return read({{"encoder", "3:1+3"}, {"widths", "4,2,5"}, {"mask_row", row}});
  };
  CHECK(behind_encoder("1").mask_row() == 1);
  CHECK(behind_encoder("1").observation_size() == 6);
  CHECK_THROWS_WITH(behind_encoder("2"), ContainsSubstring("expected a mask_row"));
  // what a user called so in a file of the first format says nothing
  const FileMetadata users{{"format", "vantage policy 1"}, {"mask_row", "x"}, {"action_choices", "y"}};
  CHECK(read(users).discrete_actions() == 5);
  CHECK_FALSE(read(users).mask_row());
}
