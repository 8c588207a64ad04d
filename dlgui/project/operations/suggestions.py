"""Suggested labels for images without one, and images that look alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from dlgui.engine import suggesting
from dlgui.engine.progress import Progress
from dlgui.project.operations import embeddings
from dlgui.project.project import ImageTable, Project

POOL = 5000
"""Most unlabeled images that are considered at a time; what is labeled makes room for further ones."""


@dataclass(frozen=True)
class Suggestions:
    """What a classifier learned from the labels says about images without one.

    Attributes:
        ids: int64 (n,), image ids.
        confidences: float32 (n, k).
        classes: int64 (k,), index of each class in the project.
        waiting: names of the classes that have too few labels to be suggested, with how many they have.
        learned: the classifier; None where too few classes have enough labels, then nothing is suggested.
        total: all unlabeled images, of which `ids` may be a part.
        labeled: all labeled images; at most `suggesting.LEARNING` of them are learned from.
    """

    ids: np.ndarray
    confidences: np.ndarray
    classes: np.ndarray
    waiting: dict[str, int]
    learned: suggesting.Learned | None
    total: int
    labeled: int
    _place: dict[int, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._place.update({int(i): p for p, i in enumerate(self.ids)})

    def of(self, image_id: int, refused: Collection[int] = ()) -> tuple[int, float] | None:
        """What is suggested for an image.

        Args:
            image_id: of the image.
            refused: classes (index in the project) that it is known not to be.

        Returns:
            class (index in the project) and confidence; None where nothing is said.
        """
        place = self._place.get(image_id)
        if place is None:
            return None
        row = self.confidences[place]
        if refused:
            row = np.where(np.isin(self.classes, list(refused)), 0, row)
            row = row / max(float(row.sum()), 1e-12)
        best = int(row.argmax())
        return int(self.classes[best]), float(row[best])


def suggest(project: Project, before: Suggestions | None = None, progress: Progress | None = None) -> Suggestions:
    """Learns from the labels and says what the unlabeled images may be.

    Features are computed once an image and kept; then this takes well under a second for 2,000 images.

    Args:
        project: not changed.
        before: the last suggestions; their choice of statistics is kept while few labels have come.
        progress: of the features.

    Raises:
        DlguiError: the image folder is gone.
        Cancelled: see `Progress`.
    """
    table = project.images()
    labeled, pool, total = _labeled_and_pool(table)
    counts = np.bincount(table.label[labeled], minlength=len(table.class_names))
    waiting = {name: int(n) for name, n in zip(table.class_names, counts, strict=True) if n < suggesting.LEAST}
    nothing = Suggestions(np.empty(0, np.int64), np.empty((0, 0), np.float32), np.empty(0, np.int64), waiting, None,
                          total, len(labeled))
    if len(table.class_names) - len(waiting) < 2:
        return nothing
    count = len(labeled)
    labeled = labeled[suggesting.evenly(table.label[labeled], suggesting.LEARNING, 0)]  # others need no features
    found = embeddings.backbone_features(project, np.concatenate([labeled, pool]), progress)
    labels = np.concatenate([table.label[labeled], np.full(len(pool), -1)])
    learned = suggesting.learn(found, labels, embeddings.channels(), before.learned if before is not None else None)
    if learned is None:
        return nothing
    if progress is not None:
        progress.check()
    positions = len(labeled) + np.flatnonzero(found.readable[len(labeled):])
    confidences = learned.fit.confidences(found, positions, embeddings.channels())
    return Suggestions(table.id[pool[positions - len(labeled)]], confidences, learned.classes, waiting, learned, total,
                       count)


def similar(project: Project, size: int, progress: Progress | None = None) -> list[np.ndarray]:
    """Ids (int64) of unlabeled images in groups that look alike, at most `size` each, tightest first.

    Raises: as `suggest`.
    """
    table = project.images()
    _, pool, _ = _labeled_and_pool(table)
    if not len(pool):
        return []
    found = embeddings.backbone_features(project, pool, progress)
    readable = np.flatnonzero(found.readable)
    if not len(readable):
        return []
    ids = table.id[pool[readable]]
    return [ids[group] for group in suggesting.groups(embeddings.Vectors(found, readable), size)]


def _labeled_and_pool(table: ImageTable) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows with a label, rows of the unlabeled images that are considered, and how many have no label."""
    rows = embeddings.scanned(table)
    labeled, unlabeled = rows[table.label[rows] >= 0], rows[table.label[rows] < 0]
    order = np.random.default_rng(0).permutation(int(table.id.max()) + 1 if len(table) else 0)
    pool = np.sort(unlabeled[np.argsort(order[table.id[unlabeled]])[:POOL]])  # the same images until they are labeled
    return labeled, pool, len(unlabeled)
