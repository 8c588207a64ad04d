"""A large view of one image: fit, 1:1, zoom with the wheel, pan by dragging, the pixel under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsPixmapItem, QGraphicsScene, QGraphicsView, QWidget


class ImageView(QGraphicsView):
    """Shows a picture; `pixel` tells what lies under the cursor."""

    pixel = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Preview"))
        self.setToolTip(self.tr("Wheel: zoom. Drag: move. Double click: fit or 1:1."))
        self.setScene(QGraphicsScene(self))
        self._item = QGraphicsPixmapItem()
        self._item.setTransformationMode(Qt.TransformationMode.FastTransformation)
        self.scene().addItem(self._item)
        self._image = QImage()
        self._fitting = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setMouseTracking(True)
        self.setMinimumHeight(160)

    def show_image(self, image: QImage) -> None:
        """Shows another image; a null image clears the view. The zoom is kept between images of one size."""
        same = image.size() == self._image.size()
        self._image = image
        self._item.setPixmap(QPixmap.fromImage(image))
        self.setSceneRect(self._item.boundingRect())
        if self._fitting or not same:
            self.fit()

    def image(self) -> QImage:
        """What is shown."""
        return self._image

    def fit(self) -> None:
        """The whole image."""
        self._fitting = True
        if not self._image.isNull():
            self.fitInView(self._item, Qt.AspectRatioMode.KeepAspectRatio)

    def actual_size(self) -> None:
        """One pixel of the image is one of the screen."""
        self._fitting = False
        self.resetTransform()
        factor = 1 / self.devicePixelRatioF()
        self.scale(factor, factor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image.isNull():
            return
        factor = 1.0015 ** event.angleDelta().y()
        scale = self.transform().m11() * factor
        if 0.02 < scale < 60:
            self._fitting = False
            self.scale(factor, factor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._fitting:
            self.actual_size()
        else:
            self.fit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place: QPointF = self.mapToScene(event.position().toPoint())
        x, y = int(place.x()), int(place.y())
        if self._image.valid(x, y):
            colour = self._image.pixelColor(x, y)
            self.pixel.emit(f"x {x}  y {y}  RGB {colour.red()} {colour.green()} {colour.blue()}")
        else:
            self.pixel.emit("")
