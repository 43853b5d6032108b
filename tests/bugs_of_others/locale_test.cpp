// SPDX-License-Identifier: MIT
// Files and options that mean something else where numbers are written 1.234,5, because the program around the library
// has asked for that: MuJoCo #131, preCICE #676, JSBSim #1227, pugixml #568.
#include <array>
#include <clocale>
#include <cstdint>
#include <locale>
#include <string>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/task_options.hpp"

using namespace vantage;

namespace {

struct CommaNumbers : std::numpunct<char> {
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

/// What a program does that asks for the user's locale: that of C++ always, that of C where the system has one.
class Abroad {
 public:
  Abroad() : before_(std::locale::global(std::locale(std::locale::classic(), new CommaNumbers))) {
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE"}) {
      if (std::setlocale(LC_NUMERIC, name) != nullptr) return;
    }
  }
  Abroad(const Abroad&) = delete;
  Abroad& operator=(const Abroad&) = delete;
  ~Abroad() {
    std::locale::global(before_);
    std::setlocale(LC_NUMERIC, "C");
  }

 private:
  std::locale before_;
};

struct Knobs {
  static constexpr const char* name = "Knobs";
  double gain = 0;
  std::int64_t steps = 0;
  std::array<double, 2> range{};
};

template <class Options, class F>
void visit_options(Options& options, F&& f) {
  f("gain", options.gain);
  f("steps", options.steps);
  f("range", options.range);
}

// everything that turns numbers into text or back
std::string all_texts() {
  const TemporaryFolder folder;
  CsvWriter csv(folder / "a.csv", {"whole", "real"});
  csv.field(1234567).field(1234567.25).end_row();
  std::string texts = read_file(folder / "a.csv");
  CHECK(CsvTable(folder / "a.csv").numbers("real")[0] == 1234567.25);

  StateWriter writer;
  writer("numbers", Vector<double>(Vector<double>::LinSpaced(1500, 0, 1)));
  texts += writer.bytes();

  Knobs knobs;
  mujoco::set_option(knobs, "gain", "1234.5");
  mujoco::set_option(knobs, "steps", "1234567");
  mujoco::set_option(knobs, "range", "0.25,1234.5");
  CHECK(knobs.gain == 1234.5);
  CHECK(knobs.steps == 1234567);
  CHECK(knobs.range == std::array<double, 2>{0.25, 1234.5});
  CHECK_THROWS_WITH(mujoco::set_option(knobs, "steps", "1.234"), "Knobs: expected an integer for steps, got 1.234");
  CHECK_THROWS_WITH(require(false, "test", "less", 12345.5), "test: expected less, got 12345.5");
  return texts;
}

}  // namespace

TEST_CASE("numbers are written and read alike whatever the program's locale") {
  const std::string home = all_texts();
  const Abroad abroad;
  // bytes of files are not for the eye
  const bool same = all_texts() == home;
  CHECK(same);
}
