#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""EPVF beside its ancestor PSSVF, beside PPO and VPG, and with one part exchanged at a time.

    benchmarks/epvf_study.py --bin build/release/bin --output runs/epvf [--part pole ...] [--seeds 5] [--jobs 2]

pole    CartPole-v1 by EPVF's preset and by the options of PSSVF (Faccio et al. 2021): episodes played until the policy
        itself first averages 495 over ten episodes, and its last evaluation
robots  InvertedDoublePendulum, Hopper and Walker2d by EPVF's preset (the runners also with returns without the survival
        bonus), by PPO's and by VPG with K_V = 50: at equal environment steps, and at equal wall time (that of the fastest
        method of the task)
ant     TargetSpeedAnt-v0 (Bohlinger and Peters 2025) by the linear policies of its preset: sizes of the population with and
        without the clip, and at --part-population one part exchanged at a time; --ant-steps for each policy of a population,
        so that a larger one does not make fewer iterations
transfer  V learns on ContinuousCartPole-v1; then InvertedPendulum-v5, InvertedDoublePendulum-v5 and, as a control, the same world
        with another seed, each with a fresh V, with that one, and with that one as it is: episodes until the policy itself
        first averages the task's goal over ten episodes, its best evaluation, and their mean over environment steps

Each run is one `vantage-train`; finished runs are kept. Runs of `robots` are compared by their wall time, so let nothing
else run beside them. Prints a Markdown table a part; plot_epvf.py draws the runs. Needs nothing but Python's
standard library.
"""
import argparse
import csv
import math
import pathlib
import statistics
import sys

import study

POLE = {
    "EPVF": [],
    "PSSVF": ["--population", 1, "--generations", 100000, "--minibatch", 16, "--value-steps", 10, "--policy-steps", 10,
              "--noise", "gaussian", "--noise-scaling", "additive", "--noise-scale", 1, "--weight-clip", 0,
              "--value-input-scale", 1, "--value-hidden", "64,64", "--no-standardize-returns",
              "--policy-learning-rate", 1e-3, "--policy-learning-rate-end", 1e-3]}
POPULATION = {"EPVF": 16, "PSSVF": 1}
EVALUATE_EVERY = {"EPVF": 1, "PSSVF": 16}

ROBOTS = ("InvertedDoublePendulum-v5", "Hopper-v5", "Walker2d-v5")
WITHOUT_BONUS = "EPVF, no bonus"
METHODS = {
    "EPVF": ["--update", "epvf"],
    WITHOUT_BONUS: ["--update", "epvf", "--survival-bonus", 1],
    "PPO": ["--update", "ppo", "--preset"],
    "VPG, K_V = 50": ["--update", "vpg", "--preset", "--value-steps", 50]}

NO_CLIP = ["--weight-clip", 0]
# within the clip the preset's noise, 0.3 of a parameter and 0.03 at least, is 0.03 for all: uniform and additive
ANT_PARTS = {
    "noise scale 1.0": ["--noise-scale", 1],
    "multiplicative noise, floor 0.01": ["--noise-floor", 0.01],
    "multiplicative Gaussian noise, floor 0.01": ["--noise", "gaussian", "--noise-floor", 0.01],
    "additive Gaussian noise": ["--noise", "gaussian", "--noise-scaling", "additive", "--noise-scale", 0.03],
    "fixed learning rate": ["--policy-learning-rate-end", 2e-3],
    "archive of 100 populations": ["--generations", 100, "--half-precision"],
    "functional": ["--representation", "functional"],
    "functional + raw": ["--representation", "functional+raw"],
    "probing states": ["--representation", "probing"]}

# the source remembers all of its policies; observations of the pole in the order of the pendulums'
POLE_TASK, SOURCE_STEPS = "ContinuousCartPole-v1", 200_000
TRANSFER_POPULATION = 32
TRANSFER = ["--update", "epvf", "--representation", "probing", "--probing-states", 16, "--value-hidden", "64,64", "--hidden", 0,
            "--output-gain", 10, "--noise-floor", 0.05, "--normalize-observations", "--population", TRANSFER_POPULATION,
            "--evaluate-every", 1]
LEARNS = ["--minibatch", 128]
POSITIONS_FIRST = ["--task-option", "positions_first=true"]
REMEMBER = ["--generations", 100, *POSITIONS_FIRST]
# steps, the goal that counts as solved, options
TRANSFER_TASKS = {
    POLE_TASK: (200_000, 495, ["--generations", 10, *POSITIONS_FIRST]),
    "InvertedPendulum-v5": (200_000, 950, ["--generations", 10]),
    "InvertedDoublePendulum-v5": (100_000, 9000, ["--generations", 10])}


def rows(path):
    with path.open() as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def spread(values):
    low, high = min(values), max(values)
    return f"{statistics.fmean(values):,.0f} ({low:,.0f} to {high:,.0f})"


def pole_folder(output, name, seed):
    return output / f"pole_{name}_seed{seed}"


def robots_folder(output, task, name, seed):
    return output / f"{task}_{''.join(filter(str.isalnum, name))}_seed{seed}"


def ant_folder(output, name, seed):
    return output / f"ant_{'_'.join(''.join(c if c.isalnum() else ' ' for c in name).split())}_seed{seed}"


def transfer_folder(output, task, start, seed):
    return output / f"transfer_{task}_{start}_seed{seed}"


def size_name(size, clip=True):
    return f"{size:,}{'' if clip else ', no clip'}"


def part_name(size, part):
    return f"{size:,}, {part}"


def evaluations(folder):
    """The rows of evaluation.csv, each with the wall time of its iteration."""
    times = {row["iteration"]: row["wall_seconds"] for row in rows(folder / "progress.csv")}
    return [row | {"wall_seconds": times[row["iteration"]]} for row in rows(folder / "evaluation.csv")]


def pole(args):
    def play(case):
        name, seed = case
        folder = pole_folder(args.output, name, seed)
        study.train(args.bin, folder, "CartPole-v1", args.steps or 1_000_000, [
            "--update", "epvf", *POLE[name], "--evaluate-every", EVALUATE_EVERY[name], "--seed", seed, "--threads", 1])
        table = rows(folder / "evaluation.csv")
        first = next((row["iteration"] * POPULATION[name] for row in table if row["mean_return"] >= 495), math.inf)
        return case, first, table[-1]["mean_return"]

    cases = [(name, seed) for seed in range(1, args.seeds + 1) for name in POLE]
    results = {case: numbers for case, *numbers in study.in_parallel(args.jobs, play, cases)}
    print("\n| CartPole-v1 | episodes to 495, by seed | last evaluation, by seed |\n|---|---|---|")
    for name in POLE:
        firsts, lasts = zip(*(results[name, seed] for seed in range(1, args.seeds + 1)))
        order = ", ".join("never" if math.isinf(first) else f"{first:,.0f}" for first in sorted(firsts))
        print(f"| {name} | {order} | {', '.join(f'{last:.0f}' for last in sorted(lasts))} |")


def last_before(table, column, limit, value):
    """The value in the last row whose column is at most the limit, of rows where it is a number."""
    found = [row[value] for row in table if row[column] <= limit and not math.isnan(row[value])]
    return found[-1] if found else math.nan


def methods_for(task):
    """Names of METHODS; the bonus of the double pendulum, 10 a step, is what it is paid for."""
    return [name for name in METHODS if name != WITHOUT_BONUS or not task.startswith("Inverted")]


def robots(args):
    steps = args.steps or 1_000_000

    def train(case):
        task, name, seed = case
        folder = robots_folder(args.output, task, name, seed)
        options = [*METHODS[name], "--evaluate-every", 10, "--seed", seed, "--threads", args.threads]
        summary = study.train(args.bin, folder, task, steps, options)
        table = evaluations(folder)
        last = last_before(table, "env_steps", math.inf, "mean_return")
        print(f"{task}, {name}, seed {seed}: {last:.0f}, {summary['wall_seconds']:.0f} s", file=sys.stderr)
        return case, (table, summary["wall_seconds"])

    cases = [(task, name, seed) for seed in range(1, args.seeds + 1) for task in ROBOTS for name in methods_for(task)]
    results = dict(study.in_parallel(1, train, cases))
    print(f"\n| task | method | seeds | after {steps:,} steps | after equal time | seconds |\n|---|---|---|---|---|---|")
    for task in ROBOTS:
        group = {name: [results[task, name, seed] for seed in range(1, args.seeds + 1)] for name in methods_for(task)}
        shortest = min(statistics.fmean(seconds for _, seconds in runs) for runs in group.values())
        for name, runs in group.items():
            ends = [last_before(table, "env_steps", math.inf, "mean_return") for table, _ in runs]
            early = [last_before(table, "wall_seconds", shortest, "mean_return") for table, _ in runs]
            print(f"| {task} | {name} | {len(runs)} | {spread(ends)} | {spread(early)} at {shortest:.0f} s | "
                  f"{statistics.fmean(seconds for _, seconds in runs):.0f} |")


def ant(args):
    variants = {size_name(size, clip): (size, [] if clip else NO_CLIP) for size in args.populations for clip in (True, False)}
    size = args.part_population
    variants |= {part_name(size, name): (size, [*options, *(["--minibatch", size] if "--generations" in options else [])])
                 for name, options in ANT_PARTS.items()}

    def train(case):
        name, seed = case
        folder = ant_folder(args.output, name, seed)
        size, options = variants[name]
        options = ["--update", "epvf", "--population", size, *options, "--evaluate-every", 1, "--seed", seed, "--threads", args.threads]
        study.train(args.bin, folder, "TargetSpeedAnt-v0", args.ant_steps * size, options)
        table = rows(folder / "progress.csv")
        played = [row["mean_return"] for row in rows(folder / "evaluation.csv")]
        result = (len(table), table[-1]["episodes"], max(row["mean_return"] for row in table), table[-1]["mean_return"],
                  played[-1], max(played), table[-1]["wall_seconds"] / len(table))
        print(f"ant, {name}, seed {seed}: {result}", file=sys.stderr)
        return case, result

    cases = [(name, seed) for seed in range(1, args.seeds + 1) for name in variants]
    results = dict(study.in_parallel(1, train, cases))
    print(f"\nTargetSpeedAnt-v0, {args.ant_steps:,} steps for each policy of a population\n")
    print("| population | seeds | iterations | episodes | best population | last population | policy itself | its best | s an iteration |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in variants:
        group = zip(*(results[name, seed] for seed in range(1, args.seeds + 1)))
        iterations, episodes, top, population, last, best, seconds = (statistics.fmean(values) for values in group)
        print(f"| {name} | {args.seeds} | {iterations:.0f} | {episodes:,.0f} | {top:.1f} | {population:.1f} | {last:.1f} | "
              f"{best:.1f} | {seconds:.2f} |")


def transfer(args):
    def train(task, start, seed, steps, options):
        """Rows of evaluation.csv."""
        folder = transfer_folder(args.output, task, start, seed)
        study.train(args.bin, folder, task, steps, [*TRANSFER, *options, "--seed", seed, "--threads", 1])
        return rows(folder / "evaluation.csv")

    def compare(seed):
        train(POLE_TASK, "source", seed, SOURCE_STEPS, [*LEARNS, *REMEMBER])
        handed = ["--value-from", transfer_folder(args.output, POLE_TASK, "source", seed)]
        tables = {}
        for task, (steps, _, options) in TRANSFER_TASKS.items():
            # on the same world it is another run
            own = seed + 100 if task == POLE_TASK else seed
            tables[task, "fresh"] = train(task, "fresh", own, steps, [*LEARNS, *options])
            tables[task, "handed over"] = train(task, "handed", own, steps, [*LEARNS, *options, *handed])
            tables[task, "handed over, learns no more"] = train(task, "still", own, 20_000,
                                                                [*options, *handed, "--value-steps", 0])
        print(f"transfer, seed {seed}: done", file=sys.stderr)
        return seed, tables

    def show(values):
        words = ["never" if math.isinf(value) else f"{value:,.0f}" for value in sorted(values)]
        return f"{words[len(words) // 2]} ({words[0]} to {words[-1]})"

    def episodes_to(goal, table):
        return next((row["iteration"] * TRANSFER_POPULATION for row in table if row["mean_return"] >= goal), math.inf)

    def mean_over_steps(table):
        steps = [0, *(row["env_steps"] for row in table)]
        return sum(row["mean_return"] * (end - begin) for row, begin, end in zip(table, steps, steps[1:])) / steps[-1]

    runs = dict(study.in_parallel(args.jobs, compare, range(1, args.seeds + 1))).values()
    print("\n| task | V at the start | episodes to the goal | best evaluation | mean over the run |\n|---|---|---|---|---|")
    for task, start in next(iter(runs)):
        goal = TRANSFER_TASKS[task][1]
        tables = [tables[task, start] for tables in runs]
        print(f"| {task}, {goal} | {start} | {show([episodes_to(goal, table) for table in tables])} | "
              f"{show([max(row['mean_return'] for row in table) for table in tables])} | "
              f"{show([mean_over_steps(table) for table in tables])} |")


def main():
    parts = {"pole": pole, "robots": robots, "ant": ant, "transfer": transfer}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/epvf"), help="folder of the runs")
    parser.add_argument("--part", nargs="+", choices=list(parts), default=list(parts))
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    parser.add_argument("--jobs", type=int, default=2, help="runs of `pole` and `transfer` at a time")
    parser.add_argument("--threads", type=int, default=2, help="of each run of `robots` and `ant`")
    parser.add_argument("--steps", type=int, help="environment steps of each run, instead of 1,000,000")
    parser.add_argument("--populations", nargs="+", type=int, default=[256, 512, 1024, 2048, 4096], help="of `ant`")
    parser.add_argument("--ant-steps", type=int, default=10_000, help="environment steps of a run of `ant` for each policy of its population")
    parser.add_argument("--part-population", type=int, default=256, help="of the runs of `ant` with one part exchanged")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for part in args.part:
        parts[part](args)


if __name__ == "__main__":
    main()
