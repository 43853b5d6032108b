# SPDX-License-Identifier: MIT
"""What the studies share: train, evaluate, run several at a time, and the interquartile mean.

Finished work is found again in its folder, so that an interrupted study goes on where it was.
"""
import concurrent.futures
import json
import math
import subprocess
import sys

DIVERGED = 3  # exit code of vantage-train; the run has a summary and a policy all the same


def run(command, accepted=(0,)):
    """Runs a command and returns what it printed; ends the program in its words if it fails."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode not in accepted:
        raise RuntimeError(f"{' '.join(words)}\n{result.stderr.strip()}")
    return result.stdout


def number(value):
    """A number of a JSON file, where null stands for what is none."""
    return math.nan if value is None else value


def finished(folder, steps):
    """The summary of the run in the folder, or None if there is none or it ended early."""
    path = folder / "summary.json"
    if not path.exists():
        return None
    summary = json.loads(path.read_text())
    return summary if summary["env_steps"] >= steps or summary["stop_reason"] == "diverged" else None


def train(programs, folder, task, steps, options):
    """One `vantage-train`, unless the folder holds it already; returns its summary."""
    if finished(folder, steps) is None:
        run([programs / "vantage-train", "--task", task, "--steps", steps, *options, "--output", folder, "--overwrite", "--quiet"],
            accepted=(0, DIVERGED))
        for old in folder.glob("evaluation_*.json"):
            old.unlink()
    return json.loads((folder / "summary.json").read_text())


def evaluate(programs, folder, task, episodes, deterministic=False, seed=1):
    """Mean return of the run's last policy over whole episodes, kept beside it."""
    result = folder / f"evaluation_{'deterministic' if deterministic else 'stochastic'}.json"
    if not result.exists() or json.loads(result.read_text())["episodes"] != episodes:
        result.write_text(run([programs / "vantage-eval", folder / "policy.safetensors", "--task", task, "--episodes", episodes,
                               "--seed", seed, "--threads", 1, "--json", *(["--deterministic"] if deterministic else [])]))
    return number(json.loads(result.read_text())["return"]["mean"])


def in_parallel(jobs, function, cases):
    """Yields function(case) as the cases finish, so many at a time; the first failure ends the program."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(function, case) for case in cases]
        for done in concurrent.futures.as_completed(running):
            try:
                result = done.result()
            except (RuntimeError, OSError) as error:
                pool.shutdown(cancel_futures=True)
                sys.exit(f"{sys.argv[0]}: {error}")
            yield result


def interquartile_mean(values):
    """Mean of the middle half; a value that a quartile cuts counts with the share that lies inside.

    >>> interquartile_mean([1, 2, 3, 100])
    2.5
    >>> interquartile_mean([100, 1, 2, 4, 3])  # (0.75 * 2 + 3 + 0.75 * 4) / 2.5
    3.0
    >>> interquartile_mean([0, 0, 10])  # (0.25 * 0 + 0 + 0.25 * 10) / 1.5
    1.6666666666666667
    >>> interquartile_mean([7])
    7.0
    >>> interquartile_mean([])
    nan
    """
    ordered = sorted(values)
    if not ordered or any(math.isnan(value) for value in ordered):
        return math.nan
    low, high = len(ordered) / 4, 3 * len(ordered) / 4
    shares = [max(0.0, min(i + 1, high) - max(i, low)) for i in range(len(ordered))]
    return sum(share * value for share, value in zip(shares, ordered)) / sum(shares)
