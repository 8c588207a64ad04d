"""Which images are shown and in which order: a Qt-free predicate over the columns of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.project.project import ImageTable

STATES = ("all", "unlabeled", "labeled", "flagged", "with a note", "excluded", "unreadable", "wrong in the last run")
SPLITS = ("all", "train", "validation", "test", "none")
SIMILAR = "similar to the selected image"
ORDERS = ("name", "newest", "largest", "least confident", "most confident", SIMILAR)


@dataclass(frozen=True)
class Filter:
    """Conditions, all of which an image must meet.

    Attributes:
        text: part of the path, upper and lower case alike.
        label: index of a class, None for any.
        split: one of `SPLITS`.
        state: one of `STATES`.
        order: one of `ORDERS`; the two by confidence need results, that by similarity a likeness.
        only: only these paths, as from a health check.
    """

    text: str = ""
    label: int | None = None
    split: str = "all"
    state: str = "all"
    order: str = "name"
    only: frozenset[str] | None = None

    def rows(self, table: ImageTable, results: Results | None = None,
             likeness: np.ndarray | None = None) -> np.ndarray:
        """Rows of the table in the order to show, int64.

        Args:
            table: n images.
            results: what the last run says.
            likeness: float (n,), similarity to the image that is compared with; NaN where unknown.
        """
        mask = np.ones(len(table), bool)
        if self.label is not None:
            mask &= table.label == self.label
        if self.split != "all":
            mask &= table.split == {"train": 0, "validation": 1, "test": 2, "none": -1}[self.split]
        if self.state == "unlabeled":
            mask &= table.label < 0
        elif self.state == "labeled":
            mask &= table.label >= 0
        elif self.state == "flagged":
            mask &= table.flag
        elif self.state == "with a note":
            mask &= np.array([bool(note) for note in table.note], bool)
        elif self.state == "excluded":
            mask &= table.excluded
        elif self.state == "unreadable":
            mask &= ~table.readable | table.missing
        elif self.state == "wrong in the last run":
            mask &= results.wrong(table) if results is not None else np.zeros(len(table), bool)
        rows = np.flatnonzero(mask)
        if self.text:
            wanted = self.text.casefold()
            rows = np.array([r for r in rows if wanted in table.path[r].casefold()], np.int64)
        if self.only is not None:
            rows = np.array([r for r in rows if table.path[r] in self.only], np.int64)
        return rows[self._order(table, rows, results, likeness)]

    def _order(self, table: ImageTable, rows: np.ndarray, results: Results | None,
               likeness: np.ndarray | None) -> np.ndarray:
        if self.order == SIMILAR and likeness is not None:
            return np.argsort(-np.nan_to_num(likeness[rows], nan=-2.0), kind="stable")
        if self.order == "newest":
            return np.argsort(-table.mtime[rows], kind="stable")
        if self.order == "largest":
            return np.argsort(-table.size[rows], kind="stable")
        if self.order.endswith("confident") and results is not None:
            confidence = np.nan_to_num(results.confidence[rows], nan=2.0 if self.order.startswith("least") else -1.0)
            return np.argsort(confidence if self.order.startswith("least") else -confidence, kind="stable")
        return np.arange(len(rows))


@dataclass(frozen=True)
class Results:
    """What a run says about every image of the table.

    Attributes:
        classes: names.
        predicted: int (n,), -1 where unknown.
        confidence: float (n,), NaN where unknown.
    """

    classes: Sequence[str]
    predicted: np.ndarray
    confidence: np.ndarray

    def wrong(self, table: ImageTable) -> np.ndarray:
        """bool (n,): labeled, predicted, and not the same."""
        names = np.array([*self.classes, ""], object)
        own = np.array([*table.class_names, ""], object)
        return (self.predicted >= 0) & (table.label >= 0) & (names[self.predicted] != own[table.label])
