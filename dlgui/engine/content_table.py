"""An append-only table on disk from the hash of an image's content to an array: features and preprocessed pixels."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from dlgui.errors import DlguiError

_DIGEST = 16
_guards: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)
_guards_guard = threading.Lock()


def _guard(path: Path) -> threading.RLock:
    """The lock of a file in this process: two jobs may fill one table at the same time."""
    with _guards_guard:
        return _guards[path.absolute()]


class ContentTable:
    """Rows of one shape and type, found by content hash.

    `<key>.rows` holds row after row, `<key>.ids` the content hash of each. A row is written before its hash, and on
    opening both are cut to the rows that both hold: killed at any moment, the table is never wrong. Several tables over
    the same files may be filled by threads of one process at the same time.

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
        self._count = 0
        self._guard = _guard(self._rows)
        with self._guard:
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
        self._catch_up()

    def _catch_up(self) -> int:
        """Learns what others have added; returns the number of rows in the file."""
        with self._ids.open("rb") as file:
            file.seek(self._count * _DIGEST)
            digests = file.read()
        for i in range(0, len(digests), _DIGEST):
            self._position[digests[i:i + _DIGEST]] = self._count
            self._count += 1
        return self._count

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
        with self._guard:
            digests = [bytes.fromhex(h) for h in hashes]
            try:
                self._catch_up()
                fresh = {digest: i for i, digest in enumerate(digests) if digest not in self._position}
                chosen = list(fresh.values())
                with self._rows.open("ab") as file:
                    file.write(np.ascontiguousarray(np.asarray(rows)[chosen], self.dtype).data)
                with self._ids.open("ab") as file:
                    file.write(b"".join(digests[i] for i in chosen))
            except OSError as problem:
                raise DlguiError(self._rows.parent, f"the cache cannot be written ({problem.strerror})",
                                 "free some disk space and try again; nothing is lost") from problem
            self._catch_up()
