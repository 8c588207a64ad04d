"""What went wrong: a sentence with a remedy, or, for a bug, a report that can be copied."""

from __future__ import annotations

import logging
import platform
import traceback
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dlgui.errors import DlguiError
from dlgui.gui.offer import Offer
from dlgui.gui.widgets import button, named

log = logging.getLogger("dlgui.gui")


def show(problem: BaseException, window: QWidget, lines: Sequence[str] = (), offers: Sequence[Offer] = ()) -> QDialog:
    """Shows a problem in a dialog that does not stop anything.

    Args:
        problem: a `DlguiError` is the user's to mend; anything else is a bug.
        window: parent.
        lines: the log, for the report of a bug.
        offers: what can be done about what the user can mend.
    """
    dialog = (sentence(problem, window, offers) if isinstance(problem, DlguiError)
              else CrashDialog(problem, lines, window))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    log.info("shown: %s", problem)
    dialog.open()
    return dialog


def sentence(problem: DlguiError, window: QWidget, offers: Sequence[Offer] = ()) -> QMessageBox:
    """What, why and what to do about it, with a button for each offer."""
    box = QMessageBox(window)
    box.setObjectName("problemDialog")
    box.setWindowTitle("dlgui")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setTextFormat(Qt.TextFormat.PlainText)  # files and classes may be called anything
    box.setText(f"{problem.what}: {problem.why}")
    remedy = problem.remedy.partition(": dlgui ")[0]  # the command is for those who have no buttons
    box.setInformativeText(remedy[:1].upper() + remedy[1:] + ".")
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    for offer in offers:
        made = named(QPushButton(offer.text, box), offer.name, offer.tip)
        made.setAccessibleName(offer.text)
        made.clicked.connect(lambda *_, act=offer.act: QTimer.singleShot(0, window, act))  # once the box is closed
        box.addButton(made, QMessageBox.ButtonRole.ActionRole)
    close = box.addButton(QMessageBox.StandardButton.Close)
    box.setEscapeButton(close)
    box.setDefaultButton(close)
    return box


def report(problem: BaseException, lines: Sequence[str] = ()) -> str:
    """All that a developer wants to know of a bug; names no image and no label."""
    from dlgui import environment

    versions = "\n".join(f"{name}: {version}" for name, version in environment.versions().items() if version)
    notes = "\n".join(getattr(problem, "__notes__", []))
    trace = notes or "".join(traceback.format_exception(problem))
    return (f"{type(problem).__name__}: {problem}\n\n{trace}\n\nsystem: {platform.platform()}\n{versions}\n\n"
            "log:\n" + "\n".join(lines[-40:]))


class CrashDialog(QDialog):
    """Says that it was not the user's fault, and hands out the report."""

    def __init__(self, problem: BaseException, lines: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("crashDialog")
        self.setWindowTitle(self.tr("Something went wrong inside dlgui"))
        self.resize(680, 460)
        head = QLabel(self.tr("Something went wrong inside dlgui"))
        head.setProperty("figure", True)
        text = QLabel(self.tr("Your project is safe on disk; you can go on. Please send this report to the developers, "
                              "with a word on what you did. It stays on this computer until you do."))
        text.setWordWrap(True)
        self.report = named(QPlainTextEdit(report(problem, lines)), "crashReport", self.tr("Report"))
        self.report.setReadOnly(True)
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        buttons = QDialogButtonBox()
        copy = button("crashCopy", self.tr("Copy report"), self.tr("Put the report on the clipboard"), self.copy, True)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(button("crashSave", self.tr("Save…"), self.tr("Write the report into a file"), self.save),
                          QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(button("crashGoOn", self.tr("Go on"), self.tr("Close this dialog"), self.accept),
                          QDialogButtonBox.ButtonRole.AcceptRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        for widget in (head, text, self.report, buttons):
            layout.addWidget(widget, 1 if widget is self.report else 0)

    def copy(self) -> None:
        """Puts the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report.toPlainText())

    def save(self) -> None:
        """Writes the report into a file."""
        from pathlib import Path

        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save report"), "dlgui-report.txt", self.tr("Text (*.txt)"))
        if path:
            try:
                Path(path).write_text(self.report.toPlainText(), encoding="utf-8")
            except OSError as problem:
                QMessageBox.warning(self, "dlgui", f"{path}: {problem.strerror}")
