# SPDX-License-Identifier: MIT
"""Policies act as the library's do."""
import collections
import json
import pathlib
import tempfile
import unittest

import numpy as np

import vantage
from programs import evaluated, trained

STILL = ("--task-option", "reset_noise_scale=0")


def observations_of(task, count, steps=20):
    """Some that the task shows."""
    envs = vantage.VectorEnv(task, count, seed=5)
    envs.action_space.seed(5)
    observations, _ = envs.reset()
    for _ in range(steps):
        observations, *_ = envs.step(envs.action_space.sample())
    return observations


def network(policy, file, observations):
    """The network's outputs by NumPy: the normaliser, and tanh layers of weights (out x in, column after column) and biases."""
    arrays = vantage.read_checkpoint(file)
    x = observations
    if policy.normalizer is not None:
        mean = arrays["normalizer.moments.mean"]
        deviation = np.sqrt(arrays["normalizer.moments.squares"] / arrays["normalizer.moments.count"] +
                            arrays["normalizer.epsilon"])
        x = np.clip((observations - mean) / deviation, -arrays["normalizer.clip"], arrays["normalizer.clip"])
    parameters = arrays["policy.parameters"].astype(np.float64)
    widths = [int(width) for width in policy.metadata["widths"].split(",")]
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        weights, bias, parameters = np.split(parameters, [inputs * outputs, (inputs + 1) * outputs])
        x = x @ weights.reshape(inputs, outputs) + bias
        if layer + 2 < len(widths):
            x = np.tanh(x)
    return x


class PolicyTest(unittest.TestCase):
    def test_an_episode_has_the_return_that_vantage_eval_gives_it(self):
        """To the last bit, after a thousand steps of a chaotic robot; only an episode without chance is the same there."""
        for task in ("HalfCheetah-v5", "Hopper-v5"):
            file = trained(task, *STILL) / "policy.safetensors"
            policy = vantage.load_policy(file)
            self.assertEqual((policy.task, float(policy.task_options["reset_noise_scale"])), (task, 0))
            expected = evaluated(file)
            envs = vantage.VectorEnv(policy.task, 3, **policy.task_options)
            observations, _ = envs.reset(seed=11)
            total, length, ended = 0.0, 0, False
            while not ended:
                observations, rewards, terminated, truncated, _ = envs.step(policy.act(observations))
                total, length, ended = total + rewards[1], length + 1, terminated[1] or truncated[1]
            self.assertEqual((total, length), (expected["return"]["mean"], expected["length"]["mean"]), task)

    def test_continuous_actions_are_the_networks(self):
        for task, options in (("Hopper-v5", ()), ("Pendulum-v1", ("--action-map", "clip_and_rescale")),
                              ("Pendulum-v1", ("--no-normalize-observations", "--action-map", "squash_and_rescale"))):
            file = trained(task, *options) / "policy.safetensors"
            policy = vantage.load_policy(file)
            observations = observations_of(task, 40)
            raw = network(policy, file, observations)
            low, high = policy.action_low, policy.action_high
            expected = {"clip": lambda: np.clip(raw, low, high),
                        "clip_and_rescale": lambda: low + 0.5 * (np.clip(raw, -1, 1) + 1) * (high - low),
                        "squash_and_rescale": lambda: low + 0.5 * (np.tanh(raw) + 1) * (high - low)}[policy.action_map]()
            actions = policy.act(observations)
            self.assertEqual((actions.shape, actions.dtype), (raw.shape, np.float64))
            self.assertGreater(np.ptp(actions), 1e-3)
            np.testing.assert_allclose(actions, expected, rtol=0, atol=2e-6)
            self.assertEqual(policy.normalizer is None, "--no-normalize-observations" in options)

    def test_discrete_actions_are_the_networks_best(self):
        file = trained("CartPole-v1") / "policy.safetensors"
        policy = vantage.load_policy(file)
        observations = observations_of("CartPole-v1", 200)
        outputs = network(policy, file, observations)
        clear = np.abs(outputs[:, 0] - outputs[:, 1]) > 1e-5
        actions = policy.act(observations)
        self.assertEqual((actions.shape, actions.dtype, policy.discrete_actions), ((200,), np.int64, 2))
        self.assertTrue(clear.mean() > 0.9 and len(set(actions)) == 2)
        np.testing.assert_array_equal(actions[clear], outputs.argmax(axis=1)[clear])

    def test_several_actions_are_the_best_that_a_mask_allows(self):
        """Of a file written here: two actions of three and two choices, a linear policy, the mask behind one number."""
        rng = np.random.default_rng(3)
        weights, bias = rng.normal(size=(6, 5)).astype(np.float32), rng.normal(size=5).astype(np.float32)
        parameters = np.concatenate([weights.ravel(), bias]).tobytes()
        metadata = {"format": "vantage policy 2", "task": "junction", "widths": "6,5", "activation": "tanh",
                    "action_map": "none", "distribution": "categorical", "action_choices": "3,2", "mask_row": "1"}
        header = json.dumps({"__metadata__": metadata, "policy.parameters": {
            "dtype": "F32", "shape": [35], "data_offsets": [0, len(parameters)]}}).encode()
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "policy.safetensors"
            file.write_bytes(len(header).to_bytes(8, "little") + header + parameters)
            policy = vantage.load_policy(file)
        self.assertEqual((policy.choices, policy.discrete_actions, policy.mask_row), ((3, 2), 0, 1))
        masks = np.array([[bits >> k & 1 for k in range(5)] for bits in range(32) if bits & 7 and bits & 24])
        masks = np.tile(masks, (50, 1))
        observations = np.column_stack([rng.normal(size=len(masks)), masks])
        logits = np.where(masks == 1, observations @ weights + bias, -np.inf)
        best = np.column_stack([logits[:, :3].argmax(axis=1), logits[:, 3:].argmax(axis=1)])
        actions = policy.act(observations)
        self.assertEqual((actions.shape, actions.dtype), (best.shape, np.int64))
        np.testing.assert_array_equal(actions, best)
        np.testing.assert_array_equal(policy.act(observations[7]), best[7])
        drawn = policy.act(observations, deterministic=False)
        rows = np.arange(len(masks))
        self.assertTrue((masks[rows, drawn[:, 0]] == 1).all() and (masks[rows, 3 + drawn[:, 1]] == 1).all())
        self.assertTrue((drawn != best).any())
        observations[4, 4:] = 0
        for deterministic in (True, False):
            with self.assertRaisesRegex(ValueError, "observation 4: "):
                policy.act(observations, deterministic)

    def test_an_action_does_not_depend_on_its_batch(self):
        for task in ("Hopper-v5", "CartPole-v1"):
            policy = vantage.load_policy(trained(task) / "policy.safetensors")
            observations = observations_of(task, 33)
            alone = np.array([policy.act(observation) for observation in observations])
            np.testing.assert_array_equal(policy.act(observations), alone)
            # a view with gaps, and none at all
            np.testing.assert_array_equal(policy.act(np.repeat(observations, 2, axis=0)[::2]), alone)
            self.assertEqual(len(policy.act(observations[:0])), 0)
            single = observations.astype(np.float32)
            np.testing.assert_array_equal(policy.act(single), policy.act(single.astype(np.float64)))

    def test_samples_have_the_policys_distribution(self):
        """4 deviations of each estimate: false alarms come once in 16000; the seeds are fixed."""
        file = trained("Pendulum-v1", "--log-std", "-2", "--action-map", "clip") / "policy.safetensors"
        policy, again, other = (vantage.load_policy(file, seed=seed) for seed in (3, 3, 4))
        observation = observations_of("Pendulum-v1", 1)
        count = 20000
        samples = policy.act(np.repeat(observation, count, axis=0), deterministic=False)[:, 0]
        # the logarithm of the deviation is the last parameter
        mode, deviation = policy.act(observation)[0, 0], np.exp(vantage.read_checkpoint(file)["policy.parameters"][-1])
        self.assertLess(abs(deviation - np.exp(-2)), 0.02)
        self.assertLess(abs(mode) + 5 * deviation, 2)
        self.assertLess(abs(samples.mean() - mode), 4 * deviation / np.sqrt(count))
        self.assertLess(abs(samples.std() - deviation), 4 * deviation / np.sqrt(2 * count))
        first = again.act(observation[0], deterministic=False)
        self.assertEqual(first, samples[0])
        self.assertNotEqual(other.act(observation[0], deterministic=False), samples[0])

        file = trained("CartPole-v1") / "policy.safetensors"
        policy = vantage.load_policy(file)
        observation = observations_of("CartPole-v1", 1)
        outputs = network(policy, file, observation)[0]
        share = np.exp(outputs[1]) / np.exp(outputs).sum()
        actions = policy.act(np.repeat(observation, count, axis=0), deterministic=False)
        self.assertEqual(set(collections.Counter(actions.tolist())), {0, 1})
        self.assertLess(abs(actions.mean() - share), 4 * np.sqrt(share * (1 - share) / count))

    def test_what_is_wrong_is_refused_in_words(self):
        file = trained("Hopper-v5") / "policy.safetensors"
        policy = vantage.load_policy(file)
        good = observations_of("Hopper-v5", 3)
        for observations, error, words in (
                (good[:, :5], ValueError, r"shape \(11,\) or \(N, 11\), got \(3, 5\)"),
                (good[0, :5], ValueError, r"got \(5,\)"),
                (good[None], ValueError, r"got \(1, 3, 11\)"),
                (1.0, ValueError, r"got \(\)"),
                (good.astype(np.int64), TypeError, "float32 or float64, got int64"),
                (good.astype(np.float16), TypeError, "got float16"),
                (good.astype(str), TypeError, "float32 or float64")):
            with self.assertRaisesRegex(error, words):
                policy.act(observations)
        for number in (np.nan, np.inf):
            bad = good.copy()
            bad[2, 4] = number
            for deterministic in (True, False):
                with self.assertRaisesRegex(ValueError, "observation 2: .*finite action"):
                    policy.act(bad, deterministic)
        damaged = bytearray(file.read_bytes())
        damaged[-1] ^= 1
        broken = file.with_name("broken.safetensors")
        broken.write_bytes(damaged)
        for path, words in ((broken, "damaged"), (file.with_name("missing"), "missing"),
                            (file.with_name("checkpoint.safetensors"), "policy: expected the metadata format")):
            with self.assertRaisesRegex(vantage.FileError, words):
                vantage.load_policy(path)
        self.assertTrue(issubclass(vantage.FileError, OSError))

    def test_it_says_what_its_file_says(self):
        policy = vantage.load_policy(str(trained("Hopper-v5") / "policy.safetensors"))
        self.assertEqual((policy.observation_size, policy.action_size, policy.discrete_actions), (11, 3, 0))
        self.assertEqual((policy.metadata["task"], policy.metadata["widths"]), ("Hopper-v5", "11,16,24,3"))
        self.assertEqual((policy.action_low.tolist(), policy.action_high.tolist()), ([-1] * 3, [1] * 3))
        arrays = vantage.read_checkpoint(trained("Hopper-v5") / "policy.safetensors")
        np.testing.assert_array_equal(policy.normalizer.shift, arrays["normalizer.moments.mean"])
        np.testing.assert_array_equal(policy.normalizer.clip, [10] * 11)
        self.assertEqual(repr(policy), "Policy(Hopper-v5: 11 numbers -> 3 numbers)")


if __name__ == "__main__":
    unittest.main()
