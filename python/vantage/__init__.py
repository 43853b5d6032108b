# SPDX-License-Identifier: MIT
"""Policies, worlds and files of the C++ library vantage, for NumPy and Gymnasium.

    policy = vantage.load_policy("runs/hopper/policy.safetensors")
    envs = vantage.VectorEnv(policy.task, num_envs=16, threads=2, **policy.task_options)
    observations, _ = envs.reset(seed=1)
    observations, rewards, terminated, truncated, info = envs.step(policy.act(observations))

Importing it registers every task with Gymnasium, as "vantage/Hopper-v5" and so on.
"""
import gymnasium

from ._vantage import FileError, version as __version__
from .files import Tensors, read_archive, read_checkpoint
from .policy import Policy, load_policy
from .worlds import Env, VectorEnv, has_mujoco, task_names

__all__ = ["Env", "FileError", "Policy", "Tensors", "VectorEnv", "has_mujoco", "load_policy", "read_archive",
           "read_checkpoint", "task_names"]

for _task in task_names():
    gymnasium.register(f"vantage/{_task}", entry_point="vantage:Env", vector_entry_point="vantage:VectorEnv",
                       kwargs={"task": _task})
del _task
