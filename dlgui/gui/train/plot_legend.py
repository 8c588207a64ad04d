"""The legend above the plot of trainings."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Signal

COLUMNS = 4
ROW = 24.0
"""Height of a row in pixels."""


class PlotLegend(pg.LegendItem):
    """Stands in the place of the title of a plot: over the curves it would hide some.

    Signals:
        resized: it may have another size now.
    """

    resized = Signal()

    def __init__(self, plot: pg.PlotItem) -> None:
        super().__init__(offset=None, labelTextSize="9pt", colCount=COLUMNS)
        self._plot = plot
        self._shown: list[str] | None = None
        plot.layout.removeItem(plot.titleLabel)
        plot.titleLabel.hide()
        plot.layout.addItem(self, 0, 0, 1, 4)

    def dress(self, colour: str) -> None:
        """Writes in another colour."""
        self.setLabelTextColor(colour)
        self._shown = None  # only labels made from now on have the colour

    def entitle(self, wanted: Sequence[tuple[Any, str]]) -> Iterator[None]:
        """Shows curves with their names, a row of them at a time."""
        names = [name for _, name in wanted]
        if names == self._shown:  # making labels takes long; only their lines are new
            for (sample, _), (item, _) in zip(self.items, wanted, strict=True):
                sample.item = item
                sample.update()
            return
        self._shown = None
        self.clear()
        self._plot.layout.setRowFixedHeight(0, ROW * -(-len(wanted) // COLUMNS))
        for place, (item, name) in enumerate(wanted):
            if place and place % COLUMNS == 0:
                yield
            self.addItem(item, html.escape(name))
        self._shown = names
        self._plot.layout.activate()
        self.resized.emit()
