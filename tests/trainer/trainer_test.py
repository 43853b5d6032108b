#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of whole runs: trainer_test.py <test> <vantage-train> <vantage-eval>."""
import json
import math
import signal
import struct
import subprocess

from programs import EVAL, SMALL, TRAIN, evaluate, main, same_run, start, table, tensors, train, wait_for_rows


def test_kill_and_resume(root):
    steps = 192 * 400
    options = [*SMALL, "--checkpoint-every", 7, "--evaluate-every", 40, "--evaluate-episodes", 2, "--threads", 2]
    train(root / "whole", *options, "--steps", steps)
    assert len(table(root / "whole")) == 400 and len(table(root / "whole", "evaluation.csv")) == 10
    # killed twice, the second time after a resume, and finished with another number of threads
    for rows, more in ((60, []), (150, ["--resume"])):
        process = start(root / "killed", *((options + ["--steps", steps]) if not more else more + ["--quiet"]))
        wait_for_rows(process, root / "killed" / "progress.csv", rows)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert len(table(root / "killed")) < 400, "the run was not interrupted"
    train(root / "killed", "--resume", "--quiet", "--threads", 1)
    same_run(root / "whole", root / "killed")
    assert table(root / "whole", "evaluation.csv") == table(root / "killed", "evaluation.csv")
    # fewer steps, then more, is the same run too
    train(root / "raised", *options, "--steps", 192 * 150)
    train(root / "raised", "--resume", "--quiet", "--steps", steps)
    same_run(root / "whole", root / "raised")


def test_threads(root):
    for threads in (1, 2, 3):
        train(root / str(threads), *SMALL, "--steps", 192 * 40, "--threads", threads)
    same_run(root / "1", root / "2")
    same_run(root / "1", root / "3")
    # nor on value steps beside the next collection, whatever else wants to see the worlds; stopped, the run goes on
    kept = ["--keep-checkpoints", "4,9", "--evaluate-every", 5, "--evaluate-episodes", 3]
    train(root / "kept", *SMALL, *kept, "--steps", 192 * 40)
    train(root / "overlap", *SMALL, *kept, "--steps", 192 * 40, "--overlap", 1, "--max-seconds", 1e-9)
    assert len(table(root / "overlap")) == 2, "a batch that was collected when the time was over is learned from"
    train(root / "overlap", "--resume", "--quiet", "--max-seconds", 0, "--checkpoint-every", 7)
    same_run(root / "kept", root / "overlap")
    assert table(root / "kept", "evaluation.csv") == table(root / "overlap", "evaluation.csv")
    for number in (4, 9):
        one, other = ({name: data for name, data in tensors(root / run / f"checkpoint-{number}.safetensors").items()
                       if not name.endswith("_seconds")} for run in ("kept", "overlap"))
        assert one == other and len(one) > 20, f"checkpoint {number} differs"
    # the comparison can fail, and evaluation leaves training untouched
    train(root / "seed", *SMALL, "--steps", 192 * 40, "--seed", 2)
    assert (root / "1/policy.safetensors").read_bytes() != (root / "seed/policy.safetensors").read_bytes()
    train(root / "evaluated", *SMALL, "--steps", 192 * 40, "--evaluate-every", 5, "--evaluate-episodes", 3)
    same_run(root / "1", root / "evaluated")
    # by samples or by the mode, which are the same where there is next to no noise
    for noise in ("-0.5", "-12"):
        evaluations = []
        for more in ([], ["--evaluate-deterministic"]):
            folder = root / f"noise {noise} {len(more)}"
            train(folder, *SMALL, "--steps", 192 * 2, "--evaluate-every", 1, "--log-std", noise, *more)
            evaluations.append([float(row["mean_return"]) for row in table(folder, "evaluation.csv")])
        same_run(root / f"noise {noise} 0", root / f"noise {noise} 1")
        distance = max(abs(a - b) for a, b in zip(*evaluations))
        assert len(evaluations[0]) == 2 and (distance < 0.1 if noise == "-12" else distance > 1), (noise, evaluations)
    results = [subprocess.run([EVAL, str(root / "1/policy.safetensors"), "--task", "Hopper-v5", "--episodes", "5",
                               "--threads", str(threads), "--json"], capture_output=True, text=True, check=True).stdout
               for threads in (1, 3)]
    assert results[0] == results[1] and json.loads(results[0])["episodes"] == 5


def test_interrupt(root):
    for number, sent in (("int", signal.SIGINT), ("term", signal.SIGTERM)):
        folder = root / number
        process = start(folder, *SMALL, "--steps", 10**9, "--checkpoint-every", 0)
        wait_for_rows(process, folder / "progress.csv", 5)
        process.send_signal(sent)
        assert process.wait(60) == 0
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["stop_reason"] == "interrupted" and summary["iterations"] == len(table(folder))
        # the checkpoint is that of the last iteration: the run goes on from there
        train(folder, "--resume", "--quiet", "--steps", summary["env_steps"] + 192)
        assert len(table(folder)) == summary["iterations"] + 1


def test_run_folder(root):
    folder = root / "run"
    train(folder, *SMALL, "--steps", 192 * 4, "--keep-checkpoints", "0,2,3", "--task-option", "frame_skip=5",
          "--task-option", "healthy_z_range=0.6,inf", "--no-normalize-observations")
    names = {path.name for path in folder.iterdir()}
    assert {"policy.safetensors", "checkpoint.safetensors", "progress.csv", "config.toml", "summary.json",
            "checkpoint-0.safetensors", "checkpoint-2.safetensors", "checkpoint-3.safetensors"} <= names, names
    assert not any(name.startswith("checkpoint-") and name[11] in "14" for name in names), names
    summary = json.loads((folder / "summary.json").read_text())
    for key in ("env_steps", "wall_seconds", "steps_per_second", "collect_seconds", "value_seconds", "policy_seconds",
                "episodes", "mean_return_last_100", "task", "seed", "faults", "stop_reason", "version", "mujoco_version"):
        assert key in summary, key
    assert summary["env_steps"] == 192 * 4 and summary["task"] == "Hopper-v5"
    # the configuration that was written makes the same run, and is a fixed point
    train(root / "again", "--config", folder / "config.toml", "--quiet")
    same_run(folder, root / "again")
    assert (folder / "config.toml").read_text() == (root / "again/config.toml").read_text()
    # a run is not overwritten by mistake; --overwrite leaves other files alone
    before = (folder / "policy.safetensors").read_bytes()
    (folder / "notes.txt").write_text("mine")
    assert "--overwrite" in train(folder, *SMALL, code=2)
    assert (folder / "policy.safetensors").read_bytes() == before
    train(folder, *SMALL, "--steps", 192, "--overwrite")
    assert len(table(folder)) == 1 and (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "checkpoint-2.safetensors").exists()


def test_limits(root):
    # the clock
    train(root / "time", *SMALL, "--steps", 10**9, "--max-seconds", 0.5)
    summary = json.loads((root / "time/summary.json").read_text())
    assert summary["stop_reason"] == "time" and 0.5 <= summary["process_seconds"] < 60, summary
    # the trust region: a step that leaves it is taken back, so the policy stays as it was
    train(root / "reverted", *SMALL, "--steps", 192 * 5, "--max-kl", 1e-12, "--on-violation", "revert",
          "--keep-checkpoints", "0")
    rows = table(root / "reverted")
    assert all(float(row["kl_mean"]) > 1e-12 for row in rows), rows
    train(root / "still", *SMALL, "--steps", 192 * 5, "--policy-learning-rate", 1e-30)
    assert len({(row["entropy"]) for row in table(root / "still")}) == 1
    assert (table(root / "reverted")[-1]["mean_return_last_100"] == table(root / "still")[-1]["mean_return_last_100"])
    # numbers that diverge: a reason, an exit code, and the last finite policy
    output = train(root / "diverged", "--task", "Hopper-v5", "--steps", 2048 * 50, "--learning-rate", 1e30,
                   "--quiet", code=3)
    assert "diverged" in output, output
    assert json.loads((root / "diverged/summary.json").read_text())["stop_reason"] == "diverged"
    subprocess.run([EVAL, str(root / "diverged/policy.safetensors"), "--episodes", "1"], check=True, capture_output=True)


def test_standard_files(root):
    # what is closed of standard input, output and error takes the place of no file of the run
    options = ["--task", "CartPole-v1", "--value-steps", "2", "--environments", "8", "--batch", "256", "--hidden", "16",
               "--steps", "2560", "--threads", "1"]
    for name, closed in (("out", ">&-"), ("all", "<&- >&- 2>&-")):
        command = " ".join([TRAIN, "--output", str(root / name), *options])
        assert subprocess.run(["sh", "-c", f"exec {command} {closed}"]).returncode == 0
    train(root / "open", *options, "--quiet")
    for name in ("out", "all"):
        same_run(root / "open", root / name)
        assert len(table(root / name)) == 10
        train(root / name, "--resume", "--steps", 5120, "--quiet")
        assert len(table(root / name)) == 20
    # --quiet prints nothing, not even where nothing can be drawn
    for more in (["--steps", 4096], ["--steps", 64, "--batch", 64]):
        assert train(root / "quiet", *options[:4], *more, "--quiet", "--overwrite", path="") == ""
    # results that nobody gets are a failure
    with open("/dev/full", "w") as full:
        result = subprocess.run([EVAL, str(root / "open/policy.safetensors"), "--episodes", "1"], stdout=full,
                                stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1 and "standard output" in result.stderr, result


def test_discrete(root):
    options = ["--task", "CartPole-v1", "--value-steps", "5", "--environments", "8", "--batch", "256", "--hidden", "16",
               "--quiet"]
    train(root / "whole", *options, "--steps", 256 * 30, "--learning-rate", "3e-3")
    train(root / "cut", *options, "--steps", 256 * 11, "--learning-rate", "3e-3", "--threads", 2)
    train(root / "cut", "--resume", "--quiet", "--steps", 256 * 30)
    same_run(root / "whole", root / "cut")
    result = json.loads(subprocess.run([EVAL, str(root / "whole/policy.safetensors"), "--episodes", "20", "--json",
                                        "--deterministic"], check=True, capture_output=True, text=True).stdout)
    assert 8 <= result["return"]["mean"] <= 500 and result["return"] == result["length"], result
    for more, words in ((["--log-std", "-1"], "--log-std"), (["--action-map", "clip"], "--action-map"),
                        (["--state-dependent-std"], "--state-dependent-std")):
        assert words in train(root / "refused", *options, *more, code=2)


METHODS = {
    "vpg": ["--epochs", 2, "--policy-minibatch", 64, "--minibatch", 64, "--importance-weights"],
    "reinforce": ["--baseline", "leave_one_out", "--discount-weights", "--optimizer", "sgd", "--momentum", 0.9],
    "a2c": ["--entropy-coefficient", 0.01, "--entropy-coefficient-end", 0.001],
    "npg": ["--fisher-fraction", 0.5, "--value-loss", "huber"],
    "trpo": ["--backtracks", 3, "--cg-iterations", 5, "--max-state-kl", 0.5, "--on-violation", "revert"],
    "ppo": ["--epochs", 3, "--policy-minibatch", 32, "--minibatch", 32, "--value-steps", 12, "--adaptive-kl", 0.01,
            "--recompute-advantages", "--value-loss", "clipped", "--clip-range-end", 0.1],
    "a2c shared": ["--shared-backbone", "--value-coefficient", 0.25],
    "ppo shared": ["--shared-backbone", "--epochs", 3, "--policy-minibatch", 64],
    "ppo-penalty": ["--epochs", 3, "--policy-minibatch", 48, "--value-steps", 9, "--minibatch", 64],
    "vpg conditioned": ["--value", "policy-conditioned", "--representation", "functional", "--functional-channels", 4,
                        "--value-steps", 4, "--recompute-advantages", "--epochs", 2],
    "trpo conditioned": ["--value", "policy-conditioned", "--old-policies", 2, "--old-samples", 50, "--value-steps", 4,
                         "--minibatch", 32],
    "ppo normalized": ["--normalize-values", "--value-moments-decay", 0.5, "--value-loss", "huber", "--diagnose", "values",
                       "--normalize-except", "0,3", "--freeze-normalizer-after", 500, "--scale-rewards", "--reward-clip", 3,
                       "--epochs", 3, "--policy-minibatch", 32, "--value-steps", 9, "--minibatch", 32]}


def test_methods(root):
    for number, (name, options) in enumerate(METHODS.items()):
        update = name.split()[0]
        # half of them on discrete actions; cut, and gone on with on other threads, each is the same run
        task = ("Hopper-v5", "CartPole-v1")[number % 2]
        batch, iterations = (24 if update == "a2c" else 192), 12
        options = ["--task", task, "--update", update, "--environments", 6, "--batch", batch, "--hidden", "16",
                   "--quiet", *options]
        steps = iterations * batch
        whole, cut = root / f"{name} whole", root / f"{name} cut"
        train(whole, *options, "--steps", steps, "--threads", 1)
        scheduled = name in ("a2c", "ppo")
        process = start(cut, *options, "--steps", steps, "--threads", 2, "--checkpoint-every", 1, "--max-seconds", 1e-9)
        assert process.wait(60) == 0 and len(table(cut)) == 1
        train(cut, "--resume", "--quiet", "--threads", 2)
        same_run(whole, cut)
        if scheduled:
            assert "--steps: expected the run's own" in train(cut, "--resume", "--steps", 2 * steps, code=2)
        last = table(whole)[-1]
        assert len(table(whole)) == iterations and float(last["entropy"]) != 0, last
        assert (float(last["cg_iterations"]) > 0) == (update in ("npg", "trpo")), last
        assert (float(last["kl_penalty"]) > 0) == (update == "ppo-penalty"), last
        assert float(last["policy_epochs"]) == {"vpg": 2, "ppo": 3, "ppo-penalty": 3}.get(update, 1), last
        # another seed is another run
        train(root / f"{name} seed", *options, "--steps", steps, "--seed", 2)
        assert table(root / f"{name} seed") != table(whole), name
        # what is saved plays, a policy on a shared backbone too
        assert json.loads(evaluate(whole))["episodes"] == 3
    # a value of its own widths: 11 observations, 5 and 7 units
    train(root / "wide", *SMALL, "--steps", 192, "--value-hidden", "5,7")
    sizes = [len(data) // 4 for data in tensors(root / "wide/checkpoint.safetensors").values()]
    assert 12 * 5 + 6 * 7 + 8 in sizes, sizes


    # a preset is a start that the command line may change
    preset = ["--task", "Swimmer-v5", "--update", "trpo", "--preset", "--steps", 1024, "--value-steps", 3, "--quiet"]
    train(root / "preset", *preset)
    config = (root / "preset/config.toml").read_text()
    for line in ("batch = 1024", "gamma = 0.9999", "minibatch = 128", "value-steps = 3", "scale-rewards = true"):
        assert line in config, (line, config)
    train(root / "again", "--config", root / "preset/config.toml")
    assert (root / "again/config.toml").read_text() == config
    same_run(root / "preset", root / "again")


def test_warm_start(root):
    options = [*SMALL, "--state-dependent-std", "--activation", "elu"]
    train(root / "first", *options, "--steps", 192 * 5)
    first = root / "first/policy.safetensors"
    # while only the value learns the policy stays, to the bit, with its normaliser beside it
    plain = ["--task", "Hopper-v5", "--environments", 6, "--batch", 192, "--quiet"]
    train(root / "value", *plain, "--policy", first, "--value-only-iterations", 5, "--steps", 192 * 5)
    rows = table(root / "value")
    assert float(rows[-1]["value_error_after"]) < float(rows[0]["value_error_before"]), rows
    assert "state-dependent-std = true" in (root / "value/config.toml").read_text()
    start, kept = tensors(first), tensors(root / "value/policy.safetensors")
    assert kept["policy.parameters"] == start["policy.parameters"]
    seen = "normalizer.moments.count"
    assert struct.unpack("<2d", start[seen] + kept[seen]) == (192 * 5, 192 * 10)
    train(root / "on", *plain, "--policy", first, "--steps", 192 * 5)
    assert tensors(root / "on/policy.safetensors")["policy.parameters"] != start["policy.parameters"]
    # gone on with where the first policy is no longer there
    cut = root / "cut"
    train(cut, *plain, "--policy", first, "--steps", 192 * 2)
    first.rename(root / "moved")
    train(cut, "--resume", "--quiet", "--steps", 192 * 5)
    assert table(cut) == table(root / "on")
    (root / "moved").rename(first)
    for more, words in ((["--task", "HalfCheetah-v5"], ["--policy", "observation size", "17", "11"]),
                        (["--task", "CartPole-v1"], ["--policy", "observation size"]),
                        (["--task", "Hopper-v5", "--action-map", "clip"], ["--action-map", "clip_and_rescale"]),
                        (["--task", "Hopper-v5", "--hidden", "8"], ["--hidden", "--policy"])):
        output = train(root / "refused", "--policy", first, *more, "--quiet", code=2)
        assert all(word in output for word in words), (more, output)
    assert "missing" in train(root / "refused", "--policy", root / "missing", code=1)


def test_normalizers(root):
    def write(path, **rows):
        header, data = {}, b""
        for name, numbers in rows.items():
            more = struct.pack(f"<{len(numbers)}d", *numbers)
            header[name] = {"dtype": "F64", "shape": [len(numbers)], "data_offsets": [len(data), len(data) + len(more)]}
            data += more
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)

    def moments(folder, name="mean"):
        data = tensors(root / folder / "policy.safetensors")[f"normalizer.moments.{name}"]
        return struct.unpack(f"<{len(data) // 8}d", data)

    # frozen after the batch in which enough was seen, and not before
    for name, more, count in (("freely", [], 6), ("frozen", ["--freeze-normalizer-after", 400], 3),
                              ("identity", ["--freeze-normalizer-after", 0], 0)):
        train(root / name, *SMALL, "--steps", 192 * 6, "--normalize-except", "2,5", *more)
        assert moments(name, "count") == (192 * count,), (name, moments(name, "count"))
    assert tensors(root / "frozen/policy.safetensors")["normalizer.except"] == struct.pack("<2q", 2, 5)
    assert moments("freely") != moments("frozen")
    # a warm start sees what the first run saw, and may freeze what it begins with
    warm = ["--task", "Hopper-v5", "--environments", 6, "--batch", 192, "--steps", 192, "--quiet", "--freeze-normalizer-after", 0]
    first = root / "frozen/policy.safetensors"
    train(root / "warm", *warm, "--policy", first)
    assert "normalize-except = [ 2, 5 ]" in (root / "warm/config.toml").read_text()
    assert moments("warm") == moments("frozen") and moments("warm", "count") == (192 * 3,)
    # given moments: of a policy, or numbers; frozen they stay, else they weigh as what they are said to have seen
    train(root / "of policy", *warm, "--normalizer", first)
    assert moments("of policy") == moments("frozen")
    assert "normalizer.except" not in tensors(root / "of policy/policy.safetensors")
    given = root / "given.safetensors"
    write(given, mean=range(11), deviation=[1 + i for i in range(11)], count=[192])
    train(root / "given", *warm, "--normalizer", given)
    assert moments("given") == tuple(range(11)) and moments("given", "count") == (192,)
    for name, more in (("merged", ["--normalizer", given]), ("alone", [])):
        train(root / name, *SMALL, "--steps", 192, *more)
    assert moments("merged", "count") == (384,)
    # the first batch differs, since it was seen otherwise, but bodies of a hopper are near 1
    assert abs(moments("merged")[0] - 0.5 * moments("alone")[0]) < 0.05, (moments("merged"), moments("alone"))
    # population methods have it too, and a continued run has no need of the file
    population = ["--task", "Pendulum-v1", "--update", "es", "--population", 8, "--hidden", "8", "--quiet", "--normalizer", given]
    write(given, mean=[0, 0, 1], deviation=[1, 1, 4])
    train(root / "whole", *population, "--steps", 1600 * 4)
    train(root / "cut", *population, "--steps", 1600 * 2, "--threads", 2)
    given.rename(root / "moved")
    train(root / "cut", "--resume", "--quiet", "--steps", 1600 * 4)
    assert (root / "whole/policy.safetensors").read_bytes() == (root / "cut/policy.safetensors").read_bytes()
    assert moments("whole", "count") == (1 + 1600 * 4,)
    (root / "moved").rename(given)
    for more, words in ((["--normalizer", given], ["--normalizer", "observations", "3"]),
                        (["--normalizer", given, "--policy", first], ["--normalizer", "--policy"]),
                        (["--normalize-except", "11"], ["--normalize-except: expected components from 0 to 10", "11"]),
                        (["--policy", first, "--normalize-except", "1"], ["--normalize-except: expected 2,5", "--policy"]),
                        (["--reward-clip", 3], ["--reward-clip", "--scale-rewards"]),
                        (["--value-moments-decay", 0.5], ["--value-moments-decay", "--normalize-values"])):
        output = train(root / "refused", "--task", "Hopper-v5", *more, code=2)
        assert all(word in output for word in words), (more, output)
    assert "expected a tensor" in train(root / "refused", "--task", "Hopper-v5", "--normalizer", root / "whole/checkpoint.safetensors", code=1)
    assert not (root / "refused").exists()


def test_normalized_values(root):
    def explained(*options):
        folder = root / "run"
        train(folder, "--task", "Pendulum-v1", "--environments", 8, "--batch", 1024, "--steps", 1024 * 15, "--gamma", 0.95,
              "--value-steps", 20, "--no-normalize-observations", "--hidden", "16", "--learning-rate", "3e-3", "--quiet",
              "--overwrite", *options)
        return table(folder)[-1]
    # returns of a hundred: a value of the order of 1 is far from them for long, one of normalised targets is there at once
    plain, normalized = (float(explained(*more)["value_error_after"]) for more in ([], ["--normalize-values"]))
    assert normalized < 0.5 * plain, (normalized, plain)


def test_networks(root):
    # of Hopper's eleven numbers
    options = [*SMALL, "--layer-norm", "--encoder", "5:8+6", "--steps", 192 * 5]
    for threads in (1, 3):
        train(root / str(threads), *options, "--threads", threads)
    same_run(root / "1", root / "3")
    first = root / "1/policy.safetensors"
    data = first.read_bytes()
    metadata = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    assert (metadata["encoder"], metadata["layer_norm"], metadata["widths"]) == ("5:8+6", "true", "14,16,16,3"), metadata
    assert json.loads(evaluate(root / "1"))["episodes"] == 3
    # taken over by a run that starts from it, and gone on with
    plain = ["--task", "Hopper-v5", "--environments", 6, "--batch", 192, "--quiet"]
    train(root / "on", *plain, "--policy", first, "--value-encoder", "none", "--steps", 192 * 2)
    config = (root / "on/config.toml").read_text()
    assert 'encoder = "5:8+6"' in config and "layer-norm = true" in config and 'value-encoder = "none"' in config, config
    train(root / "on", "--resume", "--quiet", "--steps", 192 * 3)
    for more, words in ((["--encoder", "5:8+5"], ["--encoder: expected parts of 11 numbers in all, got 10"]),
                        (["--value-encoder", "5,8"], ["--value-encoder: expected none or parts such as", "got 5,8"]),
                        (["--policy", first, "--encoder", "11:4"], ["--encoder: expected 5:8+6", "--policy"]),
                        (["--policy", first, "--no-layer-norm"], ["--layer-norm: expected true", "--policy"])):
        output = train(root / "refused", *plain, *more, code=2)
        assert all(word in output for word in words), (more, output)


def write_shown(path, observations, actions):
    """A file of demonstrations, by hand; rows of numbers."""
    header, data = {}, b""
    for name, rows in (("observations", observations), ("actions", actions)):
        numbers = struct.pack(f"<{sum(map(len, rows))}d", *(number for row in rows for number in row))
        header[name] = {"dtype": "F64", "shape": [len(rows), len(rows[0])], "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def test_demonstrations(root):
    def score(file, *options):
        return json.loads(subprocess.run([EVAL, str(file), "--episodes", "40", "--seed", "5", "--deterministic", "--json", *options],
                                         check=True, capture_output=True, text=True).stdout)["return"]["mean"]

    # an expert is trained and recorded: as many steps as it made, and the same episodes as without
    small = ["--task", "CartPole-v1", "--environments", 8, "--batch", 512, "--hidden", "32,32", "--seed", 2, "--quiet"]
    train(root / "expert", *small, "--update", "ppo", "--steps", 512 * 60)
    expert, shown = root / "expert/policy.safetensors", root / "shown.safetensors"
    play = [EVAL, str(expert), "--episodes", "20", "--deterministic", "--json"]
    plain = subprocess.run(play, check=True, capture_output=True, text=True).stdout
    assert subprocess.run([*play, "--record", str(shown)], check=True, capture_output=True, text=True).stdout == plain
    data = tensors(shown)
    count = len(data["actions"]) // 8
    assert count == round(20 * json.loads(plain)["length"]["mean"]) and len(data["observations"]) == 32 * count
    # a clone that never trained plays as the expert does, one of no steps does not
    loud = [word for word in small if word != "--quiet"]
    clone = [*loud, "--demonstrations", shown, "--cloning-learning-rate", "3e-3", "--policy-learning-rate", 1e-30, "--steps", 512]
    said = train(root / "clone", *clone)
    assert f"cloned {count} steps of {shown}: the best after " in said, said
    train(root / "none", *clone, "--cloning-steps", 0)
    scores = [score(file) for file in (expert, root / "clone/policy.safetensors", root / "none/policy.safetensors")]
    assert scores[0] > 150 and scores[1] > 0.8 * scores[0] and scores[2] < 0.5 * scores[0], scores
    # the normaliser begins with what was shown and goes on with what is seen
    seen = tensors(root / "clone/policy.safetensors")["normalizer.moments.count"]
    assert struct.unpack("<d", seen) == (count + 512,)
    train(root / "raw", *clone, "--no-normalize-observations")
    assert "normalizer.moments.count" not in tensors(root / "raw/policy.safetensors")
    # the same bits for any number of threads; a continued run has no need of the file
    options = [*small, "--demonstrations", shown, "--cloning-steps", 300, "--cloning-held-out", 0.2, "--cloning-minibatch", 64]
    train(root / "whole", *options, "--steps", 512 * 6, "--threads", 1)
    train(root / "cut", *options, "--steps", 512 * 2, "--threads", 2)
    shown.rename(root / "moved")
    assert "cloned" not in train(root / "cut", "--resume", "--steps", 512 * 6)
    same_run(root / "whole", root / "cut")
    config = (root / "cut/config.toml").read_text()
    assert f'demonstrations = "{shown}"' in config and "cloning-held-out = 0.2" in config, config
    (root / "moved").rename(shown)
    # the other agents clone too
    for name, more in (("shared", ["--update", "a2c", "--shared-backbone"]),
                       ("conditioned", ["--value", "policy-conditioned", "--old-policies", 0])):
        assert "cloned " in train(root / name, *loud, "--demonstrations", shown, "--cloning-steps", 20, *more, "--steps", 512)
    # continuous actions, through an action map
    pendulum = [[math.cos(n), math.sin(n), 0.1 * n] for n in range(60)]
    write_shown(root / "swing", pendulum, [[2 * math.sin(n)] for n in range(60)])
    said = train(root / "continuous", "--task", "Pendulum-v1", "--demonstrations", root / "swing", "--steps", 2048)
    before, after = (float(said.split("held out ")[1].split(" then")[0].split(" before, ")[i]) for i in (0, 1))
    assert after > before + 0.1, said
    # what does not fit is refused before the run that is there is discarded
    kept = (root / "whole/policy.safetensors").read_bytes()
    write_shown(root / "nan", [[0, 0, 0, 0], [0, 0, math.nan, 0]], [[0], [1]])
    write_shown(root / "third", [[0, 0, 0, 0], [0, 0, 0, 0]], [[0], [2]])
    write_shown(root / "torque", pendulum, [[n / 10] for n in range(60)])
    (root / "cut short").write_bytes(shown.read_bytes()[:-8])
    for file, more, code, words in (
            (root / "missing", [], 1, ["missing"]), (root / "cut short", [], 1, ["cut short"]), (expert, [], 1, ['"observations"']),
            (root / "nan", [], 1, ["finite numbers", "observations"]), (root / "third", [], 2, ["from 0 to 1", "got 2 in step 1"]),
            (shown, ["--task", "Pendulum-v1"], 2, ["expected demonstrations of 3 observations", "got 4 and 1"]),
            (root / "torque", ["--task", "Pendulum-v1"], 2, ["from -2 to 2", "got 2.1 in step 21"]),
            (shown, ["--policy", expert], 2, ["--demonstrations: expected no --policy"]),
            (shown, ["--update", "es"], 2, ["--demonstrations", "--update es"])):
        task = [] if "--task" in more else ["--task", "CartPole-v1"]
        said = train(root / "whole", *task, *more, "--demonstrations", file, "--overwrite", code=code)
        assert all(word in said for word in words), (file, more, said)
    assert (root / "whole/policy.safetensors").read_bytes() == kept


POPULATION = ["--update", "epvf", "--population", 8, "--value-steps", 5, "--policy-steps", 3, "--hidden", "8",
              "--value-hidden", "16", "--evaluate-every", 2, "--evaluate-episodes", 2, "--quiet"]
REPRESENTATIONS = {
    "raw": ["--task", "CartPole-v1", "--include-centre", "--antithetic", "--noise", "gaussian"],
    "functional": ["--task", "Pendulum-v1", "--functional-channels", 4, "--noise-scaling", "additive", "--noise-scale", 0.05],
    "functional+raw": ["--task", "CartPole-v1", "--functional-layers", 1, "--generations", 3, "--recency", 1.1],
    "probing": ["--task", "InvertedPendulum-v5", "--probing-states", 6, "--generations", 2, "--minibatch", 10, "--half-precision",
                "--normalize-observations", "--survival-bonus", 1, "--output-gain", 3]}


def test_epvf(root):
    for name, options in REPRESENTATIONS.items():
        options = [*options, "--representation", name, *POPULATION, "--steps", 8000 if name == "functional" else 2000]
        whole, cut, again = root / f"{name} whole", root / f"{name} cut", root / f"{name} again"
        train(whole, *options, "--threads", 1)
        train(again, *options, "--threads", 2)
        same_run(whole, again)
        # cut twice, and gone on with on other threads, it is the same run
        for more in ([*options, "--threads", 2, "--checkpoint-every", 2], ["--resume", "--quiet"]):
            train(cut, *more, "--max-seconds", 1e-9)
        assert len(table(cut)) == 2
        assert "--steps: expected the run's own" in train(cut, "--resume", "--steps", 20000, code=2)
        train(cut, "--resume", "--quiet", "--threads", 1)
        same_run(whole, cut)
        assert (whole / "best_policy.safetensors").read_bytes() == (cut / "best_policy.safetensors").read_bytes(), name
        assert table(whole, "evaluation.csv") == table(cut, "evaluation.csv"), name
        # the policy itself is measured beside what training plays; the last and the best of it play
        rows, summary = table(whole, "evaluation.csv"), json.loads((whole / "summary.json").read_text())
        returns = [float(row["mean_return"]) for row in rows]
        assert len(rows) == summary["iterations"] // 2 >= 2, rows
        assert summary["evaluation_return"] == returns[-1] and summary["best_return"] == max(returns), summary
        assert summary["episodes"] == 8 * summary["iterations"] == 8 * len(table(whole)), summary
        last = table(whole)[-1]
        assert 0 < float(last["boundary_share"]) < 1 and float(last["policy_epochs"]) == 3, last
        assert float(last["policy_learning_rate"]) < 1e-4, "the rate decays"
        for file in ("policy", "best_policy"):
            assert json.loads(evaluate(whole, file))["episodes"] == 3, file
        train(root / "seed", *options, "--seed", 2, "--overwrite")
        assert table(root / "seed") != table(whole), name
    # the configuration that was written makes the same run
    train(again, "--config", whole / "config.toml", "--quiet", "--overwrite")
    same_run(whole, again)


def test_search(root):
    """Methods that learn from populations without a value: the same run on any number of threads and where it is cut."""
    small = ["--task", "Pendulum-v1", "--population", 8, "--evaluate-every", 2, "--evaluate-episodes", 2, "--steps", 6400, "--quiet"]
    for update, options in (("es", ["--hidden", "8", "--normalize-observations", "--policy-step-size", 0.5,
                                     "--max-return-drop", 1e-9, "--on-return-drop", "revert", "--centre-episodes", 3]),
                            ("es", ["--return-transform", "log", "--half-precision", "--weight-clip", 0.02, "--no-perturb-biases"]),
                            ("ars", ["--hidden", 0, "--top-directions", 3, "--save-archive"])):
        whole, cut, again = (root / f"{update} {len(options)} {name}" for name in ("whole", "cut", "again"))
        train(whole, *small, "--update", update, *options, "--threads", 1)
        train(again, *small, "--update", update, *options, "--threads", 2)
        same_run(whole, again)
        train(cut, *small, "--update", update, *options, "--threads", 2, "--max-seconds", 1e-9)
        train(cut, "--resume", "--quiet", "--threads", 1)
        same_run(whole, cut)
        train(again, "--config", whole / "config.toml", "--quiet", "--overwrite")
        same_run(whole, again)
        rows = table(whole)
        assert len(rows) == 4 and float(rows[-1]["policy_gradient_norm"]) > 0 and float(rows[-1]["predicted_return"]) == 0, rows
        train(root / "seed", *small, "--update", update, *options, "--seed", 2, "--overwrite")
        assert table(root / "seed") != rows, update
        # a policy that begins with zeros, and its biases where they are not learned
        file = tensors(whole / "policy.safetensors")["policy.parameters"]
        biases = struct.unpack(f"<{len(file) // 4}f", file)[-1:]
        assert (biases == (0.0,)) == ("--no-perturb-biases" in options or update == "ars"), (update, biases)
        assert json.loads(evaluate(whole))["episodes"] == 3, update
    # another run goes on from the policy, whose file says what bounds its actions
    train(root / "warm", *small, "--update", "ars", "--policy", whole / "policy.safetensors")
    assert 'squash = "none"' in (root / "warm/config.toml").read_text()
    for options, words in ((["--update", "ars", "--population", 7], ["--population", "even number"]),
                           (["--update", "ars", "--population", 8, "--top-directions", 5], ["--top-directions", "half of --population"]),
                           (["--update", "ars", "--optimizer", "sgd"], ["--optimizer", "--update ars"]),
                           (["--update", "es", "--value-steps", 5], ["--value-steps", "all but es, ars would"]),
                           (["--update", "es", "--policy", whole / "policy.safetensors", "--initial-gain", 1], ["--initial-gain", "--policy"]),
                           (["--update", "es", "--on-return-drop", "stop"], ["--on-return-drop", "--max-return-drop above 0"]),
                           (["--update", "ppo", "--max-return-drop", 1], ["--max-return-drop", "--update ppo"]),
                           (["--update", "epvf", "--diagnose", "gradients"], ["--diagnose", "none or values"])):
        output = train(root / "refused", "--task", "Pendulum-v1", *options, code=2)
        assert all(word in output for word in words), (options, output)
    # what an EPVF's value knows stands in its progress, unless it is not asked for
    train(root / "measured", *small, "--update", "epvf", "--hidden", 0)
    train(root / "quiet", *small, "--update", "epvf", "--hidden", 0, "--diagnose", "none")
    measured, quiet = table(root / "measured"), table(root / "quiet")
    assert [row["mean_return"] for row in measured] == [row["mean_return"] for row in quiet]
    assert "slope_cosine" not in quiet[0] and measured[0]["linear_rank_correlation"] == "nan"
    # a policy that is played itself is seen to fall; to observe that changes nothing, to take it back does
    trial = [*small, "--update", "epvf", "--hidden", 0, "--policy-learning-rate", 1, "--policy-learning-rate-end", 1, "--weight-clip", 0]
    train(root / "unbounded", *trial)
    for action in ("observe", "stop", "revert"):
        train(root / action, *trial, "--max-return-drop", 1e-9, "--on-return-drop", action, "--centre-episodes", 4)
    unbounded, observed, stopped, reverted = (table(root / name) for name in ("unbounded", "observe", "stop", "revert"))
    learned = ("mean_return", "value_error_after", "policy_gradient_norm", "noise_share", "env_steps")
    assert [[row[name] for name in learned] for row in unbounded] == [[row[name] for name in learned] for row in observed]
    assert all(row["centre_return"] == row["centre_drop"] == "nan" and row["violated"] == "0" for row in unbounded), unbounded
    assert any(row["violated"] == "1" for row in observed) and all(row["reverted"] == "0" for row in observed + stopped), observed
    assert any(row["violated"] == "1" and float(row["policy_epochs"]) < 10 and float(row["centre_drop"]) > 0 for row in stopped), stopped
    assert any(row["reverted"] == "1" for row in reverted) and all(row["reverted"] == row["violated"] for row in reverted), reverted
    for column in ("fresh_rank_correlation", "linear_rank_correlation", "slope_cosine"):
        assert -1 <= float(measured[-1][column]) <= 1, (column, measured[-1])


def test_epvf_files(root):
    task = ["--task", "CartPole-v1", *POPULATION]
    # an archive that one run leaves is where another begins: its value learns from more policies at once
    kept = [*task, "--generations", 4, "--steps", 1000]
    train(root / "first", *kept, "--save-archive")
    assert not (root / "archive").exists() and "archive.safetensors" in {path.name for path in (root / "first").iterdir()}
    archive = tensors(root / "first/archive.safetensors")
    assert len(archive["policies"]) == 32 * 58 * 4 and len(archive["returns"]) == 32 * 4, "half of the policies' floats"
    # to resume a run that is over leaves its archive whole
    train(root / "first", "--resume", "--quiet")
    assert tensors(root / "first/archive.safetensors") == archive
    train(root / "second", *kept, "--archive", root / "first/archive.safetensors")
    train(root / "without", *kept)
    first, second = (table(root / name)[0] for name in ("without", "second"))
    assert first["mean_return"] == second["mean_return"] and first["value_error_before"] != second["value_error_before"]
    # a run without a checkpoint begins with it again; a checkpoint holds it, and goes on where the file is no longer there
    train(root / "cut", *kept, "--archive", root / "first/archive.safetensors", "--max-seconds", 1e-9)
    (root / "cut/checkpoint.safetensors").unlink()
    train(root / "cut", "--resume", "--quiet", "--max-seconds", 1e-9)
    (root / "first/archive.safetensors").rename(root / "moved")
    train(root / "cut", "--resume", "--quiet")
    same_run(root / "second", root / "cut")
    assert "archive.safetensors" in train(root / "none", *kept, "--archive", root / "first/archive.safetensors", code=1)
    output = train(root / "none", "--task", "Pendulum-v1", *POPULATION, "--archive", root / "moved", code=1)
    assert "moved: expected" in output and "41 parameters" in output and "32 policies of 58" in output, output

    # V of another run: all of it where policies are alike, and it stays without a value step
    small = ["--population", 8, "--policy-steps", 3, "--value-hidden", "16", "--steps", 500]
    probing = ["--update", "epvf", "--representation", "probing", *small]
    train(root / "pole", "--task", "ContinuousCartPole-v1", *probing)
    taken = [*probing, "--value-from", root / "pole"]
    kept = "agent.value."
    names = [kept + name for name in ("states", "feature_weights", "first_biases", "layer_1")]
    learned = tensors(root / "pole/checkpoint.safetensors")
    output = train(root / "same", "--task", "InvertedPendulum-v5", *taken, "--value-steps", 0)
    assert "states feature_weights first_biases layer_1; fresh: nothing" in output, output
    same = tensors(root / "same/checkpoint.safetensors")
    assert [same[name] for name in names] == [learned[name] for name in names]
    assert same[kept + "return_mean"] != learned[kept + "return_mean"], "the archive's own"
    # without it the run is another; a run that is gone on with no longer needs it
    goes_on = ["--task", "InvertedDoublePendulum-v5", *probing, "--value-from", root / "pole/checkpoint.safetensors"]
    assert "feature_weights first_biases layer_1; fresh: states" in train(root / "double", *goes_on)
    train(root / "scratch", *goes_on[:-2])
    assert table(root / "double")[0]["mean_return"] == table(root / "scratch")[0]["mean_return"]
    assert table(root / "double")[0]["value_error_before"] != table(root / "scratch")[0]["value_error_before"]
    train(root / "halved", *goes_on, "--max-seconds", 1e-9)
    (root / "pole/checkpoint.safetensors").rename(root / "value")
    train(root / "halved", "--resume", "--quiet")
    same_run(root / "double", root / "halved")
    assert "checkpoint.safetensors" in train(root / "none", "--task", "InvertedPendulum-v5", *taken, code=1)
    misfit = [word if word != "16" else "9" for word in probing]
    output = train(root / "none", "--task", "InvertedDoublePendulum-v5", *misfit, "--value-from", root / "value", code=1)
    assert "value: expected a part of the value function that fits; states of [9, 64], got [4, 64]; " in output, output

    # a warm start: without a step of its own the policy stays as it is
    policy = root / "first/policy.safetensors"
    warm = ["--task", "CartPole-v1", "--policy", policy, "--population", 8, "--steps", 500, "--quiet"]
    train(root / "warm", *warm, "--update", "epvf", "--policy-steps", 0)
    parameters = tensors(policy)["policy.parameters"]
    assert tensors(root / "warm/policy.safetensors")["policy.parameters"] == parameters
    assert "hidden = [ 8 ]" in (root / "warm/config.toml").read_text()
    train(root / "on", *warm, "--update", "epvf")
    assert tensors(root / "on/policy.safetensors")["policy.parameters"] != parameters
    started = ["--task", "CartPole-v1", "--steps", 2048, "--quiet"]
    train(root / "categorical", *started)
    for update, file, words in (("ppo", policy, "expected a stochastic policy for --update ppo, got a deterministic"),
                                ("epvf", root / "categorical/policy.safetensors",
                                 "expected a deterministic policy for --update epvf, got a stochastic")):
        output = train(root / "refused", *started, "--update", update, "--policy", file, code=2)
        assert words in output, output

    # options that a method does not read are refused, and not shown
    for options, words in (
            (["--update", "epvf", "--gamma", 0.9], ["--gamma", "--update epvf"]),
            (["--update", "epvf", "--batch", 64], ["--batch", "--update epvf"]),
            (["--update", "epvf", "--clip-range", 0.1], ["--clip-range", "--update epvf"]),
            (["--update", "epvf", "--max-kl", 0.1], ["--max-kl", "--update epvf"]),
            (["--population", 8], ["--population", "--update vpg"]),
            (["--value-from", root / "value"], ["--value-from", "--update vpg"]),
            (["--update", "ppo", "--weight-clip", 0.1], ["--weight-clip", "--update ppo"]),
            (["--update", "epvf", "--half-precision"], ["--half-precision", "--minibatch"]),
            (["--update", "epvf", "--value-loss", "clipped"], ["--value-loss", "squared or huber"]),
            (["--update", "epvf", "--output-gain", 2, "--policy", policy], ["--output-gain", "--policy"]),
            (["--update", "epvf", "--representation", "pixels"], ["--representation", "pixels"])):
        output = train(root / "refused", "--task", "CartPole-v1", *options, code=2)
        assert all(word in output for word in words), (options, output)
    assert not (root / "refused").exists(), "a refused run left a folder behind"
    shown = {update: subprocess.run([TRAIN, "--update", update, "--help"], capture_output=True, text=True).stdout
             for update in ("epvf", "vpg")}
    for option in ("--population", "--noise-floor", "--value-input-scale", "--save-archive"):
        assert option in shown["epvf"] and option not in shown["vpg"], option
    for option in ("--gamma", "--environments", "--baseline", "--log-std"):
        assert option in shown["vpg"] and option not in shown["epvf"], option


SWING = """<mujoco><worldbody><body pos="0 0 1"><joint name="a" axis="0 1 0" damping=".1"/>
  <geom type="capsule" size=".05" fromto="0 0 0 0 0 -.5"/></body>{}</worldbody>
  <actuator><motor joint="a" gear="{}" ctrllimited="true" ctrlrange="-1 1"/></actuator>{}</mujoco>"""


def test_worlds(root):
    """What a world is, is said before training: its own model, keyframes, physics that is not the model's."""
    def written(name, *parts):
        (root / f"{name}.xml").write_text(SWING.format(*parts))
        return ["--task", "HalfCheetah-v5", "--task-option", f"xml_file={root / name}.xml", "--environments", 4,
                "--batch", 128, "--steps", 256, "--hidden", 8]

    keyed = written("keyed", "", 1, "<keyframe><key name='up' qpos='3'/></keyframe>")
    output = train(root / "keyed", *keyed)
    assert "HalfCheetah-v5 checked: " in output and "its keyframes (up) are not used" in output, output
    output = train(root / "up", *keyed, "--task-option", "initial_keyframe=up")
    assert "keyframe" not in output, output
    output = train(root / "down", *keyed, "--task-option", "initial_keyframe=down", code=2)
    assert "expected one of {up}" in output, output
    assert train(root / "quiet", *keyed, "--quiet") == ""
    # shorter episodes, and a model that lacks what the task reads
    train(root / "short", *keyed, "--task-option", "max_episode_steps=16", "--quiet")
    assert float(table(root / "short")[-1]["mean_length"]) == 16
    output = train(root / "few", "--task", "Hopper-v5", *keyed[2:], code=2)
    assert "Hopper-v5: expected a model" in output and "with 1 position, " in output, output

    # problems are said beside --quiet too; a world that only breaks down teaches nothing
    strong = written("strong", "", "1e12", "")
    output = train(root / "strong", *strong, "--quiet", "--fault-penalty", 1, code=3)
    assert "check_environment(HalfCheetah-v5): step: " in output and "faults" in output, output
    boxes = "".join(f"<body pos='{x} 2 .0999'><freejoint/><geom type='box' size='.1 .1 .1'/></body>" for x in (0, 1, 2))
    full = written("full", "<geom type='plane' size='9 9 1'/>" + boxes, 1, "<size memory='16K'/>")
    output = train(root / "full", *full, "--quiet")
    assert output.count("MuJoCo leaves co") == 1 and "memory" in output, output
    assert float(table(root / "full")[-1]["warnings"]) > 256, table(root / "full")[-1]
    result = subprocess.run([EVAL, str(root / "full/policy.safetensors"), "--task-option", full[3], "--episodes", "1"],
                            capture_output=True, text=True, check=True)
    assert "warnings: " in result.stdout and "MuJoCo leaves co" in result.stderr, result


main(globals())
