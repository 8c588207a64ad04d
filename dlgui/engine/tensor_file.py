"""Writes safetensors piece by piece.

The library's own writer copies everything first and holds Python's lock meanwhile; with the state of an optimizer that
stops a window for a twentieth of a second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO

import numpy as np

_NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16",
          "int8": "I8", "uint8": "U8", "bool": "BOOL"}


def write_tensors(file: IO[bytes], tensors: Mapping[str, np.ndarray],
                  metadata: Mapping[str, str] | None = None) -> None:
    """Writes arrays and texts in the form that `safetensors` reads.

    Raises:
        KeyError: a kind of number that the form is not used for here.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    names = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))  # keeps every array aligned
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in names:
        start, end = end, end + arrays[name].nbytes
        header[name] = {"dtype": _NAMES[arrays[name].dtype.name], "shape": arrays[name].shape,
                        "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in names:
        file.write(arrays[name].data if arrays[name].ndim else arrays[name].tobytes())
