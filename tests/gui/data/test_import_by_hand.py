"""The import dialog driven as a person does it: by keys and clicks alone."""

import shutil

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit

from dlgui.gui.data.import_dialog import ImportDialog
from dlgui.project.operations.info import info

CTRL, LEFT = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton


@pytest.fixture
def flat(small_folder, tmp_path):
    """Images `local_0.jpg`, `local_1.jpg`, `global_0.jpg`, …, half of them in `more/`, and a CSV beside them."""
    root = tmp_path / "pictures"
    (root / "more").mkdir(parents=True)
    lines = ["image,label,split"]
    for folder in ("local", "global"):
        for i, file in enumerate(sorted((small_folder / folder).iterdir())[:4]):
            name = f"{'more/' if i % 2 else ''}{folder}_{i}.jpg"
            shutil.copy(file, root / name)
            lines.append(f"{name},{'ab'[i % 2]},{('train', 'test')[i // 2]}")
    (root / "labels.csv").write_text("\n".join(lines))
    return root


def write(edit, text):
    """Replaces what stands in a field, and leaves it."""
    QTest.mouseClick(edit, LEFT)
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Tab)


def with_dialog(window, act):
    """Ctrl+N, and `act` with the dialog once it is there; errors inside reach the test."""
    failed = []

    def look():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ImportDialog):
            QTimer.singleShot(20, look)
            return
        dialog.activateWindow()  # the window system does that
        QTest.qWait(10)
        try:
            act(dialog)
        except BaseException as problem:  # Qt would swallow it
            failed.append(problem)
            dialog.reject()

    QTimer.singleShot(20, look)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_N, CTRL)
    if failed:
        raise failed[0]


@pytest.mark.parametrize(("source", "classes"), [
    ("last_folder", {"more": 4, "pictures": 4}), ("file_name", dict.fromkeys(
        (f"{name}_{i}" for name in ("local", "global") for i in range(4)), 1)),
    ("file_name_remove_index", {"local": 4, "global": 4}), ("csv", {"a": 4, "b": 4}), ("none", {})])
def test_a_project_is_made_with_every_label_source(window, flat, idle, qtbot, tmp_path, source, classes):
    def act(dialog):
        write(dialog.images, str(flat))
        idle(window)
        box = dialog.source
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Home)
        for _ in range(box.findData(source)):
            QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentData() == source
        idle(window)
        if source == "csv":
            write(dialog.csv, str(flat / "labels.csv"))
            idle(window)
        shown = {dialog.found.item(row, 0).text(): int(dialog.found.item(row, 1).text())
                 for row in range(dialog.found.rowCount())}
        assert shown == (classes or {"no label": 8})
        write(dialog.folder, str(tmp_path / "made.dlproj"))
        ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
        assert ok.isEnabled()
        QTest.mouseClick(ok, LEFT)

    with_dialog(window, act)
    idle(window)
    project = window.session.project
    assert project is not None
    assert info(project)["classes"] == classes
    assert info(project)["splits"]["test"] == (4 if source == "csv" else 0)
    assert window.data_tab.grid.items.rowCount() == 8
    assert window.problems == []


def test_escape_leaves_nothing_and_enter_in_a_field_makes_nothing(window, flat, idle, tmp_path):
    def act(dialog):
        write(dialog.images, str(flat))
        idle(window)
        QTest.keyClick(dialog.findChild(QLineEdit, "importImages"), Qt.Key.Key_Return)
        assert dialog.isVisible()  # a folder was named; that is no yes
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    with_dialog(window, act)
    idle(window)
    assert window.session.project is None
    assert not list(tmp_path.rglob("*.sqlite"))
