"""Two runs side by side: whether one is really better, and the images on which they differ."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.compare_runs import Comparison, compare
from dlgui.engine.difference_table import DifferenceTable, difference_table
from dlgui.engine.evaluation import Evaluation, evaluate
from dlgui.engine.matrix_table import MatrixTable
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.evaluate.page import Page
from dlgui.gui.scenes import Scene
from dlgui.gui.widgets import Choice, button, named, sentences
from dlgui.gui.words import short, tip, told
from dlgui.project.operations import evaluations, runs


class ComparePage(Page):
    """Compares the run above (A) with another (B) on the same split."""

    name = "compare"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.comparison: Comparison | None = None
        self.difference: DifferenceTable | None = None
        self._of: Evaluation | None = None
        self.other = named(Choice(12), "comparedRunSelector", self.tr("The run to compare with"))
        self.verdict = sentences()
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.both = self._choice("bothRightButton", self.tr("Images that both get right"), "both")
        self.only_a = self._choice("onlyFirstButton", self.tr("Images that only the first run gets right"), "only_a")
        self.only_b = self._choice("onlySecondButton", self.tr("Images that only the second run gets right"), "only_b")
        self.neither = self._choice("bothWrongButton", self.tr("Images that both get wrong"), "neither")
        self.differ = self._choice("differButton", self.tr("Images to which they give different answers"), "differ")
        self.kind = named(Choice(8), "comparedKind", self.tr("What is shown below"))
        for text, value in ((self.tr("difference of the matrices"), "difference"),
                            (self.tr("matrix of the other run"), "other"),
                            (self.tr("recall of each class"), "classes")):
            self.kind.addItem(text, value)
        self.classes = named(QTableWidget(), "comparedClasses", self.tr(
            "Recall of each class by either run; click for the images on which they differ"))
        self.classes.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.classes.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.classes.verticalHeader().hide()
        self.classes.cellClicked.connect(lambda row, _: self._class(row))
        self.matrix = ConfusionMatrix("comparedMatrix")
        self.matrix.cells.connect(self._cells)
        self.below = sentences(soft=True)
        self.below.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._build()
        self.matrix.hovered.connect(lambda text: self.below.setText(text or self._legend()))
        self.other.currentIndexChanged.connect(lambda _: self._compare())
        self.kind.currentIndexChanged.connect(lambda _: self._show_kind())
        inspection.loaded.connect(lambda: self.refresh() if self.active else None)

    def _choice(self, name: str, tip: str, which: str) -> QPushButton:
        made = named(button(name, tip, tip, lambda: self.show_images(which)), name, tip)
        made.setProperty("tight", True)
        made.setMinimumWidth(60)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return made

    def _build(self) -> None:
        top, grid = QHBoxLayout(), QGridLayout()
        top.addWidget(QLabel(self.tr("compare with")))
        top.addWidget(self.other, 1)
        for widget, row, column in ((self.both, 0, 0), (self.only_a, 0, 1), (self.only_b, 1, 0), (self.neither, 1, 1),
                                    (self.differ, 2, 0), (self.kind, 2, 1)):
            grid.addWidget(widget, row, column)
        for column in range(2):
            grid.setColumnStretch(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.verdict)
        layout.addLayout(grid)
        layout.addWidget(self.classes, 1)
        layout.addWidget(self.matrix, 1)
        layout.addWidget(self.below)
        layout.addStretch()

    def title(self) -> str:
        return self.tr("Compare")

    def tip(self) -> str:
        return self.tr("Two runs side by side")

    def refresh(self) -> None:
        """Offers the other runs and compares with the chosen one."""
        project, run = self.inspection.session.project, self.inspection.run
        found = [r for r in runs.all_runs(project)[::-1] if r.model.exists()] if project is not None else []
        others = [r for r in found if run is None or r.id != run.id]
        names, chosen = [r.id for r in others], self.other.currentData()
        if [self.other.itemData(i) for i in range(self.other.count())] != names:
            self.other.blockSignals(True)
            self.other.clear()
            for r in others:
                self.other.addItem(f"{r.name or r.id}  {r.method}", r.id)
            self.other.setCurrentIndex(names.index(chosen) if chosen in names else 0)
            self.other.blockSignals(False)
            self._of = None
        if self._of is not self.inspection.evaluation or self.inspection.evaluation is None:
            self._compare()
        elif self.comparison is not None:
            self._show_kind()  # the theme may have changed
            self.ready()

    def _compare(self) -> None:
        project, other, found = self.inspection.session.project, self.other.currentData(), self.inspection.evaluation
        self._of = found
        if project is None or found is None or other is None or self.inspection.epoch is not None:
            self._show(None)
            self.verdict.setText(
                self.inspection.problem if found is None
                else self.tr("Train a second run: the two are compared here image by image.") if other is None
                else self.tr("An epoch is shown; choose the finished model to compare."))
            return
        split = self.inspection.split
        self.inspection.session.jobs.start(
            "comparison", self.tr("comparison"), lambda job: compare(found.predictions, evaluations.predict(
                project, runs.get(project, other), split, progress=job.progress)), done=self._show, failed=self._failed)

    def _failed(self, problem: Exception) -> None:
        self._show(None)
        self.verdict.setText(told(problem))

    def names(self) -> tuple[str, str]:
        """What the two runs are called."""
        run = self.inspection.run
        return (run.name or run.id if run is not None else "A"), self.other.currentText().split("  ")[0]

    def _show(self, found: Comparison | None) -> None:
        self.comparison = found
        for widget in (self.both, self.only_a, self.only_b, self.neither, self.differ, self.kind, self.below):
            widget.setVisible(found is not None)
        if found is None:
            self.difference = None
            self._show_kind()
            return
        a, b = self.names()
        self.difference = difference_table(found, (a, b))
        self.verdict.setText(found.verdict(a, b))
        for widget, text, mask in ((self.both, self.tr("both right: {n}"), found.both),
                                   (self.only_a, self.tr("only {a} right: {n}"), found.only_a),
                                   (self.only_b, self.tr("only {b} right: {n}"), found.only_b),
                                   (self.neither, self.tr("both wrong: {n}"), found.neither),
                                   (self.differ, self.tr("different answers: {n}"), found.differ)):
            widget.setText(text.format(a=short(a, 14), b=short(b, 14), n=int(mask.sum())))
            widget.setEnabled(bool(mask.any()))
        self._show_classes(found, a, b)
        self._show_kind()
        self.ready()

    def _show_kind(self) -> None:
        """Shows the matrix or the table that is chosen."""
        kind, shown = self.kind.currentData(), self.difference
        self.classes.setVisible(shown is not None and kind == "classes")
        self.matrix.setVisible(shown is not None and kind != "classes")
        self.below.setText(self._legend())
        if shown is None or kind == "classes":
            return
        self.matrix.show_palette("difference" if kind == "difference" else "halcon")
        self.matrix.show_table(shown if kind == "difference" else MatrixTable(shown.decisions, "absolute", shown.order))

    def _legend(self) -> str:
        kind, (a, b) = self.kind.currentData(), self.names()
        if kind == "difference":
            return self.tr("A is {a}, B is {b}; cells are B minus A. Blue: B is better there; orange: worse. ±n: as "
                           "many came as left. A click shows the images that moved.").format(a=a, b=b)
        if kind == "other":
            return self.tr("{b} on the same images; a click shows them").format(b=b)
        return self.tr("A click shows the images of that class on which the runs differ")

    def _show_classes(self, found: Comparison, a: str, b: str) -> None:
        first, second = evaluate(found.a), evaluate(found.b)
        rows = []
        for i, name in enumerate(first.classes):
            recall_b = float(second.recall[second.classes.index(name)]) if name in second.classes else None
            rows.append((name, float(first.recall[i]), recall_b))
        self.classes.setColumnCount(4)
        self.classes.setHorizontalHeaderLabels([self.tr("class"), a, b, self.tr("difference")])
        self.classes.setRowCount(len(rows))
        for row, (name, one, two) in enumerate(rows):
            texts = [name, f"{100 * one:.1f} %", "–" if two is None else f"{100 * two:.1f} %",
                     "–" if two is None else f"{100 * (two - one):+.1f}"]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(tip(text))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.classes.setItem(row, column, item)
        header = self.classes.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def show_images(self, which: str) -> None:
        """Shows `both`, `only_a`, `only_b`, `neither` or `differ`, with both answers below each image."""
        if self.comparison is not None:
            a, b = self.names()
            words = {"both": self.tr("both right"), "only_a": self.tr("only {a} right").format(a=a),
                     "only_b": self.tr("only {b} right").format(b=b), "neither": self.tr("both wrong"),
                     "differ": self.tr("{a} and {b} differ").format(a=a, b=b)}
            self._choose(getattr(self.comparison, which), words[which])

    def _class(self, row: int) -> None:
        found = self.comparison
        if found is not None:
            self._choose(found.differ & (found.a.truth == row), self.tr("the runs differ about {name}").format(
                name=found.a.classes[row]))

    def _cells(self, cells: np.ndarray) -> None:
        shown = self.difference
        if shown is None:
            return
        a, b = self.names()
        if self.kind.currentData() == "difference":
            self._choose(shown.moves(cells), self.tr("moved between {a} and {b}").format(a=a, b=b))
        else:
            self._choose(cells[shown.decisions.answer, shown.decisions.predictions.truth],
                         self.tr("cells of {b}").format(b=b))

    def _choose(self, mask: np.ndarray, words: str) -> None:
        found = self.comparison
        assert found is not None
        places = np.flatnonzero(mask)
        captions = {int(found.places[i]): f"{found.a.classes[found.a.predicted[i]]}\n | "
                                          f"{found.b.classes[found.b.predicted[i]]}" for i in places}
        self.inspection.choose_only(found.places[places], words, captions=captions)

    def scenes(self) -> list[Scene]:
        return [Scene("evaluate_compare", lambda: self.when_ready(lambda: self.show_images("differ")))]
