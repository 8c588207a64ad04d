"""The images in the middle of the Data tab with the one selection that grid, suggestions and map share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject

from dlgui.gui.data.shown import Shown
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.project.project import ImageTable

BADGES = {0: "T", 1: "V", 2: "E", -1: ""}

Tentative = Callable[[int], tuple[int, float] | None]
"""Gives for an image id the suggested class (index) and its confidence, or None."""


class Board(QObject):
    """A grid over a `Shown`."""

    def __init__(self, session: Session, pictures: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.grid = ImageGrid("imageGrid", pictures)
        self.explain_empty("grid")
        self.shown: Shown | None = None
        self.tentative: Tentative = lambda _: None
        self.marking = False

    def show(self, shown: Shown | None, keep: bool = True) -> None:
        """Shows other images; those that were selected stay so where they are shown."""
        kept = self.selected_ids() if keep else []
        self.shown = shown
        self.grid.items.show(len(shown) if shown is not None else 0, self._item)
        self.select(kept)

    def explain_empty(self, mode: str) -> None:
        """What an empty grid says in a mode of the tab."""
        self.grid.when_empty = self.tr("No image meets the filter. “Show all” takes it away.") if mode == "grid" \
            else ""  # the line above says why

    def renew(self, table: ImageTable) -> None:
        """The same images in the same order, as they are now."""
        if self.shown is not None:
            self.shown = Shown(table, self.shown.rows)
            self.grid.items.refresh()

    def click_marks(self, on: bool) -> None:
        """Whether a click marks an image as not belonging to the page."""
        self.marking = on
        self.grid.click_marks(on)

    def selected_ids(self) -> list[int]:
        """Ids of the selected images."""
        return self.shown.table.id[self.selected_rows()].tolist() if self.shown is not None else []

    def selected_rows(self) -> np.ndarray:
        """Rows of the table, int64."""
        if self.shown is None:
            return np.empty(0, np.int64)
        chosen = np.array(self.grid.selected(), np.int64)
        return self.shown.rows[chosen[chosen < len(self.shown)]]

    def current_rows(self) -> np.ndarray:
        """Row of the table of the item with the focus, int64, alone or empty."""
        place = self.grid.currentIndex().row()
        return self.shown.rows[[place]] if self.shown is not None and 0 <= place < len(self.shown) \
            else np.empty(0, np.int64)

    def select(self, ids: Sequence[int]) -> bool:
        """Selects images; whether any of them is shown."""
        places = self.shown.positions(ids) if self.shown is not None else np.empty(0, np.int64)
        if len(places) or self.grid.selected():
            self.grid.select(places)
        return bool(len(places))

    def next_unlabeled(self) -> int | None:
        """Id of the image to go to once the selected ones are labeled."""
        return self.shown.after_labeling(self.grid.selected()) if self.shown is not None else None

    def _item(self, position: int) -> GridItem:
        project, shown = self.session.project, self.shown
        assert project is not None
        assert shown is not None
        table, row = shown.table, shown.rows[position]
        image, label = int(table.id[row]), int(table.label[row])
        guess = self.tentative(image) if label < 0 else None
        info = project.classes()[label if guess is None else guess[0]] if label >= 0 or guess is not None else None
        reason = table.reason[row] or (self.tr("the file is gone") if table.missing[row] else "")
        caption, figure = info.name if info is not None else "", ""
        if guess is not None:
            caption, figure = f"{caption}?", f"{100 * guess[1]:.0f} %"
        if table.excluded[row]:
            caption, figure = self.tr("excluded"), ""
        mark = "warning" if reason else ""
        if self.marking and label < 0 and self.grid.selectionModel().isSelected(self.grid.items.index(position)):
            mark = "wrong"
        told = table.path[row], f"{caption}  {figure}".strip(), reason, table.note[row]
        tip = "\n".join(part for part in told if part)
        return GridItem(image, str(project.image_root / table.path[row]), table.path[row], caption,
                        info.colour if info is not None else "", BADGES[int(table.split[row])], mark,
                        bool(table.flag[row]), tip, guess is not None, figure)
