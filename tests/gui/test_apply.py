"""The Apply tab: real images into a real model, and what becomes of the answers."""

import csv
import json
import shutil
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QMenu, QWidget

from dlgui.engine.rejection import Costs
from dlgui.gui.apply.sort_dialog import SortDialog
from dlgui.project.operations import rejection, runs, splits, training
from dlgui.project.operations.classes import rename as rename_class
from dlgui.project.operations.info import info
from dlgui.project.project import Project


def named(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    """A project with a run whose model has a rule, over images of its own."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(small_folder, root / "images")
    with Project.create(root / "lab.dlproj", root / "images") as made:
        splits.split(made, 60, 20)
        run = training.train(made, training.Plan())
        rejection.store(made, run, rejection.rule(rejection.gather(made, run), Costs.uniform(3), 0.1))
    return root


@pytest.fixture
def lab(window, trained, tmp_path):
    """The window over a copy of it, on the Apply tab."""
    root = shutil.copytree(trained, tmp_path / "lab")
    with Project.open(root / "lab.dlproj") as project:
        from dlgui.project.operations import images

        images.relocate(project, root / "images")
    assert window.session.open(root / "lab.dlproj")
    window.tabs.setCurrentIndex(3)
    return window


@pytest.fixture
def fresh(textile, tmp_path):
    """Six images that the project does not know, one that is nothing like them, and one that is none."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    for name in ("local", "global"):
        for file in sorted((textile / name).iterdir())[200:203]:
            shutil.copy(file, folder / f"{name}_{file.name}")
    noise = np.random.default_rng(0).integers(0, 255, (250, 250, 3)).astype(np.uint8)
    QImage(noise.data, 250, 250, 750, QImage.Format.Format_RGB888).save(str(folder / "noise.png"))
    (folder / "zz.png").write_bytes(b"no image")
    return folder


def urls(paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def dropped(lab, data):
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other releases of Qt know no other way
        enter = QDragEnterEvent(QPoint(5, 5), *how)
    lab.apply_tab.dragEnterEvent(enter)
    assert enter.isAccepted()
    lab.apply_tab.dropEvent(QDropEvent(QPointF(5, 5), *how))


def settled(qtbot, lab, idle, count):
    idle(lab)
    qtbot.waitUntil(lambda: named(lab, "applyGrid").items.rowCount() == count, timeout=60000)


def test_a_dropped_folder_is_classified_filtered_and_written(lab, qtbot, idle, fresh, tmp_path):
    dropped(lab, urls([fresh]))
    settled(qtbot, lab, idle, 8)
    tab, grid, table = lab.apply_tab, named(lab, "applyGrid"), named(lab, "applyResults")
    assert [grid.items.item(i).file for i in range(8)] == [a.path for a in tab.table.answers] == sorted(
        str(path) for path in fresh.iterdir()), "until a header is clicked they stay as they came"
    assert table.model().rowCount() == 8
    states = {a.path.rpartition("/")[2]: a.decision for a in tab.table.answers}
    assert states["noise.png"] == "unknown"
    assert states["zz.png"] == "failed"
    assert tab.results.selected_rows() == []
    assert len(tab.results.selected()) == 8, "until some are selected what is done is done to all"
    assert tab.detail.name.text() == tab.table.answers[0].title.rpartition("/")[2], "the first is looked at"
    captions = [grid.items.item(i).caption for i in range(8)]
    assert captions[6] == "unknown", "no class is said of what is like none"
    assert all(c == a.predicted + "?" * (a.decision == "not_sure")
               for c, a in zip(captions, tab.table.answers, strict=True) if a.decision != "unknown")
    box = named(lab, "applyStateFilter")
    for state in ("unknown", "failed", "accepted", "not_sure"):
        box.setCurrentIndex(box.findData(state))
        wanted = sum(s == state for s in states.values())
        qtbot.waitUntil(lambda w=wanted: grid.items.rowCount() == table.model().rowCount() == w, timeout=60000)
    box.setCurrentIndex(0)
    named(lab, "applyLowest").setValue(100)
    sure = sum(a.confidence >= 1 for a in tab.table.answers)
    qtbot.waitUntil(lambda: grid.items.rowCount() == sure, timeout=60000)
    named(lab, "applyLowest").setValue(0)
    box.setCurrentIndex(box.findData("failed"))
    named(lab, "applyClassFilter").setCurrentIndex(1)
    qtbot.waitUntil(lambda: tab.results.hint.isVisible() and "filters" in tab.results.hint.text(), timeout=60000)
    box.setCurrentIndex(0)
    qtbot.waitUntil(lambda: not tab.results.hint.isVisible(), timeout=60000)
    assert {tab.results.shown.answer(row).predicted for row in range(table.model().rowCount())} <= {"global"}
    named(lab, "applyClassFilter").setCurrentIndex(0)
    qtbot.waitUntil(lambda: grid.items.rowCount() == 8, timeout=60000)

    qtbot.mouseClick(named(lab, "applyTableButton"), Qt.MouseButton.LeftButton)
    table.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    tab.results.select([0])
    assert tab.results.selected()[0].path.endswith("noise.png")
    idle(lab)
    assert named(lab, "applyPreview").image().width() == 250
    assert "unlike" in tab.detail.verdict.text().lower()
    assert len(named(lab, "applyBars").shown()) == 3
    tab.deeds.write(tmp_path / "o.json", tab.table.answers, tab.table.classes)
    tab.write_csv(tmp_path / "o.csv")
    idle(lab)
    document = json.loads((tmp_path / "o.json").read_text())
    assert [f["path"].rpartition("/")[2] for f in document["failed"]] == ["zz.png"]
    with (tmp_path / "o.csv").open() as file:
        assert [r["decision"] for r in csv.DictReader(file)] == [r["decision"] for r in document["results"]]
    assert lab.problems == []


def test_zip_archives_and_the_clipboard(lab, qtbot, idle, fresh, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted(fresh.iterdir())[:3]:
            archive.write(file, f"sub/{file.name}")
        archive.writestr("../evil.png", b"x")
    lab.apply_tab.classify([str(tmp_path / "a.zip")])
    settled(qtbot, lab, idle, 4)
    assert [a.decision for a in lab.apply_tab.table.answers].count("failed") == 1
    assert not (tmp_path / "evil.png").exists()
    tab = lab.apply_tab
    member = f"{tmp_path / 'a.zip'}/sub/{sorted(fresh.iterdir())[0].name}"
    row = next(i for i, a in enumerate(tab.table.answers) if a.title == member)
    assert member in tab.table.data(tab.table.index(row, 0), Qt.ItemDataRole.ToolTipRole)
    shown = tab.results.grid.items
    assert any(member in shown.data(shown.index(i), Qt.ItemDataRole.ToolTipRole) for i in range(4))
    tab.write_csv(tmp_path / "zip.csv")
    idle(lab)
    assert member in (tmp_path / "zip.csv").read_text()
    assert "dlgui-" not in (tmp_path / "zip.csv").read_text(), "where it was unpacked is nobody's business"

    (tmp_path / "torn.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:500])
    tab.classify([str(tmp_path / "torn.zip"), str(next(fresh.glob("local*")))])
    settled(qtbot, lab, idle, 2)
    reasons = {a.title: a.reason for a in tab.table.answers if a.decision == "failed"}
    assert list(reasons) == [str(tmp_path / "torn.zip")], "what was dropped with it is classified all the same"
    assert "not a zip archive" in reasons[str(tmp_path / "torn.zip")]
    (tmp_path / "nothing").mkdir()
    tab.classify([str(tmp_path / "nothing")])
    idle(lab)
    assert tab.status.text() == "No image was found there."

    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(QImage(str(next(fresh.glob("local*")))))
    qtbot.mouseClick(named(lab, "pasteButton"), Qt.MouseButton.LeftButton)
    settled(qtbot, lab, idle, 1)
    clipboard.setMimeData(urls(sorted(fresh.glob("global*"))))
    lab.actions_by_name()["actionApplyPaste"].trigger()
    settled(qtbot, lab, idle, 3)
    clipboard.setText("neither")
    lab.apply_tab.paste()
    assert "neither an image" in lab.apply_tab.status.text()
    clipboard.clear()
    assert lab.problems == []


def test_pictures_are_pasted_and_dropped_wherever_the_focus_is(lab, qtbot, idle, fresh):
    tab, clipboard = lab.apply_tab, QGuiApplication.clipboard()
    lab.activateWindow()
    clipboard.setPixmap(lab.grab())  # a screenshot
    for widget in (lab.tabs.tabBar(), named(lab, "applyGrid"), named(lab, "applyModel"), named(lab, "applyDropArea"),
                   named(lab, "applyPreview"), tab.camera):
        tab.results.begin([])
        tab.show_camera(widget is tab.camera)
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        settled(qtbot, lab, idle, 1)
        assert tab.table.answers[0].decision != "failed"
        assert tab.table.answers[0].title.startswith("pasted_")
    tab.results.begin([])
    field = named(lab, "applyLowest")
    field.setFocus()
    clipboard.setText("7")
    qtbot.keyClick(field.lineEdit(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field.lineEdit(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.value() == 7, "who types pastes text"
    field.setValue(0)
    clipboard.setMimeData(urls(sorted(fresh.glob("global*"))))
    lab.tabs.setCurrentIndex(0)
    idle(lab)
    qtbot.keyClick(lab.tabs.tabBar(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert not lab.session.jobs.busy()
    data = QMimeData()
    data.setImageData(QImage(str(fresh / "noise.png")))
    lab.tabs.setCurrentIndex(3)
    dropped(lab, data)
    settled(qtbot, lab, idle, 1)
    assert tab.table.answers[0].decision == "unknown"
    clipboard.clear()
    assert lab.problems == []


def test_a_watched_folder_waits_for_whole_files(lab, qtbot, fresh, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    tab = lab.apply_tab
    shutil.copy(next(fresh.glob("local*")), inbox / "old.jpg")
    tab.watch_folder(str(inbox))
    qtbot.waitUntil(lambda: tab.table.classes != [], timeout=60000)
    qtbot.waitUntil(lambda: tab.classifying._told_of.directories() == [str(inbox)], timeout=60000)
    content = next(fresh.glob("global*")).read_bytes()
    (inbox / "new.jpg").write_bytes(content[:4000])
    qtbot.wait(700)
    assert tab.table.answers == []
    with (inbox / "new.jpg").open("ab") as file:
        file.write(content[4000:])
    qtbot.waitUntil(lambda: len(tab.table.answers) == 1, timeout=60000)  # benchmarks/watching.py measures how soon
    assert tab.table.answers[0].decision != "failed"
    (inbox / "deep").mkdir()
    shutil.copy(fresh / "noise.png", inbox / "deep" / "x.png")
    qtbot.waitUntil(lambda: len(tab.table.answers) == 2, timeout=60000)
    assert tab.table.answers[1].decision == "unknown"
    assert named(lab, "watchFolderButton").isChecked()
    qtbot.mouseClick(named(lab, "stopApplyButton"), Qt.MouseButton.LeftButton)
    assert not named(lab, "watchFolderButton").isChecked()
    assert lab.session.jobs.running("watch") is None
    assert lab.problems == []


def test_sorting_shows_first_does_then_and_takes_back(lab, qtbot, idle, fresh, tmp_path):
    tab = lab.apply_tab
    before = sorted(p.name for p in fresh.iterdir())
    tab.classify([str(fresh)])
    settled(qtbot, lab, idle, 8)
    dialog = SortDialog(lab.session.jobs, tab.table.answers, str(tmp_path / "out"), lab)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    idle(lab)
    assert dialog.go.isEnabled()
    assert dialog.plan.counts["unknown"] >= 1
    assert sum(dialog.plan.counts.values()) == 7
    assert not (tmp_path / "out").exists()
    dialog.apart.setChecked(False)
    idle(lab)
    assert "unknown" not in dialog.plan.counts
    dialog.mode.setCurrentIndex(1)
    idle(lab)
    tab.deeds.carry_out(dialog.plan)
    idle(lab)
    assert sorted(p.name for p in fresh.iterdir()) == ["zz.png"]
    moved = [a.path for a in tab.table.answers if a.confidences is not None]
    assert all("/out/" in path for path in moved)
    qtbot.mouseClick(named(lab, "undoSortButton"), Qt.MouseButton.LeftButton)
    idle(lab)
    assert sorted(p.name for p in fresh.iterdir()) == before
    assert all("/fresh/" in a.path for a in tab.table.answers)
    assert named(lab, "undoSortButton").isHidden()
    dialog.folder.setText("")
    assert not dialog.go.isEnabled()
    assert lab.problems == []


def test_the_loop_closes(lab, qtbot, idle, fresh):
    project, tab = lab.session.project, lab.apply_tab
    tab.classify([str(path) for path in sorted(fresh.glob("*l_*.jpg"))])
    settled(qtbot, lab, idle, 6)
    menu = QMenu()
    tab.results.select([0, 1])
    tab.deeds.fill(menu, tab.results.selected())
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["As predicted (2 images)", "As global", "As local", "As nominal", "Another class…"]
    menu.actions()[0].trigger()
    idle(lab)
    assert info(project)["num_images"] == 74
    assert named(lab, "applyGrid").items.item(0).badge == "✓"
    tab.results.select([2])
    qtbot.keyClick(named(lab, "applyGrid"), Qt.Key.Key_3)  # a corrected label
    idle(lab)
    assert info(project)["classes"]["nominal"] == 25 + sum(
        a.predicted == "nominal" for a in [tab.results.shown.answer(0), tab.results.shown.answer(1)])
    for row, key in ((3, "1"), (4, "2"), (5, "1")):  # faster than images are added
        tab.results.select([row])
        qtbot.keyClicks(named(lab, "applyGrid"), key)
    idle(lab)
    assert info(project)["num_images"] == 78
    for _ in range(3):
        lab.actions_by_name()["actionUndo"].trigger()
    assert info(project)["num_images"] == 75
    run = training.train(project, training.Plan())
    assert read_provenance(run)["train_images"] == read_provenance(runs.get(project, "run-001"))["train_images"] + 3
    for _ in range(2):
        lab.actions_by_name()["actionUndo"].trigger()
    assert info(project)["num_images"] == 72
    gone = tab.results.shown.answer(0)
    Path(gone.path).unlink()
    tab.detail.method.setCurrentIndex(1)
    tab.results.select([0])
    idle(lab)
    assert "does not exist" in tab.detail.verdict.text()
    qtbot.keyClicks(named(lab, "applyGrid"), "1")
    idle(lab)
    assert "0 images added to the data set, 1 cannot be read: " in tab.status.text()
    assert "Undo" not in tab.status.text()
    gray = fresh / "gray.png"
    flat = QImage(250, 250, QImage.Format.Format_RGB32)
    flat.fill(Qt.GlobalColor.gray)
    flat.save(str(gray))  # covering a part of it changes nothing
    tab.classify([str(gray)])
    settled(qtbot, lab, idle, 1)
    tab.detail.method.setCurrentIndex(3)
    idle(lab)
    assert "map is empty" in tab.detail.verdict.text()
    assert named(lab, "applyGrid").items.item(0).badge == ""
    assert len([p for p in project.image_root.rglob("*") if p.is_file()]) == 72
    assert lab.problems == []


def test_answers_follow_a_class_that_is_renamed(lab, qtbot, idle, fresh, tmp_path):
    project, tab = lab.session.project, lab.apply_tab
    tab.classify([str(path) for path in sorted(fresh.glob("*l_*.jpg"))])
    settled(qtbot, lab, idle, 6)
    before = [a.predicted for a in tab.table.answers]
    assert "local" in before
    tab.results.select([before.index("local")])
    idle(lab)
    lab.session.do(rename_class, next(c.id for c in project.classes() if c.name == "local"), "scratch")
    idle(lab)
    now = ["scratch" if name == "local" else name for name in before]
    assert [a.predicted for a in tab.table.answers] == now
    assert "scratch" in tab.detail.verdict.text()
    tab.results.predicted.setCurrentIndex(tab.results.predicted.findData("scratch"))
    settled(qtbot, lab, idle, now.count("scratch"))
    menu = QMenu()
    tab.deeds.fill(menu, tab.results.selected())
    menu.actions()[0].trigger()  # as predicted
    idle(lab)
    assert sorted(info(project)["classes"]) == ["global", "nominal", "scratch"]
    tab.results.predicted.setCurrentIndex(0)

    watched = tmp_path / "watched"
    watched.mkdir()
    tab.classifying.watch(tab.model.path(), str(watched))
    qtbot.waitUntil(lambda: not tab.table.answers and bool(tab.classifying.watched), timeout=60000)
    shutil.copy(next(fresh.glob("global_*.jpg")), watched / "first.jpg")
    qtbot.waitUntil(lambda: len(tab.table.answers) == 1, timeout=60000)
    lab.session.do(rename_class, next(c.id for c in project.classes() if c.name == "global"), "everywhere")
    qtbot.waitUntil(lambda: tab.table.answers[0].predicted != "global", timeout=60000)
    shutil.copy(next(fresh.glob("global_*.jpg")), watched / "second.jpg")  # the watch began with the old name
    qtbot.waitUntil(lambda: len(tab.table.answers) == 2, timeout=60000)
    assert tab.table.answers[0].predicted == tab.table.answers[1].predicted
    tab.classifying.stop()
    assert lab.problems == []


def read_provenance(run):
    from dlgui.engine.model_file import read_model

    return read_model(run.model).provenance


def test_a_model_file_without_a_project_run(lab, qtbot, idle, fresh, tmp_path):
    shutil.copy(runs.get(lab.session.project).model, tmp_path / "own.dlclassifier")
    dropped(lab, urls([tmp_path / "own.dlclassifier"]))
    idle(lab)
    box = named(lab, "applyModel")
    assert box.currentText() == "own.dlclassifier"
    lab.apply_tab.model.open_file(str(tmp_path / "own.dlclassifier"))
    (tmp_path / "other.dlclassifier").write_bytes(b"no model")
    lab.apply_tab.model.open_file(str(tmp_path / "other.dlclassifier"))
    idle(lab)
    assert "other.dlclassifier: not a dlgui model" in str(lab.problems.pop())
    assert [box.itemText(i) for i in range(box.count())][1:] == ["own.dlclassifier"], "once, and the other never"
    assert not named(lab, "rejectDesignerButton").isEnabled()
    lab.apply_tab.classify([str(fresh / "noise.png")])
    settled(qtbot, lab, idle, 1)
    assert lab.apply_tab.table.answers[0].decision == "unknown"
    (tmp_path / "own.dlclassifier").write_bytes(b"broken")
    lab.apply_tab.classify([str(fresh / "noise.png")])
    idle(lab)
    assert "not a dlgui model" in str(lab.problems[-1])


def test_the_parts_fit_into_a_small_window(lab, qtbot, idle, fresh):
    lab.resize(1024, 700)
    lab.apply_tab.classify([str(fresh)])
    settled(qtbot, lab, idle, 8)
    for name in ("applyDropArea", "stopApplyButton", "saveResultsButton", "applyGrid", "applyHighest", "cameraButton"):
        widget = named(lab, name)
        corner = widget.mapTo(lab, QPoint(widget.width(), widget.height()))
        assert corner.x() <= 1024, name
        assert corner.y() <= 700, name


def test_classes_and_files_may_be_called_anything(lab, qtbot, idle, fresh):
    tab = lab.apply_tab
    file = fresh / f"{'f' * 200}.jpg"
    shutil.copy(next(fresh.glob("local*")), file)
    tab.classify([str(file)])
    settled(qtbot, lab, idle, 1)
    name = f"<b>{'Donaudampfschifffahrt' * 8}</b>"
    a = replace(tab.table.answers[0], predicted=name, decision="accepted")
    tab.detail.show_answer(a)
    tab.status.setText(f"last {file.name}")
    assert "<b>" in tab.detail.verdict.text().replace("\u200b", "")
    assert tab.detail.verdict.textFormat() == Qt.TextFormat.PlainText
    assert tab.detail.minimumSizeHint().width() < 300, "long names push nothing aside"
    assert lab.minimumSizeHint().width() <= 1024
