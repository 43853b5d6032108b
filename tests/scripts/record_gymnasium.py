#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records transitions of real Gymnasium environments as golden files for alignment_test.

    python3 -m venv venv && venv/bin/pip install "gymnasium[mujoco]==1.2.3" mujoco==3.3.7
    venv/bin/python tests/scripts/record_gymnasium.py tests/data/gymnasium [--only Hopper-v5 Hopper-v4]

One JSON file a task and option set: sizes and bounds of the spaces, the time limit, and episodes. An episode of a
MuJoCo task starts from given positions and velocities as Gymnasium's set_state does it, right after mj_resetData; then
the actions are applied without reset until the task ends or the list does.
"""

import argparse
import json
import pathlib

import gymnasium
import mujoco
import numpy

import record_classic

# One row a task: options that differ from the defaults in every field that a short run can show, a list of several such
# sets, or None for the defaults alone.
MUJOCO = {
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
    "InvertedDoublePendulum-v5": dict(frame_skip=2, healthy_reward=3.5),
    "Reacher-v5": dict(frame_skip=3, reward_dist_weight=2.5, reward_control_weight=0.3),
    "Pusher-v5": dict(frame_skip=2, reward_near_weight=0.8, reward_dist_weight=2.5, reward_control_weight=0.02),
    "HalfCheetah-v4": dict(
        forward_reward_weight=2.5, ctrl_cost_weight=0.03, exclude_current_positions_from_observation=False
    ),
    "Hopper-v4": dict(
        forward_reward_weight=0.7,
        ctrl_cost_weight=0.02,
        healthy_reward=2.5,
        terminate_when_unhealthy=False,
        healthy_state_range=[-3.0, 3.0],
        healthy_z_range=[1.0, 1.4],
        healthy_angle_range=[-0.1, 0.15],
        exclude_current_positions_from_observation=False,
    ),
    "Walker2d-v4": dict(
        forward_reward_weight=1.5,
        ctrl_cost_weight=0.02,
        healthy_reward=0.5,
        terminate_when_unhealthy=False,
        healthy_z_range=[1.1, 1.4],
        healthy_angle_range=[-0.1, 0.1],
        exclude_current_positions_from_observation=False,
    ),
    "Swimmer-v4": dict(forward_reward_weight=3.0, ctrl_cost_weight=0.01, exclude_current_positions_from_observation=False),
    "InvertedPendulum-v4": None,
    "InvertedDoublePendulum-v4": None,
    "Reacher-v4": None,
    "Pusher-v4": None,
    "Ant-v5": [
        dict(
            frame_skip=3,
            forward_reward_weight=1.7,
            ctrl_cost_weight=0.2,
            contact_cost_weight=0.03,
            healthy_reward=2.5,
            main_body="aux_1",
            terminate_when_unhealthy=False,
            healthy_z_range=[0.3, 0.75],
            contact_force_range=[-0.2, 0.6],
            exclude_current_positions_from_observation=False,
        ),
        # without zero in the range the world's row counts
        dict(contact_force_range=[0.1, 3.0], include_cfrc_ext_in_observation=False),
    ],
    "Ant-v4": [
        dict(
            ctrl_cost_weight=0.2,
            use_contact_forces=True,
            contact_cost_weight=0.03,
            healthy_reward=2.5,
            healthy_z_range=[0.3, 0.75],
            contact_force_range=[0.1, 3.0],
            exclude_current_positions_from_observation=False,
        ),
        dict(terminate_when_unhealthy=False, healthy_z_range=[0.74, 0.75]),
    ],
    "Humanoid-v5": [
        dict(
            frame_skip=3,
            forward_reward_weight=0.7,
            ctrl_cost_weight=0.4,
            contact_cost_weight=2e-6,
            contact_cost_range=[0.01, 0.8],
            healthy_reward=3.0,
            terminate_when_unhealthy=False,
            healthy_z_range=[1.26, 1.29],
            exclude_current_positions_from_observation=False,
        ),
        dict(include_cinert_in_observation=False, include_qfrc_actuator_in_observation=False),
        dict(include_cvel_in_observation=False, include_cfrc_ext_in_observation=False),
    ],
    "Humanoid-v4": dict(
        forward_reward_weight=0.7,
        ctrl_cost_weight=0.4,
        healthy_reward=3.0,
        terminate_when_unhealthy=False,
        healthy_z_range=[1.26, 1.29],
        exclude_current_positions_from_observation=False,
    ),
    "HumanoidStandup-v5": [
        dict(
            frame_skip=3,
            uph_cost_weight=4.0,
            ctrl_cost_weight=0.4,
            impact_cost_weight=2e-6,
            impact_cost_range=[0.01, 0.8],
            exclude_current_positions_from_observation=False,
        ),
        dict(include_cinert_in_observation=False, include_qfrc_actuator_in_observation=False),
        dict(include_cvel_in_observation=False, include_cfrc_ext_in_observation=False),
    ],
    "HumanoidStandup-v4": None,
}

# positions that the last episode of a task starts from, by index: what chance would not show
PLACED = {
    # the cart at the end of its rail, which pushes back
    "InvertedDoublePendulum": {0: 1.02},
}

# the fork of the hand presses against the puck
PUSHING = dict(enumerate([0.926, 0.583, 1.254, -0.765, -1.285, -0.406, 0.395, -0.075, 0.159, 0.0, 0.0]))

# episodes of the tasks whose observations are large: steps, scale of the actions, spread of the start, placed positions
EPISODES = {
    "Pusher": [(12, 1.0, 0.005, {}), (12, 1.6, 0.1, {}), (30, 1.0, 0.02, PUSHING)],
    # from rest, onto the ground, above the healthy range
    "Ant": [(14, 1.0, 0.005, {}), (12, 1.6, 0.1, {2: 0.3}), (2, 1.0, 0.02, {2: 1.05})],
    # in the air, feet on the ground, falling flat
    "Humanoid": [(2, 1.0, 0.005, {}), (5, 1.6, 0.05, {2: 1.275}), (5, 1.0, 0.005, {2: 1.004, 3: 0.7, 5: 0.7})],
    "HumanoidStandup": [(2, 1.0, 0.005, {}), (5, 1.6, 0.05, {2: 0.09})],
}

# how each family is recorded: (rows, function from environment, generator and step count to episodes)
FAMILIES = []


def numbers(array):
    return [float(x) for x in array]


def reward_terms(info):
    """The parts of the reward that the v5 tasks tell of."""
    return {key: float(x) for key, x in info.items() if key.startswith("reward_") or key.endswith("_penalty")}


def record_mujoco_episode(environment, generator, steps, scale, spread, placed):
    """One episode; actions are uniform on `scale` times the bounds, the start is `spread` around the model's own."""
    world = environment.unwrapped
    environment.reset(seed=0)
    mujoco.mj_resetData(world.model, world.data)
    qpos = numpy.array(world.model.qpos0) + generator.uniform(-spread, spread, world.model.nq)
    qvel = generator.normal(0, spread, world.model.nv)
    for index, position in placed.items():
        qpos[index] = position
    world.set_state(qpos, qvel)
    episode = {"qpos": numbers(qpos), "qvel": numbers(qvel), "observation": numbers(world._get_obs()), "steps": []}
    bound = world.action_space.high.astype(numpy.float64)
    for _ in range(steps):
        # float64, since Gymnasium computes the control cost in the action's own type
        action = generator.uniform(-scale * bound, scale * bound)
        observation, reward, terminated, _, info = world.step(action)
        step = {
            "action": numbers(action),
            "observation": numbers(observation),
            "reward": float(reward),
            "terminated": bool(terminated),
        }
        # the older tasks name their terms at will
        if environment.spec.id.endswith("-v5"):
            step["terms"] = reward_terms(info)
        episode["steps"].append(step)
        if terminated:
            break
    return episode


def record_mujoco(environment, generator, steps):
    if environment.spec.name in EPISODES:
        return [record_mujoco_episode(environment, generator, *row) for row in EPISODES[environment.spec.name]]
    placed = PLACED.get(environment.spec.name, {})
    return [
        record_mujoco_episode(environment, generator, steps, 1.0, 0.005, {}),
        record_mujoco_episode(environment, generator, steps, 1.6, 0.1, {}),
        # long enough to fall where the task can end
        record_mujoco_episode(environment, generator, 2 * steps, 1.0, 0.02, placed),
    ]


FAMILIES.append((MUJOCO, record_mujoco))
FAMILIES.append((record_classic.CLASSIC, record_classic.record_classic))


def make(task, keywords):
    """gymnasium.make, but for one refusal: Pusher-v4 asks for MuJoCo 2 because its puck then behaved better."""
    version = mujoco.__version__
    if task == "Pusher-v4":
        mujoco.__version__ = "2"
    try:
        return gymnasium.make(task, **keywords)
    finally:
        mujoco.__version__ = version


def describe_spaces(environment):
    """Sizes, and bounds in the type that Gymnasium gives them."""
    action = environment.action_space
    spaces = {"observation_size": int(numpy.prod(environment.observation_space.shape))}
    if isinstance(action, gymnasium.spaces.Discrete):
        spaces["action_count"] = int(action.n)
    else:
        spaces["action_low"] = numbers(action.low)
        spaces["action_high"] = numbers(action.high)
    return spaces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=24, help="steps of the short episodes")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="+", help="tasks to record; default: all")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = [(task, changed, record) for table, record in FAMILIES for task, changed in table.items()]
    for task, changed, record in rows:
        if arguments.only and task not in arguments.only:
            continue
        changes = changed if isinstance(changed, list) else [changed] if changed is not None else []
        sets = [("default", {})] + [("changed" + str(i + 1 if i else ""), options) for i, options in enumerate(changes)]
        for label, options in sets:
            keywords = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
            environment = make(task, keywords)
            episodes = record(environment, numpy.random.default_rng(arguments.seed), arguments.steps)
            recording = {
                "task": task,
                "options": options,
                "mujoco": mujoco.__version__,
                "gymnasium": gymnasium.__version__,
                "spaces": describe_spaces(environment),
                "max_episode_steps": environment.spec.max_episode_steps,
                "episodes": episodes,
            }
            path = arguments.folder / f"{task}_{label}.json"
            path.write_text(json.dumps(recording, separators=(",", ":")) + "\n")
            ends = sum(e["steps"][-1]["terminated"] for e in episodes)
            print(f"{path}: {sum(len(e['steps']) for e in episodes)} steps, {ends} ends, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
