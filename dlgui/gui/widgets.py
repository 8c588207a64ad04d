"""Widgets with all that every widget must have: objectName, tooltip, accessible name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMenu,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QTableWidget,
    QToolButton,
    QWidget,
)

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, tip: str) -> W:
    """The widget, with a name for scripts and a text for people."""
    widget.setObjectName(name)
    widget.setToolTip(tip)
    widget.setAccessibleName(tip)
    if isinstance(widget, QPushButton):
        widget.setAutoDefault(False)  # Enter in a field would press the first button of its dialog, such as Browse
    if isinstance(widget, (QSpinBox, QDoubleSpinBox)):
        widget.lineEdit().setTextMargins(6, 0, 0, 0)  # which no style sheet can do
    return widget


class _Button(QPushButton):
    """Enter presses it where it has the focus."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(name: str, text: str, tip: str, slot: Callable[..., Any], primary: bool = False) -> QPushButton:
    """A button that calls `slot()`."""
    made = named(_Button(text), name, tip)
    made.setAccessibleName(text)
    made.setProperty("primary", primary)
    made.clicked.connect(lambda: slot())
    return made


def on_choice(view: QListWidget | QTableWidget, slot: Callable[[], Any]) -> None:
    """Calls `slot()` when a row is double-clicked, or chosen by Enter; Qt's own signal for both is a single click on
    some desktops."""
    view.doubleClicked.connect(lambda _: slot())
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        QShortcut(QKeySequence(key), view, slot, context=Qt.ShortcutContext.WidgetShortcut)


def sentences(soft: bool = False) -> QLabel:
    """A label for sentences: as many lines as they need, and names in them shown as they are, tags of HTML or not."""
    made = QLabel()
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("soft", soft)
    return made


def menu_button(name: str, text: str, tip: str, fill: Callable[[QMenu], object] | None = None) -> QToolButton:
    """A button that opens a menu, its own or one that `fill` fills anew each time."""
    made = named(QToolButton(), name, tip)
    made.setText(text)
    made.setAccessibleName(text)
    made.setProperty("popup", True)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(made)
    if fill is not None:
        menu.aboutToShow.connect(lambda: fill(menu))
    made.setMenu(menu)
    return made


class Choice(QComboBox):
    """A box of names of any length: needs room for `letters` only, and shortens what Qt would cut off."""

    def __init__(self, letters: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumContentsLength(letters)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option,
                                           QStyle.SubControl.SC_ComboBoxEditField, self)
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideMiddle,
                                                           room.width())


class Form(QFormLayout):
    """Rows of a label and a field; each label in the middle of its field, which Qt does for low fields only."""

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        for row in range(self.rowCount()):
            label, field = (self.itemAt(row, role) for role in (self.ItemRole.LabelRole, self.ItemRole.FieldRole))
            if label is not None and field is not None and not label.isEmpty():
                place = label.geometry()
                place.moveTop(field.geometry().center().y() - place.height() // 2)
                label.setGeometry(place)


def beside(field: QWidget, *others: QWidget) -> QHBoxLayout:
    """A row in which the field takes the room that the others leave."""
    row = QHBoxLayout()
    row.addWidget(field, 1)
    for other in others:
        row.addWidget(other)
    return row
