"""Runs side by side: what differs in settings, data and figures, and the images that they judge differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dlgui.gui import theme
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.train.disagreement import DisagreementView
from dlgui.gui.train.plot_panel import PlotPanel
from dlgui.gui.train.trained_on import TrainedOnView
from dlgui.gui.widgets import button, named
from dlgui.gui.words import about_seconds, megabytes, percent, when
from dlgui.project.operations import comparison
from dlgui.project.operations.comparison import Row
from dlgui.project.operations.runs import Run

Index = QModelIndex | QPersistentModelIndex
DIFFERS = int(Qt.ItemDataRole.UserRole)


class ComparisonModel(QAbstractTableModel):
    """Rows are figures, data and parameters, columns are runs; what differs stands out."""

    def __init__(self, rows: Sequence[Row], chosen: Sequence[Run], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows, self.runs = list(rows), list(chosen)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(self.runs)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return "" if section == 0 else self.runs[section - 1].name or self.runs[section - 1].id

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row, c = self.rows[index.row()], theme.colours()
        marked = row.differs and row.group != "figures"
        if role == DIFFERS:
            return row.differs
        if role == Qt.ItemDataRole.DisplayRole or role == Qt.ItemDataRole.ToolTipRole:
            return row.name.replace("_", " ") if index.column() == 0 else _text(row, row.values[index.column() - 1])
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(c.soft if index.column() == 0 and not marked else c.ink)
        if role == Qt.ItemDataRole.BackgroundRole and marked:
            fill = QColor(c.warning)
            fill.setAlpha(46)
            return fill
        if role == Qt.ItemDataRole.FontRole and marked:
            font = QFont()
            font.setBold(True)
            return font
        return None


class CompareDialog(QDialog):
    """One run in detail, or several side by side."""

    def __init__(self, session: Session, thumbnails: Thumbnails, chosen: Sequence[Run],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        names = ", ".join(run.name or run.id for run in chosen)
        self.setWindowTitle(self.tr("Compare {names}").format(names=names) if len(chosen) > 1 else names)
        self.resize(1120, 720)
        project = session.project
        assert project is not None
        self.model = ComparisonModel(comparison.table(project, chosen), chosen, self)
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.model)
        self.shown.setFilterRole(DIFFERS)
        self.view = named(QTableView(), "comparisonTable", self.tr("Figures, data and parameters; what differs stands "
                                                                   "out"))
        self.view.setModel(self.shown)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.setShowGrid(False)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.view.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.only = named(QCheckBox(self.tr("Only what differs")), "onlyDifferencesBox",
                          self.tr("Leave out what all these runs share"))
        self.only.toggled.connect(lambda on: self.shown.setFilterFixedString("true" if on else ""))
        self.only.setVisible(len(chosen) > 1)
        self.only.setChecked(len(chosen) > 1)
        self.curves = PlotPanel(session)
        self.curves.plot.setObjectName("comparisonPlot")
        self.curves.show_runs(chosen)
        pages = QTabWidget()
        pages.setObjectName("comparisonPages")
        pages.setDocumentMode(True)
        pages.setAccessibleName(self.tr("What is compared"))
        pages.addTab(self._settings(), self.tr("Settings and curves"))
        self.data = TrainedOnView(session, thumbnails, chosen)
        judged = [run for run in chosen if run.model.exists()]
        self.images = DisagreementView(session, thumbnails, judged) if len(judged) > 1 else None
        if self.images is not None:
            pages.addTab(self.images, self.tr("Images judged differently"))
        pages.addTab(self.data, self.tr("Trained on"))
        self.pages = pages
        pages.currentChanged.connect(self._turned)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button("closeComparisonButton", self.tr("Close"), self.tr("Close the comparison"), self.close))
        layout = QVBoxLayout(self)
        layout.addWidget(pages, 1)
        layout.addLayout(foot)

    def _settings(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.only)
        column.addWidget(self.view, 1)
        parts = QSplitter()
        parts.addWidget(left)
        parts.addWidget(self.curves)
        parts.setSizes([480, 620])
        parts.setChildrenCollapsible(False)
        return parts

    def _turned(self, page: int) -> None:
        if self.images is not None and self.pages.widget(page) is self.images:
            self.images.compare()


def _text(row: Row, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if row.name.endswith("error"):
        return percent(value)
    if row.name == "training time":
        return about_seconds(value)
    if row.name == "model size":
        return megabytes(value)
    if row.name == "started":
        return when(value)
    if row.name == "data hash":
        return str(value)[:12]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    return str(value)
