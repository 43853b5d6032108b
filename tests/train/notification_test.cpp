// SPDX-License-Identifier: MIT
#include "vantage/train/notification.hpp"

#include <cstdint>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

struct SilentOnSource {
  void operator()(const IterationReport& /*report*/) const {}
};

struct ReadsSecond {
  [[nodiscard]] bool reads_source(std::int64_t iteration) const { return iteration % 2 == 0; }
};

struct ReadsNever {
  static bool reads_source(std::int64_t /*iteration*/) { return false; }
};

}  // namespace

TEST_CASE("observers are told in order, with the agent where they want it, and all hear of a stop") {
  const TrainingProgress progress;
  const EpisodeStatistics episodes;
  const IterationReport report{.iteration = 7, .progress = progress, .episodes = episodes, .value = {}, .policy = {}};
  std::vector<int> heard;
  const auto first = [&](const IterationReport& of) {
    heard.push_back(static_cast<int>(of.iteration));
    return Signal::stop;
  };
  const auto second = [&](const IterationReport&, int agent) { heard.push_back(agent); };
  const auto third = [&](const IterationReport&) {
    heard.push_back(3);
    return Signal::proceed;
  };
  CHECK(detail::notify_all(report, 20, first, second, third) == Signal::stop);
  CHECK(heard == std::vector<int>{7, 20, 3});
  CHECK(detail::notify_all(report, 20, second, third) == Signal::proceed);
  CHECK(detail::notify_all(report, 20) == Signal::proceed);
}

TEST_CASE("who does not say what it reads may read the source at any time") {
  static_assert(!SaysWhatItReads<SilentOnSource> && SaysWhatItReads<ReadsSecond> && SaysWhatItReads<ReadsNever>);
  CHECK(detail::reads_source(1, SilentOnSource()));
  CHECK(detail::reads_source(1, ReadsNever(), SilentOnSource()));
  CHECK_FALSE(detail::reads_source(1, ReadsNever(), ReadsSecond()));
  CHECK(detail::reads_source(2, ReadsNever(), ReadsSecond()));
  CHECK_FALSE(detail::reads_source(2));
}
