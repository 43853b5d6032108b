#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of runs of several ranks: ranks_test.py <test> <vantage-train> <vantage-eval> <mpirun>."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from programs import TRAIN, main, same_run, table, tensors, train, wait_for_rows

MPIRUN = sys.argv[4]
CLOCK = ("progress.collect_seconds", "progress.value_seconds", "progress.policy_seconds", "progress.wall_seconds")


def command(ranks, folder, *options):
    return [MPIRUN, "-n", str(ranks), TRAIN, "--output", str(folder), *map(str, options)]


def command_of_each(*each):
    """Of ranks that are given different options."""
    words = [MPIRUN]
    for options in each:
        words += ([":"] if len(words) > 1 else []) + ["-n", "1", TRAIN, *map(str, options)]
    return words


def said(words, code=0):
    """What the ranks say, and the seconds that they take."""
    start = time.time()
    result = subprocess.run(words, capture_output=True, text=True, timeout=250)
    assert result.returncode == code, (words, result.returncode, result.stdout, result.stderr)
    return result.stdout + result.stderr, time.time() - start


def run_ranks(ranks, folder, *options, code=0):
    return said(command(ranks, folder, *options), code)


def changed(options, name, value):
    at = options.index(name)
    return [*options[:at + 1], value, *options[at + 2:]]


def checkpoint(folder):
    return {name: data for name, data in tensors(folder / "checkpoint.safetensors").items() if name not in CLOCK}


def same(a, b):
    same_run(a, b)
    assert checkpoint(a) == checkpoint(b), [name for name, data in checkpoint(a).items() if data != checkpoint(b)[name]]


def compare(root, name, *options):
    """The same run by one process of two threads, by two ranks, four, and two of two threads."""
    alone = root / f"{name} alone"
    train(alone, *options, "--threads", 2)
    for ranks, threads in ((2, 1), (4, 1), (2, 2)):
        folder = root / f"{name} {ranks} x {threads}"
        words, _ = run_ranks(ranks, folder, *options, "--threads", threads)
        assert words == "", words
        same(alone, folder)
        if "--evaluate-every" in options:
            assert table(alone, "evaluation.csv") == table(folder, "evaluation.csv")
            best = "best_policy.safetensors"
            assert (alone / best).read_bytes() == (folder / best).read_bytes()
    return alone


# batches and minibatches of several blocks of 128 samples, and worlds for more ranks than divide them
LARGE = ["--task", "Hopper-v5", "--environments", "10", "--batch", "640", "--hidden", "16,16", "--scale-rewards",
         "--learning-rate", "3e-3", "--steps", 640 * 6, "--quiet"]


def test_same_bits(root):
    evaluated = ["--evaluate-every", 3, "--evaluate-episodes", 3]
    first = compare(root, "vpg", *LARGE, "--value-steps", 5, *evaluated, "--diagnose", "gradients,values")
    compare(root, "ppo", *LARGE, "--update", "ppo", "--epochs", 3, "--minibatch", 160, "--policy-minibatch", 160,
            "--adaptive-kl", 0.01, "--adaptive-kl-per", "minibatch")
    compare(root, "trpo", *LARGE, "--update", "trpo", "--value-steps", 4, "--kl-radius", 0.1)
    compare(root, "a2c", *changed(LARGE, "--environments", 40), "--update", "a2c", "--shared-backbone")
    compare(root, "conditioned", *LARGE, "--update", "ppo", "--value", "policy-conditioned")
    # discrete actions, and batches of one block
    compare(root, "cart", "--task", "CartPole-v1", "--update", "reinforce", "--environments", 6, "--batch", 96, "--hidden",
            "16", "--steps", 960, "--quiet")
    # the comparison can fail
    train(root / "seed", *LARGE, "--value-steps", 5, "--seed", 2)
    assert (root / "seed/policy.safetensors").read_bytes() != (first / "policy.safetensors").read_bytes()


def test_populations(root):
    shared = ["--task", "Pendulum-v1", "--hidden", "8", "--steps", 200 * 64, "--quiet"]
    for representation in ("raw", "probing", "functional+raw"):
        compare(root, f"epvf {representation}", *shared, "--update", "epvf", "--representation", representation,
                "--population", 8, "--generations", 20, "--value-steps", 4, "--value-hidden", "16,16",
                "--normalize-observations", "--max-return-drop", 0.5, "--centre-episodes", 3)
    compare(root, "es", *shared, "--update", "es", "--population", 9, "--evaluate-every", 2, "--evaluate-episodes", 3)
    compare(root, "ars", *shared, "--update", "ars", "--population", 8, "--top-directions", 3)


def test_resume(root):
    options = [*LARGE, "--value-steps", 3, "--evaluate-every", 2, "--evaluate-episodes", 2]
    train(root / "whole", *changed(options, "--steps", 640 * 9), "--threads", 2)
    run_ranks(3, root / "cut", *changed(options, "--steps", 640 * 3))
    run_ranks(2, root / "cut", "--resume", "--quiet", "--steps", 640 * 6)
    train(root / "cut", "--resume", "--quiet", "--steps", 640 * 9, "--threads", 1)
    same(root / "whole", root / "cut")
    assert table(root / "whole", "evaluation.csv") == table(root / "cut", "evaluation.csv")
    # only the first rank has the folder: on another machine there is none
    elsewhere = root / "nowhere" / "run"
    run_ranks(2, root / "other", *changed(options, "--steps", 640 * 3))
    more = ["--resume", "--quiet", "--steps", 640 * 9]
    said(command_of_each(["--output", root / "other", *more], ["--output", elsewhere, *more]))
    same(root / "whole", root / "other")
    assert not elsewhere.parent.exists()
    left = list(pathlib.Path(os.environ.get("TMPDIR", "/tmp")).glob("vantage-rank-*"))
    assert not left, left


def ranks_of(process):
    """Process ids of the ranks of an mpirun, in the order of ranks."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        ranks = [int(one.split(b"=")[1]) for one in variables if one.startswith(b"OMPI_COMM_WORLD_RANK=")]
        if ranks and parent == process.pid:
            found[ranks[0]] = int(entry.name)
    return [found[rank] for rank in sorted(found)]


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_killed(root):
    options = [*LARGE, "--value-steps", 3, "--checkpoint-every", 5]
    train(root / "whole", *changed(options, "--steps", 640 * 60))
    for rank in (2, 0):
        folder = root / f"killed {rank}"
        process = subprocess.Popen(command(3, folder, *changed(options, "--steps", 10**9)), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        wait_for_rows(process, folder / "progress.csv", 12)
        pids = ranks_of(process)
        assert len(pids) == 3, pids
        start = time.time()
        os.kill(pids[rank], signal.SIGKILL)
        words = process.communicate(timeout=60)[1]
        assert process.returncode != 0 and time.time() - start < 20, time.time() - start
        assert "signal 9" in words and f"rank {rank}" in words, words
        while any(lives(pid) for pid in pids):
            assert time.time() - start < 20, "ranks live on"
            time.sleep(0.1)
        run_ranks(2, folder, "--resume", "--quiet", "--steps", 640 * 60)
        same(root / "whole", folder)


def test_errors(root):
    # what all find wrong is said once, what one finds wrong ends all of them
    negative = changed(LARGE, "--learning-rate", -1)
    words, _ = run_ranks(3, root / "all", *negative, code=2)
    assert words.count("vantage-train: --learning-rate: expected") == 1, words
    words, seconds = said(command_of_each(["--output", root / "one", *LARGE], ["--output", root / "one", *negative]), 2)
    assert "rank 1 ends all ranks" in words and "vantage-train: --learning-rate: expected" in words, words
    assert seconds < 60, seconds
    # ranks that do not train the same agent
    endless = ["--output", root / "seeds", *changed(LARGE, "--steps", 10**9)]
    words, _ = said(command_of_each(endless, [*endless, "--seed", 7]), 1)
    assert "expected the same policy on all ranks" in words, words
    # a folder with a run
    run_ranks(2, root / "taken", *LARGE)
    assert "--overwrite" in run_ranks(2, root / "taken", *LARGE, code=2)[0]
    # what diverges ends alike everywhere
    words, _ = run_ranks(2, root / "diverged", "--task", "Hopper-v5", "--steps", 2048 * 50, "--learning-rate", 1e30,
                         "--quiet", code=3)
    assert words.count("vantage-train: diverged") == 1, words
    assert json.loads((root / "diverged/summary.json").read_text())["stop_reason"] == "diverged"
    assert (root / "diverged/diverged_batch.safetensors").exists()


def test_interrupt(root):
    for rank in (0, 1):
        folder = root / str(rank)
        process = subprocess.Popen(command(2, folder, *changed(LARGE, "--steps", 10**9), "--value-steps", 2,
                                           "--checkpoint-every", 0))
        wait_for_rows(process, folder / "progress.csv", 5)
        os.kill(ranks_of(process)[rank], signal.SIGTERM)
        assert process.wait(60) == 0
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["stop_reason"] == "interrupted" and summary["iterations"] == len(table(folder))
        run_ranks(3, folder, "--resume", "--quiet", "--steps", summary["env_steps"] + 640)
        assert len(table(folder)) == summary["iterations"] + 1


def test_fast(root):
    options = [*LARGE, "--value-steps", 3]
    train(root / "fixed", *options)
    # a process alone has nobody to sum with
    train(root / "alone", *options, "--reduction", "fast")
    same(root / "fixed", root / "alone")
    for name in ("a", "b"):
        run_ranks(2, root / name, *options, "--reduction", "fast")
    same(root / "a", root / "b")
    rows = [table(root / name) for name in ("fixed", "a")]
    assert len(rows[0]) == len(rows[1])
    # what is collected first is the same, what is learned of it but for rounding
    assert rows[0][0]["mean_return"] == rows[1][0]["mean_return"]
    errors = [float(row[0]["value_error_after"]) for row in rows]
    assert abs(errors[0] - errors[1]) < 1e-3 * errors[0], errors


main(globals())
