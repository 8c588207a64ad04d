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
        kind: one of `KINDS`, or `marked`: those that were marked on pages of one class, to be named.
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
        self._marked: list[int] = []

    def guess(self, image_id: int) -> tuple[int, float] | None:
        """The class (index) that is suggested for an image, but for those refused, and its confidence."""
        found = self.suggestions
        return found.of(image_id, self._refused.get(image_id, ())) if found is not None else None

    def forget(self) -> None:
        """Another project, or another kind of page: nothing was passed over."""
        self._passed.clear()

    def pass_over(self, ids: Iterable[int]) -> None:
        """These images come again when all others have come."""
        self._passed.update(ids)

    def refuse(self, ids: Iterable[int], label: int) -> None:
        """These images are not of that class (index); what they are is asked next."""
        for image in ids:
            self._refused.setdefault(image, set()).add(label)
            self._marked.append(image)

    def next(self, kind: str, table: ImageTable, only: int | None = None) -> Page:
        """The next page; without images where there is nothing to ask.

        Args:
            kind: one of `KINDS`.
            table: labels as they are now.
            only: index of the class to which suggestions are restricted.
        """
        if kind == "class" and self._marked:
            asked, self._marked = np.array(self._marked), []
            ids = asked[_unlabeled(table)(asked)]
            if len(ids):
                return Page("marked", tuple(ids.tolist()))
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
        refused = np.zeros(confidences.shape, bool)
        for place in np.flatnonzero(np.isin(ids, list(self._refused))):
            refused[place] = np.isin(found.classes, list(self._refused[int(ids[place])]))
        chosen = ids[suggesting.page(kind, confidences, SIZE, refused)]
        first = self.guess(int(chosen[0])) if kind == "class" else None
        return Page(kind, tuple(chosen.tolist()), first[0] if first is not None else None)


def _unlabeled(table: ImageTable) -> Callable[[np.ndarray], np.ndarray]:
    """Tells which of some image ids are usable and have no label, as bool."""
    wanted = np.sort(table.id[table.usable & (table.label < 0)])
    return lambda ids: np.isin(ids, wanted)
