"""Paints the cells of a confusion matrix in one go, so that 1,000 classes stay quick."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from dlgui.gui import theme
from dlgui.gui.evaluate.matrix_cell import TEXT, Cell
from dlgui.gui.evaluate.matrix_model import MatrixModel
from dlgui.gui.evaluate.matrix_selection import Block
from dlgui.gui.evaluate.palettes import PALETTES, dark

LINES = 8
"""Cells lower than that many pixels have no lines between them."""
GHOST, ROOMY_GHOST = 22, 30
"""Cells lower than the first in pixels do not show what they were; below the second the count gives way to it."""


class MatrixPainter(QObject):
    """Paints what a model holds.

    Attributes:
        palette_name: one of `palettes.PALETTES`; `colour` follows it.
        colours: uint8 (rows, columns, 3) of the cells.
    """

    def __init__(self, matrix: MatrixModel, parent: QObject) -> None:
        super().__init__(parent)
        self._matrix = matrix
        self.palette_name = "halcon"
        self.colours = np.zeros((0, 0, 3), np.uint8)
        self._dark = np.zeros((0, 0), bool)

    def colour(self) -> None:
        """Works the colours out anew: the table, the palette or the theme is another."""
        table = self._matrix.table
        if table is not None:
            self.colours = np.ascontiguousarray(PALETTES[self.palette_name](table.shares, table.diagonal))
            self._dark = dark(self.colours)

    def draw(self, painter: QPainter, cell: Cell, left: int, top: int, window: QRect) -> None:
        """Draws the cells and sums that fall into `window`, the first cell's corner being at (left, top)."""
        height, width = cell.height, cell.width
        rows, columns = self.colours.shape[:2]
        r0, r1 = max(0, (window.top() - top) // height), min(rows + 1, (window.bottom() - top) // height + 1)
        c0, c1 = max(0, (window.left() - left) // width), min(columns + 1, (window.right() - left) // width + 1)
        block = np.ascontiguousarray(self.colours[r0:r1, c0:c1])
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
            self._draw_texts(painter, cell, left, top, range(r0, r1), range(c0, c1))
        if height >= GHOST:
            self._draw_ghosts(painter, cell, left, top, range(r0, min(r1, rows)), range(c0, min(c1, columns)))

    def _draw_texts(self, painter: QPainter, cell: Cell, left: int, top: int, rows: range, columns: range) -> None:
        font = painter.font()
        font.setPixelSize(max(9, min(14, cell.height - 6, (cell.width - 2) * 2 // 5)))  # four digits
        painter.setFont(font)
        black, white, ink = QColor("#000000"), QColor("#ffffff"), QColor(theme.colours().soft)
        for r in rows:
            for k in columns:
                inside = r < self._dark.shape[0] and k < self._dark.shape[1]
                painter.setPen((white if self._dark[r, k] else black) if inside else ink)
                narrow = inside and GHOST <= cell.height < ROOMY_GHOST and self._was(r, k) is not None
                painter.drawText(cell.box(left, top, r, k).adjusted(0, 0, 0, -9 * narrow),
                                 int(Qt.AlignmentFlag.AlignCenter), self._matrix.text(r, k))

    def _was(self, row: int, column: int) -> int | None:
        table = self._matrix.table
        return table.was(row, column) if table is not None else None

    def _draw_ghosts(self, painter: QPainter, cell: Cell, left: int, top: int, rows: range, columns: range) -> None:
        """What stood in a cell before labels were changed, small in its lower corner."""
        font = painter.font()
        font.setPixelSize(9)
        painter.setFont(font)
        for r in rows:
            for k in columns:
                before = self._was(r, k)
                if before is not None:
                    painter.setPen(QColor("#d0d0d0" if self._dark[r, k] else "#404040"))
                    painter.drawText(cell.box(left, top, r, k).adjusted(0, 0, -3, -1),
                                     int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom),
                                     self.tr("was {n}").format(n=before))


def draw_selection(painter: QPainter, cell: Cell, left: int, top: int, blocks: Iterable[Block],
                   current: tuple[int, int] | None) -> None:
    """Frames blocks of cells, and the cell that keys start from, if any."""
    c = theme.colours()
    for first_row, last_row, first_column, last_column in blocks:
        box = cell.box(left, top, first_row, first_column) | cell.box(left, top, last_row, last_column)
        painter.setPen(QPen(QColor(c.panel), 4))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(QColor(c.accent), 2))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
    if current is not None:
        painter.setPen(QPen(QColor(c.ink), 1, Qt.PenStyle.DotLine))
        painter.drawRect(cell.box(left, top, *current).adjusted(0, 0, -1, -1))
