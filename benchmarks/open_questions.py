#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small experiments on what the papers leave open.

    benchmarks/open_questions.py --bin build/release/bin --output runs/questions [--question epochs ...] [--seeds 5] [--jobs 2]

epochs    several epochs of VPG on a batch, without a clip, with and without importance weights (K_V = 50)
discrete  VPG with K_V = 50 against PPO on discrete actions
backbone  one network for policy and value against two

Each run is one `vantage-train` on one thread, with the options of its row and the defaults of its method; its last policy is
played for some stochastic episodes by `vantage-eval`. Finished runs are kept. Prints a Markdown table a question: the mean over
the seeds with their lowest and highest, of the evaluation and of the last 100 training episodes. Needs nothing but Python's
standard library.
"""
import argparse
import pathlib
import statistics
import sys

import study

RUNNERS = ("Hopper-v5", "HalfCheetah-v5")
VPG = ["--update", "vpg", "--value-steps", 50, "--learning-rate", 7e-4]
WEIGHTS = ["--importance-weights"]

# question -> environment steps, tasks, and the options of each row
QUESTIONS = {
    "epochs": (1_000_000, RUNNERS, {
        f"{epochs} epoch{'s' if epochs > 1 else ''}{', weighted' if weighted else ''}":
        VPG + ["--epochs", epochs] + (WEIGHTS if weighted else [])
        for epochs, weighted in ((1, False), (3, False), (3, True), (10, False), (10, True))}),
    "discrete": (300_000, ("CartPole-v1", "Acrobot-v1", "MountainCar-v0"), {
        "vpg, K_V = 50": VPG, "ppo": ["--update", "ppo"]}),
    "backbone": (1_000_000, RUNNERS, {
        f"{update}, {'one network' if shared else 'two networks'}":
        ["--update", update, "--scale-rewards", "--learning-rate-schedule", "linear"] + (["--shared-backbone"] if shared else [])
        for update in ("ppo", "a2c") for shared in (False, True)})}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of the programs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/questions"), help="folder of the runs")
    parser.add_argument("--question", nargs="+", choices=list(QUESTIONS), default=list(QUESTIONS))
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--steps", type=int, help="environment steps of each run, instead of each question's own")
    parser.add_argument("--episodes", type=int, default=20, help="of each evaluation")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)

    def train_and_evaluate(case):
        question, task, name, seed = case
        steps, _, variants = QUESTIONS[question]
        steps = args.steps or steps
        words = "_".join("".join(letter if letter.isalnum() else " " for letter in name).split())
        folder = args.output / f"{question}_{task}_{words}_seed{seed}"
        summary = study.train(args.bin, folder, task, steps, [*variants[name], "--seed", seed, "--threads", 1])
        played = study.evaluate(args.bin, folder, task, args.episodes, seed=seed)
        print(f"{question}, {task}, {name}, seed {seed}: {played:.1f}", file=sys.stderr)
        return case, played, study.number(summary["mean_return_last_100"])

    cases = [(question, task, name, seed) for seed in range(1, args.seeds + 1) for question in args.question
             for task in QUESTIONS[question][1] for name in QUESTIONS[question][2]]
    results = {case: returns for case, *returns in study.in_parallel(args.jobs, train_and_evaluate, cases)}

    for question in args.question:
        steps, tasks, variants = QUESTIONS[question]
        print(f"\n{question}, {args.steps or steps:,} steps\n\n| task | method | seeds | return | lowest to highest | training, last 100 |")
        print("|---|---|---|---|---|---|")
        for task in tasks:
            for name in variants:
                group = [results[question, task, name, seed] for seed in range(1, args.seeds + 1)]
                played, trained = zip(*group)
                print(f"| {task} | {name} | {len(group)} | {statistics.fmean(played):,.0f} | {min(played):,.0f} to {max(played):,.0f} | "
                      f"{statistics.fmean(trained):,.0f} |")


if __name__ == "__main__":
    main()
