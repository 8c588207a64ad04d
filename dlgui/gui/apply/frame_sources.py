"""Where live frames come from: a camera through QtMultimedia, or the images of a folder played like one."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLoggingCategory, QObject, QPluginLoader, QThread, Signal
from PySide6.QtGui import QImage

from dlgui.engine.preload import preload_files
from dlgui.errors import DlguiError, UnreadableImage

RATE = 10.0
"""Frames a second of a folder that is played."""


class FrameSource(QObject):
    """Something that gives frames until it is stopped.

    Signals:
        frame: a uint8 array (H, W) or (H, W, 3), a QImage or a QVideoFrame; `pixels_of` makes an array of any, in any
            thread.
        failed: a sentence; no frame follows.
    """

    frame = Signal(object)
    failed = Signal(str)

    def start(self) -> None:
        """Begins to give frames."""
        raise NotImplementedError

    def stop(self) -> None:
        """Gives no further frame."""
        raise NotImplementedError


class CameraSource(FrameSource):
    """A camera of this computer.

    Args:
        device: one of `cameras()`.

    Attributes:
        sink: the QVideoSink that the frames pass through.
    """

    def __init__(self, device: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        from PySide6.QtMultimedia import QCamera, QMediaCaptureSession, QVideoSink

        self.sink = QVideoSink(self)
        self.sink.videoFrameChanged.connect(lambda frame: self.frame.emit(frame))
        self._session = QMediaCaptureSession(self)
        self._session.setVideoSink(self.sink)
        self._camera = QCamera(device, self)
        self._camera.errorOccurred.connect(lambda _, text: self.failed.emit(text))
        self._session.setCamera(self._camera)

    def start(self) -> None:
        self._camera.start()

    def stop(self) -> None:
        self._camera.stop()


class FolderSource(FrameSource):
    """The images of a folder, one after the other, again and again: a camera for those who have none.

    Args:
        folder: of images.
        rate: frames a second.
    """

    def __init__(self, folder: str | Path, rate: float = RATE, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = _Player(str(folder), rate)
        self._player.decoded.connect(self.frame)
        self._player.empty.connect(self.failed)

    def start(self) -> None:
        self._player.start()

    def stop(self) -> None:
        """The window does not wait for the image that is being decoded: its thread ends by itself."""
        self.blockSignals(True)
        self._player.end()


class _Player(QThread):
    _ending: ClassVar[set[_Player]] = set()

    decoded = Signal(object)
    empty = Signal(str)

    def __init__(self, folder: str, rate: float) -> None:
        super().__init__()
        self.setObjectName("folder camera")
        self.ended = threading.Event()
        self._folder, self._pause = folder, 1 / rate

    def end(self) -> None:
        """Ends soon; is kept until then, and the application waits for it when it quits."""
        self.ended.set()
        if self.isRunning() and self not in self._ending:
            self._ending.add(self)
            self.finished.connect(self._forget)
            application = QCoreApplication.instance()
            if application is not None:
                application.aboutToQuit.connect(self.wait)

    def _forget(self) -> None:
        """In the thread that this object lives in, not in its own: nothing may be deleted by itself."""
        self.wait()
        self._ending.discard(self)

    def run(self) -> None:
        from dlgui.engine.images import read_image
        from dlgui.engine.labels import list_files

        try:
            names = list_files(self._folder)
        except DlguiError as problem:
            self.empty.emit(str(problem))
            return
        while True:
            shown = 0
            for name in names:
                with contextlib.suppress(UnreadableImage):
                    self.decoded.emit(read_image(f"{self._folder}/{name}"))
                    shown += 1
                if self.ended.wait(self._pause):
                    return
            if not shown:
                self.empty.emit(self.tr("{folder}: no image that can be read; choose another folder").format(
                    folder=self._folder))
                return


def multimedia_problem() -> str:
    """Why no camera can be used here, with what to do about it; empty where one could be.

    Loads Qt's multimedia part with what drives cameras, which takes a tenth of a second: not in the window's thread.
    """
    # Threads of the backend log while this one waits for them; a message handler in Python would wait for this one.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    places = QLibraryInfo.LibraryPath
    backends = sorted(Path(QLibraryInfo.path(places.PluginsPath), "multimedia").glob("*"))
    preload_files([*Path(QLibraryInfo.path(places.LibrariesPath)).glob("libQt6Multimedia.*"), *backends])
    try:
        from PySide6 import QtMultimedia  # noqa: F401
    except ImportError as problem:
        translate = QCoreApplication.translate
        if "shared object" in str(problem) or "DLL" in str(problem):
            return translate("camera", "Qt's multimedia part cannot be loaded ({problem}); install the library that it "
                                       "names").format(problem=problem)
        return translate("camera", "A live camera needs Qt's multimedia part; run: pip install 'dlgui[camera]'")
    for backend in backends:
        QPluginLoader(str(backend)).load()
    return ""


def cameras() -> list[tuple[str, Any]]:
    """Name and device of every camera. Only where `multimedia_problem` is empty, in the window's thread."""
    from PySide6.QtMultimedia import QMediaDevices
    return [(device.description(), device) for device in QMediaDevices.videoInputs()]


def pixels_of(frame: Any) -> np.ndarray | None:
    """A frame as a uint8 array; None where it cannot be converted. Slow for large frames: not in the window's thread.

    Args:
        frame: an array, a QImage or a QVideoFrame.
    """
    if isinstance(frame, np.ndarray):
        return frame
    image: QImage = frame if isinstance(frame, QImage) else frame.toImage()
    if image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8, image.sizeInBytes()).reshape(image.height(), image.bytesPerLine())
    return rows[:, :3 * image.width()].reshape(image.height(), image.width(), 3).copy()
