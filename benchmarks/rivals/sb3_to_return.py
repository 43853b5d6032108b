#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains Stable-Baselines3's PPO or sb3-contrib's TRPO by the recipes of RL Baselines3 Zoo until it is stopped, and writes an
evaluation.csv with the columns env_steps, wall_seconds and mean_return as vantage-train does: ten deterministic episodes each,
whose seconds do not count. time_to_return.py starts it.
"""
import argparse
import pathlib
import sys
import time

try:
    import gymnasium
    import numpy as np
    import torch
    from sb3_contrib import TRPO
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize
except ImportError as error:
    sys.exit(f"sb3_to_return.py: {error}; see benchmarks/rivals/README.md for what to install")

# github.com/DLR-RM/rl-baselines3-zoo, hyperparams/ppo.yml (v3 of the tasks) and trpo.yml (v4), read in 2026; Ant by PPO and the
# double pendulum by TRPO have no row of their own, there it is that of MuJoCo's tasks. All normalise observations and rewards
WIDE = {"log_std_init": -2, "ortho_init": False, "activation_fn": torch.nn.ReLU,
        "net_arch": {"pi": [256, 256], "vf": [256, 256]}}


def ppo(batch, steps, gamma, rate, entropy, clip, epochs, decay, norm, value, policy=None):
    return {"batch_size": batch, "n_steps": steps, "gamma": gamma, "learning_rate": rate, "ent_coef": entropy, "clip_range": clip,
            "n_epochs": epochs, "gae_lambda": decay, "max_grad_norm": norm, "vf_coef": value, "policy_kwargs": policy}


PPO_RECIPES = {
    "HalfCheetah": ppo(64, 512, 0.98, 2.0633e-05, 0.000401762, 0.1, 20, 0.92, 0.8, 0.58096, WIDE),
    "Hopper": ppo(32, 512, 0.999, 9.80828e-05, 0.00229519, 0.2, 5, 0.99, 0.7, 0.835671, WIDE),
    "Walker2d": ppo(32, 512, 0.99, 5.05041e-05, 0.000585045, 0.1, 20, 0.95, 1, 0.871923),
    "Humanoid": ppo(256, 512, 0.95, 3.56987e-05, 0.00238306, 0.3, 5, 0.9, 2, 0.431892, WIDE),
    "InvertedDoublePendulum": ppo(512, 128, 0.98, 0.000155454, 1.05057e-06, 0.4, 10, 0.8, 0.5, 0.695929),
    "Ant": {},
}
TRPO_RECIPE = {"batch_size": 128, "n_steps": 1024, "gamma": 0.99, "gae_lambda": 0.95, "cg_max_steps": 25, "cg_damping": 0.1,
               "n_critic_updates": 20, "learning_rate": 1e-3}


def make_model(arguments):
    robot = arguments.task.split("-")[0]
    count = 1 if arguments.method == "ppo" else 2
    recipe = dict(PPO_RECIPES.get(robot, {}) if arguments.method == "ppo" else TRPO_RECIPE)
    if arguments.method == "trpo" and robot == "HalfCheetah":
        recipe["target_kl"] = 0.04
    world = VecNormalize(make_vec_env(arguments.task, count, seed=arguments.seed), gamma=recipe.get("gamma", 0.99))
    kind = PPO if arguments.method == "ppo" else TRPO
    return kind("MlpPolicy", world, seed=arguments.seed, device="cpu", **recipe)


class Evaluations(BaseCallback):
    """Before a rollout, if it is time: all episodes side by side, each in a world of its own."""

    def __init__(self, arguments):
        super().__init__()
        self.arguments = arguments
        self.worlds = [gymnasium.make(arguments.task) for _ in range(arguments.episodes)]
        self.next = arguments.every
        self.number = 0
        self.file = open(arguments.output / "evaluation.csv", "w", buffering=1)
        self.file.write("env_steps,wall_seconds,mean_return\n")
        self.start = time.perf_counter()

    def _on_training_start(self):
        self.start = time.perf_counter()

    def _on_rollout_start(self):
        if self.num_timesteps < self.next:
            return
        self.next = self.num_timesteps + self.arguments.every
        pause = time.perf_counter()
        result = self.play()
        self.file.write(f"{self.num_timesteps},{pause - self.start},{result}\n")
        self.start += time.perf_counter() - pause

    def play(self):
        self.number += 1
        first = 1_000_000 * (self.arguments.seed + 1) + len(self.worlds) * self.number
        observations = np.stack([world.reset(seed=first + i)[0] for i, world in enumerate(self.worlds)])
        total = 0.0
        playing = list(range(len(self.worlds)))
        while playing:
            inputs = self.model.get_env().normalize_obs(observations[playing])
            actions, _ = self.model.predict(inputs, deterministic=True)
            left = []
            for i, action in zip(playing, actions):
                observations[i], reward, terminated, truncated, _ = self.worlds[i].step(action)
                total += float(reward)
                if not (terminated or truncated):
                    left.append(i)
            playing = left
        return total / len(self.worlds)

    def _on_step(self):
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=["ppo", "trpo"])
    parser.add_argument("--task", default="HalfCheetah-v5")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--every", type=int, default=20_000, help="steps between evaluations")
    parser.add_argument("--episodes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    make_model(arguments).learn(arguments.steps, callback=Evaluations(arguments))


if __name__ == "__main__":
    main()
