#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of Stable-Baselines3's PPO or sb3-contrib's TRPO, end to end, on the CPU.

Times `learn()` alone: neither imports nor the making of the environments count. Everything that costs time is said
below, equal to what training_speed.py asks of vantage; the rest is the library's default. Prints the rate last.
"""
import argparse
import sys
import time

try:
    import sb3_contrib
    import stable_baselines3
    import torch
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize
except ImportError as error:
    sys.exit(f"sb3_speed.py: {error}; see benchmarks/peers/README.md for what to install")


def make_model(arguments, world):
    common = {"n_steps": arguments.batch // arguments.environments, "seed": arguments.seed, "device": "cpu",
              "policy_kwargs": {"net_arch": arguments.hidden, "activation_fn": torch.nn.Tanh}}
    if arguments.method == "ppo":
        return stable_baselines3.PPO("MlpPolicy", world, batch_size=64, n_epochs=10, **common)
    return sb3_contrib.TRPO("MlpPolicy", world, batch_size=arguments.critic_minibatch, cg_max_steps=10,
                            n_critic_updates=arguments.critic_epochs, **common)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=["ppo", "trpo"], default="ppo")
    parser.add_argument("--task", default="HalfCheetah-v5")
    parser.add_argument("--steps", type=int, default=32768)
    parser.add_argument("--environments", type=int, default=16)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--hidden", type=int, nargs="+", default=[64, 64])
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--normalize", action=argparse.BooleanOptionalAction, default=True, help="observations by running moments")
    parser.add_argument("--critic-epochs", type=int, default=20, help="passes over the batch; TRPO only")
    parser.add_argument("--critic-minibatch", type=int, default=2048, help="samples of a critic step; TRPO only")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    world = make_vec_env(arguments.task, arguments.environments, seed=arguments.seed)
    if arguments.normalize:
        world = VecNormalize(world, norm_reward=False)
    model = make_model(arguments, world)
    start = time.perf_counter()
    model.learn(arguments.steps)
    seconds = time.perf_counter() - start
    print(f"Stable-Baselines3 {stable_baselines3.__version__} {arguments.method}, {arguments.threads} threads: "
          f"steps/s {model.num_timesteps / seconds:.0f}")


if __name__ == "__main__":
    main()
