#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Environment steps a second of CleanRL's PPO, end to end, on the CPU.

CleanRL is a collection of scripts, not a package: give the path of your own copy of its ppo_continuous_action.py. It runs
unchanged in a scratch folder; the rate is the last "SPS" that it prints, which leaves out imports and the making of the
environments. Prints the rate last.
"""
import argparse
import contextlib
import io
import os
import pathlib
import re
import runpy
import sys
import tempfile

try:
    import gymnasium
    import tensorboard  # noqa: F401  the script writes its events with it
    import torch
    import tyro  # noqa: F401  and reads its arguments with it
except ImportError as error:
    sys.exit(f"cleanrl_speed.py: {error}; see benchmarks/rivals/README.md for what to install")


def accept_calls_of_old():
    """The script calls this wrapper as Gymnasium before 1.0 had it, where the third argument had a default."""
    wrapper = gymnasium.wrappers.TransformObservation
    gymnasium.wrappers.TransformObservation = lambda env, func, space=None: wrapper(env, func, space)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=pathlib.Path, help="CleanRL's cleanrl/ppo_continuous_action.py")
    parser.add_argument("--task", default="HalfCheetah-v5")
    parser.add_argument("--steps", type=int, default=32768)
    parser.add_argument("--environments", type=int, default=16)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    script = arguments.script.resolve()
    if not script.is_file():
        parser.error(f"expected CleanRL's ppo_continuous_action.py, found no file {script}")

    torch.set_num_threads(arguments.threads)
    accept_calls_of_old()
    words = {"env-id": arguments.task, "total-timesteps": arguments.steps, "num-envs": arguments.environments,
             "num-steps": arguments.batch // arguments.environments, "num-minibatches": arguments.batch // 64,
             "update-epochs": 10, "seed": arguments.seed}
    sys.argv = [str(script), "--no-cuda"] + [f"--{name}={value}" for name, value in words.items()]
    printed = io.StringIO()
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(printed):
        os.chdir(folder)
        try:
            runpy.run_path(str(script), run_name="__main__")
        finally:
            os.chdir(home)
    rates = re.findall(r"SPS: (\d+)", printed.getvalue())
    if not rates:
        sys.exit(f"cleanrl_speed.py: {script} printed no line \"SPS: ...\"")
    print(f"CleanRL ppo, {arguments.threads} threads: steps/s {rates[-1]}")


if __name__ == "__main__":
    main()
