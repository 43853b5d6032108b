// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_INTERRUPT_HPP
#define VANTAGE_TRAIN_PROGRAM_INTERRUPT_HPP

#include <csignal>

/// Set by Ctrl-C and by SIGTERM, once watch_interrupts was called.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal reaches nothing else
inline volatile std::sig_atomic_t interrupted = 0;

extern "C" inline void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

/// The first signal asks for an end; a second one ends the program.
inline void watch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

#endif
