"""Short questions to a person: a line of text, or yes and no. Classes may be called anything, so all is plain text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

WIDTH = 440
"""Pixels of the dialog that asks for a text, so that long names can be read while they are changed."""


def text(parent: QWidget, title: str, what: str, start: str = "") -> str | None:
    """The text that was entered, without blanks around it; None where the person thought better of it.

    Args:
        parent: the dialog stands before it.
        title: of the dialog.
        what: what to enter.
        start: what is in the field at first.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(what)
    dialog.setTextValue(start)
    dialog.resize(WIDTH, dialog.sizeHint().height())
    return dialog.textValue().strip() if dialog.exec() else None


def yes(parent: QWidget, title: str, question: str) -> bool:
    """Whether a person agrees."""
    box = QMessageBox(QMessageBox.Icon.Question, title, "", QMessageBox.StandardButton.Yes
                      | QMessageBox.StandardButton.No, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setDefaultButton(QMessageBox.StandardButton.Yes)
    return box.exec() == QMessageBox.StandardButton.Yes
