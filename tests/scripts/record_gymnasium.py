#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records transitions of real Gymnasium environments as golden files for alignment_test.

    python3 -m venv venv && venv/bin/pip install "gymnasium[mujoco]==1.2.3" mujoco==3.3.7
    venv/bin/python tests/scripts/record_gymnasium.py tests/data/gymnasium

One JSON file a task and option set. An episode starts from given positions and velocities as Gymnasium's set_state
does it, right after mj_resetData; then the actions are applied without reset until the task ends or the list does.
"""

import argparse
import json
import pathlib

import gymnasium
import mujoco
import numpy

# options that differ from the defaults in every field that a short run can show
CHANGED = {
    "HalfCheetah-v5": dict(
        forward_reward_weight=2.5, ctrl_cost_weight=0.03, frame_skip=3, exclude_current_positions_from_observation=False
    ),
    "Hopper-v5": dict(
        forward_reward_weight=0.7,
        ctrl_cost_weight=0.02,
        healthy_reward=2.5,
        terminate_when_unhealthy=False,
        healthy_state_range=[-3.0, 3.0],
        healthy_z_range=[1.0, 1.4],
        healthy_angle_range=[-0.1, 0.15],
        frame_skip=2,
        exclude_current_positions_from_observation=False,
    ),
    "Walker2d-v5": dict(
        forward_reward_weight=1.5,
        ctrl_cost_weight=0.02,
        healthy_reward=0.5,
        terminate_when_unhealthy=False,
        healthy_z_range=[1.1, 1.4],
        healthy_angle_range=[-0.1, 0.1],
        frame_skip=3,
        exclude_current_positions_from_observation=False,
    ),
    "Swimmer-v5": dict(
        forward_reward_weight=3.0, ctrl_cost_weight=0.01, frame_skip=2, exclude_current_positions_from_observation=False
    ),
    "InvertedPendulum-v5": dict(frame_skip=1),
}


def numbers(array):
    return [float(x) for x in array]


def record_episode(environment, generator, steps, scale, spread):
    """One episode; actions are uniform on `scale` times the bounds, the start is `spread` around the model's own."""
    world = environment.unwrapped
    environment.reset(seed=0)
    mujoco.mj_resetData(world.model, world.data)
    qpos = world.init_qpos + generator.uniform(-spread, spread, world.model.nq)
    qvel = world.init_qvel + generator.normal(0, spread, world.model.nv)
    world.set_state(qpos, qvel)
    episode = {"qpos": numbers(qpos), "qvel": numbers(qvel), "observation": numbers(world._get_obs()), "steps": []}
    bound = world.action_space.high.astype(numpy.float64)
    for _ in range(steps):
        # float64, since Gymnasium computes the control cost in the action's own type
        action = generator.uniform(-scale * bound, scale * bound)
        observation, reward, terminated, _, _ = world.step(action)
        episode["steps"].append(
            {
                "action": numbers(action),
                "observation": numbers(observation),
                "reward": float(reward),
                "terminated": bool(terminated),
            }
        )
        if terminated:
            break
    return episode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=40, help="steps of the short episodes")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for task, changed in CHANGED.items():
        for label, options in (("default", {}), ("changed", changed)):
            keywords = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
            environment = gymnasium.make(task, **keywords)
            generator = numpy.random.default_rng(arguments.seed)
            episodes = [
                record_episode(environment, generator, arguments.steps, 1.0, 0.005),
                record_episode(environment, generator, arguments.steps, 1.6, 0.1),
                # long enough to fall where the task can end
                record_episode(environment, generator, 3 * arguments.steps, 1.0, 0.02),
            ]
            recording = {
                "task": task,
                "options": options,
                "mujoco": mujoco.__version__,
                "gymnasium": gymnasium.__version__,
                "episodes": episodes,
            }
            path = arguments.folder / f"{task}_{label}.json"
            path.write_text(json.dumps(recording) + "\n")
            ends = sum(e["steps"][-1]["terminated"] for e in episodes)
            print(f"{path}: {sum(len(e['steps']) for e in episodes)} steps, {ends} ends")


if __name__ == "__main__":
    main()
