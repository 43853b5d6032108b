#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of whole training runs: vantage beside Stable-Baselines3, sb3-contrib and CleanRL.

    benchmarks/training_speed.py --bin build/release/bin --python build/peers/bin/python --cleanrl cleanrl/ppo_continuous_action.py

The programs take turns, round by round, each with one and with two threads; a program's figure is the best of its turns. Start-up
does not count: imports, the making of the environments. benchmarks/peers/README.md says what to install and what is
compared; without --cleanrl that program is left out. Needs nothing else but Python's standard library, and a quiet machine: PyTorch
with two threads on two cores crawls beside any other load.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

PEERS = pathlib.Path(__file__).parent / "peers"
WORLD = ["--environments", 16, "--batch", 2048, "--seed", 1]

# what one iteration of 2048 steps does, and the options of vantage-train and of the peer that ask for it
WORK = {
    "ppo": "10 epochs of minibatches of 64 for policy and value (320 gradient steps each)",
    "trpo": "one natural gradient step of 10 Fisher products, 20 full-batch value steps",
}
VANTAGE = {
    "ppo": ["--update", "ppo", "--epochs", 10, "--policy-minibatch", 64, "--value-steps", 320, "--minibatch", 64,
            "--learning-rate", 3e-4, "--max-gradient-norm", 0.5, "--advantage-normalization", "minibatch"],
    "trpo": ["--update", "trpo", "--value-steps", 20, "--minibatch", 0, "--learning-rate", 1e-3, "--cg-iterations", 10,
             "--advantage-normalization", "batch"],
}
SB3 = {"ppo": ["--method", "ppo"], "trpo": ["--method", "trpo", "--critic-epochs", 20, "--critic-minibatch", 2048]}
STEPS = {"ppo": (24576, 122880), "trpo": (49152, 245760)}  # of a peer's turn and of vantage's: some seconds each


def run(command):
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"training_speed.py: {' '.join(words)}\n{result.stderr.strip()}")
    return result.stdout


def vantage_rate(arguments, method, threads, steps):
    with tempfile.TemporaryDirectory() as folder:
        run([arguments.bin / "vantage-train", "--task", arguments.task, *VANTAGE[method], *WORLD, "--hidden", "64,64",
             "--threads", threads, "--steps", steps, "--output", folder, "--overwrite", "--quiet"])
        return json.loads((pathlib.Path(folder) / "summary.json").read_text())["steps_per_second"]


def peer_rate(arguments, script, options, threads, steps):
    printed = run([arguments.python, PEERS / script, *options, "--task", arguments.task, *WORLD,
                   "--threads", threads, "--steps", steps])
    return float(printed.split()[-1])


def programs(arguments, method):
    """Name of each program, and a function from a number of threads to its rate."""
    peer_steps, own_steps = STEPS[method]
    sb3 = "Stable-Baselines3" if method == "ppo" else "sb3-contrib"
    found = {"vantage": lambda threads: vantage_rate(arguments, method, threads, own_steps),
             sb3: lambda threads: peer_rate(arguments, "sb3_speed.py", SB3[method], threads, peer_steps)}
    if method == "ppo" and arguments.cleanrl:
        found["CleanRL"] = lambda threads: peer_rate(arguments, "cleanrl_speed.py", [arguments.cleanrl], threads, peer_steps)
    return found


def compare(arguments, method):
    found = programs(arguments, method)
    rates = {(name, threads): [] for name in found for threads in arguments.threads}
    for _ in range(arguments.rounds):
        for name, threads in rates:
            rates[name, threads].append(found[name](threads))
            print(f"{method} {name}, {threads} threads: {rates[name, threads][-1]:.0f}", file=sys.stderr)

    print(f"\n{method.upper()}, {arguments.task}, 16 environments, batch 2048, 64-64 tanh: {WORK[method]}\n")
    best = {name: max(max(rates[name, threads]) for threads in arguments.threads) for name in found}
    print("| program | " + " | ".join(f"{threads} thread{'s' if threads > 1 else ''}, steps/s" for threads in arguments.threads)
          + " | vantage : program |")
    print("|---" * (len(arguments.threads) + 2) + "|")
    for name in found:
        each = " | ".join(f"{max(rates[name, threads]):,.0f}" for threads in arguments.threads)
        print(f"| {name} | {each} | {best['vantage'] / best[name]:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="folder of vantage-train")
    parser.add_argument("--python", default="build/peers/bin/python", help="the Python that has the peers")
    parser.add_argument("--cleanrl", type=pathlib.Path, help="your copy of CleanRL's ppo_continuous_action.py")
    parser.add_argument("--method", action="append", choices=sorted(WORK), help="may be repeated; both if missing")
    parser.add_argument("--task", default="HalfCheetah-v5")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.rounds < 1 or min(arguments.threads) < 1:
        parser.error("expected rounds >= 1 and threads >= 1")
    print(f"best of {arguments.rounds} interleaved rounds")
    for method in arguments.method or sorted(WORK):
        compare(arguments, method)


if __name__ == "__main__":
    main()
