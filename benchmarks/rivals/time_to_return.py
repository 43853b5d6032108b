#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seconds and environment steps after which a library's deterministic policy first has a mean return over ten episodes.

    benchmarks/rivals/time_to_return.py
    benchmarks/rivals/time_to_return.py --tasks Ant-v5 --only vantage --recipe "trpo=--update trpo --preset --steps 2e6"

Each library with its best known recipe: vantage by --preset fast, Stable-Baselines3's PPO and sb3-contrib's TRPO by RL Baselines3
Zoo. The seconds are those of training, without evaluation and start-up. One run after the other, the libraries in turns; a run
ends when it has the return or after --limit. A run that ended has a result.json in its folder and is not repeated, so that a
killed benchmark goes on where it was. Writes a table of medians as Markdown and one of all runs as CSV.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import shlex
import signal
import statistics
import subprocess
import sys
import time

import run as speed

RETURNS = {"InvertedDoublePendulum-v5": 9000, "Hopper-v5": 2500, "HalfCheetah-v5": 4800, "Walker2d-v5": 3000, "Ant-v5": 4800,
           "Humanoid-v5": 5000}


def rows_of(path):
    """The rows that are written in full."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    whole = text[:text.rfind("\n") + 1].splitlines()
    return [{key: float(row[key]) for key in ("env_steps", "wall_seconds", "mean_return")} for row in csv.DictReader(whole)]


def vantage(options):
    def command(arguments, environments, task, seed, folder):
        program = arguments.bin / "vantage-train"
        line = [program, "--task", task, *shlex.split(options)]
        read = speed.run([*line, "--help"])
        batch = re.search(r"--batch[ =]([\d.e+]+)", options) or re.search(r"--batch \[(\d+)\]", read)
        # methods with populations have no batch and play by the mode anyway: each of their iterations is looked at
        every = max(1, round(arguments.every / float(batch.group(1)))) if batch else 1
        mode = ["--evaluate-deterministic"] if "--evaluate-deterministic" in read else []
        return [*line, "--seed", seed, "--threads", arguments.threads, "--evaluate-every", every, "--evaluate-episodes", 10,
                *mode, "--output", folder, "--overwrite", "--quiet"]
    return command


def sb3(method, rival):
    def command(arguments, environments, task, seed, folder):
        return [environments.python(rival), "-E", speed.HERE / "sb3_to_return.py", method, "--task", task, "--seed", seed,
                "--every", arguments.every, "--threads", arguments.torch_threads, "--output", folder]
    return command


def other(text):
    def command(arguments, environments, task, seed, folder):
        filled = {"task": task, "seed": seed, "folder": folder, "threads": arguments.threads}
        return shlex.split(speed.fill_in(text, filled))
    return command


def play(arguments, command, target, folder):
    """Runs until the return is there, and says what was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "evaluation.csv"
    table.unlink(missing_ok=True)
    begin = time.monotonic()
    with open(folder / "output.txt", "w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            hit = None
            while True:
                ended = process.poll() is not None
                rows = rows_of(table)
                hit = next((row for row in rows if row["mean_return"] >= target), None)
                trained = rows[-1]["wall_seconds"] if rows else 0
                # evaluations are no part of the limit, but nothing may stand still
                if ended or hit or trained > arguments.limit or time.monotonic() - begin > 5 * arguments.limit + 60:
                    break
                time.sleep(0.5)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
    if not rows:
        lines = (folder / "output.txt").read_text().strip().splitlines()
        raise speed.Failed(lines[-1] if lines else f"ended with {process.returncode} before its first evaluation")
    last = hit or rows[-1]
    return {"reached": hit is not None, "seconds": last["wall_seconds"], "steps": last["env_steps"],
            "best_return": max(row["mean_return"] for row in rows)}


def tables(arguments, results, failures, notes):
    text = "| task | return | program | seconds of training | environment steps | reached | all seeds |\n" + "|---" * 7 + "|\n"
    for task, target in arguments.tasks.items():
        for name in arguments.libraries:
            runs = [results[task, name, seed] for seed in arguments.seeds if (task, name, seed) in results]
            if not runs:
                text += f"| {task} | {target:g} | {name} | {failures.get((task, name), 'not run')} | | | |\n"
                continue
            reached = [each for each in runs if each["reached"]]
            all_of_them = ", ".join(f"{each['seconds']:.0f} s" if each["reached"] else
                                    f"{each['best_return']:.0f} at best in {each['seconds']:.0f} s" for each in runs)
            # more than half of the runs must have got there for a median
            is_median = 2 * len(reached) > len(runs)
            seconds, steps = (statistics.median_low([each[key] if each["reached"] else float("inf") for each in runs])
                              for key in ("seconds", "steps"))
            text += (f"| {task} | {target:g} | {name} | {f'{seconds:.0f}' if is_median else '-'} | "
                     f"{f'{steps:,.0f}' if is_median else '-'} | {len(reached)} of {len(runs)} | {all_of_them} |\n")
    text += "\n" + "\n".join(f"- {note}" for note in notes) + "\n"
    arguments.output.with_suffix(".md").write_text(text)
    with open(arguments.output.with_suffix(".csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "return", "program", "seed", "reached", "seconds", "env_steps", "best_return"])
        for (task, name, seed), each in sorted(results.items()):
            writer.writerow([task, arguments.tasks[task], name, seed, int(each["reached"]), f"{each['seconds']:.2f}",
                             f"{each['steps']:.0f}", f"{each['best_return']:.1f}"])
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=list(RETURNS), help="name, or name=return")
    parser.add_argument("--only", nargs="+", help="these programs alone")
    parser.add_argument("--recipe", action="append", default=[], help="name=options: vantage-train by other options too")
    parser.add_argument("--program", action="append", default=[],
                        help="name=command of another program, which writes {folder}/evaluation.csv; {task}, {seed} and "
                             "{threads} are filled in")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--limit", type=float, default=1800, help="seconds of training after which a run is given up")
    parser.add_argument("--every", type=int, default=20480, help="environment steps between evaluations, to whole iterations")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of vantage")
    parser.add_argument("--torch-threads", type=int, default=1, help="of PyTorch, whose better number for such networks it is")
    parser.add_argument("--venvs", type=pathlib.Path, default="build/rivals", help="folder of the virtual environments")
    parser.add_argument("--bin", type=pathlib.Path, default="build/release/bin", help="folder of vantage-train")
    parser.add_argument("--output", type=pathlib.Path, default="build/rivals/time_to_return",
                        help="folder of the runs, and the tables, without .md and .csv")
    arguments = parser.parse_args()
    known = {"vantage": vantage("--preset fast"), "Stable-Baselines3 PPO": sb3("ppo", "sb3"),
             "sb3-contrib TRPO": sb3("trpo", "sb3-contrib")}
    for texts, kind in ((arguments.recipe, vantage), (arguments.program, other)):
        for text in texts:
            name, equals, rest = text.partition("=")
            if not equals:
                parser.error(f"expected name=..., got {text}")
            known[name] = kind(rest)
    tasks = {}
    for text in arguments.tasks:
        name, equals, target = text.partition("=")
        if not equals and name not in RETURNS:
            parser.error(f"expected {name}=return, as it is none of {', '.join(RETURNS)}")
        tasks[name] = float(target) if equals else RETURNS[name]
    arguments.tasks = tasks
    named = [text.partition("=")[0] for text in (*arguments.recipe, *arguments.program)]
    asked = list(known) if arguments.only is None else list(dict.fromkeys([*arguments.only, *named]))
    if set(asked) - set(known):
        parser.error(f"expected some of {', '.join(known)}, got {', '.join(set(asked) - set(known))}")
    arguments.libraries = asked
    arguments.bin, arguments.venvs = arguments.bin.absolute(), arguments.venvs.absolute()
    if not (arguments.bin / "vantage-train").exists():
        sys.exit(f"time_to_return.py: expected {arguments.bin / 'vantage-train'}; build the preset release")
    arguments.output.mkdir(parents=True, exist_ok=True)

    environments = speed.Environments(arguments.venvs)
    version = speed.run([arguments.bin / "vantage-train", "--version"]).strip()
    notes = [f"{speed.machine()}; vantage {version} on {arguments.threads} threads, PyTorch on {arguments.torch_threads}; "
             f"evaluated every {arguments.every} steps; limit {arguments.limit:.0f} s"]
    results, failures = {}, {}
    for task, target in tasks.items():
        for seed in arguments.seeds:
            for name in arguments.libraries:
                folder = arguments.output / task / re.sub(r"[^A-Za-z0-9.-]+", "-", name) / f"seed-{seed}"
                finished = folder / "result.json"
                try:
                    # what it did is part of what is remembered: another recipe or limit is another run
                    command = [str(word) for word in known[name](arguments, environments, task, seed, folder)]
                    wanted = {"command": command, "return": target, "limit": arguments.limit}
                    result = json.loads(finished.read_text()) if finished.exists() else {}
                    if result.get("wanted") != wanted:
                        finished.unlink(missing_ok=True)
                        result = {**play(arguments, command, target, folder), "wanted": wanted}
                        part = finished.with_suffix(".part")
                        part.write_text(json.dumps(result, indent=1))
                        part.replace(finished)
                except speed.Failed as error:
                    failures[task, name] = str(error)
                    print(f"{task}, {name}, seed {seed}: {error}", file=sys.stderr, flush=True)
                    continue
                results[task, name, seed] = result
                end = "reached" if result["reached"] else "not reached"
                print(f"{task}, {name}, seed {seed}: {end}, {result['seconds']:.1f} s, {result['steps']:.0f} steps, best "
                      f"{result['best_return']:.0f}", file=sys.stderr, flush=True)
                tables(arguments, results, failures, notes)
    for rival in ("sb3", "sb3-contrib"):
        try:
            notes.append(f"{rival}: {environments.versions(rival)}")
        except speed.Failed:
            pass
    print(tables(arguments, results, failures, notes))


if __name__ == "__main__":
    main()
