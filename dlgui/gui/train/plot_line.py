"""One curve of a run as the items that pyqtgraph draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from dlgui.engine.curves import Curve
from dlgui.gui import theme
from dlgui.gui.train.lines import COLOURS, OVERLAID, RunCurves


class PlotLine:
    """One curve on the screen: the `curve`, its `pale` twin behind a smoothed one, its `dots`, and the `cross` of a
    single point, each from when it has something to show: making items takes long."""

    def __init__(self, run: RunCurves, kind: str, box: pg.ViewBox, pen: Any, pale: Any) -> None:
        self.run, self.kind, self.box = run, kind, box
        self._pen, self._pale_pen = pen, pale
        self._items: dict[str, Any] = {}
        self._smooth: tuple[float, int, Curve] | None = None

    @property
    def curve(self) -> Any:
        """The item of the curve itself."""
        return self._item("curve")

    def _item(self, name: str) -> Any:
        if name not in self._items:
            self._items[name] = self._make(name)
            self.box.addItem(self._items[name], ignoreBounds=True)
        return self._items[name]

    def _make(self, name: str) -> Any:
        if name in ("curve", "pale"):
            made = pg.PlotCurveItem(pen=self._pen if name == "curve" else self._pale_pen)
            made.setZValue(-1 if name == "pale" else 0)
            return made
        size, symbol = (6, "o") if name == "dots" else (11, "x")
        return pg.ScatterPlotItem(size=size, symbol=symbol, pen=None, brush=self._pen.color())

    def take(self, run: RunCurves, pen: Any, pale: Any) -> None:
        """Draws another run from now on."""
        self.run, self._smooth, self._pen, self._pale_pen = run, None, pen, pale
        for name, item in self._items.items():
            if name in ("curve", "pale"):
                item.setPen(pen if name == "curve" else pale)
            else:
                item.setBrush(pen.color())

    def remove(self) -> None:
        """Takes it out of the scene."""
        for item in self._items.values():
            self.box.removeItem(item)

    def show(self, name: str, x: np.ndarray, y: np.ndarray) -> None:
        """Shows points as `curve`, `pale`, `dots` or `cross`."""
        if len(x) or name in self._items:
            item = self._item(name)
            item.setData(x, y)
            if name != "curve":
                item.setVisible(len(x) > 0)  # painting nothing takes time, too

    def smoothed(self, share: float) -> Curve:
        """The curve, smoothed; remembered until it grows."""
        curve = self.run.curves[self.kind]
        if not share or self.kind == "rate":
            return curve
        if self._smooth is None or self._smooth[:2] != (share, len(curve)):
            self._smooth = (share, len(curve), curve.smoothed(share))
        return self._smooth[2]


def pen_of(kind: str, place: int, several: bool, faint: bool = False) -> Any:
    """How a curve is drawn: with one run each kind has its colour, with several each run has, by its place."""
    name = theme.colours().name
    palette = OVERLAID[name]
    colour = QColor(palette[place % len(palette)] if several else COLOURS[name][kind])
    if faint:
        colour.setAlpha(70)
    style = Qt.PenStyle.SolidLine
    if several:
        style = {"train": Qt.PenStyle.DashLine, "loss": Qt.PenStyle.DotLine, "rate": Qt.PenStyle.DashDotLine}.get(
            kind, Qt.PenStyle.SolidLine)
    return theme.pen(colour, width=2 if kind in ("train", "validation") else 1, style=style)
