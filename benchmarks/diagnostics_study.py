#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Ilyas et al. 2020 (arXiv 1811.02553) found of PPO and TRPO, asked again of agents trained by their table 1, and how
chaotic the tasks of Wang et al. 2025 (arXiv 2505.19247) are.

    benchmarks/diagnostics_study.py --bin build/release/bin --output runs/diagnostics [--part agents chaos] [--tasks ...] [--seeds 1]

Trains each agent by `vantage-train`, measures it by `vantage-diagnose` at the iterations 0, 150, 300 and 450, and prints whether
each finding holds, with its numbers. Finished runs and measurements are kept, so that an interrupted study goes on; with --report
nothing is run. Needs nothing but Python's standard library.
"""
import argparse
import csv
import json
import math
import pathlib
import re
import statistics
import sys

import study

ITERATIONS = (0, 150, 300, 450)
# policy rate, value rate, options of the value loss; radius, value rate: table 1
PPO = {"Hopper": (4.5e-4, 2e-4, []), "Walker2d": (4e-4, 3e-4, ["--value-loss", "clipped"]),
       "Humanoid": (2.5e-4, 1e-4, ["--value-loss", "clipped"])}
TRPO = {"Hopper": (0.13, 2e-4), "Walker2d": (0.04, 3e-4), "Humanoid": (0.07, 3e-4)}
CHAOS_TASKS = ("Pendulum-v1", "HalfCheetah-v5", "Hopper-v5", "Walker2d-v5", "Ant-v5", "Humanoid-v5")


def options_of(task, update, seed):
    common = ["--environments", 1, "--batch", 2048, "--value-steps", 320, "--minibatch", 64, "--hidden", "64,64", "--gamma", 0.99,
              "--lambda", 0.95, "--optimizer-epsilon", 1e-5, "--seed", seed, "--threads", 1, "--keep-checkpoints", "0,150,300,450"]
    if update == "ppo":
        policy_rate, value_rate, loss = PPO[task]
        return common + ["--update", "ppo", "--policy-learning-rate", policy_rate, "--value-learning-rate", value_rate, *loss,
                         "--epochs", 10, "--policy-minibatch", 64, "--clip-range", 0.2, "--learning-rate-schedule", "linear",
                         "--scale-rewards"]
    radius, value_rate = TRPO[task]
    return common + ["--update", "trpo", "--kl-radius", radius, "--value-learning-rate", value_rate, "--cg-iterations", 10,
                     "--damping", 0.1, "--fisher-fraction", 0.1, "--backtracks", 10, "--backtrack-factor", 0.5]


def measurements(task, iteration):
    """Name of the folder, measurement and options."""
    yield f"gradients-{iteration}", "gradients", ["--samples", "100,200,500,1000,2000,5000,10000,20000", "--reference", 320000]
    for what in ("values", "trust-region", "chaos"):
        yield f"{what}-{iteration}", what, []
    yield f"values-published-{iteration}", "values", ["--returns", "published"]
    if task == "Humanoid":
        return
    if iteration > 0:
        yield f"baselines-{iteration}", "baselines", []
    yield f"landscape-{iteration}", "landscape", []
    if iteration in (150, 450):
        yield f"landscape-many-{iteration}", "landscape", ["--samples", 102400, "--line", "--nodes", 7, "--steps", 100000]
        yield f"steps-{iteration}", "steps", []
        yield f"curvature-{iteration}", "curvature", []
    if iteration == 150:
        yield f"landscape-coarse-{iteration}", "landscape", ["--steps", 2000]


def finished(folder):
    """The numbers of the measurement in a folder, or None where there is none or it was interrupted."""
    for path in folder.glob("*.json"):
        numbers = json.loads(path.read_text())
        done, all_pieces = re.fullmatch(r"(\d+) of (\d+) pieces", numbers["pieces"]).groups()
        return numbers if done == all_pieces else None
    return None


def measure(args, run, iteration, name, what, options):
    folder = run / "diagnostics" / name
    if finished(folder) is None:
        resume = ["--resume"] if (folder / "pieces").exists() else []
        study.run([args.bin / "vantage-diagnose", run, "--iteration", iteration, what, *options, "--threads", 1, "--quiet",
                   "--output", folder, *resume])


def agent(args, case):
    task, update, seed = case
    run = args.output / f"{task}-{update}-{seed}"
    study.train(args.bin, run, f"{task}-v5", 488 * 2048, options_of(task, update, seed))
    for iteration in ITERATIONS:
        for name, what, options in measurements(task, iteration):
            measure(args, run, iteration, name, what, options)
    return run.name


def chaotic(args, task):
    run = args.output / f"vpg-{task}"
    study.train(args.bin, run, task, 409600, ["--update", "vpg", "--value-steps", 50, "--environments", 16, "--batch", 2048,
                                              "--learning-rate", 3e-4, "--max-gradient-norm", 0, "--seed", 1, "--threads", 1,
                                              "--keep-checkpoints", "0,200"])
    for iteration in (0, 200):
        measure(args, run, iteration, f"chaos-{iteration}", "chaos", [])
    return run.name


class Results:
    """Numbers of the measurements that are there."""

    def __init__(self, args):
        self.output = args.output
        self.agents = [(t, u, s) for t in args.tasks for s in range(1, args.seeds + 1) for u in ("ppo", "trpo")]

    def folder(self, agent, name):
        task, update, seed = agent
        return self.output / f"{task}-{update}-{seed}" / "diagnostics" / name

    def numbers(self, agent, name):
        return finished(self.folder(agent, name))

    def table(self, agent, name, file):
        path = self.folder(agent, name) / file
        if finished(self.folder(agent, name)) is None:
            return None
        with path.open(newline="") as lines:
            return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(lines)]

    def each(self, name, iterations, agents=None):
        """(agent, iteration, numbers) of every measurement of that name."""
        for one in agents or self.agents:
            for iteration in iterations:
                numbers = self.numbers(one, f"{name}-{iteration}")
                if numbers is not None:
                    yield one, iteration, numbers


def median(values):
    values = [value for value in values if value is not None and not math.isnan(value)]
    return statistics.median(values) if values else math.nan


def cosine_at(rows, samples):
    return next((row for row in rows if row["samples"] == samples), None)


def surrogate_peak(rows, clipped):
    column = "clipped_surrogate" if clipped else "surrogate"
    return max(row[column] for row in rows if row["y"] == 0)


def findings(results, tasks):
    """(finding, numbers, whether it holds; None where it was not measured)."""
    late = ITERATIONS[1:]
    cosines = {}
    for one in results.agents:
        for iteration in ITERATIONS:
            rows = results.table(one, f"gradients-{iteration}", "gradients.csv")
            if rows:
                cosines[one, iteration] = rows
    for task in tasks:
        own = {key: rows for key, rows in cosines.items() if key[0][0] == task}
        at = lambda iterations: [cosine_at(rows, 2000)["pairwise_cosine"] for (_, i), rows in own.items() if i in iterations]
        first, last = median(at((0,))), median(at((450,)))
        yield (f"G1 {task}: c(2000) below 0.3 from iteration 150 on, median", f"{median(at(late)):.3f}",
               None if not at(late) else median(at(late)) < 0.3)
        yield (f"G1 {task}: c(2000) larger at iteration 0 than at 450, median", f"{first:.3f}, {last:.3f}",
               None if math.isnan(first + last) else first > last)
        scales = [numbers["noise_scale"] for _, i, numbers in results.each("gradients", late) if _[0] == task and numbers["noise_scale"]]
        yield f"   {task}: noise scale B, median from iteration 150 on", f"{median(scales):.3g}", None
    scale = {task: median([n["noise_scale"] for a, i, n in results.each("gradients", late) if a[0] == task]) for task in tasks}
    if "Humanoid" in scale and len(scale) > 1:
        others = max(value for task, value in scale.items() if task != "Humanoid")
        yield ("G1: B of Humanoid above the others", ", ".join(f"{t} {b:.3g}" for t, b in scale.items()),
               None if math.isnan(scale["Humanoid"] + others) else scale["Humanoid"] > others)
    inside = [row["pairwise_low"] <= max(row["reference_cosine"], 0) ** 2 <= row["pairwise_high"] for rows in cosines.values()
              for row in rows if row["samples"] >= 2000 and not math.isnan(row["reference_cosine"])]
    if inside:
        yield "G2: the square of the cosine to the reference lies in the interval of pairs", f"{statistics.mean(inside):.0%} of {len(inside)} points", statistics.mean(inside) >= 0.8
    ratios = [n["held_out_returns_mean_relative"] / n["held_out_targets_mean_relative"] for _, _, n in results.each("values", late)
              if n["held_out_returns_mean_relative"]]
    if ratios:
        yield ("V1: unseen returns are missed by more than 5 times what targets are", f"median {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} of {len(ratios)}",
               median(ratios) > 5)
    cut = [n["held_out_returns_mean_relative"] / n["held_out_targets_mean_relative"] for _, _, n in results.each("values-published", late)]
    if cut:
        yield ("V1, returns cut off at the end of the batch as in the paper's code", f"median {median(cut):.2f}, {min(cut):.2f} to {max(cut):.2f} of {len(cut)}",
               median(cut) > 5)
    better = [(n["true_value_over_zero_centred_low"] > 0, n["true_value_over_value"] > 0, n["value_over_zero_centred"] >= 0)
              for _, _, n in results.each("baselines", late)]
    if better:
        count = len(better)
        yield ("B1: true value above zero beyond its interval, N = 10,000", f"{sum(b[0] for b in better)} of {count}", sum(b[0] for b in better) > count / 2)
        yield ("B1: true value above value, and value above zero", f"{sum(b[1] for b in better)} and {sum(b[2] for b in better)} of {count}",
               min(sum(b[1] for b in better), sum(b[2] for b in better)) > count / 2)
    coarse = [(n["mean_return_standard_error"], results.numbers(a, "landscape-150")["mean_return_standard_error"])
              for a, _, n in results.each("landscape-coarse", (150,)) if results.numbers(a, "landscape-150")]
    if coarse:
        shrink = median([a / b for a, b in coarse])
        yield "L1: ten times the steps a point make returns surer by sqrt(10) = 3.2", f"median {shrink:.2f}", 2.2 < shrink < 4.6
    correlation = {i: median([n["rank_correlation_line"] for _, j, n in results.each("landscape", (i,))]) for i in ITERATIONS}
    if not math.isnan(correlation[0]):
        later = median([n["rank_correlation_line"] for _, _, n in results.each("landscape", late)])
        yield ("L2: return and surrogate agree along the step at iteration 0, less later", ", ".join(f"{i}: {c:.2f}" for i, c in correlation.items()),
               None if math.isnan(later) else correlation[0] > 0 and later < correlation[0])
    gains = []
    for one in results.agents:
        for iteration in (150, 450):
            few = results.table(one, f"landscape-{iteration}", "landscape.csv")
            many = results.table(one, f"landscape-many-{iteration}", "landscape.csv")
            if few and many:
                gains.append(surrogate_peak(few, one[1] == "ppo") / surrogate_peak(many, one[1] == "ppo"))
    if gains:
        yield "L3: the surrogate of few samples rises 3 times as far as that of many, or more", f"median {median(gains):.1f}, {min(gains):.1f} to {max(gains):.1f} of {len(gains)}", median(gains) >= 3
    unseen = [n["held_out_surrogate"] / n["surrogate"] for _, _, n in results.each("trust-region", late)]
    if unseen:
        yield "   share of an update's surrogate that unseen samples confirm, from iteration 150 on", f"median {median(unseen):.2f}", None
    shares = [n["share_of_iterations_with_ratio_beyond_the_clip"] for a, _, n in results.each("trust-region", ITERATIONS) if a[1] == "ppo"]
    if shares:
        yield "T1: PPO's largest ratio exceeds 1.2 in nearly all iterations", f"{min(shares):.0%} to {max(shares):.0%} of iterations", min(shares) >= 0.9
    kept = [(n["kl_mean_high"], TRPO[a[0]][0]) for a, _, n in results.each("trust-region", ITERATIONS) if a[1] == "trpo"]
    if kept:
        yield "T1: TRPO's mean KL stays within its radius on the batch", f"{max(kl / radius for kl, radius in kept):.2f} of the radius at the most", all(kl <= radius for kl, radius in kept)


def write_numbers(results, path):
    """Every number of every measurement that is there, a row each."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "measurement", "iteration", "name", "value"])
        for folder in sorted(results.output.glob("*/diagnostics/*")):
            numbers = finished(folder) or {}
            for name, value in numbers.items():
                if isinstance(value, (int, float)) and not name.endswith("_standard_error"):
                    writer.writerow([folder.parts[-3], folder.name.rsplit("-", 1)[0], numbers["iteration"], name, f"{value:.6g}"])


def print_chaos(results):
    print("| task | policy | lambda a step | in 1/s | alpha |")
    print("|---|---|---|---|---|")
    for task in CHAOS_TASKS:
        for iteration in (0, 200):
            n = finished(results.output / f"vpg-{task}" / "diagnostics" / f"chaos-{iteration}")
            if n is None:
                continue
            seconds = f"{n['exponent_a_second']:.2f}" if "exponent_a_second" in n else ""
            alpha = "infinite" if n["hoelder_exponent"] is None else "> 100" if n["hoelder_exponent"] > 100 else f"{n['hoelder_exponent']:.2f}"
            print(f"| {task} | {'untrained' if iteration == 0 else 'trained'} | {n['exponent_a_step']:.4f} [{n['exponent_a_step_low']:.4f}, "
                  f"{n['exponent_a_step_high']:.4f}] | {seconds} | {alpha} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/diagnostics"), help="folder of the runs")
    parser.add_argument("--part", nargs="+", choices=("agents", "chaos"), default=["agents", "chaos"], help="what is run")
    parser.add_argument("--tasks", nargs="+", choices=tuple(PPO), default=list(PPO), help="tasks of the agents")
    parser.add_argument("--seeds", type=int, default=2, help="seeds 1 to this")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--csv", type=pathlib.Path, help="file for all numbers")
    parser.add_argument("--report", action="store_true", help="run nothing, print what is there")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    results = Results(args)
    if not args.report:
        if "agents" in args.part:
            for name in study.in_parallel(args.jobs, lambda case: agent(args, case), results.agents):
                print(f"{name} is measured", file=sys.stderr)
        if "chaos" in args.part:
            for name in study.in_parallel(args.jobs, lambda task: chaotic(args, task), CHAOS_TASKS):
                print(f"{name} is measured", file=sys.stderr)
    if args.csv:
        write_numbers(results, args.csv)
    print("| finding | measured | holds |")
    print("|---|---|---|")
    for words, numbers, holds in findings(results, args.tasks):
        print(f"| {words.strip()} | {numbers} | {'' if holds is None else 'yes' if holds else '**no**'} |")
    print()
    print_chaos(results)


if __name__ == "__main__":
    main()
