# SPDX-License-Identifier: MIT
"""What the studies that are Python share: train, and run several at a time.

Finished work is found again in its folder, so that an interrupted study goes on where it was.
"""
import concurrent.futures
import json
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
