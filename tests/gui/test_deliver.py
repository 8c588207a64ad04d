"""What leaves the window, and what comes back."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QWidget

from dlgui.gui.deliver.corrections_dialog import CorrectionsDialog
from dlgui.gui.deliver.data_dialog import DataExportDialog
from dlgui.gui.deliver.export_dialog import ExportDialog
from dlgui.gui.deliver.report_dialog import ReportDialog
from dlgui.project.operations import cards, classes, evaluations, labels, runs, splits, training
from dlgui.project.project import Project


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    """A project folder with a quick run."""
    folder = tmp_path_factory.mktemp("deliver") / "small.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project)
        training.train(project, training.Plan())
    return folder


@pytest.fixture
def ready(window, trained):
    """The window over it."""
    assert window.session.open(trained)
    return window


def shown(window, kind):
    found = [d for d in window.findChildren(QDialog) if isinstance(d, kind) and d.isVisible()]
    assert len(found) == 1
    return found[0]


def press(qtbot, dialog, name):
    qtbot.mouseClick(dialog.findChild(QWidget, name), Qt.MouseButton.LeftButton)


def test_a_model_is_measured_then_saved_and_runs_elsewhere(ready, qtbot, tmp_path):
    ready.actions_by_name()["actionExportModel"].trigger()
    dialog = shown(ready, ExportDialog)
    dialog.form.setCurrentIndex(dialog.form.findData("onnx"))
    assert dialog.path.text().endswith(".onnx")
    dialog.path.setText(str(tmp_path / "model.onnx"))
    assert not dialog.save_button.isEnabled()
    press(qtbot, dialog, "exportMeasure")
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=60000)
    assert not list(tmp_path.glob("model*"))
    assert "real images get the same class" in dialog.found.toPlainText()
    press(qtbot, dialog, "exportSave")
    qtbot.waitUntil(lambda: bool(dialog.written), timeout=60000)
    assert sorted(f.name for f in tmp_path.glob("model*")) == [
        "model.onnx", "model_example.cpp", "model_example.cs", "model_example.py"]
    assert dialog.folder_button.isEnabled()
    project = ready.session.project
    images = [str(project.image_root / path) for path in project.images().path[:4]]
    done = subprocess.run([sys.executable, str(tmp_path / "model_example.py"), "--json", *images], check=True,
                          capture_output=True, text=True, cwd=tmp_path)
    answers = json.loads(done.stdout)
    known = evaluations.predict(project, runs.get(project), "all")
    expected = known.confidences[[known.paths.index(path) for path in project.images().path[:4]]]
    found = np.array([list(a["confidences"].values()) for a in answers])
    np.testing.assert_allclose(found, expected, atol=1e-3)
    dialog.form.setCurrentIndex(0)  # another form must be measured anew
    assert not dialog.save_button.isEnabled()
    assert not dialog.int8.isEnabled()
    dialog.path.setText(str(tmp_path / "none" / "m.dlclassifier"))
    press(qtbot, dialog, "exportMeasure")
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=60000)
    press(qtbot, dialog, "exportSave")
    qtbot.waitUntil(lambda: "cannot be written" in dialog.found.toPlainText(), timeout=60000)
    dialog.close()
    assert ready.problems == []


def test_what_eight_bits_cost_is_seen_before_anything_is_saved(ready, qtbot, tmp_path):
    ready.actions_by_name()["actionExportModel"].trigger()
    dialog = shown(ready, ExportDialog)
    assert not dialog.int8.isEnabled()
    dialog.form.setCurrentIndex(dialog.form.findData("onnx"))
    dialog.int8.click()
    assert "cost in accuracy" in dialog.found.toPlainText()
    dialog.path.setText(str(tmp_path / "small.onnx"))
    press(qtbot, dialog, "exportMeasure")
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=240000)
    text = dialog.found.toPlainText()
    assert "int8: top-1 error" in text
    assert "percentage points" in text
    assert not list(tmp_path.glob("small*"))
    press(qtbot, dialog, "exportSave")
    qtbot.waitUntil(lambda: bool(dialog.written), timeout=60000)
    image = str(ready.session.project.image_root / ready.session.project.images().path[0])
    done = subprocess.run([sys.executable, str(tmp_path / "small_example.py"), image], check=True, capture_output=True,
                          text=True)
    assert any(name in done.stdout for name in ("global", "local", "nominal"))
    dialog.close()
    assert ready.problems == []


def test_a_report_is_previewed_then_saved(ready, qtbot, tmp_path):
    ready.actions_by_name()["actionExportReport"].trigger()
    dialog = shown(ready, ReportDialog)
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=60000)
    dialog.use.setPlainText("Finding flaws in cloth")
    press(qtbot, dialog, "reportUpdate")
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=60000)
    assert cards.intended_use(ready.session.project) == "Finding flaws in cloth"
    text = dialog.preview.toPlainText()
    assert "Finding flaws in cloth" in text
    assert "Confusion matrix" in text
    assert "localStorage" not in text
    assert "Click a cell" not in text
    assert "Show all errors" not in text
    dialog.save(str(tmp_path / "r.html"))
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == dialog.page
    dialog.use.setPlainText("Finding flaws in silk")
    dialog.save_card(str(tmp_path / "card.md"))
    qtbot.waitUntil(lambda: "card.md" in dialog.windowTitle(), timeout=60000)
    assert "- Finding flaws in silk" in (tmp_path / "card.md").read_text(encoding="utf-8")
    dialog.close()
    assert ready.problems == []


def test_corrections_are_reviewed_and_undone(opened, qtbot, tmp_path, idle):
    project = opened.session.project
    table = project.images()
    rows = [{"path": table.path[i], "content_hash": table.content_hash[i], "given": "global", "proposed": proposed,
             "comment": comment} for i, proposed, comment in ((0, "local", "a hole"), (1, "nominal", ""),
                                                              (2, "unheard of " * 30, ""))]
    file = tmp_path / "corrections.json"
    file.write_text(json.dumps({"format": "dlgui-corrections", "version": 1, "corrections": rows}))
    assert not opened.exports.take(tmp_path)
    assert opened.exports.take(file)
    dialog = shown(opened, CorrectionsDialog)
    assert dialog.table.rowCount() == 3
    assert len(dialog.chosen()) == 2
    assert dialog.table.horizontalHeader().length() <= dialog.table.viewport().width(), "a long name fits, too"
    dialog.table.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    press(qtbot, dialog, "correctionsAccept")
    after = project.images()
    assert after.label_names([0, 1, 2]) == ["local", "global", "global"]
    assert after.note[0] == "a hole"
    opened.actions_by_name()["actionUndo"].trigger()
    assert project.images().label_names([0]) == ["global"]
    assert project.images().note[0] == ""
    file.write_text("nonsense")
    assert opened.exports.show_corrections(file) is None
    assert "not JSON" in str(opened.problems[-1])


def test_data_and_projects_leave_and_come_back(opened, qtbot, tmp_path, idle):
    project = opened.session.project
    ids = project.images().id.tolist()
    labels.note(project, ids[:3], "x,\n“y”")
    opened.actions_by_name()["actionExportData"].trigger()
    dialog = shown(opened, DataExportDialog)
    dialog.form.setCurrentIndex(dialog.form.findData("coco"))
    assert dialog.images.count() == 3
    dialog.folder.setText(str(tmp_path / "coco"))
    press(qtbot, dialog, "dataExportButton")
    qtbot.waitUntil(lambda: "72 images" in dialog.note.text(), timeout=30000)
    dialog.close()
    labels.assign(project, ids, classes.find(project, "local").id)
    opened.exports.data_import.take(tmp_path / "coco")
    idle(opened)
    assert project.images().label_names([0, 71]) == ["global", "nominal"]
    opened.exports.pack_to(tmp_path / "p.zip", True)
    idle(opened)
    opened.session.close()
    opened.exports.unpack_to(tmp_path / "p.zip", tmp_path / "q.dlproj")
    idle(opened)
    assert opened.session.project.folder == tmp_path / "q.dlproj"
    assert opened.session.project.images().note[0] == "x,\n“y”"
    opened.session.close()
    opened.exports.data_import.take(tmp_path / "coco", True, tmp_path / "r.dlproj")
    idle(opened)
    assert opened.session.project.images().note[2] == "x,\n“y”"
    assert opened.problems == []


def test_a_data_set_is_asked_for_and_what_has_no_match_is_named(opened, qtbot, tmp_path, idle, monkeypatch):
    project = opened.session.project
    source = tmp_path / "labels.csv"
    source.write_text(f"image,label\n{project.images().path[0]},nominal\n<b>gone.png,local\n", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(source), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "n.dlproj"), ""))

    def answered(anew, button):
        def answer():
            box = QApplication.activeModalWidget()
            if box is None:
                QTimer.singleShot(50, answer)
                return
            assert box.objectName() == "importDataQuestion"
            box.checkBox().setChecked(anew)
            qtbot.mouseClick(box.findChild(QWidget, button), Qt.MouseButton.LeftButton)
        QTimer.singleShot(0, answer)
        opened.actions_by_name()["actionImportData"].trigger()
        idle(opened)

    answered(False, "importDataFile")
    box = opened.findChild(QMessageBox, "importDataRejected")
    assert box.text() == "Images described: 1; remarks: 1."
    assert box.detailedText() == "<b>gone.png: no such image in the project"
    box.close()
    assert project.images().label_names([0]) == ["nominal"]
    opened.actions_by_name()["actionUndo"].trigger()
    assert project.images().label_names([0]) == ["global"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(project.image_root))
    answered(True, "importDataFolder")
    assert opened.session.project.folder == tmp_path / "n.dlproj"
    assert opened.session.project.images().label_names([0]) == ["global"]
    assert opened.problems == []


def test_the_journal_is_live(opened, qtbot, tmp_path):
    from PySide6.QtGui import QGuiApplication

    opened.actions_by_name()["actionShowJournal"].trigger()
    panel = opened.findChild(QWidget, "journalPanel")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=20000)
    grid = opened.findChild(QWidget, "imageGrid")
    grid.select([0, 1])
    qtbot.keyClick(grid, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2, timeout=20000)
    text = panel.model.index(1, 1).data()
    assert text.startswith("project.label(['global/")
    assert text.endswith("'nominal')")
    opened.actions_by_name()["actionUndo"].trigger()
    qtbot.waitUntil(lambda: panel.model.entries[1].state == "undone", timeout=20000)
    assert panel.model.index(1, 1).data(Qt.ItemDataRole.FontRole).strikeOut()
    panel.table.selectRow(1)
    opened.exports.pack_to(tmp_path / "p.zip", False)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3, timeout=30000)
    assert panel.model.index(2, 1).data() == f"project.pack({str(tmp_path / 'p.zip')!r}, False)"
    assert [e.id for e in panel.chosen()] == [panel.model.entries[1].id], "what was selected stays so"
    panel.table.clearSelection()
    panel.undone.setChecked(False)
    assert panel.model.rowCount() == 2
    panel.undone.setChecked(True)
    opened.actions_by_name()["actionRedo"].trigger()
    qtbot.waitUntil(lambda: panel.model.entries[1].state == "done", timeout=20000)
    panel.filter.setText("nominal label")
    assert panel.model.rowCount() == 1
    panel.filter.clear()
    press(qtbot, panel, "journalCopy")
    assert QGuiApplication.clipboard().text().splitlines()[1] == text
    press(qtbot, panel, "journalCopyScript")
    program = tmp_path / "steps.py"
    program.write_text(QGuiApplication.clipboard().text(), encoding="utf-8")
    subprocess.run([sys.executable, str(program), str(tmp_path / "again.dlproj")], check=True)
    with Project.open(tmp_path / "again.dlproj") as again:
        assert again.images().label_names() == opened.session.project.images().label_names()
    panel.hide()
    assert opened.problems == []
