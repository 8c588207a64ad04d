"""The legend above the plot of trainings."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg

COLUMNS = 4
ROW = 24.0
"""Height of a row in pixels."""


class PlotLegend(pg.LegendItem):
    """Stands in the place of the title of a plot: over the curves it would hide some."""

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

    def entitle(self, wanted: Sequence[tuple[Any, str]]) -> bool:
        """Shows curves with their names; whether the legend may have another size now."""
        names = [name for _, name in wanted]
        if names == self._shown:  # making labels takes long; only their lines are new
            for (sample, _), (item, _) in zip(self.items, wanted, strict=True):
                sample.item = item
                sample.update()
            return False
        self._shown = names
        self.clear()
        self._plot.layout.setRowFixedHeight(0, ROW * -(-len(wanted) // COLUMNS))
        for item, name in wanted:
            self.addItem(item, html.escape(name))
        self._plot.layout.activate()
        return True
