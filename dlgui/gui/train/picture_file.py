"""What a widget paints, as a picture in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from dlgui.errors import DlguiError
from dlgui.gui import theme

SHARPNESS = 2
"""Pixels of the file for one of the screen."""


def paint(path: Path, widget: QWidget, draw: Callable[[QPainter], object]) -> Callable[[], None]:
    """Paints, in the window's thread; what it gives writes the file and may be called in another.

    Args:
        path: where to; its suffix says whether as SVG or as a picture of `SHARPNESS` times the widget's size.
        widget: has the size and the resolution for which `draw` paints.
        draw: paints the widget.

    Returns:
        writes the file; raises `DlguiError` where it cannot be written, or the suffix is of no kind of picture.
    """
    store = _svg(widget, draw) if path.suffix.lower() == ".svg" else _pixels(widget, draw)

    def write() -> None:
        if not store(path):
            raise DlguiError(path, "cannot be written as a picture",
                             "choose a name that ends in .png or .svg, in a folder that may be written")

    return write


def _svg(widget: QWidget, draw: Callable[[QPainter], object]) -> Callable[[Path], bool]:
    from PySide6.QtSvg import QSvgGenerator

    content = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(content)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setResolution(widget.logicalDpiX())  # with another one an axis would not fit its curves
    generator.setTitle(widget.accessibleName())
    painter = QPainter(generator)
    draw(painter)
    painter.end()
    return lambda path: _stored(path, bytes(content.data().data()))


def _stored(path: Path, content: bytes) -> bool:
    try:
        path.write_bytes(content)
    except OSError:
        return False
    return True


def _pixels(widget: QWidget, draw: Callable[[QPainter], object]) -> Callable[[Path], bool]:
    image = QImage(widget.size() * SHARPNESS, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SHARPNESS)
    image.fill(QColor(theme.colours().panel))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    return lambda path: image.save(str(path))
