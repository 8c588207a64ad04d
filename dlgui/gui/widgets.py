"""Widgets with all that every widget must have: objectName, tooltip, accessible name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QSpinBox, QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, tip: str) -> W:
    """The widget, with a name for scripts and a text for people."""
    widget.setObjectName(name)
    widget.setToolTip(tip)
    widget.setAccessibleName(tip)
    if isinstance(widget, (QSpinBox, QDoubleSpinBox)):
        widget.lineEdit().setTextMargins(6, 0, 0, 0)  # which no style sheet can do
    return widget


def button(name: str, text: str, tip: str, slot: Callable[..., Any], primary: bool = False) -> QPushButton:
    """A button that calls `slot()`."""
    made = named(QPushButton(text), name, tip)
    made.setAccessibleName(text)
    made.setProperty("primary", primary)
    made.clicked.connect(lambda: slot())
    return made


def beside(field: QWidget, *others: QWidget) -> QHBoxLayout:
    """A row in which the field takes the room that the others leave."""
    row = QHBoxLayout()
    row.addWidget(field, 1)
    for other in others:
        row.addWidget(other)
    return row
