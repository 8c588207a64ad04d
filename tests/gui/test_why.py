"""Why the network says so: heatmaps, confidences, neighbours and dialogs, by clicks in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QTableWidget, QToolButton, QWidget

from dlgui.gui.evaluate.average_dialog import AverageDialog
from dlgui.gui.evaluate.contact_sheet import SHEET, ContactSheet
from dlgui.gui.evaluate.shortcut_dialog import ShortcutDialog
from dlgui.project.operations import runs
from dlgui.project.operations.info import info


def named(window, name, kind=QWidget):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


@pytest.fixture
def evaluated(opened, idle):
    """The Evaluate tab over a run of 72 images, all of them shown."""
    opened.actions_by_name()["actionSplit"].trigger()
    opened.actions_by_name()["actionTrain"].trigger()
    idle(opened, 120)
    opened.tabs.setCurrentIndex(2)
    idle(opened)
    box = named(opened, "splitSelector")
    box.setCurrentIndex(box.findData("all"))
    idle(opened)
    named(opened, "showAllButton").click()
    idle(opened)
    return opened


def pixels(view):
    image = view.image().convertToFormat(view.image().Format.Format_RGB888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[
        :, :image.width() * 3].astype(int)


def test_heatmaps_of_any_class_and_method(evaluated, qtbot, idle):
    panel, grid, view = evaluated.evaluate_tab.why, named(evaluated, "resultGrid"), named(evaluated, "heatmapView")
    grid.select([0])
    idle(evaluated)
    first = pixels(view)
    assert first.shape == (250, 750)
    named(evaluated, "heatmapOpacity").setValue(0)
    idle(evaluated)
    plain = pixels(view)
    assert np.abs(first - plain).max() > 50
    method = named(evaluated, "heatmapMethod")
    method.setCurrentIndex(method.findData(""))
    idle(evaluated)
    assert np.abs(pixels(view) - plain).max() <= 1  # no opacity shows the image itself
    method.setCurrentIndex(0)
    named(evaluated, "heatmapOpacity").setValue(65)
    colours = named(evaluated, "heatmapColours")
    colours.setCurrentIndex(colours.findData("hot"))
    idle(evaluated)
    assert np.abs(pixels(view) - first).max() > 50
    target = named(evaluated, "heatmapTarget")
    seen = []
    for name in evaluated.evaluate_tab.evaluation.classes:
        target.setCurrentIndex(target.findData(name))
        idle(evaluated)
        seen.append(pixels(view))
        assert name in panel.views.heads[0].text()
    assert np.abs(seen[0] - seen[1]).max() > 20
    assert not named(evaluated, "heatmapViewTruth").isVisible()
    target.setCurrentIndex(target.findData("both"))
    idle(evaluated)
    assert named(evaluated, "heatmapViewTruth").isVisible()
    assert named(evaluated, "heatmapViewTruth").image().width() == 250
    grid.select([0, 1])
    idle(evaluated)
    assert view.image().isNull()
    assert evaluated.problems == []


def test_the_next_images_are_explained_before_they_are_asked_for(evaluated, idle):
    panel = evaluated.evaluate_tab.why
    named(evaluated, "resultGrid").select([3])
    idle(evaluated)
    inspection = evaluated.evaluate_tab.inspection
    files = {s.file for s in inspection.samples(inspection.positions[[2, 3, 4, 5]])}
    assert files <= {key[1] for key in panel.explainer._maps}


def test_guided_heatmaps_are_prepared_when_the_mouse_comes_to_the_methods(evaluated, qtbot, idle):
    panel = evaluated.evaluate_tab.why
    named(evaluated, "resultGrid").select([0])
    idle(evaluated)
    method = named(evaluated, "heatmapMethod")
    assert evaluated.session.jobs.running("guided") is None
    QApplication.sendEvent(method, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    assert evaluated.session.jobs.running("guided") is not None
    idle(evaluated, 120)
    default = pixels(panel.views.first)
    method.setCurrentIndex(method.findData("guided_grad_cam"))
    idle(evaluated)
    assert np.abs(pixels(panel.views.first) - default).max() > 20
    QApplication.sendEvent(method, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    assert evaluated.session.jobs.running("guided") is None  # once is enough


def test_confidences_and_nearest_training_images(evaluated, qtbot, idle):
    panel, grid = evaluated.evaluate_tab.why, named(evaluated, "resultGrid")
    grid.select([0])
    idle(evaluated)
    sample = panel._samples[0]
    found = evaluated.evaluate_tab.evaluation.predictions
    shares = [share for _, share, *_ in panel.judgement.bars.rows]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(found.confidence[sample.position])
    assert [true for *_, true, _ in panel.judgement.bars.rows].count(True) == 1
    table = evaluated.session.project.images()
    train = {str(evaluated.session.project.image_root / table.path[r]): table.class_names[table.label[r]]
             for r in table.rows("train")}
    files = [f for f in panel.judgement.strips[0].files if f]
    assert len(files) == 4
    assert {train[f] for f in files} == {sample.truth}
    assert str(sample.file) not in files
    assert "nearest training images" in panel.judgement.verdict.text()
    before = pixels(panel.views.first)
    qtbot.mouseClick(named(evaluated, "truthNeighbour1", QToolButton), Qt.MouseButton.LeftButton)
    idle(evaluated)
    assert np.abs(pixels(panel.views.first) - before).max() > 20
    qtbot.mouseClick(named(evaluated, "heatmapBackButton"), Qt.MouseButton.LeftButton)
    idle(evaluated)
    np.testing.assert_array_equal(pixels(panel.views.first), before)


def test_remedies_in_the_panel_can_be_undone(evaluated, qtbot, idle):
    panel, grid = evaluated.evaluate_tab.why, named(evaluated, "resultGrid")
    grid.select([0])
    idle(evaluated)
    project = evaluated.session.project
    before, image = info(project), panel._samples[0].image_id
    menu = panel.remedies.label.menu()
    menu.aboutToShow.emit()
    other = next(a for a in menu.actions() if a.text() != panel._samples[0].truth)
    other.trigger()
    idle(evaluated)
    assert project.images().label_names(project.images().row_of([image])) == [other.text()]
    panel.remedies.offer([s.image_id for s in evaluated.evaluate_tab.results.selected()])
    menu = panel.remedies.move_to.menu()
    menu.aboutToShow.emit()
    menu.actions()[-1].trigger()
    idle(evaluated)
    assert info(project)["splits"]["none"] == 1
    for _ in range(2):
        evaluated.actions_by_name()["actionUndo"].trigger()
    idle(evaluated)
    assert info(project) == before


def test_contact_sheet_averages_and_alarm(evaluated, qtbot, idle):
    panel, inspection = evaluated.evaluate_tab.why, evaluated.evaluate_tab.inspection
    sheet = panel.open_dialog(ContactSheet)
    idle(evaluated)
    assert sheet.list.count() == min(len(inspection.positions), SHEET)
    assert not sheet.list.item(0).icon().isNull()
    sheet.close()
    average = panel.open_dialog(AverageDialog)
    idle(evaluated)
    assert all(view.image().width() > 100 for view in average.views)
    assert "over 60 of the 72" in average.note.text()
    average.second.setCurrentIndex(1 - average.second.currentIndex() % 2)
    qtbot.keyClick(average, Qt.Key.Key_Escape)  # ends what has just begun
    assert evaluated.session.jobs.running("averageHeatmap") is None
    alarm = panel.open_dialog(ShortcutDialog)
    idle(evaluated, 120)
    assert named(alarm, "shortcutTable", QTableWidget).rowCount() >= 3
    assert "shortcut" in alarm.sentence.text() or "Alarm" in alarm.sentence.text()
    evaluated.session.opened.emit(evaluated.session.project)  # it goes with its project
    assert not alarm.isVisible()
    assert len(runs.all_runs(evaluated.session.project)) == 1
    assert evaluated.problems == []
