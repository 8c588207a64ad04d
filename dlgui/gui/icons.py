"""Icons: the SVG files of resources/icons in the ink of the theme, sharp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from dlgui import resources
from dlgui.gui import theme

SIZES = (20, 40, 60)
"""Sides in pixels: one for a screen of 100, 200 and 300 percent."""

_NAME = "iconName"


def pixmap(name: str, side: int, colour: str) -> QPixmap:
    """A drawing of resources/icons.

    Args:
        name: of the file, without suffix.
        side: in pixels.
        colour: of its lines, `#rrggbb`.
    """
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode())).render(painter)
    painter.end()
    return made


@lru_cache
def _source(name: str) -> str:
    return resources.text(f"icons/{name}.svg")


def icon(name: str, on_accent: bool = False) -> QIcon:
    """An icon for the theme in use; `on_accent` for the primary button of a page."""
    c = theme.colours()
    made = QIcon()
    for side in SIZES:
        made.addPixmap(pixmap(name, side, c.on_accent if on_accent else c.ink))
        made.addPixmap(pixmap(name, side, c.line), QIcon.Mode.Disabled)
    return made


def dress(target: QAction | QAbstractButton, name: str) -> None:
    """Gives an action or a button its icon; `redress` draws it again when the theme changes."""
    target.setProperty(_NAME, name)
    target.setIcon(icon(name, bool(target.property("primary"))))


def redress(root: QWidget) -> None:
    """Draws every icon below a widget in the ink of the theme in use."""
    targets: list[QAction | QAbstractButton] = [*root.findChildren(QAction), *root.findChildren(QAbstractButton)]
    for target in targets:
        name = target.property(_NAME)
        if name:
            dress(target, name)
