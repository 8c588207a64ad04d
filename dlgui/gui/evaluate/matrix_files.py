"""The confusion matrix as a file: a table of numbers, or a picture of all of it, whatever of it is in sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QRect
from PySide6.QtGui import QImage, QImageWriter, QPaintDevice, QPainter

from dlgui.engine.storage import write_atomically
from dlgui.gui import theme
from dlgui.gui.evaluate.matrix import ConfusionMatrix

SHARPNESS = 2
"""Pixels of a PNG for one of the window."""


def _csv(matrix: ConfusionMatrix) -> bytes:
    table = matrix.matrix.table
    return table.to_text(",").encode() if table is not None else b""


def _png(matrix: ConfusionMatrix) -> bytes:
    picture = QImage(matrix.picture_size() * SHARPNESS, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(SHARPNESS)
    _draw(matrix, picture)
    made = QByteArray()
    buffer = QBuffer(made)  # the writer keeps no reference
    QImageWriter(buffer, QByteArray(b"PNG")).write(picture)
    return bytes(made.data())


def _svg(matrix: ConfusionMatrix) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    made, size, device = QByteArray(), matrix.picture_size(), QSvgGenerator()
    buffer = QBuffer(made)  # the generator keeps no reference
    device.setOutputDevice(buffer)
    device.setSize(size)
    device.setViewBox(QRect(0, 0, size.width(), size.height()))
    device.setTitle(matrix.accessibleName())
    _draw(matrix, device)
    return bytes(made.data())


def _draw(matrix: ConfusionMatrix, device: QPaintDevice) -> None:
    painter = QPainter(device)
    painter.setFont(matrix.font())
    with theme.on_paper():
        matrix.draw_picture(painter)
    painter.end()
    matrix.show_palette(matrix.palette_name)  # back to the window's colours


_KINDS: dict[str, Callable[[ConfusionMatrix], bytes]] = {".csv": _csv, ".png": _png, ".svg": _svg}

SUFFIXES = tuple(_KINDS)


def write_matrix(matrix: ConfusionMatrix, path: Path) -> None:
    """Writes the matrix that is shown, if any.

    Args:
        matrix: the view.
        path: its suffix, one of `SUFFIXES`, says as what.

    Raises:
        DlguiError: it cannot be written.
    """
    if matrix.matrix.table is not None:
        content = _KINDS[path.suffix.lower()](matrix)
        write_atomically(path, lambda file: file.write(content))
