// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_UPDATES_HPP
#define VANTAGE_TRAIN_PROGRAM_UPDATES_HPP

#include "any_environment.hpp"
#include "settings.hpp"
#include "vantage/core/context.hpp"

// one kind of model a source file; each trains as the settings say and returns the exit code

int train_gaussian(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_categorical(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_policy_conditioned_gaussian(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_policy_conditioned_categorical(const Settings& settings, const AnyEnvironment& task,
                                         vantage::Context& context);
int train_shared_gaussian(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_shared_categorical(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_epvf_raw(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_epvf_functional(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_epvf_probing(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_es(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);
int train_ars(const Settings& settings, const AnyEnvironment& task, vantage::Context& context);

#endif
