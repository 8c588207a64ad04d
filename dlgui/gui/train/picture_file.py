"""What a widget paints, as a picture in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from dlgui.errors import DlguiError
from dlgui.gui import theme

SHARPNESS = 2
"""Pixels of the file for one of the screen."""


def save(path: Path, widget: QWidget, draw: Callable[[QPainter], object]) -> None:
    """Writes an SVG, or a picture of `SHARPNESS` times the widget's size, by the suffix.

    Args:
        path: where to.
        widget: has the size and the resolution for which `draw` paints.
        draw: paints the widget.

    Raises:
        DlguiError: it cannot be written, or the suffix is of no kind of picture.
    """
    written = _svg(path, widget, draw) if path.suffix.lower() == ".svg" else _pixels(path, widget, draw)
    if not written:
        raise DlguiError(path, "cannot be written as a picture",
                         "choose a name that ends in .png or .svg, in a folder that may be written")


def _svg(path: Path, widget: QWidget, draw: Callable[[QPainter], object]) -> bool:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setResolution(widget.logicalDpiX())  # with another one an axis would not fit its curves
    generator.setTitle(widget.accessibleName())
    painter = QPainter()
    if not path.parent.is_dir() or not painter.begin(generator):
        return False
    draw(painter)
    return painter.end()


def _pixels(path: Path, widget: QWidget, draw: Callable[[QPainter], object]) -> bool:
    image = QImage(widget.size() * SHARPNESS, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SHARPNESS)
    image.fill(QColor(theme.colours().panel))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    return image.save(str(path))
