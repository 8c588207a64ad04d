"""Light and dark: one palette of named colours each; Qt's palette and the style sheet are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QPen
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from dlgui.gui import stylesheet
from dlgui.gui.pieces import Pieces
from dlgui.gui.stylesheet import Colours

LIGHT = Colours("#f4f6f8", "#ffffff", "#e9edf1", "#1b2733", "#56646f", "#d3dae1", "#0b63bd", "#ffffff", "#0b63bd",
                "#c62828", "#9a6700", "#8b98a5", "#0a54a1", "light")
DARK = Colours("#16191d", "#1e2227", "#2a3037", "#e6eaee", "#9aa6b2", "#363d46", "#4c9ffe", "#0b1420", "#4c9ffe",
               "#ff6b60", "#e3b341", "#66717d", "#74b4ff", "dark")
CHOICES = ("system", "light", "dark")
PIECE = 100
"""Hidden widgets that are dressed in one turn of the event loop."""

_current = LIGHT


class Notifier(QObject):
    """Tells those who paint with colours of their own that the theme has changed (`changed`)."""

    changed = Signal()


@cache
def notifier() -> Notifier:
    """The one notifier."""
    return Notifier()


def colours() -> Colours:
    """The colours in use."""
    return _current


def chosen() -> str:
    """What the user chose: `system`, `light` or `dark`."""
    value = str(QSettings().value("theme", "system"))
    return value if value in CHOICES else "system"


def apply(choice: str | None = None) -> None:
    """Dresses the application at once; None takes what the user chose last."""
    for _ in _dressing(choice):
        pass


def switch(choice: str | None = None) -> None:
    """The same a piece a turn of the event loop: a window of many widgets takes a quarter of a second, and what is seen
    comes first."""
    _switch().start(_dressing(choice))


@cache
def _switch() -> Pieces:
    return Pieces()


def _dressing(choice: str | None) -> Iterator[None]:
    global _current
    if choice is not None:
        QSettings().setValue("theme", choice)
    choice = choice or chosen()
    dark = choice == "dark" or (choice == "system"
                                and QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    _current = DARK if dark else LIGHT
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    seen = [window for window in application.topLevelWidgets() if window.isVisible()]
    for window in seen:
        window.setUpdatesEnabled(False)  # each is painted once, when it is whole
    application.setPalette(_palette(_current))
    if not application.styleSheet():
        application.setStyle("Fusion")
        application.setStyleSheet(stylesheet.sheet())
    yield
    notifier().changed.emit()
    yield
    hidden: list[QWidget] = []
    for window in seen:
        if isValid(window):
            parts = [window, *(part for part in window.findChildren(QWidget) if part.window() is window)]
            hidden += [part for part in parts if not part.isVisible()]
            _dress(part for part in parts if part.isVisible())
            window.setUpdatesEnabled(True)
            yield
    for first in range(0, len(hidden), PIECE):
        _dress(part for part in hidden[first:first + PIECE] if isValid(part))
        yield


def _dress(widgets: Iterable[QWidget]) -> None:
    """Has the style look at widgets anew: it keeps for each what the sheet's roles meant."""
    for widget in widgets:
        widget.style().unpolish(widget)
        if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            widget.style().polish(widget)


@contextmanager
def on_paper() -> Iterator[None]:
    """Within it colours are light, whatever the window's are: what is exported is for documents."""
    global _current
    before, _current = _current, LIGHT
    try:
        yield
    finally:
        _current = before


def dress_plot(plot: Any) -> None:
    """Gives a pyqtgraph plot widget the colours of the theme: its ground, its left and its bottom axis."""
    plot.setBackground(QColor(_current.panel))
    for side in ("left", "bottom"):
        plot.getAxis(side).setPen(_current.line)
        plot.getAxis(side).setTextPen(_current.soft)


def pen(colour: QColor | str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen for a curve of a plot; its width is in pixels of the window, so that it does not fade on a fine screen.

    Thin dotted lines stay one pixel of the screen: of thicker ones Qt draws each dot as a shape, which takes too long.
    """
    made = QPen(QColor(colour))
    if width > 1 or style == Qt.PenStyle.SolidLine:
        width *= QGuiApplication.primaryScreen().devicePixelRatio()
    made.setWidthF(width)
    made.setCosmetic(True)
    made.setStyle(style)
    return made


def next_choice() -> str:
    """What the switch in the toolbar goes to: the other of light and dark."""
    return "light" if _current is DARK else "dark"


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, colour in ((role.Text, c.ink), (role.Button, c.raised), (role.ButtonText, c.ink),
                         (role.ToolTipBase, c.panel), (role.ToolTipText, c.ink), (role.Dark, c.line),
                         (role.Light, c.raised)):
        palette.setColor(name, QColor(colour))
    for field, css in stylesheet.ROLES.items():
        palette.setColor(role["".join(word.title() for word in css.split("-"))], QColor(getattr(c, field)))
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(c.soft))
    return palette
