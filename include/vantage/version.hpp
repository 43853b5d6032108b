// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VERSION_HPP
#define VANTAGE_VERSION_HPP

/// Grows where programs have to change; from 1.0 on.
#define VANTAGE_VERSION_MAJOR 0
/// Grows with what is new; until 1.0 also where programs have to change.
#define VANTAGE_VERSION_MINOR 1
/// Grows with corrections.
#define VANTAGE_VERSION_PATCH 0
/// All three, as text.
#define VANTAGE_VERSION "0.1.0"

#endif
