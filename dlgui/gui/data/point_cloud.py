"""Points by the hundred thousand in a pyqtgraph view, and the lasso that catches some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from dlgui.gui import theme

FEW = 20_000
"""Up to so many points are drawn at twice the resolution and smoothed."""

_DIM = 0.25
"""How much colour remains of points that are not selected while others are."""


class PointCloud(pg.GraphicsObject):
    """Discs painted by NumPy into one picture: a frame of 100,000 takes some 10 ms, a change of colours nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._points = np.empty((0, 2), np.float32)
        self._colours = np.empty((0, 3), np.uint8)
        self._selected = np.empty(0, bool)
        self._order = np.empty(0, np.int64)
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def place(self, points: np.ndarray) -> None:
        """Places, float (n, 2) in view coordinates; colours and selection of other counts are dropped."""
        self.prepareGeometryChange()
        if len(points) != len(self._points):
            self._colours = np.full((len(points), 3), 128, np.uint8)
            self._selected = np.zeros(len(points), bool)
            self._order = np.arange(len(points))
        self._points = points
        self.informViewBoundsChanged()
        self.update()

    def colour(self, colours: np.ndarray, ground: np.ndarray) -> None:
        """Colours, uint8 (n, 3), and which points lie below the others, bool (n,)."""
        self._colours = colours
        self._order = np.argsort(~ground, kind="stable")
        self.update()

    def select(self, selected: np.ndarray) -> None:
        """Which points stand out, bool (n,)."""
        self._selected = selected
        self.update()

    def boundingRect(self) -> QRectF:
        if not len(self._points):
            return QRectF()
        low, high = self._points.min(0), self._points.max(0)
        return QRectF(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))

    def paint(self, painter: QPainter, *_: Any) -> None:
        view = self.getViewWidget()
        if view is None or not len(self._points):
            return
        fine = view.devicePixelRatioF() * (2 if len(self._points) <= FEW else 1)
        size = view.viewport().size()
        transform = self.sceneTransform() * view.viewportTransform()
        x = self._points[:, 0] * transform.m11() + transform.dx()
        y = self._points[:, 1] * transform.m22() + transform.dy()
        order = self._order
        picture = _draw(np.stack([x, y], 1)[order] * fine, self._inks()[order], self._selected[order],
                        (round(size.height() * fine), round(size.width() * fine)), self._radius() * fine)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, size.width(), size.height()), picture)
        painter.restore()

    def _radius(self) -> float:
        return 3.5 if len(self._points) < 3000 else 2.5 if len(self._points) <= FEW else 2.0

    def _inks(self) -> np.ndarray:
        """ARGB, uint32 (n,), unselected points dimmed where some are selected."""
        colours = self._colours.astype(np.uint32)
        if self._selected.any():
            ground = QColor(theme.colours().panel)
            dim = ~self._selected
            colours[dim] = colours[dim] * _DIM + np.array([ground.red(), ground.green(), ground.blue()]) * (1 - _DIM)
        return (0xff000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]).astype(np.uint32)


def _draw(places: np.ndarray, inks: np.ndarray, selected: np.ndarray, size: tuple[int, int],
          radius: float) -> QImage:
    """Discs of a radius in pixels on a transparent picture (height, width); selected ones above and with a rim."""
    rim = QColor(theme.colours().ink).rgba()
    margin = int(radius) + 3
    height, width = size[0] + 2 * margin, size[1] + 2 * margin
    pixels = np.zeros(height * width, np.uint32)

    def stamp(chosen: np.ndarray, reach: float, ink: np.ndarray | int) -> None:
        centre = np.rint(places[chosen]).astype(np.int64) + margin
        seen = (centre >= margin).all(1) & (centre[:, 0] < width - margin) & (centre[:, 1] < height - margin)
        at = centre[seen, 1] * width + centre[seen, 0]
        own = ink[chosen][seen] if isinstance(ink, np.ndarray) else ink
        whole = int(reach)
        for dy in range(-whole, whole + 1):
            for dx in range(-whole, whole + 1):
                if dx * dx + dy * dy <= reach * reach:
                    pixels[at + dy * width + dx] = own

    stamp(np.flatnonzero(~selected), radius, inks)
    above = np.flatnonzero(selected)
    if len(above):
        stamp(above, radius + 1.5, rim)
        stamp(above, radius, inks)
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy(margin, margin, size[1], size[0])


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
        self._line.setPen(pg.mkPen(colour, width=1.5))
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
