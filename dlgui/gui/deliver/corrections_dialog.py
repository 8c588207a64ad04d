"""What a colleague marked in a report: each proposal with its picture, to take over or to leave."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.widgets import button, named
from dlgui.project.operations import corrections
from dlgui.project.operations.corrections import Proposal
from dlgui.project.project import Project

SIDE = 64
WIDEST = 170
"""Most pixels of a column of classes or notes, until somebody drags it."""


class CorrectionsDialog(QDialog):
    """Lists the proposals; what is ticked is taken over as one step of undo."""

    def __init__(self, session: Session, project: Project, pictures: Thumbnails, proposals: list[Proposal],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("correctionsDialog")
        self.setWindowTitle(self.tr("Corrections of labels"))
        self.resize(900, 560)
        self._session, self._project, self._pictures, self.proposals = session, project, pictures, proposals
        self.table = named(QTableWidget(len(proposals), 5), "correctionsTable",
                           self.tr("Proposals; tick those that shall be taken over"))
        self.table.setHorizontalHeaderLabels([self.tr("Image"), self.tr("Labeled"), self.tr("Proposed"),
                                              self.tr("Comment"), self.tr("Note")])
        self.table.setIconSize(QSize(SIDE, SIDE))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        for row, proposal in enumerate(proposals):
            self._fill(row, proposal)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.table.horizontalHeader()
        self.table.resizeColumnsToContents()
        for column in (1, 2, 4):  # a class may have a long name, which must not push the rest aside
            header.resizeSection(column, min(header.sectionSize(column), WIDEST))
        for column in (0, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.count = QLabel()
        self.count.setProperty("soft", True)
        self.accept_button = button("correctionsAccept", self.tr("Take over"), self.tr(
            "Gives the ticked images the proposed labels; undo takes it back"), self.accept_chosen, True)
        self._arrange()
        self.table.itemChanged.connect(lambda _: self._counted())
        pictures.ready.connect(self._arrived)
        self._counted()

    def _arrange(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        named(buttons.button(QDialogButtonBox.StandardButton.Cancel), "correctionsCancel", self.tr("Change nothing"))
        buttons.rejected.connect(self.reject)
        buttons.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.addWidget(button("correctionsAll", self.tr("Tick all that fit"), self.tr(
            "Ticks every proposal that today's labels do not contradict"), lambda: self._tick(True)))
        row.addWidget(button("correctionsNone", self.tr("Tick none"), self.tr("Leaves everything as it is"),
                             lambda: self._tick(False)))
        row.addStretch()
        row.addWidget(self.accept_button)
        row.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.count)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)

    def _file(self, proposal: Proposal) -> str:
        return str(self._project.image_root / proposal.path)

    def _fill(self, row: int, proposal: Proposal) -> None:
        first = QTableWidgetItem(proposal.path)
        first.setToolTip(proposal.path)
        possible = proposal.image_id is not None and not proposal.problem.startswith("no class")
        first.setFlags(Qt.ItemFlag.ItemIsSelectable | (
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable if possible else Qt.ItemFlag.NoItemFlags))
        first.setCheckState(Qt.CheckState.Unchecked if proposal.problem else Qt.CheckState.Checked)
        self.table.setItem(row, 0, first)
        for column, text in enumerate((proposal.current or "–", proposal.proposed or self.tr("no label"),
                                       proposal.comment, proposal.problem), 1):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            if column == 4:
                item.setForeground(QColor(theme.colours().warning))
            self.table.setItem(row, column, item)
        self.table.setRowHeight(row, SIDE + 8)
        self._icon(row)

    def _icon(self, row: int) -> None:
        item = self.table.item(row, 0)
        if item is not None and self.proposals[row].image_id is not None:
            pixmap = self._pictures.get(self._file(self.proposals[row]))
            if pixmap is not None and not pixmap.isNull():
                blocked = self.table.blockSignals(True)
                item.setIcon(QIcon(QPixmap(pixmap)))
                self.table.blockSignals(blocked)
                self.table.viewport().update()

    def _arrived(self, file: str) -> None:
        for row, proposal in enumerate(self.proposals):
            if self._file(proposal) == file:
                self._icon(row)

    def chosen(self) -> list[Proposal]:
        """The ticked proposals."""
        return [p for row, p in enumerate(self.proposals) if self._ticked(row)]

    def _ticked(self, row: int) -> bool:
        item = self.table.item(row, 0)
        return item is not None and item.checkState() == Qt.CheckState.Checked

    def _tick(self, on: bool) -> None:
        for row, proposal in enumerate(self.proposals):
            item = self.table.item(row, 0)
            if item is not None:
                item.setCheckState(Qt.CheckState.Checked if on and not proposal.problem else Qt.CheckState.Unchecked)

    def _counted(self) -> None:
        number = len(self.chosen())
        self.count.setText(self.tr("{n} of {all} proposals are ticked").format(n=number, all=len(self.proposals)))
        self.accept_button.setEnabled(number > 0)

    def accept_chosen(self) -> None:
        """Takes the ticked proposals over."""
        if self._session.do(corrections.accept, self.chosen()) is not None:
            self.accept()


def open_corrections(session: Session, pictures: Thumbnails, path: Path,
                     parent: QWidget | None = None) -> CorrectionsDialog | None:
    """The dialog for a file, or None where the file says something is wrong (told through the session)."""
    found = session.do(corrections.read, path)
    if found is None or session.project is None:
        return None
    return CorrectionsDialog(session, session.project, pictures, found, parent)
