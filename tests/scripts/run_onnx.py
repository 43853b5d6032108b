# SPDX-License-Identifier: MIT
"""Checks the models that tests/deploy/onnx_test.cpp wrote, and acts with them in onnxruntime.

Usage: run_onnx.py FOLDER. The folder holds cases.json and for each case <name>.onnx, <name>.observations and
<name>.actions, rows of doubles. Exit status: 0 all agree, 1 some do not, 77 where a package is missing.
"""

import json
import pathlib
import sys

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as error:
    print(error)
    sys.exit(77)

TYPES = {"float": onnx.TensorProto.FLOAT, "double": onnx.TensorProto.DOUBLE}


def check(folder, case):
    """What is wrong with a case, a line each; and its largest difference, as a part of the actions' scale."""
    name, problems = case["name"], []
    path = folder / f"{name}.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    sizes, element = (case["observation_size"], case["action_size"]), TYPES[case["precision"]]
    result = onnx.TensorProto.INT64 if case["discrete"] else element
    if (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) != (7, [("", 13)]):
        problems.append(f"versions {model.ir_version}, {model.opset_import}")
    for ends, end, size, kind in ((model.graph.input, "obs", sizes[0], element),
                                  (model.graph.output, "actions", sizes[1], result)):
        (info,) = ends
        dimensions = info.type.tensor_type.shape.dim
        got = (info.name, info.type.tensor_type.elem_type, dimensions[0].dim_param, dimensions[1].dim_value)
        if got != (end, kind, "batch", size) or not info.doc_string:
            problems.append(f"{end}: {got}, {info.doc_string!r}")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if metadata != case["metadata"]:
        problems.append(f"metadata {metadata} instead of {case['metadata']}")

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    observations = np.fromfile(folder / f"{name}.observations").reshape(-1, sizes[0])
    expected = np.fromfile(folder / f"{name}.actions").reshape(-1, sizes[1])
    inputs = observations.astype(np.float32 if case["precision"] == "float" else np.float64)
    actions = session.run(["actions"], {"obs": inputs})[0]
    if actions.shape != expected.shape or not np.ptp(expected) > 0:
        return problems + [f"shape {actions.shape} instead of {expected.shape}, or one action for all"], np.inf
    one_by_one = np.concatenate([session.run(None, {"obs": row[None]})[0] for row in inputs])
    scale = 1 if case["discrete"] else np.abs(expected).max()
    difference = np.abs(actions - expected).max() / scale
    tolerance = 0 if case["discrete"] else case["tolerance"]
    # written so that "not a number" is a difference
    if not difference <= tolerance or not np.abs(one_by_one - expected).max() / scale <= tolerance:
        problems.append(f"differs by {difference:.3g} of the actions' scale")
    return problems, difference


def main(folder):
    wrong, largest = 0, {}
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    for case in cases:
        problems, difference = check(folder, case)
        for problem in problems:
            print(f"{case['name']}: {problem}")
        wrong += bool(problems)
        largest[case["precision"]] = max(largest.get(case["precision"], 0), difference)
    print(f"{len(cases)} models, {wrong} wrong, largest differences {largest}")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
