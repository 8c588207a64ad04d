"""The real window over real projects."""

import gc

import pytest


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Settings of the tests' own, so that they neither read nor change the user's."""
    from PySide6.QtCore import QSettings

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    yield
    gc.collect()  # what a window leaves must not be freed by a thread of the next test


@pytest.fixture
def window(qtbot):
    """The main window on its welcome page; closed, with every job ended, after the test."""
    from PySide6.QtWidgets import QApplication

    from dlgui.gui import theme
    from dlgui.gui.main_window import MainWindow

    QApplication.setOrganizationName("dlgui-tests")
    QApplication.setApplicationName("dlgui-tests")
    theme.apply("light")
    made = MainWindow()
    problems = []
    made.session.problem.disconnect()
    made.session.problem.connect(problems.append)
    made.problems = problems
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.fixture
def opened(window, project):
    """The window over a project of 72 images."""
    folder = project.folder
    project.close()
    assert window.session.open(folder)
    return window


@pytest.fixture
def idle(qtbot):
    """Waits until no job runs."""
    def wait(window, seconds=60):
        qtbot.waitUntil(lambda: not window.session.jobs.busy(), timeout=seconds * 1000)
    return wait
