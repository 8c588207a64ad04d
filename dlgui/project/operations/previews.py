"""Examples of what augmentation does to the project's own images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlgui.engine.augmentation import Augmentation, augment
from dlgui.engine.images import read_image
from dlgui.engine.progress import Progress
from dlgui.errors import UnreadableImage
from dlgui.project.operations import training
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project


@dataclass(frozen=True)
class Example:
    """An image as the network is given it: uint8 (H, W, C), with its class and path."""

    path: str
    label: str
    pixels: np.ndarray


def examples(project: Project, plan: Plan, count: int, seed: int, progress: Progress | None = None) -> list[Example]:
    """Images of the training split (of all labeled ones before there is a split), classes in turn.

    Args:
        project: which.
        plan: decides size and preprocessing.
        count: how many at most.
        seed: another seed gives other images.

    Raises:
        DlguiError: the image folder is gone, or the size does not fit. Cancelled: see `Progress`.
    """
    table = project.images()
    rows = table.rows("train")
    rows = rows if len(rows) else table.rows("all")
    preprocessing = training.preprocessing_of(table, rows, plan)
    root = project.require_image_root()
    found: list[Example] = []
    for row in _in_turn(rows, table.label[rows], np.random.default_rng(seed)):
        if len(found) == count:
            break
        if progress is not None:
            progress.check()
        try:
            pixels = preprocessing.pixels(read_image(root / table.path[row]))
        except UnreadableImage:
            continue
        found.append(Example(table.path[row], table.class_names[table.label[row]], pixels))
    return found


def _in_turn(rows: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> list[int]:
    """Shuffled, one of each class, then the next of each."""
    order = random.permutation(len(rows))
    labels = labels[order]
    turn = np.zeros(len(rows), np.int64)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        turn[mine] = np.arange(len(mine))
    return [int(row) for row in rows[order[np.argsort(turn, kind="stable")]]]


def augmented(originals: Sequence[np.ndarray], values: Mapping[str, Any], seed: int,
              progress: Progress | None = None) -> list[np.ndarray]:
    """Each image as one training step might see it.

    Args:
        originals: uint8 (H, W, C).
        values: names and values of `Augmentation`.
        seed: of this throw of the dice; equal seeds give equal pictures.

    Raises:
        InvalidValue: a value that is not allowed. Cancelled: see `Progress`.
    """
    augmentation = Augmentation.from_dict(values)
    changed = []
    for i, image in enumerate(originals):
        if progress is not None:
            progress.check()
        changed.append(augment(image, augmentation, np.random.default_rng([seed, i])))
    return changed
