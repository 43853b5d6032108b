# SPDX-License-Identifier: MIT
"""Reads the event files of a folder with TensorBoard's own reader and compares every number.

Usage: read_tensorboard.py FOLDER [TAG STEP:VALUE ...]...; with no tag it prints all as JSON, {tag: [[step, value], ...]}.
Exit status: 0 equal, 1 different, 77 where tensorboard is missing.
"""

import json
import struct
import sys

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as error:
    print(error)
    sys.exit(77)

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
accumulator.Reload()
found = {tag: [[event.step, event.value] for event in accumulator.Scalars(tag)]
         for tag in accumulator.Tags()["scalars"]}
if not sys.argv[2:]:
    print(json.dumps(found))
    sys.exit(0)

expected = {}
for word in sys.argv[2:]:
    if ":" not in word:
        series = expected.setdefault(word, [])
        continue
    step, value = word.split(":")
    series.append([int(step), struct.unpack("f", struct.pack("f", float(value)))[0]])
print(expected, found)
sys.exit(0 if expected == found else 1)
