#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# installs vantage below build/ and builds the foreign project in all the ways a user may, from every kind of package too
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

# pkg-config's file of Eigen has no variables to ask for
eigen=$(pkg-config --cflags-only-I eigen3 2>/dev/null | sed 's/^-I//; s/ *$//') || true
[[ -d $eigen ]] || eigen=/usr/include/eigen3
mujoco=()
[[ -d build/mujoco-3.3.7 ]] && mujoco=(-D MuJoCo_ROOT="$top/build/mujoco-3.3.7")
try installed -D CMAKE_PREFIX_PATH="$top/$work/prefix" "${mujoco[@]}"
try installed-core -D CMAKE_PREFIX_PATH="$top/$work/prefix" -D CONSUMER_MUJOCO=OFF
if [[ -n $(find "$work/prefix" -name vantage-mpi-targets.cmake) ]]; then
  try installed-mpi -D CMAKE_PREFIX_PATH="$top/$work/prefix" -D CONSUMER_MUJOCO=OFF -D CONSUMER_MPI=ON
fi
try subfolder -D VANTAGE_SOURCE_DIR="$top"
[[ -d build/mujoco-3.3.7 ]] &&
  try targets -D VANTAGE_SOURCE_DIR="$top" -D CONSUMER_EIGEN="$eigen" \
    -D CONSUMER_MUJOCO_ROOT="$top/build/mujoco-3.3.7/mujoco" -D MuJoCo_ROOT=/nowhere
try subfolder-core -D VANTAGE_SOURCE_DIR="$top" -D CONSUMER_MUJOCO=OFF -D VANTAGE_MUJOCO=OFF

# the library of common instantiations: the same bits as from headers alone, and no link to another -march. At -O1 all of this
# is compiled sooner
light=(-D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE=-O1 -D CONSUMER_MUJOCO=OFF -D CONSUMER_PRECOMPILED=ON)
cmake -S . -B "$work/vantage-precompiled" -G Ninja -D VANTAGE_TESTS=OFF -D VANTAGE_EXAMPLES=OFF -D VANTAGE_BENCHMARKS=OFF \
  -D VANTAGE_MUJOCO=OFF -D VANTAGE_PRECOMPILED=ON "${light[@]:0:4}" >/dev/null
{ cmake --build "$work/vantage-precompiled" && cmake --install "$work/vantage-precompiled" --prefix "$work/prefix-precompiled"; } >"$work/precompiled.log" ||
  { cat "$work/precompiled.log" >&2; exit 1; }
try precompiled -D CMAKE_PREFIX_PATH="$top/$work/prefix-precompiled" "${light[@]}"
"$work/precompiled/trainer" >"$work/from_headers.txt"
"$work/precompiled/linked_trainer" | diff "$work/from_headers.txt" -
printf 'precompiled: the same bits as from headers\n'
if [[ $(uname -m) == x86_64 ]]; then
  cmake -S tests/consumer -B "$work/other-march" -G Ninja -D CMAKE_PREFIX_PATH="$top/$work/prefix-precompiled" "${light[@]}" \
    -D CMAKE_CXX_FLAGS=-march=x86-64-v3 >/dev/null
  if cmake --build "$work/other-march" --target linked_trainer >"$work/other-march.log" 2>&1; then
    echo "a program of another -march links vantage::precompiled" >&2
    exit 1
  fi
  grep -q "undefined reference.*PrecompiledWithSameMarch" "$work/other-march.log" || { cat "$work/other-march.log" >&2; exit 1; }
  printf 'refused: vantage::precompiled of another -march\n'
fi

# packages: each is made, and used by the foreign project or read by what its readers are made of
source tests/consumer/packages.sh

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
