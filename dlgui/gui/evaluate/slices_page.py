"""Slices: which folder, size, brightness, group or date the errors come from, and what could be chance."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.evaluation import Evaluation
from dlgui.engine.slices import SMALLEST, Slice
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.evaluate.page import Page
from dlgui.gui.scenes import Scene
from dlgui.gui.widgets import named, sentences
from dlgui.gui.words import short, tip, told
from dlgui.project.operations import slices

NARROW, NARROWER = 470, 360
"""Widths in pixels below which interval and counts give way to the name of the slice."""


class SlicesPage(Page):
    """A table of slices; a click shows the images."""

    name = "slices"

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.found: list[Slice] = []
        self._shown: list[Slice] = []
        self._of: Evaluation | None = None
        self.said = sentences()
        self.kind = named(QComboBox(), "sliceKind", self.tr("Slices by one property only"))
        self.table = named(QTableWidget(0, 5), "sliceTable", self.tr("Slices, the worst first; click for their errors"))
        self.table.setHorizontalHeaderLabels([self.tr("slice"), self.tr("error"), self.tr("95 % interval"),
                                              self.tr("wrong")])
        chance = QTableWidgetItem(self.tr("chance?"))
        chance.setToolTip(self.tr(
            "Stands out: errors are more frequent here than luck explains, even in view of how many slices were "
            "compared (Fisher's exact test, corrected by Benjamini-Hochberg, 5 %). Could be chance: more errors than "
            "elsewhere, yet the worst of so many slices may look like that by luck."))
        self.table.setHorizontalHeaderItem(4, chance)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.kind)
        layout.addWidget(self.said)
        layout.addWidget(self.table, 1)
        self.table.itemSelectionChanged.connect(self._clicked)
        self.kind.currentIndexChanged.connect(lambda _: self._list())
        inspection.loaded.connect(lambda: self.refresh() if self.active else None)

    def title(self) -> str:
        return self.tr("Slices")

    def tip(self) -> str:
        return self.tr("Error by folder, group, size, brightness and date")

    def refresh(self) -> None:
        """Looks for slices of what is evaluated."""
        project, found = self.inspection.session.project, self.inspection.evaluation
        if found is self._of and found is not None:
            if self.found:
                self.ready()
            return
        self._of = found
        if project is None or found is None:
            self._show([])
            return
        self.inspection.session.jobs.start(
            "slices", self.tr("slices"), lambda job: slices.find(project, found.predictions, job.progress),
            done=self._show, failed=lambda problem: self.said.setText(told(problem)))

    def _show(self, found: list[Slice]) -> None:
        self.found = found
        self.kind.blockSignals(True)
        chosen = self.kind.currentData()
        self.kind.clear()
        self.kind.addItem(self.tr("all properties"), None)
        for name in slices.PROPERTIES:
            self.kind.addItem(self.tr("by {name}").format(name=name), name)
        self.kind.setCurrentIndex(max(self.kind.findData(chosen), 0) if chosen else 0)
        self.kind.blockSignals(False)
        self._list()
        self.ready()

    def _list(self) -> None:
        kind = self.kind.currentData()
        if self._of is None:
            self.said.setText(self.inspection.problem)
            self.table.setRowCount(0)
            return
        self._shown = [s for s in self.found if kind is None or s.kind == kind]
        self.said.setText(self._summary())
        self.table.blockSignals(True)
        self.table.clearSelection()
        self.table.setRowCount(len(self._shown))
        for row, one in enumerate(self._shown):
            self._fill(row, one)
        self.table.blockSignals(False)

    def _summary(self) -> str:
        """What the slices that are shown tell, in words."""
        if not self._shown:
            return self._why_none(self.kind.currentData())
        first, conspicuous = self._shown[0], [s for s in self._shown if s.stands_out]
        words = {"kind": first.kind, "value": short(first.value), "error": 100 * first.error,
                 "usual": 100 * self._usual(), "n": len(self.found)}
        if conspicuous:
            more = len(conspicuous) - 1
            return self.tr(
                "{kind} “{value}” stands out: {error:.1f} % error instead of {usual:.1f} % over all. Luck hardly "
                "explains it, although the worst of {n} slices was picked.").format(**words) + (
                self.tr(" So do {n} more, in bold.").format(n=more) if more else "")
        if first.error > self._usual():
            return self.tr(
                "No slice stands out. Least like chance is “{value}” with {error:.1f} % error, yet of the {n} slices "
                "compared one is always the worst.").format(**words)
        return self.tr("No slice stands out: errors are spread as evenly as luck spreads them.")

    def _why_none(self, kind: str | None) -> str:
        """Why a property makes no slices, and what to do about it."""
        project, least = self.inspection.session.project, {"n": SMALLEST}
        if kind is None:
            return self.tr("No property divides these images into parts of at least {n}.").format(**least)
        if kind == "group" and project is not None and not any(project.images().group):
            return self.tr("The images have no groups. A CSV with a column “group”, such as the part or the batch that "
                           "each image shows, brings them: File, Import CSV.")
        if kind == "folder" and any(s.kind == "class" for s in self.found):
            return self.tr("The folders are the classes, or all images lie in one, or none holds {n} of them.").format(
                **least)
        return self.tr("All these images are alike in this, or no part has at least {n} of them.").format(**least)

    def _fill(self, row: int, one: Slice) -> None:
        low, high = (100 * x for x in one.interval)
        texts = (f"{one.kind} {one.value}", f"{100 * one.error:.1f} %", f"{low:.0f} – {high:.0f} %",
                 f"{one.errors} / {len(one.positions)}", self._judged(one))
        sentence = self.tr("{name}: {error} error (95 % interval {interval}), {wrong} wrong: {chance}").format(
            name=texts[0], error=texts[1], interval=texts[2], wrong=texts[3], chance=texts[4])
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(tip(sentence))
            if 0 < column < 4:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            font = item.font()
            font.setBold(one.stands_out)
            item.setFont(font)
            self.table.setItem(row, column, item)

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column, width in ((2, NARROW), (3, NARROWER)):  # the tooltip has all
            self.table.setColumnHidden(column, event.size().width() < width)
        super().resizeEvent(event)

    def _usual(self) -> float:
        """Share of errors over all images."""
        return self._of.top1_error if self._of is not None else 0.0

    def _judged(self, one: Slice) -> str:
        if one.stands_out:
            return self.tr("stands out")
        return self.tr("could be chance") if one.error > self._usual() else self.tr("not worse")

    def _clicked(self) -> None:
        row = self.table.currentRow()
        if 0 <= row < len(self._shown) and self._of is self.inspection.evaluation and self.table.selectedItems():
            one = self._shown[row]
            self.inspection.choose_only(one.positions, f"{one.kind} {short(one.value)}",
                                        "wrong" if one.errors else "all")

    def scenes(self) -> list[Scene]:
        return [Scene("evaluate_slices", lambda: self.when_ready(lambda: self.table.selectRow(0)))]
