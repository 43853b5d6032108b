#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of studies: study_test.py <test> <vantage-train> <vantage-eval> <vantage-study>."""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

from programs import EVAL, TRAIN, main

STUDY = os.path.abspath(sys.argv[4])

SMALL = """
title = "Does K_V matter?"
source = "a test"
seeds = 2
rows = "case"

[common]
environments = 4
batch = 256
hidden = [8]
checkpoint-every = 2
evaluate-every = 2

[grid]
task = [{label = "pole", task = "CartPole-v1", steps = 4096}, {label = "swing, up", task = "Pendulum-v1", steps = 2048}]
case = [{label = "K_V = 1", value-steps = 1}, {label = "K_V = 9", value-steps = 9}, {label = "PPO", update = "ppo", epochs = 2}]

[[rule]]
where = {task = "swing, up", case = "PPO"}
skip = true
[[rule]]
where = {task = "swing, up"}
options = {gamma = 0.9}

[scale.one]
seeds = 1
options = {steps = 1024}
only = {task = ["pole"]}

[[measure]]
name = "tail"
column = "value_error_after"
share = 0.25
[[measure]]
name = "area"
column = "value_error_after"
area = true
[[measure]]
name = "early"
column = "value_error_after"
at = 1100
[[measure]]
name = "last"
column = "mean_return_last_100"
[[measure]]
name = "best"
column = "mean_return"
file = "evaluation"
best = true
[[measure]]
name = "reached"
column = "episodes"
reach = 20
along = "iteration"
[[measure]]
name = "played"
episodes = 3
deterministic = true
number = "length.max"

[[figure]]
name = "curves"
y = "value_error_after"
panels = "task"
lines = "case"
where = {task = "pole"}
[[figure.reference]]
file = "others.csv"
label = "paper"
y = "error"

[[accept]]
claim = "nine steps fit better than one"
measure = "tail"
left = {case = "K_V = 9"}
right = {case = "K_V = 1"}
relation = "<"
each = "task"
[[accept]]
claim = "and in most pairs of runs"
measure = "tail"
statistic = "probability"
left = {case = "K_V = 1", task = "pole"}
against = {case = "K_V = 9", task = "pole"}
number = 0.75
[[accept]]
claim = "asked of the swing alone"
measure = "tail"
left = {task = "swing, up"}
number = 0
[[accept]]
claim = "asked at no other scale"
scales = ["one"]
measure = "tail"
number = 0
[[accept]]
claim = "never true"
measure = "last"
left = {task = "pole"}
number = 1e9
"""


def study(folder, *options, code=0, text=SMALL, name="small", program=STUDY):
    """What the program says."""
    folder.mkdir(exist_ok=True)
    (folder / "others.csv").write_text("task,case,env_steps,error\npole,K_V = 1,0,3\npole,K_V = 1,4000,1\n")
    (folder / f"{name}.toml").write_text(text)
    # what mpirun starts names the study itself
    words = [program, *([] if "-n" in options else [f"{name}.toml"]), *map(str, options)]
    result = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    assert result.returncode == code, (options, result.returncode, result.stdout, result.stderr)
    return result.stdout + result.stderr


def rows(path, without=()):
    with path.open(newline="") as file:
        return [{key: value for key, value in row.items() if key not in without} for row in csv.DictReader(file)]


def trained(output):
    """When each run was trained."""
    return {path.parent.name: path.stat().st_mtime_ns for path in output.glob("runs/*/summary.json")}


def weighted(progress, first, column="value_error_after"):
    """Mean of a column over the steps behind `first`, each row standing for its own."""
    total = weight = before = 0
    for row in progress:
        steps = float(row["env_steps"])
        own, before = steps - before, steps
        if steps > first:
            total, weight = total + own * float(row[column]), weight + own
    return total / weight


def test_whole(root):
    """Every number of a study from its runs' own files; what is made is not made again; more seeds run what is new."""
    out = root / "a/out"
    said = study(root / "a", "--output", "out", "--jobs", 2)
    results = rows(out / "results.csv")
    assert len(results) == 10 and "10 of 10 runs done, 0 failed" in said, said
    for result in results:
        folder = out / "runs" / result["run"]
        progress = rows(folder / "progress.csv")
        end = float(progress[-1]["env_steps"])
        assert end == (4096 if result["task"] == "pole" else 2048)
        config = (folder / "config.toml").read_text()
        assert ("gamma = 0.9000" in config) == (result["task"] == "swing, up"), config
        assert f"seed = {result['seed']}\n" in config and 'threads = 1' in config
        for name, expected in (("tail", weighted(progress, 0.75 * end)), ("area", weighted(progress, 0)),
                               ("early", float(progress[3]["value_error_after"])),
                               ("last", float(progress[-1]["mean_return_last_100"])),
                               ("reached", next((float(row["iteration"]) for row in progress if float(row["episodes"]) >= 20), math.nan)),
                               ("best", max(float(row["mean_return"]) for row in rows(folder / "evaluation.csv")))):
            found = float(result[name])
            assert math.isclose(found, expected, rel_tol=1e-12) or math.isnan(found) and math.isnan(expected), (result, name, expected)
        played = json.loads(subprocess.run(
            [EVAL, folder / "policy.safetensors", "--episodes", "3", "--deterministic", "--seed", result["seed"], "--json"],
            capture_output=True, text=True, check=True).stdout)
        assert float(result["played"]) == played["length"]["max"]

    def values(measure, **labels):
        return [float(row[measure]) for row in results if all(row[key] == value for key, value in labels.items())]

    for row in rows(out / "summary.csv"):
        sample = [value for value in values(row["measure"], task=row["task"], case=row["case"]) if not math.isnan(value)]
        assert int(row["runs"]) == len(sample) and (len(sample) == 2 or row["measure"] == "reached"), row
        if len(sample) < 2:
            continue
        assert math.isclose(float(row["mean"]), statistics.mean(sample)), row
        assert math.isclose(float(row["sd"]), statistics.stdev(sample), abs_tol=1e-12), row
        # of two runs the bootstrap has three means, and its ends are the runs themselves
        assert math.isclose(float(row["low"]), min(sample)) and math.isclose(float(row["high"]), max(sample)), row
    above = {(row["measure"], row["task"], row["a"], row["b"]): float(row["probability_a_above_b"])
             for row in rows(out / "improvement.csv")}
    one, nine = values("tail", task="pole", case="K_V = 1"), values("tail", task="pole", case="K_V = 9")
    expected = statistics.mean((a > b) + 0.5 * (a == b) for a in one for b in nine)
    assert above["tail", "pole", "K_V = 1", "K_V = 9"] == expected == 1 - above["tail", "pole", "K_V = 9", "K_V = 1"]
    report = (out / "report.md").read_text()
    for label in ("pole", "swing, up"):
        holds = statistics.mean(values("tail", task=label, case="K_V = 9")) < statistics.mean(values("tail", task=label, case="K_V = 1"))
        line = next(line for line in report.splitlines() if line.startswith(f"| nine steps fit better than one | {label} |"))
        assert line.endswith("| PASS |" if holds else "| FAIL |"), line
    assert "| and in most pairs of runs |" in report and "| never true |  |" in report and "| FAIL |" in report
    if shutil.which("gnuplot"):
        assert (out / "curves.png").read_bytes()[:4] == b"\x89PNG" and "</svg>" in (out / "curves.svg").read_text()
        assert "paper" in (out / "curves.svg").read_text() and "![" in report
    never = [row for row in results if math.isnan(float(row["reached"]))]
    assert 0 < len(never) < len(results) and {row["task"] for row in never} == {"swing, up"}, never
    curve = [float(row["value"]) for row in rows(out / "curves.csv") if row["run"] == results[0]["run"]]
    assert curve == [float(f"{float(row['value_error_after']):.6g}") for row in rows(out / "runs" / results[0]["run"] / "progress.csv")]

    # again: nothing is made; more seeds and a wider grid: only what is new; less: what is asked for
    before = trained(out)
    assert "10 of them made" in study(root / "a", "--output", "out")
    assert trained(out) == before
    wider = SMALL.replace('{label = "K_V = 9"', '{label = "K_V = 4", value-steps = 4}, {label = "K_V = 9"')
    assert "21 runs, 10 of them made" in study(root / "a", "--output", "out", "--seeds", 3, "--only", "task=pole", "--only", "task=swing, up",
                                               text=wider, code=0)
    after = trained(out)
    assert len(after) == 21 and all(after[name] == when for name, when in before.items()), after
    assert len(rows(out / "results.csv")) == 21


def alike(a, b):
    timing = ("core_seconds", "joules")
    assert rows(a / "results.csv", timing) == rows(b / "results.csv", timing)
    for name in ("curves.csv", "summary.csv", "improvement.csv"):
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


def begin(folder, *options):
    """A study on its way, with a run that has written checkpoints."""
    folder.mkdir()
    (folder / "others.csv").write_text("task,case,env_steps,error\n")
    (folder / "small.toml").write_text(LONGER)
    process = subprocess.Popen([STUDY, "small.toml", "--output", "out", *options], cwd=folder, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    deadline = time.time() + 120
    while time.time() < deadline and process.poll() is None:
        if any(path.read_text().count("\n") > 20 for path in folder.glob("out/runs/*/progress.csv")):
            return process
        time.sleep(0.005)
    raise AssertionError((process.poll(), process.stdout.read()))


LONGER = SMALL.replace("steps = 4096", "steps = 40960").replace("steps = 2048", "steps = 40960").replace("seeds = 2", "seeds = 1")


def test_killed(root):
    """Killed, it takes its programs along; the same command goes on and ends as if nothing had been; folders are kept apart."""
    process = begin(root / "killed", "--jobs", "2")
    said = subprocess.run([STUDY, "small.toml", "--output", "out"], cwd=root / "killed", capture_output=True, text=True)
    assert said.returncode == 2 and "another vantage-study works in this folder" in said.stderr, said
    process.send_signal(signal.SIGKILL)
    process.wait()
    out = root / "killed/out"
    halfway = [path.parent.name for path in out.glob("runs/*/checkpoint.safetensors") if not (path.parent / "summary.json").exists()]
    deadline = time.time() + 20
    while True:
        result = subprocess.run([STUDY, "small.toml", "--output", "out", "--report"], cwd=root / "killed", capture_output=True, text=True)
        if result.returncode == 0:
            break
        assert time.time() < deadline and "works in this folder" in result.stderr, result
        time.sleep(0.05)
    assert len(rows(out / "results.csv")) < 5 and "runs lack something" in (out / "report.md").read_text()
    study(root / "killed", "--output", "out", text=LONGER)
    assert halfway, "nothing was on its way"
    study(root / "whole", "--output", "out", text=LONGER)
    alike(out, root / "whole/out")


def test_interrupt(root):
    """Ctrl-C: the runs leave their checkpoints, what is there is reported, and the same command goes on."""
    process = begin(root / "cut", "--jobs", "1")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "interrupted; the same command goes on" in said, (process.returncode, said)
    out = root / "cut/out"
    reasons = [json.loads(path.read_text())["stop_reason"] for path in out.glob("runs/*/summary.json")]
    assert "interrupted" in reasons, reasons
    assert len(rows(out / "results.csv")) == reasons.count("finished")
    study(root / "cut", "--output", "out", text=LONGER)
    study(root / "whole", "--output", "out", text=LONGER)
    alike(out, root / "whole/out")


def test_failures(root):
    """A run that fails is reported, does not stop the others, and is tried again by the next command."""
    programs = root / "programs"
    programs.mkdir()
    for path in (STUDY, EVAL):
        shutil.copy(path, programs)
    fails = programs / "vantage-train"
    # the second seed fails, but not where its speed is measured
    fails.write_text(f"""#!/bin/sh
case "$*" in *"{root}/a/out/runs/"*seed-2*|*"out/runs/"*seed-2*) echo "no luck" >&2; exit 1 ;; esac
exec "{TRAIN}" "$@"
""")
    fails.chmod(0o755)
    program = programs / os.path.basename(STUDY)
    said = study(root / "a", "--output", "out", code=1, program=program)
    assert said.count("failed: trains no more, code 1: no luck") >= 5, said
    out = root / "a/out"
    assert {row["seed"] for row in rows(out / "results.csv")} == {"1"} and len(rows(out / "results.csv")) == 5
    assert (out / "report.md").read_text().count("no luck") == 5
    study(root / "a", "--output", "out")
    assert len(rows(out / "results.csv")) == 10


def test_ranks(root):
    """Ranks of mpirun make a study together: each run once, the same numbers, and failures of all of them in one report."""
    study(root / "alone", "--output", "out", "--jobs", 2)
    programs = root / "programs"
    programs.mkdir()
    for path in (STUDY, EVAL):
        shutil.copy(path, programs)
    # says who trains what, and lets one run fail the first time
    trains = programs / "vantage-train"
    trains.write_text(f"""#!/bin/sh
case "$*" in *out/runs/*) echo "$PPID $*" >>"{root}/trained" ;; esac
if env | grep -q OMPI_COMM; then echo "a rank" >&2; exit 1; fi
case "$*" in *out/runs/*pole*9*seed-2*) [ -e "{root}/failed" ] || {{ touch "{root}/failed"; echo "no luck" >&2; exit 1; }} ;; esac
exec "{TRAIN}" "$@"
""")
    trains.chmod(0o755)
    ranks = [sys.argv[5], "-n", "3", str(programs / os.path.basename(STUDY))]
    folder = root / "ranks"
    said = study(folder, *ranks[1:], "small.toml", "--output", "out", code=1, program=ranks[0])
    made = [line.split(maxsplit=1) for line in (root / "trained").read_text().splitlines()]
    assert len(made) == len({command for _, command in made}) == 10, made
    assert len({parent for parent, _ in made}) == 3, made
    assert said.count("failed: trains no more, code 1: no luck") >= 1, said
    assert len(rows(folder / "out/results.csv")) == 9
    study(folder, *ranks[1:], "small.toml", "--output", "out", "--quiet", program=ranks[0])
    alike(root / "alone/out", folder / "out")


def test_merge(root):
    """Machines share a study: each makes a part, and one report has all."""
    study(root / "a", "--output", "out", "--only", "task=pole")
    study(root / "b", "--output", "out", "--only", "task=swing, up")
    assert len(rows(root / "a/out/results.csv")) == 6 and len(rows(root / "b/out/results.csv")) == 4
    # the tables alone are enough
    (root / "kept").mkdir()
    for name in ("results.csv", "curves.csv"):
        shutil.copy(root / "b/out" / name, root / "kept")
    assert "10 runs, 10 of them made" in study(root / "a", "--output", "out", "--merge", root / "kept")
    study(root / "whole", "--output", "out")
    alike(root / "a/out", root / "whole/out")


def test_scales(root):
    """Scales, dry runs and measurements on checkpoints."""
    said = study(root / "a", "--output", "out", "--scale", "one", "--dry-run")
    assert "3 runs, 0 of them made" in said and "0.003072 million environment steps" in said, said
    assert not trained(root / "a/out")
    study(root / "a", "--output", "claims", "--report", "--scale", "one")
    at_one = (root / "a/claims/report.md").read_text()
    study(root / "a", "--output", "claims", "--report", text=SMALL + "[scale.two]\nseeds = 1\n", code=0)
    as_it_stands = (root / "a/claims/report.md").read_text()
    study(root / "a", "--output", "claims", "--report", "--scale", "two", text=SMALL + "[scale.two]\nseeds = 1\n", code=0)
    at_two = (root / "a/claims/report.md").read_text()
    assert [("at no other scale" in report, "the swing alone" in report) for report in (at_one, as_it_stands, at_two)] == [
        (True, False), (True, True), (False, True)], "claims are asked where they do not belong"
    text = SMALL + """
[[measure]]
name = "start"
diagnose = ["values", "--repeats", "2"]
iteration = 2
number = "start_error"
"""
    # runs in a folder of their own, for a second study of other measures
    study(root / "a", "--output", "first", "--scale", "one", "--runs", "out/runs")
    when = trained(root / "a/out")
    text += """
where = {case = ["K_V = 1", "PPO"]}
[[measure]]
name = "cosine"
diagnose = ["gradients", "--samples", "100,200", "--repeats", "3", "--reference", "400"]
iteration = 2
table = "gradients"
row = {samples = 200}
column = "pairwise_cosine"
[[figure]]
name = "cosines"
diagnose = ["gradients", "--samples", "100,200", "--repeats", "3", "--reference", "400"]
iteration = 2
table = "gradients"
x = "samples"
y = "pairwise_cosine"
logarithmic = true
lines = "case"
[[figure]]
name = "errors"
diagnose = ["values"]
iterations = [0, 2, 3, 90]
number = "start_error"
lines = "case"
where = {case = "K_V = 1"}
"""
    text = text.replace("[scale.one]", '[scale.one]\ndiagnosis = "small"').replace("batch = 256", "batch = 256\nkeep-checkpoints = [1]")
    said = study(root / "a", "--output", "out", "--scale", "one", text=text, code=1)
    assert "checkpoint-2" in said and said.count(" failed: ") >= 3, said
    for run in when:
        shutil.rmtree(root / "a/out/runs" / run)
    study(root / "a", "--output", "out", "--scale", "one", text=text)
    for row in rows(root / "a/out/results.csv"):
        folder = root / "a/out/runs" / row["run"]
        assert row["env_steps"] == "1024" and (folder / "checkpoint-2.safetensors").exists()
        # what the study keeps for others, and what it measures itself; iteration 90 there is none
        kept = {int(path.stem.split("-")[1]) for path in folder.glob("checkpoint-*.safetensors")}
        assert kept == ({0, 1, 2, 3} if row["case"] == "K_V = 1" else {1, 2}), (row, kept)
        values = folder / "diagnostics/2_values_--repeats_2_--scale_small/values.json"
        found = json.loads(values.read_text()) if values.exists() else {}
        assert (row["start"] == "nan") == (row["case"] == "K_V = 9"), row
        assert row["start"] == "nan" or float(row["start"]) == found["start_error"], row
        all_numbers = {(one["diagnosis"], one["name"]): float(one["value"]) for one in rows(root / "a/out/numbers.csv") if one["run"] == row["run"]}
        assert all(all_numbers["2_values_--repeats_2_--scale_small", name] == value for name, value in found.items() if isinstance(value, float)), all_numbers
        cosines = rows(folder / "diagnostics/2_gradients_--samples_100+200_--repeats_3_--reference_400_--scale_small/gradients.csv")
        assert float(row["cosine"]) == float(cosines[1]["pairwise_cosine"]), (row, cosines)
        curve = [(float(point["at"]), float(point["value"])) for point in rows(root / "a/out/curves.csv")
                 if (point["run"], point["figure"]) == (row["run"], "cosines")]
        assert curve == [(float(point["samples"]), float(f"{float(point['pairwise_cosine']):.6g}")) for point in cosines], curve
        errors = [(float(point["at"]), float(point["value"])) for point in rows(root / "a/out/curves.csv")
                  if (point["run"], point["figure"]) == (row["run"], "errors")]
        expected = [(256.0 * iteration, json.loads((folder / f"diagnostics/{iteration}_values_--scale_small/values.json").read_text())["start_error"])
                    for iteration in ((0, 2, 3) if row["case"] == "K_V = 1" else ())]
        assert errors == [(x, float(f"{y:.6g}")) for x, y in expected], (errors, expected)


def test_energy(root):
    """What the processor's counters say goes to the runs on their way, over a counter's end too; the report can be a page."""
    zone = root / "counters/intel-rapl:0"
    part = root / "counters/intel-rapl:0:0"
    for folder in (zone, part):
        folder.mkdir(parents=True)
        (folder / "max_energy_range_uj").write_text("9000000\n")
        (folder / "energy_uj").write_text("8000000\n")
    (root / "a").mkdir()
    process = begin(root / "b", "--jobs", "2", "--energy", str(root / "counters"), "--page", str(root / "page.md"))
    for now in (8500000, 1500000, 2500000):  # 0.5, 2 and 1 joules
        replacement = root / "counters/new"
        replacement.write_text(f"{now}\n")
        replacement.rename(zone / "energy_uj")
        time.sleep(0.3)
    (part / "energy_uj").write_text("8900000\n")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    kept = [float(path.read_text()) for path in (root / "b/out/runs").glob("*.joules")]
    assert len(kept) == 5 and math.isclose(sum(kept), 3.5, abs_tol=1e-6), kept
    assert sum(float(row["joules"]) for row in rows(root / "b/out/results.csv")) >= 2, "rounded, and lost"
    page = (root / "page.md").read_text()
    assert page == (root / "b/out/report.md").read_text() and "kWh of the processor" in page
    if shutil.which("gnuplot"):
        assert (root / "curves.png").read_bytes() == (root / "b/out/curves.png").read_bytes()


def test_shipped(root):
    """Every study of the repository can be read and planned, at each of its scales."""
    studies = sorted((pathlib.Path(__file__).resolve().parents[2] / "benchmarks/studies").glob("*.toml"))
    assert len(studies) > 10
    for path in studies:
        for scale in [[], *(["--scale", name] for name in re.findall(r"^\[scale\.(\w+)\]", path.read_text(), re.M))]:
            out = root / "_".join([path.stem, *scale])
            result = subprocess.run([STUDY, path, *scale, "--report", "--quiet", "--output", out], capture_output=True, text=True)
            assert result.returncode == 0, (path, scale, result)
            report = (out / "report.md").read_text()
            assert report.startswith("# ") and "runs lack something" in report and "| PASS |" not in report, report


def test_refusals(root):
    """What is wrong is said before anything runs, with its place."""
    for old, new, words in (
            ('title = "Does K_V matter?"', "", ["title: expected a text"]),
            ("seeds = 2", "seeds = 0", ["small.toml:4: seeds: expected a whole number >= 1"]),
            ("seeds = 2", "seads = 2", ["small.toml:4: seads: there is no such key; the nearest is seeds"]),
            ("seeds = 2", "seeds = 2]", ["not TOML"]),
            ("batch = 256", "bach = 256", ["small.toml:9: bach: there is no such option; the nearest is batch"]),
            ("batch = 256", "batch = 257", ["--environments", "the run with case = K_V = 1, task = pole"]),
            ("batch = 256", "batch = 256\nseed = 3", ["expected no seed, which the study decides"]),
            ("value-steps = 9}", "value-steps = -9}", ["small.toml:16: value-steps: expected a whole number", "got -9 (the run with case = K_V = 9, task = pole)"]),
            ('label = "K_V = 9"', 'label = "K_V = 1"', ["case: expected each label once, got K_V = 1 twice"]),
            ("update = \"ppo\"", "update = \"ppp\"", ["update: expected", "ppp"]),
            ('where = {task = "pole"}', 'where = {task = "poel"}', ["expected a label of task (pole, swing, up), got poel"]),
            ('rows = "case"', 'rows = "cases"', ["rows: expected a dimension of the grid (task, case), got cases"]),
            ("share = 0.25", "share = 1.25", ["share: expected a number above 0 and at most 1"]),
            ("share = 0.25", "share = 0.25\narea = true", ["expected at most one of share, at, area, best and reach"]),
            ('file = "others.csv"', 'file = "other.csv"', ["file: expected a file that exists", "other.csv"]),
            ('relation = "<"', 'relation = "=<"', ["relation: expected one of >=, <=, >, <, within, got =<"]),
            ('scales = ["one"]', 'scales = ["two"]', ["scales: expected scales of the study, got two"]),
            ('measure = "last"', 'measure = "lost"', ["expected one of the measures", "got lost"]),
            ("number = 1e9", "", ["expected one of right, number, numbers and published"]),
            ('column = "mean_return_last_100"', 'colum = "mean_return_last_100"', ["small.toml:43: name: expected column, episodes or diagnose beside it"])):
        assert old in SMALL, old
        said = study(root / "a", "--output", "out", code=2, text=SMALL.replace(old, new, 1))
        assert all(word in said for word in words), (new, words, said)
    for options, words in ((["--scale", "two"], "expected one of the study's (one), got two"),
                           (["--only", "task=hopper"], "expected a label of task (pole, swing, up), got hopper"),
                           (["--only", "tasks=pole"], "expected a dimension of the study (task, case), got tasks"),
                           (["--only", "pole"], "expected dimension=label, got pole"),
                           (["--seeds", 0], "expected a whole number"),
                           (["--merge", root / "none"], "expected a folder with results.csv")):
        said = study(root / "a", "--output", "out", *options, code=2)
        assert words in said, (options, said)
    assert not trained(root / "a/out")
    # a column that no run has
    said = study(root / "b", "--output", "out", "--scale", "one", code=1,
                 text=SMALL.replace('column = "value_error_after"\nshare', 'column = "value_eror_after"\nshare'))
    assert "expected a column \"value_eror_after\"" in said and not trained(root / "b/out"), said


main(globals())
