"""Decodes and preprocesses image files in threads while the caller computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dlgui import environment
from dlgui.engine.images import read_image
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage


@dataclass
class Batch:
    """Preprocessed images.

    Attributes:
        indices: int64 (n,), positions in the list of paths.
        pixels: uint8 (n, H, W, C).
        failures: position and error of the files of this stretch that could not be read.
    """

    indices: np.ndarray
    pixels: np.ndarray
    failures: list[tuple[int, UnreadableImage]] = field(default_factory=list)


def load_batches(paths: Sequence[str | Path], preprocessing: Preprocessing, batch_size: int,
                 progress: Progress | None = None) -> Iterator[Batch]:
    """Batches of preprocessed images in the order of `paths`, decoded ahead in threads; memory stays bounded.

    Args:
        paths: image files.
        preprocessing: brings each to uint8 (height, width, channels).
        batch_size: most images in a batch; files that cannot be read make a batch smaller.
        progress: advanced by one a file; cancels between batches.
    """
    workers = max(environment.cores(), 2)
    starts = iter(range(0, len(paths), batch_size))
    pending: deque[tuple[int, list[Future[np.ndarray]]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        def submit() -> None:
            start = next(starts, None)
            if start is not None:
                stretch = paths[start:start + batch_size]
                pending.append((start, [pool.submit(_load, path, preprocessing) for path in stretch]))

        ahead = max(2, -(-4 * workers // batch_size))
        for _ in range(ahead):
            submit()
        try:
            while pending:
                start, futures = pending.popleft()
                batch = _gather(start, futures)
                submit()
                yield batch
                if progress is not None:
                    progress.advance(len(futures))
        finally:
            for _, futures in pending:
                for future in futures:
                    future.cancel()


def _load(path: str | Path, preprocessing: Preprocessing) -> np.ndarray:
    return preprocessing.pixels(read_image(path))


def _gather(start: int, futures: list[Future[np.ndarray]]) -> Batch:
    indices, arrays, failures = [], [], []
    for index, future in enumerate(futures, start):
        try:
            arrays.append(future.result())
            indices.append(index)
        except UnreadableImage as problem:
            failures.append((index, problem))
    pixels = np.stack(arrays) if arrays else np.empty((0, 0, 0, 0), np.uint8)
    return Batch(np.array(indices, np.int64), pixels, failures)
