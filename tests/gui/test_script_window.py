"""What scripts show is shown by the application's own widgets."""

import json

import numpy as np
from PySide6.QtCore import QTimer
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


def test_a_cell_is_picked_by_a_click(qtbot, monkeypatch, capsys):
    import io
    import sys

    from dlgui.gui import pick_cell

    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"classes": ["a", "b"], "matrix": [[3, 1], [0, 2]]})))

    def click():
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
        view = dialog.findChild(ConfusionMatrix)
        view.hovered.emit(view.matrix.sentence(0, 1))
        assert "1 of 3 'b'" in dialog.findChild(QLabel).text()
        view.clicked.emit(view.model().index(0, 1))

    QTimer.singleShot(300, click)
    assert pick_cell.main() == 0
    assert json.loads(capsys.readouterr().out) == {"ground_truth": "b", "predicted": "a"}
