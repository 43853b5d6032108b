#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hopper-v5 by plain VPG with K_V = 1, 10, 50, 100 value steps, beside figure 4 of Wang et al. 2025 (arXiv 2505.19247).

    benchmarks/value_steps_study.py --bin build/release/bin --output runs/value-steps [--jobs 2] [--seeds 5] [--steps 1024000]

Each run is one `vantage-train` on one thread; its last policy is then played for 100 stochastic episodes by `vantage-eval`.
Finished runs are kept, so that an interrupted study goes on. Prints the table of docs/results.md and, where gnuplot is there,
draws <output>/hopper_value_steps.png. Needs nothing but Python's standard library.
"""
import argparse
import csv
import pathlib
import statistics
import sys

import picture
import study

SETTINGS = [(1, 0.0), (10, 0.0), (50, 0.0), (50, 1.0), (100, 0.0)]  # value steps, gradient clip (0: none)
PAPER = {1: 359, 10: 571, 50: 1085, 100: 1143}  # mean return around 1.02 M steps, measured from figure 4
PAPER_CURVES = pathlib.Path(__file__).parent / "data" / "wang2025_figure4_hopper.csv"


def train_and_evaluate(args, value_steps, clip, seed):
    folder = args.output / f"kv{value_steps}_clip{clip:g}_seed{seed}"
    study.train(args.bin, folder, "Hopper-v5", args.steps,
                ["--update", "vpg", "--value-steps", value_steps, "--environments", 16, "--batch", 2048, "--learning-rate", 3e-4,
                 "--max-gradient-norm", clip, "--seed", seed, "--threads", 1])
    return value_steps, clip, seed, study.evaluate(args.bin, folder, "Hopper-v5", episodes=100)


def print_table(returns):
    print("| K_V | gradient clip | mean return | sd over seeds | each seed | paper |")
    print("|---|---|---|---|---|---|")
    for value_steps, clip in SETTINGS:
        values = [value for _, value in sorted(returns[value_steps, clip])]
        deviation = statistics.stdev(values) if len(values) > 1 else float("nan")
        paper = PAPER[value_steps] if clip == 0 else ""
        each = " ".join(f"{value:.0f}" for value in values)
        print(f"| {value_steps} | {'none' if clip == 0 else f'{clip:g}'} | {statistics.mean(values):.0f} | {deviation:.0f} | {each} | {paper} |")


def draw(args):
    """Our training curves (mean over seeds of the last 100 episodes' return) and the paper's evaluation curves."""
    paper = {}
    with PAPER_CURVES.open() as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            paper.setdefault(int(row["value_steps"]), []).append((float(row["env_steps"]), float(row["mean_return"])))
    curves = []
    for color, value_steps in enumerate((1, 10, 50, 100), 1):
        runs = []
        for seed in range(1, args.seeds + 1):
            with (args.output / f"kv{value_steps}_clip0_seed{seed}" / "progress.csv").open() as lines:
                runs.append([(float(row["env_steps"]), float(row["mean_return_last_100"] or "nan")) for row in csv.DictReader(lines)])
        ours = [(points[0][0], statistics.mean(point[1] for point in points)) for points in zip(*runs)]
        for name, points, width, dash in (("vantage", ours, 2, 1), ("paper", paper[value_steps], 1, 2)):
            curves.append(picture.Curve([(x / 1e6, y) for x, y in points if y == y], f"{name}, K_V = {value_steps}", color, dash, width))
    picture.draw(args.output / "hopper_value_steps.png", [picture.Panel(
        curves, "set key left top\nset xlabel 'environment steps (millions)'\nset ylabel 'mean return'\nset title 'Hopper-v5, plain VPG'")])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/value-steps"), help="folder of the runs")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    parser.add_argument("--steps", type=int, default=1024000, help="environment steps of each run")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    returns = {setting: [] for setting in SETTINGS}
    cases = [(value_steps, clip, seed) for seed in range(1, args.seeds + 1) for value_steps, clip in SETTINGS]
    for value_steps, clip, seed, value in study.in_parallel(args.jobs, lambda case: train_and_evaluate(args, *case), cases):
        returns[value_steps, clip].append((seed, value))
        print(f"K_V = {value_steps}, clip {clip:g}, seed {seed}: {value:.1f}", file=sys.stderr)
    print_table(returns)
    print()
    draw(args)


if __name__ == "__main__":
    main()
