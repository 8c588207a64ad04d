"""What scripts show is shown by the application's own widgets."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.image_view import ImageView
from dlgui.gui.script_window import ScriptWindow
from dlgui.gui.train.plot import TrainingPlot


def test_each_message_has_its_widget(qtbot, tmp_path, small_folder):
    window = ScriptWindow()
    qtbot.addWidget(window)
    history = [{"epoch": e, "loss": None, "train_top1_error": 0.3, "validation_top1_error": 0.4, "learning_rate": 0.1}
               for e in (1, 2)]
    window.show_message({"show": "training_progress", "history": history[:1], "epochs": 5})
    plot = window.centralWidget()
    assert isinstance(plot, TrainingPlot)
    window.show_message({"show": "training_progress", "history": history, "epochs": 5})
    assert window.centralWidget() is plot
    assert len(plot.runs[0].history) == 2
    assert [label.text for _, label in plot.legend.items] == ["training", "validation", "learning rate"]

    np.savez(tmp_path / "heat.npz", image=np.zeros((40, 60, 3), np.uint8), map=np.ones((40, 60), np.float32))
    window.show_message({"show": "heatmap", "arrays": str(tmp_path / "heat.npz"), "colours": "jet", "text": "for a"})
    assert window.findChild(ImageView, "heatmapView").image().width() == 60
    assert "for a" in [label.text() for label in window.findChildren(QLabel)]

    files = [str(path) for path in sorted((small_folder / "local").iterdir())[:3]]
    window.show_message({"show": "image_results", "rows": [[f, "local", "local", 0.9] for f in files]})
    grid = window.findChild(ImageGrid, "resultGrid")
    assert [grid.items.item(i).file for i in range(3)] == files
    rows = [[files[0], "scratch from handling", "scratch from the night shift", 0.9]]
    window.show_message({"show": "image_results", "rows": rows})
    grid = window.centralWidget()
    assert grid.paint_item._caption(grid.items.item(0)) == [
        ("scratch from handling", ""), ("→scratch from the night shift", "90 %")]
    assert not window.waits
    window.close()


def test_images_that_a_script_preprocessed_are_shown(qtbot, tmp_path, small_folder):
    import dlgui.halcon as ha

    handle = ha.read_dl_classifier("pretrained_dl_classifier_compact")
    source = sorted((small_folder / "local").iterdir())[0]
    ha.write_object(ha.preprocess_dl_classifier_images(ha.read_image(str(source)), [], [], handle),
                    str(tmp_path / "kept.hobj"))
    (tmp_path / "broken.hobj").write_text("no image")
    files = [str(tmp_path / name) for name in ("kept.hobj", "broken.hobj")]
    window = ScriptWindow()
    qtbot.addWidget(window)
    window.show_message({"show": "image_results", "rows": [[f, "a", "a", 0.9] for f in files], "range": [-127, 128]})
    grid = window.findChild(ImageGrid, "resultGrid")
    qtbot.waitUntil(lambda: all(grid.items.thumbnails.get(file) is not None for file in files))
    kept, broken = (grid.items.thumbnails.get(file) for file in files)
    assert broken.isNull()
    shown = kept.toImage().scaled(8, 8, mode=Qt.TransformationMode.SmoothTransformation)
    there = QImage(str(source)).scaled(8, 8, mode=Qt.TransformationMode.SmoothTransformation)
    grays = [[image.pixelColor(x, y).lightness() for x in range(8) for y in range(8)] for image in (shown, there)]
    assert np.abs(np.subtract(*grays)).mean() < 12
    window.show_message({"show": "image_results", "rows": []})
    assert window.findChild(ImageGrid, "resultGrid").when_empty == "No image meets the criteria."
    window.close()


def test_a_window_is_as_large_as_the_script_wants_it_until_a_person_changes_it(qtbot):
    window = ScriptWindow()
    qtbot.addWidget(window)
    message = {"show": "confusion_matrix", "classes": ["a", "b"], "matrix": [[3, 1], [0, 2]], "mode": "absolute",
               "coloured": True, "title": "confusion matrix", "place": [40, 30, 480, 400]}
    window.show_message(message)
    assert (window.size(), window.pos()) == (QSize(480, 400), QPoint(30, 40))
    assert window.windowTitle() == "confusion matrix"
    view = window.findChild(ConfusionMatrix)
    assert [[view.model().index(i, j).data() for j in range(2)] for i in range(2)] == [["3", "1"], ["0", "2"]]
    window.resize(600, 500)
    window.show_message({**message, "matrix": [[3, 0], [0, 3]]})
    assert window.size() == QSize(600, 500)
    assert window.findChild(ConfusionMatrix).model().index(0, 0).data() == "3"
    large = ScriptWindow()
    qtbot.addWidget(large)
    large.show_message({**message, "place": [0, 0, 16000, 16000]})
    room = large.screen().availableGeometry()
    assert large.width() <= room.width()
    assert large.height() <= room.height()
    for made in (window, large):
        made.close()


@pytest.mark.parametrize(("way", "expected"), [
    ("click", {"ground_truth": "b", "predicted": "a"}), ("enter", {"ground_truth": "a", "predicted": "b"}),
    ("escape", {})])
def test_a_cell_is_picked_by_mouse_or_keyboard(qtbot, monkeypatch, capsys, way, expected):
    import io
    import sys

    from dlgui.gui import pick_cell

    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"classes": ["a", "b"], "matrix": [[3, 1], [0, 2]]})))
    texts = []

    def act():
        dialog = next((w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()), None)
        if dialog is None:
            QTimer.singleShot(50, act)
            return
        view = dialog.findChild(ConfusionMatrix)
        view.hovered.emit(view.matrix.sentence(0, 1))
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        if way == "click":
            place = view.visualRect(view.model().index(0, 1)).center()
            qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        elif way == "enter":
            view.setCurrentIndex(view.model().index(1, 0))
            qtbot.keyClick(view, Qt.Key.Key_Return)
        else:
            qtbot.keyClick(view, Qt.Key.Key_Escape)

    QTimer.singleShot(50, act)
    assert pick_cell.main() == 0
    assert json.loads(capsys.readouterr().out) == expected
    assert any("1 of 3 'b'" in text for text in texts)
    assert any("hands its images to the script" in text for text in texts)
