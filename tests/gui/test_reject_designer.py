"""The designer of when not to answer, over a real run."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QTableView, QWidget

from dlgui.engine.model_file import read_model
from dlgui.project.operations import rejection, runs, splits, training


@pytest.fixture
def lab(window, project):
    splits.split(project, 50, 35)
    training.train(project, training.Plan())
    folder = project.folder
    project.close()
    assert window.session.open(folder)
    window.tabs.setCurrentIndex(3)
    return window


def test_a_rule_is_designed_stored_obeyed_and_removed(lab, qtbot, idle):
    tab, run = lab.apply_tab, runs.get(lab.session.project)
    qtbot.mouseClick(lab.findChild(QWidget, "rejectDesignerButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lab.findChild(QWidget, "rejectDesigner") is not None, timeout=60000)
    dialog = lab.findChild(QWidget, "rejectDesigner")
    assert "answered" in dialog.summary.text()

    proposed = dialog.rule.thresholds
    dialog.silence.setValue(0.0)  # saying nothing is free
    assert dialog.thresholds.thresholds != list(proposed)
    dialog.silence.setValue(5.0)  # and now dearer than any mistake
    assert dialog.rule.decide(dialog.evidence.found.confidences).max() == 0
    dialog.costs.setData(dialog.costs.index(0, 1), "100")
    assert dialog.rule.costs.wrong[0, 1] == 100
    assert not dialog.costs.setData(dialog.costs.index(0, 1), "much")
    assert dialog.rule.thresholds[0] >= dialog.rule.thresholds[2]
    dialog.costs.fill(1.0)

    table = dialog.findChild(QTableView, "thresholdTable")
    assert table.model().setData(table.model().index(1, 1), "77,5")
    assert dialog.rule.thresholds[1] == pytest.approx(0.775)
    assert not table.model().setData(table.model().index(1, 1), "120")
    dialog.target.setValue(0.0)
    dialog.aim()
    assert len(set(dialog.rule.thresholds)) == 1
    dialog.show()
    view = dialog.curve
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(view.width() - 15, view.height() // 2))
    assert len(set(dialog.rule.thresholds)) == 1, "a click on the curve takes one threshold for all"
    dialog.unknown.setChecked(False)
    assert dialog.rule.novelty is None
    dialog.unknown.setChecked(True)
    dialog.alarms.setValue(10)
    table.model().setData(table.model().index(0, 1), "100")
    rule = dialog.rule
    qtbot.mouseClick(lab.findChild(QWidget, "storeRule"), Qt.MouseButton.LeftButton)
    idle(lab)
    stored = read_model(run.model).rejection
    assert stored.thresholds == rule.thresholds
    assert stored.novelty.limit == pytest.approx(rule.novelty.limit)

    for turn, expected in ((lab.session.undo, None), (lab.session.redo, rule.thresholds)):
        turn()
        idle(lab)
        found = read_model(run.model).rejection
        assert expected == (found and found.thresholds)

    project = lab.session.project
    tab.classify([str(project.image_root / path) for path in project.images().path])
    idle(lab)
    thresholds = dict(zip(run.classes, rule.thresholds, strict=True))
    found = {(a.decision, bool(a.confidence < np.float32(thresholds[a.predicted]))) for a in tab.table.answers}
    assert {pair for pair in found if pair[0] != "unknown"} == {("accepted", False), ("not_sure", True)}
    again = tab.show_designer(rejection.gather(project, run))
    assert again.rule.thresholds == rule.thresholds
    assert again.alarms.value() == pytest.approx(10, abs=0.01)
    again.findChild(QWidget, "removeRule").click()
    idle(lab)
    assert read_model(run.model).rejection is None
    assert lab.problems == []


def test_without_a_validation_split_it_says_what_to_do(lab, qtbot, idle):
    project = lab.session.project
    table = project.images()
    splits.assign(project, table.id[table.split == 1].tolist(), "train")
    lab.apply_tab.design()
    idle(lab)
    assert "validation" in str(lab.problems[-1])


def test_many_classes_have_their_rows(window, qtbot):
    """200 classes: nothing is made a widget a class."""
    from dlgui.engine import novelty
    from dlgui.engine.predictions import Predictions
    from dlgui.engine.rejection import Costs
    from dlgui.gui.apply.reject_designer import RejectDesigner
    from dlgui.project.operations.rejection import Evidence

    rng = np.random.default_rng(0)
    confidences = rng.dirichlet(np.full(200, 0.02), 1000).astype(np.float32)
    found = Predictions([f"class {i}" for i in range(200)], confidences, rng.integers(0, 200, 1000),
                        [str(i) for i in range(1000)])
    features = rng.normal(size=(400, 30)).astype(np.float32)
    fitted = novelty.fit(features, rng.integers(0, 200, 400), 200)
    run = type("Run", (), {"id": "run-001"})()
    dialog = RejectDesigner(Evidence(run, found, fitted, fitted.distances(rng.normal(size=(1000, 30))), None,
                                     Costs.uniform(200)))
    qtbot.addWidget(dialog)
    assert dialog.thresholds.rowCount() == 200
    assert dialog.costs.columnCount() == 200
    dialog.propose()
