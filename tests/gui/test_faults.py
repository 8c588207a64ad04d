"""What a training meets outside dlgui, for real and in the real window: full disks, a computer that sleeps, a kill."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from dlgui.errors import DlguiError
from dlgui.project.operations import runs, splits
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project

SLEPT = 12.0
"""Seconds that a process is stopped."""


def test_a_full_disk_loses_nothing(opened, qtbot, idle):
    resource = pytest.importorskip("resource")
    opened.actions_by_name()["actionSplit"].trigger()
    opened.tabs.setCurrentIndex(1)
    tab, project = opened.train_tab, opened.session.project
    tab.start_plan(Plan(method="finetune", image_size=32, device="cpu", settings={"epochs": 4, "batch_size": 8}))
    qtbot.waitUntil(lambda: any(run.model.exists() for run in runs.all_runs(project)), timeout=120000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, limits[1]))  # no file may grow beyond: like a full disk
    try:
        idle(opened, 120)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    run = runs.all_runs(project)[0]
    assert run.state == "failed"
    assert "free some disk space" in run.error
    assert "free some disk space" in str(opened.problems.pop())
    assert "free some disk space" in opened.findChild(QLabel, "resumeText").text()
    qtbot.mouseClick(opened.findChild(QPushButton, "resumeTrainingButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    run = runs.get(project, run.id)
    assert (run.state, run.epochs, run.error) == ("done", 4, "")
    assert [row["epoch"] for row in runs.history(project, run)] == [1, 2, 3, 4]
    assert opened.problems == []


def fill(folder):
    """Leaves no room on a disk; returns the file that has taken it."""
    filler, part = folder / "filler", bytes(1 << 20)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(part) == len(part):
            pass
    return filler


@pytest.mark.parametrize(("method", "when"), [("quick", "train"), ("finetune", "train"), ("finetune", "history")])
def test_a_run_that_met_a_full_disk_says_so_at_once_and_in_the_book_when_it_can(disk, project, window, qtbot, idle,
                                                                              method, when):
    splits.split(project)
    project.close()
    root = disk("size=300m")
    folder = shutil.copytree(project.folder, root / "full.dlproj")
    assert window.session.open(folder)
    window.tabs.setCurrentIndex(1)
    tab, project = window.train_tab, window.session.project
    stop = project.listen(lambda changes: fill(root) if when in (changes.kind, *changes.kinds) else None)
    tab.start_plan(Plan(method=method, image_size=64, device="cpu",
                        settings={"epochs": 3, "batch_size": 8} if method == "finetune" else {}))
    idle(window, 120)
    assert "free some disk space" in str(window.problems[0])
    stop()

    # told at once, by this process and by another, though the book could not be written
    with pytest.raises(DlguiError):
        runs.rename(project, runs.all_runs(project)[0], "no room")
    run = runs.all_runs(project)[0]
    assert run.state == "failed"
    assert "free some disk space" in run.error
    qtbot.waitUntil(lambda: "free some disk space" in window.findChild(QLabel, "resumeText").text())
    assert tab.table.items.index(0, 1).data() == "failed"
    with Project.open(folder, read_only=True) as elsewhere:
        assert runs.all_runs(elsewhere)[0].state in ("interrupted", "failed")  # a log may have had room left

    # written by itself as soon as there is room; and the run goes on
    (root / "filler").unlink()
    qtbot.waitUntil(lambda: project.store.rows("SELECT state FROM runs") == [("failed",)], timeout=60000)
    with Project.open(folder, read_only=True) as elsewhere:
        assert "free some disk space" in runs.all_runs(elsewhere)[0].error
    qtbot.mouseClick(window.findChild(QPushButton, "resumeTrainingButton"), Qt.MouseButton.LeftButton)
    idle(window, 120)
    assert [(run.state, run.error) for run in runs.all_runs(project)] == [("done", "")]
    window.session.close()


STOPPED = """
    import json, sys, time
    from pathlib import Path
    from dlgui.engine import finetune, progress
    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow
    from dlgui.project.operations import runs
    from dlgui.project.operations.training import Plan
    for module in (finetune, progress):
        module.PAUSE = 4.0
    progress.TIMES = 3.0
    app = application()
    theme.apply("light")
    window = MainWindow()
    window.show()
    window.session.problem.connect(lambda problem: print(json.dumps(str(problem)), flush=True))
    window.session.opened.connect(lambda project: project and window.train_tab.start_plan(Plan(
        method="finetune", image_size=32, device="cpu", settings={"epochs": 500, "batch_size": 8})))
    window.session.open(Path(sys.argv[1]))

    def tell(told):
        for row in told.epochs:
            print(json.dumps({"now": time.monotonic(), "seconds": row["seconds"], "epoch": row["epoch"],
                              "elapsed": window.train_tab.live._pace.seconds, "speed": told.images_per_second,
                              "state": runs.all_runs(window.session.project)[0].state}), flush=True)

    window.train_tab.training.told.connect(tell)
    app.exec()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_the_sleep_of_the_computer_is_not_counted(project, tmp_path):
    splits.split(project)
    folder = project.folder
    project.close()
    (tmp_path / "window.py").write_text(textwrap.dedent(STOPPED))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    with subprocess.Popen([sys.executable, str(tmp_path / "window.py"), str(folder)], stdout=subprocess.PIPE,
                          text=True, env=environment) as child:
        told = (json.loads(line) for line in child.stdout)
        before = next(news for news in told if news["epoch"] >= 4)
        child.send_signal(signal.SIGSTOP)
        time.sleep(SLEPT)
        child.send_signal(signal.SIGCONT)
        after = next(news for news in told if news["epoch"] >= before["epoch"] + 5)
        child.kill()
    awake = after["now"] - before["now"] - SLEPT
    assert after["seconds"] - before["seconds"] < awake + SLEPT / 3
    assert after["elapsed"] - before["elapsed"] < awake + SLEPT / 3
    assert after["state"] == "running"


ENDED = """
    import os, signal, sys
    from pathlib import Path
    from dlgui.engine import checkpoint, tensor_file
    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow
    from dlgui.project.operations.training import Plan
    where, method = sys.argv[2:]

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def half(file, tensors, told):
        written = []
        class Half:
            def write(self, part):
                file.write(part)
                written.append(len(part))
                if len(written) > 99:
                    file.flush()
                    die()
        count.append(1)
        tensor_file.write_tensors(Half() if len(count) > 2 else file, tensors, told)

    count = []
    if where == "checkpoint":
        checkpoint.write_tensors = half
    app = application()
    theme.apply("light")
    window = MainWindow()
    window.show()
    window.session.opened.connect(lambda project: project and window.train_tab.start_plan(Plan(
        method=method, image_size=64, device="cpu",
        settings={"epochs": 3, "batch_size": 8} if method == "finetune" else {})))
    window.session.open(Path(sys.argv[1]))
    training = window.train_tab.training
    if where == "features":
        training.reported.connect(lambda report: report.done and "eatures" in report.task and die())
    if where == "first batches":
        training.told.connect(lambda told: told.batches and die())
    app.exec()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes cannot be killed here")
@pytest.mark.parametrize(("where", "method"), [("features", "quick"), ("features", "finetune"),
                                               ("first batches", "finetune"), ("checkpoint", "finetune")])
def test_a_window_killed_anywhere_is_offered_to_go_on(window, project, qtbot, idle, tmp_path, where, method):
    splits.split(project)
    folder = project.folder
    project.close()
    (tmp_path / "window.py").write_text(textwrap.dedent(ENDED))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    ended = subprocess.run([sys.executable, str(tmp_path / "window.py"), str(folder), where, method],
                           env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    with Project.open(folder, read_only=True) as elsewhere:
        assert [run.state for run in runs.all_runs(elsewhere)] == ["interrupted"]
    left = list((folder / "runs" / "run-001").glob(".*.part*"))
    assert bool(left) == (where == "checkpoint")

    assert window.session.open(folder)
    window.tabs.setCurrentIndex(1)
    idle(window)
    table, says = window.train_tab.table, window.findChild(QLabel, "resumeText")
    assert [table.items.index(0, column).data() for column in (0, 1)] == ["run-001", "interrupted"]
    assert window.train_tab.resume_bar.isVisible()
    assert "interrupted" in says.text()
    assert ("after epoch 2 of 3" in says.text()) == (where == "checkpoint")
    assert ("before the end of its first epoch" in says.text()) == (method == "finetune" and where != "checkpoint")
    qtbot.mouseClick(window.findChild(QPushButton, "resumeTrainingButton"), Qt.MouseButton.LeftButton)
    idle(window, 180)
    run = runs.all_runs(window.session.project)[0]
    assert (run.state, run.error, run.epochs) == ("done", "", 3 if method == "finetune" else 1)
    assert [row["epoch"] for row in runs.history(window.session.project, run)] == list(range(1, run.epochs + 1))
    assert run.test_top1_error is not None
    assert not window.train_tab.resume_bar.isVisible()
    assert not list(run.folder.glob(".*.part*"))
    assert window.problems == []
