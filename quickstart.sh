#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./quickstart.sh        sets up, builds, and trains HalfCheetah-v5 for about two minutes
# ./quickstart.sh test   sets up, builds, and runs the tests of the library and the trainer
# ./quickstart.sh help   says this
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() { sed -n '3,5s/^# //p' quickstart.sh; }

threads=$(nproc)
((threads <= 8)) || threads=8
run=runs/quickstart

# build(preset, targets...): configure and compile, everything without targets; the log is shown only where it fails
build() {
  local preset=$1
  shift
  mkdir -p build
  echo "quickstart: building $preset (build/$preset.log)"
  { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"build/$preset.log" 2>&1 ||
    { cat "build/$preset.log" >&2; return 1; }
}

train() {
  build release vantage-train vantage-eval vantage-render
  [[ -d $run ]] && echo "quickstart: $run holds an earlier run, which is replaced"
  build/release/bin/vantage-train --task HalfCheetah-v5 --update vpg --value-steps 50 --environments 16 --batch 2048 \
    --seed 1 --learning-rate 7e-4 --threads "$threads" --steps 6000000 --max-seconds 110 --output "$run" --overwrite

  python3 - "$run" <<'PY'
import json
import sys

run = sys.argv[1]
summary = json.load(open(f"{run}/summary.json"))
print()
print(f"What it learned: mean return of the last 100 episodes {summary['mean_return_last_100']:.0f} after "
      f"{summary['env_steps']} steps, {summary['wall_seconds']:.0f} s, {summary['steps_per_second']:.0f} steps/s.")
print("                 An untrained policy gets about -280 (Wang et al. 2025, figure 4); running forward begins above 0.")
print(f"Where it lies:   {run}: policy.safetensors, checkpoint.safetensors, progress.csv, learning_curve.png, summary.json")
print("What next:       build/release/bin/vantage-eval "
      f"{run}/policy.safetensors --task HalfCheetah-v5 --episodes 10 --deterministic")
print(f"                 build/release/bin/vantage-train --task Hopper-v5 --update vpg --value-steps 50 --steps 1000000 "
      "--output runs/hopper")
print("                 build/release/bin/vantage-train --help")
PY
}

case "${1:-train}" in
  train)
    cmake/setup.sh
    train
    ;;
  test)
    cmake/setup.sh
    # diagnoses, studies, pictures, the numbered examples and each header alone are for .ci/run
    build check tests/all vantage-train vantage-eval vantage-export vantage-render
    ctest --preset check -E '^(examples/([0-9]|quadruped)|diagnose/|study/|render/)'
    ;;
  help | -h | --help) usage ;;
  *)
    echo "quickstart: expected no argument, test or help, got $1" >&2
    usage >&2
    exit 2
    ;;
esac
