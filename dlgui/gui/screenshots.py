"""Pictures of the real window: every tab and main dialog, for the documentation and for looking at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from dlgui.errors import DlguiError
from dlgui.gui import theme
from dlgui.gui.app import application
from dlgui.gui.main_window import MainWindow


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
    QCoreApplication.setApplicationName("dlgui-screenshots")  # leaves the user's settings alone
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
        for i, name in enumerate(("data", "train", "evaluate", "apply")):
            window.tabs.setCurrentIndex(i)
            settle(app, window)
            if name == "data" and window.data_tab.grid.items.rowCount():
                window.data_tab.grid.select([0])
                settle(app, window)
            if name == "apply" and window.apply_tab.model.count() and window.session.project is not None:
                table = window.session.project.images()
                root = window.session.project.image_root
                window.apply_tab.classify([str(root / path) for path in table.path[:: max(len(table) // 12, 1)][:12]])
                settle(app, window)
            written.append(_grab(window, folder / f"{name}.png"))
        from dlgui.gui.data.health_dialog import HealthDialog
        from dlgui.gui.data.import_dialog import ImportDialog
        from dlgui.project.operations.checks import check

        assert window.session.project is not None
        dialogs: list[tuple[str, QWidget]] = [
            ("import", ImportDialog(window.session.jobs, window.session.project.image_root, window)),
            ("health", HealthDialog(check(window.session.project), window))]
        for name, dialog in dialogs:
            dialog.show()
            settle(app, window)
            written.append(_grab(dialog, folder / f"{name}.png"))
            dialog.close()
    finally:
        window.close()
    return written


def settle(app: QApplication, window: MainWindow, milliseconds: int = 20000) -> None:
    """Waits until nothing runs and everything is painted."""
    quiet = 0
    for _ in range(milliseconds // 50):
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()
        busy = window.session.jobs.busy() or bool(window.pictures._pending)
        quiet = 0 if busy else quiet + 1
        if quiet >= 4:
            return


def _grab(widget: QWidget, path: Path) -> Path:
    application().processEvents()
    if not widget.grab().save(str(path), "PNG"):
        raise DlguiError(path, "cannot be written", "choose another folder")
    return path
