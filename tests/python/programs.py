# SPDX-License-Identifier: MIT
"""What tests of the Python package share: the programs that write what it reads, in the folder VANTAGE_PROGRAMS."""
import functools
import json
import os
import pathlib
import subprocess
import tempfile

PROGRAMS = pathlib.Path(os.environ["VANTAGE_PROGRAMS"]).absolute()
_folder = tempfile.TemporaryDirectory()
SHORT = ("--environments", "6", "--batch", "192", "--steps", "576", "--value-steps", "2", "--learning-rate", "3e-3",
         "--hidden", "16,24", "--seed", "7", "--quiet")


@functools.lru_cache
def trained(task, *options, method=SHORT):
    """The folder of a run that has hardly learned."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=_folder.name))
    subprocess.run([PROGRAMS / "vantage-train", "--output", folder / "run", "--task", task, *method, *options], check=True)
    return folder / "run"


def evaluated(policy, *options):
    """What vantage-eval says of one episode of the policy's mode."""
    said = subprocess.run([PROGRAMS / "vantage-eval", policy, "--episodes", "1", "--deterministic", "--json", *options],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(said)
