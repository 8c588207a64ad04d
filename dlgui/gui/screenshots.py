"""Pictures of the real window: every tab and main dialog, for the documentation and for looking at."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.app import application
from dlgui.gui.main_window import MainWindow
from dlgui.gui.scenes import Scene


def take(project: Path, folder: Path, choice: str, size: tuple[int, int]) -> list[Path]:
    """Writes a PNG a tab and main dialog.

    Args:
        project: a project folder.
        folder: where to; made if missing.
        choice: `light` or `dark`.
        size: width and height of the window.

    Returns:
        the files.
    """
    app = application()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as settings:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)  # neither the user's, nor those of pictures before
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, settings)
        return _take(app, project, folder, choice, size)


def _take(app: QApplication, project: Path, folder: Path, choice: str, size: tuple[int, int]) -> list[Path]:
    theme.apply(choice)
    folder.mkdir(parents=True, exist_ok=True)
    window = MainWindow()
    problems: list[Exception] = []
    window.session.problem.disconnect()
    window.session.problem.connect(problems.append)
    window.resize(QSize(*size))
    window.show()
    written = [_grab(window, folder / "welcome.png")]
    try:
        if not window.session.open(project):
            raise problems[0] if problems else DlguiError(project, "cannot be opened", "check the folder")
        window.resize(QSize(*size))
        for tab in window.all_tabs():
            window.tabs.setCurrentWidget(tab)
            settle(app, window)
            for scene in tab.scenes():
                written.append(_shot(app, window, scene, folder))
        written += [_shot(app, window, scene, folder) for scene in [*window.exports.scenes(), *window.scenes()]]
    finally:
        window.close()
    return written


def _shot(app: QApplication, window: MainWindow, scene: Scene, folder: Path) -> Path:
    shown = scene.prepare()
    if shown is not None and shown.isWindow():
        shown.show()
    settle(app, window)
    path = _grab(shown or window, folder / f"{scene.name}.png")
    if shown is not None and shown.isWindow():
        shown.close()
    scene.restore()
    return path


def settle(app: QApplication, window: MainWindow, milliseconds: int = 20000) -> None:
    """Waits until nothing runs and everything is painted."""
    quiet = 0
    for _ in range(milliseconds // 50):
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()
        busy = window.session.jobs.busy() or window.pictures.busy()
        quiet = 0 if busy else quiet + 1
        if quiet >= 4:
            return


def _grab(widget: QWidget, path: Path) -> Path:
    application().processEvents()
    if not widget.grab().save(str(path), "PNG"):
        raise DlguiError(path, "cannot be written", "choose another folder")
    return path
