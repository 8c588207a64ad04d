"""Importing, importing again and finding a moved folder, in the real window."""

import shutil

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton, QWidget

from dlgui.gui.data.import_dialog import ImportDialog
from dlgui.gui.data.relocate_dialog import RelocateDialog
from dlgui.gui.data.rescan_dialog import RescanDialog
from dlgui.project.operations.info import info
from dlgui.project.project import Project


@pytest.fixture
def folder(small_folder, tmp_path):
    """A copy of the images that a test may change, with one broken file."""
    root = tmp_path / "pictures"
    shutil.copytree(small_folder, root)
    (root / "local" / "broken.jpg").write_bytes(b"no image")
    return root


def test_what_a_folder_gives_is_shown_before_it_is_imported(window, folder, idle, qtbot, tmp_path):
    dialog = ImportDialog(window.session.jobs, folder, window)
    idle(window)
    assert dialog.source.currentData() == "last_folder"
    assert "3 classes" in dialog.source.currentText()
    assert [dialog.found.item(row, 0).text() for row in range(3)] == ["global", "local", "nominal"]
    assert [dialog.found.item(row, 1).text() for row in range(3)] == ["24", "25", "24"]
    assert [dialog.bad.item(0).text()] == ["local/broken.jpg: not an image of a known format"]
    qtbot.waitUntil(lambda: not dialog.pictures.busy(), timeout=10000)
    dialog.source.setCurrentIndex(dialog.source.findData("none"))
    assert dialog.found.item(0, 0).text() == "no label"
    assert not list(tmp_path.glob("*.dlproj"))
    dialog.source.setCurrentIndex(dialog.source.findData("csv"))
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.source.setCurrentIndex(dialog.source.findData("last_folder"))
    assert dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.reject()


def test_a_csv_names_its_bad_rows(window, folder, idle):
    (folder / "labels.csv").write_text("image,label\nlocal/nowhere.jpg,a\n" + "".join(
        f"local/{file.name},{'ab'[i % 2]}\n" for i, file in enumerate(sorted((folder / "local").iterdir())[:6])))
    dialog = ImportDialog(window.session.jobs, folder / "labels.csv", window)
    idle(window)
    assert dialog.label_source() == f"csv:{folder / 'labels.csv'}"
    assert dialog.listing.classes == ["a", "b"]
    assert "local/nowhere.jpg: no such file" in [dialog.bad.item(i).text() for i in range(dialog.bad.count())]
    dialog.reject()


def test_dropping_a_folder_asks_and_makes_a_project(window, folder, idle, qtbot, monkeypatch):
    monkeypatch.setattr(ImportDialog, "exec", lambda dialog: idle(window) or True)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    window.projects.dropped(data)
    idle(window)
    project = window.session.project
    assert project is not None
    assert (project.folder.name, info(project)["num_images"]) == ("pictures.dlproj", 73)
    assert [item["path"] for item in info(project)["unreadable"]] == ["local/broken.jpg"]
    assert window.problems == []


def test_looking_again_finds_what_is_new_gone_and_changed_and_keeps_labels(window, folder, idle, tmp_path):
    Project.create(tmp_path / "p.dlproj", folder).close()
    assert window.session.open(tmp_path / "p.dlproj")
    project = window.session.project
    grid = window.findChild(QWidget, "imageGrid")
    grid.select([0])
    window.data_tab.label_selection(project.classes()[2].id)
    names = sorted(file.name for file in (folder / "global").iterdir())
    (folder / "global" / names[0]).rename(tmp_path / "away.jpg")
    shutil.copy(folder / "local" / "textile_0001.jpg", folder / "global" / "extra.jpg")
    shutil.copy(folder / "local" / "textile_0002.jpg", folder / "nominal" / "textile_0001.jpg")
    window.actions_by_name()["actionRescan"].trigger()
    idle(window)
    dialog = window.findChild(RescanDialog)
    shown = {dialog.tree.topLevelItem(i).text(0).split("  ")[0]: dialog.tree.topLevelItem(i).child(0).text(0)
             for i in range(dialog.tree.topLevelItemCount())}
    assert shown == {"new": "global/extra.jpg", "gone: the labels are kept": f"global/{names[0]}",
                     "changed: read again, the labels are kept": "nominal/textile_0001.jpg"}
    table = project.images()
    assert table.label[table.row_of_path[f"global/{names[0]}"]] == 2  # gone, but its label is not
    dialog._show_all()
    assert grid.items.rowCount() == 3
    (tmp_path / "away.jpg").rename(folder / "global" / names[0])
    window.actions_by_name()["actionRescan"].trigger()
    idle(window)
    assert not project.images().missing.any()
    window.actions_by_name()["actionRescan"].trigger()
    idle(window)
    assert "Nothing" in window.statusBar().currentMessage()
    assert window.problems == []


def test_a_moved_image_folder_is_asked_for_and_guessed(window, folder, idle, qtbot, tmp_path):
    Project.create(tmp_path / "work" / "p.dlproj", folder).close()
    folder.rename(tmp_path / "work" / "pictures")
    assert window.session.open(tmp_path / "work" / "p.dlproj")
    qtbot.waitUntil(lambda: window.findChild(RelocateDialog) is not None, timeout=5000)
    dialog = window.findChild(RelocateDialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    qtbot.waitUntil(ok.isEnabled, timeout=10000)
    assert dialog.note.text() == "73 of 73 images are there."
    dialog.folder.setText(str(tmp_path))
    idle(window)
    assert not ok.isEnabled()
    dialog.folder.setText(str(tmp_path / "work" / "pictures"))
    qtbot.waitUntil(ok.isEnabled, timeout=10000)
    qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    idle(window)
    assert window.session.project.image_root == tmp_path / "work" / "pictures"
    assert window.problems == []


def test_an_image_folder_of_another_name_is_guessed(window, folder, idle, qtbot, tmp_path):
    Project.create(tmp_path / "projects" / "p.dlproj", folder).close()
    folder.rename(tmp_path / "pictures of 2026")
    assert window.session.open(tmp_path / "projects" / "p.dlproj")
    qtbot.waitUntil(lambda: window.findChild(RelocateDialog) is not None, timeout=10000)
    dialog = window.findChild(RelocateDialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    qtbot.waitUntil(ok.isEnabled, timeout=30000)
    assert (dialog.chosen(), dialog.note.text()) == (tmp_path / "pictures of 2026", "73 of 73 images are there.")
    qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    idle(window)
    assert window.session.project.image_root == tmp_path / "pictures of 2026"
    assert not window.session.project.images().missing.any()
    assert window.problems == []


def test_a_table_with_an_unknown_split_says_so_before_and_after_the_import(window, folder, idle, qtbot, tmp_path):
    paths = [f"local/{file.name}" for file in sorted((folder / "local").glob("t*"))][:8]
    (tmp_path / "labels.csv").write_text("image,label,split\n" + "".join(
        f"{path},new,{'train' if i < 6 else 'holdout'}\n" for i, path in enumerate(paths)))
    dialog = ImportDialog(window.session.jobs, folder, window)
    dialog.choose(tmp_path / "labels.csv")
    idle(window)
    said = ("labels.csv, lines 8 and 9: the split 'holdout' is unknown, so these images have none; write train, "
            "validation or test")
    assert dialog.note.text().splitlines() == ["8 images, 8 with a label, 1 class;",
                                               "splits: 6 training, 0 validation, 0 test, 2 without", said]
    dialog.reject()
    Project.create(tmp_path / "p.dlproj", folder).close()
    assert window.session.open(tmp_path / "p.dlproj")
    window.projects.take(tmp_path / "labels.csv")
    idle(window)
    dialog = window.findChild(RescanDialog)
    head = dialog.findChild(QLabel).text().splitlines()
    assert head[0] == "No label was lost."
    assert head[1:] == ["6 images got a split or a group from it.",
                        "8 images keep the label that they have, though the source names another.", said]
    assert info(window.session.project)["classes"]["local"] == 24
    qtbot.mouseClick(dialog.findChild(QPushButton, "rescanOverwrite"), Qt.MouseButton.LeftButton)
    idle(window)
    assert info(window.session.project)["classes"] == {"global": 24, "local": 16, "nominal": 24, "new": 8}
    window.session.undo()
    assert info(window.session.project)["classes"]["local"] == 24
    assert window.problems == []


def test_what_is_wrong_is_told_of_the_chosen_source_alone_and_once(window, folder, idle):
    (folder / "labels.csv").write_text("image,label\nlocal/nowhere.jpg,a\n,b\n" + "".join(
        f"global/{file.name},{'ab'[i % 2]}\n" for i, file in enumerate(sorted((folder / "global").iterdir())[:6])))
    dialog = ImportDialog(window.session.jobs, folder / "labels.csv", window)
    idle(window)

    def told():
        return [dialog.bad.item(i).text() for i in range(dialog.bad.count())]

    of_csv = ["local/nowhere.jpg: no such file", ",b: no image path"]
    assert (told(), dialog.checked.text()) == (of_csv, "Every file can be read.")
    dialog.source.setCurrentIndex(dialog.source.findData("last_folder"))
    assert told() == ["local/broken.jpg: not an image of a known format"]
    assert dialog.checked.text().startswith("1 file cannot be read")
    dialog.source.setCurrentIndex(dialog.source.findData("csv"))
    assert told() == of_csv
    dialog.reject()


def test_a_folder_and_a_csv_are_dropped_on_the_open_dialog(window, folder, idle, tmp_path):
    (tmp_path / "elsewhere.csv").write_text("image,label\nlocal/textile_0501.jpg,a\n")
    dialog = ImportDialog(window.session.jobs, None, window)
    dialog.show()

    def drop(path):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        for kind in (QDragEnterEvent, QDragMoveEvent, QDropEvent):
            QApplication.sendEvent(dialog.images, kind(QPointF(5, 5), Qt.DropAction.CopyAction, data,
                                                       Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
        idle(window)

    drop(folder)
    assert (dialog.images.text(), dialog.source.currentData()) == (str(folder), "last_folder")
    drop(tmp_path / "elsewhere.csv")
    assert (dialog.images.text(), dialog.source.currentData()) == (str(folder), "csv")
    assert dialog.csv.text() == str(tmp_path / "elsewhere.csv")
    dialog.reject()
