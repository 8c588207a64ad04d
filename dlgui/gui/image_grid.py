"""The grid of images: the view over `grid_model`, for Data, Evaluate and Apply alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from dlgui.gui import theme
from dlgui.gui.grid_delegate import GridDelegate
from dlgui.gui.grid_model import GridItem, GridModel
from dlgui.gui.thumbnails import Thumbnails

SEEN = 1000
"""Where more neighbours are selected at once all is painted anew; asking where each of them lies takes longer."""


class ImageGrid(QListView):
    """The view.

    Signals:
        picked: positions of the selected items, after every change of the selection.
        key: text of a key that is not a movement, with whether Shift was held.
        opened: position of an item that was double-clicked.
        menu: an empty `QMenu` that listeners fill for the selected images; shown if they did.
    """

    menu = Signal(object)
    picked = Signal(object)  # of thousands of numbers Qt would make a list of its own
    key = Signal(str, bool)
    opened = Signal(int)

    def __init__(self, name: str, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Images"))
        self.when_empty = self.tr("There is no image to show here.")
        self.setToolTip(self.tr("Images. Click, Shift+click, Ctrl+click or drag a frame to select."))
        self.items = GridModel(thumbnails, self)
        self.setModel(self.items)
        self.items.stale.connect(self._repaint)
        self.paint_item = GridDelegate(self)
        self.setItemDelegate(self.paint_item)
        self.setViewMode(QListView.ViewMode.ListMode)  # lays out 100,000 items far faster than the icon mode
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(40)
        self._chosen: list[int] | None = None
        self.items.modelReset.connect(self._forget)
        self.selectionModel().selectionChanged.connect(self._forget)
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit(self.selected()))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.set_side(128)

    def when_opened(self, show: Callable[[GridItem], object]) -> None:
        """Calls `show` with an item that is double-clicked, or that is the current one when Enter is pressed."""
        self.opened.connect(lambda row: show(self.items.item(row)))
        self.key.connect(lambda key, _: show(self.items.item(self.currentIndex().row()))
                         if key == "enter" and self.currentIndex().isValid() else None)

    def set_side(self, side: int) -> None:
        """Side of the pictures in pixels."""
        self.paint_item.side = side
        self.setGridSize(self.paint_item.size())

    def set_lines(self, lines: int) -> None:
        """Lines of a caption: 1 or 2."""
        if lines != self.paint_item.lines:
            self.paint_item.lines = lines
            self.setGridSize(self.paint_item.size())

    def fit_names(self, names: Sequence[str]) -> None:
        """One line for captions where two of these names and a percentage have room on it, else two."""
        metrics = self.fontMetrics()
        room = self.gridSize().width() - 10 - metrics.horizontalAdvance("→  99 %")
        self.set_lines(1 if sum(sorted(map(metrics.horizontalAdvance, names))[-2:]) <= room else 2)

    def selected(self) -> list[int]:
        """Positions of the selected items, ascending."""
        if self._chosen is None:
            parts = self.selectionModel().selection().toList()
            if len(parts) == 1:  # of 100,000, mostly
                self._chosen = list(range(parts[0].top(), parts[0].bottom() + 1))
            else:
                self._chosen = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        return self._chosen.copy()

    def _forget(self) -> None:
        self._chosen = None

    def selectAll(self) -> None:
        """Selects every item as one range; a list view would ask for each."""
        if self.items.rowCount():
            whole = QItemSelection(self.items.index(0), self.items.index(self.items.rowCount() - 1))
            self.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        """Selects positions and shows the first."""
        model, chosen, index = self.selectionModel(), QItemSelection(), self.items.index
        places = np.asarray(rows, np.int64)
        ends = np.flatnonzero(np.diff(places, append=-1) != 1)  # neighbours as one range: there may be thousands
        for first, last in zip(places[np.append(0, ends[:-1] + 1)].tolist() if len(places) else [],
                               places[ends].tolist(), strict=True):
            chosen.select(index(first), index(last))
        if len(ends) > SEEN:
            model.reset()  # without a word; taking thousands of ranges out of what was selected needs half a second
            self.viewport().update()
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if len(rows):
            self.go_to(rows[0])

    def go_to(self, row: int) -> None:
        """Makes an item the current one and shows it; the selection stays."""
        self.selectionModel().setCurrentIndex(self.items.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(self.items.index(row))

    def click_marks(self, on: bool) -> None:
        """Whether a click adds an item to the selection or takes it away, instead of selecting it alone."""
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.MultiSelection if on else mode.ExtendedSelection)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        extended = self.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection
        self.setDragEnabled(extended and not event.modifiers() and self.selectionModel().isSelected(index))
        super().mousePressEvent(event)  # what is selected is dragged; from elsewhere a frame selects

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.items.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.colours().soft))
            painter.drawText(self.viewport().rect().adjusted(20, 20, -20, -20),
                             Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.when_empty)
            painter.end()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        many = selection.count() > SEEN or any(part.bottom() - part.top() > SEEN for part in selection.toList())
        return QRegion(self.viewport().rect()) if many else super().visualRegionForSelection(selection)

    def _repaint(self, row: int) -> None:
        self.viewport().update(self.visualRect(self.items.index(row)) if row >= 0 else self.viewport().rect())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.select([index.row()])
        if self.selectionModel().hasSelection():
            menu = QMenu(self)
            self.menu.emit(menu)
            if not menu.isEmpty():
                menu.exec(event.globalPos())
            menu.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
                                         | Qt.KeyboardModifier.MetaModifier)
        text = event.text().lower()
        if plain and text in ("a", "d"):
            self._step(-1 if text == "a" else 1)
        elif plain and ((text and text.isprintable() and not text.isspace())
                        or event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            names = {Qt.Key.Key_Delete: "delete", Qt.Key.Key_Return: "enter", Qt.Key.Key_Enter: "enter"}
            self.key.emit(names.get(Qt.Key(event.key()), text), shift)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        row = self.currentIndex().row() + by
        if 0 <= row < self.items.rowCount():
            if self.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection:
                self.select([row])
            else:
                self.go_to(row)
