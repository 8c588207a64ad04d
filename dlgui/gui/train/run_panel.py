"""The table of runs with what can be done to them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from dlgui.gui.session import Session
from dlgui.gui.train.run_table import RunTable
from dlgui.gui.widgets import button
from dlgui.gui.words import shortened
from dlgui.project.operations import divergence, runs, training
from dlgui.project.operations.runs import Run

ROWS = 50
"""Rows of the book that a run has, with its epochs and evaluations, roughly."""


class RunPanel(QWidget):
    """Rename, note, compare, duplicate, go on, keep, delete; undo brings a deleted run back.

    Signals:
        chosen: the selected runs.
        resume, conclude: a run.
        duplicate: a run whose settings the form shall take; repeat: a run that shall be trained once more.
        compare: runs to set side by side; one alone shows its details.
        says: a sentence for the status bar.
    """

    chosen, compare, says = Signal(list), Signal(list), Signal(str)
    resume, conclude, duplicate, repeat = Signal(object), Signal(object), Signal(object), Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.table = RunTable(session)
        self.title = QLabel(self.tr("Runs"))
        self.title.setProperty("head", True)
        self.buttons: dict[str, QPushButton] = {
            "compare": button("compareRunsButton", self.tr("Details"), self.tr(
                "Settings, data and figures of the selected run; of several side by side, with the images that one has "
                "right and the other wrong"), self.compare_selected),
            "duplicate": button("duplicateRunButton", self.tr("Duplicate"), self.tr(
                "Take this run's settings into the form, to train again with changes"), self.duplicate_selected),
            "delete": button("deleteRunButton", self.tr("Delete"), self.tr(
                "Take the selected runs off the list (Del); undo brings them back"), self.delete_selected)}
        row = QHBoxLayout()
        row.setContentsMargins(2, 4, 2, 2)
        row.addWidget(self.title, 1)
        for made in self.buttons.values():
            row.addWidget(made)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        self.table.chosen.connect(self._selected)
        self.table.delete_wanted.connect(self.delete_selected)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self._selected([])

    def _writable(self) -> bool:
        return self.session.project is not None and not self.session.project.read_only

    def _selected(self, chosen: list[Run]) -> None:
        self.buttons["compare"].setText(self.tr("Compare {n}").format(n=len(chosen)) if len(chosen) > 1
                                        else self.tr("Details"))
        self.buttons["compare"].setEnabled(bool(chosen))
        self.buttons["duplicate"].setEnabled(len(chosen) == 1)
        self.buttons["delete"].setEnabled(bool(self._deletable()))
        self.chosen.emit(chosen)

    def _deletable(self) -> list[Run]:
        busy = self.session.jobs.running("training") is not None
        return [run for run in self.table.selected() if self._writable()
                and not (busy and run.state in ("running", "paused"))]

    def refresh(self) -> None:
        """Shows the runs as they are."""
        self.table.load(self.session.project)
        count = self.table.rowCount()
        self.title.setText(self.tr("Runs ({n})").format(n=count) if count else self.tr("Runs"))
        self.buttons["delete"].setEnabled(bool(self._deletable()))

    def needs_one(self) -> bool:
        """Whether a run is selected; says what to do where none is."""
        if self.table.selected():
            return True
        self.says.emit(self.tr("Select a run in the table first.") if self.table.rowCount() else
                       self.tr("There is no run yet: train one first."))
        return False

    def edit_column(self, column: str) -> None:
        """Starts editing name or note of the current run."""
        if self.needs_one() and self._writable():
            self.table.edit_column(column)

    def compare_selected(self) -> None:
        """Shows the selected runs side by side."""
        if self.needs_one():
            self.compare.emit(self.table.selected())

    def duplicate_selected(self) -> None:
        """Hands the current run's settings to the form."""
        run = self.table.current()
        if self.needs_one() and run is not None:
            self.duplicate.emit(run)

    def delete_selected(self) -> None:
        """Takes the selected runs off the list; the next one is selected then."""
        chosen = self._deletable()
        if chosen:
            self.session.edit(runs.delete_many, chosen, many=ROWS * len(chosen), then=lambda: self._deleted(chosen))

    def _deleted(self, chosen: list[Run]) -> None:
        if chosen[0] in self.table.items.runs:  # while a training runs, the table follows later
            self.refresh()
        self.says.emit(self.tr("{n} taken off the list; undo (Ctrl+Z) brings them back.").format(
            n=shortened(chosen[0].name or chosen[0].id, 40) if len(chosen) == 1 else self.tr("{n} runs").format(
                n=len(chosen))))

    def _menu(self, at: QPoint) -> None:
        run = self.table.current()
        if run is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.buttons["compare"].text(), self.compare_selected)
        idle = self._writable() and self.session.jobs.running("training") is None
        if idle and run.state in ("paused", "interrupted", "failed"):
            menu.addAction(self.tr("Go on with a tenth of the rate") if divergence.failed(run) else self.tr("Go on"),
                           lambda: self.resume.emit(run))
            if training.can_conclude(run):
                menu.addAction(self.tr("Keep the best so far"), lambda: self.conclude.emit(run))
        menu.addAction(self.tr("Duplicate with changes"), self.duplicate_selected)
        if idle and run.state == "done":
            menu.addAction(self.tr("Repeat…"), lambda: self.repeat.emit(run))
        if self._writable():
            menu.addAction(self.tr("Rename"), lambda: self.table.edit_column("run"))
            menu.addAction(self.tr("Note"), lambda: self.table.edit_column("note"))
            menu.addSeparator()
            menu.addAction(self.tr("Delete"), self.delete_selected).setEnabled(bool(self._deletable()))
        menu.popup(self.table.viewport().mapToGlobal(at))
