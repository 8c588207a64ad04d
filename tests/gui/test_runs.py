"""The book of runs in the window: sort, rename, note, compare, duplicate, export, delete and undo."""

import csv
import shutil
import struct

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QPushButton, QStyleOptionHeader, QWidget

from dlgui.gui import theme
from dlgui.gui.train.run_table import COLUMNS
from dlgui.project.operations import comparison, evaluations, labels, runs, splits, training
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


@pytest.fixture(scope="module")
def folder_of_runs(small_folder, tmp_path_factory):
    """A project with two quick runs and two short fine-tunings."""
    folder = tmp_path_factory.mktemp("runs") / "runs.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project)
        for plan in (Plan(image_size=48, device="cpu"), Plan(image_size=64, device="cpu"),
                     *(Plan(method="finetune", image_size=32, device="cpu", settings={
                         "epochs": 2, "batch_size": 8, "learning_rate": rate}) for rate in (1e-3, 1e-5))):
            evaluations.judge(project, training.train(project, plan))
    return folder


@pytest.fixture
def trained(window, folder_of_runs, tmp_path, idle):
    """The window on its Train tab over a copy of that project."""
    shutil.copytree(folder_of_runs, tmp_path / "runs.dlproj")
    assert window.session.open(tmp_path / "runs.dlproj")
    window.tabs.setCurrentIndex(1)
    idle(window)
    return window


def texts(table, column):
    place = COLUMNS.index(column)
    return [table.model().index(row, place).data() for row in range(table.model().rowCount())]


def test_the_book_of_runs(trained, qtbot, idle, tmp_path):
    tab, project = trained.train_tab, trained.session.project
    table = named(trained, "runTable")
    assert texts(table, "run") == ["run-004", "run-003", "run-002", "run-001"]
    table.sortByColumn(COLUMNS.index("validation"), Qt.SortOrder.AscendingOrder)
    errors = [float(text.split()[0]) for text in texts(table, "validation")]
    assert errors == sorted(errors)
    assert all(text.endswith("B") for text in texts(table, "model"))
    for column in COLUMNS:  # every column sorts both ways, and what is not known comes last
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            table.sortByColumn(COLUMNS.index(column), order)
            assert sorted(texts(table, "run")) == ["run-001", "run-002", "run-003", "run-004"]
            if column == "epochs":
                assert texts(table, "epochs")[2:] == ["–", "–"]

    # a quick run has bars, a fine-tuning curves, several lie over one another
    table.select([1])
    assert named(trained, "errorBars").isVisible()
    assert "cross-validated" in named(trained, "errorBars").accessibleDescription()
    table.select([3])
    assert named(trained, "trainingPlot").isVisible()
    history = runs.history(project, runs.get(project, "run-003"))
    curves = tab.plot.runs[0].curves
    np.testing.assert_allclose(curves["validation"].y, [100 * row["validation_top1_error"] for row in history])
    assert len(curves["loss"]) == history[-1]["iteration"]
    for words in ("loss", "training", "validation", "learning rate"):
        assert words in tab.plot.readout(1.5)
    table.select([3, 4])
    assert [run.run for run in tab.plot.runs] == [run.id for run in table.selected()]
    table.select([1, 3])  # a quick run has no epochs: a level line
    level, fine = sorted(tab.plot.runs, key=lambda run: run.run)
    assert level.level == pytest.approx(100 * runs.get(project, "run-001").validation_top1_error)
    assert fine.level is None
    assert "no epochs" in tab.plot.readout(1.5)
    names = [label.text for _, label in tab.plot.legend.items]
    assert names == [run.name for run in tab.plot.runs]
    table.select([3, 4])
    tab.curves.logarithmic.setChecked(True)
    tab.curves.smoothing.setValue(4)
    tab.curves.loss.setChecked(False)
    assert "loss" not in tab.plot.readout(1.5)

    # names and notes are on disk at once, and undone
    assert table.items.setData(table.items.index(1, 0), "my run")
    assert table.items.setData(table.items.index(1, COLUMNS.index("note")), "slow")
    assert runs.get(project, "my run").note == "slow"
    trained.actions_by_name()["actionUndo"].trigger()
    trained.actions_by_name()["actionUndo"].trigger()
    assert runs.get(project, "run-003").name == ""

    # pictures and tables
    for name in ("plot.png", "plot.csv", "plot.svg"):
        tab.curves.write(tmp_path / name)
        seen = tab.plot.grab().toImage()
        idle(trained)
        assert str(tmp_path / name) in trained.statusBar().currentMessage()
    assert QImage(str(tmp_path / "plot.png")).width() == 2 * tab.plot.width()
    assert likeness(drawn(tmp_path / "plot.svg", tab.plot.size()), seen) > 0.8
    with (tmp_path / "plot.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"run-003", "run-004"}
    written = [float(row["validation_top1_error"]) for row in rows if (row["run"], row["kind"]) == ("run-003", "epoch")]
    assert written == [row["validation_top1_error"] for row in history]
    tab.curves.write_tensorboard(tmp_path / "events")
    idle(trained)
    assert f'tensorboard --logdir "{tmp_path / "events"}"' in trained.statusBar().currentMessage()
    assert losses_of(tmp_path / "events" / "run-003") == pytest.approx(curves["loss"].y)
    table.select([1])
    tab.curves.write(tmp_path / "bars.svg")
    idle(trained)
    assert QSvgRenderer(str(tmp_path / "bars.svg")).isValid()
    tab.curves.write(tmp_path / "nowhere" / "bars.svg")
    idle(trained)
    assert "nowhere" in str(trained.problems.pop())

    # duplicate: the form has the run's settings
    table.select([4])
    qtbot.mouseClick(trained.findChild(QPushButton, "duplicateRunButton"), Qt.MouseButton.LeftButton)
    said = named(trained, "trainingStatus")
    qtbot.waitUntil(lambda: said.height() >= said.heightForWidth(said.width()) > 0)
    plan = tab.form.plan()
    assert (plan.method, plan.image_size) == ("finetune", 32)
    made = training.TrainingSettings.from_dict(plan.settings)
    assert (made.epochs, made.hyperparameters.learning_rate) == (2, pytest.approx(1e-5))

    # delete and undo, the model is there again
    table.select([1, 2])
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert [run.id for run in runs.all_runs(project)] == ["run-003", "run-004"]
    assert table.rowCount() == 2
    assert len(table.selected()) == 1  # the next one, so that the plot is not empty
    assert "2 runs taken off the list" in trained.statusBar().currentMessage()
    trained.actions_by_name()["actionUndo"].trigger()
    assert [run.id for run in runs.all_runs(project)] == ["run-001", "run-002", "run-003", "run-004"]
    assert runs.get(project, "run-001").model.exists()
    table.select([1, 2])
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    trained.session.close()
    assert trained.session.open(project.folder)  # undo outlives the window
    assert table.rowCount() == 2
    trained.actions_by_name()["actionUndo"].trigger()
    assert sorted(texts(table, "run")) == ["run-001", "run-002", "run-003", "run-004"]
    assert trained.problems == []


def test_the_mouse_reads_and_zooms_the_plot(trained, qtbot):
    tab = trained.train_tab
    tab.table.select([3, 4])
    plot, view = tab.plot, tab.plot.viewport()
    at = QPointF(view.rect().center())

    def move():
        QApplication.sendEvent(view, QMouseEvent(
            QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier))
        return named(trained, "plotReadout").isVisible()

    def epochs_shown():
        low, high = plot.getPlotItem().getViewBox().viewRange()[0]
        return high - low

    qtbot.waitUntil(move)
    for word in ("run-003", "run-004", "validation", "learning rate"):
        assert word in named(trained, "plotReadout").text()
    theme.apply("dark")
    assert all(theme.colours().ink in label.item.toHtml() for _, label in plot.legend.items)
    whole = epochs_shown()
    QApplication.sendEvent(view, QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False))
    assert epochs_shown() < 0.9 * whole
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    assert epochs_shown() == pytest.approx(whole)
    assert trained.problems == []


def test_many_and_long_runs_do_not_hold_the_window(trained, qtbot, idle):
    tab, project = trained.train_tab, trained.session.project
    template = runs.get(project, "run-003")
    for seed in range(14):
        run = runs.create(project, network=template.network, method="finetune", parameters=template.parameters,
                          seed=seed, device="cpu", classes=template.classes)
        runs.append(project, run, runs.history(project, template)[0], epochs=1)
    tab.table.selectAll()
    assert tab.curves.head.text() == "12 of 18 runs drawn"
    assert [curves.run for curves in tab.plot.runs] == [run.id for run in tab.table.selected()][:12]
    tab.table.selectionModel().clearSelection()
    tab.table.select([1])
    assert tab.curves.head.text() == "run-001"

    batches = np.arange(1.0, 50_001.0)  # so many are read in a job
    rows = np.stack([batches, batches / 25_000, 1 / batches, np.full(50_000, 0.001)], 1)
    (template.folder / "batches.f64").write_bytes(rows.tobytes())
    tab.table.select([3])
    qtbot.waitUntil(lambda: [curves.run for curves in tab.plot.runs] == ["run-003"])
    np.testing.assert_array_equal(tab.plot.runs[0].curves["loss"].y, 1 / batches)
    dialog = tab.compare([template])
    qtbot.waitUntil(lambda: bool(dialog.curves.plot.runs) and len(dialog.curves.plot.runs[0].curves["loss"]) == 50_000)
    tab.table.select([3, 4])
    tab.table.select([4])  # what was asked for last is shown
    idle(trained)
    assert [curves.run for curves in tab.plot.runs] == ["run-004"]


def test_runs_side_by_side(trained, qtbot, idle):
    tab, project = trained.train_tab, trained.session.project
    path = project.images().path[int(project.images().rows("train")[0])]
    before = runs.snapshot(project, runs.get(project, "run-003"))[path][0]
    labels.assign(project, [int(project.images().id[project.images().path.index(path)])], next(
        info.id for info in project.classes() if info.name != before))
    tab.table.select([3, 4])
    qtbot.mouseClick(trained.findChild(QPushButton, "compareRunsButton"), Qt.MouseButton.LeftButton)
    dialog = named(tab, "compareDialog")
    qtbot.waitUntil(lambda: dialog.shown.rowCount() > 0)
    assert "learning rate" in rows_of(dialog)
    assert "batch size" not in rows_of(dialog)
    dialog.only.setChecked(False)
    shown = rows_of(dialog)
    assert {"batch size", "validation error", "data hash"} <= shown

    # image by image: the four groups add up, and each image is where it belongs
    dialog.pages.setCurrentWidget(dialog.images)
    idle(trained)
    found = dialog.images.found
    assert len(found.paths) == len(project.images().rows("test"))
    counts = [len(found.rows(*group)) for group in ((True, False), (False, True), (False, False), (True, True))]
    assert sum(counts) == len(found.paths)
    dialog.images.group.setCurrentIndex(0)
    grid = named(dialog, "disagreementGrid")
    assert grid.items.rowCount() == counts[0]
    for row in range(counts[0]):
        k = found.paths.index(grid.items.item(row).name)
        assert found.of_a[k] == found.truth[k] != found.of_b[k]

    # what it was trained on stays known after the relabeling
    dialog.pages.setCurrentWidget(dialog.data)
    idle(trained)
    assert "1 have another class now" in named(dialog, "trainedOnText").text()
    assert comparison.trained_on(project, runs.get(project, "run-003")).relabeled == [path]
    assert named(dialog, "changedImages").items.item(0).caption.startswith(before)

    # a click leads from an image to the Data tab
    dialog.pages.setCurrentWidget(dialog.images)
    dialog.images.group.setCurrentIndex(int(np.argmax(counts)))
    wanted = grid.items.item(0).name
    place = grid.visualRect(grid.items.index(0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(named(dialog, "showDisagreementButton"), Qt.MouseButton.LeftButton)
    assert trained.tabs.currentIndex() == 0
    assert [trained.data_tab.grid.items.item(row).name for row in trained.data_tab.grid.selected()] == [wanted]
    assert not dialog.isVisible()

    # and so do the hardest images beside the plot, by the keyboard too
    trained.tabs.setCurrentIndex(1)
    tab.table.select([3])
    worst = named(trained, "worstImages")
    idle(trained)
    assert worst.items.rowCount() > 0
    worst.go_to(0)
    wanted = worst.items.item(0).name
    qtbot.keyClick(worst, Qt.Key.Key_Return)
    assert [trained.data_tab.grid.items.item(row).name for row in trained.data_tab.grid.selected()] == [wanted]
    assert trained.problems == []


def test_details_of_a_failed_run_say_why_and_long_names_end_in_dots(trained, qtbot, idle):
    tab, project = trained.train_tab, trained.session.project
    why = "local/part_0003.png: the file is empty; bring it back, or leave it out of the project and train again"
    runs.update(project, runs.get(project, "run-001"), state="failed", error=why)
    runs.rename(project, runs.get(project, "run-002"), "the night shift of line 3 before the lamps were changed")
    idle(trained)
    dialog = tab.compare([runs.get(project, f"run-00{n}") for n in (1, 2, 3, 4)])
    qtbot.waitUntil(lambda: dialog.shown.rowCount() > 0)
    rows = {dialog.shown.headerData(row, Qt.Orientation.Vertical): row for row in range(dialog.shown.rowCount())}
    assert dialog.shown.index(rows["problem"], 0).data() == why
    view, columns = dialog.view, dialog.view.horizontalHeader()
    qtbot.waitUntil(lambda: view.rowHeight(rows["problem"]) > 2 * view.rowHeight(rows["seal"]))
    option = QStyleOptionHeader()
    columns.initStyleOptionForIndex(option, 1)
    assert "…" in option.text
    assert QFontMetrics(columns.font()).horizontalAdvance(option.text) < columns.sectionSize(1)
    dialog.close()


def test_names_of_runs_have_more_room_in_a_wide_window_unless_a_person_moved_the_edge(trained):
    table = trained.train_tab.table
    for width, expected in ((2600, 350), (1000, 110)):
        table.resize(width, 200)
        assert table.columnWidth(0) == expected
    table.setColumnWidth(0, 130)
    table.resize(2600, 200)
    assert table.columnWidth(0) == 130


def test_dialogs_are_no_larger_than_their_window_or_the_screen(trained):
    trained.resize(1024, 700)
    dialog = trained.train_tab.compare(trained.train_tab.table.items.runs[:2])
    room = dialog.screen().availableSize().expandedTo(trained.size())
    assert dialog.width() <= room.width()
    assert dialog.height() < room.height()


@pytest.mark.parametrize("action", ["actionCompareRuns", "actionDuplicateRun", "actionRenameRun", "actionNoteRun",
                                    "actionExportCurves", "actionExportTensorBoard"])
def test_commands_about_a_run_say_what_to_do_without_one(trained, idle, action):
    trained.train_tab.table.clearSelection()
    trained.actions_by_name()[action].trigger()
    assert "in the table" in trained.statusBar().currentMessage()
    trained.train_tab.table.selectAll()
    trained.train_tab.runs.delete_selected()
    idle(trained)
    trained.actions_by_name()[action].trigger()
    assert "there is no run yet" in trained.statusBar().currentMessage().casefold()


def rows_of(dialog):
    """The names of the rows that a comparison shows."""
    return {dialog.shown.headerData(row, Qt.Orientation.Vertical) for row in range(dialog.shown.rowCount())}


def drawn(svg, size):
    """An SVG file as a picture on white."""
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    return picture


def likeness(*pictures):
    """The correlation of two pictures, looked at from afar."""
    seen = [picture.scaled(160, 100, mode=Qt.TransformationMode.SmoothTransformation).convertToFormat(
        QImage.Format.Format_Grayscale8) for picture in pictures]
    a, b = (np.frombuffer(picture.constBits(), np.uint8)[:16000].astype(float) for picture in seen)
    return float(np.corrcoef(a, b)[0, 1])


def losses_of(folder):
    """The scalar `batch/loss` of TensorBoard's event file in a folder, read by its documented record format."""
    from tensorboardX.proto.event_pb2 import Event

    content, found, at = next(folder.glob("events*")).read_bytes(), [], 0
    while at < len(content):
        length = struct.unpack_from("<Q", content, at)[0]
        event = Event.FromString(content[at + 12:at + 12 + length])
        found += [value.simple_value for value in event.summary.value if value.tag == "batch/loss"]
        at += 16 + length
    return found
