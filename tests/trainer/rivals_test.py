#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The programs that compare vantage with others, here with others that do nothing: rivals_test.py <test> <vantage-train>
<vantage-eval> <benchmarks/rivals>."""
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from programs import TRAIN, main

RIVALS = pathlib.Path(sys.argv[4])
BIN = pathlib.Path(TRAIN).parent


def call(script, *options, code=0):
    result = subprocess.run([sys.executable, RIVALS / script, "--bin", BIN, *map(str, options)], capture_output=True, text=True)
    assert result.returncode == code, (options, result)
    return result.stdout + result.stderr


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_speed(root):
    """Programs that are named take turns, and one that fails stops nothing."""
    (root / "programs.toml").write_text(f"""
[["two numbers"]]
name = "a"
command = "sh -c 'echo rate 6{{threads}}; echo a >> {root}/turns'"
pattern = 'rate (\\d+)'
[["two numbers"]]
name = "b, in seconds"
command = "sh -c 'echo took 10 s; echo b >> {root}/turns'"
pattern = 'took (\\d+) s'
steps = 310
[["two numbers"]]
name = "broken"
command = "sh -c 'echo out of luck >&2; exit 3'"
pattern = '(\\d+)'
[["two numbers"]]
name = "silent"
command = "true"
pattern = '(\\d+)'
[["two numbers"]]
name = "none"
command = "{root}/none"
pattern = '(\\d+)'
""")
    said = call("run.py", "--only", "programs", "--programs", root / "programs.toml", "--rounds", 2, "--threads", 1, 2,
                "--output", root / "speed")
    table = rows(root / "speed.csv")
    assert [(row["program"], row["steps_per_second"], row["threads"], row["vantage_to_program"]) for row in table[:2]] == [
        ("a", "62", "2", "1.00"), ("b, in seconds", "31", "1", "2.00")], table
    assert (root / "turns").read_text().split() == ["a", "a", "b", "b"] * 2
    for row, words in zip(table[2:], ("out of luck", "nothing like", "No such file")):
        assert words in row["failure"] and not row["vantage_to_program"], row
    assert "| two numbers | a | 62 | 2 | 1.00 |" in said and "|  | broken | out of luck |" in said, said
    assert (root / "speed.md").read_text() in said
    # one of the command line, beside vantage itself
    call("run.py", "--only", "programs", "--program", "mine=echo 1000000 of {threads} in {it}", "--pattern",
         "(\\d+) of 1 in {it}", "--quick", "--threads", 1, "--vantage", "--task CartPole-v1 --steps 4096",
         "--output", root / "line")
    table = rows(root / "line.csv")
    assert [row["program"] for row in table] == ["vantage", "mine"] and not table[1]["failure"], table
    assert float(table[0]["steps_per_second"]) > 0 and table[1]["steps_per_second"] == "1000000", table
    for options, words in (([], "--all or --only"), (["--all", "--only", "sb3"], "--all or --only"),
                           (["--only", "programs"], "expected work, got none"),
                           (["--only", "programs", "--program", "a=b"], "a --pattern for each"),
                           (["--only", "programs", "--program", "a", "--pattern", "(a)"], "name=command"),
                           (["--only", "cleanrl", "--cleanrl", root / "none"], "found no file")):
        assert words in call("run.py", *options, code=2), options
    assert "one group" in call("run.py", "--only", "programs", "--program", "a=b", "--pattern", "a", code=1)


LEARNER = """import pathlib, sys, time
folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with open(folder / "evaluation.csv", "w", buffering=1) as file:
    file.write("iteration,env_steps,wall_seconds,mean_return\\n")
    for i in range(1, 1000):
        file.write(f"{i},{i * 1000},{i * 2.5},{i * float(sys.argv[3])}\\n")
        time.sleep(0.02)
"""


def test_to_return(root):
    """A run ends at the first return that is good enough, or at its limit, and is not repeated once it ended."""
    (root / "learner.py").write_text(LEARNER)
    learner = f"{sys.executable} {root}/learner.py {{folder}} {{seed}}"
    options = ["--tasks", "Hopper-v5=95", "--seeds", 1, 2, "--limit", 50, "--output", root / "runs", "--only", "quick",
               "--program", f"quick={learner} 10", "--program", f"slow={learner} 0.5",
               "--program", "broken=sh -c 'echo no luck; exit 1'"]
    said = call("time_to_return.py", *options)
    table = {(row["program"], row["seed"]): row for row in rows(root / "runs.csv")}
    for seed in ("1", "2"):
        quick, slow = table["quick", seed], table["slow", seed]
        assert (quick["reached"], quick["seconds"], quick["env_steps"]) == ("1", "25.00", "10000"), quick
        assert slow["reached"] == "0" and float(slow["seconds"]) > 50 and float(slow["best_return"]) < 95, slow
    assert "| Hopper-v5 | 95 | quick | 25 | 10,000 | 2 of 2 | 25 s, 25 s |" in said and "| broken | no luck |" in said, said
    # what ended stays, what changed is run again
    result = root / "runs/Hopper-v5/quick/seed-1/result.json"
    kept = json.loads(result.read_text())
    kept["seconds"] = 11
    result.write_text(json.dumps(kept))
    (root / "runs/Hopper-v5/quick/seed-2/result.json").unlink()
    call("time_to_return.py", *options)
    assert [row["seconds"] for row in rows(root / "runs.csv") if row["program"] == "quick"] == ["11.00", "25.00"]
    # killed in the middle, it leaves no result and begins again
    endless = ["--tasks", "Hopper-v5=1e9", "--seeds", 1, "--limit", 1e6, "--output", root / "killed", "--only", "vantage",
               "--every", 2048]
    process = subprocess.Popen([sys.executable, RIVALS / "time_to_return.py", "--bin", BIN, *map(str, endless)],
                               stderr=subprocess.DEVNULL)
    path = root / "killed/Hopper-v5/vantage/seed-1/evaluation.csv"
    deadline = time.time() + 120
    while time.time() < deadline and not (path.exists() and path.read_text().count("\n") > 1):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0 and not (path.parent / "result.json").exists()
    assert "preset = \"fast\"" in (path.parent / "config.toml").read_text()
    size = os.path.getsize(path)
    time.sleep(1)
    assert os.path.getsize(path) == size, "the run goes on without the benchmark"
    endless[1] = "Hopper-v5=-1e9"
    assert "vantage, seed 1: reached" in call("time_to_return.py", *endless)
    assert json.loads((path.parent / "result.json").read_text())["steps"] == 2048
    # a method without a batch, and a batch of a recipe's own
    call("time_to_return.py", "--tasks", "Pendulum-v1=-1e9", "--seeds", 1, "--only", "search", "--every", 4096, "--recipe",
         "search=--update es --population 8 --steps 1600", "--recipe", "wide=--batch 4096 --steps 4096", "--output", root / "own")
    assert [(row["program"], row["env_steps"]) for row in rows(root / "own.csv")] == [("search", "1600"), ("wide", "4096")]
    assert "expected CartPole-v1=return" in call("time_to_return.py", "--tasks", "CartPole-v1", code=2)


main(globals())
