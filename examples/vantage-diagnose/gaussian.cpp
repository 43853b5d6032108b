// SPDX-License-Identifier: MIT
#include "diagnose.hpp"

int diagnose_gaussian(const Request& request, const Settings& settings, const AnyEnvironment& task,
                      const std::filesystem::path& checkpoint) {
  vantage::Context context({.seed = settings.seed, .threads = request.threads});
  return diagnose(request, settings, task, checkpoint, context, make_gaussian(settings, task.spec(), context));
}
