"""Whole tasks in the real window."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLineEdit,
    QListView,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QToolButton,
    QWidget,
)

from dlgui.gui.filters import Filter
from dlgui.project.operations import runs
from dlgui.project.operations.info import info
from dlgui.project.project import Project


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def test_the_welcome_page_comes_first_and_nothing_heavy_is_loaded():
    code = ("import sys, time; t = time.perf_counter()\n"
            "from dlgui.gui import theme; from dlgui.gui.app import application\n"
            "from dlgui.gui.main_window import MainWindow\n"
            "app = application(); theme.apply(); w = MainWindow(); w.show(); app.processEvents()\n"
            "assert w.pages.currentWidget() is w.welcome\n"
            "print([m for m in ('torch', 'timm', 'onnxruntime', 'scipy') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_contract_names_are_there(opened):
    for name in ("workflowTabs", "dataTab", "trainTab", "evaluateTab", "applyTab", "imageGrid", "classList",
                 "splitPanel", "hyperparameterForm", "trainingPlot", "runTable", "startTrainingButton",
                 "pauseTrainingButton", "stopTrainingButton", "confusionMatrix", "resultGrid", "heatmapView",
                 "runSelector", "splitSelector", "applyDropArea", "applyResults"):
        named(opened, name)
    assert isinstance(named(opened, "imageGrid"), QListView)
    actions = opened.actions_by_name()
    for name in ("actionNewProject", "actionOpenProject", "actionImportFolder", "actionImportCsv", "actionUndo",
                 "actionRedo", "actionCheckData", "actionExportModel", "actionExportReport", "actionExportScript"):
        assert actions[name].toolTip()
    tabs = opened.findChild(QTabWidget, "workflowTabs")
    assert [tabs.widget(i).objectName() for i in range(4)] == ["dataTab", "trainTab", "evaluateTab", "applyTab"]


def test_every_interactive_widget_has_name_tooltip_and_accessible_name(opened):
    for kind in (QPushButton, QComboBox, QSpinBox):
        for widget in opened.findChildren(kind):
            if widget.objectName().startswith("qt_"):
                continue
            assert widget.objectName(), widget
            assert widget.toolTip(), widget.objectName()
            assert widget.accessibleName(), widget.objectName()


def test_labeling_by_keys_is_on_disk_at_once_and_undone_after_a_restart(opened, qtbot, tmp_path):
    grid = named(opened, "imageGrid")
    grid.select([0, 1])
    qtbot.keyClick(grid, Qt.Key.Key_3)
    with Project.open(tmp_path / "small.dlproj", read_only=True) as other:
        assert info(other)["classes"] == {"global": 22, "local": 24, "nominal": 26}
    grid.select([5])
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    assert info(opened.session.project)["num_labeled"] == 71
    qtbot.keyClick(grid, Qt.Key.Key_F)
    folder = opened.session.project.folder
    opened.session.close()
    assert opened.session.open(folder)
    for _ in range(3):
        opened.actions_by_name()["actionUndo"].trigger()
    assert info(opened.session.project)["classes"] == {"global": 24, "local": 24, "nominal": 24}
    opened.actions_by_name()["actionRedo"].trigger()
    assert info(opened.session.project)["classes"]["nominal"] == 26
    assert opened.problems == []


def test_one_image_goes_on_to_the_next_unlabeled(opened, qtbot):
    grid = named(opened, "imageGrid")
    for row in (3, 6):
        grid.select([row])
        qtbot.keyClick(grid, Qt.Key.Key_Delete)
    grid.select([3])
    qtbot.keyClick(grid, Qt.Key.Key_2)
    assert grid.selected() == [6]
    qtbot.keyClick(grid, Qt.Key.Key_A)
    assert grid.selected() == [5]


def test_filters_and_split(opened, qtbot):
    grid, tab = named(opened, "imageGrid"), opened.data_tab
    named(opened, "classList").setCurrentRow(2)
    assert grid.items.rowCount() == 24
    named(opened, "nameFilter").setText("_0003")
    qtbot.waitUntil(lambda: grid.items.rowCount() == 1, timeout=2000)
    qtbot.mouseClick(named(opened, "clearFilterButton"), Qt.MouseButton.LeftButton)
    assert (tab.filter, grid.items.rowCount()) == (Filter(), 72)
    qtbot.mouseClick(named(opened, "splitButton"), Qt.MouseButton.LeftButton)
    assert info(opened.session.project)["splits"]["none"] == 0
    box = named(opened, "splitFilter")
    box.setCurrentIndex(box.findData("test"))
    assert grid.items.rowCount() == info(opened.session.project)["splits"]["test"]
    qtbot.mouseClick(named(opened, "splitButton"), Qt.MouseButton.LeftButton)
    assert "overwrite" in str(opened.problems[-1])


def test_train_evaluate_drill_down_relabel_apply(opened, qtbot, idle, tmp_path):
    opened.actions_by_name()["actionSplit"].trigger()
    opened.actions_by_name()["actionTrain"].trigger()
    assert not named(opened, "startTrainingButton").isEnabled()
    idle(opened, 120)
    project = opened.session.project
    assert runs.get(project).state == "done"
    assert named(opened, "runTable").rowCount() == 1
    assert named(opened, "startTrainingButton").isEnabled()

    opened.tabs.setCurrentIndex(2)
    idle(opened)
    matrix, grid = named(opened, "confusionMatrix"), named(opened, "resultGrid")
    found = opened.evaluate_tab.evaluation
    counts = found.confusion_matrix
    for i in range(3):
        for j in range(3):
            matrix.clicked.emit(matrix.model().index(i, j))
            assert grid.items.rowCount() == counts[i, j]
    matrix.clicked.emit(matrix.model().index(3, 1))  # a whole class
    assert grid.items.rowCount() == counts[:, 1].sum()
    qtbot.mouseClick(named(opened, "showAllButton"), Qt.MouseButton.LeftButton)
    assert grid.items.rowCount() == found.num_samples
    grid.select([0])
    idle(opened)
    assert not named(opened, "heatmapView").image().isNull()
    assert named(opened, "heatmapView").image().width() == 250

    wrong = int(counts.sum() - counts.trace())
    if wrong:
        qtbot.mouseClick(named(opened, "showErrorsButton"), Qt.MouseButton.LeftButton)
        grid.select([0])
        qtbot.mouseClick(named(opened, "acceptPredictionButton"), Qt.MouseButton.LeftButton)
        idle(opened)
        after = opened.evaluate_tab.evaluation.confusion_matrix
        assert after.sum() - after.trace() == wrong - 1

    opened.tabs.setCurrentIndex(0)
    idle(opened)
    box = named(opened, "stateFilter")
    box.setCurrentIndex(box.findData("wrong in the last run"))
    assert named(opened, "imageGrid").items.rowCount() == int(opened.data_tab.results.wrong(project.images()).sum())
    opened.data_tab.clear_filter()

    opened.tabs.setCurrentIndex(3)
    (tmp_path / "bad.png").write_bytes(b"no image")
    images = [str(project.image_root / p) for p in project.images().path[:40]]
    opened.apply_tab.classify([*images, str(tmp_path / "bad.png")])
    idle(opened)
    answers = opened.apply_tab.table.answers
    assert len(answers) == 41
    assert [a.path for a in answers if a.confidences is None] == [str(tmp_path / "bad.png")]
    opened.apply_tab.write_csv(tmp_path / "out.csv")
    idle(opened)
    assert (tmp_path / "out.csv").read_text().count("\n") == 41
    assert opened.problems == []


def test_fine_tuning_is_paused_left_for_later_and_goes_on(opened, qtbot, idle):
    opened.actions_by_name()["actionSplit"].trigger()
    opened.tabs.setCurrentIndex(1)
    form = opened.train_tab.form
    form.method.setCurrentIndex(1)
    form.image_size.setValue(48)
    form.epochs.setValue(3)
    form.batch_size.setValue(8)
    qtbot.mouseClick(named(opened, "startTrainingButton"), Qt.MouseButton.LeftButton)
    project = opened.session.project
    qtbot.waitUntil(lambda: bool(runs.all_runs(project)) and bool(runs.history(project, runs.all_runs(project)[0])),
                    timeout=90000)
    qtbot.mouseClick(named(opened, "pauseTrainingButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: runs.all_runs(project)[0].state == "paused", timeout=20000)
    qtbot.mouseClick(named(opened, "laterTrainingButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    assert runs.all_runs(project)[0].state == "paused"
    opened.train_tab.refresh()
    assert named(opened, "resumeTrainingButton").isVisible()
    qtbot.mouseClick(named(opened, "resumeTrainingButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    run = runs.all_runs(project)[0]
    assert (run.state, run.epochs) == ("done", 3)
    assert opened.problems == []


def test_the_window_stays_alive_while_training(opened, idle):
    opened.actions_by_name()["actionSplit"].trigger()
    worst, clock = [0.0], QElapsedTimer()
    clock.start()

    def beat():
        worst[0] = max(worst[0], clock.restart())
    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(10)
    opened.actions_by_name()["actionTrain"].trigger()
    idle(opened, 120)
    timer.stop()
    assert worst[0] < 1500  # far above the goal of 50 ms: this machine may be busy; benchmarks/gui.py measures


def test_a_project_is_made_from_a_dropped_folder(window, small_folder, tmp_path, idle):
    from dlgui.gui.data.import_dialog import ImportDialog

    dialog = ImportDialog(window.session.jobs, small_folder, window)
    idle(window)
    assert dialog.found.rowCount() == 3
    assert "72 images" in dialog.note.text()
    dialog.source.setCurrentIndex(dialog.source.findData("file_name_remove_index"))
    idle(window)
    assert dialog.listing.classes == ["textile"]
    dialog.images.setText(str(tmp_path / "nowhere"))
    dialog.preview()
    idle(window)
    assert not dialog.buttons.buttons()[0].isEnabled()
    dialog.close()
    window.create_project(tmp_path / "new.dlproj", small_folder, "last_folder")
    idle(window)
    assert info(window.session.project)["num_images"] == 72
    window.session.close()
    assert window.pages.currentWidget() is window.welcome
    assert window.welcome.list.count() == 1


def test_foreign_projects_and_failures_become_a_sentence(window, tmp_path):
    assert not window.session.open(tmp_path)
    assert "not a dlgui project" in str(window.problems[-1])
    window.show_problem(window.problems[-1])
    from PySide6.QtWidgets import QMessageBox

    box = window.findChild(QMessageBox, "problemDialog")
    assert "create a project" in box.informativeText()
    box.close()


def test_the_command_palette_finds_and_runs(opened, qtbot):
    from dlgui.gui.palette import CommandPalette

    dialog = CommandPalette(list(opened.actions_by_name().values()), opened)
    qtbot.addWidget(dialog)
    dialog.findChild(QLineEdit, "paletteText").setText("eval")
    assert dialog.list.count() == 1
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert opened.tabs.currentIndex() == 2


def test_check_data_lists_and_shows_the_images(opened, idle):
    from dlgui.gui.data.health_dialog import HealthDialog
    from dlgui.project.operations.checks import check

    found = check(opened.session.project)
    found["exact_duplicates"] = [opened.session.project.images().path[:2]]
    dialog = HealthDialog(opened.session, opened.pictures, found, opened)
    dialog.show_paths.connect(opened._show_paths)
    dialog.list.itemActivated.emit(dialog.list.item(0))
    assert named(opened, "imageGrid").items.rowCount() == 2
    dialog.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screenshots_of_every_tab(project, tmp_path, theme):
    folder = project.folder
    project.close()
    done = subprocess.run([sys.executable, "-m", "dlgui", "screenshots", str(folder), str(tmp_path / "out"), "--theme",
                           theme, "--size", "1100x720", "--json"], capture_output=True, text=True, check=True)
    files = json.loads(done.stdout)["files"]
    assert {"welcome", "data", "import", "health", "train", "evaluate", "apply"} <= {Path(f).stem for f in files}
    from PIL import Image

    with Image.open(tmp_path / "out" / "data.png") as picture:
        assert picture.size == (1100, 720)
        dark = picture.convert("L").resize((1, 1)).getpixel((0, 0)) < 128
    assert dark == (theme == "dark")


def test_all_buttons_answer(opened):
    """No button without a receiver."""
    for button in opened.findChildren(QAbstractButton):
        if button.objectName() and not button.objectName().startswith("qt_"):
            if isinstance(button, QToolButton) and (button.defaultAction() or button.menu()):
                continue  # stands for an action, or opens a menu
            checkable = button.isCheckable()
            assert button.receivers("2toggled(bool)" if checkable else "2clicked()") > 0 \
                or button.receivers("2clicked(bool)") > 0 or checkable, button.objectName()
