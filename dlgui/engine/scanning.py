"""Looks at every image once: is it readable, how large is it, and is it the same as another?"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dlgui import environment
from dlgui.engine.images import read_image
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage


@dataclass(frozen=True)
class Scan:
    """What one look at an image file tells.

    Attributes:
        path: relative to the image root, with `/`.
        width, height: pixels, after EXIF rotation.
        content_hash: BLAKE2b of the file's bytes, 32 hex digits; equal for byte-equal files.
        pixel_hash: of the decoded gray values and their shape; equal for pixel-equal images of any format.
        perceptual_hash: 64-bit difference hash (Krawetz 2013); near-equal images differ in few bits.
        bytes, modified: size and modification time (nanoseconds) of the file.
    """

    path: str
    width: int
    height: int
    content_hash: str
    pixel_hash: str
    perceptual_hash: int
    bytes: int
    modified: int


def scan_images(root: str | Path, paths: Sequence[str],
                progress: Progress | None = None) -> Iterator[Scan | UnreadableImage]:
    """Scans files in threads; results in the order of `paths`, unreadable files as their error.

    Args:
        root: the image folder.
        paths: relative to it, with `/`.
        progress: advanced by one a file; cancels between files.
    """
    root = Path(root)
    workers = max(environment.cores(), 2)
    waiting: deque[Future[Scan | UnreadableImage]] = deque()
    rest = iter(paths)
    with ThreadPoolExecutor(workers, thread_name_prefix="scan") as pool:
        try:
            for path in rest:
                waiting.append(pool.submit(_scan, root, path))
                if len(waiting) >= 8 * workers:
                    yield waiting.popleft().result()
                    if progress is not None:
                        progress.advance()
            while waiting:
                yield waiting.popleft().result()
                if progress is not None:
                    progress.advance()
        finally:
            for future in waiting:
                future.cancel()


def _scan(root: Path, path: str) -> Scan | UnreadableImage:
    file = root / path
    try:
        pixels = read_image(file)
        status = file.stat()
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except UnreadableImage as problem:
        return problem
    except OSError as problem:
        return UnreadableImage(file, problem.strerror or str(problem))
    shape = hashlib.blake2b(f"{pixels.shape}".encode(), digest_size=16)
    shape.update(pixels.data)
    return Scan(path, pixels.shape[1], pixels.shape[0], content, shape.hexdigest(), difference_hash(pixels),
                status.st_size, status.st_mtime_ns)


def difference_hash(pixels: np.ndarray) -> int:
    """64 bits: whether each of 8 × 8 area means is brighter than its right neighbour."""
    small = np.asarray(Image.fromarray(pixels).convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")
