#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of options, their files and what they refuse: configuration_test.py <test> <vantage-train>
<vantage-eval> [<documentation>]."""
import json
import os
import pathlib
import re
import subprocess
import sys

from programs import EVAL, SMALL, TRAIN, evaluate, main, same_run, table, train


def test_refusals(root):
    for options, words in (
            (["--task", "Hoper-v5"], ["Hoper-v5", "nearest is Hopper-v5", "PointMass", "Walker2d-v4"]),
            (["--task", "walker2d"], ["nearest is Walker2d-v5"]),
            (["--task", "Hopper-v3"], ["Hopper-v3", "mujoco-py", "take Hopper-v4"]),
            (["--task", "reacher-v2"], ["reacher-v2", "mujoco-py", "take Reacher-v4"]),
            (["--task", "Ant-v6"], ["no Ant-v6", "Ant-v4 or Ant-v5"]),
            (["--task", "Hopper-v5", "--task-option", "mass=2"],
             ["Hopper-v5 has no option \"mass\"", "healthy_reward", "an option of PointMass"]),
            (["--task", "Hopper-v4", "--task-option", "frame_skip=2"], ["healthy_reward", "an option of Hopper-v5"]),
            (["--task", "Reacher-v4", "--task-option", "frame_skip=2"], ["it has max_episode_steps, physics, randomise;", "an option of Reacher-v5"]),
            (["--task", "Hopper-v5", "--task-option", "frame_skp=2"], ["nearest is frame_skip"]),
            (["--task", "Hopper-v5", "--task-option", "frame_skip=many"], ["frame_skip", "whole number", "many"]),
            (["--task", "Hopper-v5", "--task-option", "healthy_reward=nan"], ["healthy_reward", "a number", "nan"]),
            (["--task", "Hopper-v5", "--task-option", "healthy_z_range=2,1"], ["healthy_z_range low <= high", "2, 1"]),
            (["--task", "Hopper-v5", "--task-option", "terminate_when_unhealthy=maybe"], ["true or false", "maybe"]),
            (["--task", "Hopper-v5", "--task-option", "frame_skip"], ["name=value"]),
            (["--batch", "1000"], ["--batch", "1000", "16"]),
            (["--update", "magic"], ["--update", "magic"]),
            (["--gamma", "1.5"], ["--gamma", "1.5"]),
            (["--steps", "-1"], ["--steps", "expected a whole number > 0, got -1"]),
            (["--learning-rate", "0"], ["--learning-rate", "expected a number > 0, got 0"]),
            (["--nonsense"], ["--nonsense"]),
            (["--update", "trpo", "--clip-range", "0.1"], ["--clip-range", "--update trpo"]),
            (["--clip-range", "0.1"], ["--clip-range", "--update vpg"]),
            (["--update", "ppo", "--backtracks", "3"], ["--backtracks", "--update ppo"]),
            (["--update", "npg", "--policy-learning-rate", "1e-3"], ["--policy-learning-rate", "--update npg"]),
            (["--update", "npg", "--shared-backbone"], ["--shared-backbone", "--update npg"]),
            (["--update", "ppo", "--shared-backbone", "--value-steps", "3"], ["--value-steps", "--no-shared-backbone"]),
            (["--update", "ppo", "--value-coefficient", "1"], ["--value-coefficient", "expected --shared-backbone"]),
            (["--update", "trpo", "--advantage-normalization", "minibatch"], ["--advantage-normalization", "trpo"]),
            (["--update", "ppo", "--recompute-advantages", "--value-steps", "33"], ["--value-steps", "multiple", "33"]),
            (["--update", "ppo", "--representation", "probing"], ["--representation", "--value policy-conditioned"]),
            (["--update", "ppo", "--value", "policy-conditioned", "--representation", "raw"],
             ["--representation: expected probing or functional", "got raw"]),
            (["--value", "policy-conditioned", "--diagnose", "values"], ["--diagnose", "--value policy-conditioned"]),
            (["--value", "policy-conditioned", "--advantage", "reward_to_go"], ["--value", "--advantage gae"]),
            (["--policy-minibatch", "4096"], ["--policy-minibatch", "2048", "4096"]),
            (["--adaptive-kl", "0.01", "--min-learning-rate", "1"], ["--min-learning-rate", "--max-learning-rate"]),
            (["--config", str(root / "missing.toml")], ["missing.toml"]),
            (["--resume"], ["--resume"]),
            (["--update", "npg", "--preset", "--kl-radius", "0.1"], ["--kl-radius", "--step-size 0"]),
            (["--update", "a2c", "--shared-backbone", "--value-only-iterations", "3"], ["--value-only-iterations"]),
            (["--max-ratio", "0.5"], ["--max-ratio", "0.5"]),
            (["--task", "PointMass", "--action-map", "clip_and_rescale"], ["--action-map", "PointMass"])):
        output = train(root / "refused", *options, code=2)
        assert all(word in output for word in words), (options, output)
    # every task of the list can be made: the refusal that follows is of the batch
    names = train(root / "refused", "--task", "?", code=2).split("all tasks: ")[1].strip().split(", ")
    mujoco = ("Ant", "HalfCheetah", "Hopper", "Humanoid", "HumanoidStandup", "InvertedDoublePendulum",
              "InvertedPendulum", "Pusher", "Reacher", "Swimmer", "Walker2d")
    assert {f"{name}-v{version}" for name in mujoco for version in (4, 5)} <= set(names), names
    for name in names:
        output = train(root / "refused", "--task", name, "--batch", "1000", code=2)
        assert "--batch: expected a multiple" in output, (name, output)
    (root / "wrong.toml").write_text("task = \"Hopper-v5\"\nlearning_speed = 3\n")
    assert "learning_speed" in train(root / "refused", "--config", root / "wrong.toml", code=2)
    assert not (root / "refused").exists(), "a refused run left a folder behind"

    # what a resume may not change, and damaged files
    train(root / "run", *SMALL, "--steps", 192 * 2)
    assert "--overwrite" in train(root / "run", "--resume", "--overwrite", code=2)
    checkpoint = root / "run/checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    assert "checkpoint.safetensors" in train(root / "run", "--resume", "--steps", 192 * 3, code=1)
    for arguments, words in (([str(root / "none.safetensors")], "none.safetensors"),
                             ([str(checkpoint)], "checkpoint.safetensors"),
                             ([str(root / "run/policy.safetensors"), "--task", "HalfCheetah-v5"], "HalfCheetah-v5"),
                             ([str(root / "run/policy.safetensors"), "--episodes", "0"], "--episodes")):
        result = subprocess.run([EVAL, *arguments], capture_output=True, text=True)
        assert result.returncode in (1, 2) and words in result.stdout + result.stderr, (arguments, result)


    # numbers of vantage-eval are read in full too
    policy = root / "run/policy.safetensors"
    for options, words in ((["--seed", "-1"], "whole number from 0 to 18446744073709551615, got -1"),
                           (["--seed", "99999999999999999999"], "got 99999999999999999999"),
                           (["--episodes", "1.5"], "whole number from 1 "), (["--episodes", "nan"], "got nan")):
        assert words in "".join(note(policy, *options, code=2)), options
    assert note(policy, "--episodes", "2e0", "--seed", 2**64 - 1) == note(policy, "--episodes", 2, "--seed", 2**64 - 1)


def test_resume(root):
    """The command that started a run goes on with it; another value than the run's own is refused."""
    (root / "more.toml").write_text("lambda = 0.9\n[trust-region]\nmax-kl = 0.5\n")
    command = ["--task", "CartPole-v1", "--update", "npg", "--preset", "--batch", 256, "--value-steps", 3, "--hidden", "8,8",
               "--config", root / "more.toml", "--task-option", "max_episode_steps=50", "--learning-rate", "1e-3",
               "--learning-rate-schedule", "constant", "--quiet"]
    train(root / "whole", *command, "--steps", 256 * 9)
    train(root / "cut", *command, "--steps", 256 * 9, "--max-seconds", 1e-9)
    for more in ([], ["--threads", 2, "--checkpoint-every", 3]):
        train(root / "cut", *command, "--steps", 256 * 9, "--resume", *more)
        same_run(root / "whole", root / "cut")
    # what means the same is the same
    train(root / "cut", "--resume", "--task-option", "max_episode_steps=50", "--learning-rate", 0.001, "--hidden", 8, 8,
          "--quiet", "--steps", "2.304e3")
    for options, words in ((["--seed", 3], ["--seed: expected 1 ", "got 3"]),
                           (["--learning-rate", "1e-2"], ["--learning-rate: expected 0.001 ", "got 0.01"]),
                           (["--no-preset"], ["--preset: expected true ", "got false"]),
                           (["--task-option", "max_episode_steps=60"],
                            ["--task-option: expected max_episode_steps=50 ", "got max_episode_steps=60"]),
                           (["--task", "Acrobot-v1"], ["--task: expected CartPole-v1 ", "got Acrobot-v1"]),
                           (["--policy", root / "cut/policy.safetensors"], ["--policy: expected none ", "got /"]),
                           (["--kl-radius", 0.03], ["--kl-radius: expected --step-size 0"]),
                           (["--overwrite"], ["--overwrite"])):
        output = train(root / "cut", "--resume", *options, code=2)
        assert all(word in output for word in words), (options, output)
    (root / "more.toml").write_text("\nlambda = 0.8\n")
    output = train(root / "cut", *command, "--resume", code=2)
    assert "more.toml:2: lambda: expected 0.9 " in output and "got 0.8" in output, output
    # schedules over the whole run hold its length
    train(root / "linear", "--task", "CartPole-v1", "--steps", 4096, "--learning-rate-schedule", "linear", "--quiet")
    output = train(root / "linear", "--resume", "--steps", 8192, code=2)
    assert "--steps: expected the run's own, 4096, on which its schedules depend, got 8192" in output, output


def test_config(root):
    """Texts of any kind come back from config.toml; what is wrong in a file is said with its line."""
    small = ["--task", "CartPole-v1", "--steps", 2048, "--hidden", 8, "--quiet"]
    for name in ("exp #2", "back\\slash", 'it"s', "two\nlines", "ta\tb", "[x]=1 'é'"):
        folder = root / name
        train(folder / "first", *small)
        train(folder / "warm", "--task", "CartPole-v1", "--policy", folder / "first/policy.safetensors", *small[2:4], "--quiet")
        train(folder / "again", "--config", folder / "warm/config.toml", "--quiet")
        same_run(folder / "warm", folder / "again")
        train(folder / "warm", "--resume", "--steps", 4096, "--quiet")
    assert "UTF-8" in train(root / "bytes", *small, "--policy", b"\xff.safetensors", code=2)
    # whole numbers up to the last seed
    train(root / "seed", *small, "--seed", 2**64 - 1)
    train(root / "seed again", "--config", root / "seed/config.toml", "--quiet")
    same_run(root / "seed", root / "seed again")
    assert json.loads((root / "seed/summary.json").read_text())["seed"] == 2**64 - 1
    # as many steps as there can be, of which the first iterations are as those of any long run
    forever = ["--task", "CartPole-v1", "--hidden", 8, "--learning-rate-schedule", "linear", "--quiet"]
    train(root / "forever", *forever, "--steps", 2**63 - 1, "--max-seconds", 1)
    assert all(float(row["policy_learning_rate"]) > 6e-4 for row in table(root / "forever")), table(root / "forever")
    for text, words in (("steps = -4", "bad.toml:2: steps: expected a whole number > 0, got -4"),
                        ("learning_rate = 1e-3", "bad.toml:2: learning_rate: there is no such option; the nearest is learning-rate"),
                        ("steps =", "bad.toml:2:"), ("log-std = nan", "bad.toml:2: log-std: expected a finite number")):
        (root / "bad.toml").write_text("# a run\n" + text + "\n")
        output = train(root / "refused", "--config", root / "bad.toml", code=2)
        assert words in output, output


def note(*arguments, code=0, folder=None):
    result = subprocess.run([EVAL, *map(str, arguments)], capture_output=True, text=True, cwd=folder)
    assert result.returncode == code, (arguments, result)
    return result.stdout, result.stderr


ARM = """<mujoco><option timestep="0.02"/><worldbody>{}<body pos="0 0 .6"><joint name="slider" type="slide" axis="1 0 0"/>
  <geom size=".1"/><body><joint name="hinge" axis="0 1 0"/><geom type="capsule" size=".05" fromto="0 0 0 0 0 .6"/></body></body>
  </worldbody><actuator><motor joint="slider" gear="{}"/></actuator></mujoco>"""


def test_task_options(root):
    """A policy is played in the world that it learned in; what differs is said."""
    changed = ["--task-option", "healthy_reward=5.0", "--task-option", "terminate_when_unhealthy=0"]
    train(root / "run", *SMALL, *changed, "--steps", 192 * 3)
    policy = root / "run/policy.safetensors"
    plain, said = note(policy, "--episodes", 3, "--json")
    assert not said, said
    same, said = note(policy, "--episodes", 3, "--json", "--task-option", "terminate_when_unhealthy=false",
                      "--task-option", "healthy_reward=5")
    assert same == plain and not said, said
    assert json.loads(plain)["length"]["min"] == 1000, plain
    other, said = note(policy, "--episodes", 3, "--json", "--task-option", "healthy_reward=1")
    assert other != plain and said.strip() == ("vantage-eval: note: the policy learned with healthy_reward=5 and plays with "
                                               "healthy_reward=1"), said
    _, said = note(policy, "--episodes", 1, "--task-option", "frame_skip=2")
    assert "learned with frame_skip=4 and plays with frame_skip=2" in said, said
    _, said = note(policy, "--episodes", 1, "--task", "Hopper-v4")
    assert "learned Hopper-v5 and plays Hopper-v4" in said and said.count("\n") == 1, said

    # a model of a relative path, from another folder; changed; gone
    (root / "models").mkdir()
    (root / "models/arm.xml").write_text(ARM.format("", 30))
    command = [TRAIN, "--task", "InvertedPendulum-v5", "--task-option", "xml_file=models/arm.xml", "--steps", "4096",
               "--quiet", "--output", "arm"]
    subprocess.run(command, cwd=root, check=True)
    policy = root / "arm/policy.safetensors"
    first, said = note(policy, "--episodes", 2, folder="/")
    assert not said, said
    subprocess.run([*command, "--resume"], cwd=root, check=True)
    train(root / "arm", "--resume", "--quiet")
    (root / "models/arm.xml").write_text(ARM.format("<light pos='0 0 3'/>", 30))
    assert note(policy, "--episodes", 2) == (first, ""), "a light changes no physics"
    (root / "models/arm.xml").write_text(ARM.format("", 60))
    second, said = note(policy, "--episodes", 2)
    assert second != first and "the model has changed since training" in said and said.count("\n") == 1, said
    assert "the model has changed since training" in train(root / "arm", "--resume", "--steps", 6144, "--quiet")
    assert note(policy, "--episodes", 2)[1] == "", "it is the model of the run from then on"
    (root / "models/arm.xml").unlink()
    _, said = note(policy, "--episodes", 1, code=2)
    assert "xml_file: expected a file that exists, got \"" + str(root.resolve()) in said, said
    assert "which the policy learned with; another is given as --task-option xml_file=..." in said, said
    _, said = note(policy, "--episodes", 1, "--task-option", "xml_file=none.xml", code=2)
    assert "none.xml" in said and "learned with;" not in said, said


def test_memory(root):
    """Too much is refused in words that say what asked for it."""
    if "ASAN_OPTIONS" in os.environ:
        return  # its shadow memory is beyond any bound
    for options, words in ((["--hidden", 2**31 - 1], ["out of memory", "--hidden"]),
                           (["--batch", 2**30], ["out of memory", "--batch"]),
                           (["--update", "epvf", "--population", 2**30], ["out of memory", "--population"])):
        output = train(root / words[1], "--task", "CartPole-v1", *options, code=1, memory=2 * 2**30)
        assert all(word in output for word in words), (options, output)


def test_documentation(root):
    """The tables of options are those of the program, and no page names an option that there is not."""
    docs = pathlib.Path(sys.argv[4])
    tables = subprocess.run([TRAIN, "--options-table"], capture_output=True, text=True, check=True).stdout
    page = (docs / "options.md").read_text()
    assert page[page.index("\n## "):] == tables, "docs/options.md: expected the tables of vantage-train --options-table"
    helps = "".join(subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout for program in
                    (EVAL, *filter(None, sys.argv[5:])))
    flags = re.findall(r"`(--[a-z-]+)` \| (?:true|false)", tables)
    known = set(re.findall(r"--[a-z][a-z-]*", helps + tables)) | {"--help", "--version", "--options-table", "--no-quiet"}
    known |= {"--no-" + flag[2:] for flag in flags}
    others = {"--build", "--preset", "--target", "--test-dir", "--workflow", "--ci", "--mujoco", "--prefix", "--short"}
    for path in (docs.parent / "README.md", *docs.rglob("*.md")):
        for line in path.read_text().splitlines():
            if "vantage-train" not in line and not line.startswith("| `--"):
                continue
            for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line):
                assert word in known | others, (str(path), word)
    # a table of a method's page has the defaults of that method
    for name, update, least in (("epvf", "epvf", 15), ("evolution_strategies", "es", 8), ("augmented_random_search", "ars", 8)):
        defaults = {}
        for option, text in re.findall(r"\n  --([a-z-]+)[ ,].*?\[(.*?)\]", subprocess.run(
                [TRAIN, "--update", update, "--task", "Reacher-v5", "--help"], capture_output=True, text=True).stdout):
            defaults[option] = {"true": "yes", "false": "no"}.get(text, text)
        rows = re.findall(r"\| (`--[^|]*) \| ([^|]*) \|", (docs / f"methods/{name}.md").read_text())
        for names, values in rows:
            names = re.findall(r"`--([a-z-]+)`", names)
            values = re.split(r", | and ", values) if len(names) > 1 else [values]
            for option, value in zip(names, values):
                number = re.fullmatch(r"[\d.]+(e-?\d+)?", value) and float(value) == float(defaults[option])
                assert number or value in (defaults[option], "`V` sees"), (name, option, value, defaults[option])
        assert len(rows) >= least, (name, rows)


main(globals())
