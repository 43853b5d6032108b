// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_TEST_DATA_HPP
#define VANTAGE_TESTS_TEST_DATA_HPP

#include <filesystem>

/// The folder tests/data. A function, so that one object alone knows where the sources lie.
std::filesystem::path test_data();

#endif
