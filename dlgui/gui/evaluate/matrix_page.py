"""The page of the confusion matrix: the view, how it is shown, and what would be if."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.matrix_table import MatrixTable, class_order
from dlgui.engine.selection import Criteria
from dlgui.errors import DlguiError
from dlgui.gui.commands import Command
from dlgui.gui.evaluate.epoch_bar import EpochBar
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.evaluate.matrix_files import SUFFIXES, write_matrix
from dlgui.gui.evaluate.page import Page
from dlgui.gui.evaluate.what_if_panel import WhatIfPanel
from dlgui.gui.scenes import Scene
from dlgui.gui.widgets import menu_button, named, sentences
from dlgui.gui.words import short
from dlgui.project.operations import epochs, runs


class MatrixPage(Page):
    """The matrix with what can be changed about it."""

    name = "matrix"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.matrix = ConfusionMatrix()
        self.mode = self._combo("matrixMode", self.tr("What stands in the cells"), (
            (self.tr("counts"), "absolute"), (self.tr("% of truth"), "truth"),
            (self.tr("% of answers"), "prediction")))
        tip = self.tr("Order of the classes; confused: those that are confused stand together")
        self.order = self._combo("matrixOrder", tip, (
            (self.tr("as given"), "given"), (self.tr("by name"), "name"), (self.tr("by error"), "error"),
            (self.tr("confused"), "confused")))
        self.palette_box = self._combo("matrixColours", self.tr("Colours; all but the first suit colour-blind eyes"), (
            (self.tr("HALCON"), "halcon"), (self.tr("blue–orange"), "blue_orange"),
            (self.tr("one scale"), "sequential"), (self.tr("no colours"), "plain")))
        self.transpose = self._toggle("matrixTranspose", self.tr("⇄"), self.tr("Transpose: rows are the ground truth"))
        self.what_if_button = self._toggle("whatIfButton", self.tr("What if"), self.tr(
            "Try merged classes, a threshold and costs, without retraining"))
        self.search = named(QLineEdit(), "matrixSearch", self.tr("Find a class; Enter goes to the next"))
        self.search.setPlaceholderText(self.tr("find a class"))
        self.search.setClearButtonEnabled(True)
        self.export = menu_button("matrixExportButton", self.tr("Export"), self.tr("Copy or export the matrix"))
        self.export.menu().addAction(self.tr("Copy as table"), self.matrix.copy)
        self.export.menu().addAction(self.tr("Save as CSV, PNG or SVG…"), self.save)
        self.said = sentences(soft=True)
        self.said.setWordWrap(False)  # what is pointed at must not move the matrix
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.epochs = EpochBar(inspection)
        self.what_if = WhatIfPanel(inspection, self._chosen_classes)
        self.what_if.hide()
        self._build()
        self._found, self._told = -1, ""
        kept = self.palette_box.findData(QSettings().value("matrix_colours", "halcon"))
        self.palette_box.setCurrentIndex(max(kept, 0))
        self.matrix.show_palette(self.palette_box.currentData())
        for box in (self.mode, self.order):
            box.currentIndexChanged.connect(lambda _: self.refresh())
        self.palette_box.currentIndexChanged.connect(lambda _: self._recolour())
        self.transpose.toggled.connect(lambda _: self.refresh())
        self.what_if_button.toggled.connect(self.what_if.setVisible)
        self.search.textChanged.connect(lambda _: self._search(-1))
        self.search.returnPressed.connect(lambda: self._search(self._found))
        self.matrix.cells.connect(inspection.choose_cells)
        self.matrix.hovered.connect(self._say)
        self.matrix.zoomed.connect(self._say)
        inspection.failed.connect(self.matrix.say)
        inspection.decided.connect(self.refresh)
        inspection.chosen.connect(self._follow)

    def _combo(self, name: str, tip: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
        box = named(QComboBox(), name, tip)
        for shown, value in choices:
            box.addItem(shown, value)
        box.setMinimumContentsLength(6)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _toggle(self, name: str, text: str, tip: str) -> QPushButton:
        made = named(QPushButton(text), name, tip)
        made.setCheckable(True)
        made.setMinimumWidth(made.sizeHint().width() + 12)  # bold when it is on
        return made

    def _build(self) -> None:
        head, below = QHBoxLayout(), QHBoxLayout()
        for part in (self.mode, self.order, self.palette_box):
            head.addWidget(part, 1)
            part.view().setMinimumWidth(170)
        below.addWidget(self.search, 1)
        below.addWidget(self.transpose)
        below.addWidget(self.what_if_button)
        below.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(below)
        column.addWidget(self.matrix, 1)
        column.addWidget(self.said)
        column.addWidget(self.epochs)
        column.addWidget(self.what_if)

    def title(self) -> str:
        return self.tr("Matrix")

    def tip(self) -> str:
        return self.tr("Confusion matrix")

    def refresh(self) -> None:
        """Shows the decisions as chosen above."""
        shown = self.inspection.decisions
        self.export.setEnabled(shown is not None)
        if shown is None:
            self.matrix.show_table(None)
            self._say()
            return
        order = class_order(shown.matrix[:-1], shown.classes, self.order.currentData())
        self.matrix.show_table(MatrixTable(shown, self.mode.currentData(), order, self.transpose.isChecked(),
                                           self.inspection.ghost_decisions))
        if self.inspection.criteria.cells is not None:
            self.matrix.mark(self.inspection.criteria.cells)

    def _say(self, text: str = "") -> None:
        """Below the matrix: what is pointed at, or else what a search has found, or how to read it."""
        self.said.setText(text or self._told or self.matrix.hint() or " ")

    def _follow(self) -> None:
        if self.inspection.criteria.cells is None:
            self.matrix.clear()

    def _recolour(self) -> None:
        QSettings().setValue("matrix_colours", self.palette_box.currentData())
        self.matrix.show_palette(self.palette_box.currentData())

    def _search(self, after: int) -> None:
        """Goes to the next class that is called so and says which of how many it is."""
        text, table = self.search.text().strip(), self.matrix.matrix.table
        self._found = self.matrix.find_class(text, after)
        if self._found >= 0 and table is not None:
            found = [i for i, name in enumerate(table.columns) if text.casefold() in name.casefold()]
            self._told = self.tr("{name}: {i} of {n} found; Enter goes to the next").format(
                name=short(table.columns[self._found]), i=found.index(self._found) + 1, n=len(found))
        else:
            self._told = self.tr("No class is called “{text}”.").format(text=short(text)) if text else ""
        self._say()

    def _chosen_classes(self) -> list[str]:
        """Classes that the chosen cells are about."""
        cells, shown = self.inspection.criteria.cells, self.inspection.decisions
        if cells is None or shown is None:
            return []
        whole = cells.all(0)  # columns that are chosen as such
        involved = np.flatnonzero(whole if whole.any() else cells[:-1].any(1) | cells.any(0))
        return [shown.classes[i] for i in involved]

    def save(self) -> None:
        """Asks for a file."""
        path, chosen = QFileDialog.getSaveFileName(self, self.tr("Save the matrix"), "confusion_matrix.csv",
                                                   ";;".join(f"{s[1:].upper()} (*{s})" for s in SUFFIXES))
        if path:
            known = Path(path).suffix.lower() in SUFFIXES
            self.write(Path(path) if known else Path(f"{path}.{chosen.partition(' ')[0].lower()}"))

    def write(self, path: Path) -> None:
        """Writes the matrix as CSV, PNG or SVG, by the suffix."""
        try:
            write_matrix(self.matrix, path)
        except DlguiError as problem:
            self.inspection.session.problem.emit(problem)

    def commands(self) -> list[Command]:
        return [Command("actionCopyMatrix", "evaluate", self.tr("Copy the confusion matrix"), self.matrix.copy,
                        "Ctrl+G, C"),
                Command("actionSaveMatrix", "evaluate", self.tr("Save the confusion matrix…"), self.save, "Ctrl+G, S"),
                Command("actionWhatIf", "evaluate", self.tr("What if: threshold, merging, costs"),
                        self.what_if_button.toggle, "Ctrl+G, W")]

    def scenes(self) -> list[Scene]:
        found = [Scene("evaluate"), Scene("evaluate_shares", self._scene_shares, self._scene_end),
                 Scene("evaluate_what_if", self._scene_what_if, self._scene_end)]
        project, shown = self.inspection.session.project, self.inspection
        kept = [run for run in runs.all_runs(project) if epochs.of_run(run)] if project is not None else []
        if kept:
            before = shown.run.id if shown.run is not None else None
            found.append(Scene("evaluate_epochs",
                               lambda: shown.load(kept[-1].id, shown.split, then=self.epochs.show_flips),
                               lambda: self._scene_end(before)))
        return found

    def _scene_shares(self) -> None:
        self.mode.setCurrentIndex(1)
        self.order.setCurrentIndex(3)
        self.palette_box.setCurrentIndex(1)
        self.transpose.setChecked(True)

    def _scene_what_if(self) -> None:
        self.what_if_button.setChecked(True)
        self.inspection.suppose(threshold=0.9)
        if self.inspection.decisions is not None:
            cells = np.zeros(self.inspection.decisions.matrix.shape, bool)
            cells[-1] = True
            self.inspection.choose_cells(cells)

    def _scene_end(self, run: str | None = None) -> None:
        for box in (self.mode, self.order, self.palette_box):
            box.setCurrentIndex(0)
        self.transpose.setChecked(False)
        self.what_if_button.setChecked(False)
        self.inspection.suppose(groups=(), threshold=0.0)
        self.inspection.choose(Criteria("wrong"))
        if run is not None:
            self.inspection.load(run, self.inspection.split)
