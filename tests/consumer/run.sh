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
[[ -d build/mujoco-3.3.7 ]] &&
  try targets -D VANTAGE_SOURCE_DIR="$top" -D CONSUMER_EIGEN="$(pkg-config --variable=includedir eigen3 2>/dev/null || echo /usr/include/eigen3)" \
    -D CONSUMER_MUJOCO_ROOT="$top/build/mujoco-3.3.7/mujoco" -D MuJoCo_ROOT=/nowhere
try subfolder-core -D VANTAGE_SOURCE_DIR="$top" -D CONSUMER_MUJOCO=OFF -D VANTAGE_MUJOCO=OFF

# 4.0.0 computes wrong accelerations
wrong=$work/mujoco-4.0.0
mkdir -p "$wrong/include/mujoco" "$wrong/lib"
echo '#define mjVERSION_HEADER 4000000' >"$wrong/include/mujoco/mujoco.h"
touch "$wrong/lib/libmujoco.so"
# refuses(options...): configuring with them fails or warns, in words
refuses() {
  cmake -G Ninja -D MuJoCo_ROOT="$top/$wrong" "$@" >"$work/refused.log" 2>&1 || true
  tr -s ' \n' ' ' <"$work/refused.log" | grep -q "MuJoCo 4.0.0 .* take 4.0.1 or newer" ||
    { cat "$work/refused.log" >&2; return 1; }
}
refuses -S tests/consumer -B "$work/refused-installed" -D CMAKE_PREFIX_PATH="$top/$work/prefix"
refuses -S . -B "$work/refused-here" -D VANTAGE_TESTS=OFF -D VANTAGE_EXAMPLES=OFF -D VANTAGE_BENCHMARKS=OFF
c++ -std=c++20 -fsyntax-only -Iinclude -isystem "$wrong/include" -x c++ include/vantage/mujoco/version.hpp \
  >"$work/refused.log" 2>&1 || true
grep -q "take 4.0.1 or newer" "$work/refused.log" || { cat "$work/refused.log" >&2; exit 1; }
printf 'refused: MuJoCo 4.0.0\n'
