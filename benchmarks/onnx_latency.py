#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times onnxruntime on a model of one observation at a time, as deployment_benchmark times what it stands beside.

Usage: onnx_latency.py MODEL [CALLS]. Needs numpy and onnxruntime. One thread: those that onnxruntime starts by itself
wait by spinning and take the processor from a control loop. Python's part of a call is in the figures.
"""

import sys
import time

import numpy as np
import onnxruntime

calls = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
(info,) = session.get_inputs()
kind = np.float32 if info.type == "tensor(float)" else np.float64
observations = np.random.default_rng(1).uniform(-1, 1, (256, 1, info.shape[1])).astype(kind)
names, times = ["actions"], np.empty(calls)
for n in range(-1000, calls):
    feed = {"obs": observations[n % 256]}
    start = time.perf_counter()
    session.run(names, feed)
    elapsed = time.perf_counter() - start
    if n >= 0:
        times[n] = elapsed
p50, p999 = np.quantile(times, [0.5, 0.999])
print(f"microseconds a call                 p50      p99.9      worst   ({calls} calls)")
print(f"{'onnxruntime ' + onnxruntime.__version__:<28} {1e6 * p50:10.2f} {1e6 * p999:10.2f} {1e6 * times.max():10.2f}")
