"""Which images a grid shows, and what of each; made on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QStringListModel,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtWidgets import QWidget

from dlgui.gui import words
from dlgui.gui.thumbnails import Thumbnails

Index = QModelIndex | QPersistentModelIndex
ITEM = int(Qt.ItemDataRole.UserRole)
DRAGGED = "application/x-dlgui-images"
"""What is dragged out of a grid: its selected images; the data is their number."""

DRAGGED_FILES = 1000
"""At most so many of them are handed to other programs as files."""

PLACES = 5000
"""So many positions are remembered of files whose thumbnails are on their way."""


@dataclass(frozen=True)
class GridItem:
    """What the grid shows of an image.

    Attributes:
        id: of the image in the project, or its place in a list.
        file: absolute path.
        name: relative path.
        caption: below the picture; a second line continues it where there is no room for one of its own.
        colour: stripe below the picture, `#rrggbb` or empty.
        badge: letters in the corner: T, V, E for the split.
        mark: `wrong`, `right`, `warning` or empty: the frame.
        flag: whether it is flagged.
        tip: tooltip.
        tentative: whether caption and colour are only suggested.
        figure: stands behind the caption, or on its second line, and whole where that has to be shortened.
    """

    id: int
    file: str
    name: str
    caption: str = ""
    colour: str = ""
    badge: str = ""
    mark: str = ""
    flag: bool = False
    tip: str = ""
    tentative: bool = False
    figure: str = ""


class GridModel(QStringListModel):
    """Items made on demand, so that 100,000 images cost nothing until they are seen.

    A list of empty strings stands for them: Qt asks a model for its number of rows once for each item that it lays out
    or selects, and must not have to ask Python.

    Signals:
        stale: position of an item to be painted anew, -1 for all. Not `dataChanged`, after which a list view lays out
            all items again.
    """

    stale = Signal(int)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self._count = 0
        self._make: Any = None
        self._place: dict[str, int] = {}
        thumbnails.ready.connect(self._arrived)

    def show(self, count: int, make: Any) -> None:
        """Shows `count` items; `make(position)` gives a `GridItem`."""
        self._count, self._make = count, make
        self._place.clear()
        self.setStringList([""] * count)

    def refresh(self) -> None:
        """Items have changed, but not their number or order."""
        self.stale.emit(-1)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= self._count:
            return None
        if role not in (ITEM, int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole),
                        int(Qt.ItemDataRole.AccessibleTextRole)):
            return None
        item: GridItem = self._make(index.row())
        if role == ITEM:
            if len(self._place) > PLACES:
                self._place.clear()
            self._place[item.file] = index.row()
            return item
        if role == Qt.ItemDataRole.ToolTipRole:
            return words.tip(item.tip or item.name)
        return " ".join(part for part in (item.name, item.caption.replace("\n", ""), item.figure) if part)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsSelectable | flag.ItemIsEnabled | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    def mimeTypes(self) -> list[str]:
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        items = [self.item(index.row()) for index in indexes[:DRAGGED_FILES]]
        data = QMimeData()
        data.setData(DRAGGED, str(len(indexes)).encode())
        data.setUrls([QUrl.fromLocalFile(item.file) for item in items])  # for other programs
        return data

    def item(self, row: int) -> GridItem:
        """The item at a position."""
        return self._make(row)

    def _arrived(self, file: str) -> None:
        row = self._place.get(file)
        if row is not None and row < self._count:
            self.stale.emit(row)
