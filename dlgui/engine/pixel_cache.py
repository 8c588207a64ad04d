"""Preprocessed images, stored once before training starts and reused by every run; memory stays bounded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlgui.engine.content_table import ContentTable
from dlgui.engine.loading import load_batches
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage

_BATCH = 32


def store_pixels(root: str | Path, samples: Sequence[tuple[str, str]], preprocessing: Preprocessing,
                 folder: str | Path, progress: Progress | None = None,
                 ) -> tuple[ContentTable, np.ndarray, dict[int, UnreadableImage]]:
    """Decodes and preprocesses the images that are not stored yet.

    Args:
        root: image folder.
        samples: (path relative to root, content hash) pairs.
        preprocessing: decides size and content.
        folder: of the cache.
        progress: one task, one unit an image.

    Returns:
        The table of uint8 (H, W, C) rows; the row of each sample, -1 where it could not be read; why not.

    Raises:
        Cancelled, DlguiError: see `Progress`, `ContentTable.add`.
    """
    p = preprocessing
    table = ContentTable(Path(folder), f"pixels-{p.key()}", (p.height, p.width, p.channels), np.uint8)
    hashes = [content for _, content in samples]
    new: dict[str, int] = {}
    for i in np.flatnonzero(table.rows(hashes) < 0).tolist():
        new.setdefault(hashes[i], i)
    wanted, broken = list(new.values()), {}
    if wanted:
        if progress is not None:
            progress.task("preprocessing images", len(wanted))
        for batch in load_batches([Path(root) / samples[i][0] for i in wanted], p, _BATCH, progress):
            if len(batch.indices):
                table.add([hashes[wanted[i]] for i in batch.indices], batch.pixels)
            broken.update({hashes[wanted[i]]: problem for i, problem in batch.failures})
    rows = table.rows(hashes)
    return table, rows, {i: broken[hashes[i]] for i in np.flatnonzero(rows < 0).tolist()}
