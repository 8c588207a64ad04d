"""Names that are very long or look like HTML: nothing is pushed aside, covered or taken for a tag."""

import shutil

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox

from dlgui.gui import words
from dlgui.project.project import Project

LONG = "a very long name of a class that goes on and on, as names in catalogues of defects do, part "
TAG = "<b>good<i>"


@pytest.fixture
def odd(window, small_folder, tmp_path, qtbot):
    """The window, as small as it gets, over classes with such names."""
    root = tmp_path / "images"
    for old, new in (("global", LONG + "A"), ("local", LONG + "B"), ("nominal", TAG)):
        shutil.copytree(small_folder / old, root / new)
    Project.create(tmp_path / "p.dlproj", root).close()
    assert window.session.open(tmp_path / "p.dlproj")
    window.resize(1024, 700)
    qtbot.wait(50)
    return window


def test_nothing_covers_the_preview(odd, idle, qtbot):
    detail = odd.data_tab.detail
    for rows in ([0], [0, 30, 60]):
        odd.data_tab.grid.select(rows)
        idle(odd)
        qtbot.wait(20)
        for adjusting in (True, False):
            detail.preview.adjust.setChecked(adjusting)
            qtbot.wait(20)
            view = detail.preview.view.geometry()
            assert not [t for t in (detail.preview.fit, detail.preview.actual, detail.preview.auto, detail.preview.zoom)
                        if t.geometry().intersects(view)]
            assert detail.preview.geometry().bottom() < detail.path.y() < detail.caption.y() < detail.flag.y()
    odd.data_tab.grid.select([30])
    assert len(detail.caption.text()) < 70
    assert detail.caption.text().endswith("part A, no split, 250 × 250")
    assert LONG + "A" in detail.caption.toolTip()


def test_the_columns_keep_their_widths_in_every_mode(odd, idle, qtbot):
    tab = odd.data_tab
    tab.grid.selectAll()
    widths = set()
    for mode in ("grid", "suggest", "map", "grid"):
        tab.switch.choose(mode)
        idle(odd)
        qtbot.wait(20)
        widths.add((tab.classes.width(), tab.detail.width()))
    assert len(widths) == 1


def test_names_with_tags_are_shown_as_they_are(odd, qtbot):
    tab = odd.data_tab
    tab.grid.select([0])
    assert TAG in tab.detail.caption.text()
    assert tab.detail.caption.textFormat() == Qt.TextFormat.PlainText
    for tip in (tab.detail.caption.toolTip(), tab.classes.list.item(1).toolTip(),
                tab.grid.items.data(tab.grid.items.index(0), Qt.ItemDataRole.ToolTipRole)):
        shown = QLabel(tip)
        qtbot.addWidget(shown)
        assert "&lt;b&gt;good" in shown.text()
    assert words.tip("plain & simple\nname") == "plain & simple\nname"
    assert tab.split_panel.note.textFormat() == Qt.TextFormat.PlainText

    asked = []

    def answer():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append((box.text(), box.textFormat()))
        box.button(QMessageBox.StandardButton.No).click()

    QTimer.singleShot(50, answer)
    menu = tab.classes.menu_of(odd.session.project.classes()[0].id)
    next(a for a in menu.actions() if a.text().startswith("Delete")).trigger()
    assert asked[0][0].startswith(f"Delete {TAG}?")
    assert asked[0][1] == Qt.TextFormat.PlainText
