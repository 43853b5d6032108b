#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# installs vantage below build/ and builds the foreign project in all the ways a user may
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
top=$PWD
work=build/consumer
rm -rf "$work"

# try(name, options...): configure, build and run the foreign project, saying only what it prints
try() {
  local name=$1
  shift
  { cmake -S tests/consumer -B "$work/$name" -G Ninja "$@" && cmake --build "$work/$name"; } >"$work/$name.log" 2>&1 ||
    { cat "$work/$name.log" >&2; return 1; }
  printf '%s: ' "$name"
  "$(find "$work/$name" -type f -name consumer)"
}

mkdir -p "$work"
cmake -S . -B "$work/vantage" -G Ninja -D VANTAGE_TESTS=OFF -D VANTAGE_EXAMPLES=OFF -D VANTAGE_BENCHMARKS=OFF >/dev/null
cmake --install "$work/vantage" --prefix "$work/prefix" >/dev/null

mujoco=()
[[ -d build/mujoco-3.3.7 ]] && mujoco=(-D MuJoCo_ROOT="$top/build/mujoco-3.3.7")
try installed -D CMAKE_PREFIX_PATH="$top/$work/prefix" "${mujoco[@]}"
try installed-core -D CMAKE_PREFIX_PATH="$top/$work/prefix" -D CONSUMER_MUJOCO=OFF
try subfolder -D VANTAGE_SOURCE_DIR="$top"
try subfolder-core -D VANTAGE_SOURCE_DIR="$top" -D CONSUMER_MUJOCO=OFF -D VANTAGE_MUJOCO=OFF
