# SPDX-License-Identifier: MIT
"""Worlds are Gymnasium's, step for step."""
import os
import sys
import threading
import time
import unittest
import warnings

import gymnasium
import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import vantage

CLASSIC = {"Acrobot-v1", "CartPole-v1", "ContinuousCartPole-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1",
           "PointMass"}


def copied(step):
    return tuple(part.copy() for part in step[:4])


def played(envs, steps, seed=None, actions_seed=9):
    """All observations, rewards and ends of some steps of drawn actions."""
    envs.action_space.seed(actions_seed)
    first, _ = envs.reset(seed=seed)
    history = [(first.copy(),)]
    for _ in range(steps):
        history.append(copied(envs.step(envs.action_space.sample())))
    return history


class Peer:
    """Gymnasium's own world, put where one of ours is; how is said for each task."""

    def __init__(self, task, options):
        self.task, self.env = task, gymnasium.make(task, **options).unwrapped

    def follow(self, observation):
        x = np.asarray(observation, np.float64)
        self.env.reset()
        if self.task == "Pendulum-v1":
            self.env.state = np.array([np.arctan2(x[1], x[0]), x[2]])
        elif self.task == "Acrobot-v1":
            self.env.state = np.array([np.arctan2(x[1], x[0]), np.arctan2(x[3], x[2]), x[4], x[5]])
        elif self.task in CLASSIC:
            self.env.state = x.copy()
        else:
            positions, velocities = self.env.model.nq, self.env.model.nv
            self.env.set_state(x[:positions], x[positions:positions + velocities])


class WorldsTest(unittest.TestCase):
    def follows_gymnasium(self, tasks, tolerance, **options):
        for task in tasks:
            ours = vantage.VectorEnv(task, 2, seed=4, **options)
            ours.action_space.seed(4)
            observations, _ = ours.reset()
            peers = [Peer(task, options), Peer(task, options)]
            self.assertEqual(ours.single_action_space, peers[0].env.action_space, task)
            self.assertEqual(ours.single_observation_space.shape, peers[0].env.observation_space.shape, task)
            for peer, observation in zip(peers, observations):
                peer.follow(observation)
            for t in range(60):
                actions = ours.action_space.sample()
                # in single precision Gymnasium would pay in single precision
                actions = actions.astype(np.float64) if actions.dtype == np.float32 else actions
                observations, rewards, terminated, truncated, info = ours.step(actions)
                self.assertFalse(truncated.any())
                for e, peer in enumerate(peers):
                    expected, reward, end, _, _ = peer.env.step(actions[e])
                    shown = info["final_obs"][e] if terminated[e] else observations[e]
                    np.testing.assert_allclose(shown, expected, rtol=tolerance, atol=tolerance, err_msg=f"{task} {t}")
                    np.testing.assert_allclose(rewards[e], float(reward), rtol=tolerance, atol=tolerance, err_msg=f"{task} {t}")
                    self.assertEqual(terminated[e], end)
                    if end:
                        peer.follow(observations[e])

    def test_classic_worlds_are_gymnasiums(self):
        """Whose observations are in single precision."""
        self.follows_gymnasium(("CartPole-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1", "Acrobot-v1"), 1e-5)

    def test_robots_are_gymnasiums(self):
        try:
            import mujoco
        except ImportError as error:
            if "VANTAGE_ALL_CHECKS" in os.environ:
                raise
            self.skipTest(str(error))
        del mujoco
        # with all of its place a robot's state is observed
        self.follows_gymnasium(("HalfCheetah-v5", "Walker2d-v5", "Ant-v5", "Hopper-v4"), 1e-12,
                               exclude_current_positions_from_observation=False)
        self.follows_gymnasium(("InvertedPendulum-v5",), 1e-12)

    def test_gymnasiums_checker_passes_on_every_task(self):
        self.assertTrue(vantage.has_mujoco())
        self.assertTrue(CLASSIC < set(vantage.task_names()) and len(vantage.task_names()) >= 30)
        for task in vantage.task_names():
            with self.subTest(task), warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                check_env(gymnasium.make(f"vantage/{task}").unwrapped)
            # of taste: infinite bounds of observations, bounds of actions that are not 1, version 4 beside 5
            others = [str(warning.message) for warning in said
                      if not any(words in str(warning.message) for words in ("infinity", "symmetric and norm", "out of date"))]
            self.assertEqual(others, [], task)

    def test_a_vector_is_what_gymnasium_makes_of_single_worlds(self):
        """All that comes back is what Gymnasium's own vector of Env gives, infos too, in both modes."""
        for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
            for task, options in (("CartPole-v1", {}), ("Hopper-v5", {}), ("Pendulum-v1", {"max_episode_steps": 7}),
                                  ("Ant-v5", {"max_episode_steps": 9, "reset_noise_scale": 0.3})):
                ours = vantage.VectorEnv(task, 3, threads=2, autoreset_mode=mode, **options)
                theirs = SyncVectorEnv([lambda: vantage.Env(task, **options)] * 3, autoreset_mode=mode)
                self.assertEqual((ours.metadata, ours.observation_space, ours.action_space, ours.single_action_space),
                                 (theirs.metadata, theirs.observation_space, theirs.action_space, theirs.single_action_space))
                self.same(ours.reset(seed=[21, 22, 23]), theirs.reset(seed=21))
                ours.action_space.seed(3)
                ends = 0
                for t in range(150):
                    actions = ours.action_space.sample()
                    mine, other = ours.step(actions), theirs.step(actions)
                    self.same(mine, other)
                    ends += np.count_nonzero(mine[2] | mine[3])
                    # a reset of some amid it
                    if t in (40, 90):
                        mask = np.array([True, False, True])
                        self.same(ours.reset(options={"reset_mask": mask}), theirs.reset(options={"reset_mask": mask}))
                self.assertGreater(ends, 5, (mode, task))

    def same(self, mine, other):
        self.assertTrue(data_equivalence(mine, other, exact=True), (mine, other))

    def test_results_do_not_depend_on_threads(self):
        for task in ("CartPole-v1", "Hopper-v5"):
            alone = played(vantage.VectorEnv(task, 7, threads=1), 60)
            for threads in (2, 3, None):
                np.testing.assert_equal(played(vantage.VectorEnv(task, 7, threads=threads), 60), alone)

    def test_seeds_are_honoured(self):
        envs = vantage.VectorEnv("Hopper-v5", 4, seed=8)
        first, _ = envs.reset(seed=5)
        history = played(envs, 40, seed=5)
        np.testing.assert_equal(played(envs, 40, seed=5), history)
        np.testing.assert_array_equal(history[0][0], first)
        self.assertEqual(len(np.unique(first, axis=0)), 4)
        # made with a seed is reset with it, but for the episodes that its making began
        other = vantage.VectorEnv("Hopper-v5", 4, seed=5)
        self.assertFalse(np.array_equal(other.reset()[0], first))
        np.testing.assert_array_equal(other.reset(seed=np.int64(5))[0], first)
        # a list: the same wherever it stands, as one world of that seed; None goes on
        alone = vantage.VectorEnv("Hopper-v5", 1).reset(seed=6)[0][0]
        listed, _ = envs.reset(seed=[6, 7, 6, None])
        np.testing.assert_array_equal(listed[[0, 2]], [alone, alone])
        np.testing.assert_array_equal(vantage.Env("Hopper-v5").reset(seed=6)[0], alone)
        self.assertEqual(len(np.unique(listed, axis=0)), 3)

    def test_a_mask_resets_its_worlds_alone(self):
        envs = vantage.VectorEnv("Hopper-v5", 3)
        envs.reset(seed=1)
        before = envs.step(np.zeros((3, 3)))[0]
        after, _ = envs.reset(seed=9, options={"reset_mask": np.array([False, True, False])})
        np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
        np.testing.assert_array_equal(after[1], vantage.VectorEnv("Hopper-v5", 3).reset(seed=9)[0][1])

    def test_arrays_are_new_or_the_same(self):
        for copy in (True, False):
            envs = vantage.VectorEnv("HalfCheetah-v5", 2, copy=copy)
            first, _ = envs.reset(seed=2)
            begin = first.copy()
            one = envs.step(np.zeros((2, 6)))
            kept = [part.copy() for part in one[:4]]
            two = envs.step(np.ones((2, 6)))
            for old, new, value in zip(one, two, kept):
                self.assertEqual(np.shares_memory(old, new), not copy)
                if copy:
                    np.testing.assert_array_equal(old, value)
            self.assertEqual(np.array_equal(first, begin), copy)
        reused, fresh = (played(vantage.VectorEnv("CartPole-v1", 5, copy=copy), 80) for copy in (False, True))
        np.testing.assert_equal(reused, fresh)

    def test_a_step_lets_other_threads_of_python_run(self):
        envs = vantage.VectorEnv("Humanoid-v5", 16, threads=1)
        envs.reset(seed=1)
        actions = np.zeros((16, 17))
        turns, done = [0], threading.Event()

        def count():
            while not done.is_set():
                turns[0] += 1
                time.sleep(0)

        interval = sys.getswitchinterval()
        other = threading.Thread(target=count)
        other.start()
        try:
            # from here on the lock goes from this thread to the other where a call gives it up, and nowhere else
            sys.setswitchinterval(1000)
            begin, before = time.perf_counter(), turns[0]
            while turns[0] == before and time.perf_counter() - begin < 60:
                envs.step(actions)
            gained = turns[0] - before
        finally:
            sys.setswitchinterval(interval)
            done.set()
            other.join()
        self.assertGreater(gained, 0)

    def test_a_fault_ends_an_episode_with_its_penalty(self):
        envs = vantage.VectorEnv("PointMass", 2, fault_penalty=3.5)
        observations, _ = envs.reset(seed=1)
        width = envs.single_action_space.shape[0]
        actions = np.zeros((2, width))
        actions[1] = 1e30
        _, rewards, terminated, truncated, info = envs.step(actions)
        self.assertEqual((terminated.tolist(), truncated.tolist(), rewards[1]), ([False, True], [False, False], -3.5))
        self.assertEqual(info["final_info"]["fault"].tolist(), [False, True])
        np.testing.assert_array_equal(info["final_obs"][1], observations[1])

    def test_gymnasiums_wrappers_take_it(self):
        """Gymnasium 1.2's RecordEpisodeStatistics and NormalizeObservation understand NEXT_STEP alone."""
        envs = gymnasium.make_vec("vantage/CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point",
                                  autoreset_mode=AutoresetMode.NEXT_STEP)
        self.assertIsInstance(envs.unwrapped, vantage.VectorEnv)
        wrapped = gymnasium.wrappers.vector.RecordEpisodeStatistics(gymnasium.wrappers.vector.NormalizeObservation(envs))
        wrapped.reset(seed=3)
        length, episodes = np.zeros(3), 0
        for _ in range(100):
            _, rewards, terminated, truncated, info = wrapped.step(np.ones(3, np.int64))
            length += rewards
            ended = terminated | truncated
            if ended.any():
                np.testing.assert_array_equal(info["episode"]["l"][ended], length[ended])
                length[ended] = 0
                episodes += np.count_nonzero(ended)
        self.assertGreater(episodes, 20)
        self.assertEqual(repr(envs.unwrapped), "VectorEnv(vantage/CartPole-v1, num_envs=3)")

    def test_what_is_wrong_is_refused_before_any_world_moves(self):
        hopper, pole = vantage.VectorEnv("Hopper-v5", 2), vantage.VectorEnv("CartPole-v1", 2)
        with self.assertRaises(ResetNeeded):
            hopper.step(np.zeros((2, 3)))
        with self.assertRaises(ResetNeeded):
            hopper.reset(options={"reset_mask": np.array([True, False])})
        hopper.reset(seed=1)
        pole.reset(seed=1)
        bad = np.zeros((2, 3))
        bad[1, 2] = np.nan
        for envs, actions, error, words in (
                (hopper, np.zeros((2, 4)), ValueError, r"shape \(2, 3\), got \(2, 4\)"),
                (hopper, np.zeros(3), ValueError, r"got \(3,\)"),
                (hopper, np.zeros((2, 3), int), TypeError, "floating-point numbers, got int64"),
                (hopper, bad, ValueError, "finite actions, got nan for environment 1"),
                (pole, np.array([0, 2]), ValueError, "from 0 to 1, got 2 for environment 1"),
                (pole, np.array([-1, 0]), ValueError, "got -1 for environment 0"),
                (pole, np.array([0.0, 1.0]), TypeError, "whole numbers, got float64"),
                (pole, np.array([[0], [1]]), ValueError, r"shape \(2,\), got \(2, 1\)")):
            with self.assertRaisesRegex(error, words):
                envs.step(actions)
        untouched = vantage.VectorEnv("CartPole-v1", 2)
        untouched.reset(seed=1)
        np.testing.assert_equal(pole.step(np.array([0, 1])), untouched.step(np.array([0, 1])))
        for seed, options in (([1], None), (None, {"reset_mask": np.array([True])}), (None, {"reset_mask": np.zeros(2, bool)}),
                              (None, {"reset_mask": np.ones(2)}),
                              (-1, None), (2**64, None), ([1, 2.5], None)):
            with self.assertRaisesRegex(ValueError, "expected a (seed|reset_mask)"):
                hopper.reset(seed=seed, options=options)
        for arguments, words in ((("Hoper-v5",), 'task: there is no "Hoper-v5"; the nearest is Hopper-v5'),
                                 (("Hopper-v5", 0), "count >= 1"), (("Hopper-v5", 1, 0), "1 to 1024 threads")):
            with self.assertRaisesRegex(ValueError, words):
                vantage.VectorEnv(*arguments)
        for options, words in (({"reset_noise": 1.0}, 'has no option "reset_noise"'),
                               ({"reset_noise_scale": "much"}, "task option reset_noise_scale: expected a number")):
            with self.assertRaisesRegex(ValueError, words):
                vantage.VectorEnv("Hopper-v5", **options)
        with self.assertRaisesRegex(ValueError, "SAME_STEP or NEXT_STEP, got AutoresetMode.DISABLED"):
            vantage.VectorEnv("Hopper-v5", autoreset_mode=AutoresetMode.DISABLED)
        hopper.close()
        hopper.close()
        for call in (hopper.reset, lambda: hopper.step(np.zeros((2, 3)))):
            with self.assertRaises(ClosedEnvironmentError):
                call()
        single = vantage.Env("CartPole-v1", max_episode_steps=1)
        single.reset()
        self.assertTrue(single.step(0)[3])
        with self.assertRaises(ResetNeeded):
            single.step(0)

    def test_options_are_the_tasks(self):
        envs = vantage.VectorEnv("Hopper-v5", 1, healthy_z_range=(0.5, np.inf), terminate_when_unhealthy=False,
                                 randomise="friction=0.5:1.5")
        envs.reset(seed=1)
        for _ in range(200):
            _, _, terminated, _, _ = envs.step(np.ones((1, 3)))
            self.assertFalse(terminated.any())
        # of a HalfCheetah the noise is all that the first observation shows
        quiet, _ = vantage.VectorEnv("HalfCheetah-v5", 16, reset_noise_scale=2.5e-4).reset(seed=1)
        self.assertTrue(1e-4 < quiet.std() < 4e-4, quiet.std())
        self.assertEqual((envs.time_limit, vantage.VectorEnv("Hopper-v5", max_episode_steps=50).time_limit), (1000, 50))


if __name__ == "__main__":
    unittest.main()
