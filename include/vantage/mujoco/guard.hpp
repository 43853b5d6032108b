// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_GUARD_HPP
#define VANTAGE_MUJOCO_GUARD_HPP

#include <mujoco/mujoco.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "vantage/mujoco/version.hpp"

namespace vantage::mujoco {

namespace detail {

/// Where a thread goes when MuJoCo gives up inside a guarded call.
struct ErrorTrap {
  std::jmp_buf jump{};
  std::array<char, 1024> message{};
  bool armed = false;
};

inline ErrorTrap& error_trap() {
  static thread_local ErrorTrap trap;
  return trap;
}

using ErrorHandler = void (*)(const char*);

inline ErrorHandler& previous_error_handler() {
  static ErrorHandler handler = nullptr;
  return handler;
}

/// MuJoCo forbids its error handler to return: jump out of a guarded call, otherwise stop the process with the words.
inline void handle_error(const char* message) {
  ErrorTrap& trap = error_trap();
  if (trap.armed) {
    std::snprintf(trap.message.data(), trap.message.size(), "%s", message);
    std::longjmp(trap.jump, 1);
  }
  if (previous_error_handler() != nullptr) previous_error_handler()(message);
  std::fprintf(stderr, "MuJoCo error: %s\n", message);
  std::abort();
}

inline void ignore_warning(const char*) {}

/// Runs `call(argument)`; false if MuJoCo raised an error in it. Nothing that lives here has a destructor to skip.
[[gnu::noinline]] inline bool call_trapped(ErrorTrap& trap, void (*call)(void*), void* argument) {
  if (setjmp(trap.jump) != 0) return false;
  call(argument);
  return true;
}

}  // namespace detail

/// Takes over MuJoCo's error and warning handlers, once a process. The default ones wait for a key or end the process,
/// and write a log file into the working directory. Warnings stay visible as counters in mjData.
/// Throws: MujocoError from check_version().
inline void install_handlers() {
  static const bool installed = [] {
    check_version();
    detail::previous_error_handler() = mju_user_error;
    mju_user_error = &detail::handle_error;
    if (mju_user_warning == nullptr) mju_user_warning = &detail::ignore_warning;
    return true;
  }();
  static_cast<void>(installed);
}

/// Runs `call()` and turns an error of MuJoCo in it into an exception. The jump skips destructors, so `call` holds
/// nothing but C calls and plain numbers; an mjData that it worked on must not be used again.
/// Throws: MujocoError with MuJoCo's words.
template <class Call>
void guarded(Call&& call) {
  detail::ErrorTrap& trap = detail::error_trap();
  if (trap.armed) {
    call();
    return;
  }
  using Function = std::remove_reference_t<Call>;
  trap.armed = true;
  const bool fine = detail::call_trapped(
      trap, [](void* argument) { (*static_cast<Function*>(argument))(); },
      const_cast<void*>(static_cast<const void*>(&call)));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  trap.armed = false;
  if (!fine) throw MujocoError(trap.message.data());
}

}  // namespace vantage::mujoco

#endif
