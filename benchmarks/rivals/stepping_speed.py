#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of a library that steps MuJoCo, and of nothing else: EnvPool, Gymnasium, mjbatch, or vantage
by its Python package.

Actions are drawn beforehand, from the distribution of the untrained policy that vantage samples from: normal with deviation
exp(-1/2), clipped to [-1, 1] and scaled to the bounds. Episodes end and begin again as Gymnasium's do; calls that only reset
are not counted. Prints the version and the rate last.
"""
import argparse
import importlib.metadata
import pathlib
import sys
import time

import numpy as np

# how many calls of the physics a step is, and between which heights an episode goes on
MODELS = {"HalfCheetah": ("half_cheetah.xml", 5, None), "Hopper": ("hopper.xml", 4, (0.7, np.inf)),
          "Walker2d": ("walker2d_v5.xml", 4, (0.8, 2.0)), "Ant": ("ant.xml", 5, (0.2, 1.0)),
          "Humanoid": ("humanoid.xml", 5, (1.0, 2.0))}
TIME_LIMIT = 1000


def actions_between(low, high, count):
    noise = np.random.default_rng(1).normal(scale=np.exp(-0.5), size=(256, count, low.size))
    return low + 0.5 * (np.clip(noise, -1, 1) + 1) * (high - low)


class EnvPool:
    """One pool; in async mode a batch holds half of the environments."""

    def __init__(self, arguments, is_sync):
        import envpool
        self.batch = arguments.environments if is_sync else max(1, arguments.environments // 2)
        self.is_sync = is_sync
        self.pool = envpool.make_gymnasium(arguments.task, num_envs=arguments.environments, num_threads=arguments.threads,
                                           batch_size=self.batch, seed=1)
        space = self.pool.action_space
        self.actions = actions_between(space.low, space.high, self.batch).astype(space.dtype)
        if is_sync:
            self.pool.reset()
        else:
            self.pool.async_reset()

    def step(self, call):
        actions = self.actions[call % len(self.actions)]
        if self.is_sync:
            _, _, terminated, truncated, _ = self.pool.step(actions)
        else:
            _, _, terminated, truncated, info = self.pool.recv()
            self.pool.send(actions, info["env_id"])
        return self.batch - np.count_nonzero(terminated | truncated)


class Gymnasium:
    """As many environments as threads, a process each where there are several."""

    def __init__(self, arguments):
        import gymnasium
        kind = "sync" if arguments.threads == 1 else "async"
        self.count = arguments.threads
        self.worlds = gymnasium.make_vec(arguments.task, num_envs=self.count, vectorization_mode=kind)
        space = self.worlds.single_action_space
        self.actions = actions_between(space.low, space.high, self.count).astype(space.dtype)
        self.worlds.reset(seed=1)

    def step(self, call):
        _, _, terminated, truncated, _ = self.worlds.step(self.actions[call % len(self.actions)])
        return self.count - np.count_nonzero(terminated | truncated)


class Vantage:
    """The Python package's vector of environments."""

    def __init__(self, arguments):
        import vantage
        self.worlds = vantage.VectorEnv(arguments.task, arguments.environments, threads=arguments.threads)
        space = self.worlds.single_action_space
        self.actions = actions_between(space.low, space.high, arguments.environments).astype(space.dtype)
        self.worlds.reset(seed=1)

    def step(self, call):
        self.worlds.step(self.actions[call % len(self.actions)])
        # an episode that ends begins anew in the same step
        return self.worlds.num_envs


class Mjbatch:
    """Gymnasium's model, stepped with neither observations nor rewards."""

    def __init__(self, arguments):
        import gymnasium
        import mjbatch
        import mujoco
        name, self.frame_skip, self.height = MODELS[arguments.task.split("-")[0]]
        assets = pathlib.Path(gymnasium.__file__).parent / "envs/mujoco/assets"
        model = mujoco.MjModel.from_xml_path(str(assets / name))
        self.count = arguments.environments
        self.batch = mjbatch.Batch(model, num_sims=self.count, num_threads=arguments.threads)
        self.qpos, self.qvel, self.ctrl = (self.batch.bind(field) for field in ("qpos", "qvel", "ctrl"))
        low, high = model.actuator_ctrlrange.T
        self.actions = actions_between(low, high, self.count)
        self.rng = np.random.default_rng(1)
        self.ages = np.zeros(self.count, dtype=int)
        # the height of the torso is the third coordinate of a free joint, the second of a planar robot
        self.axis = 2 if model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE else 1
        self.reset(np.arange(self.count))

    def reset(self, ids):
        self.batch.reset(ids)
        self.qpos[ids] += self.rng.uniform(-0.01, 0.01, self.qpos[ids].shape)
        self.qvel[ids] += self.rng.uniform(-0.01, 0.01, self.qvel[ids].shape)
        self.ages[ids] = 0

    def step(self, call):
        self.ctrl[:] = self.actions[call % len(self.actions)]
        self.batch.step(nstep=self.frame_skip)
        self.ages += 1
        ended = self.ages >= TIME_LIMIT
        if self.height is not None:
            height = self.qpos[:, self.axis]
            ended |= ~((height > self.height[0]) & (height < self.height[1]))
        if ended.any():
            self.reset(np.flatnonzero(ended))
        return self.count


KINDS = {"envpool-sync": lambda a: EnvPool(a, True), "envpool-async": lambda a: EnvPool(a, False), "gymnasium": Gymnasium,
         "mjbatch": Mjbatch, "vantage": Vantage}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=KINDS)
    parser.add_argument("--task", default="HalfCheetah-v5")
    parser.add_argument("--environments", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1)
    arguments = parser.parse_args()
    if arguments.library == "mjbatch" and arguments.task.split("-")[0] not in MODELS:
        parser.error(f"expected a task of {', '.join(MODELS)} for mjbatch, got {arguments.task}")

    try:
        worlds = KINDS[arguments.library](arguments)
    except ImportError as error:
        sys.exit(f"stepping_speed.py: {error}; see benchmarks/rivals/README.md for what to install")
    worlds.step(0)
    steps, calls = 0, 0
    start = time.perf_counter()
    while time.perf_counter() - start < arguments.seconds:
        for _ in range(16):
            steps += worlds.step(calls)
            calls += 1
    seconds = time.perf_counter() - start
    version = importlib.metadata.version(arguments.library.split("-")[0])
    print(f"{arguments.library} {version}, {arguments.threads} threads: steps/s {steps / seconds:.0f}", flush=True)


if __name__ == "__main__":
    main()
