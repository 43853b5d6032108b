// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_NOTIFICATION_HPP
#define VANTAGE_TRAIN_NOTIFICATION_HPP

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "vantage/train/report.hpp"

namespace vantage {

/// What an observer may answer.
enum class Signal { proceed, stop };

/// An observer that says of which iterations, from 1, it reads more than report and agent: the source that training
/// collects from, its normaliser, its worlds. A checkpoint does.
template <class O>
concept SaysWhatItReads = requires(const O& observer, std::int64_t iteration) {
  { observer.reads_source(iteration) } -> std::convertible_to<bool>;
};

namespace detail {

template <class Observer, class A>
Signal notify(Observer& observer, const IterationReport& report, const A& agent) {
  const auto call = [&]() -> decltype(auto) {
    if constexpr (std::is_invocable_v<Observer&, const IterationReport&, const A&>) {
      return observer(report, agent);
    } else {
      return observer(report);
    }
  };
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return Signal::proceed;
  } else {
    return call();
  }
}

// all of them, in order, also where one asks to stop
template <class A, class... Observers>
Signal notify_all([[maybe_unused]] const IterationReport& report, const A& agent, Observers&... observers) {
  Signal signal = Signal::proceed;
  ((signal = notify(observers, report, agent) == Signal::stop ? Signal::stop : signal), ...);
  return signal;
}

// an observer may have a look at the agent before the first iteration
template <class Observer, class A>
void begin([[maybe_unused]] Observer& observer, [[maybe_unused]] const A& agent) {
  if constexpr (requires { observer.begin(agent); }) observer.begin(agent);
}

template <class O>
bool may_read_source([[maybe_unused]] std::int64_t iteration, [[maybe_unused]] const O& observer) {
  if constexpr (SaysWhatItReads<O>) {
    return observer.reads_source(iteration);
  } else {
    return true;
  }
}

// whether one of them may look at the source after this iteration
template <class... Observers>
bool reads_source([[maybe_unused]] std::int64_t iteration, const Observers&... observers) {
  return (may_read_source(iteration, observers) || ...);
}

}  // namespace detail

}  // namespace vantage

#endif
