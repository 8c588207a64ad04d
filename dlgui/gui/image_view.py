"""A large view of one image: fit, 1:1, zoom with the wheel, pan by dragging, the pixel under the cursor."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsPixmapItem, QGraphicsScene, QGraphicsView, QWidget

from dlgui.gui import theme

STEP = 1.25


class ImageView(QGraphicsView):
    """Shows a picture.

    Signals:
        pixel: what lies under the cursor, empty beside the picture.
        zoomed: screen pixels for one of the picture.
    """

    pixel = Signal(str)
    zoomed = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Preview"))
        self.setToolTip(self.tr("Wheel, + and -: zoom. Drag: move. Double click, 0 and 1: fit or 1:1."))
        self.setScene(QGraphicsScene(self))
        self._item = QGraphicsPixmapItem()
        self._item.setTransformationMode(Qt.TransformationMode.FastTransformation)
        self.scene().addItem(self._item)
        self._image = QImage()
        self._values: np.ndarray | None = None
        self._text = ""
        self._fitting = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setMouseTracking(True)
        self.setMinimumHeight(160)

    def show_image(self, image: QImage, values: np.ndarray | None = None) -> None:
        """Shows another image; a null image clears the view. The zoom is kept between images of one size.

        Args:
            image: the picture.
            values: (H, W) or (H, W, 3), the gray values behind it where they are not what the picture shows.
        """
        same = image.size() == self._image.size()
        self._image, self._values = image, values
        self._item.setPixmap(QPixmap.fromImage(image))
        self.setSceneRect(self._item.boundingRect())
        if self._fitting or not same:
            self.fit()

    def say(self, text: str) -> None:
        """Shows a sentence in the place of a picture."""
        self._text = text
        self.viewport().update()

    def image(self) -> QImage:
        """What is shown."""
        return self._image

    def fit(self) -> None:
        """The whole image."""
        self._fitting = True
        if not self._image.isNull():
            self.fitInView(self._item, Qt.AspectRatioMode.KeepAspectRatio)
            self._scaled()

    def actual_size(self) -> None:
        """One pixel of the image is one of the screen."""
        self._fitting = False
        self.resetTransform()
        factor = 1 / self.devicePixelRatioF()
        self.scale(factor, factor)
        self._scaled()

    def zoom_by(self, factor: float) -> None:
        """Enlarges what is shown."""
        scale = self.transform().m11() * factor
        if not self._image.isNull() and 0.02 < scale < 60:
            self._fitting = False
            self.scale(factor, factor)
            self._scaled()

    def _scaled(self) -> None:
        factor = self.transform().m11() * self.devicePixelRatioF()
        smooth = factor < 2  # enlarged, one wants to see pixels
        self._item.setTransformationMode(Qt.TransformationMode.SmoothTransformation if smooth
                                         else Qt.TransformationMode.FastTransformation)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self.zoomed.emit(factor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(1.0015 ** event.angleDelta().y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {"+": lambda: self.zoom_by(STEP), "-": lambda: self.zoom_by(1 / STEP), "0": self.fit,
                "1": self.actual_size}
        if event.text() in keys and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier \
                & ~Qt.KeyboardModifier.KeypadModifier:
            keys[event.text()]()
        else:
            super().keyPressEvent(event)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if self._text and self._image.isNull():
            painter.resetTransform()
            painter.setPen(QColor(theme.colours().soft))
            painter.drawText(self.viewport().rect().adjusted(12, 12, -12, -12),
                             Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._fitting:
            self.actual_size()
        else:
            self.fit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place: QPointF = self.mapToScene(event.position().toPoint())
        x, y = int(place.x()), int(place.y())
        self.pixel.emit(self.describe(x, y) if self._image.valid(x, y) else "")

    def describe(self, x: int, y: int) -> str:
        """Place and gray value of a pixel: the value in the file, not the one on the screen."""
        if self._values is None:
            colour = self._image.pixelColor(x, y)
            return f"x {x}  y {y}  RGB {colour.red()} {colour.green()} {colour.blue()}"
        value = self._values[y, x]
        kind = "RGB" if self._values.ndim == 3 else self.tr("gray")
        text = " ".join(f"{v:.5g}" if isinstance(v, np.floating) else str(int(v)) for v in np.atleast_1d(value))
        return f"x {x}  y {y}  {kind} {text}"
