#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of Stable-Baselines3, sb3-contrib or SBX, end to end, on the CPU.

Times `learn()` alone: neither imports nor the making of the environments count, nor, for SBX, the first iterations, in which
JAX compiles. Everything that costs time is said below, equal to what run.py asks of vantage; the rest is the library's default.
Prints the version and the rate last.
"""
import argparse
import importlib.metadata
import os
import sys
import time


def numbers(text):
    return [int(word) for word in text.split(",")]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--library", choices=["sb3", "sbx"], default="sb3", help="sb3: PyTorch; sbx: JAX, of which ppo")
parser.add_argument("--method", choices=["ppo", "trpo", "a2c"], default="ppo")
parser.add_argument("--task", default="HalfCheetah-v5")
parser.add_argument("--steps", type=int, default=32768)
parser.add_argument("--environments", type=int, default=16)
parser.add_argument("--batch", type=int, default=2048)
parser.add_argument("--hidden", type=numbers, default=[64, 64])
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--normalize", action=argparse.BooleanOptionalAction, default=True, help="observations by running moments")
parser.add_argument("--critic-epochs", type=int, default=20, help="passes over the batch; TRPO only")
parser.add_argument("--critic-minibatch", type=int, default=2048, help="samples of a critic step; TRPO only")


def make_model(arguments, world):
    common = {"n_steps": arguments.batch // arguments.environments, "seed": arguments.seed}
    if arguments.library == "sbx":
        import sbx
        # tanh is its default
        return sbx.PPO("MlpPolicy", world, batch_size=64, n_epochs=10, policy_kwargs={"net_arch": arguments.hidden}, **common)
    import torch
    common |= {"device": "cpu", "policy_kwargs": {"net_arch": arguments.hidden, "activation_fn": torch.nn.Tanh}}
    if arguments.method == "trpo":
        import sb3_contrib
        return sb3_contrib.TRPO("MlpPolicy", world, batch_size=arguments.critic_minibatch, cg_max_steps=10,
                                n_critic_updates=arguments.critic_epochs, **common)
    import stable_baselines3
    if arguments.method == "a2c":
        return stable_baselines3.A2C("MlpPolicy", world, **common)
    return stable_baselines3.PPO("MlpPolicy", world, batch_size=64, n_epochs=10, **common)


def main():
    arguments = parser.parse_args()
    if arguments.library == "sbx":
        if arguments.method != "ppo":
            parser.error("expected --method ppo for sbx, which has no other of these")
        # JAX takes its number of threads when it is loaded
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.threads])
    try:
        import torch
        from stable_baselines3.common.env_util import make_vec_env
        from stable_baselines3.common.vec_env import VecNormalize
        torch.set_num_threads(arguments.threads)
        world = make_vec_env(arguments.task, arguments.environments, seed=arguments.seed)
        if arguments.normalize:
            world = VecNormalize(world, norm_reward=False)
        model = make_model(arguments, world)
    except ImportError as error:
        sys.exit(f"sb3_speed.py: {error}; see benchmarks/rivals/README.md for what to install")
    first = 0
    if arguments.library == "sbx":
        model.learn(2 * arguments.batch)
        first = model.num_timesteps
    start = time.perf_counter()
    model.learn(arguments.steps, reset_num_timesteps=first == 0)
    seconds = time.perf_counter() - start
    name = {"sbx": "sbx-rl"}.get(arguments.library, "sb3-contrib" if arguments.method == "trpo" else "stable-baselines3")
    print(f"{name} {importlib.metadata.version(name)} {arguments.method}, {arguments.threads} threads: "
          f"steps/s {(model.num_timesteps - first) / seconds:.0f}", flush=True)


if __name__ == "__main__":
    main()
