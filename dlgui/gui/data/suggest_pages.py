"""Pages of images to ask about, made from suggestions; knows no widget.

A page is a promise: once it is shown it does not move under the hands. What has been learned since goes into the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from dlgui.engine import suggesting
from dlgui.project.operations.suggestions import Suggestions
from dlgui.project.project import ImageTable

SIZE = 50
"""Images on a page."""

KINDS = ("class", "confident", "doubtful", "similar")


@dataclass(frozen=True)
class Page:
    """Images to label together.

    Attributes:
        kind: one of `KINDS`.
        ids: of the images.
        label: index of the class that all are believed to be, for `class`.
    """

    kind: str
    ids: tuple[int, ...] = ()
    label: int | None = None


class Pages:
    """Remembers what was passed over and what was refused, and makes the next page."""

    def __init__(self) -> None:
        self.suggestions: Suggestions | None = None
        self.groups: list[np.ndarray] | None = None
        self._passed: set[int] = set()
        self._refused: dict[int, set[int]] = {}

    def forget(self) -> None:
        """Another project, or another kind of page: nothing was passed over."""
        self._passed.clear()

    def pass_over(self, ids: Iterable[int]) -> None:
        """These images come again when all others have come."""
        self._passed.update(ids)

    def refuse(self, ids: Iterable[int], label: int) -> None:
        """These images are not of that class (index)."""
        for image in ids:
            self._refused.setdefault(image, set()).add(label)

    def next(self, kind: str, table: ImageTable, only: int | None = None) -> Page:
        """The next page; without images where there is nothing to ask.

        Args:
            kind: one of `KINDS`.
            table: labels as they are now.
            only: index of the class to which suggestions are restricted.
        """
        make = self._similar if kind == "similar" else self._suggested
        page = make(kind, _unlabeled(table), only)
        if not page.ids and self._passed:
            self.forget()
            page = make(kind, _unlabeled(table), only)
        return page

    def _similar(self, kind: str, unlabeled: Callable[[np.ndarray], np.ndarray], only: int | None) -> Page:
        for group in self.groups or []:
            ids = [int(i) for i in group[unlabeled(group)] if int(i) not in self._passed]
            if ids:
                return Page(kind, tuple(ids))
        return Page(kind)

    def _suggested(self, kind: str, unlabeled: Callable[[np.ndarray], np.ndarray], only: int | None) -> Page:
        found = self.suggestions
        if found is None or not len(found.ids):
            return Page(kind)
        kept = unlabeled(found.ids) & ~np.isin(found.ids, list(self._passed))
        if only is not None:
            kept &= found.classes[found.confidences.argmax(1)] == only
        ids, confidences = found.ids[kept], found.confidences[kept]
        if not len(ids):
            return Page(kind)
        refused = np.array([[int(c) in self._refused.get(int(i), ()) for c in found.classes] for i in ids], bool) \
            if self._refused else None
        places = suggesting.page(kind, confidences, SIZE, refused)
        label = int(found.classes[confidences[places[0]].argmax()]) if kind == "class" and len(places) else None
        return Page(kind, tuple(int(i) for i in ids[places]), label)


def _unlabeled(table: ImageTable) -> Callable[[np.ndarray], np.ndarray]:
    """Tells which of some image ids are usable and have no label, as bool."""
    wanted = np.sort(table.id[table.usable & (table.label < 0)])
    return lambda ids: np.isin(ids, wanted)
