"""Grid, suggestions or map: one of a few ways to look at the same images."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from dlgui.gui.widgets import named


class ModeSwitch(QWidget):
    """Buttons of which one is down.

    Signals:
        changed: name of the mode.
    """

    changed = Signal(str)

    def __init__(self, modes: list[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """`modes`: name, text and tooltip of each; the first is on."""
        super().__init__(parent)
        self.mode = modes[0][0]
        self._buttons: dict[str, QToolButton] = {}
        group, row = QButtonGroup(self), QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for name, text, tip in modes:
            made = named(QToolButton(), f"{name}ModeButton", tip)
            made.setText(text)
            made.setCheckable(True)
            made.setProperty("segment", True)
            made.setAccessibleName(text)
            made.clicked.connect(lambda _, name=name: self.choose(name))
            group.addButton(made)
            row.addWidget(made)
            self._buttons[name] = made
        self._buttons[self.mode].setChecked(True)

    def choose(self, mode: str) -> None:
        """Switches; announced if it is another mode."""
        self._buttons[mode].setChecked(True)
        if mode != self.mode:
            self.mode = mode
            self.changed.emit(mode)
