"""Points by the hundred thousand in a pyqtgraph view, and the lasso that catches some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from dlgui.gui import theme

FEW = 20_000
"""Up to so many points are drawn at twice the resolution and smoothed."""

LARGE = 900
"""In a view of more pixels few points are drawn larger."""

_DIM = 0.25
"""How much colour remains of points that are not selected while others are."""


class PointCloud(pg.GraphicsObject):
    """Discs painted by NumPy into one picture: a frame of 100,000 takes some 10 ms, a change of colours nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._points = np.empty((0, 2), np.float32)
        self._colours = np.empty((0, 3), np.uint8)
        self._selected, self._ground = np.empty(0, bool), np.empty(0, bool)
        self._box = QRectF()
        self._ready: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def place(self, points: np.ndarray) -> None:
        """Places, float (n, 2) in view coordinates; colours and selection of other counts are dropped."""
        self.prepareGeometryChange()
        if len(points) != len(self._points):
            self._colours = np.full((len(points), 3), 128, np.uint8)
            self._selected, self._ground = np.zeros(len(points), bool), np.zeros(len(points), bool)
        self._points, self._box = points, QRectF()
        if len(points):
            low, high = points.min(0), points.max(0)
            self._box = QRectF(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
        self.informViewBoundsChanged()
        self._renew()

    def colour(self, colours: np.ndarray, ground: np.ndarray) -> None:
        """Colours, uint8 (n, 3), and which points lie below the others, bool (n,)."""
        self._colours, self._ground = colours, ground
        self._renew()

    def select(self, selected: np.ndarray) -> None:
        """Which points stand out, bool (n,)."""
        self._selected = selected
        self._renew()

    def _renew(self) -> None:
        self._ready = None
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, *_: Any) -> None:
        view = self.getViewWidget()
        if view is None or not len(self._points):
            return
        if self._ready is None:
            order = np.argsort(~self._ground, kind="stable")
            self._ready = self._points[order], self._inks()[order], self._selected[order]
        points, inks, selected = self._ready
        fine = view.devicePixelRatioF() * (2 if len(points) <= FEW else 1)
        size = view.viewport().size()
        transform = self.sceneTransform() * view.viewportTransform()
        scale = np.array([transform.m11(), transform.m22()], np.float32) * fine
        shift = np.array([transform.dx(), transform.dy()], np.float32) * fine
        height, width = round(size.height() * fine), round(size.width() * fine)
        radius = self._radius(min(size.width(), size.height())) * fine
        pixels, margin = _draw(points * scale + shift, inks, selected, (height, width), radius)
        picture = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0],
                         QImage.Format.Format_ARGB32_Premultiplied)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, size.width(), size.height()), picture, QRectF(margin, margin, width, height))
        painter.restore()

    def _radius(self, side: int) -> float:
        """Of a disc, in a view of so many pixels: the more points, the smaller; few grow with the view."""
        if len(self._points) < 3000:
            return 3.5 * min(max(side / LARGE, 1.0), 2.0)
        return 2.5 if len(self._points) <= FEW else 2.0

    def _inks(self) -> np.ndarray:
        """ARGB, uint32 (n,), unselected points dimmed where some are selected."""
        colours = self._colours.astype(np.uint32)
        if self._selected.any():
            ground = QColor(theme.colours().panel)
            dim = ~self._selected
            colours[dim] = colours[dim] * _DIM + np.array([ground.red(), ground.green(), ground.blue()]) * (1 - _DIM)
        return (0xff000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]).astype(np.uint32)


def _draw(places: np.ndarray, inks: np.ndarray, selected: np.ndarray, size: tuple[int, int],
          radius: float) -> tuple[np.ndarray, int]:
    """Discs of a radius in pixels on a transparent picture (height, width); selected ones above and with a rim.

    Returns:
        ARGB, uint32, with a margin around the picture, and how wide it is.
    """
    rim = QColor(theme.colours().ink).rgba()
    margin = int(radius) + 3
    height, width = size[0] + 2 * margin, size[1] + 2 * margin
    pixels = np.zeros(height * width, np.uint32)

    def stamp(chosen: np.ndarray, reaches: Sequence[tuple[float, np.ndarray | None]]) -> None:
        x, y = np.rint(places[chosen]).astype(np.int32).T
        seen = np.flatnonzero((x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0]))
        at = (y[seen].astype(np.intp) + margin) * width + x[seen] + margin
        order = np.arange(len(at), dtype=np.uint32)
        pixels[at] = order
        above = np.flatnonzero(pixels[at] == order)  # others lie below one at the same place
        at, seen = at[above], seen[above]
        for reach, ink in reaches:
            whole = int(reach)
            own = np.full(len(at), rim, np.uint32) if ink is None else ink[chosen[seen]]
            rows = np.repeat(own, 2 * whole + 1)
            for dy in range(-whole, whole + 1):
                half = int((reach * reach - dy * dy) ** 0.5)
                run = f"V{4 * (2 * half + 1)}"  # a row of a disc is one thing to copy, not pixel after pixel
                row = np.ndarray(len(at), run, rows, 0, (rows.itemsize * (2 * whole + 1),))
                np.ndarray(len(pixels) - 2 * half, run, pixels, 0, (pixels.itemsize,))[at + dy * width - half] = row

    stamp(np.flatnonzero(~selected), [(radius, inks)])
    stamp(np.flatnonzero(selected), [(radius + 1.5, None), (radius, inks)])
    return pixels.reshape(height, width), margin


class LassoBox(pg.ViewBox):
    """Left button: lasso or click; right or middle button: move; wheel: zoom; double click: everything.

    Signals:
        caught: float (m, 2), the lasso's corners, and whether it adds to the selection.
        pointed: place of a click, and whether it adds.
    """

    caught = Signal(object, bool)
    pointed = Signal(object, bool)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False)
        self._path: list[QPointF] = []
        self._line = QGraphicsPathItem()
        self._line.setZValue(10)
        self.addItem(self._line, ignoreBounds=True)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        ev.accept()
        if ev.button() != Qt.MouseButton.LeftButton:
            moved = self.mapToView(ev.lastPos()) - self.mapToView(ev.pos())
            self.translateBy(x=moved.x(), y=moved.y())
            return
        if ev.isStart():
            self._path = [self.mapToView(ev.buttonDownPos())]
        self._path.append(self.mapToView(ev.pos()))
        path = QPainterPath(self._path[0])
        for point in self._path[1:]:
            path.lineTo(point)
        path.closeSubpath()
        colour = QColor(theme.colours().accent)
        self._line.setPen(theme.pen(colour, width=1.5))
        colour.setAlpha(40)
        self._line.setBrush(colour)
        self._line.setPath(path)
        if ev.isFinish():
            self._line.setPath(QPainterPath())
            self.caught.emit(np.array([(p.x(), p.y()) for p in self._path]), _adds(ev))

    def mouseClickEvent(self, ev: Any) -> None:
        ev.accept()
        if ev.double():
            self.autoRange(padding=0.04)
        elif ev.button() == Qt.MouseButton.LeftButton:
            place = self.mapToView(ev.pos())
            self.pointed.emit((place.x(), place.y()), _adds(ev))


def _adds(ev: Any) -> bool:
    return bool(ev.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
