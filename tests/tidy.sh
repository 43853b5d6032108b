#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy over the tree: no finding is left. Most of what a source costs are its headers and what it makes of their
# templates, so sources are united, and two such units are looked at side by side: the programs with every header of the
# library, and the tests. Left out is what must not compile (compile_fail) and main.cpp of the tests, which is Catch2's own.
# tests/tidy.sh [all] [MuJoCo's folder of include/]; without `all`, tests are not asked for style, which takes minutes more
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
families='-cppcoreguidelines-*,-misc-*,-modernize-*,-readability-*'
if [[ ${1:-} == all ]]; then
  families=''
  shift
fi
mujoco=${1:-build/mujoco-3.3.7/mujoco/include}
eigen=$(pkg-config --variable=includedir eigen3 2>/dev/null || true)
read -ra mpi <<<"$(pkg-config --cflags-only-I mpi-c | sed 's/-I/-isystem /g')"

# files that git knows, with commas between
sources() { git ls-files "$@" | paste -sd,; }

# tidy(unit, folders to look at, sources, sources in no namespace, checks to add or leave out)
tidy() {
  local unit=build/tidy/$1.cpp
  cmake -D OUTPUT="$PWD/$unit" -D SOURCES="$3" -D PLAIN="$4" -P cmake/unite.cmake
  # only as a function like any other does a main without a return lack one
  clang-tidy --quiet --warnings-as-errors='*' --config-file=.clang-tidy --checks="$5" --header-filter="^$PWD/($2)/" "$unit" -- \
    -std=c++20 -Wno-return-type -Iinclude -Itests -Iexamples/vantage-train -Iexamples/vantage-diagnose -Iexamples/vantage-study -isystem "$mujoco" -isystem "${eigen:-/usr/include/eigen3}" "${mpi[@]}" \
    -DCONSUMER_MUJOCO
}

# tests of the trainer, and one that has a malloc like another's, go with the programs
own=('tests/trainer/*.cpp' tests/train/allocation_test.cpp)
programs=$(sources 'examples/*.cpp' 'benchmarks/*.cpp' 'tests/fuzz/*.cpp' 'tests/consumer/*.cpp' tests/odr_a.cpp "${own[@]}" \
  ':!examples/vantage-train' ':!examples/vantage-diagnose' ':!examples/vantage-study'),examples/vantage-diagnose/main.cpp,examples/vantage-study/main.cpp
tests=$(sources 'tests/*_test.cpp' "${own[@]/#/:!}")
status=0
plain=$(sources 'examples/vantage-train/*.cpp' 'examples/vantage-diagnose/*.cpp' 'examples/vantage-study/*.cpp' ':!examples/vantage-diagnose/main.cpp' \
  ':!examples/vantage-study/main.cpp' ':!examples/vantage-train/ranks_alone.cpp')
tidy programs 'include|examples|benchmarks|tests' "$programs" "$plain" '' &
tidy tests tests "$tests" '' "$families" || status=1
wait $! || status=1
exit $status
