// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PROGRAM_HPP
#define VANTAGE_TRAIN_PROGRAM_PROGRAM_HPP

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

// what all programs do around their work

/// Opens what is closed of standard input, output and error on /dev/null: otherwise the next file that the program
/// opens would be taken for it, and get its lines.
inline void open_standard_files() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // the lowest that is free is this one
    if (::open("/dev/null", O_RDWR) != descriptor) ::_exit(1);
  }
}

/// Runs a program; what it throws becomes words on standard error and an exit code: 2 for what another command line
/// mends, 1 for all else, also where results could not be printed.
template <class Body>
int run_program(const char* name, const Body& body) {
  open_standard_files();
  try {
    const int code = body();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw std::runtime_error("cannot write standard output");
    return code;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory\n", name);
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

#endif
