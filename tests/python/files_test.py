# SPDX-License-Identifier: MIT
"""Checkpoints and archives as arrays."""
import json
import struct
import unittest

import numpy as np

import vantage
from programs import trained

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U64": np.uint64,
          "U8": np.uint8, "BOOL": np.bool_}
EPVF = ("--update", "epvf", "--population", "8", "--generations", "3", "--value-steps", "2", "--minibatch", "8", "--steps",
        "4000", "--hidden", "4", "--seed", "7", "--save-archive", "--quiet")


def parsed(path):
    """The file by the format's own description."""
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, tensor in header.items():
        first, last = (begin + offset for offset in tensor["data_offsets"])
        arrays[name] = np.frombuffer(data[first:last], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    return arrays, metadata


class FilesTest(unittest.TestCase):
    def same(self, path, read):
        arrays, metadata = parsed(path)
        self.assertEqual(read.metadata, metadata)
        self.assertEqual(set(read), set(arrays))
        for name, array in arrays.items():
            self.assertEqual(read[name].dtype, array.dtype, name)
            self.assertEqual(read[name].shape, array.shape, name)
            self.assertEqual(read[name].tobytes(), array.tobytes(), name)
            self.assertTrue(read[name].flags.writeable, name)

    def test_a_checkpoint_is_read_whole(self):
        folder = trained("Hopper-v5")
        checkpoint = vantage.read_checkpoint(folder / "checkpoint.safetensors")
        self.same(folder / "checkpoint.safetensors", checkpoint)
        self.assertEqual(checkpoint["source.environments.observations"].shape, (11, 6))
        policy = vantage.read_checkpoint(str(folder / "policy.safetensors"))
        self.same(folder / "policy.safetensors", policy)
        np.testing.assert_array_equal(checkpoint["source.normalizer.moments.mean"], policy["normalizer.moments.mean"])

    def test_an_archive_is_policies_and_returns(self):
        for options, dtype in (((), np.float32), (("--half-precision",), np.float16)):
            folder = trained("CartPole-v1", *options, method=EPVF)
            archive = vantage.read_archive(folder / "archive.safetensors")
            self.same(folder / "archive.safetensors", archive)
            parameters = vantage.read_checkpoint(folder / "policy.safetensors")["policy.parameters"].size
            self.assertEqual((archive["policies"].shape, archive["policies"].dtype), ((24, parameters), dtype))
            self.assertEqual(archive["returns"].shape, (24,))
            self.assertTrue(np.all(archive["returns"] >= 1) and np.ptp(archive["returns"]) > 0)

    def test_other_files_are_refused_in_words(self):
        folder = trained("Hopper-v5")
        with self.assertRaisesRegex(vantage.FileError, "policy.safetensors: expected a file of format .* got vantage policy 1"):
            vantage.read_archive(folder / "policy.safetensors")
        whole = (folder / "checkpoint.safetensors").read_bytes()
        broken = folder / "broken.safetensors"
        for data, words in ((whole[:-1], "not a valid safetensors file"), (whole[:-1] + bytes([whole[-1] ^ 1]), "damaged"),
                            (b"", ".*shorter than 8 bytes")):
            broken.write_bytes(data)
            with self.assertRaisesRegex(vantage.FileError, "broken.safetensors: " + words):
                vantage.read_checkpoint(broken)
        with self.assertRaisesRegex(OSError, "missing.safetensors"):
            vantage.read_checkpoint(folder / "missing.safetensors")


if __name__ == "__main__":
    unittest.main()
