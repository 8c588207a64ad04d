"""Label errors are found, decided by keys, taken back; ghosts stay; a retraining shows what it brings; robustness."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from dlgui.engine.selection import Criteria
from dlgui.project.operations import labels, runs, splits, training
from dlgui.project.operations.training import Plan


def named(window, name, kind=QWidget):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


@pytest.fixture
def spoilt(project, window, idle):
    """The Remedy page over a run on images of which three are labeled wrongly (their ids)."""
    splits.split(project, train=60, validation=20)
    table = project.images()
    ids = {info.name: info.id for info in project.classes()}
    rows = [int(np.flatnonzero((table.split == split) & (np.array(table.label_names()) == "global"))[0])
            for split in (0, 1, 2)]
    wrong = [int(table.id[r]) for r in rows]
    labels.assign_many(project, dict.fromkeys(wrong, ids["nominal"]))
    training.train(project, Plan(image_size=96))
    folder = project.folder
    project.close()
    assert window.session.open(folder)
    window.tabs.setCurrentIndex(2)
    idle(window)
    named(window, "remedyPageButton").click()
    idle(window)
    named(window, "findLabelErrorsButton").click()
    idle(window, 120)
    return window, wrong


def test_keys_decide_undo_brings_back_and_ghosts_stay(spoilt, qtbot, idle):
    window, wrong = spoilt
    table, project = named(window, "suspectTable"), window.session.project
    inspection = window.evaluate_tab.inspection
    left = table.suspects.rowCount()
    assert left >= 2
    assert inspection.ghost is None
    found = [s for s in table.suspects.rows if s.image_id in wrong]
    assert len(found) >= 2
    assert not named(window, "suspectView").image().isNull()
    cell = table.suspects.index(0, 1)
    for width, with_label in ((380, False), (600, True)):
        table.resize(width, 200)
        assert cell.data().startswith("→") != with_label
    assert "left" in named(window, "suspectOutlook", QLabel).text()

    def undo():
        qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    table.selectRow(table.suspects.rows.index(found[0]))
    qtbot.mouseClick(named(window, "suspectRelabelButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert project.images().label_names(project.images().row_of([found[0].image_id])) == ["global"]
    assert table.suspects.rowCount() == left - 1
    assert inspection.ghost.changed == {found[0].path: "nominal"}
    assert "labels changed since the run: 1" in named(window, "runStanding", QLabel).text()
    undo()
    idle(window)
    assert table.suspects.rowCount() == left
    assert inspection.ghost is None
    table.selectRow(table.suspects.rows.index(found[0]))
    qtbot.keyClick(table, Qt.Key.Key_R)
    idle(window)
    assert inspection.ghost.changed == {found[0].path: "nominal"}
    qtbot.mouseClick(named(window, "suspectKeepButton"), Qt.MouseButton.LeftButton)
    idle(window)
    assert table.suspects.rowCount() == left - 2
    if left > 2:
        qtbot.keyClick(table, Qt.Key.Key_X)
        idle(window)
        assert int(project.images().excluded.sum()) == 1
        assert table.suspects.rowCount() == left - 3
        undo()
    for _ in range(2):
        undo()
    idle(window)
    assert table.suspects.rowCount() == left
    assert inspection.ghost is None
    assert window.problems == []


def test_the_matrix_shows_what_was_and_relabeled_images_are_marked(spoilt, qtbot, idle):
    window, _ = spoilt
    tab, project = window.evaluate_tab, window.session.project
    box = named(window, "splitSelector")
    box.setCurrentIndex(box.findData("test"))
    idle(window)
    named(window, "showAllButton").click()
    before = tab.evaluation
    sample = tab.inspection.samples([0])[0]
    other = next(name for name in before.classes if name != sample.truth)
    tab.inspection.relabel([sample.image_id], other)
    idle(window)
    named(window, "matrixPageButton").click()
    idle(window)
    ghost = tab.inspection.ghost
    assert ghost.evaluation.confusion_matrix.tolist() == before.confusion_matrix.tolist()
    shown = named(window, "confusionMatrix").matrix.table
    changed = [(r, c, shown.was(r, c)) for r in range(len(shown.rows)) for c in range(len(shown.columns))
               if shown.was(r, c) is not None]
    assert len(changed) == 2  # out of one cell, into another
    for row, column, was in changed:
        answer, truth = shown.cell(row, column)
        assert was == before.confusion_matrix[answer, truth]
        assert f"{was} before labels were changed" in shown.sentence(row, column)
    assert "was" in named(window, "evaluationHeadline", QLabel).text()
    items = [tab.results.grid.items.item(i) for i in range(tab.results.grid.items.rowCount())]
    assert [item.name for item in items if item.badge == "R"] == [sample.path]
    assert not named(window, "confusionMatrix").grab().isNull()
    assert project.images().label_names(project.images().row_of([sample.image_id])) == [other]


def test_a_quick_retraining_shows_before_and_after(spoilt, qtbot, idle):
    window, _ = spoilt
    named(window, "retrainQuickButton").click()
    idle(window, 120)
    assert len(runs.all_runs(window.session.project)) == 2
    text = named(window, "retrainResult", QLabel).text()
    assert "run-002" in text
    assert "validation error" in text
    assert "→" in text
    assert window.problems == []


def test_robustness_is_measured_shown_and_stopped(spoilt, qtbot, idle):
    window, _ = spoilt
    named(window, "robustnessPageButton").click()
    page = next(p for p in window.evaluate_tab.pages if p.name == "robustness")
    named(window, "robustnessImages").setValue(10)
    named(window, "measureRobustnessButton").click()
    idle(window, 180)
    assert len(page.results) == 6
    assert named(window, "robustnessWords", QLabel).text().count("\n") == 5
    assert "10 of the" in named(window, "robustnessNote", QLabel).text()
    told = int(page.results[0].told.sum())
    assert len(page.plots[0].listDataItems()) == 1 + told  # all, and the classes with enough images
    assert ("too few" in named(window, "robustnessNote", QLabel).text()) == (told < 3)
    named(window, "robustnessImages").setValue(5000)
    named(window, "measureRobustnessButton").click()
    named(window, "stopRobustnessButton").click()
    idle(window)
    assert page.start.isEnabled()
    assert not page.stop.isVisible()
    assert window.problems == []


def test_the_suspect_that_is_looked_at_is_explained_until_another_image_is_picked(spoilt, qtbot, idle):
    window, _ = spoilt
    tab, table = window.evaluate_tab, named(window, "suspectTable")
    for row in (1, 0):
        table.selectRow(row)
        idle(window)
        suspect = table.suspect()
        assert tab.why.about.text() == suspect.path
        assert not tab.why.views.first.image().isNull()
        assert tab.why.judgement.verdict.text()
    qtbot.keyClick(table, Qt.Key.Key_R)  # the grid follows the change, the next suspect stays explained
    idle(window)
    assert table.suspect().path != suspect.path
    assert tab.why.about.text() == table.suspect().path
    tab.inspection.choose(Criteria())
    idle(window)
    assert tab.why.about.text() == table.suspect().path
    tab.results.grid.select([2])
    assert tab.why.about.text() == tab.results.selected()[0].path
    tab.show_page(0)
    table.selectRow(0)
    assert tab.why.about.text() == tab.results.selected()[0].path
