"""Where images come in: dropped, chosen, pasted, watched for, or from a camera."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from dlgui.engine.labels import READABLE_SUFFIXES
from dlgui.gui import icons
from dlgui.gui.widgets import button, named


def local_files(data: QMimeData) -> list[str]:
    """The files and folders that were dropped or copied."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []


def picture_of(data: QMimeData) -> QImage | None:
    """The picture that was dropped or copied without a file, as out of a browser or of the screen."""
    found = data.imageData() if data.hasImage() else None
    if isinstance(found, QPixmap):
        found = found.toImage()
    return found if isinstance(found, QImage) and not found.isNull() else None


class Intake(QFrame):
    """The drop area and its buttons. What is dropped here or anywhere on the tab is the tab's.

    Signals:
        files: paths of images, folders and archives.
        paste: look into the clipboard.
        watch: whether to watch a folder.
        camera: whether to look through a camera.
    """

    files = Signal(list)
    paste = Signal()
    watch = Signal(bool)
    camera = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("applyDropArea")
        self.setToolTip(self.tr("Drop images, folders or zip archives to classify them; a click asks for images"))
        self.setAccessibleName(self.tr("Drop area"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setStyleSheet("#applyDropArea { border: 2px dashed palette(mid); border-radius: 8px; }"
                           "#applyDropArea:focus { border-color: palette(highlight); }")
        self.text = QLabel(self.tr("Drop images, folders or a zip here"))
        self.text.setProperty("soft", True)
        self.watch_button = self._toggle("watchFolderButton", self.tr("Watch folder…"), self.tr(
            "Classify every image that arrives in a folder, until you stop"), self.watch)
        self.camera_button = self._toggle("cameraButton", self.tr("Camera"), self.tr(
            "Classify what a camera sees"), self.camera)
        layout = QHBoxLayout(self)
        layout.addWidget(self.text, 1)
        for name, text, tip, icon, slot in (
                ("applyFilesButton", self.tr("Images…"), self.tr("Choose images or a zip archive"), "images", self.ask),
                ("applyFolderButton", self.tr("Folder…"), self.tr("Choose a folder of images"), "folder",
                 self._ask_folder),
                ("pasteButton", self.tr("Paste"), self.tr("Classify the image or the files in the clipboard (Ctrl+V)"),
                 "copy", self.paste.emit)):
            made = button(name, text, tip, slot)
            icons.dress(made, icon)
            layout.addWidget(made)
        layout.addWidget(self.watch_button)
        layout.addWidget(self.camera_button)

    def _toggle(self, name: str, text: str, tip: str, signal: Any) -> QPushButton:
        made = named(QPushButton(text), name, tip)
        made.setAccessibleName(text)
        made.setCheckable(True)
        made.setMinimumWidth(made.sizeHint().width() + 14)  # a checked button's text is bold
        made.clicked.connect(lambda on: signal.emit(on))
        return made

    def ask(self) -> None:
        """Asks for images or an archive."""
        kinds = " ".join(f"*.{suffix}" for suffix in sorted({*READABLE_SUFFIXES, "zip"}))
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Images"), "",
                                                self.tr("Images and archives ({k})").format(k=kinds))
        if paths:
            self.files.emit(paths)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if folder:
            self.files.emit([folder])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isEnabled() and self.rect().contains(event.position().toPoint()):
            self.ask()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ask()
        else:
            super().keyPressEvent(event)
