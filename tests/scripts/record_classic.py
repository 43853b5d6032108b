# SPDX-License-Identifier: MIT
"""Gymnasium's classic control tasks, for record_gymnasium.py.

An episode starts from a given state, in the type that Gymnasium's own state has then; the actions are applied one after
another, without reset, until the task ends or the list does. Continuous actions are float64, since Gymnasium computes
rewards in the action's own type, but for the episode whose label is "float32". Observations are Gymnasium's float32.
"""

import math

import numpy

# One row a task: options that differ from the defaults, or None where there are none.
CLASSIC = {
    "CartPole-v1": dict(sutton_barto_reward=True),
    "Acrobot-v1": None,
    "MountainCar-v0": dict(goal_velocity=0.03),
    "MountainCarContinuous-v0": dict(goal_velocity=0.04),
    "Pendulum-v1": dict(g=3.7),
}

_LIMIT = 12 * 2 * math.pi / 360

# States that chance would not visit, each with the actions from there: walls, goals, ends, clipped speeds.
EDGES = {
    "CartPole-v1": [
        ([2.39, 0.6, 0.0, 0.0], [1, 1]),
        ([-2.39, -0.6, 0.01, 0.0], [0]),
        # on the threshold, which is not beyond it; then beyond
        ([2.4, 0.0, 0.0, 0.0], [1, 1, 1]),
        ([0.0, 0.0, _LIMIT, 0.0], [1, 0, 0]),
        ([0.0, 0.0, -_LIMIT, 0.0], [0, 0]),
        ([0.0, 0.0, 0.2, 0.6], [0, 0]),
        ([0.0, 0.0, -0.2, -0.6], [1, 1]),
        ([1.0, -3.0, 0.1, 9.0], [1]),
        ([2.39, 0.7, 0.209, 0.6], [1]),
    ],
    "Acrobot-v1": [
        # over the turn of either angle, in both directions
        ([3.1, 3.1, 2.0, 3.0], [2, 2, 1]),
        ([-3.1, -3.1, -2.0, -3.0], [0, 0, 1]),
        # speeds beyond the bounds
        ([0.3, -0.4, 12.5, 28.2], [2, 2, 2]),
        ([-0.3, 0.4, -12.5, -28.2], [0, 0, 0]),
        ([1.0, 1.0, 0.0, 28.0], [1, 1]),
        # near the height that ends it, from below and from above
        ([1.9, 0.1, 1.0, 0.5], [2, 2, 2, 2, 2]),
        ([2.1, 0.0, 0.0, 0.0], [1]),
        ([2.0, 0.2, -2.0, -1.0], [0, 0]),
        ([math.pi, 0.0, 0.0, 0.0], [1, 1]),
    ],
    "MountainCar-v0": [
        # into the wall, and away from it
        ([-1.19, -0.05], [0, 0, 2, 2]),
        ([-1.2, 0.0], [0, 1, 2]),
        ([-1.2, 0.02], [2, 2]),
        # the goal: with and without speed, just missed, and the end of the track
        ([0.49, 0.02], [2]),
        ([0.47, 0.035], [2]),
        ([0.499, 0.0005], [0, 0]),
        ([0.5, 0.0], [2, 2]),
        ([0.59, 0.069], [2]),
        ([0.55, 0.02], [0, 0, 0, 0]),
        ([0.6, -0.07], [0, 0]),
        # both bounds of the speed
        ([-0.9, 0.0695], [2, 2]),
        ([0.1, -0.0699], [0, 0]),
    ],
    "MountainCarContinuous-v0": [
        ([-1.19, -0.05], [-1.0, -0.3, 1.0, 1.0]),
        ([-1.2, 0.0], [-0.7, 0.0, 1.0]),
        ([-1.2, 0.02], [1.0, 0.5]),
        ([0.44, 0.02], [0.9]),
        ([0.42, 0.045], [0.3]),
        ([0.449, 0.0005], [-1.0, -1.0]),
        ([0.45, 0.0], [1.0, 1.0]),
        ([0.59, 0.069], [1.0]),
        ([0.5, 0.02], [-1.0, -1.0, -1.0]),
        ([0.6, -0.07], [0.2, 0.1]),
        ([-0.9, 0.0695], [1.0, 1.0]),
        ([0.1, -0.0699], [-1.0, -1.0]),
        # beyond the bounds: the force is clipped, the cost is not
        ([-0.5, 0.0], [1.7, -2.5, 30.0]),
    ],
    "Pendulum-v1": [
        ([math.pi, 0.0], [0.0, 0.5]),
        ([-math.pi, 0.0], [0.0, -0.5]),
        ([0.0, 0.0], [0.0, 0.0]),
        # many turns away
        ([20.0, 1.0], [1.0, -1.0]),
        ([-20.0, -1.0], [1.0, -1.0]),
        # beyond the bounds of speed and torque
        ([1.5, 7.9], [2.0, 2.0]),
        ([-1.5, -7.9], [-2.0, -2.0]),
        ([0.5, 0.3], [3.5, -9.0, 100.0]),
    ],
}


def set_state(world, task, state):
    """Puts the state where Gymnasium's step looks for it, and returns the observation there."""
    single = task == "MountainCarContinuous-v0"
    world.state = numpy.array(state, dtype=numpy.float32 if single else numpy.float64)
    if task == "Pendulum-v1":
        return world._get_obs()
    if task == "Acrobot-v1":
        return world._get_ob()
    return numpy.array(world.state, dtype=numpy.float32)


def record_episode(environment, state, actions):
    task = environment.spec.id
    world = environment.unwrapped
    environment.reset(seed=0)
    first = set_state(world, task, state)
    episode = {"state": [float(x) for x in world.state], "observation": [float(x) for x in first], "steps": []}
    for action in actions:
        observation, reward, terminated, _, _ = world.step(action)
        episode["steps"].append(
            {
                "action": [float(x) for x in numpy.ravel(action)],
                "observation": [float(x) for x in observation],
                "reward": float(numpy.ravel(reward)[0]),
                "terminated": bool(terminated),
            }
        )
        if terminated:
            break
    return episode


def record_classic(environment, generator, steps):
    task = environment.spec.id
    discrete = not hasattr(environment.action_space, "high")

    def draw(count, kind=numpy.float64):
        if discrete:
            return [int(generator.integers(environment.action_space.n)) for _ in range(count)]
        bound = 1.5 * float(environment.action_space.high[0])
        return [generator.uniform(-bound, bound, 1).astype(kind) for _ in range(count)]

    def start():
        environment.reset(seed=int(generator.integers(1 << 30)))
        return [float(x) for x in environment.unwrapped.state]

    episodes = [record_episode(environment, start(), draw(count)) for count in (steps, steps, 4 * steps)]
    # always the same way, and with the motion: what swings up
    if task.startswith("MountainCar") or task == "Acrobot-v1":
        episodes.append(record_pushed(environment, start(), 6 * steps))
    for state, actions in EDGES[task]:
        typed = actions if discrete else [numpy.array([a], dtype=numpy.float64) for a in actions]
        episodes.append(record_episode(environment, state, typed))
    if not discrete:
        episode = record_episode(environment, start(), draw(steps, numpy.float32))
        episode["label"] = "float32"
        episodes.append(episode)
    return episodes


def record_pushed(environment, state, count):
    """Pushes along the motion, until the task ends."""
    task = environment.spec.id
    world = environment.unwrapped
    actions = []
    environment.reset(seed=0)
    set_state(world, task, state)
    for _ in range(count):
        speed = world.state[1] if task.startswith("MountainCar") else world.state[3]
        sign = 1 if speed >= 0 else -1
        action = numpy.array([float(sign)]) if task == "MountainCarContinuous-v0" else 1 + sign
        actions.append(action)
        if world.step(action)[2]:
            break
    return record_episode(environment, state, actions)
