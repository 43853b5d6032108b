// SPDX-License-Identifier: MIT
#include "vantage/train/observers.hpp"

#include "catch.hpp"

namespace {

struct FakeAgent {
  int policy = 0;
};

struct Row {
  vantage::TrainingProgress progress;
  vantage::EpisodeStatistics episodes;

  vantage::IterationReport report(std::int64_t iteration) const {
    return {.iteration = iteration, .progress = progress, .episodes = episodes, .value = {}, .policy = {}};
  }
};

}  // namespace

TEST_CASE("StopWhen stops when its predicate holds, and not before") {
  Row row;
  vantage::StopWhen stop([](const vantage::IterationReport& report) { return report.iteration >= 3; });
  CHECK(stop(row.report(2)) == vantage::Signal::proceed);
  CHECK(stop(row.report(3)) == vantage::Signal::stop);
}

TEST_CASE("Every passes on each n-th iteration, the agent and the answer") {
  Row row;
  std::vector<std::int64_t> seen;
  vantage::Every every(3, [&](const vantage::IterationReport& report, const FakeAgent& agent) {
    seen.push_back(report.iteration + agent.policy);
    return report.iteration == 6 ? vantage::Signal::stop : vantage::Signal::proceed;
  });
  for (std::int64_t i = 1; i <= 7; ++i) {
    CHECK(every(row.report(i), FakeAgent{100}) == (i == 6 ? vantage::Signal::stop : vantage::Signal::proceed));
  }
  CHECK(seen == std::vector<std::int64_t>{103, 106});
  CHECK_THROWS_AS(vantage::Every(0, [](const vantage::IterationReport&) {}), std::invalid_argument);
}

TEST_CASE("BestPolicy keeps the policy of the highest mean return once enough episodes have ended") {
  Row row;
  vantage::BestPolicy<int> best(2);
  row.progress.add_return(1000);
  best(row.report(1), FakeAgent{1});
  CHECK_FALSE(best.policy().has_value());
  row.progress.add_return(0);
  best(row.report(2), FakeAgent{2});
  row.progress.add_return(-500);
  best(row.report(3), FakeAgent{3});
  REQUIRE(best.policy().has_value());
  CHECK(*best.policy() == 2);
  CHECK(best.iteration() == 2);
  CHECK(best.mean_return() == 500);
}

TEST_CASE("observers say of which iterations they read the source") {
  using vantage::IterationReport;
  CHECK_FALSE(vantage::BestPolicy<int>::reads_source(1));
  CHECK_FALSE(vantage::StopWhen([](const IterationReport&) { return false; }).reads_source(1));
  // a function may read it whenever it is called
  const vantage::Every every(3, [](const IterationReport&) {});
  CHECK_FALSE(every.reads_source(2));
  CHECK(every.reads_source(3));
  CHECK_FALSE(vantage::Every(3, vantage::BestPolicy<int>()).reads_source(3));
}

TEST_CASE("ReadsSource adds what is read, and passes on iterations, agent and answer") {
  Row row;
  int seen = 0;
  struct Counting {
    int* seen;
    void begin(const FakeAgent& agent) const { *seen = 10 * agent.policy; }
    vantage::Signal operator()(const vantage::IterationReport& report, const FakeAgent& agent) const {
      *seen += agent.policy;
      return report.iteration == 2 ? vantage::Signal::stop : vantage::Signal::proceed;
    }
  };
  vantage::ReadsSource reads([](std::int64_t iteration) { return iteration > 4; }, Counting{&seen});
  CHECK_FALSE(reads.reads_source(4));
  CHECK(reads.reads_source(5));
  reads.begin(FakeAgent{7});
  CHECK(seen == 70);
  CHECK(reads(row.report(1), FakeAgent{3}) == vantage::Signal::proceed);
  CHECK(reads(row.report(2), FakeAgent{3}) == vantage::Signal::stop);
  CHECK(seen == 76);
}
