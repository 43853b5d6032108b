// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_WORKSPACE_HPP
#define VANTAGE_CORE_WORKSPACE_HPP

namespace vantage {

/// A T that an operation works with while it runs and that nobody needs afterwards, such as gathered minibatches:
/// copies of its owner leave it behind. A copy begins with a T of its own, and what is assigned to keeps the T that it
/// has, so that storage which only grows stays where it grew.
template <class T>
class Workspace {
 public:
  /// An empty T.
  Workspace() = default;
  /// An empty T too.
  Workspace(const Workspace& /*other*/) : Workspace() {}
  /// Changes nothing.
  Workspace& operator=(const Workspace& /*other*/) { return *this; }  // NOLINT(bugprone-unhandled-self-assignment)
  ~Workspace() = default;

  [[nodiscard]] T& operator*() { return object_; }                ///< the T
  [[nodiscard]] const T& operator*() const { return object_; }    ///< the T
  [[nodiscard]] T* operator->() { return &object_; }              ///< the T
  [[nodiscard]] const T* operator->() const { return &object_; }  ///< the T

 private:
  T object_;
};

}  // namespace vantage

#endif
