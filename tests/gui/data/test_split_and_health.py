"""Split and health panels in the real window."""

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QSpinBox, QWidget

from dlgui.gui.data.health_dialog import HealthDialog
from dlgui.project.operations import splits
from dlgui.project.project import Project


def test_bars_follow_the_percentages_before_anything_is_split(opened, idle, qtbot):
    panel = opened.findChild(QWidget, "splitPanel")
    train = opened.findChild(QSpinBox, "splitTrain")

    def shown(subset):
        return [counts[subset] for counts in panel.bars.counts.values()]

    train.setValue(50)
    qtbot.waitUntil(lambda: shown("train") == [12, 12, 12], timeout=10000)
    train.setValue(75)
    qtbot.waitUntil(lambda: shown("train") == [18, 18, 18], timeout=10000)
    assert not (opened.session.project.images().split >= 0).any()
    assert "only" in panel.note.text()  # few test images
    panel.grouping.setCurrentIndex(panel.grouping.findData("pattern"))
    panel.group.setText("([")
    qtbot.waitUntil(lambda: "regular expression" in panel.note.text(), timeout=10000)
    panel.group.setText("textile_00(.)")
    qtbot.waitUntil(lambda: "group-by" not in panel.note.text(), timeout=10000)
    panel.grouping.setCurrentIndex(0)
    idle(opened)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    idle(opened)
    assert shown("train") == [18, 18, 18]
    assert splits.counts(opened.session.project.images()) == panel.bars.counts
    panel.lock.click()
    assert splits.test_is_locked(opened.session.project)
    opened.session.undo()
    assert not panel.lock.isChecked()
    assert opened.problems == []


def test_what_leaks_cost_is_said(opened, idle, qtbot):
    panel = opened.findChild(QWidget, "splitPanel")
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.cost, Qt.MouseButton.LeftButton)
    idle(opened, 120)
    assert "quick run" in panel.price.text()
    opened.resize(1024, 700)
    qtbot.mouseClick(panel.cost, Qt.MouseButton.LeftButton)
    idle(opened, 120)
    scroll = opened.findChild(QScrollArea, "splitScroll")
    qtbot.waitUntil(lambda: scroll.viewport().rect().contains(panel.price.mapTo(
        scroll.viewport(), panel.price.rect().bottomLeft())), timeout=10000)  # the answer is in sight
    assert opened.problems == []


def test_a_small_class_shows_its_images_which_can_be_flagged(window, small_folder, tmp_path, idle, qtbot):
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    for file in sorted((root / "local").iterdir())[3:]:
        file.unlink()
    Project.create(tmp_path / "p.dlproj", root).close()
    assert window.session.open(tmp_path / "p.dlproj")
    window.actions_by_name()["actionCheckData"].trigger()
    idle(window)
    dialog = window.findChild(HealthDialog)
    dialog.list.setCurrentRow([f.kind for f in dialog.findings].index("imbalance"))
    assert dialog.cases.item(0).text() == "class local has only 3 images"
    assert dialog.grid.items.rowCount() == 3
    qtbot.mouseClick(dialog.fix_buttons()[0], Qt.MouseButton.LeftButton)
    idle(window)
    assert window.session.project.images().flag.sum() == 3
    qtbot.mouseClick(dialog.findChild(QAbstractButton, "healthUndo"), Qt.MouseButton.LeftButton)
    idle(window)
    assert not window.session.project.images().flag.any()
    assert window.problems == []


def test_unreadable_files_that_were_excluded_are_out_of_sight(window, small_folder, tmp_path, idle, qtbot):
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    (root / "local" / "empty.png").touch()
    Project.create(tmp_path / "p.dlproj", root).close()
    assert window.session.open(tmp_path / "p.dlproj")
    window.actions_by_name()["actionCheckData"].trigger()
    idle(window)
    dialog = window.findChild(HealthDialog)
    assert dialog.current().kind == "unreadable"
    qtbot.mouseClick(dialog.fix_buttons()[0], Qt.MouseButton.LeftButton)
    idle(window)
    assert "unreadable" not in [finding.kind for finding in dialog.findings]
    qtbot.mouseClick(dialog.findChild(QAbstractButton, "healthUndo"), Qt.MouseButton.LeftButton)
    idle(window)
    assert dialog.findings[0].kind == "unreadable"
    assert window.problems == []


def test_a_single_class_is_a_finding(window, small_folder, tmp_path, idle):
    Project.create(tmp_path / "one.dlproj", small_folder / "local").close()
    assert window.session.open(tmp_path / "one.dlproj")
    window.actions_by_name()["actionCheckData"].trigger()
    idle(window)
    dialog = window.findChild(HealthDialog)
    finding = next(f for f in dialog.findings if f.kind == "imbalance")
    assert [case.text for case in finding.cases] == ["local is the only class: a classifier needs two at least"]
    dialog.list.setCurrentRow(dialog.findings.index(finding))
    assert [dialog.cases.item(i).text() for i in range(dialog.cases.count())] == [finding.cases[0].text]
    assert (dialog.fix_buttons(), window.problems) == ([], [])


@pytest.fixture
def doubled(window, small_folder, tmp_path):
    """The window over a project in which one image lies in two classes."""
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    shutil.copy(root / "local" / "textile_0003.jpg", root / "nominal" / "zz.jpg")
    Project.create(tmp_path / "d.dlproj", root).close()
    assert window.session.open(tmp_path / "d.dlproj")
    return window


def test_a_finding_shows_its_images_is_mended_and_undone(doubled, idle, qtbot):
    doubled.actions_by_name()["actionCheckData"].trigger()
    idle(doubled)
    dialog = doubled.findChild(HealthDialog)
    assert dialog.current().kind == "conflicts"
    assert dialog.grid.items.rowCount() == 2
    assert [button.objectName() for button in dialog.fix_buttons()] == ["fixAgree", "fixExclude"]
    qtbot.mouseClick(dialog.fix_buttons()[1], Qt.MouseButton.LeftButton)
    idle(doubled)
    assert "conflicts" not in [finding.kind for finding in dialog.findings]
    assert doubled.session.project.images().excluded.sum() == 2
    qtbot.mouseClick(dialog.findChild(QAbstractButton, "healthUndo"), Qt.MouseButton.LeftButton)
    idle(doubled)
    assert "conflicts" in [finding.kind for finding in dialog.findings]
    dialog.show_paths.emit(dialog.findings[0].paths())
    assert doubled.findChild(QWidget, "imageGrid").items.rowCount() == 2
    dialog.close()
    assert doubled.problems == []
