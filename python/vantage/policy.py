# SPDX-License-Identifier: MIT
"""Policies that vantage-train or save_policy wrote."""
import collections

import numpy as np

from . import _vantage

Normalizer = collections.namedtuple("Normalizer", "shift scale clip")
Normalizer.__doc__ = ("What an observation goes through first: clip((x - shift) * scale, -clip, clip), "
                      "an entry a component each.")


def load_policy(path, seed=1):
    """Reads a policy file in single precision, as vantage-eval does. `seed` is of the samples that the policy draws.

    Raises FileError for a file that is damaged or holds something else.
    """
    return Policy(path, seed)


class Policy:
    """A policy as it is deployed: takes observations as the task gives them, and gives actions in the task's own units.

    `metadata` is what its file says, text by key; `task` and `task_options` are the world that it learned in.
    """

    def __init__(self, path, seed=1):
        self._policy = _vantage.Policy(path, seed)
        self.metadata = self._policy.metadata
        self.task = self.metadata.get("task", "")
        prefix = "task_option."
        self.task_options = {key[len(prefix):]: value for key, value in self.metadata.items() if key.startswith(prefix)}
        self.observation_size = self._policy.observation_size
        self.action_size = self._policy.action_size
        self.choices = tuple(self._policy.choices)  # of each discrete action; empty: continuous
        self.discrete_actions = self.choices[0] if len(self.choices) == 1 else 0  # of one; 0: continuous, or several
        self.mask_row = self._policy.mask_row  # where observations say which are allowed; None: nowhere
        self.action_low = np.array(self._policy.action_low)
        self.action_high = np.array(self._policy.action_high)
        self.action_map = self._policy.action_map
        found = self._policy.normalizer
        self.normalizer = None if found is None else Normalizer(*map(np.array, found))

    def act(self, observations, deterministic=True):
        """The action for one observation of shape (O,), or those for a batch of shape (N, O).

        An action is the policy's mode or, with deterministic=False, a sample. Each is computed by itself, so it has the
        same bits whatever batch it stands in. Continuous actions are float64 of shape (A,) or (N, A), in a new array;
        discrete ones are int64, a number or of shape (N,), and several at once of shape (A,) or (N, A).

        Raises TypeError unless the observations are float32 or float64, ValueError for another shape, and for an
        observation that is not finite or gives an action that is not, with its row.
        """
        given = np.asarray(observations)
        if given.dtype not in (np.float32, np.float64):
            raise TypeError(f"act: expected observations of float32 or float64, got {given.dtype}")
        if given.ndim not in (1, 2) or given.shape[-1] != self.observation_size:
            raise ValueError(f"act: expected observations of shape ({self.observation_size},) or "
                             f"(N, {self.observation_size}), got {given.shape}")
        rows = np.ascontiguousarray(given, dtype=np.float64).reshape(-1, self.observation_size)
        actions = np.empty((len(rows), self.action_size))
        self._policy.act(rows, actions, deterministic)
        if self.choices:
            actions = actions.astype(np.int64)
        if self.discrete_actions:
            actions = actions[:, 0]
        return actions if given.ndim == 2 else actions[0]

    def __repr__(self):
        kind = f"{'x'.join(map(str, self.choices))} actions" if self.choices else f"{self.action_size} numbers"
        return f"Policy({self.task or 'no task'}: {self.observation_size} numbers -> {kind})"
