"""Event files for TensorBoard: protocol buffers written by columns, a million figures in less than a second.

TensorBoard's own libraries make a message for each figure: minutes, in which a window often waits for Python's lock.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np

CHUNK = 4096
"""Records that are made at once."""


def version(moment: float) -> bytes:
    """The record that every file begins with.

    Args:
        moment: when, in seconds since 1970.
    """
    return _records(_event(moment, 0, _field(3, b"brain.Event:2")))


def text(tag: str, content: str, moment: float) -> bytes:
    """A record with a text."""
    tensor = b"\x08\x07" + _field(2, _field(2, b"\x08\x01")) + _field(8, content.encode())  # one string
    about = _field(1, _field(1, b"text"))  # for the plug-in of that name
    return _records(_event(moment, 0, _field(5, _field(1, _field(1, tag.encode()) + _field(8, tensor)
                                                       + _field(9, about)))))


def scalars(tag: str, moments: np.ndarray | float, steps: np.ndarray, values: np.ndarray) -> Iterator[bytes]:
    """A curve, a piece at a time.

    Args:
        tag: its name; what is before a stroke groups curves.
        moments: float (n,), or one for all: when, in seconds since 1970.
        steps: int (n,), not negative.
        values: float (n,).
    """
    moments = np.broadcast_to(np.asarray(moments, "<f8"), len(steps))
    steps, values = np.asarray(steps, np.int64), np.asarray(values, "<f4")
    for first in range(0, len(steps), CHUNK):
        rows = slice(first, first + CHUNK)
        yield from _piece(tag, moments[rows], steps[rows], values[rows])


def _piece(tag: str, moments: np.ndarray, steps: np.ndarray, values: np.ndarray) -> Iterator[bytes]:
    """Records of one length follow one another: those whose steps need as many bytes."""
    sizes = np.searchsorted(1 << 7 * np.arange(1, 9), steps, side="right") + 1
    edges = [0, *(np.flatnonzero(np.diff(sizes)) + 1).tolist(), len(steps)]
    for first, last in pairwise(edges):
        size = int(sizes[first])
        value = _field(1, tag.encode()) + b"\x15" + bytes(4)
        like = _event(0.0, (1 << 7 * size) - 1, _field(5, _field(1, value)))
        made = np.tile(like, (last - first, 1))
        made[:, 1:9] = moments[first:last, None].copy().view(np.uint8)
        made[:, 10:10 + size] &= (steps[first:last, None] >> 7 * np.arange(size) | 0x80).astype(np.uint8)
        made[:, -4:] = values[first:last, None].copy().view(np.uint8)
        yield _records(made)


def _event(moment: float, step: int, content: bytes) -> np.ndarray:
    """A message as uint8 (1, bytes)."""
    return np.frombuffer(b"\x09" + struct.pack("<d", moment) + b"\x10" + _varint(step) + content, np.uint8)[None]


def _field(number: int, content: bytes) -> bytes:
    """A field of a message that holds bytes, text or another message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the eighth bit."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _records(messages: np.ndarray) -> bytes:
    """Messages of one length, uint8 (n, bytes), each with its length before it and checksums of both."""
    length = np.frombuffer(struct.pack("<Q", messages.shape[1]), np.uint8)[None]
    head = np.tile(np.hstack([length, _checksums(length)]), (len(messages), 1))
    return np.hstack([head, messages, _checksums(messages)]).tobytes()


def _checksums(rows: np.ndarray) -> np.ndarray:
    """CRC-32C of each row, turned and shifted as the format wants it: uint8 (n, bytes) → (n, 4)."""
    table, sums = _table(), np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        sums = table[(sums ^ column) & 0xFF] ^ sums >> 8
    sums = ~sums
    masked = (sums >> 15 | sums << 17) + np.uint32(0xA282EAD8)
    return masked.astype("<u4")[:, None].view(np.uint8)


@cache
def _table() -> np.ndarray:
    """What each byte does to a CRC-32C, uint32 (256,)."""
    sums = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        sums = np.where(sums & 1, sums >> 1 ^ np.uint32(0x82F63B78), sums >> 1)
    return sums
