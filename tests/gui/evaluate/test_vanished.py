"""Images that vanished after the run: every part of the tab names the file, the reason and the remedy."""

import shutil

import pytest
from looking import named
from PySide6.QtWidgets import QToolButton

from dlgui.engine.selection import Criteria
from dlgui.gui.evaluate.contact_sheet import SHEET, ContactSheet
from dlgui.project.operations import images

PLACE = 40
"""In the grid, sorted by file name."""


@pytest.fixture
def vanished(judged, idle, tmp_path):
    """The window, all images chosen, and one of them, whose file was gone before anybody looked at it."""
    inspection, root = judged.evaluate_tab.inspection, tmp_path / "images"
    named(judged, "showAllButton").click()
    inspection.sort("file_name")
    idle(judged)
    shutil.copytree(judged.session.project.image_root, root)
    gone = inspection.samples([inspection.positions[PLACE]])[0].path
    (root / gone).unlink()
    judged.session.do(images.relocate, root)
    idle(judged)
    sample = inspection.samples([inspection.positions[PLACE]])[0]
    assert sample.file == root / gone
    return judged, sample


def test_picture_heatmap_and_tooltip_say_so(vanished, idle, qtbot):
    window, sample = vanished
    tab = window.evaluate_tab
    tab.results.grid.select([PLACE])
    idle(window)
    assert f"{sample.file}: the file does not exist; restore the file" in tab.why.views.first._text
    qtbot.waitUntil(lambda: tab.results._missing(sample), timeout=20000)
    assert f"{sample.file}: it is gone or cannot be read; bring the file back" in tab.results.grid.items.item(PLACE).tip


def test_the_contact_sheet_shows_the_others_and_names_what_is_missing(vanished, idle):
    window, sample = vanished
    sheet = window.evaluate_tab.why.open_dialog(ContactSheet)
    idle(window)
    assert sheet.list.count() == SHEET
    assert f"1 cannot be read: {sample.file}: the file does not exist" in sheet.note.text()
    item = sheet.list.item(PLACE)
    assert item.text() == sample.file.name
    assert not item.icon().isNull()
    assert str(sample.file) in item.toolTip()
    sheet.close()


def test_a_neighbour_that_is_missing_says_so(vanished, qtbot):
    window, sample = vanished
    strip = window.evaluate_tab.why.judgement.strips[0]
    strip.show_files("nearest", [sample.file])
    first = strip.findChildren(QToolButton)[0]
    qtbot.waitUntil(lambda: first.toolTip().startswith(f"{sample.file}: it is gone"), timeout=20000)
    assert not first.icon().isNull()


def test_a_contact_sheet_of_nothing_says_what_to_do(judged):
    judged.evaluate_tab.inspection.choose(Criteria(text="no such name"))
    sheet = judged.evaluate_tab.why.open_dialog(ContactSheet)
    assert sheet.note.text().startswith("No image is chosen")
    sheet.close()


def test_a_run_whose_images_all_vanished_before_it_was_evaluated_says_so(judged, idle, tmp_path):
    tab, run = judged.evaluate_tab, judged.evaluate_tab.inspection.run
    root = tmp_path / "empty"
    shutil.copytree(judged.session.project.image_root, root)
    judged.session.do(images.relocate, root)
    idle(judged)
    for file in root.rglob("*.jpg"):
        file.unlink()
    (run.folder / "confidences.npz").unlink()
    tab.load()
    idle(judged)
    assert tab.evaluation is None
    assert str(root) in tab.inspection.problem
    assert "another of the 72 images of split all can be read; bring the files back" in tab.inspection.problem
    assert named(judged, "evaluateRemedyButton").text() == "Find the images…"
