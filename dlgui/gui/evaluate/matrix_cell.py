"""How large the cells of a confusion matrix are, and which size lets all of them be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize

from dlgui.gui.evaluate.matrix_header import FIGURES, GENEROUS_SHARES, ROOM, SHARE, MatrixHeader

SMALLEST, LARGEST = 1, 64
"""Height of a cell in pixels."""
ROOMY, COMFORTABLE, LOW = 48, 24, 4
"""Height of a cell that needs no more, where the window has room; names are cut before cells become lower than the
second; so that they can still be hit with the mouse, cells that all shall be seen are never lower than the last."""

WIDE, NARROW, SQUARE = (1.75, ROOM), (1.75, 0), (1.15, 0)
"""Shapes of a cell with text: its width as a multiple of its height, and at least so many pixels."""

FAIR = 20
"""Cells that would be lower are given the place of the figures beside the rows."""

TEXT = 15
"""Cells lower than that many pixels show no text."""


@dataclass(frozen=True)
class Cell:
    """The size of all cells: `height` in pixels, and the `shape` of those that show text."""

    height: int = 30
    shape: tuple[float, int] = WIDE

    @property
    def width(self) -> int:
        """In pixels."""
        ratio, least = self.shape
        return self.height if self.height < TEXT else max(round(self.height * ratio), least)

    def box(self, left: int, top: int, row: int, column: int) -> QRect:
        """The place of a cell, the first cell's corner being at (left, top)."""
        return QRect(left + column * self.width, top + row * self.height, self.width, self.height)


def fitting(rows: MatrixHeader, columns: MatrixHeader, size: QSize, shape: tuple[float, int]) -> Cell:
    """The largest cells that all can be seen, down to `LOW`; lays the headers out for them.

    Args:
        rows, columns: the headers; their names get what the cells leave.
        size: of the whole view.
        shape: of cells that are too low for text, once they are enlarged.
    """
    down, across = rows.model().rowCount(), rows.model().columnCount()

    def room() -> QSize:
        return size - rows.sizeHint() - columns.sizeHint() - QSize(4, 4)

    def upright_fits(share: float, height: int) -> bool:
        columns.share = share
        return height <= room().height()

    best = Cell(LOW, shape)
    _lay_out(rows, columns, SHARE, FIGURES, best)
    for share, most, cell in _candidates(min(ROOMY, size.height() // down)):  # more cannot fit
        _lay_out(rows, columns, share, most, cell)
        best = Cell(LOW, cell.shape)
        if down * cell.height <= room().height() and across * cell.width <= room().width():
            best = cell
            break
    if best.height >= COMFORTABLE:  # room below is for the cells: they grow as high as they are wide
        highest = min(room().height() // down, int(best.width / SQUARE[0]), ROOMY)
        best = Cell(max(highest, best.height), (SQUARE[0], best.width))
        rows.setDefaultSectionSize(best.height)
    columns.share = next((share for share in GENEROUS_SHARES if upright_fits(share, down * best.height)), SHARE)
    return best


def _candidates(highest: int) -> Iterator[tuple[float, float, Cell]]:
    """Share of names, share of figures and size of cells, the most pleasant first."""
    comfortable, low = range(highest, COMFORTABLE - 1, -1), range(highest, LOW - 1, -1)
    fair = [side for side in low if side >= FAIR]
    yield from ((share, FIGURES, Cell(side, WIDE)) for share in GENEROUS_SHARES for side in comfortable)
    yield from ((SHARE, most, Cell(side, WIDE)) for most in (FIGURES, 0.0) for side in comfortable)
    yield from ((SHARE, FIGURES, Cell(side, WIDE)) for side in fair)
    yield from ((SHARE, most, Cell(side, SQUARE)) for most in (FIGURES, 0.0) for side in comfortable)
    yield from ((SHARE, FIGURES, Cell(side, SQUARE)) for side in fair)
    yield from ((SHARE, 0.0, Cell(side, SQUARE)) for side in low if side > TEXT)
    yield from ((SHARE, FIGURES, Cell(side, NARROW)) for side in low)


def _lay_out(rows: MatrixHeader, columns: MatrixHeader, share: float, most: float, cell: Cell) -> None:
    rows.share = columns.share = share
    rows.figures_share = most
    rows.setDefaultSectionSize(cell.height)
    columns.setDefaultSectionSize(cell.width)
