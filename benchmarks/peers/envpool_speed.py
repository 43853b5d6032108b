#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of EnvPool and of vantage's collector: same task, environments and threads.

The two take turns, round by round, and the ratio is that of the medians. EnvPool steps with actions drawn beforehand
from the distribution of the untrained policy that vantage samples from: normal with deviation exp(-1/2), clipped to
[-1, 1] and scaled to the bounds. vantage computes the policy, normalises observations and fills a batch in that time.
EnvPool spends the call after the end of an episode on its reset; those calls are not counted as steps.
"""
import argparse
import statistics
import subprocess
import sys
import time

import numpy as np

try:
    import envpool
except ImportError:
    sys.exit("envpool_speed.py: needs EnvPool: pip install envpool==1.2.0")

TASKS = [f"{name}-v5" for name in (
    "InvertedPendulum", "InvertedDoublePendulum", "Reacher", "Pusher", "Swimmer", "Hopper", "HalfCheetah", "Walker2d",
    "Ant", "Humanoid", "HumanoidStandup")]


class EnvPool:
    """One pool; sync if a batch holds every environment."""

    def __init__(self, task, environments, threads, batch):
        self.pool = envpool.make_gymnasium(task, num_envs=environments, num_threads=threads, batch_size=batch, seed=1)
        self.batch, self.is_sync = batch, batch == environments
        low, high = self.pool.action_space.low, self.pool.action_space.high
        noise = np.random.default_rng(1).normal(scale=np.exp(-0.5), size=(256, batch, low.size))
        scaled = low + 0.5 * (np.clip(noise, -1, 1) + 1) * (high - low)
        self.actions = scaled.astype(self.pool.action_space.dtype)
        if self.is_sync:
            self.pool.reset()
        else:
            self.pool.async_reset()

    def rate(self, seconds):
        steps, calls = 0, 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            for _ in range(16):
                actions = self.actions[calls % len(self.actions)]
                calls += 1
                if self.is_sync:
                    _, _, terminated, truncated, _ = self.pool.step(actions)
                else:
                    _, _, terminated, truncated, info = self.pool.recv()
                    self.pool.send(actions, info["env_id"])
                steps += self.batch - np.count_nonzero(terminated | truncated)
        return steps / (time.perf_counter() - start)


def vantage_rate(program, task, arguments, seconds):
    command = [program, "--task", task, "--only", "collector", "--environments", str(arguments.environments),
               "--threads", str(arguments.threads), "--seconds", str(seconds)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"envpool_speed.py: {run.stderr.strip()}")
    return float(run.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="vantage's physics_benchmark, built in release mode")
    parser.add_argument("--task", action="append", choices=TASKS, help="may be repeated; all tasks if missing")
    parser.add_argument("--environments", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--async-batch", type=int, help="environments that async mode waits for; half of them if missing")
    parser.add_argument("--seconds", type=float, default=1, help="of each turn")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    async_batch = arguments.async_batch or max(1, arguments.environments // 2)
    if arguments.rounds < 1 or arguments.seconds <= 0 or not 1 <= async_batch <= arguments.environments:
        parser.error("expected rounds >= 1, seconds > 0 and 1 <= async batch <= environments")

    print(f"EnvPool {envpool.__version__}, {arguments.environments} environments, {arguments.threads} threads, async "
          f"batches of {async_batch}; steps/s, median of {arguments.rounds} interleaved rounds of {arguments.seconds} s")
    print(f"{'task':26} {'sync':>9} {'async':>9} {'vantage':>9}   vantage / better mode")
    for task in arguments.task or TASKS:
        sync = EnvPool(task, arguments.environments, arguments.threads, arguments.environments)
        asynchronous = EnvPool(task, arguments.environments, arguments.threads, async_batch)
        rates = []
        for _ in range(arguments.rounds):
            rates.append((sync.rate(arguments.seconds), asynchronous.rate(arguments.seconds),
                          vantage_rate(arguments.program, task, arguments, arguments.seconds)))
        a, b, ours = (statistics.median(column) for column in zip(*rates))
        print(f"{task:26} {a:9.0f} {b:9.0f} {ours:9.0f}   {ours / max(a, b):.2f}", flush=True)


if __name__ == "__main__":
    main()
