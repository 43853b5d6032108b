#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy over every header of the library, as the umbrella headers include them: no finding is left.
# tests/tidy.sh [MuJoCo's folder of include/]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mujoco=${1:-build/mujoco-3.3.7/mujoco/include}
eigen=$(pkg-config --variable=includedir eigen3 2>/dev/null || true)
clang-tidy --quiet --warnings-as-errors='*' tests/odr_a.cpp -- -std=c++20 -Iinclude -isystem "$mujoco" -isystem "${eigen:-/usr/include/eigen3}"
