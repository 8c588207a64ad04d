"""The confusion matrix as a file: a table of numbers, or a picture of all of it, whatever of it is in sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QImageWriter, QPaintDevice, QPainter

from dlgui.engine.storage import write_atomically
from dlgui.gui import theme
from dlgui.gui.evaluate.matrix import ConfusionMatrix

SHARPNESS = 2
"""Pixels of a PNG for one of the window."""


def _csv(matrix: ConfusionMatrix) -> bytes:
    table = matrix.matrix.table
    return table.to_text(",").encode() if table is not None else b""


def _png(matrix: ConfusionMatrix) -> bytes:
    picture = QImage(picture_size(matrix) * SHARPNESS, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(SHARPNESS)
    _draw(matrix, picture)
    made = QByteArray()
    buffer = QBuffer(made)  # the writer keeps no reference
    QImageWriter(buffer, QByteArray(b"PNG")).write(picture)
    return bytes(made.data())


def _svg(matrix: ConfusionMatrix) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    made, size, device = QByteArray(), picture_size(matrix), QSvgGenerator()
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
        matrix.painter.colour()
        _draw_all(matrix, painter)
    painter.end()
    matrix.painter.colour()  # as the window has it


def _draw_all(matrix: ConfusionMatrix, painter: QPainter) -> None:
    cell, size = matrix.cell, picture_size(matrix)
    left, top = matrix.rows.sizeHint().width(), matrix.columns.sizeHint().height()
    painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.colours().panel))
    matrix.painter.draw(painter, cell, left, top, QRect(left, top, size.width() - left, size.height() - top))
    for i in range(matrix.matrix.rowCount()):
        matrix.rows.draw_section(painter, QRect(0, top + i * cell.height, left, cell.height), i)
    for i in range(matrix.matrix.columnCount()):
        matrix.columns.draw_section(painter, QRect(left + i * cell.width, 0, cell.width, top), i)
    matrix.corner.draw(painter, QSize(left, top))


def picture_size(matrix: ConfusionMatrix) -> QSize:
    """Size of a picture of all of the matrix in the window's pixels."""
    return QSize(matrix.rows.sizeHint().width() + matrix.matrix.columnCount() * matrix.cell.width + 1,
                 matrix.columns.sizeHint().height() + matrix.matrix.rowCount() * matrix.cell.height + 1)


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
