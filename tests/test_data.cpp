// SPDX-License-Identifier: MIT
#include "test_data.hpp"

std::filesystem::path test_data() { return VANTAGE_TEST_DATA_DIR; }
