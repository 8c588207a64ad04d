"""Training for real in the real window: paused, stopped, killed, gone on with; what is shown beside it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from safetensors.numpy import load, load_file

from dlgui.cli import main as cli
from dlgui.engine.progress import Report
from dlgui.gui.remedies import offers
from dlgui.project.operations import batches, labels, run_files, runs, seals, training
from dlgui.project.operations.classes import rename as rename_class
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def click(window, qtbot, name):
    qtbot.mouseClick(window.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def plan(**settings):
    return Plan(method="finetune", image_size=32, device="cpu", settings={"epochs": 3, "batch_size": 8, **settings})


@pytest.fixture
def divided(opened):
    opened.actions_by_name()["actionSplit"].trigger()
    opened.tabs.setCurrentIndex(1)
    return opened


def wait_for_batches(window, qtbot, count=3):
    qtbot.waitUntil(lambda: bool(window.train_tab.plot.runs)
                    and len(window.train_tab.plot.runs[0].curves["loss"]) >= count, timeout=120000)


def test_stop_keeps_the_best_network_and_evaluates_it(divided, qtbot, idle):
    tab, project = divided.train_tab, divided.session.project
    tab.start_plan(plan(epochs=500))
    wait_for_batches(divided, qtbot)
    assert not named(divided, "startTrainingButton").isVisible()
    assert not named(divided, "quickStartButton").isEnabled()
    divided.actions_by_name()["actionTrain"].trigger()
    assert "another can start" in divided.statusBar().currentMessage()
    assert named(divided, "epochFigure").text().endswith("/ 500")
    assert named(divided, "memoryFigure").text() != "–"
    click(divided, qtbot, "pauseTrainingButton")
    qtbot.waitUntil(lambda: runs.all_runs(project)[0].state == "paused", timeout=30000)
    before = len(tab.plot.runs[0].curves["loss"])
    qtbot.wait(400)
    assert len(tab.plot.runs[0].curves["loss"]) == before
    tab.training.reported.emit(Report("training", 3, 360, 1.0, 5.0))  # what was on its way when the pause began
    assert named(divided, "trainingStatus").text().startswith("Paused")
    assert 5 <= tab.plot.viewRange()[0][1] < 500  # room for the next epochs, not for all of them
    click(divided, qtbot, "stopTrainingButton")
    idle(divided, 120)
    assert named(divided, "quickStartButton").isEnabled()
    divided.actions_by_name()["actionStopTraining"].trigger()
    assert divided.statusBar().currentMessage() == "No training is running."
    run = runs.all_runs(project)[0]
    assert run.state == "done"
    assert run.model.exists()
    assert run.test_top1_error is not None
    assert run.best_epoch is not None  # 0 where no epoch beat the quick classifier
    assert 0 < runs.history(project, run)[-1]["epoch"] < 500
    assert {row[0] for row in project.store.rows("SELECT split FROM evaluations")} == {"validation", "test"}
    assert len(batches.read(run)) == runs.history(project, run)[-1]["iteration"]
    assert "is done" in named(divided, "trainingStatus").text()
    assert run_files.worst(run)
    assert tab.live.worst.items.rowCount() == len(run_files.worst(run))
    trained = tab.plot.runs[0].last
    qtbot.waitUntil(lambda: tab.plot.viewRange()[0][1] == pytest.approx(1.02 * trained))  # it ends where the run ended
    assert divided.problems == []


def test_the_plot_is_dragged_while_it_trains_and_stays_where_it_was_put(divided, qtbot, idle):
    tab, plot = divided.train_tab, divided.train_tab.plot
    view, shown, everything = plot.viewport(), plot.getPlotItem().getViewBox(), named(divided, "fitPlotButton")
    centre = view.rect().center()

    def whole():
        return abs(shown.viewRange()[0][1] - 1.02 * max(plot.runs[0].last, plot.runs[0].ahead)) < 0.01

    def hover():
        QApplication.sendEvent(view, QMouseEvent(
            QEvent.Type.MouseMove, QPointF(centre), view.mapToGlobal(QPointF(centre)), Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier))
        return named(divided, "plotReadout").isVisible()

    tab.start_plan(plan(epochs=500))
    wait_for_batches(divided, qtbot, 20)
    qtbot.waitUntil(whole)
    assert not everything.isEnabled()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=centre)
    ranges = []
    for step in range(1, 13):
        qtbot.mouseMove(view, centre + QPoint(-8 * step, 4 * step))
        qtbot.wait(20)
        if not plot.following:  # from now on it is the mouse alone that moves it
            ranges.append(shown.viewRange())
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=centre + QPoint(-96, 48))
    (left, right), (bottom, _) = ranges[0]
    moved = shown.viewRange()
    assert moved[0][0] > left
    assert moved[1][0] > bottom
    assert moved[0][1] - moved[0][0] == pytest.approx(right - left)

    # what comes in is drawn, and values are read, where it was put
    seen = plot.runs[0].last
    qtbot.waitUntil(lambda: plot.runs[0].last > seen + 5, timeout=120000)
    plot.refresh()
    assert shown.viewRange() == moved
    qtbot.waitUntil(hover)
    assert "loss" in named(divided, "plotReadout").text()

    # and a button leads back
    assert everything.isEnabled()
    qtbot.mouseClick(everything, Qt.MouseButton.LeftButton)
    assert whole()
    assert not everything.isEnabled()
    end = shown.viewRange()[0][1]
    qtbot.waitUntil(lambda: shown.viewRange()[0][1] > end, timeout=120000)
    assert divided.problems == []


def test_a_start_that_no_epoch_beats_is_said_to_be_kept(divided, qtbot, idle):
    tab, project = divided.train_tab, divided.session.project
    tab.start_plan(plan(epochs=2, head_learning_rate_factor=0.0))  # the last layer stays zero and names one class
    idle(divided, 120)
    run = runs.all_runs(project)[0]
    assert run.best_epoch == 0
    qtbot.waitUntil(lambda: bool(tab.plot.runs) and tab.plot.runs[0].start_kept)
    assert tab.plot.runs[0].best() == (0.0, pytest.approx(100 * run.validation_top1_error), None)
    assert tab.plot.viewRange()[0][0] < 0  # so that the mark at 0 is seen whole
    assert "kept: the start" in tab.plot.readout(1)
    assert "the start" in named(divided, "bestFigure").text()
    assert "quick classifier: it is kept" in named(divided, "trainingStatus").text()
    idle(divided)
    assert "it is kept" in named(divided, "coachText").text()


def test_a_run_without_a_batch_says_so_in_words(divided, qtbot, idle):
    project = divided.session.project
    run = training.start(project, plan())
    runs.update(project, run, state="interrupted", pid=None)
    divided.train_tab.refresh()
    idle(divided)
    assert named(divided, "resumeBar").isVisible()
    assert not divided.train_tab.plot.isVisible()
    assert "has not trained a batch" in named(divided, "noCurve").text()
    click(divided, qtbot, "resumeTrainingButton")
    idle(divided, 120)
    assert runs.get(project, run.id).state == "done"
    assert divided.train_tab.plot.isVisible()


def test_stop_before_the_first_batch_keeps_the_start(divided, qtbot, idle):
    tab, project = divided.train_tab, divided.session.project
    tab.start_plan(plan(epochs=500))
    qtbot.waitUntil(lambda: any(run.model.exists() for run in runs.all_runs(project)), timeout=120000)
    click(divided, qtbot, "stopTrainingButton")
    idle(divided, 120)
    run = runs.all_runs(project)[0]
    assert (run.state, run.best_epoch) == ("done", 0)
    assert run.test_top1_error is not None
    assert divided.problems == []


def test_preparations_pause_too(divided, qtbot, idle):
    tab, project = divided.train_tab, divided.session.project
    tab.start_plan(Plan(image_size=48))
    click(divided, qtbot, "pauseTrainingButton")
    qtbot.waitUntil(lambda: [run.state for run in runs.all_runs(project)] == ["paused"], timeout=60000)
    assert not runs.all_runs(project)[0].model.exists()
    click(divided, qtbot, "pauseTrainingButton")
    idle(divided, 120)
    assert runs.all_runs(project)[0].state == "done"
    assert divided.problems == []


def test_stop_before_anything_was_learned_leaves_the_run_for_later(divided, qtbot, idle):
    divided.train_tab.start_plan(plan())
    divided.train_tab.stop_training()
    idle(divided, 120)
    found = runs.all_runs(divided.session.project)
    assert [run.state for run in found] in (["paused"], [])
    assert divided.problems == []


def test_a_run_left_for_later_is_offered_and_can_be_ended_with_the_best_so_far(divided, qtbot, idle):
    project = divided.session.project
    divided.train_tab.start_plan(plan(epochs=400))
    qtbot.waitUntil(lambda: any(run.epochs for run in runs.all_runs(project)), timeout=120000)
    click(divided, qtbot, "laterTrainingButton")
    idle(divided, 60)
    run = runs.all_runs(project)[0]
    assert run.state == "paused"
    assert training.checkpoint_iteration(run) == len(batches.read(run)) > 0
    assert named(divided, "resumeBar").isVisible()
    click(divided, qtbot, "dismissResumeButton")
    assert not named(divided, "resumeBar").isVisible()
    divided.session.close()
    assert divided.session.open(project.folder)
    idle(divided)
    assert named(divided, "resumeBar").isVisible()
    divided.train_tab._conclude(run)
    idle(divided, 120)
    done = runs.get(divided.session.project, run.id)
    assert (done.state, done.test_top1_error is not None) == ("done", True)
    assert divided.problems == []


def test_a_run_whose_data_have_changed_is_not_offered_to_go_on_but_to_be_trained_anew(divided, qtbot, idle):
    project, button = divided.session.project, named(divided, "resumeTrainingButton")
    divided.train_tab.start_plan(plan(epochs=400))
    wait_for_batches(divided, qtbot, 1)
    click(divided, qtbot, "laterTrainingButton")
    idle(divided, 60)
    assert button.text() == "Go on"
    classes = {info.name: info.id for info in project.classes()}
    divided.session.do(rename_class, classes["local"], "scratch")
    idle(divided)
    assert button.text() == "Go on"  # a name decides nothing
    divided.session.do(labels.assign, project.images().id[:1].tolist(), classes["nominal"])
    qtbot.waitUntil(lambda: button.text() == "Train anew", timeout=30000)
    assert "the split have changed" in named(divided, "resumeText").text()
    divided.session.undo()
    qtbot.waitUntil(lambda: button.text() == "Go on", timeout=30000)
    divided.session.redo()
    qtbot.waitUntil(lambda: button.text() == "Train anew", timeout=30000)
    click(divided, qtbot, "resumeTrainingButton")
    qtbot.waitUntil(lambda: len(runs.all_runs(project)) == 2 and bool(runs.all_runs(project)[1].epochs), timeout=120000)
    click(divided, qtbot, "stopTrainingButton")
    idle(divided, 120)
    first, second = runs.all_runs(project)
    assert first.state == "paused"
    assert (second.state, second.parameters["settings"]["epochs"]) == ("done", 400)
    assert divided.problems == []


KILLED = """
    import sys
    from pathlib import Path
    from PySide6.QtWidgets import QApplication
    from dlgui.engine import finetune
    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow
    from dlgui.project.operations.training import Plan
    finetune.CHECKPOINT_SECONDS = 0.0
    app = application()
    theme.apply("light")
    window = MainWindow()
    window.show()
    window.session.opened.connect(lambda project: project and window.train_tab.start_plan(Plan(
        method="finetune", image_size=32, device="cpu", settings={"epochs": 3, "batch_size": 8})))
    window.session.open(Path(sys.argv[1]))
    window.train_tab.training.told.connect(
        lambda told: told.batches and print("batch", told.batches[-1][0], flush=True))
    app.exec()
"""


def learned(project, run):
    """What does not depend on the clock: the figures of every epoch, all tensors of the model and the checkpoint."""
    rows = [[row[name] for name in ("epoch", "iteration", "loss", "train_top1_error", "validation_top1_error")]
            for row in runs.history(project, run)]
    with zipfile.ZipFile(run.model) as model:
        return rows, load(model.read("weights.safetensors")), load_file(run.checkpoint)


def test_a_window_killed_while_training_offers_to_go_on_and_learns_the_same(window, project, qtbot, idle, tmp_path):
    from dlgui.project.operations import splits

    splits.split(project)
    folder = project.folder
    project.close()
    (tmp_path / "window.py").write_text(textwrap.dedent(KILLED))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    with subprocess.Popen([sys.executable, str(tmp_path / "window.py"), str(folder)], stdout=subprocess.PIPE,
                          text=True, env=environment) as child:
        for line in child.stdout:
            if line.startswith("batch") and float(line.split()[1]) > 7:  # inside the second epoch
                break
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    with Project.open(folder, read_only=True) as untouched:
        assert runs.all_runs(untouched)[0].state == "interrupted"
    assert window.session.open(folder)
    window.tabs.setCurrentIndex(1)
    run = runs.all_runs(window.session.project)[0]
    assert run.state == "interrupted"
    assert named(window, "resumeBar").isVisible()
    assert "interrupted after epoch" in window.findChild(QLabel, "resumeText").text()
    reached = training.checkpoint_iteration(run)
    assert reached > 6
    click(window, qtbot, "resumeTrainingButton")
    idle(window, 180)
    run = runs.get(window.session.project, run.id)
    assert (run.state, run.epochs) == ("done", 3)
    assert [row["epoch"] for row in runs.history(window.session.project, run)] == [1, 2, 3]
    assert not named(window, "resumeBar").isVisible()
    window.train_tab.start_plan(plan())
    idle(window, 180)
    uninterrupted = runs.all_runs(window.session.project)[-1]
    assert uninterrupted.id != run.id
    (rows, *kept), (expected, *others) = (learned(window.session.project, r) for r in (run, uninterrupted))
    assert rows == expected
    for tensors, same in zip(kept, others, strict=True):
        assert tensors.keys() == same.keys()
        for name in same:  # once in dozens of runs a last bit differed; of the engine every bit is tested
            np.testing.assert_allclose(tensors[name], same[name], rtol=1e-3, atol=1e-5, err_msg=name)
    assert window.problems == []


def test_a_loss_that_is_no_number_says_what_to_do(divided, qtbot, idle):
    divided.train_tab.start_plan(plan(learning_rate=100.0, weight_prior=100.0, head_learning_rate_factor=1e4, epochs=30,
                                      clip_norm=0.0, solver_type="sgd", policy="constant", warm_up=0.0))
    idle(divided, 180)
    run = runs.all_runs(divided.session.project)[0]
    assert run.state == "failed"
    assert run.model.exists()
    assert "smaller learning rate" in run.error
    assert "smaller learning rate" in str(divided.problems[0])
    assert named(divided, "resumeBar").isVisible()
    assert "smaller learning rate" in divided.findChild(QLabel, "resumeText").text()
    assert "smaller learning rate" in named(divided, "coachText").text()
    offered = {offer.name: offer for offer in offers(divided.problems[0], divided)}
    offered["problemSmallerRate"].act()  # which fails as well
    idle(divided, 180)
    assert run_of(divided).parameters["settings"]["learning_rate"] == pytest.approx(10.0)
    assert run_of(divided).parameters["settings"]["solver_type"] == "sgd"


def run_of(window):
    """The newest run."""
    return runs.all_runs(window.session.project)[-1]


def test_a_run_that_would_fail_again_goes_on_with_a_smaller_rate_only(divided, qtbot, idle, capsys):
    divided.train_tab.start_plan(plan(epochs=6, solver_type="sgd", policy="constant", warm_up=0.0, learning_rate=1e-7,
                                      clip_norm=0.0, weight_prior=100.0, head_learning_rate_factor=1e4))
    qtbot.waitUntil(lambda: any((run.epochs or 0) >= 2 for run in runs.all_runs(divided.session.project)),
                    timeout=120000)
    click(divided, qtbot, "laterTrainingButton")
    idle(divided, 60)
    assert named(divided, "resumeTrainingButton").text() == "Go on"
    reached = training.checkpoint_iteration(run_of(divided))
    folder = divided.session.project.folder
    divided.session.close()

    # on the command line: another rate, far too large; then it says why it failed and what helps
    assert cli.main(["train", str(folder), "--resume", "--epochs", "9"]) == 1
    assert "only --learning-rate may change" in capsys.readouterr().err
    assert cli.main(["train", str(folder), "--resume", "--learning-rate", "100"]) == 1
    assert "no longer a number" in capsys.readouterr().err
    assert cli.main(["train", str(folder), "--resume"]) == 1
    said = capsys.readouterr().err
    assert "its loss became no number" in said
    assert "--resume run-001 --learning-rate 10" in said
    assert cli.main(["runs", str(folder)]) == 0
    assert "run-001 failed: " in capsys.readouterr().out

    # in the window: each time a tenth, in the same run from the last good state, else in a run of its own
    assert divided.session.open(folder)
    idle(divided)
    rates = []
    while (run := run_of(divided)).state != "done" and len(rates) < 9:
        assert run.state == "failed"
        assert named(divided, "resumeTrainingButton").text() == "Go on with a tenth of the rate"
        rates.append(run.parameters["settings"]["learning_rate"])
        click(divided, qtbot, "resumeTrainingButton")
        idle(divided, 120)
    assert run.state == "done"
    assert rates == pytest.approx([10.0 ** (2 - i) for i in range(len(rates))])
    first = runs.get(divided.session.project, "run-001")
    assert [text for text in run_files.notices(first) if "learning rate" in text] == [
        f"From batch {reached + 1} on the learning rate is {first.parameters['settings']['learning_rate']:g}, so that "
        "the run cannot be repeated exactly."]
    assert run.id == "run-002"
    assert "As run-001, whose loss had run away" in run_files.notices(run)[0]
    assert (seals.read(first), seals.read(run) is not None) == (None, True)

    # what failed can still be ended with what it had
    divided.train_tab.table.select([1])
    click(divided, qtbot, "keepBestButton")
    idle(divided, 120)
    assert runs.get(divided.session.project, "run-001").state == "done"
    assert seals.read(first) is None


def test_an_image_that_vanishes_is_left_out_and_named(window, textile, tmp_path, idle):
    import shutil

    from dlgui.project.operations import splits

    for name in ("global", "nominal"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for file in sorted((textile / name).iterdir())[:12]:
            shutil.copy(file, tmp_path / "images" / name)
    with Project.create(tmp_path / "own.dlproj", tmp_path / "images") as made:
        splits.split(made)
        gone = made.images().path[made.images().rows("train")[0]]
    (tmp_path / "images" / gone).unlink()
    assert window.session.open(tmp_path / "own.dlproj")
    window.tabs.setCurrentIndex(1)
    window.train_tab.start_plan(plan(epochs=1))
    idle(window, 120)
    run = runs.all_runs(window.session.project)[0]
    assert run.state == "done"
    assert gone in run_files.notices(run)[0]
    assert gone in named(window, "coachText").text()
    shutil.rmtree(tmp_path / "images")
    (tmp_path / "images").mkdir()
    window.train_tab.start_plan(Plan(method="finetune", image_size=40, device="cpu", settings={"epochs": 1}))
    idle(window, 120)
    assert "bring the images back" in str(window.problems[-1])
