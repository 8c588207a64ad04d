"""Pooled statistics of a frozen backbone, computed once for each image content and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlgui.engine import backbones, runtime
from dlgui.engine.content_table import ContentTable
from dlgui.engine.loading import load_batches
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage

CHUNK = 4096
"""Images whose vectors are in memory at once."""

_GATHERED = 256
"""Vectors that are gathered at a time: NumPy keeps Python's lock meanwhile, and a window waits for it."""


@dataclass
class Features:
    """Vectors of images, left on disk until they are asked for: 100,000 images have gigabytes of them.

    Attributes:
        table: float32 (rows, length), usually mapped from a file.
        rows: int64 (n,), row of each image; -1 where `failures` names it.
        pooling: what the columns are.
        failures: position → error.
    """

    table: np.ndarray
    rows: np.ndarray
    pooling: Pooling
    failures: dict[int, UnreadableImage] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def readable(self) -> np.ndarray:
        """bool (n,)."""
        return self.rows >= 0

    def take(self, positions: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """float32 (m, columns) of the images at `positions`; all columns by default."""
        rows = self.rows[positions]
        whole = columns is None or len(columns) == self.table.shape[1]
        made = np.empty((len(rows), self.table.shape[1] if columns is None else len(columns)), self.table.dtype)
        for i in range(0, len(rows), _GATHERED):
            part = self.table[rows[i:i + _GATHERED]]
            made[i:i + _GATHERED] = part if whole else part[:, columns]
        return made

    @classmethod
    def of(cls, vectors: np.ndarray, pooling: Pooling) -> Features:
        """Features that lie in memory."""
        return cls(vectors, np.arange(len(vectors)), pooling)


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
        Cancelled, DlguiError: see `Progress`, `ContentTable.add`.
    """
    files = backbones.pretrained(network) if pretrained else backbones.random(network)
    pooling = runtime.all_statistics(range(len(files.channels)))
    store = ContentTable(Path(folder), key(files, preprocessing), (pooling.length(files.channels),), np.float32)
    hashes = [content for _, content in samples]
    new: dict[str, int] = {}
    for i in np.flatnonzero(store.rows(hashes) < 0).tolist():
        new.setdefault(hashes[i], i)
    if progress is not None:
        progress.task("computing features", len(new))
    broken = _compute(runtime.feature_session(files, pooling), store, Path(root), samples, list(new.values()),
                      preprocessing, progress) if new else {}
    rows = store.rows(hashes)
    return Features(store.table, rows, pooling, {i: broken[hashes[i]] for i in np.flatnonzero(rows < 0).tolist()})


def key(files: backbones.BackboneFiles, preprocessing: Preprocessing) -> str:
    """Name of the table in the cache for a backbone and what it is given."""
    length = runtime.all_statistics(range(len(files.channels))).length(files.channels)
    identity = f"{files.weights.stem}|{files.weights.stat().st_size}|{preprocessing.key()}|{length}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _compute(session: runtime.Session, store: ContentTable, root: Path, samples: Sequence[tuple[str, str]],
             wanted: list[int], preprocessing: Preprocessing,
             progress: Progress | None) -> dict[str, UnreadableImage]:
    broken = {}
    paths = [root / samples[i][0] for i in wanted]
    for batch in load_batches(paths, preprocessing, runtime.stretch(), progress):
        if len(batch.indices):
            store.add([samples[wanted[i]][1] for i in batch.indices], session.run(batch.pixels))
        broken.update({samples[wanted[i]][1]: problem for i, problem in batch.failures})
    return broken
