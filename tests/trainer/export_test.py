#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of vantage-export: export_test.py <test> <vantage-train> <vantage-eval> <vantage-export>."""
import os
import subprocess
import sys

from programs import main, train

EXPORT = os.path.abspath(sys.argv[4])


def export(*options, code=0):
    result = subprocess.run([EXPORT, *map(str, options)], capture_output=True, text=True)
    assert result.returncode == code, (options, result.returncode, result.stdout, result.stderr)
    return result.stdout + result.stderr


def policy(root, task, *options):
    """A policy that has hardly learned."""
    train(root / task, "--task", task, "--environments", "6", "--batch", "192", "--steps", "384", "--value-steps", "2",
          "--hidden", "16", "--quiet", *options)
    return root / task / "policy.safetensors"


def skip(error):
    if "VANTAGE_ALL_CHECKS" in os.environ:
        raise error
    print("skipped:", error)
    sys.exit(0)


def test_onnx(root):
    """A robot's model says whose joints it moves and how often, and takes any number of observations at once."""
    try:
        import numpy as np
        import onnxruntime
    except ImportError as error:
        skip(error)
    said = export(policy(root, "Hopper-v5"), "--onnx", root / "p.onnx", "--metadata", "observation_names=qpos,qvel",
                  "--metadata", "run_path=")
    assert f"{root / 'p.onnx'}: {(root / 'p.onnx').stat().st_size} bytes" in said, said
    session = onnxruntime.InferenceSession(str(root / "p.onnx"), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    expected = {"joint_names": "thigh_joint,leg_joint,foot_joint", "joint_units": "rad,rad,rad", "joint_stiffness": "0,0,0",
                "default_joint_pos": "0,0,0", "action_low": "-1,-1,-1", "action_high": "1,1,1", "action_scale": "1,1,1",
                "control_rate_hertz": "125", "observation_names": "qpos,qvel", "task": "Hopper-v5"}
    assert {key: metadata.get(key) for key in expected} == expected, metadata
    assert "run_path" not in metadata and "command_names" not in metadata and "" not in metadata.values(), metadata
    actions, = session.run(None, {"obs": np.zeros((7, 11), np.float32)})
    assert actions.shape == (7, 3) and actions.dtype == np.float32 and np.all(actions == actions[0])


def test_c_header(root):
    """The header is C99 by itself; precision and name are what was asked for."""
    file = policy(root, "CartPole-v1")
    for precision in ("float", "double"):
        export(file, "--c-header", root / "p.h", "--precision", precision, "--name", "pole")
        (root / "p.c").write_text(f"""#include "p.h"
            #include <stdio.h>
            int main(void) {{
              const {precision} observation[pole_observation_size] = {{0, 0, 0, 0}};
              {precision} action[pole_action_size];
              if (pole_act(observation, action) != 0) return 1;
              printf("%g\\n", (double)action[0]);
              return 0;
            }}""")
        subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", root / "p", root / "p.c",
                        "-lm"], check=True)
        said = subprocess.run([root / "p"], check=True, capture_output=True, text=True).stdout
        assert said in ("0\n", "1\n"), said
        assert "// discrete_actions: 2\n" in (root / "p.h").read_text()


def test_refusals(root):
    """What cannot be exported is said in words, and nothing is written."""
    file = policy(root, "CartPole-v1")
    before = set(root.iterdir())
    model, header = root / "p.onnx", root / "p.h"

    def refused(words, *options, code=2):
        said = export(*options, code=code)
        assert words in said and said.startswith("vantage-export: "), said

    refused("expected --onnx FILE, --c-header FILE or both, got neither", file)
    refused("none.safetensors: cannot open", root / "none.safetensors", "--onnx", model, code=1)
    (root / "text").write_text("no policy")
    refused("text", root / "text", "--onnx", model, code=1)
    (root / "text").unlink()
    refused("expected a file of its own", file, "--onnx", file)
    refused("expected a file of its own", file, "--onnx", model, "--c-header", root / "." / "p.onnx")
    refused("--metadata: expected key=value, got units", file, "--onnx", model, "--metadata", "units")
    refused("--metadata: expected each key once, got a again", file, "--onnx", model, "--metadata", "a=1", "--metadata", "a=2")
    # one that cannot be made keeps the other from being written
    refused("a name of letters, digits and _", file, "--onnx", model, "--c-header", header, "--name", "a-b")
    refused("--task: expected a task of the policy's 4 observations", file, "--onnx", model, "--task", "Hopper-v5")
    refused("cannot open its folder", file, "--onnx", root / "none" / "p.onnx", code=1)
    assert set(root.iterdir()) == before, set(root.iterdir()) - before
    said = export(file, "--onnx", model, "--precision", "half", code=2)
    assert "half" in said, said


def test_own_task(root):
    """A policy of a task that this program does not know is exported with what its file says."""
    file = policy(root, "CartPole-v1")
    data = file.read_bytes()
    # a name of the same length; the checksum goes with it
    other = data.replace(b'"CartPole-v1"', b'"MyOwnPole-1"').replace(b'"fnv1a64"', b'"fnv1axx"')
    assert other != data
    (root / "own").write_bytes(other)
    said = export(root / "own", "--c-header", root / "p.h")
    assert "note: metadata comes from the policy's file alone: " in said and "MyOwnPole-1" in said, said
    assert "// task: MyOwnPole-1\n" in (root / "p.h").read_text()
    export(root / "own", "--c-header", root / "p.h", "--task", "CartPole-v1")


main({name: test for name, test in globals().items() if name.startswith("test_")})
