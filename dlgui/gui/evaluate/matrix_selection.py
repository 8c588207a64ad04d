"""What is selected in a confusion matrix: blocks of its view, whose last row and column are sums, or cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from dlgui.engine.matrix_table import MatrixTable

Block = tuple[int, int, int, int]
"""Top, bottom, left and right of cells of the view."""


def cells_of(table: MatrixTable, blocks: Iterable[Block]) -> np.ndarray:
    """bool (k + 1, k): the cells, rows = answers, "not sure" last; a sum stands for its whole line."""
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
    return marked


def blocks_of(table: MatrixTable, cells: np.ndarray) -> list[Block]:
    """Blocks of the view that make up cells, bool (k + 1, k) as `cells_of` gives them."""
    marked = cells[np.ix_(table.answers, table.order)]
    return list(rectangles(marked.T if table.transposed else marked))


def rectangles(marked: np.ndarray) -> Iterator[Block]:
    """Rectangles that make up a bool table; columns that are alike share theirs."""
    starts = np.flatnonzero((marked[:, 1:] != marked[:, :-1]).any(0)) + 1
    for left, end in zip([0, *starts.tolist()], [*starts.tolist(), marked.shape[1]], strict=True):
        edges = np.flatnonzero(np.diff(marked[:, left].astype(np.int8), prepend=0, append=0))
        for top, below in edges.reshape(-1, 2).tolist():
            yield top, below - 1, left, end - 1
