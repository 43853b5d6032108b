// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_CATCH_HPP
#define VANTAGE_TESTS_CATCH_HPP

// one include for Catch2 versions 2 and 3: Approx, Catch::Approx and Matchers::ContainsSubstring exist with both
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
namespace Catch {
using Detail::Approx;
namespace Matchers {
inline auto ContainsSubstring(const std::string& text) { return Contains(text); }
}  // namespace Matchers
}  // namespace Catch
#endif

#endif
