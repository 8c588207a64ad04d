"""The confusion matrix: a cell is a selection of images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from dlgui.engine.matrix_table import Margin, MatrixTable
from dlgui.gui import theme
from dlgui.gui.evaluate.matrix_cell import COMFORTABLE, LARGEST, SMALLEST, TEXT, Cell, fitting
from dlgui.gui.evaluate.matrix_header import FIGURES, ROOMY_SHARE, Corner, MatrixHeader
from dlgui.gui.evaluate.matrix_model import Index, MatrixModel
from dlgui.gui.evaluate.matrix_painter import MatrixPainter, draw_selection
from dlgui.gui.evaluate.matrix_selection import Block, blocks_of, cells_of


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
        self.painter = MatrixPainter(self.matrix, self)
        self.cell = Cell()
        self._text = ""
        self._quiet, self._fitting = False, True
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
        theme.notifier().changed.connect(self.painter.colour)

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
        self.painter.colour()
        if self._fitting and before != self._lines():
            self.fit()
        else:
            self.zoom(self.cell.height, self._fitting)

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
        if table is None or self.cell.height >= TEXT:
            return ""
        return self.tr("{n} classes: point to read, Ctrl+wheel enlarges").format(n=len(table.order))

    def show_palette(self, name: str) -> None:
        """Colours by one of `palettes.PALETTES`."""
        self.painter.palette_name = name
        self.painter.colour()
        self.viewport().update()

    # --- zoom

    def zoom(self, height: int, all_seen: bool = False) -> None:
        """Makes cells so many pixels high."""
        self.cell, self._fitting = replace(self.cell, height=max(SMALLEST, min(height, LARGEST))), all_seen
        if not all_seen:
            self.rows.figures_share = FIGURES
        for header, size in ((self.rows, self.cell.height), (self.columns, self.cell.width)):
            header.share = header.share if all_seen else max(header.share, ROOMY_SHARE)
            header.setDefaultSectionSize(size)
            header.updateGeometry()
        self.updateGeometries()
        self.viewport().update()
        self.zoomed.emit()

    def _zoom_at(self, place: QPoint, larger: bool) -> None:
        """Zooms by a step; what lies at a place of the view stays there."""
        at = place - self.viewport().pos()
        across = (at.x() + self.columns.offset()) / self.cell.width
        down = (at.y() + self.rows.offset()) / self.cell.height
        step = max(1, self.cell.height // 6)
        self.zoom(self.cell.height + (step if larger else -step))
        at = place - self.viewport().pos()  # the headers may be others
        self.horizontalScrollBar().setValue(round(across * self.cell.width) - at.x())
        self.verticalScrollBar().setValue(round(down * self.cell.height) - at.y())

    def _middle(self) -> QPoint:
        """Where the current cell is, or the middle of what is in sight."""
        seen, index = self.viewport().rect(), self.currentIndex()
        current = self.visualRect(index).center() if index.isValid() else seen.center()
        return (current if seen.contains(current) else seen.center()) + self.viewport().pos()

    def fit(self) -> None:
        """Cells as large as lets all be seen, within what can still be hit with the mouse; names get what is left."""
        self._fitted, self._enlarged = self.size(), False
        if self.matrix.table is not None:
            self.cell = fitting(self.rows, self.columns, self.size(), self.cell.shape)
            self.zoom(self.cell.height, all_seen=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting and self.size() != self._fitted:  # the viewport alone changes with the headers
            self.fit()
            QTimer.singleShot(0, self, self.updateGeometries)  # this may be within one, which Qt does not begin anew

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
        wanted, first = QItemSelection(), QModelIndex()
        for top, bottom, left, right in blocks_of(table, cells):
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
            self._tell(self._blocks())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus() and not self._quiet:  # who uses keys points with them
            self.hovered.emit(self.matrix.sentence(current.row(), current.column()))

    def _blocks(self) -> list[Block]:
        chosen: list[QItemSelectionRange] = list(self.selectionModel().selection())  # type: ignore[call-overload]
        return [(r.top(), r.bottom(), r.left(), r.right()) for r in chosen]

    def _tell(self, blocks: list[Block]) -> None:
        if self.matrix.table is not None:
            self.cells.emit(cells_of(self.matrix.table, blocks))

    def _clicked(self, index: QModelIndex) -> None:
        if not self.selectionModel().isSelected(index):  # a click without the mouse
            self._tell([(index.row(), index.row(), index.column(), index.column())])

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
        if self.cell.height < TEXT:  # a class that cannot be read is not found
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
            self.painter.draw(painter, self.cell, left, top, self.viewport().rect())
            index = self.currentIndex()
            draw_selection(painter, self.cell, left, top, self._blocks(), (
                index.row(), index.column()) if self.hasFocus() and index.isValid() else None)
        painter.end()
