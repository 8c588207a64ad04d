"""Small pictures of images: decoded in threads, newest request first, kept in a bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

KEPT = 4000
SIDE = 192
"""Longest side in which thumbnails are kept, in pixels."""

PENDING = 400


class _Loader(QRunnable):
    def __init__(self, owner: Thumbnails, key: str) -> None:
        super().__init__()
        self.owner, self.key = owner, key

    def run(self) -> None:
        if self.owner.wants(self.key):
            image = load(self.key, SIDE)
            self.owner.loaded.emit(self.key, image)


class Thumbnails(QObject):
    """Gives pixmaps at once where it has them, and announces them when it does.

    Signals:
        ready: path of an image whose thumbnail can now be had.
        loaded: internal, from the threads.
    """

    ready = Signal(str)
    loaded = Signal(str, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()
        self._pending: OrderedDict[str, int] = OrderedDict()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._turn = 0
        self.loaded.connect(self._store)

    def get(self, path: str) -> QPixmap | None:
        """The thumbnail, or None: then it is fetched and `ready` tells."""
        found = self._kept.get(path)
        if found is not None:
            self._kept.move_to_end(path)
            return found
        if path not in self._pending:
            self._turn += 1
            self._pending[path] = self._turn
            while len(self._pending) > PENDING:  # scrolled past long ago
                self._pending.popitem(last=False)
            self._pool.start(_Loader(self, path), self._turn)
        return None

    def wants(self, path: str) -> bool:
        """Whether a thumbnail is still wanted."""
        return path in self._pending

    def _store(self, path: str, image: QImage) -> None:
        self._pending.pop(path, None)
        self._kept[path] = QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(path)

    def close(self) -> None:
        """Forgets what is pending and waits for the threads."""
        self._pending.clear()
        self._pool.clear()
        self._pool.waitForDone(3000)


def load(path: str, side: int) -> QImage:
    """An image scaled to fit a square of `side` pixels; a null image where it cannot be read."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        image = full(path)
    if not image.isNull() and max(image.width(), image.height()) > side:
        image = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio,
                             Qt.TransformationMode.SmoothTransformation)
    return image


def full(path: str) -> QImage:
    """An image at its own size, decoded by the engine; a null image where it cannot be read."""
    from dlgui.engine.images import read_image
    from dlgui.errors import DlguiError

    if not Path(path).is_file():
        return QImage()
    try:
        return to_qimage(read_image(path))
    except (DlguiError, MemoryError):
        return QImage()


def to_qimage(pixels: object) -> QImage:
    """A uint8 array (H, W) or (H, W, 3) as a picture of its own memory."""
    import numpy as np

    array = np.ascontiguousarray(pixels)
    if array.ndim == 3 and array.shape[2] == 1:
        array = np.ascontiguousarray(array[..., 0])
    kind = QImage.Format.Format_Grayscale8 if array.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(array.data, array.shape[1], array.shape[0], array.strides[0], kind).copy()
