// SPDX-License-Identifier: MIT
#include "vantage/mujoco/guard.hpp"

#include <string>
#include <thread>

#include "catch.hpp"

using namespace vantage::mujoco;

TEST_CASE("guard: MuJoCo's error becomes an exception with its words, again and again") {
  install_handlers();
  for (int i = 0; i < 3; ++i) {
    CHECK_THROWS_WITH(guarded([] { mju_error("a broken thing"); }),
                      Catch::Matchers::ContainsSubstring("a broken thing"));
  }
  bool after = false;
  guarded([&] { after = true; });
  CHECK(after);
}

TEST_CASE("guard: nested calls reach the outer one, and every thread has its own") {
  install_handlers();
  CHECK_THROWS_AS(guarded([] { guarded([] { mju_error("inner"); }); }), MujocoError);
  std::string words;
  std::thread other([&] {
    try {
      guarded([] { mju_error("in a thread"); });
    } catch (const MujocoError& error) {
      words = error.what();
    }
  });
  other.join();
  CHECK_THAT(words, Catch::Matchers::ContainsSubstring("in a thread"));
}
