"""What dlgui did and noticed: the lines of the logger `dlgui`, newest last."""

from __future__ import annotations

import logging
import time
from html import escape

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDockWidget, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from dlgui.gui import theme
from dlgui.gui.jobs import Job, Jobs
from dlgui.gui.widgets import button, named

LINES, PART = 5000, 200
"""Lines that are kept, and that are written in one turn of the event loop."""

LEVELS = {"all": logging.DEBUG, "notes": logging.INFO, "warnings": logging.WARNING, "errors": logging.ERROR}

log = logging.getLogger("dlgui.gui")


class _Hearer(QObject):
    heard = Signal(int, str)


class _Handler(logging.Handler):
    """Hands each line over to the window's thread."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.hearer = _Hearer()

    def emit(self, record: logging.LogRecord) -> None:
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        self.hearer.heard.emit(record.levelno, f"{moment}  {record.levelname.lower():8} {record.getMessage()}")


class LogPanel(QDockWidget):
    """A dock with the log; hidden until it is asked for."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("logPanel")
        self.setWindowTitle(self.tr("Log"))
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        self._lines: list[tuple[int, str]] = []
        self._written = 0
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._write)
        self._began: dict[Job, float] = {}
        self.text = named(QPlainTextEdit(), "logText", self.tr("What dlgui did and noticed"))
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(LINES)
        self.level = named(QComboBox(), "logLevel", self.tr("Which lines are shown"))
        for name in LEVELS:
            self.level.addItem(name, name)
        self.level.setCurrentIndex(1)
        self.level.currentIndexChanged.connect(lambda _: self._again())
        row = QHBoxLayout()
        row.addWidget(self.level)
        row.addWidget(button("logCopy", self.tr("Copy"), self.tr("Copy all lines"), self.copy))
        row.addWidget(button("logClear", self.tr("Clear"), self.tr("Forget all lines"), self.clear))
        row.addStretch()
        row.addWidget(button("logHide", self.tr("Hide"), self.tr("Hide the log (Ctrl+Shift+L)"), self.hide))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.setWidget(inside)
        self._handler = _Handler()
        self._handler.hearer.heard.connect(self._heard)
        logging.getLogger("dlgui").addHandler(self._handler)
        theme.notifier().changed.connect(self._again)
        jobs.started.connect(self._job_started)
        jobs.ended.connect(self._job_ended)

    def lines(self) -> list[str]:
        """All lines that are kept."""
        return [line for _, line in self._lines]

    def copy(self) -> None:
        """Puts all lines on the clipboard."""
        QGuiApplication.clipboard().setText("\n".join(self.lines()))

    def clear(self) -> None:
        """Forgets all lines."""
        self._lines.clear()
        self._written = 0
        self.text.clear()

    def close_log(self) -> None:
        """Stops listening; before the window goes."""
        logging.getLogger("dlgui").removeHandler(self._handler)

    def _heard(self, level: int, line: str) -> None:
        self._lines.append((level, line))
        self._written -= max(len(self._lines) - LINES, 0)
        del self._lines[:-LINES]
        if not self._turns.isActive():
            self._write()

    def _append(self, level: int, line: str) -> None:
        if level < LEVELS[self.level.currentData()]:
            return
        c = theme.colours()
        colour = c.wrong if level >= logging.ERROR else c.warning if level >= logging.WARNING else c.ink
        self.text.appendHtml(f'<pre style="color:{colour}; margin:0">{escape(line)}</pre>')

    def _again(self) -> None:
        self.text.clear()
        self._written = 0
        self._turns.start()
        self._write()

    def _write(self) -> None:
        part = self._lines[max(self._written, 0):][:PART]
        for level, line in part:
            self._append(level, line)
        self._written = max(self._written, 0) + len(part)
        if self._written == len(self._lines):
            self._turns.stop()

    def _job_started(self, job: Job) -> None:
        if not job.property("quiet"):
            self._began[job] = time.monotonic()
            log.info("started: %s", job.name)

    def _job_ended(self, job: Job) -> None:
        began = self._began.pop(job, None)
        if began is not None:
            log.info("ended: %s (%.1f s)", job.name, time.monotonic() - began)
