# SPDX-License-Identifier: MIT
"""What tests of the programs share: <name>_test.py <test> <vantage-train> <vantage-eval> [<vantage-render>]."""
import csv
import json
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import time

TRAIN, EVAL = (os.path.abspath(path) for path in sys.argv[2:4])
TIMING = {"wall_seconds", "steps_per_second"}
SMALL = ["--task", "Hopper-v5", "--value-steps", "3", "--environments", "6", "--batch", "192", "--minibatch", "50",
         "--scale-rewards", "--hidden", "16,16", "--learning-rate", "3e-3", "--quiet"]


def train(folder, *options, code=0, path=None, memory=None):
    """What the program says; `memory` bounds its address space, in bytes."""
    environment = os.environ if path is None else {**os.environ, "PATH": path}
    words = [word if isinstance(word, bytes) else str(word) for word in options]
    bound = None if memory is None else lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    result = subprocess.run([TRAIN, "--output", str(folder), *words], capture_output=True, text=True, errors="replace",
                            env=environment, preexec_fn=bound)
    assert result.returncode == code, (options, result.returncode, result.stdout, result.stderr)
    return result.stdout + result.stderr


def table(folder, name="progress.csv"):
    with open(folder / name, newline="") as file:
        return [{key: value for key, value in row.items() if key not in TIMING} for row in csv.DictReader(file)]


def same_run(a, b):
    assert (a / "policy.safetensors").read_bytes() == (b / "policy.safetensors").read_bytes(), "policies differ"
    assert table(a) == table(b), "progress differs"


def wait_for_rows(process, path, count):
    deadline = time.time() + 120
    while time.time() < deadline and process.poll() is None:
        if path.exists() and path.read_text().count("\n") > count:
            return
        time.sleep(0.01)
    raise AssertionError(f"the run ended ({process.poll()}) or stood still before it had {count} rows")


def start(folder, *options):
    return subprocess.Popen([TRAIN, "--output", str(folder), *map(str, options)], stdout=subprocess.DEVNULL)


def tensors(path):
    """The bytes of each tensor of a safetensors file."""
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:begin])
    return {name: data[begin + tensor["data_offsets"][0]:begin + tensor["data_offsets"][1]]
            for name, tensor in header.items() if name != "__metadata__"}


def evaluate(folder, name="policy"):
    return subprocess.run([EVAL, str(folder / f"{name}.safetensors"), "--episodes", "3", "--json"], check=True,
                          capture_output=True, text=True).stdout


def main(tests):
    """Runs the test that the command line names, in a folder of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        tests["test_" + sys.argv[1]](pathlib.Path(temporary))
