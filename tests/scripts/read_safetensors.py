# SPDX-License-Identifier: MIT
"""Reads a file of tests/io/safetensors_test.cpp with Python's own reader and compares every value.

Usage: read_safetensors.py FILE. Exit status: 0 equal, 1 different, 77 where numpy or safetensors is missing.
"""

import sys

try:
    import numpy as np
    from safetensors import safe_open
except ImportError as error:
    print(error)
    sys.exit(77)

EXPECTED = {
    "matrix": np.array([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]], dtype=np.float32),
    "vector": np.array([0.1, -2.0, np.inf], dtype=np.float64),
    "empty": np.zeros((0, 4), dtype=np.float64),
    "scalar": np.array(-7, dtype=np.int64),
    "words": np.array([2**64 - 1, 0], dtype=np.uint64),
    "small": np.array([-3], dtype=np.int32),
    "bytes": np.array([0, 255, 7], dtype=np.uint8),
    "flags": np.array([True, False, True]),
    'odd "name"\n\u00e9': np.array([1.0], dtype=np.float32),
}
METADATA = {"format": "test", 'quote " and line\n': "\u00e9\u20ac \\ \t"}

with safe_open(sys.argv[1], framework="numpy") as file:
    problems = []
    if set(file.keys()) != set(EXPECTED):
        problems.append(f"names: {sorted(file.keys())}")
    if file.metadata() != METADATA:
        problems.append(f"metadata: {file.metadata()}")
    for name in set(file.keys()) & set(EXPECTED):
        got, expected = file.get_tensor(name), EXPECTED[name]
        if got.dtype != expected.dtype or got.shape != expected.shape or not np.array_equal(got, expected):
            problems.append(f"{name!r}: {got!r} instead of {expected!r}")
print("\n".join(problems))
sys.exit(1 if problems else 0)
