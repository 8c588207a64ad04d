"""Starts the application."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from dlgui.engine.preload import let_helpers_yield
from dlgui.gui import theme
from dlgui.gui.main_window import MainWindow

SWITCH_SECONDS = 0.00005
"""How long another thread may keep Python's lock while the window waits for it, a hundredth of Python's own: painting
asks for the lock a hundred times, and has to wait so long each time while a job goes through 100,000 images."""


def application() -> QApplication:
    """The one QApplication, made on first use."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setOrganizationName("dlgui")
    QCoreApplication.setApplicationName("dlgui")
    sys.setswitchinterval(SWITCH_SECONDS)
    let_helpers_yield()
    made = QApplication(sys.argv[:1])
    QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: theme.switch())
    return made


def run(project: Path | None = None) -> int:
    """Shows the window until it is closed."""
    app = application()
    theme.apply()
    logging.getLogger("dlgui").setLevel(logging.INFO)
    window = MainWindow()
    sys.excepthook = lambda kind, problem, trace: _crashed(window, problem, trace)
    window.show()
    if project is not None:
        window.session.open_soon(project)
    return app.exec()


def _crashed(window: MainWindow, problem: BaseException, trace: object) -> None:
    import traceback

    if isinstance(problem, KeyboardInterrupt):
        window.close()
    elif isinstance(problem, Exception):
        problem.add_note("".join(traceback.format_exception(problem)))
        window.show_problem(problem)
