#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of what a run writes for others: logs_test.py <test> <vantage-train> <vantage-eval>."""
import csv
import json
import math
import os
import pathlib
import re
import shlex
import signal
import struct
import subprocess
import sys

from programs import SMALL, TIMING, TRAIN, main, same_run, start, table, train, wait_for_rows

ALL = ["--log", "csv,tensorboard,jsonl"]
TIMED = {"time/fps", "vantage/wall_seconds"}
READER = pathlib.Path(__file__).resolve().parent.parent / "scripts/read_tensorboard.py"


def checksum(data):
    """Masked CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """(number, value) of each field of a protocol buffer."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
            continue
        size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        yield number, data[position:position + size]
        position += size


def event_files(folder):
    return sorted(folder.glob("*tfevents*"))


def scalars(folder):
    """{tag: [(step, value), ...]} of the event files of a folder, of which a torn end is skipped."""
    found = {}
    for path in event_files(folder):
        data, position = path.read_bytes(), 0
        while position + 16 <= len(data):
            length, check = struct.unpack_from("<QI", data, position)
            assert check == checksum(data[position:position + 8])
            if position + 16 + length > len(data):
                break
            record = data[position + 12:position + 12 + length]
            assert struct.unpack_from("<I", data, position + 12 + length)[0] == checksum(record)
            event = dict(fields(record))
            for _, value in fields(event.get(5, b"")):
                parts = dict(fields(value))
                series = found.setdefault(parts[1].decode(), [])
                series.append((event[2], struct.unpack("<f", parts[2])[0]))
            position += 16 + length
    return found


def lines(folder):
    """Rows of progress.jsonl, without what is never the same twice."""
    rows = []
    for line in (folder / "progress.jsonl").read_text().splitlines():
        row = json.loads(line, parse_constant=lambda word: 1 / 0)  # no NaN, no Infinity
        rows.append({key: value for key, value in row.items() if key not in TIMING})
    return rows


def as_float(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check_logs(folder):
    """All forms say what progress.csv and evaluation.csv say; each step is there once."""
    rows, objects, tags = table(folder), lines(folder), scalars(folder)
    assert len(rows) == len(objects) > 0, (len(rows), len(objects))
    for row, other in zip(rows, objects):
        assert list(row) == list(other)
        for key, text in row.items():
            assert other[key] is None and not math.isfinite(float(text)) or float(text) == other[key], (key, text, other)
    named = {"rollout/ep_rew_mean": "mean_return_last_100", "rollout/ep_len_mean": "mean_length",
             "train/approx_kl": "kl_mean", "train/explained_variance": "explained_variance",
             "train/learning_rate": "policy_learning_rate", "vantage/kl_max": "kl_max", "vantage/faults": "faults"}
    for tag, column in named.items():
        expected = [(int(row["env_steps"]), as_float(float(row[column]))) for row in rows
                    if math.isfinite(float(row[column]))]
        assert tags[tag] == expected, (tag, tags[tag], expected)
    assert [step for step, _ in tags["time/fps"]] == [int(row["env_steps"]) for row in rows]
    if (folder / "evaluation.csv").exists():
        for tag, column in (("eval/mean_reward", "mean_return"), ("eval/mean_ep_length", "mean_length")):
            assert tags[tag] == [(int(row["env_steps"]), as_float(float(row[column])))
                                 for row in table(folder, "evaluation.csv")], tag
    return {tag: series for tag, series in tags.items() if tag not in TIMED}


def test_formats(root):
    steps = 192 * 150
    options = [*SMALL, *ALL, "--checkpoint-every", 7, "--evaluate-every", 20, "--evaluate-episodes", 2]
    train(root / "whole", *options, "--steps", steps)
    whole = check_logs(root / "whole")
    assert len(lines(root / "whole")) == 150 and len(event_files(root / "whole")) == 1
    assert {"train/std", "train/entropy_loss", "train/value_loss", "train/clip_fraction", "vantage/iteration",
            "vantage/reward_term_reward_survive"} <= set(whole), whole.keys()
    # killed twice, once with a record torn, it is the same run
    killed = root / "killed"
    for rows, more in ((40, [*options, "--steps", steps]), (90, ["--resume", "--quiet"])):
        process = start(killed, *more)
        wait_for_rows(process, killed / "progress.csv", rows)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        for path in (event_files(killed)[-1], killed / "progress.jsonl"):
            with open(path, "ab") as file:
                file.write(path.read_bytes()[:20])
    assert len(table(killed)) < 150, "the run was not interrupted"
    train(killed, "--resume", "--quiet")
    same_run(root / "whole", killed)
    assert check_logs(killed) == whole and lines(killed) == lines(root / "whole")
    assert len(event_files(killed)) == 3
    # gone on with where nothing is left to do, nothing changes
    train(killed, "--resume", "--quiet")
    assert check_logs(killed) == whole and lines(killed) == lines(root / "whole")
    # without a checkpoint a run begins anew
    (killed / "checkpoint.safetensors").unlink()
    train(killed, "--resume", "--quiet")
    assert check_logs(killed) == whole and len(event_files(killed)) == 1
    # the forms leave training as it is
    train(root / "plain", *options[:len(SMALL)], *options[-6:], "--steps", steps)
    same_run(root / "plain", root / "whole")
    assert not event_files(root / "plain") and not (root / "plain/progress.jsonl").exists()


def test_tensorboard(root):
    """TensorBoard's own reader, where there is one, reads what our own reads, of every kind of method."""
    missing = False
    for name, options in (("ppo", ["--update", "ppo", "--task", "Hopper-v5", "--batch", 192, "--environments", 6]),
                          ("shared", ["--update", "a2c", "--task", "CartPole-v1", "--shared-backbone"]),
                          ("trpo", ["--update", "trpo", "--task", "CartPole-v1", "--batch", 192]),
                          ("epvf", ["--update", "epvf", "--task", "CartPole-v1", "--population", 8, "--evaluate-every", 2]),
                          ("es", ["--update", "es", "--task", "CartPole-v1", "--population", 8])):
        folder = root / name
        train(folder, *options, *ALL, "--hidden", 8, "--quiet", "--steps", 2000, "--max-seconds", 1e-9)
        assert len(table(folder)) == 1
        train(folder, "--resume", "--quiet")
        tags = scalars(folder)
        assert len(tags["vantage/iteration"]) == len(table(folder)) > 1
        natural, measured = name == "trpo", name not in ("epvf", "es")
        assert ("train/is_line_search_success" in tags) == natural and ("train/approx_kl" in tags) == measured, tags.keys()
        assert ("vantage/noise_share" in tags) != measured, tags.keys()
        assert ("vantage/predicted_return" in tags) == (name == "epvf"), tags.keys()
        assert ("vantage/fresh_rank_correlation" in tags) == (name == "epvf"), tags.keys()
        assert ("train/value_loss" in tags) == (name != "es"), tags.keys()
        assert ("train/std" in tags) == (name == "ppo"), tags.keys()
        result = subprocess.run([sys.executable, str(READER), str(folder)], capture_output=True, text=True)
        if result.returncode == 77:
            missing = True
            continue
        assert result.returncode == 0, result
        own = {tag: [list(entry) for entry in series] for tag, series in tags.items()}
        assert json.loads(result.stdout.splitlines()[-1]) == own, (result.stdout, own)
    if missing:
        assert "VANTAGE_ALL_CHECKS" not in os.environ, "tensorboard was not found"
        print("skipped: tensorboard was not found, what our own reader reads is right")
    else:
        watched(root / "watched")


def watched(folder):
    """A TensorBoard that is open forgets the steps after the checkpoint that a run goes on from."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    train(folder, "--task", "CartPole-v1", "--batch", 192, "--hidden", 8, *ALL, "--quiet", "--steps", 192 * 6,
          "--keep-checkpoints", 2)
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})

    def steps():
        return [event.step for event in accumulator.Reload().Scalars("time/fps")]

    assert steps() == [192 * i for i in range(1, 7)]
    (folder / "checkpoint-2.safetensors").rename(folder / "checkpoint.safetensors")
    train(folder, "--resume", "--quiet", "--steps", 192 * 4)
    assert steps() == [192 * i for i in range(1, 5)], steps()


def test_choice(root):
    """--log: what is asked for, in any order; what is none; what a continued run keeps."""
    small = ["--task", "CartPole-v1", "--steps", 2048, "--hidden", 8, "--quiet"]
    for words, form in (("tensorboar", "tensorboar"), ("csv,", "nothing"), ("csv;jsonl", "csv;jsonl"),
                        ("jsonl,wandb", "wandb")):
        output = train(root / "refused", *small, f"--log={words}", code=2)
        assert f"--log: expected one of csv, tensorboard, jsonl, got {form}" in output, output
    assert not (root / "refused").exists()
    train(root / "run", *small, "--log", "jsonl,tensorboard")
    assert 'log = [ "csv", "tensorboard", "jsonl" ]' in (root / "run/config.toml").read_text()
    assert len(table(root / "run")) == len(lines(root / "run")) == 1
    train(root / "run", "--resume", "--quiet", "--log", "tensorboard", "csv", "jsonl", "--steps", 4096)
    output = train(root / "run", "--resume", "--log", "tensorboard", code=2)
    assert "--log: expected csv,tensorboard,jsonl as the run in the folder" in output, output
    assert len(event_files(root / "run")) == 2
    # to discard a run is to discard its logs, and nobody else's
    (root / "run/events.out.tfevents.1.mine").write_bytes(b"")
    (root / "run/README.md").write_text("mine\n")
    train(root / "run", *small, "--overwrite")
    assert [path.name for path in event_files(root / "run")] == ["events.out.tfevents.1.mine"]
    assert not (root / "run/progress.jsonl").exists() and (root / "run/README.md").read_text() == "mine\n"


def front(card):
    """The metadata of a card: its lines, and its value of mean_reward."""
    text = card.read_text()
    assert text.startswith("---\n")
    head = text[4:text.index("\n---\n", 4)]
    try:
        import yaml
        data = yaml.safe_load(head)
        assert data["library_name"] == "vantage" and data["pipeline_tag"] == "reinforcement-learning", data
        if "model-index" in data:
            metric = data["model-index"][0]["results"][0]["metrics"][0]
            assert metric["type"] == "mean_reward" and f"value: {metric['value']}" in head, data
    except ImportError:
        pass
    value = re.search(r"type: mean_reward\n      value: (-?[\d.]+) \+/- ([\d.]+)\n", head)
    return head, value and (float(value[1]), float(value[2]))


def rerun(card, folder):
    """Runs the command of a card in a folder."""
    command = shlex.split(re.search(r"```\n(vantage-train .*)\n```", card.read_text())[1])
    assert command[0] == "vantage-train"
    subprocess.run([TRAIN, *command[1:], "--quiet"], cwd=folder, check=True)
    return folder / command[command.index("--output") + 1]


def test_card(root):
    folder = root / "it's a run"
    options = [*SMALL, "--evaluate-every", 2, "--evaluate-episodes", 3, "--steps", 192 * 5, "--no-normalize-observations",
               "--task-option", "healthy_z_range=0.6,inf", "--seed", 5, "--log", "jsonl"]
    train(folder, *options)
    card = folder / "README.md"
    head, value = front(card)
    row = table(folder, "evaluation.csv")[-1]
    assert value == (round(float(row["mean_return"]), 2), round(float(row["std_return"]), 2)), (value, row)
    for line in ("library_name: vantage", '- "Hopper-v5"', "- reinforcement-learning", '      type: "Hopper-v5"', "- name: VPG"):
        assert line in head.splitlines(), (line, head)
    text = card.read_text()
    for words in ("in 960 environment steps.", "a 16-16 tanh network from 11 observations to 3 actions",
                  f"after {row['env_steps']} environment steps", "DeployedPolicy<float>::load(\"policy.safetensors\")",
                  json.loads((folder / "summary.json").read_text())["mujoco_version"], "## Licence"):
        assert words in text, (words, text)
    assert ("(learning_curve.png)" in text) == (folder / "learning_curve.png").exists() and "Film" not in text
    # its command makes the run again
    (root / "again").mkdir()
    same_run(folder, rerun(card, root / "again"))
    # a run that goes on writes it anew, with the film that there is now
    (folder / "a film.mp4").write_bytes(b"")
    train(folder, "--resume", "--quiet", "--steps", 192 * 8)
    assert "in 1536 environment steps." in card.read_text() and "[Film](<a film.mp4>)" in card.read_text()
    assert front(card)[1] != value
    # what somebody has changed is theirs, and so is a card without our mark
    for theirs in (card.read_text() + "Thanks to all.\n", card.read_text().replace("vantage-eval", "vantage-evil"), "mine\n"):
        card.write_text(theirs)
        assert "README.md" in train(folder, "--resume", "--steps", 192 * 9)
        assert card.read_text() == theirs
    # interrupted, and without an evaluation: of the last episodes of training
    process = start(root / "cut", *SMALL, "--steps", 10**9, "--checkpoint-every", 0)
    wait_for_rows(process, root / "cut/progress.csv", 20)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert "the run, of 1000000000 steps, ended early: interrupted." in (root / "cut/README.md").read_text()
    last = float(table(root / "cut")[-1]["mean_return_last_100"])
    assert front(root / "cut/README.md")[1][0] == round(last, 2)
    # no episode, no number; presets, methods and starts of all kinds come back
    train(root / "none", "--task", "Hopper-v5", "--task-option", "terminate_when_unhealthy=false", "--batch", 16, "--steps", 16,
          "--quiet")
    assert front(root / "none/README.md")[1] is None and "model-index" not in front(root / "none/README.md")[0]
    for name, more in (("trpo", ["--update", "trpo", "--task", "CartPole-v1", "--preset", "--batch", 256]),
                       ("ppo", ["--update", "ppo", "--task", "Pendulum-v1", "--batch", 512, "--value-steps", 320,
                                "--log-std", -1, "--no-normalize-observations"]),
                       ("warm", ["--task", "Hopper-v5", "--policy", folder / "policy.safetensors", "--batch", 192,
                                 "--environments", 6]),
                       ("epvf", ["--update", "epvf", "--task", "CartPole-v1", "--population", 8])):
        train(root / name, *more, "--steps", 1024, "--quiet")
        same_run(root / name, rerun(root / name / "README.md", root / "again"))


main(globals())
