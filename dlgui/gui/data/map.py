"""All images as points: alike ones lie side by side; a lasso selects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPixmap
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.engine.projection import LANDMARKS, inside
from dlgui.gui import theme
from dlgui.gui.data.point_cloud import LassoBox, PointCloud
from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.filters import Results
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button, named
from dlgui.gui.words import short
from dlgui.project.operations.maps import Map, image_map
from dlgui.project.project import ImageTable

_REACH = 10.0
"""Pixels from the cursor within which a point is meant."""


class MapPanel(QWidget):
    """The map and the bar above it.

    Signals:
        picked: ids of the images that shall be selected.
        to_grid: the selection shall be shown in the grid.
        key: text of a plain key, with whether Shift was held.
    """

    picked = Signal(object)  # of thousands of numbers Qt would make a list of its own
    to_grid = Signal()
    key = Signal(str, bool)

    def __init__(self, session: Session, pictures: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self._pictures = session, pictures
        self.map: Map | None = None
        self._table: ImageTable | None = None
        self._results: Results | None = None
        self._rows = np.empty(0, np.int64)
        self._selected = np.empty(0, bool)
        self._chosen: list[int] = []
        self._hovered = ""
        self.by = named(QComboBox(), "mapColourBox", self.tr("What the colours of the points mean"))
        for text, value in ((self.tr("Colour: class"), "class"), (self.tr("Colour: split"), "split"),
                            (self.tr("Colour: error"), "error")):
            self.by.addItem(text, value)
        self.by.currentIndexChanged.connect(lambda _: self.dress())
        self.legend, self.note = QLabel(), ElidedLabel()
        self.note.setProperty("soft", True)
        self.grid_button = button("mapToGridButton", self.tr("Show in grid"),
                                  self.tr("Show only the selected images, in the grid"), self.to_grid.emit)
        self.cloud, self.box = PointCloud(), LassoBox()
        self.plot = named(pg.PlotWidget(viewBox=self.box), "imageMap", self.tr(
            "Drag around points to select them, with Shift or Ctrl to add. Wheel: zoom. Right button: move. "
            "Double click: the whole map. Class keys label the selection."))
        for side in ("left", "bottom"):
            self.plot.getPlotItem().hideAxis(side)
        self.plot.hideButtons()
        self.plot.addItem(self.cloud)
        self.box.caught.connect(self._caught)
        self.box.pointed.connect(self._clicked)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.hint = QFrame(self.plot)
        self.hint.setObjectName("mapHint")
        self.hint.setFrameShape(QFrame.Shape.StyledPanel)
        self.hint.setAutoFillBackground(True)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._picture, self._words = QLabel(), QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        inner = QVBoxLayout(self.hint)
        inner.setContentsMargins(6, 6, 6, 6)
        inner.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        self.hint.hide()
        pictures.ready.connect(lambda path: self._show_hint() if path == self._hovered else None)
        theme.notifier().changed.connect(self.dress)
        bar = QHBoxLayout()
        bar.addWidget(self.by)
        bar.addWidget(self.legend)
        bar.addStretch()
        bar.addWidget(self.grid_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note)
        self.dress()

    # --- what is shown

    def forget(self) -> None:
        """Another project was opened."""
        self.map = None
        self.cloud.place(np.empty((0, 2), np.float32))

    def start(self) -> None:
        """Asks for the map of the project as it is."""
        project = self.session.project
        if project is None:
            return
        self.session.jobs.start("map", self.tr("map"), lambda job: image_map(project, job.progress, job.tell),
                                told=self._arrived, done=self._arrived, failed=self._failed,
                                cancelled=lambda: self.note.setText(self.tr("Cancelled; open the map again to go on.")))
        if self.map is None:
            self.note.setText(self.tr("Looking at every image once; the first points come when all have been seen …"))

    def _failed(self, problem: Exception) -> None:
        self.note.setText(self.tr("Not done; open the map again to try once more."))
        self.session.problem.emit(problem)

    def _arrived(self, found: Map) -> None:
        fresh = self.map is None or len(self.map.ids) != len(found.ids)
        self.map = found
        self.cloud.place(found.places)
        if fresh or found.finished:
            self.box.autoRange(padding=0.04)
        many = len(found.ids) > LANDMARKS
        self.note.setText(self.tr("arranging …") if not found.finished else self.tr(
            "{n:,} images by t-SNE{rest}: near ones look alike, far distances mean nothing.").format(
                n=len(found.ids),
                rest=self.tr(" of {m:,}, the others beside the most similar").format(m=LANDMARKS) if many else ""))
        self.show_table(self._table, self._results)

    def show_table(self, table: ImageTable | None, results: Results | None) -> None:
        """Takes over labels, splits and what the last run says."""
        self._table, self._results = table, results
        if table is None or self.map is None:
            self.cloud.place(np.empty((0, 2), np.float32))
            return
        known = np.isin(self.map.ids, table.id)
        if not known.all():  # images have gone since
            self.map = Map(self.map.ids[known], self.map.places[known], self.map.finished)
            self.cloud.place(self.map.places)
        self._rows = table.row_of(self.map.ids)
        self._selected = np.isin(self.map.ids, self._chosen)
        self.dress()

    def select(self, ids: list[int]) -> None:
        """Marks the selected images."""
        self._chosen = ids
        if self.map is not None:
            self._selected = np.isin(self.map.ids, ids)
            self.cloud.select(self._selected)
        self.grid_button.setEnabled(bool(ids))

    def dress(self) -> None:
        """Colours the points, also after a change of theme."""
        self.plot.setBackground(theme.colours().panel)
        if self._table is None or self.map is None or self.session.project is None:
            self.legend.clear()
            return
        names, colours, values = self._scale(self._table)
        self.cloud.colour(colours[values[self._rows]], values[self._rows] == 0)
        self.cloud.select(self._selected)
        nothing = int(not (values[self._rows] == 0).any())  # every point is known: no word on those that are not
        self.legend.setText("&nbsp;&nbsp; ".join(
            f"<span style='color:{QColor(*map(int, c)).name()}'>●</span> {n}"
            for n, c in list(zip(names, colours, strict=False))[nothing:]))

    def _scale(self, table: ImageTable) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Names of the first colours, for the legend; uint8 (k, 3); the colour's index of every row of the table.

        The first colour says that nothing is known.
        """
        c, project, kind = theme.colours(), self.session.project, self.by.currentData()
        unknown = _between(c.soft, c.panel)
        assert project is not None
        if kind == "split":
            hues = [unknown, "#4e79a7", "#f28e2b", "#b07aa1"]
            names = [self.tr("no split"), self.tr("train"), self.tr("validation"), self.tr("test")]
            return names, _rgb(hues), table.split.astype(np.int64) + 1
        if kind == "error":
            names = [self.tr("not judged"), self.tr("right"), self.tr("wrong")]
            values = np.zeros(len(table), np.int64)
            if self._results is not None and len(self._results.predicted) == len(table):
                values[(self._results.predicted >= 0) & (table.label >= 0)] = 1
                values[self._results.wrong(table)] = 2
            return names, _rgb([unknown, c.right, c.wrong]), values
        # the list of classes is the legend
        return [self.tr("no label")], _rgb([unknown, *(info.colour for info in project.classes())]), \
            table.label.astype(np.int64) + 1

    # --- the mouse

    def _caught(self, polygon: np.ndarray, adds: bool) -> None:
        if self.map is not None:
            self._take(inside(polygon, self.map.places), adds)

    def _clicked(self, place: tuple[float, float], adds: bool) -> None:
        if self.map is not None:
            near = self._nearest(QPointF(*place))
            chosen = np.zeros(len(self.map.ids), bool)
            if near is not None:
                chosen[near] = True
            self._take(chosen, adds)

    def _take(self, chosen: np.ndarray, adds: bool) -> None:
        assert self.map is not None
        if adds:
            chosen = chosen | self._selected
        self.picked.emit(self.map.ids[chosen].tolist())
        self.plot.setFocus()

    def _nearest(self, place: QPointF) -> int | None:
        if self.map is None or not len(self.map.ids):
            return None
        reach = _REACH * self.box.viewPixelSize()[0]
        distance = np.hypot(*(self.map.places - [place.x(), place.y()]).T)
        best = int(distance.argmin())
        return best if distance[best] <= reach else None

    def _moved(self, at: QPointF) -> None:
        near = self._nearest(self.box.mapSceneToView(at)) if self._table is not None else None
        project = self.session.project
        if near is None or project is None or self._table is None:
            self._hovered = ""
            self.hint.hide()
            return
        row = int(self._rows[near])
        self._hovered = str(project.image_root / self._table.path[row])
        label = int(self._table.label[row])
        name = self._table.class_names[label] if label >= 0 else self.tr("no label")
        self._words.setText(f"{short(Path(self._hovered).name)}\n{short(name)}")
        self._show_hint()
        place = self.plot.mapFromScene(at)
        x = place.x() + 16 if place.x() + 16 + self.hint.width() < self.plot.width() else \
            place.x() - 16 - self.hint.width()
        y = min(max(place.y() - self.hint.height() // 2, 4), self.plot.height() - self.hint.height() - 4)
        self.hint.move(max(x, 4), y)

    def _show_hint(self) -> None:
        pixmap = self._pictures.get(self._hovered)
        self._picture.setPixmap(pixmap.scaled(128, 128, Qt.AspectRatioMode.KeepAspectRatio,
                                              Qt.TransformationMode.SmoothTransformation)
                                if pixmap is not None and not pixmap.isNull() else QPixmap())
        self.hint.adjustSize()
        self.hint.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text().lower()
        if event.key() == Qt.Key.Key_Delete:
            self.key.emit("delete", False)
        elif text and text.isprintable() and not text.isspace():
            self.key.emit(text, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)


def _between(a: str, b: str) -> str:
    """The colour in the middle of two."""
    first, second = QColor(a), QColor(b)
    return QColor((first.red() + second.red()) // 2, (first.green() + second.green()) // 2,
                  (first.blue() + second.blue()) // 2).name()


def _rgb(colours: list[str]) -> np.ndarray:
    return np.array([(q.red(), q.green(), q.blue()) for q in map(QColor, colours)], np.uint8)
