"""Where the images of a project lie on its map."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlgui.engine import projection
from dlgui.engine.progress import Progress
from dlgui.engine.storage import write_atomically
from dlgui.project.operations.embeddings import seen
from dlgui.project.project import Project

_FORMAT = 1


@dataclass(frozen=True)
class Map:
    """Places of images.

    Attributes:
        ids: int64 (n,), image ids.
        places: float32 (n, 2).
        finished: False while it is being arranged.
    """

    ids: np.ndarray
    places: np.ndarray
    finished: bool = True


def image_map(project: Project, progress: Progress | None = None, told: Callable[[Map], None] | None = None) -> Map:
    """The map of all usable images; kept in the project's cache for as long as its images stay the same.

    Args:
        project: not changed.
        progress: of the features and of the arranging.
        told: hears unfinished maps.

    Raises:
        DlguiError: the image folder is gone.
        Cancelled: see `Progress`.
    """
    ids, vectors = seen(project, progress)
    if vectors is None:
        return Map(ids, np.empty((0, 2), np.float32))
    table = project.images()
    contents = [table.content_hash[r] for r in table.row_of(ids)]
    key = hashlib.sha256(f"{_FORMAT}|{'|'.join(map(str, contents))}".encode()).hexdigest()[:16]
    file = project.cache_folder / "maps" / f"{key}.npy"
    try:
        places = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        places = None
    if places is None or places.shape != (len(ids), 2):
        places = projection.plane(vectors, progress, lambda p: told(Map(ids, p, False)) if told else None)
        buffer = io.BytesIO()
        np.save(buffer, places)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lambda stream: stream.write(buffer.getvalue()))
    return Map(ids, places)
