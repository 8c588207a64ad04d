"""Where images lie in the eyes of a pretrained network: for likeness, maps, suggestions and neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.engine import backbones, features
from dlgui.engine.classifier import DEFAULT_NETWORK
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.quick import choose_size
from dlgui.project.project import ImageTable, Project

_SEEN = 10_000
"""So many images, evenly drawn, settle what they have in common."""


class Vectors:
    """Vectors of images, each of length 1, made when asked for: those of 100,000 images fill most of a gigabyte.

    The means of the network's last stages, standardized over the images: what they have in common says nothing.

    Args:
        found: every statistic of every stage.
        positions: int (n,), the images.
    """

    def __init__(self, found: features.Features, positions: np.ndarray) -> None:
        stages = len(channels())
        last = Pooling(tuple((i, ("mean",)) for i in range(max(stages - 3, 0), stages)))
        self._found, self._positions = found, positions
        self._columns = last.columns(found.pooling, channels())
        drawn = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), _SEEN)).round().astype(np.int64))
        few = found.take(positions[drawn], self._columns)
        self._centre, self._spread = few.mean(0), np.maximum(few.std(0), 1e-6)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, places: np.ndarray | slice) -> np.ndarray:
        """float32 (m, d)."""
        made = self._found.take(self._positions[places], self._columns)
        made -= self._centre
        made /= self._spread
        made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return made

    def whole(self) -> np.ndarray:
        """float32 (n, d): all of them."""
        made = np.empty((len(self), len(self._columns)), np.float32)
        for i in range(0, len(self), features.CHUNK):
            made[i:i + features.CHUNK] = self[i:i + features.CHUNK]
        return made


@dataclass(frozen=True)
class Embeddings:
    """One vector an image.

    Attributes:
        ids: int64 (n,), image ids of the store; unreadable images are left out.
        vectors: float32 (n, d), each of length 1, so that a product of two is their cosine similarity.
    """

    ids: np.ndarray
    vectors: np.ndarray

    def nearest(self, image_id: int, count: int, among: np.ndarray | None = None) -> np.ndarray:
        """Ids of the `count` most similar images, most similar first, without the image itself.

        Args:
            image_id: one of `ids`.
            count: at most so many.
            among: ids to choose from; all by default.

        Raises:
            KeyError: the image has no vector.
        """
        own = np.flatnonzero(self.ids == image_id)
        if not len(own):
            raise KeyError(image_id)
        allowed = self.ids != image_id
        if among is not None:
            allowed &= np.isin(self.ids, among)
        places = np.flatnonzero(allowed)
        likeness = self.vectors[places] @ self.vectors[own[0]]
        return self.ids[places[np.argsort(-likeness, kind="stable")[:count]]]


def embeddings(project: Project, progress: Progress | None = None) -> Embeddings:
    """Vectors of all usable images, labeled or not; computed once for each content and kept in the project's cache.

    Raises:
        DlguiError: the image folder is gone.
        Cancelled: see `Progress`.
    """
    ids, vectors = seen(project, progress)
    return Embeddings(ids, vectors.whole() if vectors is not None else np.empty((0, 0), np.float32))


def seen(project: Project, progress: Progress | None = None) -> tuple[np.ndarray, Vectors | None]:
    """Ids (int64) of the usable images and their vectors, None where there is no image.

    Raises: as `embeddings`.
    """
    table = project.images()
    rows = scanned(table)
    if not len(rows):
        return table.id[rows], None
    found = backbone_features(project, rows, progress)
    readable = np.flatnonzero(found.readable)
    return table.id[rows[readable]], Vectors(found, readable) if len(readable) else None


def scanned(table: ImageTable) -> np.ndarray:
    """Rows (int64) of the usable images whose content is known."""
    return np.flatnonzero(table.usable & np.array([h is not None for h in table.content_hash], bool))


def channels() -> list[int]:
    """Channels of every stage of the network that `backbone_features` comes from."""
    return list(backbones.pretrained(DEFAULT_NETWORK).channels)


def backbone_features(project: Project, rows: np.ndarray, progress: Progress | None = None) -> features.Features:
    """Every statistic of every stage for some rows of the table, from the project's cache or computed now.

    Raises:
        DlguiError: the image folder is gone.
        Cancelled: see `Progress`.
    """
    table = project.images()
    usable = scanned(table)
    size = choose_size(DEFAULT_NETWORK, table.width[usable], table.height[usable])
    return features.extract(DEFAULT_NETWORK, project.require_image_root(),
                            [(table.path[r], str(table.content_hash[r])) for r in rows], Preprocessing(*size),
                            project.cache_folder / "features", progress)
