"""Real clicks on real results: every figure against scikit-learn, every drill-down against a brute-force count."""

import csv
import itertools

import numpy as np
import pytest
from looking import all_right, brute, click, named, shown_matrix, shown_paths
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QSlider, QTableWidget
from sklearn import metrics

from dlgui.engine.matrix_table import MatrixTable
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria
from dlgui.engine.what_if import decide
from dlgui.gui.evaluate.curves_page import _root_ticks
from dlgui.gui.evaluate.matrix_files import picture_size
from dlgui.project.operations import classes, epochs, evaluations, labels, runs, splits


def test_every_click_shows_the_images_of_a_brute_force_count(judged, qtbot):
    matrix = named(judged, "confusionMatrix")
    for row, column in itertools.product(range(4), range(4)):
        click(qtbot, matrix, row, column)
        assert shown_paths(judged) == brute(judged, lambda found, i, row=row, column=column: row in (
            3, found.predicted[i]) and column in (3, found.truth[i]))
    click(qtbot, matrix, 0, 1)
    click(qtbot, matrix, 2, 2, Qt.KeyboardModifier.ControlModifier)
    assert shown_paths(judged) == brute(judged, lambda found, i: (found.predicted[i], found.truth[i]) in (
        (0, 1), (2, 2)))
    header = matrix.horizontalHeader()
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton,
                     pos=header.viewport().rect().topLeft() + type(header.viewport().rect().topLeft())(
                         header.sectionViewportPosition(1) + 5, 5))
    assert shown_paths(judged) == brute(judged, lambda found, i: found.truth[i] == 1)


def test_keys_walk_over_the_matrix(judged, qtbot):
    matrix = named(judged, "confusionMatrix")
    click(qtbot, matrix, 0, 0)
    qtbot.keyClick(matrix, Qt.Key.Key_Down)
    assert (matrix.currentIndex().row(), matrix.currentIndex().column()) == (1, 0)
    assert shown_paths(judged) == brute(judged, lambda found, i: (found.predicted[i], found.truth[i]) == (1, 0))
    qtbot.keyClick(matrix, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert shown_paths(judged) == brute(judged, lambda found, i: found.predicted[i] == 1 and found.truth[i] < 2)
    before = matrix.rowHeight(0)
    qtbot.keyClick(matrix, Qt.Key.Key_Plus)
    assert matrix.rowHeight(0) > before
    qtbot.keyClick(matrix, Qt.Key.Key_0)
    assert matrix.rowHeight(0) == before


def test_figures_agree_with_scikit_learn(judged, idle):
    idle(judged)
    found, matrix = judged.evaluate_tab.evaluation, named(judged, "confusionMatrix")
    truth, predicted = found.predictions.truth, found.predictions.predicted
    expected = metrics.confusion_matrix(truth, predicted, labels=range(3)).T
    model = matrix.model()
    assert [[int(model.index(i, j).data()) for j in range(3)] for i in range(3)] == expected.tolist()
    precision, recall, f_score, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(3), zero_division=0)
    table = model.table
    for i in range(3):
        assert table.truth_margin.texts[i] == [f"{100 * recall[i]:.1f} %", f"{100 * f_score[i]:.1f} %",
                                               str(support[i])]
        assert table.answer_margin.texts[i][0] in (f"{100 * precision[i]:.1f} %", "–")
    text = named(judged, "evaluationHeadline", QLabel).text()
    assert f"{100 * (1 - metrics.accuracy_score(truth, predicted)):.2f} %" in text.replace("&nbsp;", " ")
    assert f"{100 * recall.mean():.2f} %" in text.replace("&nbsp;", " ")
    for key, (low, high) in judged.evaluate_tab.headline.intervals.items():
        assert low <= getattr(found, key) <= high


def test_the_matrix_turns_sorts_and_tells(judged, qtbot):
    matrix, page = named(judged, "confusionMatrix"), judged.evaluate_tab.pages[0]
    counts = judged.evaluate_tab.evaluation.confusion_matrix
    qtbot.mouseClick(named(judged, "matrixTranspose"), Qt.MouseButton.LeftButton)
    click(qtbot, matrix, 1, 2)
    assert len(shown_paths(judged)) == counts[2, 1]
    click(qtbot, matrix, 1, 3)  # the sum of a true class
    assert len(shown_paths(judged)) == counts[:, 1].sum()
    page.order.setCurrentIndex(page.order.findData("error"))
    page.mode.setCurrentIndex(page.mode.findData("prediction"))
    names = [matrix.model().headerData(i, Qt.Orientation.Vertical) for i in range(3)]
    recall = dict(zip(judged.evaluate_tab.evaluation.classes, judged.evaluate_tab.evaluation.recall, strict=True))
    assert [recall[n] for n in names] == sorted(recall.values())
    whole = sum(counts[:, j].sum() for j in range(3))
    assert matrix.model().index(3, 3).data() == str(whole)
    for name in ("blue_orange", "sequential", "plain", "halcon"):
        page.palette_box.setCurrentIndex(page.palette_box.findData(name))
        assert not matrix.grab().isNull()
    named(judged, "matrixSearch").setText("nomi")
    assert matrix.columns._marked
    place = matrix.visualRect(matrix.model().index(0, 0)).center()
    qtbot.mouseMove(matrix.viewport(), place)
    qtbot.waitUntil(lambda: "of" in page.said.text(), timeout=3000)


def test_the_matrix_is_copied_and_exported(judged, tmp_path, qtbot):
    matrix, page = named(judged, "confusionMatrix"), judged.evaluate_tab.pages[0]
    matrix.setFocus()
    qtbot.keyClick(matrix, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == matrix.model().table.to_text()
    for suffix in ("csv", "png", "svg"):
        page.write(tmp_path / f"matrix.{suffix}")
    with (tmp_path / "matrix.csv").open(newline="") as file:
        assert [int(n) for n in list(csv.reader(file))[1][1:4]] == judged.evaluate_tab.evaluation.confusion_matrix[
            0].tolist()
    with Image.open(tmp_path / "matrix.png") as picture:
        assert picture.width == 2 * picture_size(matrix).width()
    assert "<svg" in (tmp_path / "matrix.svg").read_text()[:600]


def test_filters_combine(judged, qtbot):
    qtbot.mouseClick(named(judged, "showAllButton"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(named(judged, "resultFiltersButton"), Qt.MouseButton.LeftButton)
    truth = named(judged, "truthFilter")
    truth.setCurrentIndex(truth.findData("local"))
    named(judged, "minimumConfidence").setValue(40)
    named(judged, "maximumConfidence").setValue(90)
    assert shown_paths(judged) == brute(judged, lambda found, i: found.classes[found.truth[i]] == "local"
                                        and 0.4 <= found.confidence[i] <= 0.9)
    named(judged, "resultNameFilter").setText("_001")
    named(judged, "topkMissFilter").setValue(1)
    assert shown_paths(judged) == brute(
        judged, lambda found, i: found.classes[found.truth[i]] == "local" and 0.4 <= found.confidence[i] <= 0.9
        and "_001" in found.paths[i] and found.predicted[i] != found.truth[i])
    qtbot.mouseClick(named(judged, "clearResultFiltersButton"), Qt.MouseButton.LeftButton)
    assert len(shown_paths(judged)) == judged.evaluate_tab.evaluation.num_samples
    assert truth.currentData() is None


def test_the_order_is_by_loss_confidence_or_likeness(judged, idle):
    tab = judged.evaluate_tab
    tab.inspection.choose(Criteria())
    found, order = tab.evaluation.predictions, tab.results.order
    for value, key in (("loss", found.loss), ("confidence", found.confidence)):
        order.setCurrentIndex(order.findData(value))
        assert (np.diff(key[tab.inspection.positions]) <= 0).all()
    tab.results.grid.select([4])
    chosen = tab.results.selected()[0]
    order.setCurrentIndex(order.findData("likeness"))
    idle(judged)
    assert tab.inspection.samples(tab.inspection.positions[:1])[0].path == chosen.path


def test_what_if_moves_the_matrix(judged, qtbot, idle):
    tab, matrix = judged.evaluate_tab, named(judged, "confusionMatrix")
    qtbot.mouseClick(named(judged, "whatIfButton"), Qt.MouseButton.LeftButton)
    named(judged, "thresholdSlider", QSlider).setValue(600)
    found = tab.evaluation.predictions
    assert matrix.model().headerData(3, Qt.Orientation.Vertical) == "not sure"
    click(qtbot, matrix, 3, 4 - 1)  # the sum of the row
    assert shown_paths(judged) == brute(judged, lambda found, i: found.confidence[i] < 0.6)
    given = found.confidence >= 0.6
    assert tab.inspection.decisions.wrong == int((given & ~found.correct).sum())
    named(judged, "thresholdBox").setValue(0)
    assert matrix.model().rowCount() == 4

    click(qtbot, matrix, 0, 1)
    judged.findChild(QAction, "mergeClasses").trigger()
    assert tab.inspection.decisions.classes == ["global + local", "nominal"]
    joint = found.confidences[:, :2].sum(1)
    assert tab.inspection.decisions.matrix[0, 1] == int(((joint >= found.confidences[:, 2]) & (found.truth == 2)).sum())
    judged.findChild(QAction, "separateClasses").trigger()
    assert tab.inspection.decisions.classes == found.classes

    panel = tab.pages[0].what_if
    panel.edit_costs()
    dialog = named(judged, "costDialog")
    dialog.model.setData(dialog.model.index(0, 1), "5")
    assert not dialog.model.setData(dialog.model.index(0, 1), "-1")
    dialog.accept()
    costs = panel.costs(found.classes)
    assert costs[0, 1] == 5
    mean = costs[found.predicted, found.truth].mean()
    assert f"cost {mean:.4f}" in panel.said.text()
    judged.actions_by_name()["actionUndo"].trigger()
    assert panel.costs(found.classes)[0, 1] == 1
    judged.actions_by_name()["actionRedo"].trigger()
    assert f"cost {mean:.4f}" in panel.said.text()
    judged.findChild(QAction, "proposeThreshold").trigger()
    idle(judged)
    assert "validation images" in panel.proposed.text()


def test_curves_agree_with_scikit_learn_and_choose(judged, qtbot, idle):
    tab = judged.evaluate_tab
    qtbot.mouseClick(named(judged, "curvesPageButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    page, found = tab.pages[1], tab.evaluation.predictions
    for i, name in enumerate(found.classes):
        assert page.drawn.roc[name].area == pytest.approx(metrics.roc_auc_score(found.truth == i,
                                                                                found.confidences[:, i]))
        assert page.drawn.precision_recall[name].area == pytest.approx(
            metrics.average_precision_score(found.truth == i, found.confidences[:, i]))
    assert {"as it is", "calibrated anew"} <= set(page.drawn.reliability)
    number = len(judged.session.project.images().rows("validation"))
    assert (page.drawn.fitted_on, page.drawn.crossed) == (number, number)
    for i in range(page.kind.count()):
        page.kind.setCurrentIndex(i)
        assert page.said.text()
    page.kind.setCurrentIndex(page.kind.findData("histogram"))
    page.choose_at(0.99, 1)
    assert shown_paths(judged) == brute(judged, lambda found, i: found.confidence[i] >= 0.95)
    page.kind.setCurrentIndex(page.kind.findData("roc"))
    curve = page.drawn.roc["local"]
    page.of_class.setCurrentIndex(page.of_class.findData("local"))
    page.choose_at(float(curve.x[2]), float(curve.y[2]))
    place = int(np.argmin(np.hypot(curve.x - curve.x[2], curve.y - curve.y[2])))
    assert shown_paths(judged) == brute(judged, lambda found, i: (
        found.confidences[i, 1] >= curve.thresholds[place]) != (found.truth[i] == 1))


def test_the_mean_area_is_that_of_all_classes_though_few_are_drawn(judged, qtbot, idle, monkeypatch):
    page = judged.evaluate_tab.pages[1]
    qtbot.mouseClick(named(judged, "curvesPageButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    monkeypatch.setattr(page, "_most", lambda: 1)
    for kind, word in (("roc", "ROC"), ("precision_recall", "average precision")):
        page.kind.setCurrentIndex(page.kind.findData(kind))
        page._draw()
        areas = [curve.area for curve in getattr(page.drawn, kind).values()]
        assert len(page.plot.plotItem.listDataItems()) == 1
        assert word in page.said.text()
        assert f"{np.mean(areas):.4f}" in page.said.text()


def test_the_axis_of_square_roots_has_round_numbers_with_room_between(judged):
    assert _root_ticks(8) == [0, 1, 2, 5, 8]
    assert _root_ticks(1) == [0, 1]
    for top in (37, 399, 100000):
        ticks = _root_ticks(top)
        assert ticks[-1] == top
        assert np.diff(np.sqrt(ticks)).min() > 0.08 * top ** 0.5
        assert len(ticks) >= 4


def test_slices_are_shown_worst_first_and_drill_down(judged, qtbot, idle):
    qtbot.mouseClick(named(judged, "slicesPageButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    page, table = judged.evaluate_tab.pages[2], named(judged, "sliceTable", QTableWidget)
    assert table.rowCount() == len(page.found) > 3
    found = judged.evaluate_tab.evaluation.predictions
    for one in page.found:
        assert one.errors == int((~found.correct[one.positions]).sum())
    row = next(i for i, one in enumerate(page.found) if one.errors)
    table.selectRow(row)
    wrong = {found.paths[i] for i in page.found[row].positions if not found.correct[i]}
    assert set(shown_paths(judged)) == wrong
    page.kind.setCurrentIndex(page.kind.findData("brightness"))
    assert 2 <= table.rowCount() <= 4


def test_two_runs_are_compared(judged, qtbot, idle):
    qtbot.mouseClick(named(judged, "comparePageButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    page, project = judged.evaluate_tab.pages[3], judged.session.project
    other = runs.get(project, page.other.currentData())
    a, b = judged.evaluate_tab.evaluation.predictions, evaluations.predict(project, other, "all")
    assert a.paths == b.paths
    assert page.names()[0] in page.verdict.text()
    for which, mask in (("both", a.correct & b.correct), ("only_a", a.correct & ~b.correct),
                        ("only_b", ~a.correct & b.correct), ("neither", ~a.correct & ~b.correct),
                        ("differ", a.predicted != b.predicted)):
        page.show_images(which)
        assert shown_paths(judged) == sorted(p for p, m in zip(a.paths, mask, strict=True) if m)
        assert getattr(page, which).text().endswith(f": {mask.sum()}")
    matrix = named(judged, "comparedMatrix")
    for row, column in itertools.product(range(3), range(3)):
        one, two = ((p.predicted == row) & (p.truth == column) for p in (a, b))
        net, came = int(two.sum()) - int(one.sum()), int((two & ~one).sum())
        assert matrix.model().index(row, column).data() == (
            f"{net:+d}".replace("-", "−") if net else f"±{came}" if came else "")
        click(qtbot, matrix, row, column)
        assert shown_paths(judged) == sorted(p for p, moved in zip(a.paths, one != two, strict=True) if moved)
    kind = named(judged, "comparedKind")
    kind.setCurrentIndex(kind.findData("other"))
    click(qtbot, matrix, 1, 1)
    assert shown_paths(judged) == sorted(b.paths[i] for i in range(len(b)) if b.predicted[i] == b.truth[i] == 1)
    kind.setCurrentIndex(kind.findData("classes"))
    classes = named(judged, "comparedClasses", QTableWidget)
    classes.cellClicked.emit(2, 0)
    assert shown_paths(judged) == sorted(
        a.paths[i] for i in range(len(a)) if a.truth[i] == 2 and a.predicted[i] != b.predicted[i])


def test_the_epoch_slider_shows_the_network_as_it_was(judged, qtbot, idle):
    tab, project = judged.evaluate_tab, judged.session.project
    assert not named(judged, "epochSlider").isVisible()
    tab.runs.setCurrentIndex(tab.runs.findData("run-001"))
    idle(judged)
    slider, run = named(judged, "epochSlider", QSlider), runs.get(project, "run-001")
    assert slider.isVisible()
    assert epochs.of_run(run) == [1.0, 2.0, 3.0]
    answers = [epochs.predictions(project, run, e) for e in (1.0, 2.0, 3.0)]
    rows = runs.history(project, run)
    assert [float((~a.correct).mean()) for a in answers] == pytest.approx([r["validation_top1_error"] for r in rows])
    slider.setValue(0)
    idle(judged)
    assert tab.evaluation.top1_error == pytest.approx(rows[0]["validation_top1_error"])
    assert named(judged, "splitSelector").currentData() == "validation"
    assert "after epoch 1" in named(judged, "evaluationHeadline", QLabel).text().replace("&nbsp;", " ")
    tab.inspection.choose(Criteria())
    idle(judged)
    sample = tab.results.selected()[0]
    assert "after epoch 1" in named(judged, "whyEpoch", QLabel).text()
    final = evaluations.predict(project, run, "validation")
    place = final.paths.index(sample.path)
    name, share = final.classes[final.predicted[place]], 100 * final.confidence[place]
    assert tab.why.views.heads[0].text() == f"finished network, for {name} {share:.1f} %"
    assert tab.why.judgement.bars.rows[0][1] == pytest.approx(tab.evaluation.predictions.confidence[sample.position])
    table = np.stack([a.predicted for a in answers])
    changes = dict(zip(answers[0].paths, (np.diff(table, axis=0) != 0).sum(0), strict=True))
    qtbot.mouseClick(named(judged, "flipsButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    assert shown_paths(judged) == sorted(p for p, n in changes.items() if n)
    order = [changes[s.path] for s in tab.inspection.samples(tab.inspection.positions)]
    assert order == sorted(order, reverse=True)
    tab.inspection.flag([tab.inspection.samples(tab.inspection.positions)[0].image_id])
    idle(judged)
    assert tab.inspection.epoch == 3  # a commit elsewhere changes nothing about what is looked at
    slider.setValue(3)
    idle(judged)
    assert tab.evaluation.num_samples == 72
    assert tab.inspection.epoch is None
    assert named(judged, "splitSelector").currentData() == "all"
    assert not named(judged, "whyEpoch").isVisible()
    slider.setValue(1)
    idle(judged)
    split = named(judged, "splitSelector")
    split.setCurrentIndex(split.findData("test"))  # which epochs do not know
    idle(judged)
    assert tab.inspection.epoch is None
    assert slider.value() == 3


def test_the_matrix_keeps_room_beside_the_epochs_and_the_what_if_in_a_small_window(judged, qtbot, idle):
    judged.resize(1024, 700)
    tab, matrix = judged.evaluate_tab, named(judged, "confusionMatrix")
    tab.runs.setCurrentIndex(tab.runs.findData("run-001"))
    idle(judged)
    qtbot.mouseClick(named(judged, "whatIfButton"), Qt.MouseButton.LeftButton)
    slider, panel = named(judged, "epochSlider", QSlider), named(judged, "whatIfPanel")
    for place in (3, 0, 3):
        slider.setValue(place)
        idle(judged)
        assert slider.isVisible()
        assert panel.isVisible()
        qtbot.waitUntil(lambda: matrix.columns.height() == matrix.columns.sizeHint().height())
        assert matrix.cell.height >= 24
        cell = matrix.cell
        matrix.fit()
        assert matrix.cell == cell
    actions = named(judged, "whatIfActionsButton")
    assert panel.rect().contains(actions.geometry())


def test_seven_classes_have_fair_cells_where_the_matrix_is_low(qtbot):
    names = [f"a defect with a long name {i}" for i in range(7)]
    assert shown_matrix(qtbot, names, (341, 296)).cell.height > 20
    assert shown_matrix(qtbot, names, (341, 262)).cell.height >= 19


def test_the_selected_image_stays_after_a_relabel_and_undo_brings_it_back(judged, qtbot, idle):
    tab = judged.evaluate_tab
    before = tab.evaluation.confusion_matrix
    matrix = named(judged, "confusionMatrix")
    click(qtbot, matrix, 1, 1)
    tab.results.grid.select([2])
    moved = tab.results.selected()[0]
    tab.inspection.relabel([moved.image_id], "global")
    idle(judged)
    after = tab.evaluation.confusion_matrix
    assert after[1, 0] == before[1, 0] + 1
    assert after[1, 1] == before[1, 1] - 1
    assert moved.path not in shown_paths(judged)
    judged.actions_by_name()["actionUndo"].trigger()
    idle(judged)
    assert (tab.evaluation.confusion_matrix == before).all()
    matrix.selectionModel().select(matrix.model().index(0, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert len(shown_paths(judged)) == before[0, 0]


def test_the_matrix_paints_the_legacy_colours_by_share_of_the_truth(judged):
    """Made answers whose shares of the truth lie in every step; the pixels of the widget are looked at."""
    counts = np.array([[985, 40, 300, 0], [1, 955, 0, 40], [14, 5, 600, 55], [0, 0, 100, 905]])  # rows = answers
    answer, truth = np.nonzero(counts)
    number = counts[answer, truth]
    answer, truth = np.repeat(answer, number), np.repeat(truth, number)
    found = Predictions(list("abcd"), np.eye(4, dtype=np.float32)[answer], truth, [str(i) for i in range(len(truth))])
    matrix = named(judged, "confusionMatrix")
    for transposed, mode in ((False, "absolute"), (False, "truth"), (True, "absolute")):
        matrix.show_table(MatrixTable(decide(found), mode, np.arange(4), transposed))
        picture, ratio = matrix.viewport().grab().toImage(), matrix.devicePixelRatioF()
        for row, column in itertools.product(range(4), range(4)):
            said, true = (column, row) if transposed else (row, column)
            share = counts[said, true] / counts[:, true].sum()
            if said == true:
                steps = ((0.98, "#00ff00"), (0.95, "#15de15"), (0.9, "#2bbd2b"), (0.8, "#419c41"), (0.6, "#508650"))
            else:
                steps = ((0.2, "#ff0000"), (0.1, "#d91a1a"), (0.05, "#b33333"), (0, "#8c4d4d"))
            expected = next((colour for above, colour in steps if share > above), "#666666")
            corner = matrix.visualRect(matrix.model().index(row, column)).topLeft()
            assert picture.pixelColor(int((corner.x() + 3) * ratio), int((corner.y() + 3) * ratio)).name() == expected


def test_the_headers_of_a_turned_matrix_have_room_for_what_they_show(judged, qtbot):
    matrix, turn = named(judged, "confusionMatrix"), named(judged, "matrixTranspose")
    for width in (1024, 1280):
        judged.resize(width, 700)
        for _ in range(2):
            qtbot.mouseClick(turn, Qt.MouseButton.LeftButton)
            assert matrix.columns.height() == matrix.columns.sizeHint().height()
            assert matrix.rows.width() == matrix.rows.sizeHint().width()


def test_names_are_whole_where_the_matrix_has_room(qtbot):
    names = ["ok", "scratch from handling in the night shift", "dent"]
    matrix = shown_matrix(qtbot, names, (800, 600))
    room = matrix.rows.fontMetrics().horizontalAdvance(names[1])
    assert matrix.rows.name_extent > room
    assert not matrix.columns.upright or matrix.columns.name_extent > room
    assert matrix.rowHeight(0) >= 24
    assert matrix.horizontalScrollBar().maximum() == matrix.verticalScrollBar().maximum() == 0
    small = shown_matrix(qtbot, names, (300, 300))  # names give way before cells become unreadable
    assert small.rows.name_extent < room
    assert small.rowHeight(0) >= 20


def test_the_hint_of_many_classes_goes_when_cells_can_be_read(judged, qtbot):
    page = judged.evaluate_tab.pages[0]
    assert page.said.text() == " "
    page.matrix.show_table(all_right([f"class {i}" for i in range(200)]))
    assert "200 classes" in page.said.text()
    page.matrix.setFocus()
    for _ in range(30):
        qtbot.keyClick(page.matrix, Qt.Key.Key_Plus)
    assert page.said.text() == " "
    qtbot.keyClick(page.matrix, Qt.Key.Key_0)
    assert "200 classes" in page.said.text()


def test_without_a_run_nothing_pretends_to_work(opened, qtbot):
    opened.tabs.setCurrentWidget(opened.evaluate_tab)
    qtbot.waitUntil(lambda: hasattr(opened.evaluate_tab, "why"))
    for name in ("matrixExportButton", "whatIfActionsButton", "thresholdSlider",
                 "heatmapMoreButton"):
        assert not named(opened, name).isEnabled()
    assert opened.evaluate_tab.runs.placeholderText() == "none yet"
    qtbot.mouseClick(named(opened, "evaluateRemedyButton"), Qt.MouseButton.LeftButton)
    assert opened.tabs.currentWidget() is opened.train_tab


def test_every_page_says_why_there_is_nothing_to_show(judged, qtbot, idle):
    tab, project = judged.evaluate_tab, judged.session.project
    table = project.images()
    judged.session.do(splits.assign, [int(i) for i in table.id[table.split == 2]], "train")
    tab.splits.setCurrentIndex(tab.splits.findData("test"))
    idle(judged)
    assert tab.evaluation is None
    for page, text in zip(tab.pages[1:], ("said", "said", "verdict", "note", "standing"), strict=True):
        tab.show_page(tab.pages.index(page))
        assert getattr(page, text).text() == "split test: no labeled, readable image in it; split the data first"
    help_button = named(judged, "evaluateRemedyButton")
    assert help_button.isVisible()
    assert help_button.text() == "Go to the split"
    tab.splits.setCurrentIndex(tab.splits.findData("validation"))
    idle(judged)
    assert not help_button.isVisible()


def test_images_that_a_run_cannot_be_judged_by_are_counted(judged, qtbot, idle):
    tab, headline = judged.evaluate_tab, named(judged, "evaluationHeadline", QLabel)
    assert "left out" not in headline.text()
    project = judged.session.project
    judged.session.do(classes.add, "<i>new")
    info = next(c for c in project.classes() if c.name == "<i>new")
    judged.session.do(labels.assign, project.images().id[:5].tolist(), info.id)
    idle(judged)
    assert len(tab.evaluation.predictions) == 67
    assert "left out: 5 of classes that the run does not know (&lt;i&gt;new)" in headline.text()
    judged.session.undo()
    idle(judged)
    assert "left out" not in headline.text()


def test_classes_renamed_and_merged_after_the_run_are_followed(judged, qtbot, idle):
    tab, headline = judged.evaluate_tab, named(judged, "evaluationHeadline", QLabel)
    before, of = tab.evaluation, {c.name: c.id for c in judged.session.project.classes()}
    judged.session.do(classes.rename, of["local"], "scratch")
    idle(judged)
    assert tab.evaluation.classes == ["global", "scratch", "nominal"]
    assert tab.evaluation.confusion_matrix.tolist() == before.confusion_matrix.tolist()
    assert "left out" not in headline.text()
    assert not tab.inspection.ghost
    click(qtbot, named(judged, "confusionMatrix"), 1, 1)
    assert shown_paths(judged) == brute(judged, lambda f, i: f.truth[i] == f.predicted[i] == 1)
    idle(judged)  # the heatmap of one of them
    judged.session.do(classes.merge, [of["local"], of["global"]], of["global"])
    idle(judged)
    assert tab.evaluation.classes == ["global", "nominal"]
    assert tab.evaluation.num_samples == before.num_samples
    assert tab.evaluation.top1_error <= before.top1_error
    click(qtbot, named(judged, "confusionMatrix"), 0, 0)
    idle(judged)
    assert shown_paths(judged) == brute(judged, lambda f, i: f.truth[i] == f.predicted[i] == 0)
    judged.session.undo()
    judged.session.undo()
    idle(judged)
    assert tab.evaluation.classes == before.classes


def test_an_excluded_image_leaves_the_matrix_and_a_flagged_one_shows_it(judged, qtbot, idle):
    tab, grid = judged.evaluate_tab, named(judged, "resultGrid")
    qtbot.mouseClick(named(judged, "showAllButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    path, number = grid.items.item(0).name, tab.evaluation.num_samples
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: grid.items.item(0).flag)
    idle(judged)
    qtbot.mouseClick(named(judged, "whyExcludeButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.evaluation.num_samples == number - 1)
    assert path not in shown_paths(judged)
    assert tab.pages[0].matrix.model().index(3, 3).data() == str(number - 1)
    judged.session.undo()
    qtbot.waitUntil(lambda: tab.evaluation.num_samples == number)
    assert path in shown_paths(judged)
