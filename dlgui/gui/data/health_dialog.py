"""Data health: what was found, its images, and one click that mends it."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import words
from dlgui.gui.data.board import BADGES
from dlgui.gui.data.findings import Case, Finding, Fix, findings
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button, named
from dlgui.project.changes import BESIDE_IMAGES, Changes
from dlgui.project.operations.checks import check
from dlgui.project.project import Project

NOTABLE = 1.5
"""From this ratio of the largest class to the smallest on it is worth a sentence."""

MOST = 1000
"""So many sets are listed of a finding; the fixes reach all of them."""


class HealthDialog(QDialog):
    """Lists the findings; looks again after every change of the data.

    Args:
        session: holds the project.
        pictures: thumbnails.
        found: what was found; None looks.

    Signals:
        show_paths: the images of a finding shall be shown in the Data tab.
    """

    show_paths = Signal(list)

    def __init__(self, session: Session, pictures: Thumbnails, found: dict[str, Any] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.findings: list[Finding] = []
        self._paths: list[str] = []
        self._made: list[QPushButton] = []
        self.setObjectName("healthDialog")
        self.setWindowTitle(self.tr("Data health"))
        self.resize(980, 640)
        self.list = named(QListWidget(), "healthList", self.tr("Findings; a double click shows the images in the grid"))
        self.list.currentRowChanged.connect(lambda _: self._chosen())
        self.list.itemActivated.connect(lambda item: self.show_paths.emit(item.data(Qt.ItemDataRole.UserRole).paths()))
        self.cases = named(QListWidget(), "healthCases", self.tr("The sets of this finding; select some to mend those"))
        for found_list in (self.list, self.cases):
            found_list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            found_list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cases.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.cases.itemSelectionChanged.connect(self._show_images)
        self.grid = ImageGrid("healthGrid", pictures)
        self.grid.set_side(112)
        self.why, self.state, self.fine = QLabel(), QLabel(), QLabel()
        self.fine.setWordWrap(True)
        self.fine.setProperty("soft", True)
        self.why.setWordWrap(True)
        self.state.setProperty("soft", True)
        self.fixes = QHBoxLayout()
        self.undo = button("healthUndo", self.tr("Undo"), self.tr("Take the last change back"), self.session.undo)
        self.again = button("healthAgain", self.tr("Check again"), self.tr("Look for problems anew"), self.look)
        self._build()
        session.changed.connect(self._changed)
        session.opened.connect(self._gone)
        if found is None:
            self.look()
        else:
            self.show_found(found)

    def _build(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.why)
        inner = QSplitter(Qt.Orientation.Vertical)
        inner.setObjectName("healthRightSplitter")
        inner.addWidget(self.cases)
        inner.addWidget(self.grid)
        inner.setSizes([170, 330])
        inner.setChildrenCollapsible(False)
        column.addWidget(inner, 1)
        column.addLayout(self.fixes)
        parts = QSplitter()
        parts.setObjectName("healthSplitter")
        left = QWidget()
        beside = QVBoxLayout(left)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.list, 1)
        beside.addWidget(self.fine)
        parts.addWidget(left)
        parts.addWidget(right)
        parts.setSizes([320, 630])
        parts.setChildrenCollapsible(False)
        below = QHBoxLayout()
        below.addWidget(self.state, 1)
        for widget in (self.undo, self.again,
                       button("healthClose", self.tr("Close"), self.tr("Close this dialog"), self.close)):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 12)
        layout.addWidget(parts, 1)
        layout.addLayout(below)

    # --- what is found

    def look(self) -> None:
        """Checks the data off the window's thread."""
        project = self.session.project
        if project is None:
            return
        self.state.setText(self.tr("checking…"))

        def work(job: Job) -> dict[str, Any]:
            return check(project, brightness=True, progress=job.progress)

        def failed(problem: Exception) -> None:
            self.state.setText(self.tr("The data could not be checked."))
            self.session.problem.emit(problem)

        self.session.jobs.start("check", self.tr("checking data"), work, done=self.show_found, failed=failed,
                                cancelled=lambda: self.state.setText(self.tr("The check was cancelled.")))

    def show_found(self, found: dict[str, Any]) -> None:
        """Lists findings, keeping the one that is looked at."""
        project = self.session.project
        if project is None:
            return
        kept = self.current()
        looked_for = findings(found, project.images())
        self.findings = [finding for finding in looked_for if finding.cases]
        fine = [finding.title.lower() for finding in looked_for if not finding.cases]
        self.fine.setText(self.tr("Not found: {what}.").format(what=", ".join(fine)) if fine else "")
        self.list.blockSignals(True)
        self.list.clear()
        for finding in self.findings:
            item = QListWidgetItem(f"{finding.title}   {len(finding.cases):,}")
            item.setData(Qt.ItemDataRole.UserRole, finding)
            item.setToolTip(finding.why)
            self.list.addItem(item)
        kinds = [finding.kind for finding in self.findings]
        self.list.setCurrentRow(kinds.index(kept.kind) if kept is not None and kept.kind in kinds else 0)
        self.list.blockSignals(False)
        ratio = found["imbalance"].get("ratio")
        self.state.setText("" if not ratio or ratio < NOTABLE else self.tr(
            "The largest class has {r:.1f} times the images of the smallest.").format(r=float(ratio)))
        self._chosen()

    def current(self) -> Finding | None:
        """The finding that is looked at."""
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def _chosen(self) -> None:
        finding = self.current()
        self.why.setText(finding.why if finding is not None else self.tr("No problem was found."))
        self.cases.blockSignals(True)
        self.cases.clear()
        for case in finding.cases[:MOST] if finding is not None else ():
            item = QListWidgetItem(case.text)
            item.setData(Qt.ItemDataRole.UserRole, case)
            item.setToolTip(words.tip("\n".join([case.text, *case.paths[:20]])))
            self.cases.addItem(item)
        self.cases.blockSignals(False)
        self._buttons(finding)
        self._show_images()

    def _buttons(self, finding: Finding | None) -> None:
        for old in self._made:
            old.hide()
            old.deleteLater()
        self._made = []
        while self.fixes.count():
            self.fixes.takeAt(0)
        project = self.session.project
        for i, fix in enumerate(finding.fixes if finding is not None and finding.paths() else ()):
            made = button(fix.name, fix.text, fix.tip, partial(self._mend, fix), primary=i == 0)
            made.setEnabled(project is not None and not project.read_only)
            self._add(made)
        self.fixes.addStretch()
        if finding is not None and finding.paths():
            self._add(button("healthShow", self.tr("Show in the Data tab"), self.tr(
                "Show the images of this finding in the grid of the Data tab"),
                lambda: self.show_paths.emit(finding.paths())))

    def _add(self, made: QPushButton) -> None:
        self.fixes.addWidget(made)
        self._made.append(made)

    def fix_buttons(self) -> list[QPushButton]:
        """The buttons that mend the finding."""
        return [made for made in self._made if made.objectName().startswith("fix")]

    # --- its images

    def chosen_cases(self) -> list[Case]:
        """The cases that are selected; all where none is."""
        finding = self.current()
        chosen = [item.data(Qt.ItemDataRole.UserRole) for item in self.cases.selectedItems()]
        return chosen or list(finding.cases if finding is not None else ())

    def _show_images(self) -> None:
        self._paths = [path for case in self.chosen_cases() for path in case.paths]
        self.grid.items.show(len(self._paths), self._item)

    def _item(self, position: int) -> GridItem:
        project, path = self.session.project, self._paths[position]
        if project is None:
            return GridItem(position, "", path)
        table = project.images()
        row = table.row_of_path[path]
        info = project.classes()[table.label[row]] if table.label[row] >= 0 else None
        caption = self.tr("excluded") if table.excluded[row] else info.name if info is not None else ""
        return GridItem(int(table.id[row]), str(project.image_root / path), path, caption,
                        info.colour if info is not None else "", BADGES[int(table.split[row])],
                        flag=bool(table.flag[row]), tip=path)

    def _gone(self, _: object) -> None:
        self.close()

    # --- mending

    def _mend(self, fix: Fix) -> None:
        cases = self.chosen_cases()

        def run(project: Project) -> object:
            return fix.run(project, cases)

        self.session.edit(run)

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and not changes.kinds <= BESIDE_IMAGES:
            self.look()
