"""Small pictures of images: decoded in threads, newest request first, kept in a bounded cache."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

KEPT = 1200
"""So many are kept: a full screen of the smallest, and 300 MB at most."""

SIDE = 256
"""Longest side in which thumbnails are kept, in pixels."""

PENDING = 400

_STRIP = 256
"""Lines of a picture that are written at once: what lies in the processor's cache is fast."""


class Thumbnails(QObject):
    """Gives pixmaps at once where it has them, and announces them when it does.

    Two threads decode; what was asked for last comes first, for that is what the user looks at.

    Args:
        decode: reads what Qt cannot, see `full`.

    Signals:
        ready: path of an image whose thumbnail can now be had.
    """

    ready = Signal(str)
    _loaded = Signal(str, QImage)

    def __init__(self, parent: QObject | None = None, decode: Callable[[str], QImage] | None = None) -> None:
        super().__init__(parent)
        self._decode = decode or full
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._taken: set[str] = set()
        lock = threading.Lock()
        self._change, self._rest = threading.Condition(lock), threading.Condition(lock)
        self._closed = False
        self._loaded.connect(self._store)
        self._threads = [threading.Thread(target=self._work, name="thumbnails", daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def get(self, path: str) -> QPixmap | None:
        """The thumbnail, or None: then it is fetched and `ready` tells."""
        found = self._kept.get(path)
        if found is not None:
            self._kept.move_to_end(path)
            return found
        with self._change:
            if path not in self._taken:
                self._wanted[path] = None
                self._wanted.move_to_end(path)
                while len(self._wanted) > PENDING:  # scrolled past long ago
                    self._wanted.popitem(last=False)
                self._change.notify()
        return None

    def busy(self) -> bool:
        """Whether something is being fetched."""
        with self._change:
            return bool(self._wanted or self._taken)

    def wait(self, seconds: float) -> None:
        """Lets another thread wait until nothing is being fetched, for pictures that are looked at come first.

        Args:
            seconds: at most so long.
        """
        with self._rest:
            self._rest.wait_for(lambda: self._closed or not (self._wanted or self._taken), seconds)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._closed)
                if self._closed:
                    return
                path, _ = self._wanted.popitem()
                self._taken.add(path)
            image = load(path, SIDE, self._decode)
            if not self._closed:
                self._loaded.emit(path, image)

    def _store(self, path: str, image: QImage) -> None:
        with self._change:
            self._taken.discard(path)
            self._rest.notify_all()
        self._kept[path] = QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(path)

    def close(self) -> None:
        """Ends the threads."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            self._rest.notify_all()
        for thread in self._threads:
            thread.join(5)


def load(path: str, side: int, decode: Callable[[str], QImage] | None = None) -> QImage:
    """An image scaled to fit a square of `side` pixels, read by `decode` where Qt cannot; a null image where neither
    can."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        image = (decode or full)(path)
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
    """A uint8 array (H, W), (H, W, 1) or (H, W, 3) as a picture of its own memory.

    It has the form that the window paints, for Qt would turn another into it in the window's thread; and it is NumPy
    that writes it, for Qt would keep Python's lock meanwhile.
    """
    import numpy as np

    array = np.atleast_3d(np.asarray(pixels, np.uint8))
    made = QImage(array.shape[1], array.shape[0], QImage.Format.Format_RGB32)
    words = np.frombuffer(made.bits(), np.uint32).reshape(made.height(), made.width())
    for start in range(0, len(words), _STRIP):
        rows = array[start:start + _STRIP]
        part = np.full(rows.shape[:2], 0xFF, np.uint32)
        for channel in (0, -1, -1) if array.shape[2] == 1 else (0, 1, 2):
            part <<= 8
            part |= rows[..., channel]
        words[start:start + _STRIP] = part
    return made
