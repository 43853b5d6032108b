#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of measurements: diagnose_test.py <test> <vantage-train> <vantage-eval> <vantage-diagnose>."""
import csv
import json
import math
import operator
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from programs import main, same_run, table, tensors, train

DIAGNOSE = os.path.abspath(sys.argv[4])
RUN = ["--environments", 8, "--batch", 256, "--steps", 1024, "--value-steps", 4, "--hidden", "16,16", "--quiet"]

# tiny ones of every kind, by the folder of each: what is asked for, tables, numbers that must be there
MEASUREMENTS = {
    "gradients": (["gradients", "--samples", "100,400", "--repeats", 4, "--reference", 3200],
                  ["gradients", "blocks"], ["pairwise_cosine", "pairwise_cosine_low", "batch"]),
    "others": (["gradients", "--samples", "100,400", "--repeats", 4, "--reference", 1200, "--advantages", "raw"],
               ["gradients", "blocks"], ["pairwise_cosine", "noise_scale"]),
    "update": (["gradients", "--vector", "step", "--samples", 256, "--repeats", 3],
               ["gradients"], ["pairwise_cosine", "samples"]),
    "baselines": (["baselines", "--samples", "100,400", "--repeats", 3, "--true-samples", 2000, "--passes", 2],
                  ["baselines"], ["value", "true_value", "zero_raw", "value_over_zero_centred_low"]),
    "values": (["values", "--repeats", 3, "--returns", "all"], ["values"],
               ["held_out_targets_mean_relative", "trained_normalized_rmse", "held_out_returns_mean_relative",
                "start_error_of_mean_actions", "absolute_start_error"]),
    "steps": (["steps", "--repeats", 3, "--episodes", 2], ["steps"],
              ["return_before", "return_after_quantile_0.5", "share_worse", "standard_error_of_each_return"]),
    "curvature": (["curvature", "--samples", 256, "--eigenvalues", 2], ["curvature"],
                  ["surrogate_largest_eigenvalue", "fisher_share_of_gradient", "value_loss_gradient_norm"]),
    "trust-region": (["trust-region", "--iterations", 2], ["trust_region", "ends"],
                     ["kl_mean", "held_out_kl_mean", "ratio_max", "surrogate", "held_out_surrogate_low"]),
    "landscape": (["landscape", "--nodes", 4, "--steps", 200], ["landscape"],
                  ["step_norm", "rank_correlation", "held_out_rank_correlation_line", "return_change_of_a_step"]),
    "line": (["landscape", "--nodes", 4, "--steps", 200, "--line", "--common-random-numbers"], ["landscape"],
             ["rank_correlation", "return_slope", "surrogate_slope", "mean_return_standard_error"]),
    "mean-actions": (["landscape", "--nodes", 5, "--steps", 200, "--line", "--common-random-numbers", "--mean-actions"], ["landscape"],
                     ["return_range", "roughness", "roughness_over_range"]),
    "value-landscape": (["landscape", "--of", "values", "--nodes", 4], ["landscape"],
                        ["loss_after_over_before", "held_out_loss_after_over_before", "roughness", "roughness_over_range"]),
    "chaos": (["chaos", "--starts", 2, "--steps", 200, "--points", 0], ["chaos"],
              ["exponent_a_step", "exponent_a_step_low", "minus_log_gamma"]),
    "objective": (["chaos", "--starts", 2, "--steps", 200, "--points", 2], ["chaos", "objective"],
                  ["exponent_a_step", "measured_hoelder_exponent", "target_change", "value_change"])}


def diagnose(run, *options, code=0):
    """What the program says."""
    result = subprocess.run([DIAGNOSE, str(run), *map(str, options)], capture_output=True, text=True)
    assert result.returncode == code, (options, result.returncode, result.stdout, result.stderr)
    return result.stdout + result.stderr


def numbers(folder):
    """Of the JSON file that a measurement leaves."""
    return json.loads(next(folder.glob("*.json")).read_text())


def tables(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_files(folder, names, finite):
    """All that a measurement leaves that is complete."""
    assert set(tables(folder)) == {f"{name}.csv" for name in names}, list(folder.iterdir())
    for name in names:
        with open(folder / f"{name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows and all(None not in row and None not in row.values() for row in rows), (folder, rows)
    found = numbers(folder)
    lines = [found[key] for key in ("found", "healthy", "advice")]
    assert all(lines) and (folder / "words.txt").read_text() == "\n".join(lines) + "\n", lines
    for key in finite:
        assert isinstance(found[key], (int, float)) and math.isfinite(found[key]), (folder, key, found)
    assert re.fullmatch(r"(\d+) of \1 pieces", found["pieces"]), found
    pictures = [path.read_bytes() for path in folder.glob("*.png")]
    if shutil.which("gnuplot"):
        assert len(pictures) == 1 and pictures[0].startswith(b"\x89PNG"), (folder, len(pictures))
    assert (folder / "pieces").is_dir() and not list(folder.rglob("*.tmp*")), list(folder.rglob("*"))


def check_references(folder):
    """The reference of each of four gradients is the sum of the other three, whose 1200 samples are noisy too."""
    columns = [memoryview(tensors(piece)["columns"]).cast("d") for piece in folder.glob("pieces/*.safetensors")]
    gradients = [[column[0::2], column[1::2]] for column in columns]
    with open(folder / "gradients.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    correction = math.sqrt(1 + numbers(folder)["noise_scale"] / 1200)
    assert len(gradients) == 4 and len(rows) == 2, (folder, rows)
    for size, row in enumerate(rows):
        cosines = []
        for i, of_sizes in enumerate(gradients):
            ours = of_sizes[size]
            others = [sum(parts) for parts in zip(*(other[1] for j, other in enumerate(gradients) if j != i))]
            cosines.append(sum(map(operator.mul, ours, others)) / math.hypot(*ours) / math.hypot(*others))
        assert math.isclose(float(row["reference_cosine"]), correction * sum(cosines) / 4, rel_tol=1e-6), (row, cosines)


def test_measurements(root):
    run = root / "run"
    train(run, "--task", "Pendulum-v1", *RUN, "--keep-checkpoints", "3", "--update", "ppo", "--minibatch", 64,
          "--policy-minibatch", 64, "--epochs", 2)
    before = contents(run)
    for folder, (words, names, finite) in MEASUREMENTS.items():
        output = diagnose(run, *words, "--threads", 1, "--output", root / folder / "1")
        assert numbers(root / folder / "1")["found"] in output, output
        assert diagnose(run, *words, "--threads", 2, "--output", root / folder / "2", "--quiet") == ""
        check_files(root / folder / "1", names, finite)
        assert tables(root / folder / "1") == tables(root / folder / "2"), folder
        assert numbers(root / folder / "1") == numbers(root / folder / "2"), folder
    assert contents(run) == before, "the run has changed"
    check_references(root / "others/1")
    # of runs that play populations: slopes of populations, and of the value where there is one
    for update, options in (("epvf", ["--representation", "raw"]),
                            ("epvf", ["--representation", "probing", "--return-transform", "rank"]),
                            ("epvf", ["--representation", "functional"]),
                            ("es", ["--half-precision"]), ("ars", [])):
        played = root / " ".join(map(str, [update, *options]))
        train(played, "--task", "Pendulum-v1", "--update", update, "--population", 8, "--steps", 4800, "--hidden", 8, "--keep-checkpoints", 2,
              "--normalize-observations", "--quiet", *options)
        before = contents(played)
        for threads in (1, 2):
            diagnose(played, "--iteration", 2, "gradients", "--samples", "4,16", "--repeats", 5, "--threads", threads, "--quiet",
                     "--output", root / f"{played.name} {threads}")
        one, two = root / f"{played.name} 1", root / f"{played.name} 2"
        check_files(one, ["gradients"], ["pairwise_cosine", "population_cosine"])
        assert tables(one) == tables(two) and numbers(one) == numbers(two), played
        assert ("value_cosine" in numbers(one)) == (update == "epvf") and -1 <= numbers(one)["pairwise_cosine"] <= 1, numbers(one)
        assert contents(played) == before, "the run has changed"
    # of the same episodes at all points nothing is noise: second differences without their mean, over the range
    with open(root / "mean-actions/1/landscape.csv", newline="") as file:
        returns = [float(row["return"]) for row in csv.DictReader(file)]
    seconds = [a - 2 * b + c for a, b, c in zip(returns, returns[1:], returns[2:])]
    rough = math.sqrt(sum((second - sum(seconds) / 3) ** 2 for second in seconds) / 2)
    found = numbers(root / "mean-actions/1")
    assert math.isclose(found["roughness"], rough, rel_tol=1e-9) and rough > 0, (found, returns)
    assert math.isclose(found["roughness_over_range"], rough / (max(returns) - min(returns)), rel_tol=1e-9), (found, returns)
    assert tables(root / "mean-actions/1") != tables(root / "line/1")
    diagnose(run, *MEASUREMENTS["line"][0], "--to-iteration", 3, "--output", root / "back", "--quiet")
    assert tables(root / "back") != tables(root / "line/1")
    # the seed and the iteration count; what belongs to an iteration has a folder of its own
    assert "iteration 3:" in diagnose(run, *MEASUREMENTS["values"][0], "--iteration", 3)
    assert diagnose(run, *MEASUREMENTS["values"][0], "--seed", 2, "--quiet") == ""
    results = [run / "diagnostics/values-3", run / "diagnostics/values", root / "values/1"]
    assert [numbers(folder)["iteration"] for folder in results] == ["3", "4", "4"]
    assert len({(folder / "values.csv").read_bytes() for folder in results}) == 3


def test_tasks(root):
    """Discrete actions, and MuJoCo with its contacts."""
    train(root / "pole", "--task", "CartPole-v1", *RUN)
    train(root / "hopper", "--task", "Hopper-v5", *RUN, "--update", "trpo")
    for task in ("pole", "hopper"):
        for folder, (words, names, finite) in MEASUREMENTS.items():
            if task == "hopper" and folder in ("steps", "landscape"):
                continue
            output = root / task / folder
            assert diagnose(root / task, *words, "--output", output, "--quiet") == ""
            if folder == "objective" and not (output / "objective.csv").exists():
                # trpo has no learning rate to measure along, and the returns of short poles may all be the same
                names, finite = ["chaos"], ["exponent_a_step"]
            check_files(output, names, finite)
    assert "exponent_a_second" in numbers(root / "hopper/chaos")


def interrupted(run, folder, sent, *words):
    """Begins a measurement, and ends it after its first pieces. What it says."""
    process = subprocess.Popen([DIAGNOSE, str(run), *map(str, words), "--threads", "2", "--output", str(folder)],
                               stdout=subprocess.PIPE, text=True)
    deadline = time.time() + 120
    while len(list(folder.glob("pieces/*.safetensors"))) < 2:
        assert process.poll() is None and time.time() < deadline, "it ended or stood still before it had two pieces"
        time.sleep(0.005)
    process.send_signal(sent)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == (0 if sent != signal.SIGKILL else -sent), (process.returncode, output)
    return output


def test_interrupt(root):
    run = root / "run"
    train(run, "--task", "Pendulum-v1", *RUN)
    gradients = ["gradients", "--samples", "100,10000", "--repeats", 20, "--reference", 16000, "--discount-weights"]
    line = ["landscape", "--line", "--nodes", 25, "--steps", 10000]
    for name, words, signals in (("gradients", gradients, (signal.SIGINT, signal.SIGKILL)),
                                 ("landscape", line, (signal.SIGTERM, signal.SIGKILL))):
        diagnose(run, *words, "--output", root / "whole" / name)
        for sent in signals:
            folder = root / str(sent.value) / name
            output = interrupted(run, folder, sent, *words)
            pieces = {path: path.stat().st_mtime_ns for path in folder.glob("pieces/*.safetensors")}
            if sent != signal.SIGKILL:
                part = numbers(folder)
                done, count = map(int, re.fullmatch(r"(\d+) of (\d+) pieces", part["pieces"]).groups())
                assert done == len(pieces) < count and part["found"], (part, pieces)
                assert (folder / "words.txt").read_text().startswith(part["found"])
                assert f"interrupted after {done} of {count} pieces; --resume goes on" in output, output
            assert len(pieces) < len(list((root / "whole" / name).glob("pieces/*.safetensors"))), "it was not interrupted"
            diagnose(run, *words, "--output", folder, "--resume", "--threads", 1)
            assert tables(folder) == tables(root / "whole" / name), folder
            assert numbers(folder) == numbers(root / "whole" / name), folder
            # what was done was not done again
            assert all(path.stat().st_mtime_ns == at for path, at in pieces.items()), pieces
    # a reference of its own samples goes on from its pieces too
    fresh = ["gradients", "--samples", "100,400", "--repeats", 4, "--reference", 3200, "--discount-weights"]
    diagnose(run, *fresh, "--output", root / "fresh")
    whole = tables(root / "fresh")
    (root / "fresh/pieces/reference-5.safetensors").unlink()
    diagnose(run, *fresh, "--output", root / "fresh", "--resume", "--quiet")
    assert tables(root / "fresh") == whole
    # of a single piece nothing is kept, and what was seen so far is written
    folder = root / "trust-region"
    process = subprocess.Popen([DIAGNOSE, str(run), "trust-region", "--iterations", "1000000", "--output", str(folder)],
                               stdout=subprocess.PIPE, text=True)
    while not (folder / "pieces/measurement.txt").exists():
        time.sleep(0.005)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0 and "--resume goes on" in output, output
    assert numbers(folder)["pieces"] == "0 of 1 pieces"


def test_refusals(root):
    run = root / "run"
    train(run, "--task", "Pendulum-v1", *RUN, "--keep-checkpoints", "0,3")
    train(root / "hopper", "--task", "Hopper-v5", *RUN)
    train(root / "shared", "--task", "CartPole-v1", "--update", "a2c", "--shared-backbone", "--environments", 8, "--batch",
          256, "--steps", 512, "--hidden", 16, "--quiet")
    train(root / "epvf", "--task", "CartPole-v1", "--update", "epvf", "--steps", 400, "--hidden", 8, "--quiet")
    done = ["values", "--repeats", 2]
    diagnose(run, *done)

    def refused(run, *options, code=2, words):
        before = contents(root), set(root.rglob("*"))
        output = diagnose(run, *options, code=code)
        assert output.startswith("vantage-diagnose: ") and output.count("\n") == 1, output
        assert all(word in output for word in words), (options, output)
        assert (contents(root), set(root.rglob("*"))) == before, f"{options} left something behind, or took it away"

    refused(root / "none", "values", words=["none", "no config.toml"])
    refused(run, "values", "--iteration", 2, words=["checkpoint-2.safetensors", "--keep-checkpoints"])
    refused(root / "shared", "values", words=["--shared-backbone"])
    train(root / "conditioned", "--task", "CartPole-v1", *RUN, "--value", "policy-conditioned", "--keep-checkpoints", 0)
    refused(root / "conditioned", "values", words=["--value policy-conditioned"])
    refused(root / "epvf", "values", words=["--update epvf", "expected gradients"])
    refused(root / "epvf", "gradients", "--burn-in", 5, words=["--samples and --repeats alone"])
    refused(run, "magic", words=["no measurement magic", "gradients", "chaos"])
    refused(run, words=["RUN_FOLDER MEASUREMENT"])
    refused("values", words=["RUN_FOLDER MEASUREMENT"])
    for options, words in ((["values", "--nodes", 3], ["--nodes"]),
                           (["values", "--repeats", "1.5"], ["--repeats", "1.5"]),
                           (["values", "--returns", "some"], ["--returns", "some"]),
                           (["values", "--resume", "--overwrite"], ["--overwrite"]),
                           (["values", "--scale", "huge"], ["--scale", "huge"]),
                           (["values", "--repeats", 1], ["--repeats: expected two"]),
                           (["values", "--threads", 0], ["--threads"]),
                           (["gradients", "--samples", "200,100"], ["--samples: expected rising"]),
                           (["gradients", "--samples", "100,0"], ["--samples", "got 0"]),
                           (["gradients", "--repeats", 2], ["--repeats: expected three"]),
                           (["gradients", "--reference", 15], ["--reference", "15"]),
                           (["baselines", "--samples", "5,5"], ["--samples: expected rising"]),
                           (["steps", "--episodes", 1], ["--episodes"]),
                           (["curvature", "--eigenvalues", 61], ["--eigenvalues"]),
                           (["curvature", "--step", 0], ["--step"]),
                           (["trust-region", "--iterations", 1], ["--iterations"]),
                           (["landscape", "--nodes", 3], ["--nodes"]),
                           (["landscape", "--low", 3], ["--high", "--low"]),
                           (["landscape", "--low", 3, "--of", "values"], ["--high", "--low"]),
                           (["landscape", "--to-iteration", 2], ["--to-iteration", "--keep-checkpoints", "2"]),
                           (["chaos", "--points", 1], ["--points"]),
                           (["chaos", "--starts", 1], ["--starts"])):
        refused(run, *options, "--output", root / "refused", words=words)

    # a measurement is lost neither to another one nor to other options, nor to another agent
    refused(run, *done, words=["--resume", "--overwrite"])
    refused(run, "values", "--repeats", 3, "--resume", words=["--repeats 2", "--repeats 3"])
    refused(run, *done, "--resume", "--seed", 7, words=["--seed 7"])
    folder = run / "diagnostics/values"
    refused(run, *done, "--resume", "--iteration", 3, "--output", folder, words=["iteration 4", "iteration 3"])
    refused(run, "chaos", "--output", folder, words=["--resume", "--overwrite"])
    refused(run, "chaos", "--output", folder, "--resume", words=["measurement values", "measurement chaos"])
    train(root / "other", "--task", "Pendulum-v1", *RUN, "--seed", 2)
    refused(root / "other", *done, "--output", folder, "--resume", words=["checkpoint "])
    assert "--threads" not in (folder / "pieces/measurement.txt").read_text()
    diagnose(run, *done, "--resume", "--threads", 3)
    diagnose(run, "values", "--repeats", 3, "--overwrite")
    # a run that moved goes on
    shutil.move(run, root / "moved")
    run = root / "moved"
    diagnose(run, "values", "--repeats", 3, "--resume")

    # files that are damaged or of another task
    piece = run / "diagnostics/values/pieces/iterations-1.safetensors"
    checkpoint = run / "checkpoint.safetensors"
    for path in (piece, checkpoint):
        whole = path.read_bytes()
        path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 4]) + whole[-4:])
        refused(run, "values", "--repeats", 3, "--resume", "--quiet", code=1, words=[path.name, "damaged"])
        path.write_bytes(whole[:len(whole) // 2])
        refused(run, "values", "--repeats", 3, "--resume", "--quiet", code=1, words=[path.name])
        path.write_bytes(whole)
    shutil.copy(root / "hopper/checkpoint.safetensors", checkpoint)
    refused(run, "values", "--output", root / "refused", code=1, words=["checkpoint.safetensors", "expected"])


def test_command_line(root):
    train(root / "run", "--task", "Pendulum-v1", *RUN)
    before = set(root.rglob("*"))
    shown = diagnose(root / "run", "--help")
    known = re.findall(r"^  ([a-z-]+)  ", shown.split("Subcommands:")[1], re.MULTILINE)
    assert known == sorted({words[0] for words, _, _ in MEASUREMENTS.values()}, key=known.index), known
    for name in known:
        shown = diagnose(root / "run", name, "--help")
        assert f"vantage-diagnose {name}" in shown and "  --" in shown, shown
    # what it costs, without doing anything
    def steps(name, scale="small"):
        output = diagnose(root / "run", name, "--dry-run", "--scale", scale)
        return int(re.fullmatch(
            rf"{name} of Pendulum-v1 at iteration 4: about (\d+) environment steps, \S+ on \d+ threads\n", output)[1])

    assert all(steps(name) > 1000 for name in known)
    assert steps("landscape") < steps("landscape", "medium") < steps("landscape", "paper")
    assert diagnose(root / "run", "values", "--dry-run", "--quiet") == ""
    assert set(root.rglob("*")) == before, "something was written"
    # of what is begun, only the rest is told
    diagnose(root / "run", "values", "--repeats", 2)
    assert "about 0 environment steps" in diagnose(root / "run", "values", "--repeats", 2, "--dry-run")
    # what another measurement left there is none of it
    folder = root / "run/diagnostics/values"
    assert "about 0 " not in diagnose(root / "run", "values", "--repeats", 2, "--seed", 7, "--dry-run", "--output", folder)


def test_training(root):
    """What is measured beside learning."""
    small = ["--task", "InvertedPendulum-v5", "--environments", 20, "--batch", 1280, "--hidden", "16,16", "--quiet"]
    options = [*small, "--value-steps", 3, "--diagnose", "gradients,values"]
    train(root / "whole", *options, "--steps", 1280 * 12)
    rows = table(root / "whole")
    for name in ("noise_scale", "held_out_value_error"):
        values = [float(row[name]) for row in rows]
        assert len(values) == 12 and all(0 < value < math.inf for value in values), (name, values)
    train(root / "cut", *options, "--steps", 1280 * 5, "--threads", 2)
    train(root / "cut", "--resume", "--quiet", "--steps", 1280 * 12, "--threads", 1)
    same_run(root / "whole", root / "cut")
    # also where both updates work in minibatches, side by side on two threads
    minibatches = [*options, "--update", "ppo", "--minibatch", 64, "--policy-minibatch", 64, "--steps", 1280 * 4]
    for threads in (1, 2):
        train(root / f"side {threads}", *minibatches, "--threads", threads)
    same_run(root / "side 1", root / "side 2")
    assert "--diagnose: " in train(root / "bound", *options, "--value-step-rule", "bound", code=2)
    # without it there is no such column, and the same of what is learned where only gradients are looked at
    train(root / "plain", *small, "--value-steps", 3, "--steps", 1280 * 12)
    plain = table(root / "plain")
    added = set(rows[0]) - set(plain[0])
    assert {"noise_scale", "held_out_value_error"} <= added, added
    train(root / "gradients", *small, "--value-steps", 3, "--steps", 1280 * 12, "--diagnose", "gradients")
    looked = [{key: value for key, value in row.items() if key not in added} for row in table(root / "gradients")]
    assert looked == plain

    rule = [*small, "--value-steps", 40, "--min-value-steps", 2, "--value-step-rule", "held_out"]
    train(root / "rule", *rule, "--steps", 1280 * 12, "--learning-rate", "1e-2")
    steps = [int(row["value_steps"]) for row in table(root / "rule")]
    assert all(2 <= count <= 40 for count in steps) and len(set(steps)) > 1, steps
    train(root / "half", *rule, "--steps", 1280 * 6, "--learning-rate", "1e-2")
    train(root / "half", "--resume", "--quiet", "--steps", 1280 * 12)
    same_run(root / "rule", root / "half")


main(globals())
