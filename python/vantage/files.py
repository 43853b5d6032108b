# SPDX-License-Identifier: MIT
"""What vantage writes, as NumPy arrays."""
import numpy as np

from . import _vantage

_DTYPES = {"F64": "<f8", "I64": "<i8", "U64": "<u8", "F32": "<f4", "I32": "<i4", "U8": "|u1", "BOOL": "|b1", "F16": "<f2"}
_ARCHIVE = "vantage policy archive 1"


class Tensors(dict):
    """Arrays by the name that they have in the file; `metadata` is its text by key."""

    def __init__(self, arrays, metadata):
        super().__init__(arrays)
        self.metadata = metadata


def read_checkpoint(path):
    """All arrays of a checkpoint, or of any other safetensors file, such as a policy.

    They are copies, under the names and in the shapes of the file: where the library holds a sample a column, so does the
    array. Raises FileError for a file that is damaged or none of these.
    """
    metadata, tensors = _vantage.read_tensors(path)
    arrays = {name: np.frombuffer(bytearray(data), _DTYPES[dtype]).reshape(shape)
              for name, dtype, shape, data in tensors}
    return Tensors(arrays, metadata)


def read_archive(path):
    """The policies of an archive that vantage-train --save-archive wrote: "policies", the parameters of one a row, and
    "returns", the oldest first. Raises FileError for any other file."""
    archive = read_checkpoint(path)
    kind = archive.metadata.get("format", "none")
    if kind != _ARCHIVE:
        raise _vantage.FileError(f'{path}: expected a file of format "{_ARCHIVE}", got {kind}')
    return archive
