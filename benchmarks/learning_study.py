#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What each method reaches after a million steps of each task, beside Tianshou's published runs.

    benchmarks/learning_study.py --bin build/release/bin --output runs/learning [--jobs 2] [--seeds 5] [--task ...] [--update ...]

Each run is one `vantage-train` on one thread; its last policy is then played by `vantage-eval`, stochastic and deterministic.
Finished runs are kept, so that an interrupted study goes on, whatever program made them: after a change of a preset take
another folder. --tabulate trains nothing and shows what is there. Writes <output>/results.csv, one row a run, and prints a
Markdown table of interquartile means over the seeds. The verdict compares the stochastic evaluation, as the published one
is: "inside" is within one published standard deviation of the published mean. The published tasks are of versions v2 and
v3. Version 4 of Ant is the one like its version 3: version 5 pays for and shows contact forces, which were all zero then.
Needs nothing but Python's standard library.
"""
import argparse
import csv
import pathlib
import sys

import study

PUBLISHED = pathlib.Path(__file__).parent / "data" / "tianshou_mujoco_1m.csv"
COLUMNS = ["task", "update", "seed", "final_training_return", "stochastic_return", "deterministic_return", "wall_seconds"]
RETURNS = COLUMNS[3:6]


def read_published():
    """(task without version, update) -> mean and standard deviation."""
    with PUBLISHED.open() as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {(row["task"].split("-v")[0], row["update"]): (float(row["mean_return"]), float(row["std_return"])) for row in rows}


def train_and_evaluate(args, task, update, seed):
    """A row of the results; None where --tabulate finds no finished run."""
    folder = args.output / f"{task}_{update}{'' if args.preset else '_defaults'}_seed{seed}"
    if args.tabulate and study.finished(folder, args.steps) is None:
        return None
    options = ["--update", update, *(["--preset"] if args.preset else []), "--seed", seed, "--threads", 1]
    summary = study.train(args.bin, folder, task, args.steps, options)
    values = [study.number(summary["mean_return_last_100"]),  # none if no episode has ended
              *(study.evaluate(args.bin, folder, task, args.episodes, deterministic, seed) for deterministic in (False, True)),
              summary["wall_seconds"]]
    print(f"{task} {update} seed {seed}: stochastic {values[1]:.1f}, deterministic {values[2]:.1f}, {values[3]:.0f} s"
          + (", diverged" if summary["stop_reason"] == "diverged" else ""), file=sys.stderr)
    return dict(zip(COLUMNS, [task, update, seed, *values]))


def verdict(value, published):
    mean, deviation = published
    return "above" if value > mean + deviation else "below" if value < mean - deviation else "inside"


def print_table(args, rows):
    published = read_published()
    print("| task | update | seeds | training, last 100 | stochastic | lowest to highest | deterministic | published | verdict |")
    print("|---|---|---|---|---|---|---|---|---|")
    for task in args.task:
        for update in args.update:
            group = [row for row in rows if (row["task"], row["update"]) == (task, update)]
            if not group:
                continue
            training, stochastic, deterministic = (study.interquartile_mean([row[name] for row in group]) for name in RETURNS)
            each = sorted(row["stochastic_return"] for row in group)
            words = [task, update, len(group), f"{training:,.0f}", f"{stochastic:,.0f}", f"{each[0]:,.0f} to {each[-1]:,.0f}",
                     f"{deterministic:,.0f}"]
            other = published.get((task.split("-v")[0], update))
            words += [f"{other[0]:,.0f} ± {other[1]:,.0f}", verdict(stochastic, other)] if other else ["", ""]
            print("| " + " | ".join(str(word) for word in words) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/learning"), help="folder of the runs")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    parser.add_argument("--steps", type=int, default=1000000, help="environment steps of each run")
    parser.add_argument("--task", nargs="+", default=[
        "Hopper-v5", "HalfCheetah-v5", "Walker2d-v5", "Swimmer-v5", "InvertedDoublePendulum-v5", "Ant-v4"])
    parser.add_argument("--update", nargs="+", default=["ppo", "trpo", "npg", "a2c", "reinforce"])
    parser.add_argument("--preset", action=argparse.BooleanOptionalAction, default=True, help="vantage-train's options for the task")
    parser.add_argument("--episodes", type=int, default=10, help="of each evaluation")
    parser.add_argument("--tabulate", action="store_true", help="train nothing; show the finished runs")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)

    # all tasks and methods with the first seed before any with the second: a table of few seeds is there early
    cases = [(task, update, seed) for seed in range(1, args.seeds + 1) for task in args.task for update in args.update]
    found = study.in_parallel(args.jobs, lambda case: train_and_evaluate(args, *case), cases)
    rows = sorted((row for row in found if row), key=lambda row: (row["task"], row["update"], row["seed"]))
    with (args.output / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print_table(args, rows)


if __name__ == "__main__":
    main()
