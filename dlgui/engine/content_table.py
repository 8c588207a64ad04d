"""An append-only table on disk from the hash of an image's content to an array: features and preprocessed pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from dlgui.errors import DlguiError

_DIGEST = 16


class ContentTable:
    """Rows of one shape and type, found by content hash.

    `<key>.rows` holds row after row, `<key>.ids` the content hash of each. A row is written before its hash, and on
    opening both are cut to the rows that both hold: killed at any moment, the table is never wrong.

    Args:
        folder: made if missing; may be deleted at any time.
        key: names what the rows are; another meaning needs another key.
        shape, dtype: of a row.
    """

    def __init__(self, folder: Path, key: str, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows, self._ids = folder / f"{key}.rows", folder / f"{key}.ids"
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._position: dict[bytes, int] = {}
        self._open()

    def _open(self) -> None:
        for path in (self._rows, self._ids):
            path.touch()
        width = math.prod(self.shape) * self.dtype.itemsize
        count = min(self._rows.stat().st_size // width, self._ids.stat().st_size // _DIGEST)
        for path, size in ((self._rows, count * width), (self._ids, count * _DIGEST)):
            if path.stat().st_size != size:
                with path.open("r+b") as file:
                    file.truncate(size)
        digests = self._ids.read_bytes()
        self._position = {digests[i * _DIGEST:(i + 1) * _DIGEST]: i for i in range(count)}

    def rows(self, hashes: Sequence[str]) -> np.ndarray:
        """Row numbers (int64) of content hashes, -1 where unknown."""
        return np.array([self._position.get(bytes.fromhex(h), -1) for h in hashes], np.int64)

    @staticmethod
    def known(folder: Path, key: str) -> list[str]:
        """Content hashes in a table, without opening or making it."""
        try:
            digests = (folder / f"{key}.ids").read_bytes()
        except OSError:
            return []
        return [digests[i:i + _DIGEST].hex() for i in range(0, len(digests) - _DIGEST + 1, _DIGEST)]

    @property
    def table(self) -> np.ndarray:
        """All rows (n, *shape), mapped from the file and read-only."""
        if not self._position:
            return np.empty((0, *self.shape), self.dtype)
        return np.memmap(self._rows, self.dtype, "r").reshape(-1, *self.shape)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """The given rows (n, *shape), in memory."""
        return np.array(self.table[rows]) if len(rows) else np.empty((0, *self.shape), self.dtype)

    def add(self, hashes: Sequence[str], rows: np.ndarray) -> None:
        """Appends rows. Raises `DlguiError` where the disk is full."""
        try:
            with self._rows.open("ab") as file:
                file.write(np.ascontiguousarray(rows, self.dtype).data)
            with self._ids.open("ab") as file:
                file.write(b"".join(bytes.fromhex(h) for h in hashes))
        except OSError as problem:
            raise DlguiError(self._rows.parent, f"the cache cannot be written ({problem.strerror})",
                             "free some disk space and try again; nothing is lost") from problem
        for h in hashes:
            self._position[bytes.fromhex(h)] = len(self._position)
