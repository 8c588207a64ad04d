"""What a script shows: the application's widgets in a process of their own, told what to show by lines of JSON.

One message a line on standard input; the process ends when that ends or the window is closed. With `wait` in a message
only the closed window ends it; `place` says where it stands and how large it is (row, column, width, height). The
messages are written by `dlgui.halcon.viewer`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QVBoxLayout, QWidget

from dlgui.gui import theme
from dlgui.gui.app import application

Message = dict[str, Any]
SMALLEST = QSize(320, 260)
"""Pixels below which no widget can be read, whatever a script wants."""


class ScriptWindow(QMainWindow):
    """Shows one message after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scriptWindow")
        self.setWindowTitle("dlgui")
        self.resize(760, 560)
        self.waits = False
        self._placed = False
        self._makers: dict[str, Callable[[Message], QWidget]] = {
            "training_progress": self._progress, "confusion_matrix": self._matrix, "heatmap": self._heatmap,
            "image_results": self._results}
        self._closers: list[Callable[[], None]] = []

    def show_message(self, message: Message) -> None:
        """Shows what a message asks for."""
        self.waits = self.waits or bool(message.get("wait"))
        self._end()
        self.setCentralWidget(self._makers[message["show"]](message))
        self.setWindowTitle(message.get("title", "dlgui"))
        self._place(*message.get("place", (0, 0, 0, 0)))
        self.show()

    def _place(self, row: int, column: int, width: int, height: int) -> None:
        """Once, where and as large as the script wants it, within the screen; later a person may have moved it."""
        if not self._placed and width and height:
            room = self.screen().availableGeometry()
            self.resize(QSize(width, height).expandedTo(SMALLEST).boundedTo(room.size()))
            if row or column:
                self.move(min(column, room.right() - self.width()), min(row, room.bottom() - self.height()))
        self._placed = True

    def _progress(self, message: Message) -> QWidget:
        from dlgui.gui.train.lines import RunCurves
        from dlgui.gui.train.plot import TrainingPlot

        shown = self.centralWidget()
        plot = shown if isinstance(shown, TrainingPlot) else TrainingPlot()
        if shown is plot:
            self.takeCentralWidget()
        plot.show_runs([RunCurves.of("script", self.tr("script"), round(message["epochs"]), message["history"])])
        plot.set_kind("loss", any(row.get("loss") is not None for row in message["history"]))
        plot.fit()
        return plot

    def _matrix(self, message: Message) -> QWidget:
        from dlgui.gui.script_matrix import ScriptMatrix

        made = ScriptMatrix(message["classes"], np.array(message["matrix"]), message["mode"])
        made.view.show_palette("halcon" if message["coloured"] else "plain")
        return made

    def _heatmap(self, message: Message) -> QWidget:
        from dlgui.engine.heatmaps import overlay
        from dlgui.gui.image_view import ImageView
        from dlgui.gui.thumbnails import to_qimage

        with np.load(message["arrays"], allow_pickle=False) as arrays:
            picture = to_qimage(overlay(arrays["image"], arrays["map"], message["colours"]))
        place, view, text = QWidget(), ImageView("heatmapView"), QLabel(message["text"])
        column = QVBoxLayout(place)
        column.addWidget(view, 1)
        column.addWidget(text)
        view.show_image(picture)
        return place

    def _results(self, message: Message) -> QWidget:
        from dlgui.gui.grid_model import GridItem
        from dlgui.gui.image_grid import ImageGrid
        from dlgui.gui.thumbnails import Thumbnails

        pictures = Thumbnails(self, lambda path: _picture(path, *message.get("range", (-127.0, 128.0))))
        self._closers.append(pictures.close)
        grid = ImageGrid("resultGrid", pictures)
        grid.when_empty = self.tr("No image meets the criteria.")
        rows = message["rows"]

        def item(row: int) -> GridItem:
            file, truth, predicted, confidence = rows[row]
            right = truth == predicted
            return GridItem(row, file, Path(file).name, predicted if right else f"{truth}\n→{predicted}",
                            mark="right" if right else "wrong", tip=file, figure=f"{100 * confidence:.0f} %")

        grid.fit_names(sorted({name for _, truth, predicted, _ in rows for name in (truth, predicted)}))
        grid.items.show(len(rows), item)
        return grid

    def _end(self) -> None:
        for close in self._closers:
            close()
        self._closers = []

    def closeEvent(self, event: Any) -> None:
        self._end()
        super().closeEvent(event)
        QApplication.quit()


def _picture(path: str, darkest: float, brightest: float) -> QImage:
    """What Qt cannot read: images of other forms, and those that a script preprocessed and kept, in a gray range."""
    from dlgui.engine.preprocessing import Preprocessing
    from dlgui.errors import DlguiError
    from dlgui.gui.thumbnails import full, to_qimage
    from dlgui.halcon.iconic import read_object

    if not path.endswith(".hobj"):
        return full(path)
    try:
        array = read_object(Path(path))[0]
    except (DlguiError, IndexError):
        return QImage()
    if np.issubdtype(array.dtype, np.floating):
        array = Preprocessing(range_min=darkest, range_max=brightest).unscale(array)
    return to_qimage(array)


class Reader(QObject):
    """Reads standard input in a thread.

    Signals:
        message: one that came.
        ended: there are no more.
    """

    message = Signal(object)
    ended = Signal()

    def start(self) -> None:
        """Begins to read."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self.message.emit(json.loads(line))
        self.ended.emit()


def main() -> int:
    """Shows messages until there are no more or the window is closed."""
    app = application()
    theme.apply()
    window, reader = ScriptWindow(), Reader()

    def ended() -> None:
        if not window.waits:
            window.close()

    def shown(message: Message) -> None:
        window.show_message(message)
        if "arrays" in message:  # the script waits: it may now write the next file
            sys.stdout.write("shown\n")
            sys.stdout.flush()

    reader.message.connect(shown, Qt.ConnectionType.QueuedConnection)
    reader.ended.connect(ended, Qt.ConnectionType.QueuedConnection)
    reader.start()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
