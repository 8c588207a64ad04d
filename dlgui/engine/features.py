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
        Cancelled, DlguiError: see `Progress`, `ContentTable.add`.
    """
    files = backbones.pretrained(network) if pretrained else backbones.random(network)
    pooling = runtime.all_statistics(range(len(files.channels)))
    length = pooling.length(files.channels)
    identity = f"{files.weights.stem}|{files.weights.stat().st_size}|{preprocessing.key()}|{length}"
    store = ContentTable(Path(folder), hashlib.sha256(identity.encode()).hexdigest()[:16], (length,), np.float32)
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


def _compute(session: runtime.Session, store: ContentTable, root: Path, samples: Sequence[tuple[str, str]],
             wanted: list[int], preprocessing: Preprocessing,
             progress: Progress | None) -> dict[str, UnreadableImage]:
    broken = {}
    paths = [root / samples[i][0] for i in wanted]
    for batch in load_batches(paths, preprocessing, 4 * runtime.BATCH, progress):
        if len(batch.indices):
            store.add([samples[wanted[i]][1] for i in batch.indices], session.run(batch.pixels))
        broken.update({samples[wanted[i]][1]: problem for i, problem in batch.failures})
    return broken
