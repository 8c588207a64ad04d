"""Pooled statistics of a frozen backbone, computed once for each image content and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlgui.engine import backbones, runtime
from dlgui.engine.loading import load_batches
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError, UnreadableImage

_DIGEST = 16


class FeatureStore:
    """An append-only table content hash → float32 vector, in two files.

    `<key>.f32` holds row after row, `<key>.ids` the content hash of each row. A row is written before its hash, and on
    opening both are cut to the rows that both hold: killed at any moment, the store is never wrong.
    """

    def __init__(self, folder: Path, key: str, length: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows, self._ids, self._length = folder / f"{key}.f32", folder / f"{key}.ids", length
        self._position: dict[bytes, int] = {}
        self._open()

    def _open(self) -> None:
        for path in (self._rows, self._ids):
            path.touch()
        width = 4 * self._length
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

    def read(self, rows: np.ndarray) -> np.ndarray:
        """float32 (n, length) of known rows."""
        if not len(rows):
            return np.empty((0, self._length), np.float32)
        table = np.memmap(self._rows, np.float32, "r").reshape(-1, self._length)
        return np.array(table[rows])

    def add(self, hashes: Sequence[str], vectors: np.ndarray) -> None:
        """Appends rows. Raises `DlguiError` where the disk is full."""
        try:
            with self._rows.open("ab") as file:
                file.write(np.ascontiguousarray(vectors, np.float32).data)
            with self._ids.open("ab") as file:
                file.write(b"".join(bytes.fromhex(h) for h in hashes))
        except OSError as problem:
            raise DlguiError(self._rows.parent, f"features cannot be stored ({problem.strerror})",
                             "free some disk space and try again; nothing is lost") from problem
        for h in hashes:
            self._position[bytes.fromhex(h)] = len(self._position)


@dataclass
class Features:
    """Vectors of the images that could be read.

    Attributes:
        vectors: float32 (n, length); zeros where `failures` names the image.
        pooling: what the columns are.
        failures: position → error.
    """

    vectors: np.ndarray
    pooling: Pooling
    failures: dict[int, UnreadableImage] = field(default_factory=dict)


def extract(network: str, root: str | Path, samples: Sequence[tuple[str, str]], preprocessing: Preprocessing,
            folder: str | Path, progress: Progress | None = None, pretrained: bool = True) -> Features:
    """Every statistic of every stage of a frozen backbone for each image; known contents come from the cache.

    Args:
        network: name in the registry.
        root: image folder.
        samples: (path relative to root, content hash) pairs.
        preprocessing: decides the input size.
        folder: of the cache; may be deleted at any time.
        progress: one task, one unit an image.
        pretrained: False takes random weights.

    Raises:
        Cancelled, DlguiError: see `Progress`, `FeatureStore.add`.
    """
    files = backbones.pretrained(network) if pretrained else backbones.random(network)
    pooling = runtime.all_statistics(range(len(files.channels)))
    length = pooling.length(files.channels)
    identity = f"{files.weights.stem}|{files.weights.stat().st_size}|{preprocessing.key()}|{length}"
    store = FeatureStore(Path(folder), hashlib.sha256(identity.encode()).hexdigest()[:16], length)
    hashes = [content for _, content in samples]
    new: dict[str, int] = {}
    for i in np.flatnonzero(store.rows(hashes) < 0).tolist():
        new.setdefault(hashes[i], i)
    if progress is not None:
        progress.task("computing features", len(new))
    broken = _compute(runtime.feature_session(files, pooling), store, Path(root), samples, list(new.values()),
                      preprocessing, progress) if new else {}
    rows = store.rows(hashes)
    vectors = np.zeros((len(samples), length), np.float32)
    vectors[rows >= 0] = store.read(rows[rows >= 0])
    return Features(vectors, pooling, {i: broken[hashes[i]] for i in np.flatnonzero(rows < 0).tolist()})


def _compute(session: runtime.Session, store: FeatureStore, root: Path, samples: Sequence[tuple[str, str]],
             wanted: list[int], preprocessing: Preprocessing,
             progress: Progress | None) -> dict[str, UnreadableImage]:
    broken = {}
    paths = [root / samples[i][0] for i in wanted]
    for batch in load_batches(paths, preprocessing, 4 * runtime.BATCH, progress):
        if len(batch.indices):
            store.add([samples[wanted[i]][1] for i in batch.indices], session.run(batch.pixels))
        broken.update({samples[wanted[i]][1]: problem for i, problem in batch.failures})
    return broken
