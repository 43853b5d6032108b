# SPDX-License-Identifier: MIT
"""The tasks of vantage-train as environments of Gymnasium."""
import os

import gymnasium
import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from . import _vantage

_AUTORESETS = {AutoresetMode.SAME_STEP: _vantage.Autoreset.same_step, AutoresetMode.NEXT_STEP: _vantage.Autoreset.next_step}
_TASKS = tuple(_vantage.task_names().split(", "))


def task_names():
    """The tasks that this build has."""
    return _TASKS


def has_mujoco():
    """Whether it was built with MuJoCo, and so has its tasks."""
    return "HalfCheetah-v5" in _TASKS


def _text(value):
    """An option's value as vantage-train's --task-option has it."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (tuple, list, np.ndarray)):
        return ",".join(_text(part) for part in value)
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def _seed(seed):
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ValueError(f"expected a seed from 0 to 2^64 - 1, got {seed!r}")
    return int(seed)


def _make_worlds(task, count, threads, seed, max_episode_steps, fault_penalty, autoreset, options):
    texts = [f"{name}={_text(value)}" for name, value in options.items()]
    try:
        return _vantage.Worlds(task, texts, count, threads, _seed(seed),
                               -1 if max_episode_steps is None else int(max_episode_steps), fault_penalty, autoreset)
    except ValueError as error:
        words = str(error).replace("--task-option", "task option").replace("--task:", "task:")
        words += "" if has_mujoco() else "; this build of vantage has no MuJoCo"
        raise ValueError(words) from None


def _spaces(worlds):
    """Of one world: the library knows no bounds of observations, and has them all in double precision."""
    observation = gymnasium.spaces.Box(-np.inf, np.inf, (worlds.observation_size,), np.float64)
    if len(worlds.choices) == 1:
        return observation, gymnasium.spaces.Discrete(worlds.choices[0])
    if worlds.choices:
        return observation, gymnasium.spaces.MultiDiscrete(worlds.choices)
    low, high = (np.array(bound, np.float32) for bound in (worlds.action_low, worlds.action_high))
    return observation, gymnasium.spaces.Box(low, high, dtype=np.float32)


def _rows_of_actions(actions, space, count):
    """One action a row, in double precision; whether they are the task's own says the library."""
    given = np.asarray(actions)
    kinds, numbers = ("f", "floating-point") if space.dtype.kind == "f" else ("iu", "whole")
    if given.dtype.kind not in kinds:
        raise TypeError(f"step: expected actions of {numbers} numbers, got {given.dtype}")
    if given.shape != space.shape:
        raise ValueError(f"step: expected actions of shape {space.shape}, got {given.shape}")
    return np.ascontiguousarray(given, dtype=np.float64).reshape(count, -1)


class _Arrays:
    """What a step of all worlds writes; `flags` are terminated, truncated, fault, and began an episode."""

    def __init__(self, count, observation_size, terms):
        self.observations = np.empty((count, observation_size))
        self.rewards = np.empty(count)
        self.flags = np.empty((4, count), np.bool_)
        self.terms = np.empty((terms, count))


class VectorEnv(gymnasium.vector.VectorEnv):
    """Copies of a task, stepped by threads of the library without the interpreter's lock.

    task: "HalfCheetah-v5" and so on, see task_names(); `options` are the task's own, as vantage-train --task-option.
    threads: None takes all cores; results do not depend on it. seed: of episodes that no reset gave a seed.
    max_episode_steps: None is the task's own time limit, 0 none.
    copy: each step fills new arrays; with copy=False a step overwrites those that the last step or reset gave.

    autoreset_mode: SAME_STEP, the default: where an episode ends, the observation is the first one of the next, and info
    has "final_obs" and "final_info" of the old one, each with its mask "_final_obs", "_final_info". NEXT_STEP: the
    observation is the last one, and the world's next step begins the next episode, whatever the action, with reward 0.

    The terms of the rewards are in info by their names, "fault" where an episode ended: a simulation that broke down ends
    it as terminated, with a reward of -fault_penalty.

    Actions are the task's own, in its units, and are not clipped, as in Gymnasium. One that is not finite, or not a
    discrete one of the task, or that the observation's mask forbids, raises ValueError before any world moves.
    `mask_row` is where the mask begins in an observation, a number a choice, 1 or 0; None: all are allowed, always.
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(self, task, num_envs=1, threads=None, seed=1, max_episode_steps=None, fault_penalty=100.0, copy=True,
                 autoreset_mode=AutoresetMode.SAME_STEP, **options):
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        if self.autoreset_mode not in _AUTORESETS:
            raise ValueError(f"VectorEnv: expected an autoreset_mode SAME_STEP or NEXT_STEP, got {self.autoreset_mode}")
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        threads = max(1, min(num_envs, os.cpu_count() or 1)) if threads is None else threads
        self._worlds = _make_worlds(task, num_envs, threads, seed, max_episode_steps, fault_penalty,
                                    _AUTORESETS[self.autoreset_mode], options)
        self.num_envs = num_envs
        self.time_limit = self._worlds.time_limit
        self.mask_row = self._worlds.mask_row
        self.single_observation_space, self.single_action_space = _spaces(self._worlds)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._terms = tuple(self._worlds.reward_terms)
        self._copy = copy
        self._sizes = (num_envs, self._worlds.observation_size, len(self._terms))
        self._arrays = _Arrays(*self._sizes)
        self._final = np.empty((num_envs, self._worlds.observation_size))
        self._needs_reset = True

    def reset(self, *, seed=None, options=None):
        """Starts new episodes in all worlds, or in those of options["reset_mask"].

        An int seed: world e draws its stream e of that seed, and so do VectorEnv(seed=...) and the C++ library. A list:
        world e draws what the first world of that seed draws, wherever it stands; None leaves a world its stream.
        Without a seed all go on with the streams that they have.
        """
        worlds = self._open()
        mask = (options or {}).get("reset_mask")
        mask = np.ones(self.num_envs, np.bool_) if mask is None else np.ascontiguousarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"reset: expected a reset_mask of {self.num_envs} booleans, one of them true, got {mask}")
        if self._needs_reset and not mask.all():
            raise ResetNeeded("reset: expected a first reset of all worlds before one with a reset_mask")
        if seed is not None:
            whole = isinstance(seed, (int, np.integer))
            if not whole and len(seed) != self.num_envs:
                raise ValueError(f"reset: expected a seed or {self.num_envs} of them, got {len(seed)}")
            seeds = [_seed(seed)] * self.num_envs if whole else [None if own is None else _seed(own) for own in seed]
            for e in np.flatnonzero(mask).tolist():
                if seeds[e] is not None:
                    worlds.set_seed(e, seeds[e], e if whole else 0)
        if self._copy:
            self._arrays.observations = np.empty_like(self._arrays.observations)
        worlds.reset(mask, self._arrays.observations)
        self._needs_reset = False
        return self._arrays.observations, {}

    def step(self, actions):
        worlds = self._open()
        if self._needs_reset:
            raise ResetNeeded("step: expected a reset before the first step")
        rows = _rows_of_actions(actions, self.action_space, self.num_envs)
        arrays = _Arrays(*self._sizes) if self._copy else self._arrays
        special = worlds.step(rows, arrays.observations, arrays.rewards, arrays.flags, arrays.terms, self._final)
        self._arrays = arrays
        info = self._special_info(arrays) if special else self._plain_info(arrays)
        return arrays.observations, arrays.rewards, arrays.flags[0], arrays.flags[1], info

    def close_extras(self, **kwargs):
        self._worlds = None

    def _open(self):
        if self._worlds is None:
            raise ClosedEnvironmentError("this vector of environments is closed")
        return self._worlds

    def _plain_info(self, arrays):
        info = {}
        for name, numbers in zip(self._terms, arrays.terms):
            info[name], info[f"_{name}"] = numbers, np.ones(self.num_envs, np.bool_)
        return info

    def _info_of(self, chosen, numbers):
        """As Gymnasium's own vectors have it: nothing of no world, zeros and a false mask for all others."""
        info = {}
        for name, own in numbers.items() if chosen.any() else ():
            info[name], info[f"_{name}"] = np.where(chosen, own, np.zeros((), own.dtype)), chosen.copy()
        return info

    def _special_info(self, arrays):
        """Where an episode ended or began."""
        terminated, truncated, fault, began = arrays.flags
        ended = terminated | truncated
        terms = dict(zip(self._terms, arrays.terms))
        if self.autoreset_mode == AutoresetMode.NEXT_STEP:
            return self._info_of(~began, terms) | self._info_of(ended, {"fault": fault})
        observations = np.full(self.num_envs, None, dtype=object)
        for e in np.flatnonzero(ended):
            observations[e] = self._final[e].copy()
        return {"final_obs": observations, "_final_obs": ended, "_final_info": ended.copy(),
                "final_info": self._info_of(ended, {**terms, "fault": fault}), **self._info_of(~ended, terms)}


class Env(gymnasium.Env):
    """One world, for what wants a gymnasium.Env. Options and actions are those of VectorEnv; an episode that ends waits
    for reset. reset(seed=s) begins the episode of the first world of a VectorEnv with that seed. Arrays are new ones."""

    metadata = {"render_modes": []}

    def __init__(self, task, seed=1, max_episode_steps=None, fault_penalty=100.0, render_mode=None, **options):
        if render_mode is not None:
            raise ValueError(f"Env: expected no render_mode, got {render_mode}; vantage-render draws")
        self._worlds = _make_worlds(task, 1, 1, seed, max_episode_steps, fault_penalty, _vantage.Autoreset.none, options)
        self.render_mode = None
        self.observation_space, self.action_space = _spaces(self._worlds)
        self.mask_row = self._worlds.mask_row
        self._terms = tuple(self._worlds.reward_terms)
        self._sizes = (1, self._worlds.observation_size, len(self._terms))
        self._playing = False

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self._worlds.set_seed(0, _seed(seed), 0)
        observations = np.empty((1, self._worlds.observation_size))
        self._worlds.reset(np.ones(1, np.bool_), observations)
        self._playing = True
        return observations[0], {}

    def step(self, action):
        if not self._playing:
            raise ResetNeeded("step: expected a reset before the first step and after each end of an episode")
        rows = _rows_of_actions(action, self.action_space, 1)
        arrays, final = _Arrays(*self._sizes), np.empty(self._sizes[:2])
        self._worlds.step(rows, arrays.observations, arrays.rewards, arrays.flags, arrays.terms, final)
        terminated, truncated, fault, _ = arrays.flags[:, 0].tolist()
        self._playing = not (terminated or truncated)
        info = dict(zip(self._terms, arrays.terms[:, 0].tolist())) | ({} if self._playing else {"fault": fault})
        return arrays.observations[0], float(arrays.rewards[0]), terminated, truncated, info
