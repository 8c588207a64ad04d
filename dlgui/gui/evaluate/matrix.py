"""The confusion matrix: a cell is a selection of images; painted in one go, so that 1,000 classes stay quick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from dlgui.engine.matrix_table import Margin, MatrixTable
from dlgui.gui import theme
from dlgui.gui.evaluate.matrix_header import FIGURES, GENEROUS_SHARES, ROOM, ROOMY_SHARE, SHARE, Corner, MatrixHeader
from dlgui.gui.evaluate.matrix_model import Index, MatrixModel
from dlgui.gui.evaluate.palettes import PALETTES, dark

SMALLEST, LARGEST = 1, 64
"""Height of a cell in pixels."""
ROOMY, COMFORTABLE = 48, 24
"""Height of a cell that needs no more, where the window has room; names are cut before cells become lower than the
second."""

WIDE, NARROW, SQUARE = (1.75, ROOM), (1.75, 0), (1.15, 0)
"""Shapes of a cell with text: its width as a multiple of its height, and at least so many pixels."""

LINES = 8
"""Cells lower than that many pixels have no lines between them."""

TEXT = 15
"""Cells lower than that many pixels show no text."""
GHOST, ROOMY_GHOST = 22, 30
"""Cells lower than the first in pixels do not show what they were; below the second the count gives way to it."""


def _rectangles(marked: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Top, bottom, left and right of rectangles that make up a bool table; columns that are alike share theirs."""
    starts = np.flatnonzero((marked[:, 1:] != marked[:, :-1]).any(0)) + 1
    for left, end in zip([0, *starts.tolist()], [*starts.tolist(), marked.shape[1]], strict=True):
        edges = np.flatnonzero(np.diff(marked[:, left].astype(np.int8), prepend=0, append=0))
        for top, below in edges.reshape(-1, 2).tolist():
            yield top, below - 1, left, end - 1


class ConfusionMatrix(QTableView):
    """The view. Arrows, Shift and Ctrl select cells; Ctrl+wheel, + and − zoom, 0 fits; Ctrl+C copies the table.

    Signals:
        cells: bool (k + 1, k) table of the selected cells, rows = answers, "not sure" last.
        hovered: a sentence about the cell under the cursor, or empty.
        zoomed: cells have another size, or the table is another; `hint` may be, too.
    """

    cells = Signal(object)
    hovered = Signal(str)
    zoomed = Signal()

    def __init__(self, name: str = "confusionMatrix", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setToolTip(self.tr("Click a cell, a class or a sum to see its images; Ctrl+click adds cells. Ctrl+wheel, "
                                "+ and − zoom, 0 shows all."))
        self.matrix = MatrixModel(self)
        self.palette_name = "halcon"
        self._colours = np.zeros((0, 0, 3), np.uint8)
        self._dark = np.zeros((0, 0), bool)
        self._text = ""
        self._quiet, self._fitting, self._shape, self._side = False, True, WIDE, 30
        self._enlarged = False
        """Whether a search has enlarged cells that all were in sight."""
        self._fitted = QSize()
        self.rows = MatrixHeader(Qt.Orientation.Vertical, self)
        self.columns = MatrixHeader(Qt.Orientation.Horizontal, self)
        self.setVerticalHeader(self.rows)
        self.setHorizontalHeader(self.columns)
        self.setModel(self.matrix)
        self.corner = Corner(self.rows, self.columns, self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setMinimumSize(260, 180)
        self.clicked.connect(self._clicked)
        theme.notifier().changed.connect(self._paint_colours)

    # --- what is shown

    def show_table(self, table: MatrixTable | None) -> None:
        """Shows another table; the selection is gone."""
        before = self._lines()
        self._quiet = True
        self.matrix.show(table)
        self._quiet = False
        self.corner.transposed = table is not None and table.transposed
        for part in (self.rows, self.columns, self.corner):
            part.setVisible(table is not None)
        if table is None:
            for header in (self.rows, self.columns):
                header.show_lines([], Margin([], []))
        else:
            self.rows.show_lines(table.rows, table.row_margin)
            self.columns.show_lines(table.columns, table.column_margin)
        self._paint_colours()
        if self._fitting and before != self._lines():
            self.fit()
        else:
            self.zoom(self._side, self._fitting)

    def _lines(self) -> tuple[list[str], list[str], bool] | None:
        """What decides how large the headers are, but for the figures, which change with every label."""
        table = self.matrix.table
        return None if table is None else (table.rows, table.columns, table.transposed)

    def say(self, text: str) -> None:
        """A sentence in the place of a table that is not there."""
        self._text = text
        self.viewport().update()

    def hint(self) -> str:
        """How to read it, where its cells are too low for figures; else empty."""
        table = self.matrix.table
        if table is None or self._side >= TEXT:
            return ""
        return self.tr("{n} classes: point to read, Ctrl+wheel enlarges").format(n=len(table.order))

    def show_palette(self, name: str) -> None:
        """Colours by one of `palettes.PALETTES`."""
        self.palette_name = name
        self._paint_colours()
        self.viewport().update()

    def _paint_colours(self) -> None:
        table = self.matrix.table
        if table is None:
            return
        self._colours = np.ascontiguousarray(PALETTES[self.palette_name](table.shares, table.diagonal))
        self._dark = dark(self._colours)

    # --- zoom

    def zoom(self, side: int, fitting: bool = False) -> None:
        """Makes cells `side` pixels high."""
        self._side, self._fitting = max(SMALLEST, min(side, LARGEST)), fitting
        if not fitting:
            self.rows.figures_share = FIGURES
        for header, size in ((self.rows, self._side), (self.columns, self._width(self._side))):
            header.share = header.share if fitting else max(header.share, ROOMY_SHARE)
            header.setDefaultSectionSize(size)
            header.updateGeometry()
        self.updateGeometries()
        self.viewport().update()
        self.zoomed.emit()

    def _width(self, side: int) -> int:
        ratio, least = self._shape
        return side if side < TEXT else max(round(side * ratio), least)

    def _zoom_at(self, place: QPoint, larger: bool) -> None:
        """Zooms by a step; what lies at a place of the view stays there."""
        at = place - self.viewport().pos()
        across = (at.x() + self.columns.offset()) / self._width(self._side)
        down = (at.y() + self.rows.offset()) / self._side
        step = max(1, self._side // 6)
        self.zoom(self._side + (step if larger else -step))
        at = place - self.viewport().pos()  # the headers may be others
        self.horizontalScrollBar().setValue(round(across * self._width(self._side)) - at.x())
        self.verticalScrollBar().setValue(round(down * self._side) - at.y())

    def _middle(self) -> QPoint:
        """Where the current cell is, or the middle of what is in sight."""
        seen, index = self.viewport().rect(), self.currentIndex()
        current = self.visualRect(index).center() if index.isValid() else seen.center()
        return (current if seen.contains(current) else seen.center()) + self.viewport().pos()

    def fit(self) -> None:
        """Cells as large as lets all be seen, within what can still be hit with the mouse; names get what is left."""
        self._fitted, self._enlarged = self.size(), False
        if self.matrix.table is None:
            return
        rows, columns = self.matrix.rowCount(), self.matrix.columnCount()
        highest = min(ROOMY, self.height() // rows)  # more cannot fit
        comfortable, low = range(highest, COMFORTABLE - 1, -1), range(highest, 3, -1)
        sizes = [*((share, FIGURES, WIDE, side) for share in GENEROUS_SHARES for side in comfortable),
                 *((SHARE, most, WIDE, side) for most in (FIGURES, 0.0) for side in comfortable),
                 *((SHARE, FIGURES, WIDE, side) for side in low if side > TEXT),
                 *((SHARE, most, SQUARE, side) for sides in (comfortable, range(min(highest, COMFORTABLE), TEXT, -1))
                   for most in (FIGURES, 0.0) for side in sides),
                 *((SHARE, FIGURES, NARROW, side) for side in low)]
        best = 4
        self._lay_out(SHARE, FIGURES, best)
        for share, most, self._shape, side in sizes:
            self._lay_out(share, most, side)
            room = self._room()
            if rows * side <= room.height() and columns * self._width(side) <= room.width():
                best = side
                break
        self.columns.share = next((share for share in GENEROUS_SHARES if self._upright_fits(share, rows * best)), SHARE)
        self.zoom(best, fitting=True)

    def _lay_out(self, share: float, most: float, side: int) -> None:
        self.rows.share = self.columns.share = share
        self.rows.figures_share = most
        self.rows.setDefaultSectionSize(side)
        self.columns.setDefaultSectionSize(self._width(side))

    def _room(self) -> QSize:
        """What the headers leave for cells."""
        return self.size() - self.rows.sizeHint() - self.columns.sizeHint() - QSize(4, 4)

    def _upright_fits(self, share: float, height: int) -> bool:
        self.columns.share = share
        return height <= self._room().height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting and self.size() != self._fitted:  # the viewport alone changes with the headers
            self.fit()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        if hasattr(self, "corner"):
            edge = self.frameWidth()
            self.corner.setGeometry(edge, edge, self.rows.width(), self.columns.height())
            self.corner.raise_()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_at(event.position().toPoint() + self.viewport().pos(), event.angleDelta().y() > 0)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom_at(self._middle(), key != Qt.Key.Key_Minus)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Puts the table with its margins on the clipboard, tab separated."""
        if self.matrix.table is not None:
            QGuiApplication.clipboard().setText(self.matrix.table.to_text())

    # --- selection

    def clear(self) -> None:
        """Selects nothing and tells nobody."""
        self._quiet = True
        self.clearSelection()
        self._quiet = False
        self.viewport().update()

    def mark(self, cells: np.ndarray) -> None:
        """Selects cells, bool (k + 1, k) as `cells` gives them, and tells nobody."""
        table = self.matrix.table
        if table is None or cells.shape != table.decisions.matrix.shape:
            return
        marked, wanted = cells[np.ix_(table.answers, table.order)], QItemSelection()
        shown, first = marked.T if table.transposed else marked, QModelIndex()
        for top, bottom, left, right in _rectangles(shown):
            wanted.select(self.matrix.index(top, left), self.matrix.index(bottom, right))
            first = first if first.isValid() else self.matrix.index(top, left)
        self._quiet = True
        self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._quiet = False

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.viewport().update()
        for header in (self.rows, self.columns):
            header.viewport().update()
        if not self._quiet and self.selectionModel().hasSelection():
            self._tell([(r.top(), r.bottom(), r.left(), r.right()) for r in self._blocks()])

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus() and not self._quiet:  # who uses keys points with them
            self.hovered.emit(self.matrix.sentence(current.row(), current.column()))

    def _blocks(self) -> list[QItemSelectionRange]:
        return list(self.selectionModel().selection())  # type: ignore[call-overload]

    def _clicked(self, index: QModelIndex) -> None:
        if not self.selectionModel().isSelected(index):  # a click without the mouse
            self._tell([(index.row(), index.row(), index.column(), index.column())])

    def _tell(self, blocks: list[tuple[int, int, int, int]]) -> None:
        table = self.matrix.table
        if table is None:
            return
        marked = np.zeros(table.decisions.matrix.shape, bool)
        rows, columns, every = len(table.rows), len(table.columns), slice(None)
        for top, bottom, left, right in blocks:
            down, across = slice(top, min(bottom + 1, rows)), slice(left, min(right + 1, columns))
            if top == rows and left == columns:  # the sum of all
                down = across = every
            table.cells(down, every if right == columns else across, marked)
            if bottom == rows:
                table.cells(every, across, marked)
        if not table.decisions.threshold > 0:  # nothing is refused: the hidden row belongs to every whole column
            marked[-1] = marked[:-1].all(0)
        self.cells.emit(marked)

    def find_class(self, text: str, after: int = -1) -> int:
        """Marks the classes whose name contains `text` and brings the next after a column into sight; -1 for none."""
        table, wanted = self.matrix.table, text.strip().casefold()
        if table is None:
            return -1
        places = []
        for header, names in ((self.rows, table.rows), (self.columns, table.columns)):
            found = [i for i, name in enumerate(names) if wanted and wanted in name.casefold()]
            header.mark(set(found))
            places.append(found)
        if not places[1]:
            if not wanted and self._enlarged:
                self.fit()
            return -1
        if self._side < TEXT:  # a class that cannot be read is not found
            self.zoom(COMFORTABLE)
            self._enlarged = True
        column = next((i for i in places[1] if i > after), places[1][0])
        row = table.rows.index(table.columns[column]) if table.columns[column] in table.rows else 0
        self.scrollTo(self.matrix.index(row, column), QAbstractItemView.ScrollHint.PositionAtCenter)
        return column

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        self.hovered.emit(self.matrix.sentence(index.row(), index.column()) if index.isValid() else "")

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.hovered.emit("")

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(theme.colours().panel))
        if self.matrix.table is None:
            painter.setPen(QColor(theme.colours().soft))
            painter.drawText(self.viewport().rect().adjusted(16, 16, -16, -16),
                             int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._text)
        else:
            left, top = -self.columns.offset(), -self.rows.offset()
            self.draw(painter, left, top, self.viewport().rect())
            self._draw_selection(painter, left, top)
        painter.end()

    def draw(self, painter: QPainter, left: int, top: int, window: QRect) -> None:
        """Draws the cells and sums that fall into `window`, the first cell's corner being at (left, top)."""
        height, width = self._side, self._width(self._side)
        rows, columns = self._colours.shape[:2]
        r0, r1 = max(0, (window.top() - top) // height), min(rows + 1, (window.bottom() - top) // height + 1)
        c0, c1 = max(0, (window.left() - left) // width), min(columns + 1, (window.right() - left) // width + 1)
        block = np.ascontiguousarray(self._colours[r0:r1, c0:c1])
        if block.size:
            image = QImage(block.data, block.shape[1], block.shape[0], block.strides[0], QImage.Format.Format_RGB888)
            painter.drawImage(QRect(left + c0 * width, top + r0 * height, block.shape[1] * width,
                                    block.shape[0] * height), image)
        if height >= LINES:
            painter.setPen(QPen(QColor(theme.colours().panel), 1))
            for r in range(r0, min(r1, rows) + 1):
                painter.drawLine(left, top + r * height, left + columns * width, top + r * height)
            for k in range(c0, min(c1, columns) + 1):
                painter.drawLine(left + k * width, top, left + k * width, top + rows * height)
        if height >= TEXT:
            self._draw_texts(painter, left, top, range(r0, r1), range(c0, c1))
        if height >= GHOST:
            self._draw_ghosts(painter, left, top, range(r0, min(r1, rows)), range(c0, min(c1, columns)))

    def _draw_texts(self, painter: QPainter, left: int, top: int, rows: range, columns: range) -> None:
        height, width = self._side, self._width(self._side)
        font = painter.font()
        font.setPixelSize(max(9, min(14, height - 6, (width - 2) * 2 // 5)))  # four digits
        painter.setFont(font)
        black, white, ink = QColor("#000000"), QColor("#ffffff"), QColor(theme.colours().soft)
        for r in rows:
            for k in columns:
                inside = r < self._dark.shape[0] and k < self._dark.shape[1]
                painter.setPen((white if self._dark[r, k] else black) if inside else ink)
                narrow = inside and GHOST <= height < ROOMY_GHOST and self._was(r, k) is not None
                painter.drawText(QRect(left + k * width, top + r * height, width, height - 9 * narrow),
                                 int(Qt.AlignmentFlag.AlignCenter), self.matrix.text(r, k))

    def _was(self, row: int, column: int) -> int | None:
        table = self.matrix.table
        return table.was(row, column) if table is not None else None

    def _draw_ghosts(self, painter: QPainter, left: int, top: int, rows: range, columns: range) -> None:
        """What stood in a cell before labels were changed, small in its lower corner."""
        height, width = self._side, self._width(self._side)
        font = painter.font()
        font.setPixelSize(9)
        painter.setFont(font)
        for r in rows:
            for k in columns:
                before = self._was(r, k)
                if before is not None:
                    painter.setPen(QColor("#d0d0d0" if self._dark[r, k] else "#404040"))
                    painter.drawText(QRect(left + k * width, top + r * height, width - 3, height - 1),
                                     int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom),
                                     self.tr("was {n}").format(n=before))

    def picture_size(self) -> QSize:
        """Size of `draw_picture` in pixels."""
        return QSize(self.rows.sizeHint().width() + self.matrix.columnCount() * self._width(self._side) + 1,
                     self.columns.sizeHint().height() + self.matrix.rowCount() * self._side + 1)

    def draw_picture(self, painter: QPainter) -> None:
        """Draws all of the matrix with its headers, whatever of it is in sight or selected, in the theme's colours."""
        self._paint_colours()
        size, left, top = self.picture_size(), self.rows.sizeHint().width(), self.columns.sizeHint().height()
        painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.colours().panel))
        self.draw(painter, left, top, QRect(left, top, size.width() - left, size.height() - top))
        for i in range(self.matrix.rowCount()):
            self.rows.draw_section(painter, QRect(0, top + i * self._side, left, self._side), i)
        width = self._width(self._side)
        for i in range(self.matrix.columnCount()):
            self.columns.draw_section(painter, QRect(left + i * width, 0, width, top), i)
        self.corner.draw(painter, QSize(left, top))

    def _draw_selection(self, painter: QPainter, left: int, top: int) -> None:
        height, width, c = self._side, self._width(self._side), theme.colours()
        for block in self._blocks():
            box = QRect(left + block.left() * width, top + block.top() * height,
                        (block.right() - block.left() + 1) * width, (block.bottom() - block.top() + 1) * height)
            painter.setPen(QPen(QColor(c.panel), 4))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
            painter.setPen(QPen(QColor(c.accent), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        if self.hasFocus() and self.currentIndex().isValid():
            index = self.currentIndex()
            painter.setPen(QPen(QColor(c.ink), 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRect(left + index.column() * width, top + index.row() * height, width - 1, height - 1))
